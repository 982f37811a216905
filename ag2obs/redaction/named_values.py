"""Values whose name stands further in front: ``name:`` and ``value:`` on two lines, defaults, block scalars.

They are announced by what stands directly before them; the name is looked for a bounded way back.
"""

from __future__ import annotations

import base64
import binascii
import re

from ag2obs.redaction.boundaries import name_before
from ag2obs.redaction.names import Sensitivity, bytes_sensitivity
from ag2obs.redaction.notations import is_likely_secret
from ag2obs.redaction.placeholders import is_placeholder, is_wordy
from ag2obs.redaction.rule import Span
from ag2obs.redaction.sentences import is_made_up, is_unpronounceable

_LONGEST_WAY_BACK = 200
_NAME = rb"(?P<name>[\w.-]{1,60})"
_BLANK = rb"(?:\s|\\+[nrt])"

_NAME_BEFORE_VALUE = re.compile(
    rb"(?:name|key|Name|Key)\\*[\"']?:[ ]?\\*[\"']?" + _NAME + rb"\\*[\"']?,?" + _BLANK + rb"{0,40}\\*[\"']?\Z"
)
_REJECTED_NAME = re.compile(
    rb"(?:\n|\\n)(?P<name>[\w.]{1,80})(?:\r?\n|(?:\\+r)?\\+n) {2}[^\n\[\]]{0,120}\[type=\w{1,60}, \Z"
)
_VARIABLE = re.compile(rb"variable[ ]\\*\"" + _NAME + rb"\\*\"[ ]\{[^{}]*\Z")
_NAME_AT_THE_START = re.compile(_NAME)
_OLD_VALUE = re.compile(rb"\"[^\"\\\n]{0,80}\\*")
_SIGN_BEFORE_QUOTE = (b":", b"=")

_VALUE = re.compile(rb"\\*+[\"']?:?[ ]*+(?:\\*+[\"'])?+(?P<secret>[^\s\"'\\<>{}\[\],][^\s\"'\\<>]{3,511}+)")
_REJECTED_VALUE = re.compile(rb"\\*+[\"'](?P<secret>[^\s\"'\\<>]{4,511}+)")
_DEFAULT = re.compile(rb"[ ]*=[ ]*\\*\"(?P<secret>[^\s\"\\]{4,512}+)\\*\"")
_BLOCK = re.compile(rb"[ ]?[|>][+-]?(?:\r?\n|(?:\\+r)?\\+n)[ ]+(?P<secret>[^\s\"\\<>{}\[\]]{4,512}+)(?=\\|\s|\"|\Z)")
_FORM_FIELD = re.compile(
    rb"name=\\*[\"']" + _NAME + rb"\\*[\"'](?:\r?\n|\\+r\\+n|\\+n){2}(?P<secret>[^\s\"\\]{4,512}+)"
)
_NEW_VALUE = re.compile(rb"(?P<secret>[^\s\"\\]{4,512}+)\\*\"")
_CREDENTIALS = re.compile(rb"\\*[\"'][ ]*:[ ]*\\*[\"'](?P<secret>[A-Za-z0-9+/]{8,2048}+={0,2})\\*[\"']")
_PAIR = re.compile(
    rb"\([ ]*[bru]?\\*[\"'][^\"'\\\s]{0,80}\\*[\"'],[ ]*(?:password=)?"
    rb"[bru]?\\*[\"'](?P<secret>[^\"'\\\s]{4,256}+)\\*[\"']\)"
)
_SIGNATURE = re.compile(rb"\\*[\"']?(?P<secret>[A-Za-z0-9+/_~%-]{16,1024}+={0,2})")
_PASS = re.compile(rb"[ ]?(?:\\*[\"'`])?(?P<secret>[A-Za-z0-9!@#$^&*?~_+-]{8,64}+)(?!<(?!\\*/)|[.:/=%(\[{]\S)")
_SIGNING_SCHEMES = (b"igest ", b"AWS4-HMAC", b"Credential=", b"Expires=", b"keyId=")
_LONGEST_HEADER = 512


def find_value_of_name(data: bytes, start: int, end: int, is_json: bool) -> list[Span]:
    """Return the ``value:`` behind ``name: DB_PASSWORD``, on the same or on the next line."""
    name = _NAME_BEFORE_VALUE.search(data, max(0, start - _LONGEST_WAY_BACK), start)
    return _secret(_VALUE.match(data, end), name)


