import json

import pytest

from ag2obs import cli
from ag2obs.events import encode
from tests.analysis.errors.test_errors import chat
from tests.analysis.making import event, failure, numbered


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as exit_info:
        cli.main(["errors", *map(str, arguments)])
    captured = capsys.readouterr()
    return int(exit_info.value.code), captured.out, captured.err


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "a.log"
    path.write_bytes(b"".join(encode(each) + b"\n" for each in numbered(*chat())))
    return path


def test_errors_with_what_led_to_them(capsys, log):
    code, out, err = run(capsys, log)
    assert (code, err) == (0, "")
    assert out.startswith("1 error, 1 fingerprint\n")
    for told in (
        "ValueError in shop:find: no order <number>",
        "agents: support (1)",
        "<- #8 llm.call of support [by tool call id]",
        "inside #10 agent.reply of support",
    ):
        assert told in out


def test_json(capsys, log):
    document = json.loads(run(capsys, log, "--json")[1])
    assert (document["schema"], document["exceptions"], document["total"]) == (1, 1, 1)
    (error,) = document["errors"]
    assert (error["count"], error["last_occurrence"]["error"]) == (1, "e1")


@pytest.mark.parametrize("by", ["e1", "fingerprint"])
def test_the_debug_report(capsys, log, by):
    name = json.loads(run(capsys, log, "--json")[1])["errors"][0]["fingerprint"] if by == "fingerprint" else by
    code, out, _ = run(capsys, log, "--explain", name)
    assert code == 0
    for told in ("What led to it", "State of support", "mood: calm", "Last decisions of support", "look_up"):
        assert told in out
    document = json.loads(run(capsys, log, "--explain", name, "--json")[1])
    assert document["schema"] == 1
    assert document["explained"][0]["background"]["state"]["tries"] == "1"


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_an_error_that_is_not_there(capsys, log, arguments):
    code, out, err = run(capsys, log, "--explain", "e99", *arguments)
    assert code == 1
    assert err == "ag2obs: no error is called 'e99'; ag2obs errors shows those that are there\n"
    assert out == ""


def test_an_id_that_several_sessions_have_is_ambiguous_and_one_can_be_chosen(capsys, log):
    with log.open("ab") as file:
        for session in ("s2", "s23"):
            file.write(encode(event("error", seq=1, session=session, error=failure(f"other of {session}"))) + b"\n")
    code, out, err = run(capsys, log, "--explain", "e1")
    assert (code, out) == (1, "")
    assert err == "ag2obs: 3 sessions have an error e1; name one of them: --explain e1@s1, e1@s2, e1@s23\n"
    for chosen, told in (("e1@s1", "no order 7"), ("e1@s23", "other of s23")):
        code, out, err = run(capsys, log, "--explain", chosen)
        assert (code, err) == (0, "")
        assert told in out
    code, out, err = run(capsys, log, "--explain", "e1@s2")
    assert (code, err) == (0, "")  # s2 is a session, though s23 begins like it
    assert "other of s2\n" in out
    assert "2 sessions" not in out
    for nothing in ("e1@s9", "e9@s1", "@s1", "e1@s1@s1"):
        assert run(capsys, log, "--explain", nothing) == (
            1, "", f"ag2obs: no error is called {nothing!r}; ag2obs errors shows those that are there\n"
        )  # fmt: skip


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_no_errors(capsys, tmp_path, arguments):
    path = tmp_path / "a.log"
    path.write_bytes(encode(event("session.start")) + b"\n")
    code, out, _ = run(capsys, path, *arguments)
    assert code == 0
    assert json.loads(out)["errors"] == [] if arguments else out == "no errors\n"


def test_the_limit_says_that_there_are_more(capsys, tmp_path):
    path = tmp_path / "a.log"
    words = ["one", "two", "three"]
    made = [event("error", error=failure(word, f"e{number}")) for number, word in enumerate(words)]
    path.write_bytes(b"".join(encode(each) + b"\n" for each in numbered(*made)))
    out = run(capsys, path, "--limit", "1")[1]
    assert "2 rarer fingerprints not shown; --limit 0 shows all" in out
    assert len(json.loads(run(capsys, path, "--limit", "1", "--json")[1])["errors"]) == 1
