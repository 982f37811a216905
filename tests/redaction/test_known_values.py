"""Values that are known are found in every form in which a log may hold them."""

from __future__ import annotations

import base64
import json
import random
import re
import threading
import urllib.parse

import pytest

from ag2obs.redaction import Redactor, mask_in_place
from ag2obs.redaction.base64_groups import inner_base64

_VALUE = "-".join(["Zq8", "vT+x/9", 'p"L2', "é7"])


@pytest.fixture(params=[True, False], ids=["accelerated", "pure-python"])
def learner(request: pytest.FixtureRequest) -> Redactor:
    return Redactor(accelerated=request.param)


def _forms(value: str) -> dict[str, str]:
    raw = value.encode()
    return {
        "plain": value,
        "json": json.dumps({"a": value}),
        "json, not ascii": json.dumps({"a": value}, ensure_ascii=False),
        "json in json": json.dumps({"a": json.dumps({"b": value})}),
        "base64": base64.b64encode(raw).decode(),
        "base64 after one byte": base64.b64encode(b"u" + raw + b":x").decode(),
        "base64 after two bytes": base64.b64encode(b"u:" + raw).decode(),
        "urlsafe base64": base64.urlsafe_b64encode(b"user:" + raw).decode(),
        "percent-encoded": urllib.parse.quote(value, safe=""),
        "percent-encoded, lower case": re.sub(
            "%..", lambda escape: escape[0].lower(), urllib.parse.quote(value, safe="")
        ),
        "percent-encoded base64": urllib.parse.quote(base64.b64encode(raw).decode(), safe=""),
    }


@pytest.mark.parametrize("form", _forms(_VALUE))
def test_every_form_is_masked(form: str, learner: Redactor) -> None:
    text = _forms(_VALUE)[form]
    assert learner.learn(_VALUE, "DB_PASSWORD")
    redacted = learner.redact_text(f"x {text} y")
    assert "[REDACTED:DB_PASSWORD]" in redacted
    assert learner.redact_text(redacted) == redacted
    if form.startswith("json"):
        json.loads(learner.redact_text(text))


def test_learning_tells_what_is_new(learner: Redactor) -> None:
    version = learner.version
    assert learner.learn("correct-horse-77", "PASSWORD")
    assert learner.version > version
    version = learner.version
    assert not learner.learn("correct-horse-77", "PASSWORD")
    assert learner.version == version


@pytest.mark.parametrize(
    "value",
    ["", "short7", "changeme", "<your key>", "${SECRET_VALUE}", "xxxxxxxxxxxx", "gpt-4o-mini", "claude-3-5-sonnet",
     "api.openai.com", "https://example.com/v1", "localhost:8080", "openai/gpt-4o", "REDACTED", "[REDACTED:token]"],
)  # fmt: skip
def test_values_that_are_no_secrets_are_not_learned(value: str, learner: Redactor) -> None:
    assert not learner.learn(value, "API_KEY")


def test_a_value_that_is_part_of_a_marker_keeps_redaction_stable(learner: Redactor) -> None:
    learner.learn("azure-openai", "X_SECRET")
    learner.learn("X_SECRET_VALUE_9", "X_SECRET_VALUE_9")
    text = learner.redact_text("a X_SECRET_VALUE_9 b password=hunter2x")
    assert "X_SECRET_VALUE_9" not in text
    assert learner.redact_text(text) == text


def test_a_number_stays_valid_json(learner: Redactor) -> None:
    learner.learn("8739201846", "PIN_SECRET")
    data = b'{"account":8739201846,"list":[8739201846, 1],"other":18739201846,"text":"call 8739201846 now"}'
    redacted = json.loads(learner.redact(data)[0])
    assert redacted["account"] == "[REDACTED:PIN_SECRET]"
    assert redacted["other"] == 18739201846
    assert redacted["text"] == "call [REDACTED:PIN_SECRET] now"
    json.loads(mask_in_place(data, learner.known_spans(data)))


def test_environment(learner: Redactor) -> None:
    secrets = [f"value{index}-{random.Random(index).getrandbits(64):x}" for index in range(6)]
    learner.learn_environment(
        {
            "OPENAI_API_KEY": secrets[0],
            "DB_PASSWORD": secrets[1],
            "DATABASE_URL": f"postgres://app:{secrets[2]}@db.internal/app",
            "MYCORP_TOKEN": secrets[3],
            "SENTRY_DSN": f"https://user:{secrets[4]}@sentry.internal/1",
            "STORAGE": f"AccountName=a;AccountKey={secrets[5]};EndpointSuffix=x",
            "TOKENIZERS_PARALLELISM": "parallel-enough",
            "KEYBOARD": "qwerty-layout",
            "PWD": "/home/someone/project",
            "SSH_AUTH_SOCK": "/tmp/agent.1234",
        }
    )
    redacted = learner.redact_text(" ".join(secrets))
    assert not [secret for secret in secrets if secret in redacted]
    kept = "db.internal parallel-enough qwerty-layout /home/someone/project /tmp/agent.1234"
    assert learner.redact_text(kept) == kept


