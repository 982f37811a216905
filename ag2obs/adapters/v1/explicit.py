"""The form of observing AG2 v1 that patches nothing: a plugin for an agent, a listener for a hub.

    agent = Agent("helper", config=..., plugins=[ag2obs.adapters.v1.plugin()])
    hub.register_listener(ag2obs.adapters.v1.hub_listener())

They record into whatever session is open when the agent is at work, and nothing where there is none. Together with the
patches of an open session each turn counts once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

from ag2obs.adapters.patches import replaced_names
from ag2obs.adapters.v1 import network
from ag2obs.adapters.v1.stream_events import OBSERVED_EVENTS, observe_event
from ag2obs.adapters.v1.turns import ObservedTurn, Unobserved, observed_turn
from ag2obs.errors import AdapterUnavailable
from ag2obs.process import PROCESS


def plugin() -> Any:
    """Return an ``ag2.Plugin`` that observes the agents it is given to; one for any number of them.

    A sub-agent without a plugin of its own is told by the sum of what it spent. Raises AdapterUnavailable where AG2 v1
    is not installed.
    """
    try:
        from ag2 import Plugin
    except ImportError as error:
        raise AdapterUnavailable("AG2 v1 is not installed: pip install 'ag2>=1'") from error
    return Plugin(middleware=[_observe])  # type: ignore[list-item]  # AG2 asks for the four methods alone


def hub_listener(hub: Any = None) -> HubListener:
    """Return a listener for ``hub.register_listener``: channels find their sessions, failed turns are told.

    With ``hub``, agents that were registered before are told by name too.
    """
    return HubListener(hub)


def _observe(event: Any, context: Any) -> ObservedTurn | Unobserved:
    return observed_turn(event, context, watch=_watching)


@contextmanager
def _watching(context: Any) -> Iterator[None]:
    """Observe the events of a stream while a turn lasts, unless every stream is observed."""
    from ag2.context import ConversationContext

    with ExitStack() as watched:
        with PROCESS.guard.protect("watching a stream"):
            if "send" not in replaced_names(ConversationContext):
                watched.enter_context(_subscription(context))
        yield


def _subscription(context: Any) -> AbstractContextManager[None]:
    """Subscribe to the events that are observed; AG2 tells nobody of that."""
    from ag2 import events

    async def observe(event: Any) -> None:
        observe_event(context, event)

    kinds = tuple(kind for name in OBSERVED_EVENTS if (kind := getattr(events, name, None)) is not None)
    subscribed: AbstractContextManager[None] = context.stream.where(kinds).sub_scope(observe)
    return subscribed


class HubListener:
    """What a hub of AG2 tells, by the methods of ``ag2.network.hub.listener``; the rest of them tell nothing of a run.

    Never raises into the hub. Where the clients of hubs are patched, they have told it before.
    """

    def __init__(self, hub: Any = None) -> None:
        self._hub = hub
        self._names: dict[str, str] = {}

    def name_for(self, agent_id: str) -> str:
        """Return the name of an agent, its id where that is not known."""
        known = self._names.get(agent_id)
        return known or (agent_id if self._hub is None else str(self._hub.name_for(agent_id)))

    async def on_agent_event(self, agent_id: str, kind: str, payload: dict[str, Any]) -> None:
        """Learn the name of an agent that is registered."""
        name = getattr(payload.get("passport"), "name", None)
        if isinstance(name, str):
            self._names[agent_id] = name

    async def on_channel_event(self, channel_id: str, kind: str, payload: dict[str, Any]) -> None:
        """Take a new channel for the session in which it was created: a hub tells that in the creator's context."""
        with PROCESS.guard.protect("observing a channel"):
            if kind == "created":
                network.remember(channel_id)

    async def on_envelope_posted(self, envelope: Any, metadata: Any) -> None:
        """Record what one agent says to others."""
        with PROCESS.guard.protect("observing an envelope"):
            if not network.is_patched():
                network.record_envelope(envelope, self)

    async def on_turn_failed(self, channel_id: str, agent_id: str, envelope_id: str, exc: BaseException) -> None:
        """Record and tell that a turn failed whose answer somebody may be waiting for."""
        with PROCESS.guard.protect("observing a failed turn"):
            if not network.is_patched():
                network.record_failure(self, channel_id=channel_id, agent_id=agent_id, exc=exc)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("on_"):
            return _ignore
        raise AttributeError(name)


async def _ignore(*_: Any, **__: Any) -> None:
    """Take what tells nothing of a run."""
