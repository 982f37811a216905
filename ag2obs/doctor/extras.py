"""Optional packages: what is there, and what would be gained by the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, requires

from ag2obs.doctor.distributions import version_of
from ag2obs.doctor.result import Result, Status
from ag2obs.redaction.automaton import accelerator_available

_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)[^;]*;.*extra == ['\"](?P<extra>[\w-]+)['\"]")


def accelerator() -> Iterator[Result]:
    """Tell whether redaction runs accelerated."""
    if accelerator_available():
        yield Result("redaction", Status.OK, "redaction is accelerated by ahocorasick_rs")
    else:
        sentence = "redaction runs in pure Python, several times slower: ahocorasick_rs is not installed"
        yield Result("redaction", Status.WARNING, sentence, "pip install ahocorasick_rs")


def extras(requirements: Iterable[str] | None = None) -> Iterator[Result]:
    """Tell which extras of ag2obs are installed; none of them is needed."""
    missing: dict[str, list[str]] = {}
    for requirement in _own_requirements() if requirements is None else requirements:
        found = _REQUIREMENT.match(requirement)
        if found is not None:
            lacking = missing.setdefault(found["extra"], [])
            if version_of(found["name"].lower()) is None:
                lacking.append(found["name"])
    for extra, names in missing.items():
        if names:
            sentence = f"the extra '{extra}' is not installed ({', '.join(names)} missing)"
            yield Result("extras", Status.OK, sentence, f"pip install 'ag2obs[{extra}]'")
        else:
            yield Result("extras", Status.OK, f"the extra '{extra}' is installed")


def _own_requirements() -> list[str]:
    try:
        return requires("ag2obs") or []
    except PackageNotFoundError:
        return []
