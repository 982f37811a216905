"""The texts that redactors are compared on: secrets of every rule in every context of the tests, and what is none."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import uuid
from collections.abc import Iterator
from typing import NamedTuple

from ag2obs.redaction.rule import Confidence
from ag2obs.redaction.rules import RULES
from ag2obs.redaction.templates import fill
from tests.redaction import test_hard_negatives as hard_negatives
from tests.redaction.contexts import AROUND_TOKEN, FIELD_SHAPES, PLAIN_FIELD_SHAPES, nested

_SEED = 2_026
_NEUTRAL_NAME = "value"
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")


class Positive(NamedTuple):
    """A text with a secret in it."""

    confidence: Confidence
    text: str
    parts: list[str]
    """The random parts of the secret, none of which may stay."""


def positives() -> Iterator[Positive]:
    """Yield every rule's example in every context; a format also as the value of a field with a neutral name."""
    source = random.Random(_SEED)
    for rule in RULES:
        for write in AROUND_TOKEN.values():
            text, parts = fill(rule.example, source)
            yield Positive(rule.confidence, write(text), parts or [text])
        if rule.confidence is Confidence.CONTEXT:
            continue
        shapes = FIELD_SHAPES
        if set(fill(rule.example, source)[0]) <= _PLAIN:
            shapes = FIELD_SHAPES | PLAIN_FIELD_SHAPES
        for write_field in shapes.values():
            text, parts = fill(rule.example, source)
            yield Positive(rule.confidence, write_field(_NEUTRAL_NAME, text), parts or [text])


def negatives() -> Iterator[str]:
    """Yield texts without a secret: prose, code, fields of records, ids, hashes and images."""
    for text in hard_negatives._TEXTS:
        yield from (text, json.dumps({"content": text}), nested({"content": text}, 1))
    for fields in hard_negatives._FIELDS:
        yield from (json.dumps(fields), str(fields), nested(fields, 1))
    source = random.Random(_SEED)
    for _ in range(300):
        digest = hashlib.sha256(source.randbytes(32)).hexdigest()
        token = base64.b64encode(source.randbytes(18)).decode().translate(_LETTERS_ONLY)
        yield json.dumps({"id": f"chatcmpl-{token}", "tool_call_id": f"call_{token}", "request": f"req_{digest[:32]}"})
        yield json.dumps({"commit": digest[:40], "sha256": digest, "uuid": str(uuid.UUID(digest[:32]))})
        yield json.dumps({"image": "data:image/png;base64," + base64.b64encode(source.randbytes(900)).decode()})


_LETTERS_ONLY = str.maketrans("+/=", "abc")


def stays(part: str, redacted: str) -> bool:
    """Return whether a part of a secret is still there, as such or as JSON writes it."""
    return part in redacted or json.dumps(part)[1:-1] in redacted