def find_rejected_value(data: bytes, start: int, end: int, is_json: bool) -> list[Span]:
    """Return the input that pydantic quotes in a validation error, below the name of its field."""
    name = _REJECTED_NAME.search(data, max(0, start - 2 * _LONGEST_WAY_BACK), start)
    return _secret(_REJECTED_VALUE.match(data, end), name)


def find_default(data: bytes, start: int, end: int, is_json: bool) -> list[Span]:
    """Return the default of a Terraform variable."""
    name = _VARIABLE.search(data, max(0, start - _LONGEST_WAY_BACK), start)
    return _secret(_DEFAULT.match(data, end), name)


def find_block_scalar(data: bytes, start: int, end: int, is_json: bool) -> list[Span]:
    """Return the line below ``password: |``."""
    name = name_before(data, start)
    value = _BLOCK.match(data, start + 1)
    if value is None or bytes_sensitivity(name) is Sensitivity.NONE or is_placeholder(value["secret"]):
        return []
    return [Span(*value.span("secret"))] if is_likely_secret(value["secret"], name) else []


def find_form_field(data: bytes, start: int, end: int, is_json: bool) -> list[Span]:
    """Return the value of a part of ``multipart/form-data``."""
    match = _FORM_FIELD.match(data, end)
    return _secret(match, match)


def find_new_value(data: bytes, start: int, end: int, is_json: bool) -> list[Span]:
    """Return the value that a plan of changes puts in place of the old one: ``password = "..." -> "..."``."""
    first = max(0, start - _LONGEST_WAY_BACK)
    quote = data.rfind(b'"', first, start)
    if quote < 0 or not data[first:quote].rstrip(b"\\").rstrip(b" ").endswith(_SIGN_BEFORE_QUOTE):
        return []
    if _OLD_VALUE.fullmatch(data, quote, start) is None:
        return []
    before_sign = data[first:quote].rstrip(b"\\").rstrip(b" ")[:-1].rstrip(b" ")
    named = before_sign.rstrip(b"\"'").rstrip(b"\\")
    name = _NAME_AT_THE_START.match(name_before(named, len(named)))
    return _secret(_NEW_VALUE.match(data, end), name)


def find_encoded_credentials(data: bytes, start: int, end: int, is_json: bool) -> list[Span]:
    """Return the base64 of ``user:password`` in ``"auth": "..."``, as Docker stores it."""
    match = _CREDENTIALS.match(data, end)
    if match is None:
        return []
    try:
        decoded = base64.b64decode(match["secret"], validate=True)
    except binascii.Error:
        return []
    user, colon, password = decoded.partition(b":")
    is_text = all(0x20 <= byte < 0x7F for byte in user)
    return [Span(*match.span("secret"))] if colon and password and is_text else []


def find_credentials_of_a_call(data: bytes, start: int, end: int, is_json: bool) -> list[Span]:
    """Return the password in ``auth=("user", "password")``."""
    match = _PAIR.match(data, end)
    if match is None or is_placeholder(match["secret"]):
        return []
    return [Span(*match.span("secret"))]


def find_request_signature(data: bytes, start: int, end: int, is_json: bool) -> list[Span]:
    """Return the answer of a ``Digest`` header and the signature of one that signs requests."""
    match = _SIGNATURE.match(data, end)
    before = data[max(0, start - _LONGEST_HEADER) : start]
    if match is None or not any(scheme in before for scheme in _SIGNING_SCHEMES):
        return []
    return [Span(*match.span("secret"))]


def find_pass(data: bytes, start: int, end: int, is_json: bool) -> list[Span]:
    """Return the password behind ``pass:``, which tells of a test that passed far more often."""
    if name_before(data, start).strip(b"-") or data[start - 4 : start] == b"--- ":  # the test runner of Go
        return []
    match = _PASS.match(data, end)
    if match is None or is_placeholder(match["secret"]):
        return []
    value = match["secret"]
    is_hash = not value.strip(b"0123456789abcdefABCDEF-_")
    if is_hash or is_wordy(value) or not (is_made_up(value) or is_unpronounceable(value)):
        return []
    return [Span(*match.span("secret"))]


def _secret(value: re.Match[bytes] | None, name: re.Match[bytes] | None) -> list[Span]:
    if value is None or name is None:
        return []
    level = bytes_sensitivity(name["name"])
    text = value["secret"].rstrip(b",;")
    if level is Sensitivity.NONE or is_placeholder(text):
        return []
    if level is Sensitivity.VALUE_DECIDES and not is_likely_secret(text, name["name"]):
        return []
    return [Span(value.start("secret"), value.start("secret") + len(text))]
