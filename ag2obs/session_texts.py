"""What a session makes of texts before they are written or told: bounded, without secrets, warnings once."""

from __future__ import annotations

import logging
import threading
from typing import Any

from ag2obs.encoding import MASK, plain
from ag2obs.events import ErrorInfo
from ag2obs.failures import describe
from ag2obs.redaction import Redactor, asks_for_secret, is_sensitive_name

logger = logging.getLogger("ag2obs")

_LONGEST_ERROR = 2_000
"""Characters kept of an error's text."""


def bounded(value: object) -> Any:
    """Turn any object into bounded JSON data, values of sensitive field names masked."""
    return plain(value, mask_name=is_sensitive_name)


class SessionTexts:
    """The part of a session that knows its secrets; they are learned before anything is written."""

    id: str
    chat_id: str

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._redactor: Redactor
        self._failures = 0
        self._warned: set[str] = set()

    def failure(self, error: BaseException) -> ErrorInfo:
        """Describe an exception; one that this session has seen keeps its id and is marked as a repeat."""
        info = describe(error, self.id, self.next_failure_id)
        info.message = self.shortened(info.message)
        return info

    def shortened(self, text: str) -> str:
        """Return the beginning of an error's text; redacted first, so that no cut goes through a secret."""
        if len(text) <= _LONGEST_ERROR:
            return text
        beginning = self._redactor.redact_text(text[: 10 * _LONGEST_ERROR])[:_LONGEST_ERROR]
        return f"{beginning}...[cut: {len(text)} characters]"

    def redacted(self, text: str) -> str:
        """Return a text without what it may give away, such as in a chat id or the name of a model."""
        return self._redactor.redact_text(text)

    def next_failure_id(self) -> str:
        """Return an id for a failure that is not an exception object."""
        with self._lock:
            self._failures += 1
            return f"e{self._failures}"

    def learn(self, configuration: object) -> None:
        """Make the secrets of a client configuration known, before anything of it is written."""
        structure = plain(configuration)
        if isinstance(structure, dict):
            self._redactor.learn_structure(structure)

    def answer(self, question: object, answer: object) -> Any:
        """Return what a person answered, as it may be written.

        The answer to a question for a password is masked, and known from then on.
        """
        if isinstance(answer, str) and isinstance(question, str) and asks_for_secret(question):
            self._redactor.learn_answer(answer)
            return MASK
        return bounded(answer)

    def warn_once(self, about: str, text: str) -> None:
        """Warn through the logger ``ag2obs`` at once, the first time that ``about`` comes up in this session."""
        with self._lock:
            if about in self._warned:
                return
            self._warned.add(about)
        logger.warning("ag2obs: %s", self.redacted(f"{text} (session {self.chat_id})"))
