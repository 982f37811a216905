"""``python -m compat [NAME ...] [--tests PATH ...] [--update-readme]``; see ``make compat``."""

from __future__ import annotations

import argparse
import subprocess
import sys

from compat.environment import read_environments
from compat.outcome import Outcome, last_outcome, run_tests
from compat.table import as_markdown, update_readme


def main() -> int:
    """Run the tests in the environments that were named, or in all, and print the table; 1 where a test failed."""
    environments = {environment.name: environment for environment in read_environments()}
    arguments = _arguments(list(environments))
    outcomes: dict[str, Outcome] = {}
    broken = []
    for name in arguments.names or environments:
        print(f"== {name}", flush=True)
        try:
            environments[name].prepare()
            outcomes[name] = run_tests(environments[name], arguments.tests)
        except subprocess.CalledProcessError as error:
            broken.append(name)
            print(f"{name} did not run: {error}", file=sys.stderr)
    print(f"\n{as_markdown(outcomes)}")
    if arguments.update_readme:
        kept = {name: last_outcome(environment) for name, environment in environments.items()}
        update_readme({name: outcome for name, outcome in kept.items() if outcome is not None})
    return 1 if broken or any(outcome.failed for outcome in outcomes.values()) else 0


def _arguments(names: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="compat", description="The integration tests against versions of AG2.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"environments (default: all): {', '.join(names)}")
    parser.add_argument("--tests", nargs="+", default=[], metavar="PATH", help="only these tests")
    parser.add_argument("--update-readme", action="store_true", help="write the last outcomes into the README")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(names):
        parser.error(f"no environment {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
