"""Settings: one typed table of variables, and the frozen object that a session reads them into.

Argument > environment > ``.env`` > default. Nothing is read at import; ``Settings.from_environment()`` reads
at the moment it is called. The table in the README and ``.env.example`` follow ``VARIABLES``.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from ag2obs.errors import SettingsError
from ag2obs.setting_values import (
    RefusedValueError,
    choice,
    choices,
    levels_by_name,
    money,
    path,
    seconds,
    size,
    switch,
    template,
    whole,
)

CONTENT = ("full", "preview", "off")
ON_EXCEED = ("warn", "throttle", "stop")
LOG_COMPRESSION = ("none", "gzip", "zstd")
PII_KINDS = ("email", "phone", "card", "iban")
LOG_NAME = "ag2_runtime.log"

ECHO_CHARACTERS = 24
"""A refused value longer than this is described, not shown: it may be a key pasted into the wrong line."""


class DotenvValues(Mapping[str, str]):
    """The entries of a ``.env`` file. Its repr tells only how many there are, because they hold secrets."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = dict(values or {})

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<{len(self._values)} entries>"


@dataclass(frozen=True)
class Variable:
    """One row of the table: an environment variable and the field of ``Settings`` that holds it."""

    name: str
    field: str
    default: str
    """As one would write it in the environment; empty where there is none."""
    parse: Callable[[str], object]
    """Turns a stripped text that is not empty into the field's value, or raises ``RefusedValueError``."""
    doc: str
    legacy: str | None = None
    """An old name that is read when the new one is unset."""
    sensitive: bool = False
    """Its value is never shown, not even in an error."""

    def value(self, given: object, source: str) -> object:
        """Return the value for what ``source`` gave; raises ``SettingsError`` naming ``source``."""
        try:
            return self.parse(_text(given))
        except RefusedValueError as refusal:
            shown = repr(given) if isinstance(given, str) else str(given)
            if self.sensitive or len(shown) > ECHO_CHARACTERS + 2:
                shown = f"a value of {len(_text(given))} characters"
            raise SettingsError(f"{source} is {shown}, which is not allowed; use {refusal}") from None


def _text(given: object) -> str:
    """Return a typed argument as it would be written in the environment."""
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, (tuple, list, set, frozenset)):
        return ",".join(str(item) for item in given)
    return str(given).strip()


