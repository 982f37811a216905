"""What is patched in AG2 v1 while sessions are open, in three parts: its core, its network, its live agents.

Each part is observed from when its module is imported. Only public methods and ``Agent._turn_scope`` are replaced;
where that one has changed, the public methods of an agent are.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from types import MappingProxyType
from typing import Any

from ag2obs.adapters import context_propagation, http_attempts
from ag2obs.adapters.patches import Patches
from ag2obs.adapters.v1 import network
from ag2obs.adapters.v1.stream_events import observe_event
from ag2obs.adapters.v1.turns import observed_turn
from ag2obs.errors import AdapterUnavailable
from ag2obs.routing import Anchor
from ag2obs.session import Session

MODULE = "ag2"
KNOWN_VERSIONS = "1.0.0 to 1.2.1"
"""The versions that ``make compat`` runs the tests against, and those between them."""

_TURN_SCOPE = "_turn_scope"
_ADDED = "additional_middleware"
_PUBLIC_TURNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"Agent": ("ask", "run", "resume"), "AgentReply": ("ask", "run")}
)
"""What begins a turn and takes ``middleware``: where ``_turn_scope`` is not as it was."""


class V1Part:
    """Observes one part of AG2 v1; installed while sessions are open and that part is imported."""

    def __init__(self, install: Callable[[Patches], None]) -> None:
        self._patches = Patches()
        self._install = install

    def install(self) -> None:
        """Put everything in place.

        Raises AdapterUnavailable, with everything put back, where this ``ag2`` cannot be observed.
        """
        try:
            self._install(self._patches)
        except Exception as error:  # whatever a version of AG2 lacks, nothing may stay half installed
            self.uninstall()
            raise AdapterUnavailable(_why_not(error)) from error

    def uninstall(self) -> None:
        """Put everything back."""
        self._patches.restore()

    def carrying(self, anchor: Anchor) -> AbstractContextManager[None]:
        """Carry nothing: AG2 v1 keeps to the calling context, but for its network, whose channels are known."""
        return nullcontext()

    def carried_session(self) -> Session | None:
        """Return None; see ``carrying``."""
        return None


def core() -> V1Part:
    """Return what observes the turns of agents and the events on their streams."""
    return V1Part(_install_core)


def network_part() -> V1Part:
    """Return what brings the turns of a network into the session that caused them."""
    return V1Part(network.install)


def live_part() -> V1Part:
    """Return what observes the tools of live agents, and tells their names."""
    return V1Part(_install_live)


def _install_core(patches: Patches) -> None:
    from ag2.agent import Agent, AgentReply
    from ag2.context import ConversationContext

    context_propagation.install(patches)
    http_attempts.install(patches)
    if not patches.replace(ConversationContext, "send", _observed_send):
        raise TypeError("ConversationContext.send is no method")
    if _takes(Agent, _TURN_SCOPE, _ADDED):
        patches.replace(Agent, _TURN_SCOPE, _observed_scope)
        return
    observed = [
        patches.replace(owner, name, _observed_public_turn)
        for owner in (Agent, AgentReply)
        for name in _PUBLIC_TURNS[owner.__name__]
        if _takes(owner, name, "middleware")
    ]
    if not any(observed):
        raise TypeError("no method of an agent takes middleware")


def _install_live(patches: Patches) -> None:
    from ag2.live import LiveAgent

    if not _takes(LiveAgent, "run", "middleware"):
        raise TypeError("LiveAgent.run takes no middleware")
    patches.replace(LiveAgent, "run", _observed_public_turn)


def _takes(owner: type, name: str, parameter: str) -> bool:
    """Whether a method has a parameter; one that somebody wrapped without saying what does not show its own."""
    function = vars(owner).get(name)
    return inspect.isfunction(function) and parameter in inspect.signature(function).parameters


def _observed_send(original: Callable[..., Any]) -> Callable[..., Any]:
    def send(context: Any, event: Any) -> Any:
        # No coroutine around the original: every step of what listens on the stream would go through it.
        observe_event(context, event)
        return original(context, event)

    return send


def _observed_scope(original: Callable[..., Any]) -> Callable[..., Any]:
    def turn_scope(agent: Any, event: Any, *, additional_middleware: Any = (), **kwargs: Any) -> Any:
        middleware = (*additional_middleware, lambda begun, context: observed_turn(begun, context, agent))
        return original(agent, event, additional_middleware=middleware, **kwargs)

    return turn_scope


def _observed_public_turn(original: Callable[..., Any]) -> Callable[..., Any]:
    """Add our middleware to a public method that takes some; a reply or a live agent does not tell who it is."""

    def begin(owner: Any, *args: Any, middleware: Any = (), **kwargs: Any) -> Any:
        agent = owner if hasattr(owner, "name") else None
        ours = (*middleware, lambda begun, context: observed_turn(begun, context, agent))
        return original(owner, *args, middleware=ours, **kwargs)

    return begin


def _why_not(error: Exception) -> str:
    """Say in one sentence why ``ag2`` cannot be observed."""
    try:
        version = importlib.import_module("ag2.version").__version__
    except (ImportError, AttributeError):
        version = "of an unknown version"
    return f"ag2 {version} cannot be observed ({error}); versions {KNOWN_VERSIONS} can"
