import copy
import dataclasses
import errno
import os
import pickle
import re
from decimal import Decimal
from pathlib import Path

import pytest

from ag2obs.errors import SettingsError
from ag2obs.settings import VARIABLES, Settings, Variable

ROOT = Path(__file__).parent.parent


def read(environ=None, **overrides):
    return Settings.from_environment(environ or {}, **overrides)


@pytest.fixture
def dotenv(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(text, *, encoding="utf-8"):
        (tmp_path / ".env").write_text(text, encoding=encoding)

    return write


@pytest.mark.parametrize("value", ["true", "1", "on", "yes", "enabled", "file", "TRUE", " On "])
def test_words_that_switch_logging_on(value):
    assert read({"AG2_RUNTIME_LOGGING": value}).enabled is True


@pytest.mark.parametrize("value", ["false", "0", "off", "no", "disabled", "none", "NO", "", "  "])
def test_words_that_leave_logging_off(value):
    assert read({"AG2_RUNTIME_LOGGING": value}).enabled is False


def test_logging_is_off_by_default():
    assert read().enabled is False


@pytest.mark.parametrize("value", ["n", "never", "maybe", "2", "sqlite"])
def test_a_word_that_is_neither_is_refused_with_what_is_allowed(value):
    with pytest.raises(SettingsError) as caught:
        read({"AG2_RUNTIME_LOGGING": value})
    text = str(caught.value)
    assert "AG2_RUNTIME_LOGGING" in text
    assert repr(value) in text
    assert "enabled or file" in text
    assert "disabled or none" in text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AG2OBS_CONTENT", "some"),
        ("AG2OBS_CONTENT_TOOLS", "search"),
        ("AG2OBS_CONTENT_TOOLS", "search=some"),
        ("AG2OBS_CONTENT_TOOLS", "=off"),
        ("AG2OBS_CONTENT_TOOLS", "db_*=off"),
        ("AG2OBS_CONTENT_TOOLS", "a=off,a=full"),
        ("AG2OBS_BUDGET_USD", "$5"),
        ("AG2OBS_BUDGET_USD", "-1"),
        ("AG2OBS_BUDGET_USD", "NaN"),
        ("AG2OBS_BUDGET_USD", "Infinity"),
        ("AG2OBS_BUDGET_TOKENS", "1.5"),
        ("AG2OBS_BUDGET_TOKENS", "-1"),
        ("AG2OBS_BUDGET_ON_EXCEED", "explode"),
        ("AG2OBS_LOG_MAX_BYTES", "200 parsecs"),
        ("AG2OBS_LOG_MAX_BYTES", "-5MB"),
        ("AG2OBS_LOG_MAX_BYTES", "0.5"),
        ("AG2OBS_LOG_BACKUPS", "0"),
        ("AG2OBS_RETENTION_DAYS", "soon"),
        ("AG2OBS_RETENTION_COUNT", "0"),
        ("AG2OBS_LOG_COMPRESSION", "lz4"),
        ("AG2OBS_PII", "email,shoe size"),
        ("AG2OBS_DEBUG", "file"),
        ("AG2OBS_PROPAGATE_CONTEXT", "2"),
        ("AG2OBS_LATE_SECONDS", "inf"),
        ("AG2OBS_LATE_SECONDS", "nan"),
        ("AG2OBS_PROMETHEUS_PORT", "65536"),
        ("AUTOGEN_RUNTIME_LOGGING", "sqlite"),
    ],
)
def test_an_unknown_value_names_its_variable_and_itself(name, value):
    with pytest.raises(SettingsError, match=f"^{name} is {re.escape(repr(value))}, which is not allowed; use "):
        read({name: value})


def test_a_key_pasted_into_the_wrong_variable_is_not_shown():
    key = "sk-" + "proj-" + "A1b2" * 12
    with pytest.raises(SettingsError) as caught:
        read({"AG2OBS_BUDGET_USD": key})
    assert key[:12] not in str(caught.value)
    assert f"{len(key)} characters" in str(caught.value)


def test_a_sensitive_variable_is_never_shown():
    def refuse(text):
        return VARIABLES[0].parse("junk")

    with pytest.raises(SettingsError) as caught:
        Variable("X_TOKEN", "enabled", "", refuse, "", sensitive=True).value("hunter2", "X_TOKEN")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1000", 1000),
        ("200MB", 200_000_000),
        ("1GiB", 2**30),
        ("1.5 kib", 1536),
        ("2k", 2000),
        ("7B", 7),
        ("1tb", 10**12),
        ("0", 0),
    ],
)
def test_sizes(text, size):
    assert read({"AG2OBS_LOG_MAX_BYTES": text}).log_max_bytes == size


