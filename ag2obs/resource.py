"""Where a session ran: host, process, versions and git commit, told once in ``session.start``."""

from __future__ import annotations

import os
import platform
import socket
import sys
from pathlib import Path
from typing import Any


def resource() -> dict[str, Any]:
    """Return host, pid, versions of Python, ag2obs and the frameworks that are imported, and the git commit."""
    import ag2obs

    facts: dict[str, Any] = {
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "python": platform.python_version(),
        "ag2obs": ag2obs.__version__,
    }
    for framework in ("autogen", "ag2", "openai"):
        version = getattr(sys.modules.get(framework), "__version__", None)
        if isinstance(version, str):
            facts[framework] = version
    commit = git_commit(Path.cwd())
    if commit is not None:
        facts["git_commit"] = commit
    return facts


def git_commit(folder: Path) -> str | None:
    """Return the commit checked out in the repository around ``folder``, read from its files; None outside one."""
    try:
        for parent in (folder, *folder.parents):
            git = parent / ".git"
            if git.exists():
                return _head(_git_folder(git))
    except (OSError, UnicodeDecodeError):
        return None
    return None


def _git_folder(git: Path) -> Path:
    if git.is_dir():
        return git
    # A worktree or submodule: a file that names the folder.
    return (git.parent / git.read_text(encoding="utf-8").removeprefix("gitdir:").strip()).resolve()


def _head(git: Path) -> str | None:
    head = (git / "HEAD").read_text(encoding="utf-8").strip()
    if not head.startswith("ref:"):
        return head or None
    reference = head.removeprefix("ref:").strip()
    common = git
    if (git / "commondir").exists():
        common = (git / (git / "commondir").read_text(encoding="utf-8").strip()).resolve()
    for base in (git, common):
        if (base / reference).exists():
            return (base / reference).read_text(encoding="utf-8").strip()
    packed = common / "packed-refs"
    if packed.exists():
        for line in packed.read_text(encoding="utf-8").splitlines():
            commit, _, name = line.partition(" ")
            if name == reference:
                return commit
    return None
