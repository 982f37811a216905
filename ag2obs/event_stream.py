"""The stream of one session's events: each gets its place, is redacted, counted and written.

The order is fixed: envelope, content level, encoding, redaction, fold, file. Not thread-safe; the session calls it
under its lock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

from ag2obs.analysis.fold import Fold
from ag2obs.analysis.summary.summary_fold import SummaryFold
from ag2obs.content import ContentPolicy
from ag2obs.encoding import plain
from ag2obs.events import SCHEMA, Event, encode, timestamp
from ag2obs.guard import Guard
from ag2obs.redaction import Redactor, mask_in_place
from ag2obs.sinks.log_file import LogFile

_SAID_AGAIN = ("session.start", "drop")
"""Until these are on file they are said before every other event, so a failed try loses nothing."""


_decoder = msgspec.json.Decoder(Event)


class EventStream:
    """Writes events to a log file; see the module's docstring.

    ``session``, ``trace``, ``span``, ``chat_id`` and ``workflow`` are what every event of the session carries;
    ``span`` is the parent of events that have no span of their own. ``content`` is None where all content is stored.
    """

    def __init__(
        self,
        file: LogFile,
        redactor: Redactor,
        guard: Guard,
        *,
        session: str,
        trace: str,
        span: str,
        chat_id: str,
        workflow: str,
        content: ContentPolicy | None = None,
    ) -> None:
        self.fold = SummaryFold()
        self._attached: list[Fold] = []
        self._start = b""
        """The line of the first ``session.start`` on file."""
        self.late = False
        """Whether the block has been left: events are marked as late from then on."""
        self.late_events = False
        """Whether a late event was written since the last end."""
        self._file = file
        self._redactor = redactor
        self._guard = guard
        self._session = session
        self._trace = trace
        self._span = span
        self._chat_id = chat_id
        self._workflow = workflow
        self._content = content
        self._seq = 0
        self._drops: Counter[str] = Counter()
        """Events lost since the last ``drop`` event on file, by reason."""
        self._masked_in_place = 0
        self._learned = redactor.version
        self._unsure_bytes = 0
        """How many of our first bytes on file were written before the last secret was learned."""

    @property
    def path(self) -> Path:
        """The log."""
        return self._file.path

    def follow(self) -> bool:
        """Go where the log is now; returns whether nothing of this session is in the file that comes next."""
        moved = self._file.follow()
        lost = self._file.take_lost_lines()
        if lost:
            self.drop(lost, "log_deleted")
        if self._file.must_release:
            self._masked_in_place += self.mask_what_was_learned()
            self._file.release_oldest()
        return moved

    def drop(self, events: int, reason: str) -> None:
        """Count events that are not on file; a ``drop`` event tells of them as soon as one can be written."""
        self._drops[reason] += events
        self.fold.add(self._drop_event(events, reason))

    def _drop_event(self, events: int, reason: str) -> Event:
        return Event(kind="drop", session=self._session, ts=timestamp(), count=events, reason=reason)

    def write(self, events: list[Event]) -> bool:
        """Put the events on file in one write, and count them; returns whether all of them are there."""
        events = [*(self._drop_event(count, reason) for reason, count in self._drops.items()), *events]
        before, now = self._seq, timestamp()
        for event in events:
            event.ts = now
            self._stamp(event)
        lines = [_encoded(event) for event in events]
        known = self._redactor.version
        data = b"\n".join(lines)
        if self._redactor.redact(data)[1]:
            # Line by line, so that each tells how many secrets were masked in it.
            data = b"\n".join(self._masked(event, line) for event, line in zip(events, lines, strict=True))
        written = self._append(data, known)
        for event in events[:written]:
            self._count(event)
        if self._attached or not self._start:
            lines = data.split(b"\n")[:written]
            if not self._start:
                self._start = _start_among(events, lines)
            self._tell(lines)
        if written == len(events):
            return True
        lost = [event for event in events[written:] if event.kind not in _SAID_AGAIN]
        for event in lost:
            self.fold.add(event)
        if lost:
            self.drop(len(lost), "write_failed")
        # Missing numbers are lost events: what is said again takes its number again.
        self._seq = before + written + len(lost)
        return False

    def _count(self, event: Event) -> None:
        """Count an event that is on file; a drop was counted when it happened."""
        if event.kind == "drop":
            self._drops.pop(event.reason or "", None)
        else:
            self.fold.add(event)

    def attach(self, fold: Fold) -> None:
        """Give ``fold`` the ``session.start`` that is on file, and every event from now on as it is on file."""
        self._attached.append(fold)
        if self._start:
            self._tell([self._start], [fold])

    def _tell(self, lines: Sequence[bytes], folds: Sequence[Fold] | None = None) -> None:
        """Give lines that are on file to the attached folds, as a reader of the log gets them."""
        for fold in self._attached if folds is None else folds:
            with self._guard.protect("a fold that was attached to a session"):
                for line in lines:
                    fold.add(_decoder.decode(line))

    def end(self, event: Event) -> bool:
        """Write ``session.end`` with the totals, itself included, after masking what was learned meanwhile.

        Returns whether it is on file.
        """
        if self._drops:
            self.write([])
        event.ts = timestamp()
        self._stamp(event)
        self._masked_in_place += self.mask_what_was_learned()
        event.redactions = self._masked_in_place + self._redactor.redact(_encoded(event))[1]
        self.fold.add(event)
        event.totals = self.fold.result().to_dict()["totals"]
        known = self._redactor.version
        line = self._redactor.redact(_encoded(event))[0]
        written = self._append(line, known) == 1
        if written and self._attached:
            self._tell([line])
        self._masked_in_place = 0
        self.late_events = False
        self._file.sync()
        return written

    def close(self) -> None:
        """Give the log back; nothing is written or masked after this."""
        self._file.close()

    def mask_what_was_learned(self) -> int:
        """Mask, in our own bytes on file, secrets that became known after these were written; returns how many."""
        redactor = self._redactor
        if redactor.version != self._learned:
            self._learned, self._unsure_bytes = redactor.version, self._file.mark()
        masked = 0
        if self._unsure_bytes:
            with self._guard.protect("the closing pass over the log"):
                masked = self._file.mask_secrets(
                    redactor.known_spans, mask_in_place, redactor.overlap(), first_bytes=self._unsure_bytes
                )
                self._unsure_bytes = 0
        return masked

    def _stamp(self, event: Event) -> None:
        """Fill in the envelope (where in the stream the event stands, whose it is); leave out what is not stored."""
        self._seq += 1
        event.v = SCHEMA
        event.seq = self._seq
        event.session = self._session
        event.trace = self._trace
        event.chat_id = self._chat_id
        event.workflow = self._workflow
        if not event.span:
            event.parent = event.parent or self._span
        if self.late:
            event.late = self.late_events = True
        if self._content is not None:
            self._content.reduce(event)

    def _masked(self, event: Event, line: bytes) -> bytes:
        line, event.redactions = self._redactor.redact(line)
        return b'%s,"redactions":%d}' % (line[:-1], event.redactions) if event.redactions else line

    def _append(self, lines: bytes, known: int) -> int:
        """Put lines on file that were redacted with the secrets of version ``known``; returns how many are there."""
        file = self._file
        failures = file.failed_writes
        written = file.append(lines + b"\n")
        if file.failed_writes != failures:
            error = file.last_error
            self._guard.tell_once(
                f"write:{file.path.parent}:{error.errno if error is not None else None}",
                f"the log {file.path} cannot be written ({error}); what is lost is counted",
            )
        if self._redactor.version != self._learned:
            # What another thread taught while these lines were redacted may stand in them unmasked.
            unaware = len(lines) + 1 if known == self._redactor.version else 0
            self._unsure_bytes = max(0, file.mark() - unaware)
            self._learned = self._redactor.version
        return written


def _start_among(events: Sequence[Event], lines: Sequence[bytes]) -> bytes:
    return next((line for event, line in zip(events, lines, strict=False) if event.kind == "session.start"), b"")


def _encoded(event: Event) -> bytes:
    try:
        return encode(event)
    except (UnicodeEncodeError, TypeError, ValueError):
        # Names and texts as frameworks hold them may be no text at all (a lone surrogate).
        return msgspec.json.encode(plain(msgspec.to_builtins(event)))