def test_money_is_an_exact_decimal_also_from_a_float_argument():
    assert read({"AG2OBS_BUDGET_USD": "0.10"}).budget_usd == Decimal("0.10")
    assert read(budget_usd=0.1).budget_usd == Decimal("0.1")


def test_kinds_of_personal_data_are_a_tuple_without_repeats():
    assert read({"AG2OBS_PII": "email, PHONE,email,"}).pii == ("email", "phone")


def test_levels_of_tools_are_pairs_however_they_are_given():
    pairs = ("search=off", "*=preview")
    assert read({"AG2OBS_CONTENT_TOOLS": " search = OFF, *=preview,"}).content_tools == pairs
    assert Settings(content_tools=pairs).content_tools == pairs
    assert read(content_tools=pairs).snapshot()["content_tools"] == list(pairs)


def test_argument_wins_over_environment_over_dotenv_over_default(dotenv):
    dotenv("AG2OBS_CONTENT=preview\nAG2OBS_LOG_BACKUPS=3\nAG2OBS_LATE_SECONDS=5\n")
    settings = read({"AG2OBS_CONTENT": "off", "AG2OBS_LOG_BACKUPS": "4"}, content="full")
    assert (settings.content, settings.log_backups, settings.late_seconds) == ("full", 4, 5.0)
    assert settings.log_max_bytes == 200_000_000


def test_an_empty_value_is_unset_everywhere(dotenv):
    dotenv("AG2OBS_CONTENT=preview\nAG2OBS_DEBUG=\n")
    settings = read({"AG2OBS_CONTENT": ""}, content="")
    assert settings.content == "preview"
    assert settings.debug is False


def test_an_empty_list_argument_overrides_the_environment():
    assert read({"AG2OBS_PII": "email"}, pii=()).pii == ()


def test_dotenv_is_found_upwards_and_never_enters_the_environment(dotenv, tmp_path, monkeypatch):
    dotenv("AG2_RUNTIME_LOGGING=on\nSOME_SERVICE_PASSWORD=hunter2-hunter2\n")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    settings = Settings.from_environment()
    assert settings.enabled is True
    assert settings.dotenv["SOME_SERVICE_PASSWORD"] == "hunter2-hunter2"
    assert "SOME_SERVICE_PASSWORD" not in os.environ
    assert "AG2_RUNTIME_LOGGING" not in os.environ


def test_a_folder_above_that_may_not_be_looked_into_has_no_dotenv(dotenv, tmp_path, monkeypatch):
    dotenv("AG2_RUNTIME_LOGGING=on\n")
    closed = tmp_path / "closed"
    (closed / "below").mkdir(parents=True)
    monkeypatch.chdir(closed / "below")

    def is_file(path):
        if path.parent == closed:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return os.path.isfile(path)

    monkeypatch.setattr(Path, "is_file", is_file)
    assert Settings.from_environment().enabled is True


def test_dotenv_can_be_left_out(dotenv):
    dotenv("AG2_RUNTIME_LOGGING=on\n")
    settings = read(dotenv=False)
    assert settings.enabled is False
    assert dict(settings.dotenv) == {}


def test_secrets_of_dotenv_show_in_no_repr_snapshot_or_field_dump(dotenv):
    dotenv("SOME_SERVICE_PASSWORD=hunter2-hunter2\n")
    settings = read()
    shown = [
        repr(settings),
        str(settings.snapshot()),
        repr(dataclasses.asdict(settings)),
        repr(vars(settings)),
    ]
    assert all("hunter2" not in text for text in shown)


def test_settings_are_copied_pickled_and_replaced(dotenv):
    dotenv("SOME_SERVICE_PASSWORD=hunter2-hunter2\n")
    settings = read(content="off")
    assert copy.deepcopy(settings) == settings == pickle.loads(pickle.dumps(settings))
    changed = dataclasses.replace(settings, content="preview")
    assert (changed.content, changed.dotenv) == ("preview", settings.dotenv)
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.content = "full"


