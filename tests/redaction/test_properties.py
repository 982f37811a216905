"""What holds for any input: JSON stays JSON, twice is once, both builds agree, nothing else changes."""

from __future__ import annotations

import io
import json
import os
import random
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from ag2obs.redaction import Redactor, masked
from ag2obs.redaction.rules import RULES
from ag2obs.redaction.rules_personal import PERSONAL_RULES, personal_rules
from ag2obs.scanning import pieces as scanning_pieces

from .templates import fill

settings.register_profile("quick", max_examples=100, deadline=None)
settings.register_profile("long", max_examples=20_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

_ACCELERATED = Redactor(accelerated=True, personal=PERSONAL_RULES)
_FALLBACK = Redactor(accelerated=False, personal=PERSONAL_RULES)
_KNOWN = "q9Zp\\x\"7Lm w'2"
_NUMBER = "8739201846"
for _redactor in (_ACCELERATED, _FALLBACK):
    _redactor.learn(_KNOWN, "DB_PASSWORD")
    _redactor.learn(_NUMBER, "PIN_SECRET")

_EXAMPLES = [fill(rule.example, random.Random(rule.id))[0] for rule in (*RULES, *personal_rules(PERSONAL_RULES))]
_PUNCTUATION = [
    '"',
    "'",
    "\\",
    "\n",
    "\t",
    "=",
    ": ",
    ":",
    ", ",
    ",",
    " ",
    "{",
    "}",
    "[",
    "]",
    "&",
    "%22",
    "\\n",
    "\\u0022",
]
_NAMES = [
    "password",
    "api_key",
    "token",
    "Authorization",
    "cookie",
    "secret",
    "max_tokens",
    "x",
    "é",
    "pwd",
    "--token",
]
_VALUES = [
    "hunter2",
    "[REDACTED:password]",
    "None",
    "a=b",
    "Bearer ",
    "://u:p@h",
    "npm_",
    "-----BEGIN ",
    _KNOWN,
    _NUMBER,
]
_text = st.lists(st.sampled_from(_EXAMPLES + _PUNCTUATION * 6 + _NAMES * 3 + _VALUES * 2), max_size=14).map("".join)
_leaf = st.one_of(_text, st.integers(), st.booleans(), st.none(), st.just(int(_NUMBER)), st.floats(allow_nan=False))


def _levels(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    keys = st.one_of(st.sampled_from(_NAMES), _text)
    return st.one_of(
        st.lists(children, max_size=4),
        st.dictionaries(keys, children, max_size=4),
        children.map(json.dumps),
        children.map(str),
    )


_document = st.recursive(_leaf, _levels, max_leaves=12)


@given(_document)
def test_json_stays_json_and_twice_is_once(value: Any) -> None:
    data = msgspec.json.encode({"v": 1, "content": value})
    redacted, count = _ACCELERATED.redact(data)
    assert _shape(json.loads(redacted)) == _shape(json.loads(data))
    assert (redacted is data) == (count == 0)
    assert _ACCELERATED.redact(redacted) == (redacted, 0)
    assert _FALLBACK.redact(data) == (redacted, count)


@given(_text)
def test_text_is_redacted_alike_by_both_builds_and_once(text: str) -> None:
    redacted = _ACCELERATED.redact_text(text)
    assert _FALLBACK.redact_text(text) == redacted
    assert _ACCELERATED.redact_text(redacted) == redacted


def test_two_secrets_without_a_boundary_between_them_are_both_masked() -> None:
    first, second = ("AKIA" + "EG2DDAVCJGV54CDY", "sk-proj-" + "oYAssQpO" * 9 + "T3Blbk" + "FJ" + "q5qe0DQ7" * 9)
    for text in (first + second, second + first):
        redacted = _ACCELERATED.redact_text(text)
        assert first not in redacted
        assert "oYAssQpO" not in redacted
        assert _ACCELERATED.redact_text(redacted) == redacted


@given(st.text(alphabet=st.characters(), max_size=40), st.text(max_size=10))
def test_any_characters_survive(before: str, after: str) -> None:
    secret = "ghp_" + "aB3dE6gH9j" * 4
    redacted = _ACCELERATED.redact_text(f"{before}\ud800 {secret} {after}")
    assert redacted.startswith(_ACCELERATED.redact_text(before)[:1])
    assert secret not in redacted
    assert "\ud800" in redacted


@given(_document)
def test_masking_in_place_keeps_length_and_json(value: Any) -> None:
    from ag2obs.redaction import mask_in_place

    data = msgspec.json.encode({"content": value})
    masked = mask_in_place(data, _ACCELERATED.known_spans(data))
    assert len(masked) == len(data)
    assert _shape(json.loads(masked)) == _shape(json.loads(data))


@given(st.binary(max_size=200), st.lists(st.sampled_from(_EXAMPLES + _PUNCTUATION), max_size=6))
def test_any_bytes_are_redacted_once_and_alike(noise: bytes, parts: list[str]) -> None:
    data = noise + "".join(parts).encode() + noise[::-1]
    redacted, count = _ACCELERATED.redact(data)
    assert _FALLBACK.redact(data) == (redacted, count)
    assert _ACCELERATED.redact(redacted) == (redacted, 0)


@given(_document)
def test_only_findings_change(value: Any) -> None:
    data = msgspec.json.encode({"content": value})
    kept, position = [], 0
    for finding in _ACCELERATED.find(data):
        assert position <= finding.start < finding.end <= len(data)
        kept.append(data[position : finding.start])
        position = finding.end
    kept.append(data[position:])
    redacted, position = _ACCELERATED.redact(data)[0], 0
    first_pass = masked(data, _ACCELERATED.find(data))
    for part in kept:
        position = first_pass.index(part, position) + len(part)
    assert _ACCELERATED.redact(first_pass)[0] == redacted


@given(st.lists(st.one_of(_text, _document.map(lambda value: json.dumps({"c": value}))), max_size=5))
def test_many_lines_are_one_after_the_other(lines: list[str]) -> None:
    whole = [line.replace("\n", " ").replace("-----BEGIN", "").encode() for line in lines]
    data, start, expected = b"\n".join(whole), 0, []
    for line in whole:
        for finding in _ACCELERATED.find(line):
            expected.append(finding._replace(start=finding.start + start, end=finding.end + start))
        start += len(line) + 1
    assert _ACCELERATED.find_in_lines(data) == expected
    assert _FALLBACK.find_in_lines(data) == expected


@given(st.lists(_text, max_size=5))
def test_a_text_in_pieces_is_the_same_text(lines: list[str]) -> None:
    data = "\n".join(lines).encode("utf-8", "surrogatepass")
    pieces = list(scanning_pieces.pieces(io.BytesIO(data).read, _ACCELERATED))
    assert b"".join(piece.data for piece in pieces) == data
    assert sum(len(piece.findings) for piece in pieces) == len(_ACCELERATED.find_in_lines(data))


def _shape(value: Any) -> Any:
    """Return the structure: masking turns leaves into strings and changes nothing else."""
    if isinstance(value, dict):
        return [_shape(member) for member in value.values()]
    if isinstance(value, list):
        return [_shape(member) for member in value]
    return None
