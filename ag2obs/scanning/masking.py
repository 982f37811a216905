"""The text of a file piece by piece with its secrets masked, and where it is written, in the compression it had."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import BinaryIO, cast

from ag2obs.errors import Ag2obsError
from ag2obs.files.zstd import zstd_writer
from ag2obs.redaction import Finding, Redactor, mask_in_place, masked
from ag2obs.redaction.rule import Confidence
from ag2obs.scanning.files import reason_of
from ag2obs.scanning.pieces import pieces
from ag2obs.scanning.text import TextOfFile

_MOST_PASSES = 8
"""A masked secret may uncover one that it touched; see ``redaction.engine``."""


class Refused(Ag2obsError):
    """A file was left as it is; the text says why, without the path."""


@dataclass(frozen=True, slots=True)
class Masking:
    """How secrets are masked."""

    redactor: Redactor
    same_length: bool = False
    """By as many bytes as they have, so that everything stays at its place; else by ``[REDACTED:rule]``."""

    def pieces(self, text: TextOfFile) -> Iterator[tuple[bytes, int]]:
        """Yield the text masked, and how many secrets each piece had; of binary files, only certain ones."""
        for data, findings, line_is_json in pieces(text.read, self.redactor):
            if text.is_binary:
                yield data, sum(found.confidence is Confidence.FORMAT for found in findings)
                continue
            count = 0
            for _ in range(_MOST_PASSES):
                before, changed = data, self._changed(data, findings)
                if not changed:
                    break
                count += len(changed)
                data = self._masked(before, changed)
                findings = self.redactor.find_in_lines(data, line_is_json)
            yield data, count

    def _masked(self, data: bytes, findings: Sequence[Finding]) -> bytes:
        if self.same_length:
            return mask_in_place(data, ((found.start, found.end) for found in findings))
        return masked(data, findings)

    def _changed(self, data: bytes, findings: Sequence[Finding]) -> Sequence[Finding]:
        """Return the findings that masking changes: a number masked by as many digits is found again."""
        if not self.same_length:
            return findings
        secrets = [data[found.start : found.end] for found in findings]
        return [
            found
            for found, secret in zip(findings, secrets, strict=True)
            if mask_in_place(secret, [(0, len(secret))]) != secret
        ]


def write_masked(text: TextOfFile, file: BinaryIO, masking: Masking) -> int:
    """Write the masked text in the compression of its file; returns how many secrets there were.

    Raises Refused where the file is damaged, OSError, and ExtraMissing for zstd.
    """
    secrets = 0
    with ExitStack() as stack:
        target = file
        if text.compression == "gzip":
            target = cast(BinaryIO, stack.enter_context(gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0)))
        elif text.compression == "zstd":
            target = stack.enter_context(zstd_writer(file))
        for data, count in masking.pieces(text):
            target.write(data)
            secrets += count
        refuse_damage(text)
    return secrets


def refuse_damage(text: TextOfFile) -> None:
    """Raise Refused where the file turned out to be damaged."""
    if text.damage is not None:
        raise Refused(reason_of(text.damage).replace("read", "left as it is"))
