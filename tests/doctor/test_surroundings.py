"""The checks of settings, logs, prices, tokens and extras."""

import os
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from ag2obs.doctor import Status, extras, logs, prices_and_tokens
from ag2obs.events import Event, encode

TODAY = date(2026, 11, 21)


def told(results):
    """Return status, sentence and fix of each result."""
    return [(each.status, each.sentence, each.fix) for each in results]


def test_a_wrong_setting_is_a_problem_that_only_one_check_tells(monkeypatch):
    monkeypatch.setenv("AG2OBS_LOG_BACKUPS", "many")
    ((status, sentence, _),) = told(logs.settings())
    assert status is Status.PROBLEM
    assert sentence.startswith("AG2OBS_LOG_BACKUPS is 'many'")
    assert [*logs.rights(), *logs.disk()] == []
    ((status, *_),) = told(prices_and_tokens.own_prices())
    assert status is Status.PROBLEM


def test_old_names_of_settings_are_told(monkeypatch):
    monkeypatch.setenv("AUTOGEN_RUNTIME_LOGGING", "true")
    warning, ok = told(logs.settings())
    assert warning[0] is Status.WARNING
    assert "logging is on" in ok[1]


def test_a_log_that_others_can_read_is_told_with_what_closes_it():
    log = Path("logs/logs/ag2_runtime.log")
    log.parent.mkdir(parents=True)
    log.write_bytes(encode(Event(v=1, ts="2026-11-21T08:00:00.000000Z", kind="session.start", session="s")) + b"\n")
    log.chmod(0o644)
    log.parent.chmod(0o755)
    ok, folder, file = told(logs.rights())
    assert ok[0] is Status.OK
    assert folder[0] is file[0] is Status.WARNING
    assert folder[2] == f"chmod 700 {log.parent.absolute()}"
    assert file[2] == f"chmod 600 {log.absolute()}"
    log.chmod(0o600)
    log.parent.chmod(0o700)
    assert [each[0] for each in told(logs.rights())] == [Status.OK]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_not_writable_is_a_problem():
    Path("logs").mkdir(mode=0o500)
    ((status, _, fix),) = told(logs.rights())
    assert (status, fix) == (Status.PROBLEM, f"chmod u+wx {Path('logs').absolute()}")


def test_a_file_in_the_place_of_the_folder_is_a_problem():
    Path("logs").write_text("")
    ((status, sentence, _),) = told(logs.rights())
    assert status is Status.PROBLEM
    assert "is not a folder" in sentence


@pytest.mark.parametrize(("free", "status"), [(10**7, Status.PROBLEM), (10**9, Status.WARNING), (10**11, Status.OK)])
def test_free_disk(monkeypatch, free, status):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=free))
    ((found, *_),) = told(logs.disk())
    assert found is status


def test_an_old_price_list_is_told(tmp_path):
    data = tmp_path / "data.py"
    data.write_text("'as of 2026-10-14', datetime.date(2026, 11, 2), date(2027, 1, 1), '2026-13-45'")
    assert prices_and_tokens.newest_day(data.read_text(), TODAY) == date(2026, 11, 2)
    ((status, sentence, _),) = told(prices_and_tokens.list_prices(TODAY, data))
    assert status is Status.OK
    assert "data up to 2026-11-02" in sentence
    ((status, _, fix),) = told(prices_and_tokens.list_prices(date(2027, 4, 2), data))
    assert (status, fix) == (Status.WARNING, "pip install -U genai-prices")


def test_the_installed_price_list_has_a_date():
    ((status, sentence, _),) = told(prices_and_tokens.list_prices())
    assert status is not Status.PROBLEM
    assert "data up to 20" in sentence


def test_own_prices_that_cannot_be_read_are_a_problem(monkeypatch):
    monkeypatch.setenv("AG2OBS_PRICES", "missing.toml")
    ((status, sentence, _),) = told(prices_and_tokens.own_prices())
    assert status is Status.PROBLEM
    assert "missing.toml" in sentence


def test_missing_tokenizer_files_are_told_and_nothing_is_loaded(monkeypatch, tmp_path):
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    ((status, _, fix),) = told(prices_and_tokens.tokenizers())
    if status is Status.WARNING:  # bpe-openai counts without files
        assert "tiktoken.get_encoding('o200k_base')" in fix
    assert list(tmp_path.iterdir()) == []


def test_extras_are_told_with_what_is_missing():
    found = told(
        extras.extras(
            [
                "click>=8",
                'msgspec>=0.19; extra == "here"',
                "no-such-package>=1; python_version < '3.14' and extra == 'there'",
            ]
        )
    )
    assert found == [
        (Status.OK, "the extra 'here' is installed", None),
        (Status.OK, "the extra 'there' is not installed (no-such-package missing)", "pip install 'ag2obs[there]'"),
    ]
