import json
import os
import sqlite3
from contextlib import closing, suppress
from decimal import Decimal

import pytest

from ag2obs.errors import LogFormatError
from ag2obs.readers import is_log, open_log, stock_database
from ag2obs.readers.stock_database import StockDatabaseReader
from ag2obs.readers.summaries import summarize_runtime_file

SCHEMA = """
CREATE TABLE chat_completions(id INTEGER PRIMARY KEY, invocation_id TEXT, client_id INTEGER, wrapper_id INTEGER,
    session_id TEXT, source_name TEXT, request TEXT, response TEXT, is_cached INTEGER, cost REAL,
    start_time DATETIME DEFAULT CURRENT_TIMESTAMP, end_time DATETIME DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE agents(id INTEGER PRIMARY KEY, agent_id INTEGER, wrapper_id INTEGER, session_id TEXT, name TEXT,
    class TEXT, init_args TEXT, timestamp DATETIME, UNIQUE(agent_id, session_id));
CREATE TABLE oai_clients(id INTEGER PRIMARY KEY, client_id INTEGER, wrapper_id INTEGER, session_id TEXT, class TEXT,
    init_args TEXT, timestamp DATETIME);
CREATE TABLE events(event_name TEXT, source_id INTEGER, source_name TEXT, agent_module TEXT, agent_class_name TEXT,
    id INTEGER PRIMARY KEY, json_state TEXT, timestamp DATETIME);
CREATE TABLE function_calls(source_id INTEGER, source_name TEXT, function_name TEXT, args TEXT, returns TEXT,
    timestamp DATETIME);
CREATE TABLE version(id INTEGER PRIMARY KEY, version_number INTEGER NOT NULL);
"""


def response(text="Hi!", tool=None):
    calls = [{"id": "c1", "type": "function", "function": {"name": tool, "arguments": '{"x": 1}'}}] if tool else None
    return {
        "id": "chatcmpl-1",
        "choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": text, "tool_calls": calls}}],
        "model": "gpt-4o-mini",
        "usage": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100},
    }


def insert(database, table, **values):
    places = ", ".join("?" * len(values))
    database.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})", tuple(values.values()))


def add_session(database, session, minute, *, answer, cached=0):
    def at(second):
        return f"2024-09-28 19:{minute:02}:{second:02}.000000"

    request = json.dumps({"messages": [{"role": "user", "content": "Hello", "name": "user"}], "model": "gpt-4o-mini"})
    state = json.dumps({"message": "Hello", "sender": "user"})
    insert(database, "oai_clients", client_id=1, wrapper_id=2, session_id=session, **{"class": "OpenAI"},
           init_args="{}", timestamp=at(0))  # fmt: skip
    insert(database, "agents", agent_id=3, wrapper_id=2, session_id=session, name=f"agent_{session}",
           **{"class": "AssistantAgent"}, init_args="{}", timestamp=at(1))  # fmt: skip
    insert(database, "events", event_name="received_message", source_id=3, source_name=f"agent_{session}",
           json_state=state, timestamp=at(2))  # fmt: skip
    insert(database, "chat_completions", invocation_id=f"i{session}", client_id=9, wrapper_id=2, session_id=session,
           source_name="", request=request, response=json.dumps(answer), is_cached=cached, cost=0.5,
           start_time=at(3), end_time=at(5))  # fmt: skip
    insert(database, "function_calls", source_id=3, source_name="user", function_name="find", args='{"x": 1}',
           returns='"found"', timestamp=at(6))  # fmt: skip


@pytest.fixture
def path():
    with closing(sqlite3.connect("logs.db")) as database, database:
        database.executescript(SCHEMA)
        add_session(database, "one", 1, answer=response(tool="find"))
        add_session(database, "two", 2, answer=response("Hi again"), cached=1)
        add_session(database, "three", 3, answer={"response": "error_code:rate_limit_exceeded, config 0 failed"})
    return "logs.db"


