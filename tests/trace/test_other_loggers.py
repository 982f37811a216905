"""Records of logging, structlog and loguru in the session; and what goes to logging outside of sessions."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from typing import Any

import loguru
import pytest
import structlog

from ag2obs.errors import SettingsError
from ag2obs.trace import (
    AgentLogger,
    LoggingHandler,
    configure,
    loguru_sink,
    measure_performance,
    phase,
    structlog_processor,
    trace_errors,
)
from tests.trace.conftest import Log

KEY = "sk-proj-" + "Ab3dEf6hIj9k" * 4


@pytest.fixture
def app() -> Iterator[logging.Logger]:
    """A program's logger, with our handler on the root."""
    handler = LoggingHandler()
    root, logger = logging.getLogger(), logging.getLogger("app.db")
    root.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield logger
    root.removeHandler(handler)
    logger.setLevel(logging.NOTSET)


def test_log_records(app: logging.Logger, log: Log) -> None:
    app.info("before")
    with log.session() as session, phase("work"):
        app.debug("%s rows of %s", 5, "users", extra={"table": "users", "took": 0.5})
        try:
            raise OSError("disk full")
        except OSError:
            app.exception("failed")
        app.log(25, {"a": "mapping"})
        app.warning("%(name)s", {"name": "by name"})
    app.info("after")
    debug, error, failed, mapping, by_name = log.events()[:5]
    assert (debug["name"], debug["level"], debug["content"]) == ("app.db", "DEBUG", "5 rows of users")
    assert debug["attributes"] == {"table": "users", "took": 0.5}
    assert debug["source"].endswith(" test_log_records")
    assert debug["parent"] == log.one("milestone")["span"]
    assert (error["kind"], error["error"]["type"], failed["error"]["repeat"]) == ("error", "OSError", True)
    assert (mapping["level"], mapping["content"], by_name["content"]) == ("INFO", {"a": "mapping"}, "by name")
    assert session.summary().errors == 1


def test_a_record_that_cannot_be_formatted_is_recorded(app: logging.Logger, log: Log) -> None:
    class Hostile:
        def __str__(self) -> str:
            raise RuntimeError("never")

    logging.raiseExceptions, before = False, logging.raiseExceptions
    try:
        with log.session():
            (handler,) = [one for one in logging.getLogger().handlers if isinstance(one, LoggingHandler)]
            for message, args in (("%d", ("x",)), ("%s", (Hostile(),)), (Hostile(), ())):
                handler.handle(app.makeRecord("app", 20, "/a/b/c.py", 3, message, args, None, "f"))
    finally:
        logging.raiseExceptions = before
    assert log.events()[0]["content"] == {"message": "%d", "arguments": ["x"]}
    assert log.events()[0]["source"] == "c.py:3 f"
    assert len(log.events()) == 3


def test_our_own_records_stay_out(app: logging.Logger, log: Log) -> None:
    with log.session():
        logging.getLogger("ag2obs").warning("ag2obs: something about the log")
        logging.getLogger("ag2obs.trace").warning("a fallback")
        logging.getLogger("elsewhere").warning("ag2obs: told by a bridge between loggers")
        logging.getLogger("ag2observer").warning("another package")
    assert log.one()["content"] == "another package"


def test_filters_and_levels_of_the_handler(log: Log) -> None:
    handler = LoggingHandler(level="WARNING")
    handler.addFilter(lambda record: "secret" not in record.getMessage())
    logger = logging.getLogger("filtered")
    logger.addHandler(handler)
    try:
        with log.session():
            logger.info("too low")
            logger.warning("secret")
            logger.warning("told")
    finally:
        logger.removeHandler(handler)
    assert log.one()["content"] == "told"


