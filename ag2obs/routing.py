"""Which session owns an event: never guessed, and counted where it cannot be known.

In this order: the session that opened or last wrote to the network channel (AG2 v1); the session bound to the
calling context; the session carried by AG2's IOStream; the session that alone has claimed the agent, wrapper or
stream; the only open session. A context variable set in a block follows tasks by itself and threads and executors by
``adapters.context_propagation``.
"""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ag2obs.session import Session


class Anchor:
    """What keeps a session reachable: alive as long as any context, thread or queued call may still record.

    Contexts hold bindings, bindings hold the anchor, and the session itself does not: when the last one is
    gone, no late work can come and the session can be finished without waiting.
    """

    __slots__ = ("__weakref__", "session")

    def __init__(self, session: Session) -> None:
        self.session = session


@dataclass(frozen=True, slots=True)
class Fields:
    """What the ``trace_context`` blocks around the calling context say of everything recorded in them; plain data."""

    attributes: Mapping[str, Any]
    """Of what user code records."""
    tags: Mapping[str, Any]
    """Of every event."""


@dataclass(slots=True, eq=False)
class Binding:
    """What the calling context belongs to. Never changed once it is made: contexts share it.

    (Not ``frozen``, which makes it twice as dear, and one is made for every piece of work.)
    """

    anchor: Anchor
    span: str
    """Parent of the spans that start here."""
    agent: str | None = None
    purpose: str | None = None
    group: str | None = None
    inherited: bool = False
    """Came with the start of a thread, which may serve other sessions too."""
    outer: Binding | None = None
    """What the context belonged to when the session was entered."""
    doing: tuple[str, int] | None = None
    """Kind and identity of the innermost work, to tell a call of a base class from new work."""
    fields: Fields | None = None
    block: Any = None
    """The block of user code that this binding was made for (``trace.block.Block``)."""

    @property
    def session(self) -> Session:
        """The session of this context."""
        return self.anchor.session


CURRENT: ContextVar[Binding | None] = ContextVar("ag2obs_session", default=None)

UNBOUND_FIELDS: ContextVar[Fields | None] = ContextVar("ag2obs_fields", default=None)
"""The fields of a context that has no binding: a session that is entered there takes them over."""


def fields_of(binding: Binding | None) -> Fields | None:
    """Return the fields of a context whose binding is given."""
    return UNBOUND_FIELDS.get() if binding is None else binding.fields


def narrowed(
    binding: Binding,
    *,
    span: str,
    agent: str | None = None,
    purpose: str | None = None,
    group: str | None = None,
    doing: tuple[str, int] | None = None,
    fields: Fields | None = None,
    block: Any = None,
) -> Binding:
    """Return ``binding`` for work inside it, under a new parent span; None keeps agent, purpose, group and fields."""
    return Binding(
        binding.anchor,
        span,
        agent or binding.agent,
        purpose or binding.purpose,
        group or binding.group,
        binding.inherited,
        binding.outer,
        doing,
        fields or binding.fields,
        block,
    )


def open_binding(binding: Binding | None) -> Binding | None:
    """Return ``binding`` or the nearest one around it whose session is open."""
    while binding is not None and not binding.session.is_open:
        binding = binding.outer
    return binding


def inherited(binding: Binding) -> Binding:
    """Return ``binding`` as a thread gets it from the thread that started it."""
    return replace(binding, inherited=True)


_MOST_CHANNELS = 100_000
"""Channels that are remembered, the latest ones: a session's own stay known after it, so that late work in them is
not taken for another session's."""


class Channels:
    """Which session a network channel belongs to: the last one that opened it or wrote to it."""

    def __init__(self) -> None:
        self._homes: OrderedDict[str, tuple[str, str]] = OrderedDict()

    def remember(self, channel: str, session_id: str, span: str) -> None:
        """Note that ``session_id`` uses a channel, from work whose span is the parent of what it causes there."""
        self._homes[channel] = (session_id, span)
        self._homes.move_to_end(channel)
        while len(self._homes) > _MOST_CHANNELS:
            self._homes.popitem(last=False)

    def home(self, channel: str) -> tuple[str, str] | None:
        """Return session id and span, or None for a channel that no session is known to have used."""
        return self._homes.get(channel)


class Claims:
    """Which session has used an agent or wrapper; one used by two sessions that live belongs to neither."""

    def __init__(self) -> None:
        self._owners: dict[int, tuple[weakref.ref[object], str | None]] = {}

    def claim(self, owner: object, session_id: str, is_alive: Callable[[str], bool]) -> None:
        """Note that ``session_id`` uses ``owner``; the claim of a session that has ended is replaced.

        What two live sessions have used together is nobody's from then on: it is shared by design.
        """
        key = id(owner)
        known = self._owners.get(key)
        if known is not None and known[0]() is owner:
            holder = known[1]
            if holder != session_id and holder is not None:
                self._owners[key] = (known[0], None if is_alive(holder) else session_id)
            return
        try:
            reference = weakref.ref(owner, lambda _, key=key: self._owners.pop(key, None))  # type: ignore[misc]
        except TypeError:  # strings and other owners without identity claim nothing
            return
        self._owners[key] = (reference, session_id)

    def holder(self, owner: object) -> str | None:
        """Return the id of the one session that uses ``owner``, or None."""
        known = self._owners.get(id(owner))
        return known[1] if known is not None and known[0]() is owner else None
