"""What git knows of files: which of a folder are not ignored, and what is staged for the next commit.

git itself is asked, because only it knows all of its rules (nested ``.gitignore``, ``info/exclude``, the user's own).
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ag2obs.errors import Ag2obsError

_LINK = "120000"
_SUBMODULE = "160000"


class GitFailed(Ag2obsError):
    """git is not installed, or could not answer; the text holds what it said."""


class StagedFile(NamedTuple):
    """A file as it will be committed."""

    path: str
    """From the working directory."""
    blob: str
    """The name of its content."""


def not_ignored(folder: str) -> list[str]:
    """Return the tracked and untracked files of a folder that git does not ignore, from the folder, in order.

    Repositories inside it are listed as folders. Raises GitFailed, also where the folder is in no repository.
    """
    # A hook is told its repository by GIT_DIR; here the folder tells it.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    arguments = ["-C", folder, "ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate", "-z"]
    return sorted(_names(_git(arguments, environment)))


def staged_files(paths: Sequence[str]) -> list[StagedFile]:
    """Return the files that are added or changed in the index of this repository, or of them those at ``paths``.

    Raises GitFailed.
    """
    root = os.fsdecode(_git(["rev-parse", "--show-toplevel"])).rstrip("\n")
    difference = ["diff", "--cached", "--raw", "--no-abbrev", "--no-renames", "--diff-filter=d", "-z"]
    fields = _names(_git([*difference, "--", *paths]))
    return [
        StagedFile(os.path.relpath(os.path.join(root, path)), change.split()[3])
        for change, path in zip(fields[::2], fields[1::2], strict=True)
        if change.split()[1] not in (_LINK, _SUBMODULE)
    ]


def open_blob(blob: str) -> subprocess.Popen[bytes]:
    """Return a process whose standard output is the content; its exit code tells whether that was all."""
    try:
        return subprocess.Popen(["git", "cat-file", "blob", blob], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except FileNotFoundError:
        raise GitFailed("git is not installed") from None


def _git(arguments: Iterable[str], environment: dict[str, str] | None = None) -> bytes:
    try:
        done = subprocess.run(["git", *arguments], env=environment, capture_output=True, check=False)
    except FileNotFoundError:
        raise GitFailed("git is not installed") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"exit code {done.returncode}"]
        raise GitFailed(f"git says: {said[0]}")
    return done.stdout


def _names(output: bytes) -> list[str]:
    return [os.fsdecode(name) for name in output.split(b"\0") if name]
