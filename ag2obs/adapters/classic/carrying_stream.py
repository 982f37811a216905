"""Carries the session on AG2's IOStream, for those who switched the propagation into threads off.

AG2 hands the IOStream of an async chat to its executor itself, so a session on it arrives there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ag2obs.routing import Anchor
from ag2obs.session import Session


class CarryingStream:
    """The user's IOStream with a session on it; everything is delegated."""

    def __init__(self, stream: Any, anchor: Anchor) -> None:
        self.ag2obs_stream = stream
        self.ag2obs_anchor = anchor

    def __getattr__(self, name: str) -> Any:
        return getattr(self.ag2obs_stream, name)


@contextmanager
def carrying(anchor: Anchor) -> Iterator[None]:
    """Put ``anchor`` on the context's IOStream."""
    from autogen.io.base import IOStream

    with IOStream.set_default(CarryingStream(IOStream.get_default(), anchor)):
        yield


def carried_session() -> Session | None:
    """Return the session on the context's IOStream, or None."""
    from autogen.io.base import IOStream

    anchor = getattr(IOStream._default_io_stream.get(), "ag2obs_anchor", None)
    return anchor.session if isinstance(anchor, Anchor) else None
