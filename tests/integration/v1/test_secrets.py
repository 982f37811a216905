"""Secrets that pass through AG2 v1: none of them is in the log, in a message of ours, or in a summary."""

from __future__ import annotations

import asyncio
from typing import Annotated

import pytest
from ag2 import Agent, Context, tool
from ag2.events import HumanInputRequest

from ag2obs import ag2_logging_session
from ag2obs.testing import ModelServer, Reply
from tests.integration.conftest import Log, finish
from tests.integration.v1.workflows import call, config, hub, run

KEY = "sk-" + "proj-" + "Zx9Qm4Lw7Rt2Vb8Nc3Kd" * 2
PASSWORD = "hun" + "ter2"
TOKEN = "ghp_" + "a1B2c3D4e5F6" * 3
CLIENT_KEY = "own-" + "gateway-" + "7Hq2Zm9Xw4"


@tool
async def log_in(context: Annotated[Context, "context"]) -> str:
    """Ask a person for a password."""
    answer = await context.input("What is your password?")
    return f"logged in with {answer}"


@tool
def push(token: str) -> str:
    """Push with a token."""
    raise PermissionError(f"the remote refused {token}")


def test_no_secret_is_told(server: ModelServer, log: Log, caplog: pytest.LogCaptureFixture) -> None:
    def answer(request: HumanInputRequest) -> str:
        return PASSWORD

    async def main() -> None:
        agent = Agent("helper", config=config(server.base_url), tools=[log_in, push], hitl_hook=answer)
        other = Agent("other", config=config(server.base_url, api_key=CLIENT_KEY))
        async with hub() as at:
            asking = await at.register(agent)
            await at.register(other)
            with ag2_logging_session("chat", "secrets", settings=log.settings()):
                await agent.ask(call("log_in"))
                await agent.ask(call("push", token=TOKEN))
                server.script([Reply(f"wrong key {KEY}, you sent {CLIENT_KEY}", status=401)])
                with pytest.raises(Exception, match="wrong key"):
                    await other.ask("hello")
                channel = await asking.open(type="consulting", target="other")
                server.script([Reply(f"wrong key {KEY}", status=401)])
                await channel.send("please")
                while not log.events("alert"):
                    await asyncio.sleep(0.01)

    run(main())
    finish()
    written = log.path.read_text(encoding="utf-8")
    told = "\n".join(record.getMessage() for record in caplog.records if record.name == "ag2obs")
    for secret in (KEY, PASSWORD, TOKEN, CLIENT_KEY):
        assert secret not in written
        assert secret not in told
    assert [event["content"] for event in log.events("human.input")] == ["[REDACTED:field-name]"]
    assert [event["reason"] for event in log.events("alert")] == ["turn_failed"]
    assert "its answer" in told
