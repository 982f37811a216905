import gzip
import json
import time
from pathlib import Path

import pytest

from ag2obs import cli
from ag2obs.cli import timeline as timeline_command
from ag2obs.events import encode
from tests.analysis.making import event, failure, numbered


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as exit_info:
        cli.main(["timeline", *map(str, arguments)])
    captured = capsys.readouterr()
    return int(exit_info.value.code), captured.out, captured.err


def write(path, *events):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with open(path, "ab") as file:
        file.writelines(encode(each) + b"\n" for each in numbered(*events))
    return path


def chat(session="s1"):
    made = [
        event("session.start", workflow="shop", chat_id="chat_1"),
        event("message", 1, id="m1", role="user", content="Where is my order?"),
        event("agent.message", 1, agent="support", sender="customer", message="m1"),
        event("tool.call", 9, agent="support", tool="find", ms=500.0, status="error", error=failure()),
        event("session.end", 90, status="ok"),
    ]
    for each in made:
        each.session = session
    return made


def rows(capsys, *arguments):
    return json.loads(run(capsys, "a.log", "--json", *arguments)[1])["rows"]


def test_the_lines(capsys):
    code, out, err = run(capsys, write("a.log", *chat()))
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "session  s1  workflow shop, chat chat_1, status ok",
        out.splitlines()[1],
        "",
        " +0.000 s           session.start          shop chat_1",
        " +1.000 s           message                m1 user: Where is my order?",
        " +1.000 s  support  agent.message          customer to support: Where is my order?",
        " +9.000 s  support  tool.call      500 ms  [error] find() -> e1 ValueError: no such city",
        "+90.000 s           session.end",
    ]
    assert "1 min 30 s wall: 0 ms model, 500 ms tools, 1 min 30 s waiting" in out


@pytest.mark.parametrize(
    ("arguments", "kinds"),
    [
        (["--kind", "tool.call", "--kind", "agent"], ["agent.message", "tool.call"]),
        (["--status", "error"], ["tool.call"]),
        (["--since", "1s", "--until", "0.5m"], ["message", "agent.message", "tool.call"]),
        (["--since", "5000ms", "--until", "1h"], ["tool.call", "session.end"]),
        (["--text", "WHERE is"], ["message", "agent.message"]),
        (["--last", "1"], ["session.end"]),
        (["--last", "1", "--kind", "tool.call"], ["tool.call"]),
        (["--gaps", "5s", "--since", "2"], ["gap", "tool.call", "gap", "session.end"]),
        (["--gaps", "5s", "--since", "9.5"], ["gap", "session.end"]),
        (["--gaps", "5s", "--kind", "session"], ["session.start", "gap", "gap", "session.end"]),
        (["--kind", "nothing"], []),
    ],
)
def test_options(capsys, arguments, kinds):
    write("a.log", *chat())
    assert [row["kind"] for row in rows(capsys, *arguments)] == kinds


def test_gaps_are_marked(capsys):
    write("a.log", *chat())
    out = run(capsys, "a.log", "--gaps", "5s")[1]
    assert "nothing for 7.5 s" in out
    assert "nothing for 81.0 s" in out


def test_nothing_found_is_said_and_is_json(capsys):
    write("a.log", *chat())
    assert "no event is like that" in run(capsys, "a.log", "--kind", "nothing")[1]
    document = json.loads(run(capsys, "a.log", "--kind", "nothing", "--json")[1])
    assert (document["schema"], document["rows"], len(document["sessions"])) == (1, [], 1)


@pytest.mark.parametrize(
    "value",
    ["soon", "-5s", "5 weeks", "30m1h", "1h1h", "1h30", "08:00:10", "2026-11-21", "2026-13-21 08:00",
     "0001-01-01 00:00:00+14:00", "2026-W40-4T08:00:00", ""],
)  # fmt: skip
@pytest.mark.parametrize("option", ["--since", "--until"])
def test_a_time_that_is_none_is_refused(capsys, option, value):
    write("a.log", *chat())
    code, out, err = run(capsys, "a.log", f"{option}={value}")
    assert (code, out) == (1, "")
    assert err.startswith("ag2obs: ")
    assert err.count("\n") == 1
    assert "no length of time and no date with a time" in err


@pytest.mark.parametrize("value", ["soon", "2026-11-21T08:00:10Z"])
def test_a_length_of_silence_that_is_none_is_refused(capsys, value):
    write("a.log", *chat())
    code, _, err = run(capsys, "a.log", f"--gaps={value}")
    assert code == 1
    assert "no length of time" in err


