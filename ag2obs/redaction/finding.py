"""What the engine finds, and how it is masked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ag2obs.redaction.rule import Confidence

_RANK = {Confidence.CONTEXT: 0, Confidence.SHARED_PREFIX: 1, Confidence.FORMAT: 2}


class Finding(NamedTuple):
    """A secret at ``data[start:end]``. ``quote`` is the quotation mark that a masked bare number needs."""

    start: int
    end: int
    rule: str
    confidence: Confidence
    quote: bytes = b""


def masked(data: bytes, findings: Iterable[Finding]) -> bytes:
    """Return ``data`` with each finding replaced by its marker; they are in order and do not overlap."""
    pieces: list[bytes] = []
    position = 0
    for start, end, rule, _, quote in findings:
        pieces += (data[position:start], quote, b"[REDACTED:%s]" % rule.encode(), quote)
        position = end
    pieces.append(data[position:])
    return b"".join(pieces)


def without_overlaps(found: list[Finding]) -> list[Finding]:
    """Join overlapping findings; the most certain one that covers the whole gives its name."""
    found.sort(key=lambda finding: (finding.start, -finding.end, -_RANK[finding.confidence]))
    merged: list[Finding] = []
    for finding in found:
        if not merged or finding.start >= merged[-1].end:
            merged.append(finding)
            continue
        last = merged[-1]
        if finding.end > last.end:
            merged[-1] = last._replace(end=finding.end, quote=last.quote or finding.quote)
        elif finding[:2] == last[:2] and _RANK[finding.confidence] > _RANK[last.confidence]:
            merged[-1] = finding._replace(quote=last.quote or finding.quote)
    return merged
