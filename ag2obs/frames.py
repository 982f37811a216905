"""Where in a user's program something happened: names of modules and functions, never a path, a source text or a local.

Frames of ag2obs itself are left out.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator
from types import CodeType, FrameType

_MOST_FRAMES = 50
_OUTERMOST = 10
"""How many of them are the outermost ones, which tell who started a recursion."""

_MOST_LOOKED_AT = 100
"""Frames above a call that are looked at: more of them are in no logging library."""


def innermost(error: BaseException) -> tuple[str | None, int | None]:
    """Return ``package.module:function`` and line of where ``error`` came from; None where it was not raised yet."""
    found: tuple[FrameType, int] | None = None
    for frame, line in _frames(error):
        found = frame, line
    return (None, None) if found is None else (_place(found[0]), found[1])


def stack(error: BaseException) -> list[str]:
    """Return ``module:function:line`` of the frames that ``error`` passed, outermost first, at most 50."""
    first: list[str] = []
    last: deque[str] = deque(maxlen=_MOST_FRAMES - _OUTERMOST - 1)
    count = 0
    for frame, line in _frames(error):
        count += 1
        if len(first) < _OUTERMOST:
            first.append(f"{_place(frame)}:{line}")
        else:
            last.append(f"{_place(frame)}:{line}")
    left_out = count - len(first) - len(last)
    return [*first, *([f"<cut: {left_out} more>"] if left_out else []), *last]


def caller(skipped: tuple[str, ...] = ()) -> str | None:
    """Return ``file.py:LINE function`` of the call that led here, above ag2obs and the packages ``skipped``."""
    frame: FrameType | None = sys._getframe(1)
    for _ in range(_MOST_LOOKED_AT):
        if frame is None:
            return None
        name = _module(frame)
        if not _is_of("ag2obs", name) and not any(_is_of(package, name) for package in skipped):
            return f"{_file(frame.f_code)}:{frame.f_lineno} {frame.f_code.co_name}"
        frame = frame.f_back
    return None


def definition(code: CodeType) -> str:
    """Return ``file.py:LINE function`` of where a function is defined."""
    return f"{_file(code)}:{code.co_firstlineno} {code.co_name}"


def _frames(error: BaseException) -> Iterator[tuple[FrameType, int]]:
    traceback = error.__traceback__
    while traceback is not None:
        frame = traceback.tb_frame
        if not _is_of("ag2obs", _module(frame)):
            yield frame, traceback.tb_lineno or frame.f_code.co_firstlineno
        traceback = traceback.tb_next


def _place(frame: FrameType) -> str:
    return f"{_module(frame)}:{frame.f_code.co_qualname}"


def _module(frame: FrameType) -> str:
    # Globals may be a dict subclass, whose methods are the user's.
    name = dict.get(frame.f_globals, "__name__")
    return name if type(name) is str else "?"


def _is_of(package: str, module: str) -> bool:
    return module == package or (module.startswith(package) and module.startswith(f"{package}."))


def _file(code: CodeType) -> str:
    return code.co_filename.replace("\\", "/").rpartition("/")[2]
