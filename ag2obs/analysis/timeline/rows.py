"""The newest rows of a timeline or a journey, with silence marked between them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from ag2obs.analysis.session_track import Place
from ag2obs.analysis.timeline.silence import Gap, Silence
from ag2obs.analysis.timeline.timeline_types import TimelineRow
from ag2obs.events import Event


class RowsTold(NamedTuple):
    """What is shown."""

    rows: list[TimelineRow]
    earlier: int
    """How many rows are not there any more."""
    gaps: int
    silence: float
    """Seconds."""


class Rows:
    """Keeps the newest ``last`` rows (None for all); ``gaps`` is how many seconds of silence are marked, None for none.

    ``who`` begins the text of such a mark. Memory grows with rows and sessions.
    """

    def __init__(self, last: int | None, gaps: float | None, who: str = "nothing") -> None:
        self._last = last
        self._least = gaps
        self._who = who
        self._rows: deque[TimelineRow] = deque(maxlen=last)
        self._told = 0
        self._silences: dict[str, Silence] = {}
        self._settled: deque[Gap] = deque(maxlen=last)
        """Those of which rows may still be shown."""
        self._gaps = 0
        self._silence = 0.0

    def add(self, rows: list[TimelineRow]) -> None:
        """Add rows as they are."""
        self._told += len(rows)
        self._rows.extend(rows)

    def see(self, event: Event, place: Place, *, shown: bool) -> None:
        """Take an event in which silence may end, before its rows are added; a gap before it is ``shown`` or not."""
        if self._least is None:
            return
        silence = self._silences.get(event.session)
        if silence is None:
            silence = self._silences[event.session] = Silence(self._least, self._who)
        self._settle(silence.add(event, place, self._told, shown=shown))

    def settle(self, session: str) -> None:
        """Keep less of a session that has ended."""
        if session in self._silences:
            self._settle(self._silences[session].settle())

    def _settle(self, gaps: Iterable[Gap]) -> None:
        for gap in gaps:
            if gap.shown:
                self._settled.append(gap)
                self._gaps += 1
                self._silence += gap.seconds

    def told(self) -> RowsTold:
        """Return the newest rows, gaps among them."""
        gaps = [gap for silence in self._silences.values() for gap in silence.gaps() if gap.shown]
        kept, rows = list(self._rows), list[TimelineRow]()
        position = first = self._told - len(kept)
        for gap in sorted([*self._settled, *gaps], key=lambda gap: gap.position):
            if gap.position < first:
                continue
            rows += kept[position - first : gap.position - first]
            rows.append(gap.row)
            position = gap.position
        rows += kept[position - first :]
        if self._last is not None:
            rows = rows[max(0, len(rows) - self._last) :]
        count = self._gaps + len(gaps)
        silence = self._silence + sum(gap.seconds for gap in gaps)
        return RowsTold(rows, self._told + count - len(rows), count, silence)
