"""Runs the property tests of redaction for as long as one likes: ``make fuzz SECONDS_EACH=600``, a minute by default.

With atheris, which then steers by the code that an input reaches; else hypothesis tries at random.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys

from tests.redaction import test_properties

_PROPERTIES = [name for name in vars(test_properties) if hasattr(getattr(test_properties, name), "hypothesis")]


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
        return _run_with_hypothesis(name)
    import atheris  # type: ignore[import-not-found, unused-ignore]  # installed by whoever wants it

    atheris.Setup(
        [sys.argv[0], f"-max_total_time={seconds}", "-max_len=4096"],
        getattr(test_properties, name).hypothesis.fuzz_one_input,
    )
    atheris.Fuzz()
    return 0


def _run_with_hypothesis(name: str) -> int:
    command = [sys.executable, "-m", "pytest", "-q", f"tests/redaction/test_properties.py::{name}"]
    return subprocess.run(command, env={**os.environ, "HYPOTHESIS_PROFILE": "long"}).returncode


if __name__ == "__main__":
    sys.exit(main())
