"""A new version of a file, which takes the old one's place in one step or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from typing import BinaryIO, cast

from ag2obs.files.durability import sync_folder


@contextlib.contextmanager
def new_version(target: str, *, prefix: str, suffix: str = "") -> Iterator[tuple[BinaryIO, str]]:
    """Yield a new file beside ``target``, and its path; after the block it takes the place of ``target``, on disk.

    ``prefix`` and ``suffix`` are how it is called until then. Where the block raises, even by an interrupt, it is
    deleted and ``target`` stays. Raises OSError.
    """
    folder = os.path.dirname(target)
    descriptor, temporary = tempfile.mkstemp(prefix=prefix, suffix=suffix, dir=folder)
    try:
        with open(descriptor, "wb") as file:
            yield cast(BinaryIO, file), temporary
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:  # an interrupt too must leave nothing behind
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    sync_folder(folder)
