"""The text around a finding, for people: short, on one line, and without a secret."""

from __future__ import annotations

from collections.abc import Sequence

from ag2obs.redaction import Finding, masked

_BYTES_AROUND = 40
"""Shown before and after the secret."""


def excerpt(data: bytes, findings: Sequence[Finding], index: int) -> str:
    """Return the surroundings of ``findings[index]`` within its line, with every finding in them masked.

    Control characters, which could command a terminal, become spaces.
    """
    finding = findings[index]
    first = max(finding.start - _BYTES_AROUND, 0)
    line_start = data.rfind(b"\n", first, finding.start) + 1
    first = line_start or first
    last = min(finding.end + _BYTES_AROUND, len(data))
    line_end = data.find(b"\n", finding.end, last)
    if line_end >= 0:
        last = line_end
    near: list[Finding] = []
    for other in _around(findings, index, first, last):
        # A secret that is only half in view is masked whole.
        first, last = min(first, other.start), max(last, other.end)
        near.append(other)
    shown = [other._replace(start=other.start - first, end=other.end - first) for other in near]
    text = masked(data[first:last], shown).decode("utf-8", "replace")
    if not text.isprintable():
        text = "".join(character if character.isprintable() else " " for character in text)
    return text.strip()


def _around(findings: Sequence[Finding], index: int, first: int, last: int) -> Sequence[Finding]:
    """Return the findings that overlap ``first`` to ``last``; they are in order."""
    begin = index
    while begin > 0 and findings[begin - 1].end > first:
        begin -= 1
    end = index + 1
    while end < len(findings) and findings[end].start < last:
        end += 1
    return findings[begin:end]
