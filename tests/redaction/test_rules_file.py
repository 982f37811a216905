"""The user's own rules: what the file says is done, and what is wrong with it is told with its line."""

from __future__ import annotations

import json
import pickle
import random
from pathlib import Path

import pytest

from ag2obs.errors import SettingsError
from ag2obs.redaction import OwnRules, Redactor, read_rules_file
from ag2obs.redaction.own_rules import LONGEST_MATCH
from ag2obs.redaction.regex_cost import steps_at_one_place
from ag2obs.redaction.rules_file import MOST_STEPS

from .contexts import AROUND_TOKEN, FIELD_SHAPES
from .templates import fill

_EXAMPLE = Path(__file__).parent.parent.parent / "docs" / "rules.example.toml"
_RULE = """
[[rules]]
id = "acme-session"
pattern = 'acs_[A-Za-z0-9]{24}'
example = "acs_<24 a>"
counter_example = "acs_overview"
"""


def _read(tmp_path: Path, text: str) -> OwnRules:
    path = tmp_path / "rules.toml"
    path.write_text(text, encoding="utf-8")
    return read_rules_file(path)


@pytest.fixture(scope="module", params=[True, False], ids=["accelerated", "pure-python"])
def engine(request: pytest.FixtureRequest) -> Redactor:
    """An engine with the rules of the documented file."""
    return Redactor(accelerated=request.param, own=read_rules_file(_EXAMPLE))


def test_the_documented_file_does_what_it_says(engine: Redactor) -> None:
    own = read_rules_file(_EXAMPLE)
    source = random.Random(1)
    for rule in own.rules:
        for context, write in AROUND_TOKEN.items():
            text, parts = fill(rule.example, source)
            redacted = engine.redact_text(write(text))
            assert not [part for part in parts if part in redacted], context
            assert engine.redact_text(redacted) == redacted
            if context.startswith(("json", "escaped")):
                json.loads(redacted)
            counter = write(rule.counter_example)
            assert engine.redact_text(counter) == counter


@pytest.mark.parametrize("name", ["badge_number", "BADGE_NUMBER", "badgeNumber", "old-badge-number", "X-Acme-Ticket"])
def test_a_name_stands_for_its_spellings(name: str, engine: Redactor) -> None:
    for shape, write in FIELD_SHAPES.items():
        text = write(name, "aB3dE6gH9")
        assert "aB3dE6gH9" not in engine.redact_text(text), shape
    assert engine.redact_text(json.dumps({name: 123456})) == json.dumps(
        {name: f"[REDACTED:{'x-acme-ticket' if 'icket' in name else 'badge-number'}]"}
    )


@pytest.mark.parametrize("text", ['{"badge_number_policy": "six digits"}', "the badge_number of a person", "badge: 17"])
def test_another_name_stays(text: str, engine: Redactor) -> None:
    assert engine.redact_text(text) == text


def test_allowed_values_stay_whatever_finds_them(engine: Redactor) -> None:
    token = "acs_demo" + "A1b2" * 5
    text = json.dumps({"password": "password-of-the-sandbox", "a": token, "badge_number": "acs_demo"})
    assert engine.redact_text(text) == text
    assert engine.redact_text(text.replace("demo", "dem0").replace("sandbox", "server")).count("[REDACTED:") == 3


def test_an_allowed_value_may_be_one_that_is_known(tmp_path: Path) -> None:
    redactor = Redactor(own=_read(tmp_path, 'allow = ["local*secret"]'))
    redactor.learn("local-dev-secret", "DB_PASSWORD")
    redactor.learn("another-dev-secret", "DB_PASSWORD")
    data = b'"local-dev-secret another-dev-secret"'
    assert redactor.redact(data)[0] == b'"local-dev-secret [REDACTED:DB_PASSWORD]"'
    assert redactor.known_spans(data) == [(18, 36)]


def test_a_token_longer_than_the_window_is_masked_whole(tmp_path: Path) -> None:
    own = _read(tmp_path, _RULE.replace("{24}", "{24,}"))
    text = "acs_" + "aB3x" * LONGEST_MATCH + " end"
    assert Redactor(own=own).redact_text(text) == "[REDACTED:acme-session] end"


def test_json_survives_a_pattern_that_reaches_over_its_structure(tmp_path: Path) -> None:
    own = _read(tmp_path, _RULE.replace("acs_[A-Za-z0-9]{24}", "acs_.{8,200}+").replace("acs_overview", "acs_x"))
    redactor = Redactor(own=own)
    for value in ({"a": "acs_1234567", "b": [1, {"c": 2}]}, {"a": json.dumps({"b": "acs_12345678", "c": 1})}):
        json.loads(redactor.redact_text(json.dumps(value)))


