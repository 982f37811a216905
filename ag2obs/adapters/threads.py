"""Carries the session into threads and executors for what user code records there, whatever frameworks there are."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from ag2obs.adapters import context_propagation
from ag2obs.adapters.patches import Patches

if TYPE_CHECKING:
    from ag2obs.routing import Anchor
    from ag2obs.session import Session


class ThreadsAdapter:
    """Stands in for the adapter of a framework where ``ag2obs.trace`` is used without one."""

    def __init__(self) -> None:
        self._patches = Patches()

    def install(self) -> None:
        """Make threads and executors carry the session."""
        context_propagation.install(self._patches)

    def uninstall(self) -> None:
        """Put them back."""
        self._patches.restore()

    def carrying(self, anchor: Anchor) -> AbstractContextManager[None]:
        """Carry nothing beside the context variable."""
        return nullcontext()

    def carried_session(self) -> Session | None:
        """Return None: nothing is carried."""
        return None
