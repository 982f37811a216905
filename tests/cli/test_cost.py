import json
from decimal import Decimal
from pathlib import Path

import pytest

from ag2obs import cli
from ag2obs.events import Event, Usage, encode


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as exit_info:
        cli.main(["cost", *map(str, arguments)])
    captured = capsys.readouterr()
    return int(exit_info.value.code), captured.out, captured.err


def write(path, session="s1", *, v=1, **call):
    at = "2026-11-21T08:00:00.000000Z"
    fields = {
        "model": "gpt-4o",
        "provider": "openai",
        "usage": Usage(input=1000, output=100),
        "cost_usd": Decimal("0.0035"),
        "status": "ok",
        **call,
    }
    events = [
        Event(v=v, ts=at, kind="session.start", session=session, workflow="support", chat_id="chat_1"),
        Event(v=v, ts=at, kind="message", session=session, id="m1", role="user", content="hello " * 50),
        Event(v=v, ts=at, kind="llm.call", session=session, agent="planner", id="c1", input=["m1"], **fields),
        Event(v=v, ts=at, kind="llm.call", session=session, agent="planner", id="c2", input=["m1"], **fields),
        Event(v=v, ts=at, kind="session.end", session=session, status="ok"),
    ]
    Path(path).write_bytes(b"".join(encode(event) + b"\n" for event in events))
    return path


def test_json_is_versioned_and_agrees_with_the_summary(capsys):
    write("a.log")
    code, out, err = run(capsys, "./a.log", "--json")
    assert (code, err) == (0, "")
    document = json.loads(out)
    with pytest.raises(SystemExit):
        cli.main(["summary", "a.log", "--json"])
    totals = json.loads(capsys.readouterr().out)["totals"]
    assert document["schema"] == 1
    assert [document["totals"][key] for key in ("llm_calls", "cost_usd", "tokens")] == [
        totals[key] for key in ("llm_calls", "cost_usd", "tokens")
    ]
    assert document["totals"]["history"]["resent_tokens"] == 1000


def test_the_text_says_what_is_an_estimate(capsys):
    write("a.log")
    code, out, _ = run(capsys, "./a.log")
    assert code == 0
    assert "cost      $0.007\n" in out
    assert (
        "history   about 1,000 tokens (50% of the input) were sent again, for about $0.0025 (36% of the cost)\n" in out
    )
    for shown in ("planner", "~1,000", "~$0.0025", "reply", "gpt-5-nano"):
        assert shown in out


def test_what_is_unpriced_stays_visible(capsys):
    write("a.log", model="mine", cost_usd=None)
    out = run(capsys, "./a.log", "--as", "nonsense")[1]
    assert "cost      cost unknown: 2 calls unpriced (mine)" in out
    assert "for about an unknown cost" in out
    assert "unknown model" in out
    assert "$0 " not in out.split("Purposes")[0].split("Agents")[0]


def test_of_another_model_it_is_told_how_many_calls_are_compared(capsys):
    write("a.log")
    write("b.log", session="s2", model="mine", cost_usd=None)
    (other,) = json.loads(run(capsys, "./a.log", "./b.log", "--as", "gpt-4o-mini", "--json")[1])["alternatives"]
    assert (other["calls"], other["compared_calls"], other["instead_of_usd"]) == (4, 2, "0.007")
    assert "$0.007 of 2 calls" in run(capsys, "./a.log", "./b.log", "--as", "gpt-4o-mini")[1]
    assert "of 2 calls" not in run(capsys, "./a.log", "--as", "gpt-4o-mini")[1]


def test_a_log_without_ids_of_messages_says_so(capsys):
    at = "2026-11-21T08:00:00.000000Z"
    event = Event(v=1, ts=at, kind="llm.call", session="s1", model="gpt-4o", usage=Usage(input=10, output=1))
    Path("b.log").write_bytes(encode(event) + b"\n")
    code, out, _ = run(capsys, "./b.log")
    assert code == 0
    assert "history   unknown: 1 call of which the log does not tell what they sent\n" in out


def test_the_price_file_of_the_settings_is_used(capsys, monkeypatch):
    Path("prices.toml").write_text("[prices.mine]\ninput = 1\noutput = 2\n")
    monkeypatch.setenv("AG2OBS_PRICES", "prices.toml")
    write("a.log")
    code, out, err = run(capsys, "./a.log", "--json", "--as", "mine")
    assert (code, err) == (0, "")
    assert Decimal(json.loads(out)["alternatives"][0]["cost_usd"]) == Decimal("0.0024")


def test_several_sessions_are_listed_and_added_up(capsys):
    write("a.log", "s1")
    write("b.log", "s2")
    document = json.loads(run(capsys, "./a.log", "./b.log", "--json")[1])
    assert [each["session_id"] for each in document["sessions"]] == ["s1", "s2"]
    assert document["totals"]["llm_calls"] == 4


@pytest.mark.parametrize("arguments", [["missing.log"], ["nobody"], []])
def test_what_is_not_there_is_one_sentence(capsys, arguments):
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (1, "")
    assert err.startswith("ag2obs: ")
    assert err.count("\n") == 1


def test_an_ambiguous_beginning_is_one_sentence(capsys, monkeypatch):
    monkeypatch.setenv("AG2_RUNTIME_LOG_FILE", "logs/{session_id}.log")
    Path("logs").mkdir()
    write("logs/a.log", "run-1")
    write("logs/b.log", "run-2")
    code, out, err = run(capsys, "run-")
    assert (code, out) == (1, "")
    assert "2 sessions begin with 'run-'" in err
    code, out, err = run(capsys, "chat_1")
    assert "2 sessions have the chat id 'chat_1'" in err


def test_a_log_of_a_newer_schema_is_read_as_far_as_it_is_known(capsys):
    write("a.log", v=2)
    assert run(capsys, "./a.log")[0] == 0
    Path("b.log").write_bytes(b'{"v":2,"kind":["new"],"session":"s"}\n')
    code, out, err = run(capsys, "./b.log")
    assert (code, out) == (1, "")
    assert "newer ag2obs (schema 2)" in err


def test_names_in_a_log_cannot_command_the_terminal(capsys):
    write("a.log", model="evil\x1b]0;title\x07[bold]")
    out = run(capsys, "./a.log")[1]
    assert "\x1b" not in out
    assert "\x07" not in out
