"""Passwords that somebody says in a sentence, some words after the name, as people and agents write in a chat."""

from __future__ import annotations

import json
import random

import pytest

from ag2obs.redaction import Redactor

from .contexts import nested
from .templates import fill

_SAID = [
    "my password is {}",
    "the password for bob is {}",
    "The root password on db1 is {}",
    "use password {} to log in",
    "log in as bob with the password {}.",
    "Password for user bob: {}",
    "Password (admin): {}",
    "password of the database: {}",
    "password has been set to {}",
    "the password that works is {}",
    "the password you need is '{}'",
    "connect with user bob and password {}, then wait",
    "her passphrase is, as ever, {}!",
    "my pass is {}",
    "pw: {}",
    "the admin pw is {}",
    "pass = {}",
    "The root password should be `{}`.",
    "I set `DB_PASSWORD` to `{}`.",
    "the password for user 'bob' is '{}'",
]

_STRONG = [
    "access key: {}",
    "here's the api key: {}",
    "set the client secret to {}",
    "use username bob and password {}",
    "Password for bob: {}",
    "password (staging): {}",
    "use the token {} to log in",
]
"""Said of passwords that have all four kinds of characters."""

_STRONG_VALUES = ["Otter<4 d>!", "P@<4 x>wood<2 d>!<3 d>", "Mel<4 l>Hunter#<3 d>"]

_KEYS = [
    "use the token {} to log in",
    "Here is my secret key - {}",
    "the secret is {}",
    "OpenAI key: {}",
    "AES key: {}",
    "AWS Secret Access Key [None]: {}",
]

_VALUES = ["<5 l>7&<4 l>", "<5 a>7$<4 l>x", "<2 U>a<2 x>4<2 x>9<2 x>"]

_STAYS = [
    "the password policy of EC2Instance is strict",
    "password for S3Bucket or Neo4jServer",
    "the password for tool call_<24 a> is not needed",
    "password reset for chatcmpl-<24 a> failed",
    "password reset for user2020 failed!",
    "password of bob1@example.com",
    "the password hash uses sha256Sum and base64Encode",
    "reset your password at https://example.com/a1b2C3?x=1",
    "the password of request <uuid> was wrong",
    "the password of commit <40 h>",
    "password rules: 8-16chars, 12chars+1digit",
    "password in issue#1234 and in RFC2617/3.2",
    "password = os.environ['X1b2']; pwd /home/user1/a2b",
    "the password is in vault2/prod3/db4",
    "password: see ticket OPS-1234 of 2026-11-22T08:00",
    "passwords of 3rd parties, in utf8mb4 or AES256GCM",
    "The password is stored as $PASSWORD1 or {password2} or %PASS3%",
    "password length 10 is < 12 && retry2 || fail3",
    "bypass is on, compass is 4u2see4",
    "the secret is GitHub#12, in CamelCase",
    "the password reset, see feature-request#123 and FEATURE-REQUEST#123",
    "invalid token: Utf8Error2x at line 3",
    "access key: required, client secret is missing",
    "the token limit of Model4Turbo is 8k",
    "use the token count as a secret santa would",
]


@pytest.mark.parametrize("said", _SAID)
@pytest.mark.parametrize("value", _VALUES)
def test_password_in_a_sentence_is_masked(said: str, value: str, redactor: Redactor) -> None:
    for seed in range(5):
        text, parts = fill(said.format(value), random.Random(f"{said}{value}{seed}"))
        for written in (text, json.dumps({"content": text}), nested({"content": f"Hello.\n{text}\nBye."}, 2)):
            redacted = redactor.redact_text(written)
            assert not [part for part in parts if len(part) > 3 and part in redacted], written
            assert "[REDACTED:" in redacted, written
            assert redactor.redact_text(redacted) == redacted


@pytest.mark.parametrize("said", _STRONG)
@pytest.mark.parametrize("value", _STRONG_VALUES)
def test_strong_password_is_masked_with_its_last_sign(said: str, value: str, redactor: Redactor) -> None:
    for seed in range(5):
        text, _ = fill(said.format(value), random.Random(f"{said}{value}{seed}"))
        password = text.removeprefix(said.partition("{}")[0]).removesuffix(said.partition("{}")[2])
        for written in (text, json.dumps({"content": text}), nested({"content": f"Hello.\n{text}\nBye."}, 2)):
            redacted = redactor.redact_text(written)
            assert password not in redacted, written
            assert "]!" not in redacted
            assert redactor.redact_text(redacted) == redacted


@pytest.mark.parametrize("said", _KEYS)
def test_key_in_a_sentence_is_masked(said: str, redactor: Redactor) -> None:
    for seed in range(5):
        text, _ = fill(said.format("<3 U><3 l>4<20 a>7"), random.Random(f"{said}{seed}"))
        key = text.removeprefix(said.partition("{}")[0]).removesuffix(said.partition("{}")[2])
        for written in (text, json.dumps({"content": text}), nested({"content": f"Hello.\n{text}\nBye."}, 2)):
            assert key not in redactor.redact_text(written), written


@pytest.mark.parametrize("template", _STAYS)
def test_what_is_no_password_stays(template: str, redactor: Redactor) -> None:
    for seed in range(5):
        text, _ = fill(template, random.Random(f"{template}{seed}"))
        for written in (text, json.dumps({"content": text})):
            assert redactor.redact_text(written) == written
