"""The network of AG2 v1: turns that other tasks run for an agent, in the session that caused them.

The task that receives for an agent began when the agent was registered: its context belongs to whoever did that. So a
channel is remembered with the session that opened it or wrote to it last, and what is received from it runs there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from ag2obs.adapters.patches import Patches, replaced_names
from ag2obs.events import STATUS_ERROR, Event
from ag2obs.process import PROCESS
from ag2obs.routing import CURRENT, Binding, narrowed
from ag2obs.session import Session
from ag2obs.session_texts import bounded

TURN_FAILED = "turn_failed"
"""``reason`` of the alert that a turn failed whose answer somebody may be waiting for."""

_TEXT = "ag2.msg.text"
_PACKET = "ag2.packet"
"""Event types of envelopes with what agents say (``ag2.network.envelope``)."""

_LONGEST_NAMES = 1_000


def install(patches: Patches) -> None:
    """Observe the clients of hubs; raises where they are not as expected."""
    from ag2.network import AgentClient, HubClient

    for owner, name, make in (
        (HubClient, "create_channel", _observed_creation),
        (HubClient, "post_envelope", _observed_post),
        (HubClient, "report_turn_failure", _observed_failure),
        (AgentClient, "receive", _observed_receipt),
    ):
        if not patches.replace(owner, name, make):
            raise TypeError(f"{owner.__name__}.{name} is no method")


def is_patched() -> bool:
    """Whether the clients of hubs tell of themselves."""
    from ag2.network import HubClient

    return "post_envelope" in replaced_names(HubClient)


def _observed_creation(original: Callable[..., Any]) -> Callable[..., Any]:
    async def create_channel(client: Any, *args: Any, **kwargs: Any) -> Any:
        metadata = await original(client, *args, **kwargs)
        with PROCESS.guard.protect("observing a new channel"):
            remember(metadata.channel_id)
        return metadata

    return create_channel


def _observed_post(original: Callable[..., Any]) -> Callable[..., Any]:
    async def post_envelope(client: Any, envelope: Any) -> Any:
        with PROCESS.guard.protect("observing an envelope"):
            remember(envelope.channel_id)
            record_envelope(envelope, client)
        return await original(client, envelope)

    return post_envelope


def _observed_failure(original: Callable[..., Any]) -> Callable[..., Any]:
    async def report_turn_failure(client: Any, *args: Any, **kwargs: Any) -> Any:
        with PROCESS.guard.protect("observing a failed turn"):
            record_failure(client, **kwargs)
        return await original(client, *args, **kwargs)

    return report_turn_failure


def _observed_receipt(original: Callable[..., Any]) -> Callable[..., Any]:
    async def receive(agent_client: Any, envelope: Any) -> Any:
        before = CURRENT.get()
        with PROCESS.guard.protect("observing a delivery"):
            CURRENT.set(_binding_of(agent_client, envelope.channel_id))
        try:
            return await original(agent_client, envelope)
        finally:
            CURRENT.set(before)

    return receive


def remember(channel: str) -> None:
    """Note that the calling context's session uses a channel."""
    binding = CURRENT.get()
    if binding is not None and binding.session.accepts():
        PROCESS.channels.remember(channel, binding.session.id, binding.span)


def record_envelope(envelope: Any, client: Any) -> None:
    """Record what one agent says to others."""
    if envelope.event_type not in (_TEXT, _PACKET) or not PROCESS.sessions:
        return
    session = PROCESS.route(channel=envelope.channel_id)
    if session is None:
        return
    said = envelope.event_data.get("text" if envelope.event_type == _TEXT else "body")
    sender = client.name_for(envelope.sender_id)
    event = Event(kind="agent.message", agent=sender, sender=sender, group=envelope.channel_id)
    if envelope.audience is not None:
        event.target = ", ".join(map(client.name_for, envelope.audience))[:_LONGEST_NAMES]
    session.record_delivery(event, {"role": "assistant", "content": said}, None)
    routing = envelope.event_data.get("routing") if envelope.event_type == _PACKET else None
    if isinstance(routing, dict) and routing.get("kind") == "handoff":
        _record_handoff(session, client, event, routing)


def _record_handoff(session: Session, client: Any, message: Event, routing: dict[str, Any]) -> None:
    target = routing.get("target")
    event = Event(kind="handoff", agent=message.agent, group=message.group, tool=routing.get("tool"))
    event.target = client.name_for(target) if isinstance(target, str) else None
    event.reason = bounded(routing.get("reason"))
    session.record(event)


def record_failure(client: Any, *, channel_id: str, agent_id: str, exc: BaseException, **_: Any) -> None:
    """Record and tell at once that an agent's turn failed: who waits for its answer is told nothing by AG2.

    ``client`` has ``name_for``: a client of a hub, or the hub.
    """
    if not PROCESS.sessions:
        return
    session = PROCESS.route(channel=channel_id)
    if session is None:
        return
    agent = client.name_for(agent_id)
    event = Event(kind="alert", agent=agent, reason=TURN_FAILED, group=channel_id, status=STATUS_ERROR)
    event.error = session.failure(exc)
    event.content = "a turn in a network channel failed; AG2 does not tell whoever waits for its answer"
    session.record(event)
    session.warn_once(
        f"{TURN_FAILED}:{channel_id}:{agent_id}",
        f"the turn of {agent} failed with {event.error.type} while others in its channel may wait for its answer, "
        "which AG2 does not tell them",
    )


def _binding_of(agent_client: Any, channel: str) -> Binding | None:
    """Return what a delivery belongs to: its channel's session, below what was said there last.

    A delivery that the calling context makes itself (``resume_pending_turns``) belongs to that.
    """
    if not _is_receiving(agent_client):
        remember(channel)
        return CURRENT.get()
    home = PROCESS.channels.home(channel)
    session = None if home is None else PROCESS.sessions.get(home[0])
    binding = session.binding() if session is not None and session.accepts() else None
    return None if binding is None or home is None else narrowed(binding, span=home[1])


def _is_receiving(agent_client: Any) -> bool:
    """Whether the current task is one that receives for agents; in doubt it is."""
    client = getattr(agent_client, "_hub_client", None)
    receiving, notified = getattr(client, "_receive_task", None), getattr(client, "_notify_tasks", ())
    return receiving is None or asyncio.current_task() in (receiving, *notified)
