"""What one line of a log of ours says, however it was damaged: the rules that all readers of such logs share."""

from __future__ import annotations

import msgspec

from ag2obs.events import Accounting, Event

EVENT_START = b'{"v":'
"""How our writer begins an event. A JSON string cannot contain it, because quotes inside are escaped."""

UNDECODABLE = (ValueError, RecursionError)
"""What msgspec raises: its own errors and invalid UTF-8 are ValueErrors, deep nesting is a RecursionError."""

decode_accounting = msgspec.json.Decoder(Accounting).decode
decode_event = msgspec.json.Decoder(Event).decode


def is_event(line: bytes) -> bool:
    """Tell whether a line is an event."""
    try:
        return decode_accounting(line).v >= 1
    except UNDECODABLE:
        return False


def event_with_damaged_content(line: bytes) -> Event | None:
    """Return an event whose accounting fields can be read, though its content may not; None for any other line.

    Content that is not UTF-8 is read with replacement characters; other unreadable content is left out.
    """
    try:
        accounting = decode_accounting(line)
    except UNDECODABLE:
        return None
    try:
        return decode_event(line.decode("utf-8", "replace"))
    except UNDECODABLE:
        return msgspec.convert(accounting, Event, from_attributes=True)


def start_of_second_event(line: bytes) -> int | None:
    """Return where the event begins that a broken line ends with, or None.

    It has one where a writer went on after another one's torn line, or after zero bytes that a crash of the machine
    left.
    """
    start = line.rfind(EVENT_START, 1)
    return start if start >= 0 else None


def whole_event(line: bytes) -> tuple[Event | None, bool]:
    """Return the event of a line, if it has one, and whether something in the line was lost."""
    try:
        event: Event | None = decode_event(line)
    except UNDECODABLE:
        event = event_with_damaged_content(line)
        if event is None:
            start = start_of_second_event(line)
            return (None if start is None else whole_event(line[start:])[0]), not line.isspace()
    return (event, False) if event is not None and event.v >= 1 else (None, True)
