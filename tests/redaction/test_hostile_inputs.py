"""Inputs that make a backtracking or rescanning engine quadratic; the suite's timeout would catch one."""

from __future__ import annotations

import pytest

from ag2obs.redaction import Redactor

_UNITS = [
    b"-----BEGIN ", b"-----BEGIN RSA PRIVATE KEY-----\\n", b"password=", b"password: ", b'"password":"', b"eyJ",
    b"eyJ-", b'\\"password\\":\\"', b"\\", b'\\\\\\"', b"://a:", b"://a:b/", b'"api_keys":[', b"sk-",
    b"password='", b"Bearer ", b"Cookie: a=", b"password=%22", b"token=&quot;a", b"AccountKey=", b"xoxb-1-",
]  # fmt: skip
_SIZE = 60_000


@pytest.mark.parametrize("unit", _UNITS)
def test_a_hostile_text_is_redacted_once_and_for_all(unit: bytes, redactor: Redactor) -> None:
    data = unit * (_SIZE // len(unit))
    redacted, _ = redactor.redact(data)
    assert redactor.redact(redacted) == (redacted, 0)
