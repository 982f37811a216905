"""Which installed distributions own a top-level folder, by the lists of files that pip keeps (RECORD).

Four distributions have owned the folder ``autogen``: ag2 before 1.0, autogen, pyautogen and autogen-agentchat 0.2.
Where two of them are installed, removing one deletes the files of the other, and ``pip check`` says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions


@dataclass(frozen=True, slots=True)
class Owner:
    """A distribution that has files in the folder."""

    name: str
    version: str
    files: int
    missing: int
    """Files of its list that are not there any more."""


def owners_of(folder: str, search_path: Sequence[str] | None = None) -> list[Owner]:
    """Return the distributions that own ``folder``, by name; they are looked for in ``sys.path`` unless told where."""
    found: dict[str, Owner] = {}
    for distribution in _distributions(search_path):
        if f"{folder}/" not in (distribution.read_text("RECORD") or ""):
            continue
        files = [
            file
            for file in distribution.files or ()
            if file.parts[0] == folder and file.suffix != ".pyc" and len(file.parts) > 1
        ]
        if files:
            missing = sum(not distribution.locate_file(file).is_file() for file in files)  # type: ignore[attr-defined]
            owner = Owner(distribution.metadata["Name"], distribution.version, len(files), missing)
            found.setdefault(owner.name, owner)
    return sorted(found.values(), key=lambda owner: owner.name)


def version_of(name: str, search_path: Sequence[str] | None = None) -> str | None:
    """Return the version of an installed distribution, or None."""
    for distribution in _distributions(search_path):
        if (distribution.metadata["Name"] or "").lower() == name:
            return distribution.version
    return None


def _distributions(search_path: Sequence[str] | None) -> list[Distribution]:
    return list(distributions() if search_path is None else distributions(path=list(search_path)))
