"""Personal data is masked where it is asked for, and nothing that only looks like it."""

from __future__ import annotations

import json
import random
import time
import uuid

import pytest

from ag2obs.redaction import Redactor
from ag2obs.redaction.rule import Rule
from ag2obs.redaction.rules_personal import PERSONAL_RULES, personal_rules
from ag2obs.settings import PII_KINDS

from .contexts import AROUND_TOKEN
from .templates import fill

_CARD = "4242" * 4


@pytest.fixture(scope="module", params=[True, False], ids=["accelerated", "pure-python"])
def engine(request: pytest.FixtureRequest) -> Redactor:
    """An engine that masks all kinds."""
    return Redactor(accelerated=request.param, personal=PERSONAL_RULES)


def test_the_kinds_are_those_of_the_setting() -> None:
    assert tuple(PERSONAL_RULES) == PII_KINDS
    with pytest.raises(ValueError, match="there are email, phone, card, iban"):
        personal_rules(["shoe size"])


def test_nothing_is_masked_that_was_not_asked_for(redactor: Redactor) -> None:
    text = "bob@mail.example.com, +14155552671, " + _CARD
    assert redactor.redact_text(text) == text
    assert redactor.asked_for(personal=["card"]).redact_text(text) == text.replace(_CARD, "[REDACTED:card]")


@pytest.mark.parametrize("rule", personal_rules(PERSONAL_RULES), ids=lambda rule: rule.id)
def test_example_is_masked_and_counter_example_stays(rule: Rule, engine: Redactor) -> None:
    source = random.Random(rule.id)
    for write in AROUND_TOKEN.values():
        text = write(fill(rule.example, source)[0])
        redacted = engine.redact_text(text)
        assert f"[REDACTED:{rule.id}]" in redacted, text
        assert engine.redact_text(redacted) == redacted
        counter = write(fill(rule.counter_example, source)[0])
        assert engine.redact_text(counter) == counter


@pytest.mark.parametrize(
    "text",
    [
        "bob+news@sub.mail.example.co.uk",
        "o'hara@example.org",
        "bob%40example.com",
        "jörg@exämple.de",
        "+1 (415) 555-2671",
        "+49 (0)30 1234567",
        "+33 6 12 34 56 78",
        "%2B14155552671",
        "(415) 555-2671",
        "1-800-555-0199",
        "415.555.2671",
        "06 12 34 56 78",
        "020 7946 0958",
        "(020) 7946 0958",
        "0171/1234567",
        "(11) 98765-4321",
        "4242-4242-4242-4242",
        "3782 822463 10005",
        "5555555555554444",
        "6011111111111117",
        "GB82 WEST 1234 5698 7654 32",
        "FR1420041010050500013M02606",
        "NO9386011117947",
    ],
)
def test_a_form_is_masked_whole(text: str, engine: Redactor) -> None:
    for document in (f"call {text}, please", json.dumps({"content": f"first\n{text}\n"}), json.dumps({"x": [text]})):
        redacted = engine.redact_text(document)
        left = redacted.replace("[REDACTED:", "").replace("%2B", "")
        assert not any(len(part) >= 3 and part in left for part in text.replace("-", " ").split()), redacted
        assert engine.redact_text(redacted) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "git@github.com:acme/app.git",
        "ssh://git@host.example.com/x",
        "https://bob@host.example.com/x",
        "deploy@host.example.com:/var/www",
        "@app.route('/x')",
        "npm i @scope/pkg@1.2.3",
        "icon@2x.png",
        "y = a@b.reshape(2, 3)",
        "2026-11-21T08:01:02.123456Z",
        "2026-11-21 08:01:02,123 +0100",
        "21-11-2026 08-01-02",
        "01-02-2026 10:00",
        "tokens: 512 256 1024 2048",
        "total_tokens=1234567890",
        "loss 0.123456789012 and -1.5e-10",
        "1763712345.123456",
        "1763712345123",
        "v1.2.3.4567 and 10.0.19045.3803",
        "192.168.100.200:8080",
        "a +1763712345 b",
        "3+5000000000",
        "x = +20260101",
        "chatcmpl-4242424242424242",
        "https://x.example/status/4242424242424242",
        "ISBN 978-3-16-148410-0",
        "0000 0000 0000 0000",
        "1234 5678 9012 3456",
        "DE89 3704",
        "commit de89370400440532013000",
        "0123-4567-8901",
    ],
)
def test_what_looks_like_it_stays(text: str, engine: Redactor) -> None:
    for document in (text, json.dumps({"content": text}), json.dumps({"a": json.dumps({"content": text})})):
        assert engine.redact_text(document) == document


def test_ids_numbers_and_times_of_records_stay(engine: Redactor) -> None:
    source = random.Random(3)
    for _ in range(200):
        document = json.dumps(
            {
                "ts": f"2026-11-21T08:{source.randrange(60):02}:02.{source.randrange(10**6):06}Z",
                "span": "".join(source.choices("0123456789", k=16)),
                "parent": f"{source.getrandbits(64):016x}",
                "uuid": str(uuid.UUID(int=source.getrandbits(128), version=4)),
                "message_id": source.randrange(10**15, 10**16),
                "time_ns": time.time_ns(),
                "cost_usd": f"{source.random():.12f}",
                "embedding": [source.uniform(-1, 1) for _ in range(5)],
                "tokens": [source.randrange(100, 9999) for _ in range(8)],
            }
        ).encode()
        assert engine.redact(document) == (document, 0)


@pytest.mark.parametrize("depth", range(4))
def test_a_bare_number_becomes_a_string_of_its_depth(depth: int, engine: Redactor) -> None:
    value: object = {"card": int(_CARD), "more": [1, int(_CARD), int(_CARD)], "name": "x"}
    for _ in range(depth):
        value = {"n": 1, "state": json.dumps(value, indent=depth if depth % 2 else None)}
    redacted, count = engine.redact(json.dumps(value).encode())
    assert count == 3
    inner = json.loads(redacted)
    for _ in range(depth):
        inner = json.loads(inner["state"])
    assert inner == {"card": "[REDACTED:card]", "more": [1, "[REDACTED:card]", "[REDACTED:card]"], "name": "x"}


def test_lines_are_judged_by_themselves(engine: Redactor) -> None:
    lines = [b'{"card": %s, "x": 1}' % _CARD.encode(), b"call +14155552671 now", b'["bob@example.com"]', b""]
    found = engine.find_in_lines(b"\n".join(lines) + b"\n")
    assert [(finding.rule, finding.quote) for finding in found] == [("card", b'"'), ("phone", b""), ("email", b"")]
