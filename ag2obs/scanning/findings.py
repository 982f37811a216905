"""What a scan tells: the shapes behind ``ag2obs scan --json``."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class ScanFinding:
    """One secret at one place. It holds the masked text around the secret, never the secret."""

    path: str
    line: int
    """From 1."""
    column: int
    """Characters from the beginning of the line, from 1."""
    rule: str
    confidence: str
    """``format``, ``shared-prefix``, ``field`` or, in a strict scan only, ``context``."""
    excerpt: str
    """One line of printable characters, in which this and every other secret is masked."""
    fingerprint: str
    """The same for the same secret wherever it is; see ``fingerprints.py``."""

    def to_dict(self) -> dict[str, Any]:
        """Return one of the ``findings`` that ``ag2obs scan --json`` prints."""
        return {
            "path": written(self.path),
            "line": self.line,
            "column": self.column,
            "rule": self.rule,
            "confidence": self.confidence,
            "excerpt": self.excerpt,
            "fingerprint": self.fingerprint,
        }


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that was not scanned to its end, and why."""

    path: str
    reason: str


@dataclass(slots=True)
class ScanReport:
    """The result of a scan, or of a part of one."""

    findings: list[ScanFinding] = field(default_factory=list)
    files: int = 0
    """Files that were read, at least in part."""
    bytes: int = 0
    """Bytes that were searched, after decompression."""
    line_breaks: int = 0
    """In what was searched: a finding in a later part of a file is as many lines further down."""
    allowed: int = 0
    """Findings that a comment beside them allows; see ``allow_comments.py``."""
    known: int = 0
    """Findings that the baseline has; see ``baseline.py``."""
    unreadable: list[Unreadable] = field(default_factory=list)

    def add_counts(self, other: ScanReport) -> None:
        """Add what another part of the scan counted, not its findings."""
        self.files += other.files
        self.bytes += other.bytes
        self.line_breaks += other.line_breaks
        self.allowed += other.allowed
        self.known += other.known
        self.unreadable += other.unreadable

    def counts(self) -> dict[str, Any]:
        """Return what ``ag2obs scan --json`` prints behind the findings."""
        return {
            "files": self.files,
            "bytes": self.bytes,
            "allowed": self.allowed,
            "known": self.known,
            "unreadable": [{"path": written(each.path), "reason": each.reason} for each in self.unreadable],
        }

    def to_dict(self) -> dict[str, Any]:
        """Return what ``ag2obs scan --json`` prints."""
        return {"schema": SCHEMA, "findings": [found.to_dict() for found in self.findings], **self.counts()}


def written(path: str) -> str:
    """Return a path as valid Unicode: the name of a file may hold any bytes."""
    return os.fsencode(path).decode("utf-8", "replace")
