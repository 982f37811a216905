"""What is known of a stream: the agent at work on it, and whether its model calls are seen where they are made.

Events of AG2 v1 name neither their agent nor their session. Both are kept beside the stream, weakly.
"""

from __future__ import annotations

from typing import Any

from ag2obs.process import PROCESS
from ag2obs.session import Session

_AGENT = "__ag2_agent__"
"""Where AG2 keeps the agent in ``context.dependencies`` (``ag2.utils``); servers and live agents do not."""

_CHANNEL = "ag2.network.channel"
"""Where AG2 keeps the channel of a network turn in ``context.dependencies`` (``ag2.network.policies``)."""

_MOST_SERVER_TOOLS = 100


class StreamState:
    """What is remembered of one stream."""

    __slots__ = ("agent", "calls_made", "calls_to_tell", "observed_turns", "server_tools", "trigger")

    def __init__(self) -> None:
        self.agent: str | None = None
        """Who was last at work here."""
        self.observed_turns = 0
        """Turns in progress whose model calls our middleware sees."""
        self.calls_made = 0
        """Model calls that our middleware saw since the last answer, failed ones included."""
        self.calls_to_tell = 0
        """Those among them that were answered, and whose usage AG2 has not told yet."""
        self.trigger: tuple[object, int] | None = None
        """Event and identity of the context of the turn that is being observed."""
        self.server_tools: dict[str, Any] = {}
        """Calls of tools that the provider runs, by id, until their results arrive."""

    def begin_step(self) -> None:
        """Forget the calls of the last answer."""
        self.calls_made = self.calls_to_tell = 0

    def is_observed(self, event: object, context: object) -> bool:
        """Whether this very turn is observed already: by a plugin, or by us without one."""
        return self.trigger is not None and self.trigger[0] is event and self.trigger[1] == id(context)

    def keep_server_tool(self, call: Any) -> None:
        """Remember a call of a tool that the provider runs."""
        if len(self.server_tools) < _MOST_SERVER_TOOLS:
            self.server_tools[call.id] = call


def root_of(stream: Any) -> Any:
    """Return the stream that a filtered view of it belongs to."""
    while hasattr(stream, "_parent"):
        stream = stream._parent
    return stream


def state_of(stream: Any) -> StreamState:
    """Return what is remembered of a stream that is a root; nothing of a user's own that cannot be remembered."""
    try:
        state = PROCESS.remembered.get(stream)
        if state is None:
            state = PROCESS.remembered[stream] = StreamState()
    except TypeError:  # without a hash or weak references
        return StreamState()
    return state


def session_of(context: Any) -> Session | None:
    """Return the session that a context of AG2 belongs to; None, counted, where that cannot be known."""
    channel = context.dependencies.get(_CHANNEL)
    channel_id = getattr(channel, "channel_id", None)
    return PROCESS.route(root_of(context.stream), channel_id if isinstance(channel_id, str) else None)


def agent_name_of(context: Any) -> str | None:
    """Return the name of the agent at work in a context, or None."""
    state = state_of(root_of(context.stream))
    if state.agent is not None:
        return state.agent
    name = getattr(context.dependencies.get(_AGENT), "name", None)
    return name if isinstance(name, str) else None


def agent_of(context: Any) -> Any:
    """Return the agent that AG2 keeps in a context, or None."""
    return context.dependencies.get(_AGENT)
