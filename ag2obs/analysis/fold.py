"""What every fold is: it gets the events one by one and can tell its result at any time."""

from __future__ import annotations

from typing import Any, Protocol

from ag2obs.events import Event


class Fold(Protocol):
    """A view over events: live when attached to a session (``Session.attach``), offline when fed by a reader.

    What a fold keeps grows with what it shows, never with the number of events. Events of several sessions may come
    interleaved; those of one session come in their order. Kinds that a fold does not know change nothing.
    """

    def add(self, event: Event) -> None:
        """Take one event in."""

    def result(self) -> Any:
        """Return what the events so far say: a frozen structure with ``to_dict()``."""