def test_engines_with_different_rules_share_what_is_known(tmp_path: Path) -> None:
    plain = Redactor()
    one = plain.asked_for(own=_read(tmp_path, _RULE))
    other = plain.asked_for(personal=["email"])
    one.learn("hunter2-hunter2", "DB_PASSWORD")
    text = "hunter2-hunter2 bob@example.com acs_" + "a1" * 12
    assert plain.redact_text(text) == text.replace("hunter2-hunter2", "[REDACTED:DB_PASSWORD]")
    assert other.redact_text(text) == plain.redact_text(text).replace("bob@example.com", "[REDACTED:email]")
    assert one.redact_text(text) == plain.redact_text(text)[:-28] + "[REDACTED:acme-session]"
    assert plain.version == one.version == other.version == 1


def test_rules_go_into_another_process(engine: Redactor) -> None:
    own = read_rules_file(_EXAMPLE)
    assert pickle.loads(pickle.dumps(own)) == own


@pytest.mark.parametrize(
    ("change", "line", "told"),
    [
        (("acme-session", "Acme Session"), 3, "small letters"),
        (('id = "acme-session"', 'name = "x"'), 3, "no such key"),
        (("acme-session", "openai-project"), 3, "built-in"),
        (("{24}'", "{24}('"), 4, "regular expression"),
        (("{24}", "+)+x(a"), 4, "regular expression"),
        (("[A-Za-z0-9]{24}", "(?:[a-z]+)+[A-Za-z0-9]{24}"), 4, "repeats multiply"),
        (("[A-Za-z0-9]{24}", "\\w*\\w*\\w{24}"), 4, "give nothing back"),
        (("acs_[", "["), 4, "plain text"),
        (("acs_[", "(?i)acs_["), 4, "plain text"),
        (("'acs_[A-Za-z0-9]{24}'", "24"), 4, "a text as pattern"),
        (("<24 a>", "<23 a>"), 5, "not masked"),
        (("acs_overview", "acs_<30 l>"), 6, "is masked"),
        (('counter_example = "acs_overview"', ""), 2, "no counter_example"),
        (("[[rules]]", "[[rule]]"), 2, "no such key"),
        (('"acs_overview"', '"acs_overview"\nanchors = ["a"]'), 7, "at least 3"),
        (('"acs_overview"', '"acs_overview"\nconfidence = "sure"'), 7, "shared-prefix"),
        (('"acs_overview"', '"acs_overview'), 6, "TOML"),
        (("[[rules]]", 'names = ["pw"]\n[[rules]]'), 2, "at least 4 letters"),
        (("[[rules]]", 'allow = ["**"]\n[[rules]]'), 2, "at least 4 characters"),
        (("[[rules]]", "allow = 7\n[[rules]]"), 2, "allow ="),
    ],
)
def test_a_mistake_is_told_with_its_line_and_without_a_value(
    tmp_path: Path, change: tuple[str, str], line: int, told: str
) -> None:
    assert change[0] in _RULE
    secret = "acs_" + "Zz9" * 8
    text = _RULE.replace(*change) + _RULE.replace("acme-session", "acme-other").replace("acs_<24 a>", secret)
    with pytest.raises(SettingsError) as caught:
        _read(tmp_path, text)
    message = str(caught.value)
    assert message.startswith(f"AG2OBS_RULES: {tmp_path / 'rules.toml'}: line {line}"), message
    assert told in message
    assert "\n" not in message
    assert secret not in message


def test_two_rules_with_one_id_and_the_line_of_the_second(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="line 9: the id is that of a rule above"):
        _read(tmp_path, _RULE + _RULE)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml: the file cannot be read"):
        read_rules_file(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("pattern", "is_bounded"),
    [
        (r"acs_[A-Za-z0-9]{24}", True),
        (r"acs_\w{20,}", True),
        (r"acs_[a-z]++_[A-Za-z0-9]{20,}+", True),
        (r"(?:acs|acx)_(?>a|b)+\d{6}", True),
        (r"acs_(?:ab?)++", True),
        (r"acs_(a+)+b", False),
        (r"acs_(?:a|a)*x", False),
        (r"acs_(a?){500}", False),
        (r"acs_.*.*x", False),
        (r"acs_(?=(?:a+)+b)", False),
        (r"acs_(?>(?:a+)+b)", False),
    ],
)
def test_the_cost_of_a_pattern_is_told_from_its_structure(pattern: str, is_bounded: bool) -> None:
    assert (steps_at_one_place(pattern, LONGEST_MATCH) <= MOST_STEPS) == is_bounded
