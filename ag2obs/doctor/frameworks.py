"""Python, and the frameworks that are observed: whole, of a supported version, and do the hooks fit?"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
import platform
import re
import sys
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from ag2obs.adapters.patches import replaced_names
from ag2obs.adapters.registry import FRAMEWORKS
from ag2obs.doctor.distributions import owners_of, version_of
from ag2obs.doctor.result import Result, Status
from ag2obs.errors import AdapterUnavailable
from ag2obs.process import PROCESS

OLDEST = (0, 9, 10)
NEWEST = (0, 14, 1)
"""The versions of AG2 Classic between which the hooks are known to be the same; the tests run the newest."""

_REINSTALL = "pip install --force-reinstall --no-deps autogen"
_INSTALL = "pip install autogen==0.14.1"


def python() -> Iterator[Result]:
    """Tell the version of Python; pip installs ag2obs where it is new enough."""
    yield Result("python", Status.OK, f"{platform.python_implementation()} {platform.python_version()}")


def autogen_folder(search_path: Sequence[str] | None = None) -> Iterator[Result]:
    """Tell who owns the folder ``autogen`` and whether all of it is there."""
    owners = owners_of("autogen", search_path)
    if not owners:
        if search_path is None and importlib.util.find_spec("autogen") is not None:
            sentence = "the folder 'autogen' belongs to no installed distribution: a remainder, or your own"
            yield Result("autogen", Status.WARNING, sentence, _INSTALL)
        else:
            yield Result("autogen", Status.WARNING, "AG2 Classic is not installed", _INSTALL)
        return
    names = " and ".join(f"{owner.name} {owner.version}" for owner in owners)
    missing = max(owner.missing for owner in owners)
    if missing:
        sentence = f"the folder 'autogen' ({names}) is broken: {missing:,} of its files are not there"
        yield Result("autogen", Status.PROBLEM, sentence, _REINSTALL)
    elif len(owners) > 1:
        others = " ".join(owner.name for owner in owners if owner.name != "autogen")
        sentence = f"{names} own the same folder 'autogen': it is as whichever came last, and breaks with either"
        yield Result("autogen", Status.PROBLEM, sentence, f"pip uninstall -y {others} && {_REINSTALL}")
    else:
        yield Result("autogen", Status.OK, f"the folder 'autogen' belongs to {names} and is whole")


def versions(search_path: Sequence[str] | None = None) -> Iterator[Result]:
    """Tell whether the frameworks that are installed are observed."""
    for owner in owners_of("autogen", search_path):
        name = f"{owner.name} {owner.version}"
        version = _numbers(owner.version)
        if version < OLDEST:
            sentence = f"{name} is older than what is tested (ag2 0.9.10); its hooks may be the same"
            yield Result("version", Status.WARNING, sentence, f"pip install -U {owner.name}")
        elif version > NEWEST:
            sentence = f"{name} is newer than what is tested (autogen 0.14.1)"
            yield Result("version", Status.WARNING, sentence, "pip install -U ag2obs")
        else:
            yield Result("version", Status.OK, f"{name} is supported")
    ag2 = version_of("ag2", search_path)
    if ag2 is not None and _numbers(ag2) >= (1,):
        observed = "is observed" if "ag2" in FRAMEWORKS else "is not observed by this version of ag2obs"
        yield Result("version", Status.OK, f"ag2 {ag2} (AG2 v1) {observed}")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def hooks() -> Iterator[Result]:
    """Import each framework that is there, put the hooks in and take them out again."""
    for name, new_adapter in FRAMEWORKS.items():
        if importlib.util.find_spec(name) is None:
            continue
        if PROCESS.sessions:
            yield Result("hooks", Status.OK, f"the hooks of {name} are in use by open sessions")
            continue
        adapter = new_adapter()
        try:
            with _quiet():
                importlib.import_module(name)
                adapter.install()
        except (AdapterUnavailable, ImportError) as error:
            yield Result("hooks", Status.PROBLEM, str(error), _REINSTALL if name == "autogen" else None)
        else:
            adapter.uninstall()
            yield Result("hooks", Status.OK, f"the hooks of {name} go in and out again")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep what a framework says when it is imported out of the report."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


_PATCHED: tuple[tuple[str, str], ...] = (
    ("autogen.agentchat.conversable_agent", "ConversableAgent"),
    ("autogen.agentchat.groupchat", "GroupChat"),
    ("autogen.oai.client", "OpenAIWrapper"),
    ("httpx", "Client"),
    ("httpx", "AsyncClient"),
    ("threading", "Thread"),
    ("concurrent.futures", "ThreadPoolExecutor"),
)
"""Module and class of what is replaced while sessions are open."""


def patches() -> Iterator[Result]:
    """Tell of methods that are still replaced by ours though no session is open."""
    if PROCESS.sessions:
        return
    left: list[str] = []
    for module_name, class_name in _PATCHED:
        owner: Any = getattr(sys.modules.get(module_name), class_name, None)
        if owner is not None:
            left += (f"{class_name}.{name}" for name in replaced_names(owner))
    if left:
        sentence = f"without an open session these are still replaced by ag2obs: {', '.join(left)}"
        yield Result("patches", Status.WARNING, sentence)
    else:
        yield Result("patches", Status.OK, "nothing of the frameworks is replaced while no session is open")