VARIABLES: tuple[Variable, ...] = (
    Variable(
        "AG2_RUNTIME_LOGGING",
        "enabled",
        "false",
        switch("file"),
        "Switch logging on: true, 1, on, yes, enabled or file; false, 0, off, no, disabled or none.",
        legacy="AUTOGEN_RUNTIME_LOGGING",
    ),
    Variable(
        "AG2_RUNTIME_LOG_FILE",
        "log_file",
        f"logs/logs/{LOG_NAME}",
        template,
        "The log file; {session_id} {chat_id} {workflow} {date} {pid} in it give every session its own file. "
        f"The default is $LOGS_BASE_DIR/{LOG_NAME} where LOGS_BASE_DIR is set.",
        legacy="AUTOGEN_RUNTIME_LOG_FILE",
    ),
    Variable("LOGS_BASE_DIR", "logs_base_dir", "", path, "Folder of the log file unless that is set itself."),
    Variable(
        "AG2OBS_CONTENT",
        "content",
        "full",
        choice(CONTENT),
        "What of messages, tool arguments and results is stored: full, preview (200 characters) or off.",
    ),
    Variable(
        "AG2OBS_CONTENT_TOOLS",
        "content_tools",
        "",
        levels_by_name(CONTENT),
        "The same for the calls of single tools, such as search=off,read_file=preview; * is every other tool.",
    ),
    Variable("AG2OBS_BUDGET_USD", "budget_usd", "", money, "What one session may cost, in US dollars."),
    Variable("AG2OBS_BUDGET_TOKENS", "budget_tokens", "", whole(0), "How many tokens one session may use."),
    Variable(
        "AG2OBS_BUDGET_ON_EXCEED",
        "budget_on_exceed",
        "warn",
        choice(ON_EXCEED),
        "What happens at the budget: warn, throttle (calls wait) or stop (the next call is refused).",
    ),
    Variable(
        "AG2OBS_PRICES",
        "prices",
        "",
        path,
        "File of own prices, model aliases (Azure deployments) and models declared free.",
    ),
    Variable(
        "AG2OBS_SESSION_DIR",
        "session_dir",
        "",
        path,
        "Folder in which every session gets a folder of status and result files.",
    ),
    Variable(
        "AG2OBS_LOG_MAX_BYTES",
        "log_max_bytes",
        "200MB",
        size,
        "Size at which the log file is rotated, such as 200MB or 1GiB; 0 never rotates.",
    ),
    Variable("AG2OBS_LOG_BACKUPS", "log_backups", "10", whole(1), "How many rotated files are kept."),
    Variable(
        "AG2OBS_RETENTION_DAYS",
        "retention_days",
        "",
        whole(1),
        "Days after which rotated files are deleted, and logs that sessions have of their own.",
    ),
    Variable(
        "AG2OBS_RETENTION_COUNT",
        "retention_count",
        "",
        whole(1),
        "How many logs are kept where sessions have logs of their own; the newest stay.",
    ),
    Variable(
        "AG2OBS_LOG_COMPRESSION",
        "log_compression",
        "none",
        choice(LOG_COMPRESSION),
        "How rotated files are compressed: none, gzip or zstd.",
    ),
    Variable("AG2OBS_RULES", "rules", "", path, "File of own redaction rules, sensitive names and allowed values."),
    Variable(
        "AG2OBS_PII",
        "pii",
        "",
        choices(PII_KINDS),
        f"Kinds of personal data to mask too, separated by commas: {', '.join(PII_KINDS)}.",
    ),
    Variable(
        "AG2OBS_PATCH",
        "patch",
        "true",
        switch(),
        "Whether methods of AG2 are replaced while sessions are open; without, AG2 v1 agents are observed by "
        "ag2obs.adapters.v1.plugin() alone, and AG2 Classic is not observed.",
    ),
    Variable(
        "AG2OBS_PROPAGATE_CONTEXT",
        "propagate_context",
        "true",
        switch(),
        "Whether a session travels into the threads and executors that its block starts.",
    ),
    Variable(
        "AG2OBS_LATE_SECONDS",
        "late_seconds",
        "30",
        seconds,
        "How long work that goes on after the block is still recorded, in seconds.",
    ),
    Variable(
        "AG2OBS_PROMETHEUS_PORT",
        "prometheus_port",
        "",
        whole(1, 65535),
        "Port on 127.0.0.1 that serves metrics to Prometheus.",
    ),
    Variable(
        "AG2OBS_CACHE_DIR",
        "cache_dir",
        "",
        path,
        "Folder of the index by which commands need not read unchanged logs again; off for none. The default is the "
        "user's cache folder.",
    ),
    Variable("AG2OBS_DEBUG", "debug", "false", switch(), "Log our own workings through the logger ag2obs."),
)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a session is configured with; each field is explained by its row in ``VARIABLES``.

    A field may be given as its own type or as the text of its variable; ``SettingsError`` says what is
    allowed. ``dotenv`` holds every entry of the ``.env`` file that was read, so that the redaction can learn
    the secrets among them; it appears in no repr and in no snapshot.
    """

    enabled: bool = False
    log_file: str = ""
    logs_base_dir: Path | None = None
    content: Literal["full", "preview", "off"] = "full"
    content_tools: tuple[str, ...] = ()
    budget_usd: Decimal | None = None
    budget_tokens: int | None = None
    budget_on_exceed: Literal["warn", "throttle", "stop"] = "warn"
    prices: Path | None = None
    session_dir: Path | None = None
    log_max_bytes: int = 200_000_000
    log_backups: int = 10
    retention_days: int | None = None
    retention_count: int | None = None
    log_compression: Literal["none", "gzip", "zstd"] = "none"
    rules: Path | None = None
    pii: tuple[str, ...] = ()
    patch: bool = True
    propagate_context: bool = True
    late_seconds: float = 30.0
    prometheus_port: int | None = None
    cache_dir: Path | None = None
    debug: bool = False
    notices: tuple[str, ...] = ()
    """Sentences that the session logs once, such as that an old name of a variable is in use."""
    dotenv: Mapping[str, str] = field(default_factory=DotenvValues, repr=False, compare=False)

    def __post_init__(self) -> None:
        for variable in VARIABLES:
            given = getattr(self, variable.field)
            if given is None or not _text(given):
                value = getattr(type(self), variable.field)
            else:
                value = variable.value(given, f"settings {variable.field}")
            object.__setattr__(self, variable.field, value)
        if not self.log_file:
            base = self.logs_base_dir or Path("logs", "logs")
            object.__setattr__(self, "log_file", str(base / LOG_NAME))
        if not isinstance(self.dotenv, DotenvValues):
            object.__setattr__(self, "dotenv", DotenvValues(self.dotenv))

    @classmethod
    def from_environment(
        cls, environ: Mapping[str, str] | None = None, dotenv: bool = True, **overrides: Any
    ) -> Settings:
        """Read settings: ``overrides`` (by field, None means not given), then ``environ``, then ``.env``.

        ``environ`` defaults to ``os.environ``. The ``.env`` file is the nearest one from the working
        directory upwards; it is never written into the environment. An empty value counts as unset. Raises
        ``SettingsError`` naming the variable, its value and what is allowed, or an unknown field.
        """
        environ = os.environ if environ is None else environ
        entries, notices = _read_dotenv() if dotenv else (DotenvValues(), ())
        fields = {variable.field for variable in VARIABLES}
        for name in overrides.keys() - fields:
            import difflib  # takes longer than all the rest of this

            near = difflib.get_close_matches(name, fields, 1)
            raise SettingsError(f"settings has no field {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        values: dict[str, Any] = {}
        for variable in VARIABLES:
            given = overrides.get(variable.field)
            if given is not None and (_text(given) or isinstance(given, (tuple, list, set, frozenset))):
                values[variable.field] = given
                continue
            for name in filter(None, (variable.name, variable.legacy)):
                text = environ.get(name, "").strip() or entries.get(name, "").strip()
                if text:
                    values[variable.field] = variable.value(text, name)
                    if name == variable.legacy:
                        notices += (f"{name} is an old name; please use {variable.name} instead",)
                    break
        return cls(**values, notices=notices, dotenv=entries)

    def snapshot(self) -> dict[str, Any]:
        """Return what is in force as plain data for the log: set fields only, nothing from ``.env``."""
        plain: dict[str, Any] = {}
        for variable in VARIABLES:
            value = getattr(self, variable.field)
            if isinstance(value, (Decimal, Path)):
                value = str(value)
            if value is not None and value != ():
                plain[variable.field] = list(value) if isinstance(value, tuple) else value
        return plain


def _nearest_dotenv() -> Path | None:
    """Return the ``.env`` of the working directory, or of the nearest folder above that has one."""
    folder = Path.cwd()
    for file in (parent / ".env" for parent in (folder, *folder.parents)):
        # A folder that may not be looked into has none. Password stores offer it as a pipe.
        with contextlib.suppress(PermissionError):
            if file.is_file() or file.is_fifo():
                return file
    return None


def _read_dotenv() -> tuple[DotenvValues, tuple[str, ...]]:
    """Return the entries of the nearest ``.env`` file, and a notice where it cannot be read."""
    file: Path | str = ".env"
    try:
        nearest = _nearest_dotenv()
        if nearest is None:
            return DotenvValues(), ()
        file = nearest

        from dotenv import dotenv_values  # takes longer than all the rest of this

        found = dotenv_values(file)
    except (OSError, UnicodeDecodeError) as error:
        return DotenvValues(), (f"{file} cannot be read ({type(error).__name__}); its settings are not used",)
    return DotenvValues({name: value for name, value in found.items() if value is not None}), ()
