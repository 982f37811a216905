"""Strings inside serialised text: where a quoted value ends, however often it was escaped.

In JSON that holds JSON that holds JSON, a quotation mark of depth d is written with 2**d - 1 backslashes in
front, and a backslash of its content with 2 * 2**d.
"""

from __future__ import annotations

import re

from ag2obs.redaction.boundaries import backslashes_before

QUOTE = rb"""\\*+["'`]|\\++u002[27]|&quot;|&\#(?:3[49]|x2[27]);|%22|%27"""
"""A quotation mark as it appears in JSON, repr, HTML and URLs (for a verbose regular expression)."""

COLOUR = rb"""(?:\x1b|\\++(?:u001[bB]|x1[bB]|033|e))\[[0-9;]{0,9}m"""
"""What makes a terminal change its colour, raw or escaped (for a verbose regular expression)."""

_JSON_DOCUMENT = re.compile(rb"""\s*(?:\{\s*["}]|\[\s*(?:["\[\]\d\-tfn]|\{\s*["}])|")""")


def is_json_document(data: bytes) -> bool:
    """Return whether ``data`` begins like JSON, not like a Python repr or a sentence."""
    return _JSON_DOCUMENT.match(data) is not None


def string_end(data: bytes, start: int, quote: bytes, is_json: bool) -> int:
    """Return where the string that ``quote`` opened before ``start`` ends; its closing mark is not included.

    A string that is cut off ends where the string around it ends, or with the data.
    """
    mark = quote[-1:]
    if mark == b'"':
        return _double_quoted_end(data, start, len(quote) - 1)
    if mark in (b"'", b"`") and len(quote) > 0 and quote[:1] not in (b"%", b"&"):
        return _single_quoted_end(data, start, mark, len(quote) - 1, is_json)
    return _foreign_end(data, start, quote)


def _double_quoted_end(data: bytes, start: int, escapes: int) -> int:
    period = 2 * (escapes + 1)
    position = data.find(b'"', start)
    while position >= 0:
        run = backslashes_before(data, position) if position > start else 0
        run = min(run, position - start)
        remainder = run % period
        if remainder <= escapes:
            return position - remainder
        if remainder != period - 1:
            return position - remainder
        position = data.find(b'"', position + 1)
    return len(data)


def _single_quoted_end(data: bytes, start: int, mark: bytes, escapes: int, is_json: bool) -> int:
    pattern = _SINGLE_END[mark]
    position = start
    while True:
        match = pattern.search(data, position)
        if match is None:
            return len(data)
        end = match.end() - 1
        run = end - match.start()
        if data[end] == 0x22:
            if is_json and run % 2 == 0:
                return end
        elif run <= escapes or run % 4 == 0:
            return match.start() if run == escapes else end
        position = end + 1


_SINGLE_END = {mark: re.compile(rb"\\*+[\"" + mark + rb"]") for mark in (b"'", b"`")}


def _foreign_end(data: bytes, start: int, quote: bytes) -> int:
    # A quotation mark that is an escape begins with what such a string cannot hold.
    pattern = _FOREIGN_TEXT.get(quote, _UP_TO_A_STOP)
    text = pattern.match(data, start)
    return start if text is None else text.end()


_UP_TO_A_STOP = re.compile(rb"""[^\s"'`\\<>]*+""")
_FOREIGN_TEXT = {
    quote: re.compile(rb"""(?:[^\s"'`\\<>%b]++|%b(?!%b))*+""" % (quote[:1], quote[:1], quote[1:]))
    for quote in (b"%22", b"%27", b"&quot;", b"&#34;", b"&#39;", b"&#x22;", b"&#x27;")
}
"""By quotation mark, the text of a string up to it: read once, and no further than the string goes."""
