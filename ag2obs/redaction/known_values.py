"""Secrets whose value is known, found in every form in which a log may hold them."""

from __future__ import annotations

import json
import re
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass

from ag2obs.redaction import automaton
from ag2obs.redaction.bare_numbers import NUMBER, JsonStrings, number_span
from ag2obs.redaction.base64_groups import inner_base64, with_whole_groups
from ag2obs.redaction.boundaries import splits_escape, token_may_start
from ag2obs.redaction.characters import DIGITS
from ag2obs.redaction.placeholders import is_placeholder
from ag2obs.redaction.rule import Left, Span

SHORTEST = 8
"""Shorter values are masked in their own field only: elsewhere they may be part of a word."""
SHORTEST_ANSWER = 5
"""What a person answered to a question for a password is known from here on, and masked where it stands as a word."""
LONGEST = 16_384
"""Longer values (files, certificates) are not searched for."""

# Values of sensitive variables that are words of any log.
_ORDINARY_WORDS = frozenset(
    """password postgres localhost changeme disabled required optional database username administrator anonymous
    redacted basic-auth azure_ad managed_identity default_credentials openai anthropic production development
    testing staging private-key known-value""".split()  # noqa: SIM905 - a table of words
)
_HOST = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://)?(?:[a-z0-9-]+\.)+[a-z]{2,}(?::\d+)?(?:/[\w./-]*)?|localhost(?::\d+)?", re.I
)
_MODEL = re.compile(
    r"(?:[\w.-]+/)*(?:gpt|o[1-9]|chatgpt|claude|gemini|gemma|llama|mistral|mixtral|codestral|command|deepseek|qwen|grok|phi|"
    r"text-embedding|dall-e|whisper|tts|sonar|kimi|glm|nova|titan)(?:[-.:/_ ]?[\w.]+)*",
    re.I,
)


def is_learnable(value: str) -> bool:
    """Return whether ``value`` is specific enough to be masked wherever it occurs."""
    if not SHORTEST <= len(value) <= LONGEST or value.strip() != value:
        return False
    if value.lower() in _ORDINARY_WORDS or is_placeholder(value.encode("utf-8", "surrogatepass")):
        return False
    return not _is_host_or_model(value)


def is_learnable_answer(value: str) -> bool:
    """Return whether the answer to a question for a password can be masked wherever it occurs.

    A short one of letters alone or of digits alone cannot: it would be found in ordinary text.
    """
    if len(value) >= SHORTEST:
        return is_learnable(value)
    is_plain = value.isalpha() or value.isdigit()
    return len(value) >= SHORTEST_ANSWER and not is_plain and not re.search(r"\s|[\"\\]", value)


def _is_host_or_model(value: str) -> bool:
    if len(value) > 100 or "@" in value:
        return False
    if _HOST.fullmatch(value):
        return True
    longest_run = max(map(len, re.findall(r"[A-Za-z0-9]+", value)), default=0)
    return longest_run <= 12 and _MODEL.fullmatch(value) is not None


@dataclass(frozen=True, slots=True)
class KnownForm:
    """One way in which a value is written."""

    name: str
    outside_json_only: bool
    """It holds quotation marks, backslashes or line breaks unescaped, so in JSON it could only be structure."""
    is_number: bool
    outside: tuple[int, int] | None
    """For base64, the characters of its first and last group that stand outside of it."""
    is_word: bool
    """Too short to be masked inside of a longer word."""


