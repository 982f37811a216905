"""A preview is short, redacted before it is cut, and never ends in the middle of a word."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ag2obs.content.preview import PREVIEW_CHARACTERS, Previewer, characters
from ag2obs.redaction import Redactor

KEY = "sk-" + "proj-" + "A1b2C3d4E5f6G7h8" * 3
PROSE = "the weather is fine "


@pytest.fixture(scope="module")
def previewer() -> Previewer:
    return Previewer(Redactor())


def test_what_is_short_is_the_same_object(previewer: Previewer) -> None:
    values: list[Any] = ["x" * PREVIEW_CHARACTERS, {"a": [1, "b"]}, [], 5, 1.5, True, None]
    for value in values:
        assert previewer.of(value) is value


def test_a_long_text_is_its_first_whole_words(previewer: Previewer) -> None:
    text = PROSE * 50
    assert previewer.of(text) == text[:200] == PROSE * 10
    assert previewer.of("xy" + text) == "xy" + PROSE * 9 + "the weather is "
    assert previewer.of("x" * 201) == ""


def test_a_text_in_a_script_without_spaces_is_cut_anywhere(previewer: Previewer) -> None:
    assert previewer.of("天気がいいです" * 100) == ("天気がいいです" * 100)[:200]


@pytest.mark.parametrize("before", range(120, 230, 7))
def test_no_cut_goes_through_a_secret(before: int, previewer: Previewer) -> None:
    text = (PROSE * 20)[:before] + f" key={KEY} " + PROSE * 20
    for shown in (previewer.of(text), json.dumps(previewer.of({"a": "b", "text": text}))):
        assert KEY[:12] not in shown
        assert "[REDACTED" not in shown or "]" in shown[shown.index("[REDACTED") :]


def test_a_known_value_with_spaces_is_masked_whole() -> None:
    redactor = Redactor()
    passphrase = "correct horse " + "battery staple " * 400
    redactor.learn(passphrase.strip(), "PASSPHRASE")
    shown = Previewer(redactor).of(PROSE * 9 + passphrase + "and so on")
    assert "horse" not in shown
    assert shown.startswith(PROSE * 9)


def test_a_secret_where_what_is_looked_at_ends_is_not_shown(previewer: Previewer) -> None:
    """Masking shortens a text, so that its end comes near."""
    pem = "-----BEGIN " + "PRIVATE KEY-----\n" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9w\n" * 70
    for shift in range(0, 400, 13):
        text = pem + "-----END " + "PRIVATE KEY-----" + " word" * (shift // 5) + "." * (shift % 5) + f" {KEY}"
        shown = previewer.of(text + " end" * 50)
        assert KEY[:12] not in shown
        assert "QUJDREVGR0hJ" not in shown


STRUCTURES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=300),
    lambda items: st.lists(items, max_size=30) | st.dictionaries(st.text(max_size=50), items, max_size=30),
    max_leaves=60,
)


@given(value=STRUCTURES)
def test_a_preview_is_bounded_and_of_the_same_shape(value: Any) -> None:
    shown = Previewer(Redactor(accelerated=False)).of(value)
    assert type(shown) is type(value)
    assert sum(map(len, texts(shown))) <= 1.5 * PREVIEW_CHARACTERS
    assert characters(shown) <= 20 * PREVIEW_CHARACTERS
    assert all(len(text) <= PREVIEW_CHARACTERS for text in texts(shown))


def texts(value: Any) -> list[str]:
    """Return every text and key in a structure."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for key, item in value.items() for text in (key, *texts(item))]
    return [text for item in value for text in texts(item)] if isinstance(value, list) else []


def test_what_is_missing_of_a_structure_is_said(previewer: Previewer) -> None:
    shown = previewer.of({"query": PROSE * 3, "rows": list(range(500)), "more": "x", "last": "y"})
    assert shown["query"] == PROSE * 3
    assert shown["rows"][:3] == [0, 1, 2]
    kept = len(shown["rows"]) - 1
    assert shown["rows"][-1] == f"<cut: {500 - kept} more>"
    assert shown["<cut>"] == "2 more"


def test_nothing_follows_a_text_that_was_cut(previewer: Previewer) -> None:
    assert previewer.of([PROSE * 11, "next"]) == [PROSE * 9 + "the weather is ", "<cut: 1 more>"]


def test_lengths() -> None:
    assert characters("äöü") == 3
    assert characters({"ä": [1, None]}) == len('{"ä":[1,null]}')
    assert characters({"a": object()}) > 0