@pytest.fixture
def bogota():
    """This machine's clock is five hours behind UTC."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "XXX5")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("arguments", "kinds"),
    [
        (["--since", "2026-11-21T08:00:09Z"], ["tool.call", "session.end"]),
        (["--since", "2026-11-21T10:00:09.5+02:00"], ["session.end"]),
        (["--since", "2026-11-21 03:00:09", "--until", "2026-11-21 03:00:09"], ["tool.call"]),
        (["--until", "2026-11-21 03:00"], ["session.start", "message", "agent.message", "tool.call"]),
        (["--until", "2026-11-21T08:00:00.999Z"], ["session.start"]),
        (["--since", "1m30s"], ["session.end"]),
        (["--since", "0h 0m 2s", "--until", "1M29S999MS"], ["tool.call"]),
    ],
)
@pytest.mark.usefixtures("bogota")
def test_times_on_the_clock_and_of_several_units(capsys, arguments, kinds):
    write("a.log", *chat())
    assert [row["kind"] for row in rows(capsys, *arguments)] == kinds


def test_times_of_a_session_whose_start_is_not_on_file_count_from_its_first_event_there(capsys):
    write("a.log", *numbered(*chat())[1:])
    assert [row["kind"] for row in rows(capsys, "--since", "5s", "--until", "8.5s")] == ["tool.call"]
    assert [row["did"] for row in rows(capsys, "--since", "5s", "--agent", "support")] == ["called"]
    assert [row["at_seconds"] for row in rows(capsys, "--since", "5s")] == [None, None]


def test_an_agent_s_journey(capsys):
    write("a.log", *chat())
    code, out, _ = run(capsys, "a.log", "--agent", "support")
    assert code == 0
    assert "messages 1 received, 0 sent" in out
    assert "model    0 calls (0 failed), 0 + 0 tokens, $0, 0 ms\n" in out
    assert "tools    1 call (1 failed), 500 ms\n" in out
    assert " 1 min 30 s wall\n" in out
    assert "waiting" not in out
    assert [row["did"] for row in rows(capsys, "--agent", "support")] == ["was told", "called"]
    document = json.loads(run(capsys, "a.log", "--agent", "support", "--json")[1])
    assert document["journey"]["totals"]["tool_calls"] == 1


def test_an_agent_that_is_not_there_is_a_sentence_with_those_that_are(capsys):
    write("a.log", *chat())
    code, out, err = run(capsys, "a.log", "--agent", "nobody")
    assert (code, out) == (1, "")
    assert err == "ag2obs: no agent is called 'nobody' there; agents are: customer, support\n"


def test_missing_numbers_and_drops_are_marked(capsys):
    events = numbered(*chat())
    write("a.log", events[0], events[3], event("drop", 10, seq=6, count=2, reason="write_failed"))
    out = run(capsys, "a.log")[1]
    assert "2 events missing" in out
    assert "2 events lost: write_failed" in out
    assert "lost     3 missing, 2 dropped" in out


def test_of_a_big_log_the_last_rows_are_shown(capsys, monkeypatch):
    monkeypatch.setattr(timeline_command, "BIG_LOG_BYTES", 1000)
    write("a.log", *chat(), *[event("log", 91, name="app", content=f"line {number}") for number in range(2000)])
    document = json.loads(run(capsys, "a.log", "--json")[1])
    assert (len(document["rows"]), document["partial"]) == (100, True)
    assert document["rows"][0]["at_seconds"] == 91
    assert "the end of the log" in run(capsys, "a.log")[1]
    assert len(rows(capsys, "--last", "0")) == 2005
    assert [row["kind"] for row in rows(capsys, "--kind", "tool.call")] == ["tool.call"]


def test_a_message_before_the_last_rows_is_resolved(capsys):
    write("a.log", *chat(), event("agent.message", 92, agent="support", sender="customer", message="m1"))
    assert rows(capsys, "--last", "1")[0]["text"] == "customer to support: Where is my order?"


def test_behind_gzip(capsys):
    write("a.log", *chat())
    Path("a.log.gz").write_bytes(gzip.compress(Path("a.log").read_bytes()))
    assert "session.end" in run(capsys, "./a.log.gz", "--last", "1")[1]


def test_sessions_in_one_file_are_numbered(capsys):
    write("a.log", *[one for pair in zip(chat("first"), chat("second"), strict=True) for one in pair])
    out = run(capsys, "a.log")[1]
    assert "session  [1] first" in out
    assert "[2]   +9.000 s" in out


def test_one_session_of_a_shared_log_by_its_id(capsys, monkeypatch):
    monkeypatch.setenv("AG2_RUNTIME_LOG_FILE", "logs/a.log")
    write("logs/a.log", *chat("first"), *chat("second"))
    for arguments in ((), ("--last", "2")):
        document = json.loads(run(capsys, "second", "--json", *arguments)[1])
        assert {row["session"] for row in document["rows"]} == {"second"}
        assert [one["session_id"] for one in document["sessions"]] == ["second"]


@pytest.mark.parametrize("argument", ["nothing", "./missing.log", "s"])
def test_what_cannot_be_read_is_one_sentence(capsys, monkeypatch, argument):
    monkeypatch.setenv("AG2_RUNTIME_LOG_FILE", "logs/a.log")
    write("logs/a.log", *chat("s1"), *chat("s2"))
    code, out, err = run(capsys, argument)
    assert code == 1
    assert err.startswith("ag2obs: ")
    assert "Traceback" not in err + out


def test_a_newer_schema_is_one_sentence(capsys):
    Path("a.log").write_bytes(b'{"v":9,"ts":5,"kind":["new"]}\n')
    code, _, err = run(capsys, "a.log")
    assert code == 1
    assert "schema 9" in err


def test_lines_are_wrapped_to_the_terminal_and_control_characters_stay_out(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    write("a.log", event("session.start"), event("message", id="m1", role="user", content="\x1b[31mword " * 30))
    out = run(capsys, "a.log")[1]
    assert "\x1b" not in out
    assert max(map(len, out.splitlines()[3:])) <= 80
    assert out.count("word") == 30


def test_full_texts(capsys):
    write("a.log", event("message", id="m1", role="user", content="word " * 1000))
    assert rows(capsys)[0]["text"].endswith("...")
    assert rows(capsys, "--full")[0]["text"].count("word") == 1000
