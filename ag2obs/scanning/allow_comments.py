"""``# ag2obs:allow``: a comment in source code that says that what looks like a secret is none.

What an agent wrote must not be able to switch the scan off. So the comment counts only in files whose name says that
people write them and that they have comments, never in logs, JSON, compressed or binary files; only as a comment of
that language and the last thing on its line; and never in a line that is JSON.
"""

from __future__ import annotations

import functools
import os
import re

from ag2obs.redaction.quoting import is_json_document

_LONGEST_LINE = 4 << 10
"""Bytes of a line that may be allowed: people write shorter ones, logs longer ones."""

_HASH = """.py .pyi .pyx .sh .bash .zsh .fish .yaml .yml .toml .cfg .conf .ini .properties .rb .pl .r .jl .ex .exs .tf
    .tfvars .hcl .nix .cmake .mk .ps1 .psm1 .env .envrc .gitignore .dockerignore dockerfile makefile gemfile"""
_SLASHES = """.js .jsx .mjs .cjs .ts .tsx .mts .go .rs .java .kt .kts .scala .swift .c .h .cc .cpp .hpp .cs .php .dart
    .proto .groovy .gradle .zig .sol .jsonc .json5"""
_LEADERS = {
    rb"\#": _HASH,
    rb"//": _SLASHES,
    rb"--": ".sql .lua .hs .elm",
    rb"<!--": ".md .html .htm .xml .vue .svelte .svg",
    rb";": ".ini .cfg .asm .clj .lisp .el",
    rb"/\*": ".css .scss .less .c .h",
}
"""How a comment begins, and the endings (or whole names) of files that have such comments, in lower case."""

_REST = rb"""
    [ \t]*ag2obs:allow
    (?:[ \t]+(?P<rules>[\w.\-]+(?:,[ \t]*[\w.\-]+)*))?
    [ \t]*(?:-->|\*/)?[ \t]*\r?\Z
"""


class AllowComments:
    """The comments of one file, which is given piece by piece."""

    def __init__(self, path: str) -> None:
        """Look at the file's name; the file itself is not opened."""
        leaders = _leaders_of(path)
        self._pattern = _compiled(leaders) if leaders else None
        self._line_before = b""
        """The last line of the piece before."""

    def allow(self, data: bytes, start: int, rule: str) -> bool:
        """Return whether a comment allows the finding of ``rule`` at ``data[start]``.

        It stands at the end of that line, or is all there is on the line before.
        """
        if self._pattern is None or (b"ag2obs:allow" not in data and not self._line_before):
            return False
        line_start = data.rfind(b"\n", 0, start) + 1
        if self._allows(_line_at(data, line_start), rule, alone=False):
            return True
        if line_start == 0:
            return self._allows(self._line_before, rule, alone=True)
        return self._allows(_line_at(data, data.rfind(b"\n", 0, line_start - 1) + 1), rule, alone=True)

    def go_on(self, data: bytes) -> None:
        """Remember what the piece that follows ``data`` needs."""
        self._line_before = b""
        if self._pattern is not None and data.endswith(b"\n"):
            last = _line_at(data, data.rfind(b"\n", 0, len(data) - 1) + 1)
            self._line_before = last if b"ag2obs:allow" in last else b""

    def _allows(self, line: bytes, rule: str, *, alone: bool) -> bool:
        if self._pattern is None or len(line) > _LONGEST_LINE or is_json_document(line):
            return False
        comment = self._pattern.search(line)
        if comment is None or (alone and line[: comment.start()].strip()):
            return False
        return comment["rules"] is None or rule.encode() in re.split(rb",[ \t]*", comment["rules"])


def has_comments(path: str) -> bool:
    """Return whether a file's name says that comments in it may allow findings."""
    return bool(_leaders_of(path))


def _line_at(data: bytes, start: int) -> bytes:
    end = data.find(b"\n", start, start + _LONGEST_LINE + 1)
    return data[start : start + _LONGEST_LINE + 1 if end < 0 else end]


def _leaders_of(path: str) -> tuple[bytes, ...]:
    name = os.path.basename(path).lower()
    ending = os.path.splitext(name)[1] or name
    if name.startswith(".env"):
        ending = ".env"  # .env.local and its like
    return tuple(leader for leader, endings in _LEADERS.items() if ending in endings.split())


@functools.cache
def _compiled(leaders: tuple[bytes, ...]) -> re.Pattern[bytes]:
    return re.compile(rb"(?:\A|(?<=[ \t]))(?:" + rb"|".join(leaders) + rb")" + _REST, re.VERBOSE)
