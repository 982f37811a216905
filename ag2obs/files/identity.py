"""What tells a file from all others, whatever it is called."""

from __future__ import annotations

import os
from pathlib import Path

Identity = tuple[int, int]
"""Device and inode: what a file keeps when it is renamed, and what its names have in common."""


def identity_of(status: os.stat_result) -> Identity:
    """Return the identity of the file whose status is given."""
    return status.st_dev, status.st_ino


def identity_at(path: Path) -> Identity | None:
    """Return the identity of the file at ``path``, None where there is none; raises OSError where it cannot be told."""
    try:
        return identity_of(os.stat(path))
    except FileNotFoundError:
        return None
