"""Runs the property tests of redaction for as long as one likes: ``make fuzz SECONDS_EACH=600``, a minute by default.

With atheris, which then steers by the code that an input reaches; else hypothesis tries at random.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import time

from hypothesis import settings

from tests.redaction import test_properties

_PROPERTIES = [name for name in vars(test_properties) if hasattr(getattr(test_properties, name), "hypothesis")]
_EXAMPLES_AT_A_TIME = 500


def main() -> int:
    """Run every property in a process of its own; returns how many failed."""
    seconds = sys.argv[1] if len(sys.argv) > 1 else "60"
    if len(sys.argv) > 2:
        return _run_here(sys.argv[2], seconds)
    failed = [
        name for name in _PROPERTIES if subprocess.run([sys.executable, "-m", "fuzz", seconds, name]).returncode != 0
    ]
    print(f"{len(_PROPERTIES)} properties, failed: {', '.join(failed) or 'none'}")
    return len(failed)


def _run_here(name: str, seconds: str) -> int:
    print(f"\n== {name}", flush=True)
    if importlib.util.find_spec("atheris") is None:
        return _run_with_hypothesis(name, float(seconds))
    import atheris  # type: ignore[import-not-found, unused-ignore]  # installed by whoever wants it

    atheris.Setup(
        [sys.argv[0], f"-max_total_time={seconds}", "-max_len=4096"],
        getattr(test_properties, name).hypothesis.fuzz_one_input,
    )
    atheris.Fuzz()
    return 0


def _run_with_hypothesis(name: str, seconds: float) -> int:
    """Try other examples again and again; what fails raises, with the smallest example that does."""
    check = settings(max_examples=_EXAMPLES_AT_A_TIME, deadline=None)(getattr(test_properties, name))
    end = time.monotonic() + seconds
    rounds = 0
    while time.monotonic() < end:
        check()
        rounds += 1
    print(f"{rounds * _EXAMPLES_AT_A_TIME:,} examples", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
