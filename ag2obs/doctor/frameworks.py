"""Python, and the hooks: do they fit the frameworks that are installed, and is nothing of theirs left behind?"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
import platform
import sys
import warnings
from collections.abc import Iterator
from typing import Any

from ag2obs.adapters.patches import replaced_names
from ag2obs.adapters.registry import FRAMEWORKS
from ag2obs.doctor.installations import CLASSIC, V1
from ag2obs.doctor.result import Result, Status
from ag2obs.errors import AdapterUnavailable
from ag2obs.process import PROCESS


def python() -> Iterator[Result]:
    """Tell the version of Python; pip installs ag2obs where it is new enough."""
    yield Result("python", Status.OK, f"{platform.python_implementation()} {platform.python_version()}")


def hooks() -> Iterator[Result]:
    """Import each framework that is there, put the hooks in and take them out again."""
    for name, new_adapter in FRAMEWORKS.items():
        if not _is_there(name):
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
            yield Result("hooks", Status.PROBLEM, str(error), CLASSIC.reinstall if name == "autogen" else V1.install)
        else:
            limits = list(_limits(name))
            adapter.uninstall()
            yield from limits or [Result("hooks", Status.OK, f"the hooks of {name} go in and out again")]


def _is_there(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ImportError:  # of the package that it is part of, which is told of that package itself
        return False


def _limits(name: str) -> Iterator[Result]:
    """Tell what the hooks that are in place miss, because a version lacks what they would rather replace."""
    if name == "ag2" and "_turn_scope" not in replaced_names(importlib.import_module("ag2.agent").Agent):
        sentence = (
            "Agent._turn_scope of this ag2 is not as known, so turns are observed by ask, run and resume: "
            "those that a server of AG2 runs itself are missed"
        )
        yield Result("hooks", Status.WARNING, sentence, V1.install)


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
    ("ag2.agent", "Agent"),
    ("ag2.agent", "AgentReply"),
    ("ag2.context", "ConversationContext"),
    ("ag2.live", "LiveAgent"),
    ("ag2.network", "AgentClient"),
    ("ag2.network", "HubClient"),
    ("httpx", "Client"),
    ("httpx", "AsyncClient"),
    ("httpx2", "Client"),
    ("httpx2", "AsyncClient"),
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
