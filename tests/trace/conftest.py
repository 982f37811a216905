"""What the tests of ``ag2obs.trace`` share: a log to write to and to read back."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ag2obs import Settings, ag2_logging_session
from ag2obs.logging_session import LoggingSession
from ag2obs.process import PROCESS, REAPER
from ag2obs.trace import configure

OWN = ("session.start", "session.end")


class Log:
    """The log of a test."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def settings(self, **changes: Any) -> Settings:
        """Return settings that write here. AG2 need not be patched for what user code records."""
        return Settings.from_environment({}, dotenv=False, enabled=True, log_file=str(self.path), **changes)

    def session(self, chat_id: str = "chat", *, content: str = "full", **options: Any) -> LoggingSession:
        """Return a session that writes here."""
        return ag2_logging_session(chat_id, "trace", settings=self.settings(content=content), **options)

    def all(self) -> list[dict[str, Any]]:
        """Return every event on file."""
        return [msgspec.json.decode(line) for line in self.path.read_bytes().splitlines() if line]

    def events(self, kind: str | None = None, **fields: Any) -> list[dict[str, Any]]:
        """Return what user code recorded: of one kind or all, and with these fields."""
        return [
            event
            for event in self.all()
            if (kind or event["kind"]) == event["kind"]
            and (kind is not None or event["kind"] not in OWN)
            and all(event.get(name) == value for name, value in fields.items())
        ]

    def one(self, kind: str | None = None, **fields: Any) -> dict[str, Any]:
        """Return the only such event."""
        (event,) = self.events(kind, **fields)
        return event


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """A log file of the test's own."""
    return Log(tmp_path / "log.jsonl")


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Finish every session of a test, and see that nothing of ours failed."""
    PROCESS.guard.failures.clear()
    PROCESS.guard._told.clear()
    yield
    configure()
    gc.collect()
    REAPER.finish_all()
    assert PROCESS.sessions == {}
    assert not PROCESS.guard.failures
