"""The debug report on a failure as readable text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ag2obs.analysis.errors.error_types import INSIDE_OF, ErrorPattern, Link, Occurrence
from ag2obs.analysis.texts import cut, one_line

_TEXT = 300


def report_lines(occurrence: Occurrence, pattern: ErrorPattern | None) -> Iterator[str]:
    """Yield the lines of the report on one failure, with its fingerprint's numbers where those are known."""
    yield f"{occurrence.error or occurrence.fingerprint}: {heading(occurrence.type, occurrence.message)}"
    yield f"  fingerprint {occurrence.fingerprint}" + (f", in {one_line(occurrence.frame)}" if occurrence.frame else "")
    chat = f" (chat {one_line(occurrence.chat_id)})" if occurrence.chat_id else ""
    yield f"  session     {one_line(occurrence.session)}{chat}, event {occurrence.seq}, {one_line(occurrence.ts)}"
    who = f" of {one_line(occurrence.agent)}" if occurrence.agent else ""
    yield f"  told by     {one_line(occurrence.kind)}{who}: {occurrence.text}"
    if pattern is not None and pattern.count > 1:
        yield f"  times       {pattern.count:,}, from {one_line(pattern.first)} to {one_line(pattern.last)}"
    led, around, guesses = parts_of(occurrence.causes)
    yield from _links("What led to it", led)
    yield from _links("Shortly before it (a guess: only the time says so)", guesses)
    asked = any(link.relation != INSIDE_OF for link in around)
    yield from _links(f"What it happened inside of{', and what led to that' if asked else ''}", around)
    yield from _background(occurrence)
    if occurrence.stack:
        yield ""
        yield "Stack, innermost first"
        yield from (f"  {one_line(frame)}" for frame in reversed(occurrence.stack))


def parts_of(causes: Sequence[Link]) -> tuple[list[Link], list[Link], list[Link]]:
    """Return what led to a failure in three parts: before it, the work around it with what led to that, guesses."""
    certain = [link for link in causes if not link.guess]
    first = next((index for index, link in enumerate(certain) if link.relation == INSIDE_OF), len(certain))
    return certain[:first], certain[first:], [link for link in causes if link.guess]


def _background(occurrence: Occurrence) -> Iterator[str]:
    known = occurrence.background
    if known.state_seq is not None:
        yield ""
        yield f"State of {one_line(known.agent or 'the session')} (event {known.state_seq})"
        for field, value in known.state.items():
            yield f"  {cut(field, 100)}: {value}"
    whose = f" of {one_line(known.agent)}" if known.agent else ""
    yield from _links(f"Last decisions{whose}", known.decisions)
    yield from _links(f"Last messages{whose}", known.messages)
    yield from _links(f"Last calls{whose}", [link for link in known.calls if link.seq != occurrence.seq])


def _links(title: str, links: Sequence[Link]) -> Iterator[str]:
    if links:
        yield ""
        yield title
        yield from (f"  {line}" for line in map(link_text, links))


def link_text(link: Link) -> str:
    """Return one link as a line."""
    who = f" of {one_line(link.agent)}" if link.agent else ""
    relation = "" if link.relation in ("decision", "message", "call", "time window") else f" [by {link.relation}]"
    relation = " [inside it]" if link.relation == "inside it" else relation
    relation = f" [{link.relation}]" if link.relation.startswith("around ") else relation
    relation = "" if link.relation == INSIDE_OF else relation
    return f"#{link.seq} {one_line(link.kind)}{who}{relation}" + (f": {link.text}" if link.text else "")


def heading(kind: str, message: str) -> str:
    """Return a failure's type and text on one line."""
    return f"{one_line(kind)}: {cut(message, _TEXT)}" if message else one_line(kind)


def joined(reports: Iterable[Iterable[str]]) -> str:
    """Return reports as one text, an empty line between them."""
    return "\n\n".join("\n".join(lines) for lines in reports)
