"""Which of the engine's findings a scan reports, and how sure it is of each.

Redaction masks what may be a secret; a scan that stops a build must be right. Reported are values whose form is
proof, and values of fields whose name says that they are secret. What only a word in the text around it makes a
secret is reported by a strict scan.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ag2obs.redaction import Finding, Redactor, is_sensitive_name
from ag2obs.redaction.placeholders import LONGEST_JUDGED, looks_random
from ag2obs.redaction.rule import Confidence
from ag2obs.scanning.examples import is_example

FIELD = "field"
"""The confidence of a value under a sensitive name: less than a form, more than a word of a sentence."""

_LONGEST_NAME = 96
_SHORTEST_VALUE = 8

# "name": "value" at any depth of escaping, in JSON and in a repr.
_QUOTED_FIELD = re.compile(rb"""(\\*["'])([\w.\-]{1,64})\1\s{0,8}:\s{0,8}[bBuU]?\\*["']\Z""")
# NAME=value and name: value at the beginning of a line, as in .env, shell scripts, YAML and TOML.
_LINE_FIELD = re.compile(rb"""(?:\A|\n)[ \t]*(?:-[ ]|export[ ])?([\w.\-]{1,64})[ \t]?(?:=|:[ ])[ \t]?["']?\Z""")
_END_OF_LINE_FIELD = re.compile(rb"""["']?[ \t]*(?:\r?\n|\Z|\#)""")
_MIXED = re.compile(rb"(?=.*[0-9].*[0-9])(?=.*[A-Za-z])", re.DOTALL)
_WORD = rb"(?:[0-9]{1,6}|[0-9]?(?:[a-z]+|[A-Z]+|[a-z]*(?:[A-Z][a-z]{2,})+)[0-9]{0,2})"
_WORDS = re.compile(_WORD + rb"(?:[_\-. /:]+" + _WORD + rb")*")
_PERCENT_ESCAPE = re.compile(rb"%[0-9A-Fa-f]{2}")


def reported(
    data: bytes, finding: Finding, redactor: Redactor, *, strict: bool, binary: bool
) -> Iterator[tuple[Finding, str]]:
    """Yield what of a finding in ``data`` is reported, each with its confidence."""
    secret = data[finding.start : finding.end]
    confidence = _confidence(data, finding, secret)
    if binary and confidence != Confidence.FORMAT:
        return
    if confidence != Confidence.CONTEXT or strict:
        if not is_example(secret):
            yield finding, confidence
        return
    # What only its context makes a secret may hold one whose form is proof.
    for inner in redactor.find(secret):
        if inner.confidence is not Confidence.CONTEXT and not is_example(secret[inner.start : inner.end]):
            shifted = inner._replace(start=finding.start + inner.start, end=finding.start + inner.end)
            yield shifted, inner.confidence


def _confidence(data: bytes, finding: Finding, secret: bytes) -> str:
    if finding.rule == "url-password":
        # Documentation is full of user:pass@host.
        plain = _PERCENT_ESCAPE.sub(b"", secret)
        return Confidence.FORMAT if len(plain) >= _SHORTEST_VALUE and _MIXED.match(plain) else Confidence.CONTEXT
    if finding.confidence is Confidence.CONTEXT and _is_field(data, finding, secret):
        return FIELD
    return finding.confidence


def _is_field(data: bytes, finding: Finding, secret: bytes) -> bool:
    if len(secret) < _SHORTEST_VALUE or _WORDS.fullmatch(secret[:LONGEST_JUDGED]):
        return False
    before = data[max(0, finding.start - _LONGEST_NAME) : finding.start]
    quoted = _QUOTED_FIELD.search(before)
    if quoted is not None:
        return is_sensitive_name(quoted[2].decode("ascii", "replace"))
    line = _LINE_FIELD.search(before)
    return (
        line is not None
        and is_sensitive_name(line[1].decode("ascii", "replace"))
        and _MIXED.match(secret[:LONGEST_JUDGED]) is not None
        and looks_random(secret)
        and _END_OF_LINE_FIELD.match(data, finding.end) is not None
    )