def test_a_dotenv_that_is_no_text_gives_a_notice_and_not_an_error(dotenv):
    dotenv("AG2_RUNTIME_LOGGING=on\n# caf\xe9\n", encoding="latin-1")
    settings = read()
    assert settings.enabled is False
    assert re.search(r"\.env cannot be read \(UnicodeDecodeError\)", settings.notices[0])


def test_the_environment_is_read_at_the_call(monkeypatch):
    assert Settings.from_environment().enabled is False
    monkeypatch.setenv("AG2_RUNTIME_LOGGING", "1")
    assert Settings.from_environment().enabled is True


def test_old_names_work_with_one_notice_each_that_names_the_new_one():
    settings = read({"AUTOGEN_RUNTIME_LOGGING": "file", "AUTOGEN_RUNTIME_LOG_FILE": "/x/old.log"})
    assert settings.enabled is True
    assert settings.log_file == "/x/old.log"
    assert len(settings.notices) == 2
    assert "AG2_RUNTIME_LOGGING" in settings.notices[0].split("use ")[1]
    assert "AG2_RUNTIME_LOG_FILE" in settings.notices[1].split("use ")[1]


def test_a_new_name_silences_the_old_one_wherever_it_is_set(dotenv):
    dotenv("AG2_RUNTIME_LOGGING=off\n")
    settings = read({"AUTOGEN_RUNTIME_LOGGING": "file"})
    assert settings.enabled is False
    assert settings.notices == ()


def test_the_log_file_follows_the_base_folder_unless_set():
    assert read().log_file == str(Path("logs/logs/ag2_runtime.log"))
    assert read({"LOGS_BASE_DIR": "/app/logs"}).log_file == str(Path("/app/logs/ag2_runtime.log"))
    both = read({"LOGS_BASE_DIR": "/app/logs", "AG2_RUNTIME_LOG_FILE": "here/{chat_id}.log"})
    assert both.log_file == "here/{chat_id}.log"


def test_home_is_expanded_in_paths(monkeypatch):
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.setenv("USERPROFILE", "/home/someone")
    settings = read({"AG2OBS_PRICES": "~/prices.toml", "AG2_RUNTIME_LOG_FILE": "~/{date}.log"})
    assert settings.prices == Path("/home/someone/prices.toml")
    assert settings.log_file == "/home/someone/{date}.log"


def test_built_by_hand_is_checked_and_parsed_too():
    settings = Settings(enabled=True, budget_usd="0.5", prices="p.toml", pii=["email"], log_max_bytes="1kB")
    assert settings.budget_usd == Decimal("0.5")
    assert settings.prices == Path("p.toml")
    assert settings.pii == ("email",)
    assert settings.log_max_bytes == 1000
    with pytest.raises(SettingsError, match="settings content is 'of'"):
        Settings(content="of")


def test_an_unknown_field_is_refused_with_the_nearest_one():
    with pytest.raises(SettingsError, match="no field 'contents'; did you mean 'content'"):
        read(contents="off")


def test_snapshot_is_plain_and_holds_what_is_set():
    settings = read(budget_usd="0.50", prices="p.toml", pii="email")
    snapshot = settings.snapshot()
    assert snapshot["budget_usd"] == "0.50"
    assert snapshot["prices"] == "p.toml"
    assert snapshot["pii"] == ["email"]
    assert "retention_days" not in snapshot
    assert "dotenv" not in snapshot


def test_every_default_of_the_table_is_the_default_of_its_field():
    defaults = Settings()
    for variable in VARIABLES:
        value = getattr(defaults, variable.field)
        if variable.default:
            assert variable.parse(variable.default) == value, variable.name
        else:
            assert value in (None, ()), variable.name


def test_the_table_covers_every_field_once():
    fields = {field.name for field in dataclasses.fields(Settings)} - {"notices", "dotenv"}
    assert sorted(variable.field for variable in VARIABLES) == sorted(fields)
    assert all(variable.doc.endswith(".") for variable in VARIABLES)


def test_the_example_names_exactly_the_variables_and_every_line_parses():
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    lines = re.findall(r"^# ([A-Z0-9_]+)=(.*)$", text, re.MULTILINE)
    assert [name for name, _ in lines] == [variable.name for variable in VARIABLES]
    read(dict(lines))
    for variable in VARIABLES:
        assert variable.doc.split(". The default")[0].rstrip(".") in text, variable.name
