"""What ``ag2obs demo`` needs to know of a workflow that it can run: one story for each framework."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ag2obs.testing import Reply


@dataclass(frozen=True)
class Story:
    """A workflow for the demo; ``demo.STORIES`` has one for each framework."""

    framework: str
    """Its name in sentences."""
    told: str
    """The sentence that says what ran."""
    replies: Sequence[Reply]
    """What the model server answers, in the order of the requests."""
    import_framework: Callable[[], None]
    """Imports what ``run`` needs; raises ImportError where something is missing or too old."""
    run: Callable[[str, str, str | None], None]
    """Runs the workflow against the model server at a URL, with a key that is planted in it, and with one model for all
    agents or, for None, with models of its own."""
