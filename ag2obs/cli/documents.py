"""Documents of JSON on standard output."""

from __future__ import annotations

import re
import sys
from typing import Any

import click
import msgspec

from ag2obs.encoding import Limits, plain

# DEL and the C1 controls, which JSON may hold as they are and a terminal obeys (0x9B begins an escape sequence).
_CONTROL = re.compile(rb"\x7f|\xc2[\x80-\x9f]")


_ANY_LENGTH = Limits(text=sys.maxsize, total=sys.maxsize)


def encoded(document: Any) -> bytes:
    """Return JSON that says nothing to a terminal that shows it."""
    try:
        text = msgspec.json.encode(document)
    except UnicodeEncodeError:  # the name of a file may hold any bytes
        text = msgspec.json.encode(_with_texts(document))
    # The search for single bytes takes a hundredth of the time that the pattern takes.
    return _CONTROL.sub(_escaped, text) if b"\x7f" in text or b"\xc2" in text else text


def _with_texts(value: Any) -> Any:
    """Return plain data without lone surrogates, which UTF-8 cannot hold."""
    if isinstance(value, str):
        return plain(value, limits=_ANY_LENGTH)
    if isinstance(value, dict):
        return {_with_texts(key): _with_texts(item) for key, item in value.items()}
    return [_with_texts(item) for item in value] if isinstance(value, list | tuple) else value


def _escaped(control: re.Match[bytes]) -> bytes:
    return b"\\u%04x" % ord(control[0].decode())


def print_document(document: Any, *, to_stderr: bool = False) -> None:
    """Print a document as one line."""
    click.echo(encoded(document), err=to_stderr)
