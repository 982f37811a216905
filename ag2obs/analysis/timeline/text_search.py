"""Finds the events that say something, whatever of them is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ag2obs.analysis.message_texts import NEWEST_SESSIONS, REMEMBERED_MESSAGES, asked, last_ids, texts_of_sessions
from ag2obs.analysis.newest import Newest
from ag2obs.analysis.telling import told
from ag2obs.analysis.texts import one_line, whole_text_of
from ag2obs.events import Event

_SHOWN = 300
"""Characters that are shown at least: what a row says in them is found also where it is put together."""
_ANSWERS = 3
"""Messages of a model call's output that its row shows."""


class TextSearch:
    """Looks for one text in events and in the messages that they name; nothing is looked for where it is empty.

    Whether a message has the text is decided when the message is added, for its whole length; then its beginning is
    kept, which is always as long, and of each of 100 sessions the ids of the newest 2,000 messages that have it.
    """

    def __init__(self, text: str) -> None:
        self._text = re.sub(r"\s+", " ", text).casefold()
        self._word = max(self._text.split(), key=len, default="")
        self._beginnings = texts_of_sessions()
        self._having = Newest[str, dict[str, None]](NEWEST_SESSIONS, dict)

    def add(self, event: Event) -> None:
        """Take an event in, whether or not it is one of those wanted: later ones may name what it says."""
        if not self._text or event.id is None or event.kind == "llm.call":
            return
        self._beginnings.of(event.session).add(event)
        having = self._having.of(event.session)
        having.pop(event.id, None)
        if event.content_of in having or self._is_in_message(event):
            having[event.id] = None
        if len(having) > REMEMBERED_MESSAGES:
            del having[next(iter(having))]

    def _is_in_message(self, event: Event) -> bool:
        asks = asked(event.tool_calls, len(whole_text_of(event.tool_calls))) if event.tool_calls else ()
        content = event.result if event.kind == "tool.call" else event.content
        return self._is_in(content) or any(map(self._is_in, asks))

    def finds(self, event: Event) -> bool:
        """Tell whether an event says the text, as far as it was shown or not."""
        if not self._text:
            return True
        having = self._having.get(event.session) or {}
        return any(identity in having for identity in _named(event)) or any(map(self._is_in, self._said(event)))

    def finds_message(self, session: str, identity: str) -> bool:
        """Tell whether a message says the text; False for one that was never seen, or too long ago."""
        if not self._text or identity in (self._having.get(session) or {}):
            return True
        message = self._beginnings.of(session).get(identity)
        return message is not None and self._is_in(message.line())

    def _said(self, event: Event) -> Iterator[Any]:
        yield told(event, self._beginnings.of(event.session), _SHOWN)
        if event.kind != "message" or event.id is None:  # of others that was decided when they were added
            yield from (event.content, event.arguments, event.result, event.detail)
        yield from (event.tags, event.attributes, event.session_info)
        yield from event.stack or ()
        if event.error is not None:
            yield event.error.message

    def _is_in(self, said: Any) -> bool:
        if said is None:
            return False
        text = whole_text_of(said).casefold()
        if self._word in text and self._text in f" {one_line(text)} ":
            return True
        # JSON has quotation marks and line breaks otherwise than the texts in it.
        return not isinstance(said, str) and "\\" in text and any(map(self._is_in, _parts(said)))


def _parts(data: Any) -> Iterator[Any]:
    if isinstance(data, dict):
        yield from data
        yield from data.values()
    elif isinstance(data, list):
        yield from data


def _named(event: Event) -> Iterator[str]:
    """Yield the ids of the messages that an event's row shows."""
    if event.id is not None:
        yield event.id
    if event.message is not None:
        yield event.message
    if event.kind == "llm.call":
        yield from last_ids(event.output, _ANSWERS)
