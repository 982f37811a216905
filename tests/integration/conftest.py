"""What the integration tests share: a model server, a log to write to and to read back."""

from __future__ import annotations

import functools
import gc
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ag2obs import Settings
from ag2obs.process import PROCESS, REAPER
from ag2obs.testing import ModelServer


@pytest.fixture
def server() -> Iterator[ModelServer]:
    """A model server; its steering by text needs no script."""
    with ModelServer() as running:
        yield running


@pytest.fixture(autouse=True, scope="session")
def one_set_of_certificates() -> Iterator[None]:
    """Load the machine's certificates once: every OpenAI client does, and it is most of the cost of an agent."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", functools.cache(ssl.create_default_context))
        yield


@pytest.fixture(autouse=True, scope="session")
def what_is_imported_stays() -> None:
    """Keep the garbage collector from walking through the frameworks after every test: that takes longer than most."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def nobody_at_the_keyboard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer every request for human input with ``exit``, which ends a chat."""
    monkeypatch.setattr("builtins.input", lambda prompt="": "exit")


@pytest.fixture(autouse=True)
def no_download_of_tokenizers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ag2 0.9.10 count the tokens of a stream offline: it does by tiktoken, which would fetch its files.

    The tests of AG2 v1 run where autogen is not installed, or not imported.
    """
    if client := sys.modules.get("autogen.oai.client"):
        monkeypatch.setattr(client, "count_token", lambda messages, model: 7, raising=False)


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Finish every session of a test, and see that the frameworks are as they were."""
    PROCESS.unattributed = 0
    PROCESS.guard.failures.clear()
    yield
    finish()
    assert PROCESS.sessions == {}
    assert PROCESS.adapters == []
    assert not PROCESS.guard.failures


def finish() -> None:
    """End the grace of every session that was left."""
    gc.collect()
    REAPER.finish_all()


class Log:
    """The log of a test."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def settings(self, **changes: Any) -> Settings:
        """Return settings that write here."""
        return Settings.from_environment({}, dotenv=False, enabled=True, log_file=str(self.path), **changes)

    def events(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Return the events on file, of one kind or all; every line has to be one."""
        lines = [msgspec.json.decode(line) for line in self.path.read_bytes().splitlines() if line]
        return [event for event in lines if kind in (None, event["kind"])]

    def text_of(self, identity: str) -> str:
        """Return the content a message id stands for."""
        event = next(event for event in self.events() if event.get("id") == identity)
        if "content_of" in event:
            return self.text_of(event["content_of"])
        return str(event.get("content", event.get("result")))


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """A log file of the test's own."""
    return Log(tmp_path / "log.jsonl")
