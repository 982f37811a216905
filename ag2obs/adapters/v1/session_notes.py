"""What the adapter remembers of a session, as long as that lives."""

from __future__ import annotations

from typing import Any

from ag2obs.process import PROCESS
from ag2obs.session import Session

_MOST_CONFIGURATIONS = 100


class SessionNotes:
    """Which agents were observed, and what their configurations say."""

    __slots__ = ("_parameters", "observed_agents")

    def __init__(self) -> None:
        self.observed_agents: set[str | None] = set()
        """Names of agents whose calls were seen where they are made."""
        self._parameters: dict[int, tuple[Any, Any]] = {}

    def parameters_of(self, configuration: Any) -> Any:
        """Return what was kept for a configuration, None where nothing was."""
        kept = self._parameters.get(id(configuration))
        return kept[1] if kept is not None and kept[0] is configuration else None

    def keep_parameters(self, configuration: Any, parameters: Any) -> None:
        """Keep what a configuration says: the same object serves many calls."""
        if len(self._parameters) >= _MOST_CONFIGURATIONS:
            self._parameters.clear()
        self._parameters[id(configuration)] = (configuration, parameters)


def notes_of(session: Session) -> SessionNotes:
    """Return what is remembered of a session."""
    notes = PROCESS.remembered.get(session)
    if notes is None:
        notes = PROCESS.remembered[session] = SessionNotes()
    return notes
