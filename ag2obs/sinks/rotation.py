"""Rotation: the full log becomes its next numbered segment, once, whoever of its writers comes first."""

from __future__ import annotations

import os
from pathlib import Path

from ag2obs.files.identity import Identity, identity_of
from ag2obs.files.locks import exclusive
from ag2obs.log_segments import lock_path, segment_files, segment_path


def rotate(log: Path, identity: Identity) -> bool:
    """Rename ``log``, if it still is the file ``identity``, to its next segment.

    Returns whether the log is another file now; False where another writer is just rotating it, or there are no
    locks. Raises OSError where it cannot be renamed.
    """
    with exclusive(lock_path(log)) as held:
        if not held:
            return False
        if identity_of(os.stat(log)) == identity:
            os.rename(log, segment_path(log, _next_number(log)))
        return True


def _next_number(log: Path) -> int:
    return 1 + max((number for number, _ in segment_files(log)), default=0)