def test_the_handler_holds_no_lock_while_it_records(app: logging.Logger, log: Log) -> None:
    """A thread that has the session's lock may log, while another that logs waits for the session's lock."""
    with log.session() as session:
        thread = threading.Thread(target=app.info, args=("from a thread",))
        with session._lock:
            thread.start()
            app.info("while the other waits")
        thread.join(10)
        assert not thread.is_alive()
    assert len(log.events("log")) == 2


def test_structlog(log: Log) -> None:
    rendered: list[dict[str, Any]] = []

    def render(logger: Any, name: str, event: Any) -> Any:
        rendered.append(dict(event))
        raise structlog.DropEvent

    processors = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(),
        structlog_processor,
        render,
    ]
    logger = structlog.wrap_logger(structlog.PrintLogger(), processors=processors)
    logger.info("outside")
    with log.session(), structlog.contextvars.bound_contextvars(request="r1"):
        logger.bind(table="users").warning("slow query", took=3.5, password="hunter2hunter2")
        try:
            raise ValueError("bad row")
        except ValueError:
            logger.exception("failed")
    slow, error, failed = log.events()
    assert (slow["level"], slow["content"], slow["name"]) == ("WARNING", "slow query", "structlog")
    assert slow["attributes"] == {
        "table": "users", "took": 3.5, "request": "r1", "password": "[REDACTED:field-name]",
    }  # fmt: skip
    assert slow["source"].startswith("test_other_loggers.py:")
    assert slow["source"].endswith(" test_structlog")
    assert (error["error"]["type"], failed["level"], failed["error"]["repeat"]) == ("ValueError", "ERROR", True)
    assert rendered[1]["password"] == "hunter2hunter2"
    assert [event["event"] for event in rendered] == ["outside", "slow query", "failed"]


def test_loguru(log: Log) -> None:
    logger = loguru.logger
    sink = logger.add(loguru_sink, level="TRACE", catch=False)
    try:
        logger.info("outside")
        with log.session():
            logger.bind(table="users").success("{} rows", 5)
            try:
                raise ValueError("bad row")
            except ValueError:
                logger.exception("failed")
    finally:
        logger.remove(sink)
    rows, error, failed = log.events()
    assert (rows["level"], rows["content"], rows["attributes"]) == ("INFO", "5 rows", {"table": "users"})
    assert rows["source"].startswith("test_other_loggers.py:")
    assert (error["error"]["type"], failed["content"], failed["error"]["repeat"]) == ("ValueError", "failed", True)


def test_outside_of_sessions_logging_gets_what_it_is_asked_to(log: Log, caplog: pytest.LogCaptureFixture) -> None:
    agent = AgentLogger("a1", "tester")
    caplog.set_level(logging.INFO, "ag2obs.trace")

    @trace_errors
    def fail() -> None:
        raise ValueError(f"no {KEY}")

    agent.info("nobody asked")
    configure(fallback="logging")
    with log.session():
        agent.info("in the session")

    def work() -> None:
        agent.info("key %s", KEY, extra={"x": 1})
        agent.debug("too low")
        fail()

    with pytest.raises(ValueError, match="no sk"), measure_performance("work", items=3):
        work()
    agent.log_action("act", {"password": "hunter2" * 2})
    configure()
    agent.info("nobody asks any more")
    told = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert told[0][0] == "INFO"
    assert told[0][1].startswith("key [REDACTED:")
    assert [level for level, _ in told] == ["INFO", "ERROR", "ERROR", "INFO"]
    assert told[1][1].startswith("error fail error ValueError: no [REDACTED:")
    assert told[3][1] == "action act"
    assert caplog.records[0].event["attributes"] == {"x": 1}  # type: ignore[attr-defined]
    assert KEY not in str([vars(record) for record in caplog.records])
    assert "hunter2" not in str([vars(record) for record in caplog.records])
    assert log.one()["content"] == "in the session"


def test_a_wrong_fallback_is_refused() -> None:
    with pytest.raises(SettingsError, match="use none or logging"):
        configure(fallback="stdout")  # type: ignore[arg-type]
