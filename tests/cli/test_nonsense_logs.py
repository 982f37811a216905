"""Whatever stands in a log, every command tells what it can in sentences: no traceback, no control character."""

import json
from pathlib import Path

import click
import pytest

from ag2obs import cli

EVIL = "e\x1b[31mVIL\x1b[0m\x07\x9b31m\u202e\r\b"

CALL = {"kind": "llm.call", "model": "gpt-4o", "usage": {"input": 3, "output": 1}, "ms": 2.0, "cost_usd": "0.5"}
TOOL = {"kind": "tool.call", "tool": "t", "success": False, "ms": 1.0, "error": {"id": "e1", "type": "E"}}

LOGS = {
    "huge counts": {"attempts": 2**70, "redactions": 2**70},
    "huge usage": {"usage": {"input": 10**400, "output": 1}},
    "negative usage": {"usage": {"input": -5, "output": -5}},
    "huge times": {"ms": 1e308},
    "huge numbers": {"v": 10**30, "line": 10**30, "seq": 10**30},
    "a process that is none": {"kind": "session.start", "resource": {"host": {"a": [1]}, "pid": 10**30}},
    "no process": {"kind": "session.start", "resource": {"host": None, "pid": [[[]]]}},
    "a huge budget": {"budget": {"tokens_limit": 10**30, "tokens_spent": -(10**30), "usd_limit": "1e999999",
                                 "usd_spent": "nan", "refused": 10**30, "waited_seconds": 10**30}},
    "references that are none": {"output": ["\u00b2-m\u00b3", "m\u00b2-m\u00b3", "m1-m99999999999", "m5-m1", "-"]},
    "no day": {"ts": "2026-99-99"},
    "the first day": {"ts": "0001-01-01T00:00:00+14:00"},
    "no money": {"cost_usd": "nan"},
    "too much money": {"cost_usd": "1e999999"},
    "control characters": {"agent": EVIL, "tool": EVIL, "model": EVIL, "chat_id": EVIL, "workflow": EVIL,
                           "status": EVIL, "session": f"s{EVIL}", "error": {"id": EVIL, "type": EVIL, "message": EVIL}},
}  # fmt: skip

COMMANDS = (
    ["summary"], ["list"], ["trends"], ["trends", "--by", "agent"], ["tools"], ["tools", "--by", "agent"],
    ["timeline"], ["timeline", "--agent", "a"], ["errors"], ["errors", "--explain", "e1"], ["cost"],
    ["watch", "--once"],
)  # fmt: skip


def write(changes):
    lines = []
    for number, event in enumerate(
        (CALL, TOOL, {"kind": "message", "content": nested(900)}, {"kind": "session.end"}), 1
    ):
        envelope = {"v": 1, "ts": "2026-11-21T08:00:00.000000Z", "seq": number, "session": "s", "agent": "a"}
        lines.append(json.dumps({**envelope, **event, **changes}) + "\n")
    good = {"v": 1, "ts": "2026-11-21T08:00:01.000000Z", "session": "good", **CALL}
    Path("run.log").write_text("".join([*lines, json.dumps(good) + "\n"]))


def nested(depth):
    return {"a": nested(depth - 1)} if depth else "deep"


@pytest.mark.parametrize("name", LOGS)
def test_no_command_fails(name, capsys, monkeypatch):
    monkeypatch.setattr(click.utils, "should_strip_ansi", lambda *_: False)
    monkeypatch.setattr(click, "style", lambda text, **_: text)  # our own colours
    write(LOGS[name])
    for command in [[*command, "run.log"] for command in COMMANDS] + [["compare", "run.log", "run.log"]]:
        for arguments in (command, [*command, "--json"]):
            with pytest.raises(SystemExit) as exit_info:
                cli.main(arguments)
            out, err = capsys.readouterr()
            assert exit_info.value.code in (0, 1), arguments
            if "--json" not in arguments:
                assert not [char for char in out + err if not char.isprintable() and char not in "\n"], arguments
            elif out:
                json.loads(out)
