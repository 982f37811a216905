"""What a run of the integration tests in one environment came to."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from dataclasses import asdict, dataclass
from xml.etree import ElementTree

from compat.environment import ROOT, Environment

_OPTIONS = ("-q", "--tb=short", "-rfE", "-W", "ignore::DeprecationWarning", "-W", "ignore::ResourceWarning")
"""What old versions say of pydantic and of themselves, and the sockets that they leave open when they look for
Docker, are not ours to change; CI turns every warning with the current version into an error."""

_VERSIONS = """
import importlib, json, openai, platform, sys
framework = importlib.import_module(sys.argv[1])
print(json.dumps([framework.__version__, openai.__version__, platform.python_version()]))
"""


@dataclass(frozen=True)
class Outcome:
    """Versions, counts and wall-clock seconds of a run, and the reason of every skipped test with its count."""

    framework: str
    openai: str
    python: str
    passed: int
    failed: int
    skipped: int
    seconds: float
    reasons: dict[str, int]


def run_tests(environment: Environment, paths: list[str]) -> Outcome:
    """Run the environment's tests, or those of ``paths``; pytest writes to the terminal.

    Only a run of all of them is kept (see ``last_outcome``). Raises subprocess.CalledProcessError where pytest did
    not get to run tests.
    """
    report = environment.folder / "junit.xml"
    options = (*_OPTIONS, f"--junitxml={report}", *(f"--ignore={path}" for path in environment.ignored))
    command = [str(environment.python), "-m", "pytest", *options, *(paths or environment.tests)]
    told = {**os.environ, "COMPAT_VERSION": environment.version}
    finished = subprocess.run(command, cwd=ROOT, env=told, check=False)
    if finished.returncode not in (0, 1):  # 0: all passed, 1: some failed
        raise subprocess.CalledProcessError(finished.returncode, command)
    suite = ElementTree.parse(report).getroot()[0]
    failed, skipped = int(suite.attrib["failures"]) + int(suite.attrib["errors"]), int(suite.attrib["skipped"])
    framework, openai, python = _versions(environment)
    outcome = Outcome(
        framework=framework,
        openai=openai,
        python=python,
        passed=int(suite.attrib["tests"]) - failed - skipped,
        failed=failed,
        skipped=skipped,
        seconds=float(suite.attrib["time"]),
        reasons=dict(Counter(skip.attrib["message"] for skip in suite.iter("skipped"))),
    )
    if not paths:
        (environment.folder / "outcome.json").write_text(json.dumps(asdict(outcome)), encoding="utf-8")
    return outcome


def last_outcome(environment: Environment) -> Outcome | None:
    """Return what the last whole run came to, None where there was none."""
    kept = environment.folder / "outcome.json"
    return Outcome(**json.loads(kept.read_text(encoding="utf-8"))) if kept.exists() else None


def _versions(environment: Environment) -> tuple[str, str, str]:
    """Return the versions of the framework (whichever distribution it came from), openai and Python."""
    command = [str(environment.python), "-c", _VERSIONS, environment.package]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    framework, openai, python = json.loads(told.stdout.splitlines()[-1])
    return framework, openai, python
