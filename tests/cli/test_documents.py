import json

import msgspec
import pytest

from ag2obs import cli

HOSTILE = "agent\x9b31m \x7f\x1b[2J\u0085é"
DOCUMENTS = ("summary", "list", "tools", "timeline", "errors", "cost", "trends --by workflow", "watch --once")


@pytest.mark.parametrize("command", DOCUMENTS)
def test_a_document_gives_a_terminal_no_orders(capsysbinary, command):
    envelope = {"v": 1, "session": "s", "ts": "2026-11-21T10:00:00Z", "chat_id": HOSTILE, "workflow": HOSTILE}
    called = {"agent": HOSTILE, "tool": HOSTILE, "model": HOSTILE, "status": "error", "name": HOSTILE}
    told = {**envelope, **called, "error": {"id": "e1", "type": HOSTILE, "message": HOSTILE}}
    events = [{**envelope, "kind": "session.start"}, *({**told, "kind": kind} for kind in ("llm.call", "tool.call"))]
    with open("run.log", "wb") as log:
        log.write(b"".join(msgspec.json.encode(event) + b"\n" for event in events))
    with pytest.raises(SystemExit):
        cli.main([*command.split(), "--json", "./run.log"])
    printed = capsysbinary.readouterr().out.decode()
    assert not {character for character in printed if character != "\n" and not character.isprintable()}
    assert HOSTILE in str_values(json.loads(printed))


def str_values(value):
    """Return all texts and names in plain data."""
    if isinstance(value, dict):
        return {text for pair in value.items() for part in pair for text in str_values(part)}
    if isinstance(value, list):
        return {text for part in value for text in str_values(part)}
    return {value} if isinstance(value, str) else set()
