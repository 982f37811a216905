"""Inputs that make a backtracking or rescanning engine quadratic: time grows as the input does."""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Iterator

import pytest

from ag2obs.redaction import Redactor
from ag2obs.redaction.rules_personal import PERSONAL_RULES

from .hostile_texts import KNOWN_VALUES, hostile_texts

_SIZE = 5_000
_MOST_TIMES_AS_LONG = 12
"""For four times as much: a quadratic engine takes 16 times as long, a linear one on a busy machine well under 12."""
_ATTEMPTS = 5
_TOO_SHORT_TO_TELL = 1.0
"""Seconds of CPU, which a quadratic engine needs many times over for 20,000 bytes."""


@pytest.fixture(scope="module", params=[True, False], ids=["accelerated", "pure-python"])
def engine(request: pytest.FixtureRequest) -> Iterator[Redactor]:
    """An engine that does all there is to do."""
    redactor = Redactor(accelerated=request.param, personal=PERSONAL_RULES)
    for value in KNOWN_VALUES:
        redactor.learn(value, "KNOWN_SECRET")
    # Collecting the garbage of the whole test run would be most of the time that is measured.
    gc.disable()
    yield redactor
    gc.enable()


@pytest.mark.parametrize("name", hostile_texts(1))
def test_work_is_linear_and_done_once_and_for_all(name: str, engine: Redactor) -> None:
    short, long = hostile_texts(_SIZE)[name], hostile_texts(4 * _SIZE)[name]
    one = four = math.inf
    for _ in range(_ATTEMPTS):
        begin = time.process_time()
        engine.redact(short)
        middle = time.process_time()
        redacted, _ = engine.redact(long)
        one, four = min(one, middle - begin), min(four, time.process_time() - middle)
        if four < max(_TOO_SHORT_TO_TELL, _MOST_TIMES_AS_LONG * one):
            break
    else:
        raise AssertionError(f"{4 * _SIZE} bytes took {four:.2f} s, a quarter of them {one:.2f} s")
    assert engine.redact(redacted) == (redacted, 0)


def test_a_line_of_ten_megabytes_is_redacted_to_its_end(engine: Redactor) -> None:
    secret = b"sk-" + b"proj-" + b"aB3dE6gH" * 8
    line = b'{"a":"' + b"word " * 2_000_000 + secret + b'"}'
    redacted, count = engine.redact(line)
    assert count == 1
    assert secret[8:] not in redacted