class KnownValues:
    """An immutable set of known values with its matcher; learning makes a new one."""

    def __init__(self, values: Mapping[str, str], *, accelerated: bool) -> None:
        self.values = dict(values)
        forms: dict[bytes, KnownForm] = {}
        for value, name in self.values.items():
            for form, outside in encoded_forms(value).items():
                forms.setdefault(form, _known_form(form, name, outside))
        self._forms = tuple(forms.values())
        self.longest = max(map(len, forms), default=0)
        self._matcher = automaton.build(tuple(forms), accelerated=accelerated) if forms else None

    def find(self, data: bytes, is_json: bool) -> list[tuple[Span, str]]:
        """Return where known values occur, with the name of each; the spans may overlap."""
        if self._matcher is None:
            return []
        found: list[tuple[Span, str]] = []
        strings = JsonStrings(data) if is_json else None
        size = len(data)
        # A form that overlaps itself is one span: "aaaaaaaa" occurs at every place of a long run.
        places: dict[int, int] = {}
        reached: dict[int, int] = {}
        for index, start, end in self._matcher.hits(data):
            if start < reached.get(index, 0):
                reached[index] = end
                continue
            form = self._forms[index]
            # Part of a longer number, as number_span says too; here it costs next to nothing.
            if form.is_number and ((end < size and data[end] in DIGITS) or (start and data[start - 1] in DIGITS)):
                continue
            if (form.outside_json_only and is_json) or splits_escape(data, start):
                continue
            if form.is_word and not _stands_alone(data, start, end):
                continue
            span: Span | None = Span(start, end)
            if form.is_number:
                span = number_span(data, start, end, strings)
            elif form.outside is not None:
                span = with_whole_groups(data, Span(start, end), form.outside)
            elif not form.is_word:
                _prolong(found, places.get(index), reached.get(index, 0))
                places[index], reached[index] = len(found), end
            if span is not None:
                found.append((span, form.name))
        for index, place in places.items():
            _prolong(found, place, reached[index])
        return found


def _prolong(found: list[tuple[Span, str]], place: int | None, end: int) -> None:
    """Let a span end where the last of the occurrences ended that overlap it."""
    if place is not None and found[place][0].end < end:
        found[place] = (Span(found[place][0].start, end), found[place][1])


def _known_form(form: bytes, name: str, outside: tuple[int, int] | None) -> KnownForm:
    unescaped = any(byte < 0x20 or byte == 0x22 for byte in form) or _has_lone_backslash(form)
    return KnownForm(name, unescaped, NUMBER.fullmatch(form) is not None, outside, len(form) < SHORTEST)


def _stands_alone(data: bytes, start: int, end: int) -> bool:
    after = data[end : end + 1]
    return token_may_start(data, start, Left.WORD) and not (after.isalnum() or after in (b"_", b"-"))


def _has_lone_backslash(form: bytes) -> bool:
    return b"\\" in re.sub(rb"\\(?:[\\\"/bfnrt]|u[0-9a-fA-F]{4})", b"", form)


def encoded_forms(value: str) -> dict[bytes, tuple[int, int] | None]:
    """Return the value as written plainly, in base64 at every alignment, in a URL, and in JSON once and twice.

    With each form of base64, how many characters of its groups stand before and after it.
    """
    raw = value.encode("utf-8", "surrogatepass")
    percent = _percent_encoded(raw)
    plain = {raw, percent, _LOWER_ESCAPE.sub(lambda escape: escape[0].lower(), percent)}
    plain.add(urllib.parse.quote_plus(raw).encode())
    for ascii_only in (True, False):
        once = json.dumps(value, ensure_ascii=ascii_only)[1:-1]
        twice = json.dumps(once, ensure_ascii=ascii_only)[1:-1]
        plain |= {once.encode("utf-8", "surrogatepass"), twice.encode("utf-8", "surrogatepass")}
    forms: dict[bytes, tuple[int, int] | None] = dict.fromkeys(plain)
    for inner, outside in inner_base64(raw) if len(raw) >= SHORTEST else ():
        for form in (inner, inner.translate(_TO_URLSAFE), _percent_encoded(inner)):
            forms.setdefault(form, outside)
    return forms


_TO_URLSAFE = bytes.maketrans(b"+/", b"-_")
_LOWER_ESCAPE = re.compile(rb"%[0-9A-F]{2}")


def _percent_encoded(text: str | bytes) -> bytes:
    return urllib.parse.quote(text, safe="").encode()