def test_client_configuration(learner: Redactor) -> None:
    class Hidden:
        def __init__(self, value: str) -> None:
            self._value = value

        def get_secret_value(self) -> str:
            return self._value

    secrets = [f"value{index}-{random.Random(index).getrandbits(64):x}" for index in range(8)]
    learner.learn_structure(
        {
            "config_list": [{"model": "gpt-4o-mini-2024-07-18", "api_key": secrets[0], "max_tokens": 4096}],
            "default_headers": {"Authorization": f"Bearer {secrets[1]}", "X-Team": "team-blue-42"},
            "aws_secret_key": secrets[2],
            "base_url": f"https://user:{secrets[3]}@proxy.internal/v1?api_key={secrets[4]}",
            "default_query": {"sig": secrets[5] + "A1b2C3d4E5f6"},
            "cookies": {"sid": secrets[6]},
            "azure_ad_token": Hidden(secrets[7]),
        }
    )
    redacted = learner.redact_text(" | ".join([*secrets, secrets[5] + "A1b2C3d4E5f6"]))
    assert not [secret for index, secret in enumerate(secrets) if index != 5 and secret in redacted]
    assert secrets[5] + "A1b2C3d4E5f6" not in redacted
    assert learner.redact_text("gpt-4o-mini-2024-07-18 team-blue-42") == "gpt-4o-mini-2024-07-18 team-blue-42"


def test_a_structure_that_holds_itself_ends(learner: Redactor) -> None:
    config: dict[str, object] = {"api_key": "circular-value-1"}
    config["self"] = config
    learner.learn_structure(config)
    assert "circular-value-1" not in learner.redact_text("circular-value-1")


@pytest.mark.parametrize("chunk", [40, 64, 100])
def test_chunks_with_overlap_find_what_one_pass_finds(chunk: int, learner: Redactor) -> None:
    learner.learn("chunk-value-4711", "TOKEN_A")
    learner.learn("another/value+0815", "TOKEN_B")
    data = b"".join(
        json.dumps({"n": index, "c": f"{'.' * index}chunk-value-4711 another/value+0815"}).encode() + b"\n"
        for index in range(40)
    )
    expected = mask_in_place(data, learner.known_spans(data))
    masked = bytearray(data)
    step = chunk + learner.overlap()
    for start in range(0, len(data), chunk):
        for first, last in learner.known_spans(data[start : start + step]):
            masked[start + first : start + last] = mask_in_place(
                data[start + first : start + last], [(0, last - first)]
            )
    assert len(expected) == len(data)
    assert b"4711" not in expected
    assert b"4711" not in masked
    assert b"0815" not in masked


def test_learning_while_others_redact(learner: Redactor) -> None:
    values = [f"threaded-value-{index:04d}" for index in range(60)]
    stop = threading.Event()
    errors: list[str] = []

    def redact() -> None:
        while not stop.is_set():
            if "ghp_" in learner.redact_text("a ghp_" + "Ab1" * 12):
                errors.append("leaked")

    threads = [threading.Thread(target=redact) for _ in range(2)]
    for thread in threads:
        thread.start()
    learners = [
        threading.Thread(target=lambda part=values[offset::3]: [learner.learn(value, "T_KEY") for value in part])
        for offset in range(3)
    ]
    for thread in learners:
        thread.start()
    for thread in learners:
        thread.join()
    stop.set()
    for thread in threads:
        thread.join()
    assert not errors
    assert learner.version == len(values)
    assert "threaded" not in learner.redact_text(" ".join(values))


_SPELLINGS = {
    "plain": str,
    "urlsafe": lambda encoded: encoded.translate({43: "-", 47: "_"}),
    "unpadded": lambda encoded: encoded.rstrip("="),
    "percent": lambda encoded: urllib.parse.quote(encoded, safe=""),
}


@pytest.mark.parametrize("spelling", _SPELLINGS)
@pytest.mark.parametrize("before", ["", "u", "u:"])
@pytest.mark.parametrize("after", ["", ":", ":x", ":>?~", "\xff\xff\xff"])
def test_a_base64_form_is_masked_with_its_whole_groups(
    spelling: str, before: str, after: str, learner: Redactor
) -> None:
    for value in ("k?>9Qz7Qz7Qz", "k?>9Qz7Qz7Qz?", "k?>9Qz7Qz7Qz7~"):
        assert learner.learn(value, "api_key")
        whole = f"{before}{value}{after}".encode()
        text = _SPELLINGS[spelling](base64.b64encode(whole).decode())
        groups = -(-len(before + value) // 3) * 3
        rest = _SPELLINGS[spelling](base64.b64encode(whole[groups:]).decode())
        data = json.dumps({"a": f"x\n{text}", "b": f"say '{text}', {text}."}).encode()
        redacted, count = learner.redact(data)
        assert count == 3
        assert json.loads(redacted) == {
            "a": f"x\n[REDACTED:api_key]{rest}",
            "b": f"say '[REDACTED:api_key]{rest}', [REDACTED:api_key]{rest}.",
        }
        assert learner.redact(redacted) == (redacted, 0)
        masked = json.loads(mask_in_place(data, learner.known_spans(data)))
        assert re.fullmatch(r"x\n\[REDACTED\]\*+" + re.escape(rest), masked["a"])


@pytest.mark.parametrize("delimiter", ["\\n", "\\/", "\\\\", "\\u00e9", '\\"', " ", "=", ""])
def test_the_groups_of_a_base64_form_end_at_a_delimiter(delimiter: str, learner: Redactor) -> None:
    value = "correct-horse-77"
    assert learner.learn(value, "api_key")
    for form in (inner.decode() for inner, _ in inner_base64(value.encode())):
        data = f'{{"a":"{delimiter}{form}{delimiter}"}}'.encode()
        for masked in (learner.redact(data)[0], mask_in_place(data, learner.known_spans(data))):
            assert form.encode() not in masked
            json.loads(masked)
