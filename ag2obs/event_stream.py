"""The stream of one session's events: each gets its place, is redacted, counted and written.

The order is fixed: envelope, encoding, redaction, fold, file. Not thread-safe; the session calls it under its
lock.
"""

from __future__ import annotations

import msgspec

from ag2obs.analysis.summary import SummaryFold
from ag2obs.encoding import plain
from ag2obs.events import SCHEMA, Event, encode, timestamp
from ag2obs.guard import Guard
from ag2obs.redaction import Redactor, mask_in_place
from ag2obs.sinks.log_file import LogFile


class EventStream:
    """Writes events to a log file; see the module's docstring.

    ``session``, ``trace``, ``span``, ``chat_id`` and ``workflow`` are what every event of the session carries;
    ``span`` is the parent of events that have no span of their own.
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
    ) -> None:
        self.fold = SummaryFold()
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
        self._seq = 0
        self._dropped = 0
        self._learned = redactor.version
        self._unsure_bytes = 0
        """How many of our first bytes on file were written before the last secret was learned."""

    def drop(self, events: int) -> None:
        """Count events that could not be recorded; they are told in a ``drop`` event before the end."""
        self._dropped += events

    def write(self, events: list[Event]) -> None:
        """Put the events on file in one write, and count them."""
        now = timestamp()
        for event in events:
            event.ts = now
            self._stamp(event)
        lines = [_encoded(event) for event in events]
        known = self._redactor.version
        data = b"\n".join(lines)
        if self._redactor.redact(data)[1]:
            # Line by line, so that each tells how many secrets were masked in it.
            data = b"\n".join(self._masked(event, line) for event, line in zip(events, lines, strict=True))
        for event in events:
            self.fold.add(event)
        self._append(events, data, known)

    def end(self, event: Event) -> None:
        """Write ``session.end`` with the totals, itself included, after masking what was learned meanwhile."""
        if self._dropped:
            dropped, self._dropped = self._dropped, 0
            self.write([Event(kind="drop", count=dropped, reason="write_failed")])
        event.ts = timestamp()
        self._stamp(event)
        event.redactions = self.mask_what_was_learned() + self._redactor.redact(_encoded(event))[1]
        self.fold.add(event)
        event.totals = self.fold.result().to_dict()["totals"]
        known = self._redactor.version
        self._append([event], self._redactor.redact(_encoded(event))[0], known)
        self.late_events = False
        self._file.sync()
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
        """Fill in the envelope: where in the stream the event stands, and whose it is."""
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

    def _masked(self, event: Event, line: bytes) -> bytes:
        line, event.redactions = self._redactor.redact(line)
        return b'%s,"redactions":%d}' % (line[:-1], event.redactions) if event.redactions else line

    def _append(self, events: list[Event], lines: bytes, known: int) -> None:
        """Put lines on file that were redacted with the secrets of version ``known``."""
        file = self._file
        if not file.append(lines + b"\n"):
            self._dropped += len(events)
            self._guard.tell_once(
                f"write:{file.path}",
                f"the log {file.path} cannot be written ({file.last_error}); what is lost is counted",
            )
        if self._redactor.version != self._learned:
            # What another thread taught while these lines were redacted may stand in them unmasked.
            unaware = len(lines) + 1 if known == self._redactor.version else 0
            self._unsure_bytes = max(0, file.mark() - unaware)
            self._learned = self._redactor.version


def _encoded(event: Event) -> bytes:
    try:
        return encode(event)
    except (UnicodeEncodeError, TypeError, ValueError):
        # Names and texts as frameworks hold them may be no text at all (a lone surrogate).
        return msgspec.json.encode(plain(msgspec.to_builtins(event)))
