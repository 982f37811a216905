"""The beginning of content: texts and structures cut to 200 characters, never through a secret."""

from __future__ import annotations

from typing import Any

import msgspec

from ag2obs.encoding import plain
from ag2obs.redaction import Redactor

PREVIEW_CHARACTERS = 200

_LOOK_AHEAD = 4_096
"""Characters behind the cut that are redacted with the beginning: no token of a provider is longer, nor is a PEM key
of 4,096 bits. Values that are known may be; see ``Redactor.overlap``."""

_WORD_CHARACTERS = "".join(chr(code) for code in range(ord("!"), ord("~") + 1) if chr(code) != '"')
"""What a word consists of: printable ASCII but spaces and quotation marks. A word may be a secret, so none is cut in
two; texts in other scripts, which have few spaces, are cut anywhere."""


def characters(value: Any) -> int:
    """Return the length of a text, or that of a structure's JSON."""
    if isinstance(value, str):
        return len(value)
    try:
        return len(msgspec.json.encode(value).decode())
    except (TypeError, ValueError, RecursionError):
        return len(msgspec.json.encode(plain(value)).decode())


class Previewer:
    """Cuts content; redacts what it cuts before it does."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    def of(self, value: Any) -> Any:
        """Return the beginning of ``value``, or the very same object where it is short.

        Of a structure, keys, texts and numbers up to 200 characters are kept; where something is left out of a
        list or dictionary, its last entry says how much.
        """
        if isinstance(value, str):
            return self.text(value)
        return value if characters(value) <= PREVIEW_CHARACTERS else _Beginning(self).node(value)

    def text(self, text: str, size: int = PREVIEW_CHARACTERS) -> str:
        """Return at most the first ``size`` characters of ``text``, of whole words."""
        if len(text) <= size:
            return text
        seen = _whole_words(text, size + _LOOK_AHEAD + self._redactor.overlap())
        return _whole_words(self._redactor.redact_text(seen), size)


class _Beginning:
    """One walk over a structure, with the characters that are left."""

    def __init__(self, previewer: Previewer) -> None:
        self._previewer = previewer
        self._left = PREVIEW_CHARACTERS

    def node(self, value: Any) -> Any:
        self._left -= 1  # so that a structure without any text ends too
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, dict):
            return self._mapping(value)
        if isinstance(value, list):
            return self._sequence(value)
        self._left -= len(str(value))
        return value

    def _text(self, value: str) -> str:
        kept = self._previewer.text(value, max(0, self._left))
        # Nothing follows a text that was cut.
        self._left = self._left - len(value) if kept is value else 0
        return kept

    def _mapping(self, value: dict[str, Any]) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for key, item in value.items():
            self._left -= len(key)
            if self._left <= 0:
                break
            kept[key] = self.node(item)
        if len(kept) < len(value):
            kept["<cut>"] = f"{len(value) - len(kept)} more"
        return kept

    def _sequence(self, value: list[Any]) -> list[Any]:
        kept: list[Any] = []
        for item in value:
            if self._left <= 0:
                break
            kept.append(self.node(item))
        if len(kept) < len(value):
            kept.append(f"<cut: {len(value) - len(kept)} more>")
        return kept


def _whole_words(text: str, size: int) -> str:
    """Return at most the first ``size`` characters, without the word that the end of them goes through."""
    goes_through_a_word = size < len(text) and text[size] in _WORD_CHARACTERS
    return text[:size].rstrip(_WORD_CHARACTERS) if goes_through_a_word else text[:size]