def test_every_table_becomes_events_of_its_session(path):
    log = open_log(path)
    assert isinstance(log, StockDatabaseReader)
    events = list(log.iter_events())
    assert [event.seq for event in events] == [event.seq for event in log.iter_accounting()]
    assert [event.kind for event in events if event.session == "one"] == [
        "session.start", "agent.created", "message", "agent.message", "message", "llm.call", "tool.call", "session.end",
    ]  # fmt: skip
    calls = [event for event in events if event.kind == "llm.call"]
    assert [(call.session, call.agent, call.status, call.cached) for call in calls] == [
        ("one", "agent_one", "ok", False), ("two", "agent_two", "ok", True), ("three", "agent_three", "error", False),
    ]  # fmt: skip
    assert (calls[0].cost_usd, calls[0].cost_ag2, calls[0].ms) == (Decimal("0.00021"), 0.5, 2000.0)
    tools = [event for event in events if event.kind == "tool.call"]
    assert [(tool.session, tool.tool, tool.call_id) for tool in tools] == [
        ("one", "find", "c1"), ("two", "find", None), ("three", "find", None),
    ]  # fmt: skip
    summary = summarize_runtime_file(path)
    assert (summary.llm_calls, summary.cached_calls, summary.failed_calls, summary.tokens.total) == (3, 1, 1, 1100)
    assert [session.status for session in summary.sessions] == [None, None, None]
    assert summary.bad_lines == 0


def test_a_database_that_is_being_written_is_read_and_its_writer_not_disturbed(path):
    with closing(sqlite3.connect(path, timeout=0)) as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        add_session(writer, "four", 4, answer=response())
        writer.commit()
        reader = open_log(path).iter_accounting()
        next(reader)
        add_session(writer, "five", 5, answer=response())
        writer.commit()
        assert len(list(reader)) > 0
        assert summarize_runtime_file(path).llm_calls == 5
    before = os.listdir()
    assert summarize_runtime_file(path).llm_calls == 5
    assert os.listdir() == before


def test_a_reader_half_way_keeps_no_lock(path):
    reader = open_log(path).iter_accounting()
    next(reader)
    with closing(sqlite3.connect(path, timeout=0)) as writer, writer:
        add_session(writer, "four", 4, answer=response())
    assert len(list(reader)) > 0


def test_a_locked_database_is_one_sentence(path, monkeypatch):
    monkeypatch.setattr(stock_database, "LOCK_SECONDS", 0.05)
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(LogFormatError, match=r"^logs\.db cannot be read: another program has locked it"):
            summarize_runtime_file(path)


def test_tables_that_an_older_version_lacks_are_not_missed(path):
    with closing(sqlite3.connect(path)) as database, database:
        for table in ("events", "function_calls", "oai_clients"):
            database.execute(f"DROP TABLE {table}")
        database.execute("ALTER TABLE chat_completions DROP COLUMN source_name")
    assert summarize_runtime_file(path).llm_calls == 3


def test_other_databases_are_refused_in_one_sentence():
    with closing(sqlite3.connect("cache.db")) as database, database:
        database.execute("CREATE TABLE Cache (key TEXT)")
    assert not is_log(open_log("cache.db").path)
    with closing(sqlite3.connect("newer.db")) as database, database:
        database.execute("CREATE TABLE chat_completions (id INTEGER PRIMARY KEY, payload TEXT)")
    with closing(sqlite3.connect("empty.db")) as database, database:
        database.executescript(SCHEMA)
    for path, reason in [
        ("cache.db", "is not a log that can be read"),
        ("newer.db", "has tables of a version of AG2 that this version cannot read"),
        ("empty.db", "is empty"),
    ]:
        with pytest.raises(LogFormatError, match=f"^{path} {reason}"):
            summarize_runtime_file(path)


def test_a_damaged_database_is_refused_or_its_loss_counted(path):
    with open(path, "r+b") as file:
        file.seek(4096)
        file.write(os.urandom(os.path.getsize(path) - 4096))
    with suppress(LogFormatError):
        assert summarize_runtime_file(path).bad_lines > 0
