"""The baseline: findings that are known, so that a scan tells only new ones.

It is kept in a repository, so it tells nothing: of each finding the path, the rule, how often it is there and four
bytes of a keyed hash. The key is random and each file's own. Four bytes are enough to tell the secrets of one rule
in one file apart, and too few to confirm a guess: a list of all passwords ever leaked has several for each of them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ag2obs.errors import Ag2obsError
from ag2obs.files.replacement import new_version
from ag2obs.scanning.files import STANDARD_INPUT, FoundFile, reason_of
from ag2obs.scanning.findings import ScanFinding, ScanReport, written

SCHEMA = 1

_SALT_BYTES = 16
_DIGEST_BYTES = 4
_SALT = re.compile(r"[0-9a-f]{32}")


class BaselineError(Ag2obsError):
    """A baseline cannot be read or written, or is none; the text names the file."""


class Known(NamedTuple):
    """What is known of a finding, wherever in its file it is."""

    path: str
    """From the baseline's folder, with slashes, so that it is the same wherever the scan is started."""
    rule: str
    digest: str


class Baseline:
    """The findings that are known. Start from ``read`` or ``new``; a scan then uses it up by ``unknown``."""

    def __init__(self, path: str, salt: str, known: Counter[Known]) -> None:
        self.path = path
        self._folder = os.path.dirname(os.path.abspath(path))
        self._salt = salt
        self._known = known

    @classmethod
    def new(cls, path: str) -> Baseline:
        """Return one that knows nothing, to be written to ``path``."""
        return cls(path, secrets.token_hex(_SALT_BYTES), Counter())

    @classmethod
    def read(cls, path: str) -> Baseline:
        """Read the baseline at ``path``; raises BaselineError where it is missing, damaged or of a newer version."""
        try:
            text = Path(path).read_bytes()
        except (OSError, ValueError) as error:
            raise BaselineError(f"the baseline {path} cannot be read: {reason_of(error)}") from None
        try:
            document = json.loads(text)
            schema = document["ag2obs_baseline"]
            if isinstance(schema, int) and schema > SCHEMA:
                raise BaselineError(f"the baseline {path} is of a newer version of ag2obs: update ag2obs")
            return cls(path, *_contents(document))
        except (ValueError, TypeError, KeyError, RecursionError):
            raise BaselineError(
                f"the baseline {path} is damaged: mend it, or delete it and write a new one with --update-baseline"
            ) from None

    def is_at(self, path: str) -> bool:
        """Return whether ``path`` is the baseline's own file."""
        return os.path.realpath(path) == os.path.realpath(self.path)

    def unknown(self, findings: Iterable[ScanFinding], report: ScanReport) -> Iterator[ScanFinding]:
        """Yield the findings that are not known, and count the others in ``report``.

        Of a secret that is in its file more often than it was, the last ones are not known.
        """
        left = self._known.copy()
        for finding in findings:
            key = self._key(finding)
            if left[key] > 0:
                left[key] -= 1
                report.known += 1
            else:
                yield finding

    def updated(self, findings: Iterable[ScanFinding], report: ScanReport, files: Iterable[FoundFile]) -> Baseline:
        """Return a baseline of exactly these findings; entries of existing files that were not scanned stay."""
        fresh = Counter(self._key(finding) for finding in findings)
        unread = {self._place(each.path) for each in report.unreadable}
        scanned = {self._place(file.path) for file in files} - unread
        for known, count in self._known.items():
            kept = known.path in unread or os.path.lexists(os.path.join(self._folder, known.path))
            if kept and known.path not in scanned:
                fresh[known] = max(count, fresh[known])
        return Baseline(self.path, self._salt, fresh)

    def __len__(self) -> int:
        """Return how many findings are known."""
        return self._known.total()

    def write(self) -> None:
        """Put the file in its place, in one step; raises BaselineError."""
        try:
            target = os.path.realpath(self.path)
            with new_version(target, prefix=".ag2obs-baseline.") as (file, temporary):
                file.write(self._text().encode())
                os.chmod(temporary, _mode(target))
        except OSError as error:
            raise BaselineError(f"the baseline {self.path} cannot be written: {reason_of(error)}") from None

    def _text(self) -> str:
        """Return JSON with one finding on a line, sorted, so that two versions compare line by line."""
        lines = [
            json.dumps({"path": known.path, "rule": known.rule, "digest": known.digest, "count": count})
            for known, count in sorted(self._known.items())
        ]
        listed = "[\n    " + ",\n    ".join(lines) + "\n  ]" if lines else "[]"
        return f'{{\n  "ag2obs_baseline": {SCHEMA},\n  "salt": "{self._salt}",\n  "known": {listed}\n}}\n'

    def _key(self, finding: ScanFinding) -> Known:
        key = bytes.fromhex(self._salt)
        digest = hashlib.blake2b(finding.fingerprint.encode(), key=key, digest_size=_DIGEST_BYTES).hexdigest()
        return Known(self._place(finding.path), finding.rule, digest)

    def _place(self, path: str) -> str:
        if path == STANDARD_INPUT:
            return path
        try:
            path = os.path.relpath(os.path.abspath(path), self._folder)
        except ValueError:  # another drive of Windows
            path = os.path.abspath(path)
        return written(path.replace(os.sep, "/"))


def _contents(document: Any) -> tuple[str, Counter[Known]]:
    """Return salt and findings; raises ValueError, TypeError or KeyError for anything unexpected."""
    salt, known = document["salt"], Counter[Known]()
    for entry in document["known"]:
        key, count = Known(entry["path"], entry["rule"], entry["digest"]), entry["count"]
        if not all(isinstance(part, str) for part in key) or not isinstance(count, int) or count < 1:
            raise ValueError
        known[key] += count
    if not _SALT.fullmatch(salt) or document["ag2obs_baseline"] != SCHEMA:
        raise ValueError
    return salt, known


def _mode(path: str) -> int:
    """Return the mode of the file that is replaced; a new one may be read by everybody, as it tells nothing."""
    try:
        return os.stat(path).st_mode & 0o777
    except FileNotFoundError:
        return 0o644
