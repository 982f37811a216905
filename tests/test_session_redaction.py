"""Each session masks what its own settings ask for, and knows the secrets that the others have learned."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from ag2obs import ag2_logging_session
from ag2obs.errors import SettingsError
from ag2obs.events import Event
from ag2obs.session import Session
from ag2obs.settings import Settings

_RULES = """
names = ["badge_number"]
allow = ["sandbox-password-1"]
[[rules]]
id = "acme-session"
pattern = 'acs_[A-Za-z0-9]{24}'
example = "acs_<24 a>"
counter_example = "acs_overview"
"""
_TOKEN = "acs_" + "aB3dE6" * 4
_TEXT = f'bob@mail.example.com, badge_number="x71", {_TOKEN}, password="sandbox-password-1", hunter2-hunter2'


def _settings(folder: Path, name: str, **fields: Any) -> Settings:
    return Settings.from_environment({}, dotenv=False, enabled=True, log_file=str(folder / f"{name}.log"), **fields)


def _say(session: Session) -> str:
    assert session.log_path is not None
    session.record(Event(kind="message", content=_TEXT))
    return session.log_path.read_text(encoding="utf-8").splitlines()[-1]


def test_sessions_with_different_settings_at_one_time(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(_RULES, encoding="utf-8")
    with (
        caplog.at_level(logging.WARNING, "ag2obs"),
        ag2_logging_session("a", "w", settings=_settings(tmp_path, "plain")) as plain,
        ag2_logging_session("bob@mail.example.com", "w", settings=_settings(tmp_path, "pii", pii="email")) as pii,
        ag2_logging_session("c", "w", settings=_settings(tmp_path, "rules", rules=rules)) as own,
    ):
        pii.learn({"api_key": "hunter2-hunter2"})
        said = {name: _say(session) for name, session in (("plain", plain), ("pii", pii), ("own", own))}
    kept = {
        name: [secret for secret in ("bob@mail", "x71", _TOKEN, "sandbox-password-1", "hunter2") if secret in line]
        for name, line in said.items()
    }
    assert kept == {
        "plain": ["bob@mail", "x71", _TOKEN],
        "pii": ["x71", _TOKEN],
        "own": ["bob@mail", "sandbox-password-1"],
    }
    assert "no effect" not in caplog.text
    assert "bob@mail" not in (tmp_path / "pii.log").read_text(encoding="utf-8")


def test_rules_that_cannot_be_used_are_told_at_entry(tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(_RULES.replace("{24}", "{24}("), encoding="utf-8")
    settings = _settings(tmp_path, "x", rules=rules)
    with pytest.raises(SettingsError, match="line 6"), ag2_logging_session("a", "w", settings=settings):
        raise AssertionError("the block must not run")
