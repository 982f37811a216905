"""The words of an issue, and what they name or speak of."""

from __future__ import annotations

import re

_LONGEST_ISSUE = 10_000
_WHOLE_WORDS = 4
"""Shorter words count only as words of their own, not as a part of others."""

_WORD = re.compile(r"[^\W_][\w.-]*[^\W_]|[^\W_]")
_ID = re.compile(r"(?=.*[^\W\d_])(?=.*\d).+")
_BETWEEN = re.compile(r"[\s_-]+")
_COMMON_WORDS = (
    "a about agent agents all an and any are as at be been but by can cannot could did do does doing error errors "
    "failed failing fails for from get gets getting had has have how in into is issue it its log logs never no not of "
    "off on one only or our problem run runs session should so some than that the their them then there these they "
    "this to too up was we were what when where which while who why will with without work works wrong"
)
"""Words that say nothing about which agent, error or session is meant."""
_COMMON = frozenset(_COMMON_WORDS.split())
_ORDINARY = _COMMON | {"admin", "client", "customer", "human", "people", "person", "user", "users"}
"""Names that people also write where they mean nobody by them."""


class IssueWords:
    """What an issue says, made ready to be looked for."""

    def __init__(self, issue: str) -> None:
        self._text = issue[:_LONGEST_ISSUE].casefold()
        found = [word for word in dict.fromkeys(_WORD.findall(self._text)) if word not in _COMMON]
        self.words = [word for word in found if len(word) > 2 or _ID.fullmatch(word)]
        """Those that can tell something apart, each once: of two letters only ids, such as ``e1``."""

    def score(self, told: str) -> int:
        """Return how many of the words occur in a text."""
        return len(self.among(told))

    def among(self, told: str) -> set[str]:
        """Return the words that occur in a text; of a longer one its stem is enough (generating, generated)."""
        told = told.casefold()
        return {word for word in self.words if _occurs(word, told)}

    def names(self, name: str) -> bool:
        """Tell whether the issue names something, as a word or words of its own; ``a_b``, ``a-b`` and ``a b`` are one.

        An ordinary word (``user``, or any of one letter) is a name only in quotes, beside the word "agent", or alone.
        """
        name = name.strip().casefold()
        parts = [part for part in _BETWEEN.split(name) if part]
        if not parts or any(part not in self._text for part in parts):
            return False
        pattern = r"[\s_-]+".join(map(re.escape, parts))
        if len(name) == 1 or name in _ORDINARY:
            marked = rf"['\"`]{pattern}['\"`]|\bagent {pattern}(?!\w)|(?<!\w){pattern} agent\b|\A\s*{pattern}\s*\Z"
            return re.search(marked, self._text) is not None
        return re.search(rf"(?<!\w){pattern}(?!\w)", self._text) is not None

    def error_id(self) -> str | None:
        """Return the first id of an error that the issue names: ``e1``."""
        return next((word for word in self.words if re.fullmatch(r"e\d{1,9}", word)), None)


def _occurs(word: str, told: str) -> bool:
    if word.isalpha() and len(word) >= _WHOLE_WORDS:
        return word[: max(5, len(word) - 3)] in told
    if len(word) < _WHOLE_WORDS:
        return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", told) is not None
    return word in told
