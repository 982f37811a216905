"""Sessions around real chats: outcomes, nesting, late work, the user's own logger, secrets on disk."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import autogen
import pytest
from autogen import ConversableAgent, GroupChat, OpenAIWrapper, runtime_logging
from autogen.io.base import IOStream
from autogen.logger.base_logger import BaseLogger

from ag2obs import Settings, ag2_logging_session, current_session, get_ag2_runtime_logger
from ag2obs.errors import SettingsError
from ag2obs.process import PROCESS
from ag2obs.testing import ModelServer, Reply
from tests.integration.conftest import Log, finish
from tests.integration.workflows import TOOL, config, pair, quiet


def call(url: str, text: str = "hello") -> Any:
    """Make one model call."""
    return OpenAIWrapper(**config(url)).create(messages=[{"role": "user", "content": text}])


def ends(log: Log) -> dict[str, dict[str, Any]]:
    """Return the last ``session.end`` of each chat."""
    return {event["chat_id"]: event for event in log.events("session.end")}


def calls_by_chat(log: Log) -> dict[str, int]:
    """Return how many model calls are on file for each chat."""
    found: dict[str, int] = {}
    for event in log.events("llm.call"):
        found[event["chat_id"]] = found.get(event["chat_id"], 0) + 1
    return found


def test_an_exception_passes_through_unchanged_and_is_recorded(log: Log) -> None:
    error = ValueError("my own bug")
    with (
        pytest.raises(ValueError, match="my own bug") as raised,
        ag2_logging_session("a", "w", settings=log.settings()),
    ):
        raise error
    assert raised.value is error
    end = ends(log)["a"]
    assert (end["status"], end["error"]["type"], end["error"]["message"]) == ("error", "ValueError", "my own bug")
    assert end["totals"]["errors"] == 1


def test_one_failure_is_one_error_wherever_it_passes(server: ModelServer, log: Log) -> None:
    assistant, user = pair("x", server.base_url, max_retries=0)
    with quiet(), pytest.raises(Exception, match="401"), ag2_logging_session("a", "w", settings=log.settings()):
        user.initiate_chat(assistant, message="FAIL:401", max_turns=1)
    told = [event for event in log.events() if "error" in event]
    assert [event["kind"] for event in told] == ["llm.call", "agent.reply", "session.end"]
    assert {event["error"]["id"] for event in told} == {"e1"}
    assert ends(log)["a"]["totals"]["errors"] == 1


def test_a_cancelled_task(log: Log) -> None:
    async def main() -> None:
        async def work() -> None:
            async with ag2_logging_session("a", "w", settings=log.settings()):
                await asyncio.sleep(60)

        task = asyncio.create_task(work())
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert ends(log)["a"]["status"] == "cancelled"


def test_sessions_nest_and_the_inner_one_takes_its_own(server: ModelServer, log: Log) -> None:
    settings = log.settings()
    with ag2_logging_session("outer", "w", settings=settings) as outer:
        call(server.base_url)
        with ag2_logging_session("inner", "w", settings=settings) as inner:
            assert current_session() is inner
            call(server.base_url)
            call(server.base_url)
        assert current_session() is outer
        call(server.base_url)
    assert current_session() is None
    assert calls_by_chat(log) == {"outer": 2, "inner": 2}


def test_the_same_chat_id_twice_at_once(server: ModelServer, log: Log) -> None:
    settings = log.settings()
    with ag2_logging_session("same", "w", settings=settings) as one:
        with ag2_logging_session("same", "w", settings=settings) as other:
            call(server.base_url)
        call(server.base_url)
        call(server.base_url)
    assert one.id != other.id
    assert (one.summary().llm_calls, other.summary().llm_calls) == (2, 1)


def test_overlapping_sessions_left_in_the_other_order(server: ModelServer, log: Log) -> None:
    first = ag2_logging_session("first", "w", settings=log.settings())
    second = ag2_logging_session("second", "w", settings=log.settings())
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    call(server.base_url)
    second.__exit__(None, None, None)
    assert calls_by_chat(log).get("first") is None or calls_by_chat(log) == {"second": 1}


def test_each_of_several_processes_appends_to_one_file(server: ModelServer, log: Log) -> None:
    code = f"""
from autogen import OpenAIWrapper
from ag2obs import ag2_logging_session
import sys
with ag2_logging_session(sys.argv[1], "w"):
    for _ in range(5):
        OpenAIWrapper(model="gpt-4o-mini", api_key="unused-key-000", base_url={server.base_url!r}).create(
            messages=[{{"role": "user", "content": "hello " * 500}}], cache_seed=None)
"""
    environment = {"AG2_RUNTIME_LOGGING": "true", "AG2_RUNTIME_LOG_FILE": str(log.path), "PATH": ""}
    running = [
        subprocess.Popen([sys.executable, "-W", "ignore", "-c", code, f"p{number}"], env=environment)
        for number in range(3)
    ]
    assert [process.wait(timeout=600) for process in running] == [0, 0, 0]
    assert calls_by_chat(log) == {"p0": 5, "p1": 5, "p2": 5}


def test_run_inside_and_process_after_the_block(server: ModelServer, log: Log) -> None:
    """The work goes on in a thread after the block: it is this session's, not the next one's."""
    server.script(lambda request: Reply(text="done", delay=0.3) if len(request.messages) == 2 else None)
    assistant, user = pair("x", server.base_url)
    settings = log.settings()
    with quiet():
        with ag2_logging_session("first", "w", settings=settings) as first:
            response = user.run(assistant, message=TOOL, max_turns=3)
        with ag2_logging_session("second", "w", settings=settings):
            response.process()
    finish()
    assert calls_by_chat(log) == {"first": server.totals().requests}
    assert ends(log)["first"]["totals"]["llm_calls"] == first.summary().llm_calls == server.totals().requests
    assert [event.get("late", False) for event in log.events("llm.call")] == [True] * server.totals().requests
    assert PROCESS.unattributed == 0


def test_work_after_the_grace_is_counted_and_lands_nowhere(server: ModelServer, log: Log) -> None:
    go_on, done = threading.Event(), threading.Event()

    def late() -> None:
        go_on.wait(30)
        call(server.base_url)
        done.set()

    with ag2_logging_session("first", "w", settings=log.settings(late_seconds=0)):
        threading.Thread(target=late).start()
    with ag2_logging_session("second", "w", settings=log.settings()):
        go_on.set()
        done.wait(30)
    assert calls_by_chat(log) == {}
    assert PROCESS.unattributed > 0
    assert ends(log)["second"]["detail"]["process_unattributed"] == PROCESS.unattributed


def test_a_pool_thread_started_in_one_session_serves_another(server: ModelServer, log: Log) -> None:
    with ThreadPoolExecutor(1) as pool:
        for chat in ("first", "second"):
            with ag2_logging_session(chat, "w", settings=log.settings()):
                pool.submit(call, server.base_url).result()
        pool.submit(call, server.base_url).result()
    assert calls_by_chat(log) == {"first": 1, "second": 1}


def test_leaving_puts_everything_back(server: ModelServer, log: Log) -> None:
    def installed() -> list[Any]:
        return [
            OpenAIWrapper.create,
            ConversableAgent.generate_reply,
            ConversableAgent.a_generate_reply,
            ConversableAgent.execute_function,
            GroupChat.select_speaker,
            IOStream.get_default,
            threading.Thread.start,
            ThreadPoolExecutor.submit,
            runtime_logging.start,
            runtime_logging.stop,
            runtime_logging.autogen_logger,
            runtime_logging.is_logging,
        ]

    before = installed()
    with ag2_logging_session("a", "w", settings=log.settings()):
        assert all(now is not then for now, then in zip(installed(), before, strict=True))
        call(server.base_url)
    finish()
    assert installed() == before


class OwnLogger(BaseLogger):
    """A logger as a user writes one: it notes what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def start(self) -> str:
        self.told.append("start")
        return "mine"

    def log_chat_completion(self, *arguments: Any) -> None:
        self.told.append("chat_completion")

    def log_new_agent(self, *arguments: Any) -> None:
        self.told.append("new_agent")

    def log_event(self, source: Any, name: str, **told: Any) -> None:
        self.told.append(name)

    def log_new_wrapper(self, *arguments: Any) -> None:
        self.told.append("new_wrapper")

    def log_new_client(self, *arguments: Any) -> None:
        self.told.append("new_client")

    def log_function_use(self, *arguments: Any) -> None:
        self.told.append("function_use")

    def stop(self) -> None:
        self.told.append("stop")

    def get_connection(self) -> None:
        return None


def test_the_users_logger_keeps_receiving_everything(server: ModelServer, log: Log) -> None:
    def workflow() -> None:
        assistant, user = pair("x", server.base_url)
        with quiet():
            user.initiate_chat(assistant, message=TOOL, max_turns=3)

    alone, beside = OwnLogger(), OwnLogger()
    runtime_logging.start(logger=alone)
    workflow()
    runtime_logging.stop()

    runtime_logging.start(logger=beside)
    with ag2_logging_session("a", "w", settings=log.settings()):
        workflow()
    finish()
    assert runtime_logging.autogen_logger is beside
    assert runtime_logging.logging_enabled()
    runtime_logging.stop()
    assert beside.told == alone.told


def test_a_logger_started_and_stopped_inside_a_session(server: ModelServer, log: Log) -> None:
    mine = OwnLogger()
    with ag2_logging_session("a", "w", settings=log.settings()):
        assert runtime_logging.start(logger=mine) == "mine"
        call(server.base_url)
        runtime_logging.stop()
        call(server.base_url)
    finish()
    assert mine.told.count("chat_completion") == 1
    assert mine.told[-1] == "stop"
    assert calls_by_chat(log) == {"a": 2}
    assert not runtime_logging.logging_enabled()


def test_a_logger_started_inside_stays_after_the_session(server: ModelServer, log: Log) -> None:
    mine = OwnLogger()
    with ag2_logging_session("a", "w", settings=log.settings()):
        runtime_logging.start(logger=mine)
    finish()
    assert runtime_logging.autogen_logger is mine
    call(server.base_url)
    runtime_logging.stop()
    assert "chat_completion" in mine.told


def test_manual_control(server: ModelServer, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    logger = get_ag2_runtime_logger()
    assert logger.start_session("off", "w") is False
    assert logger.stop_session() is True
    monkeypatch.setenv("AG2_RUNTIME_LOGGING", "true")
    monkeypatch.setenv("AG2_RUNTIME_LOG_FILE", str(log.path))
    assert logger.start_session("one", "w") is True
    one = current_session()
    assert one is not None
    assert logger.start_session("two", "w") is True
    call(server.base_url)
    assert logger.stop_session(one.id) is True
    call(server.base_url)
    assert get_ag2_runtime_logger().stop_session() is True
    assert logger.stop_session() is False
    assert calls_by_chat(log) == {"two": 2}
    assert sorted(ends(log)) == ["one", "two"]


def test_switched_off_it_does_nothing(server: ModelServer, tmp_path: Path) -> None:
    before = OpenAIWrapper.create
    with ag2_logging_session("a", "w") as session:
        assert OpenAIWrapper.create is before
        call(server.base_url)
    assert (session.enabled, session.log_path, session.summary().llm_calls) == (False, None, 0)
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_setting_is_said_before_anything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AG2_RUNTIME_LOGGING", "perhaps")
    with pytest.raises(SettingsError, match=r"AG2_RUNTIME_LOGGING.*perhaps"), ag2_logging_session("a", "w"):
        raise AssertionError("the block must not run")
    assert PROCESS.sessions == {}


def test_one_file_per_session(server: ModelServer, tmp_path: Path) -> None:
    template = str(tmp_path / "logs" / "{chat_id}-{session_id}.log")
    settings = Settings.from_environment({}, dotenv=False, enabled=True, log_file=template)
    for chat in ("../../etc/x", "../../etc/x", "ein 🦊"):
        with ag2_logging_session(chat, "w", settings=settings) as session:
            call(server.base_url)
        assert session.log_path is not None
        assert session.log_path.parent == tmp_path / "logs"
        assert session.log_path.stat().st_mode & 0o777 == 0o600
    assert len(list((tmp_path / "logs").iterdir())) == 3


def test_an_unwritable_log_does_not_touch_the_workflow(server: ModelServer, tmp_path: Path) -> None:
    (tmp_path / "in the way").write_text("a file")
    log = Log(tmp_path / "in the way" / "log.jsonl")
    with ag2_logging_session("a", "w", settings=log.settings()) as session:
        assert call(server.base_url).choices[0].message.content
    assert session.summary().llm_calls == 1


def test_traceparent_goes_in_and_out(log: Log) -> None:
    header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with ag2_logging_session("a", "w", traceparent=header, settings=log.settings()) as session:
        assert session.traceparent().split("-")[1] == header.split("-")[1]
    (start,) = log.events("session.start")
    assert (start["trace"], start["parent"]) == (header.split("-")[1], header.split("-")[2])


def test_no_secret_reaches_the_file(server: ModelServer, log: Log) -> None:
    key = "sk-" + "proj-" + "A1b2C3d4E5f6G7h8" * 3
    opaque = "q7Wz" + "9xKp2LmVt4Rb8s"  # a key without any form: known from the configuration only
    with quiet(), ag2_logging_session("a", "w", settings=log.settings()):
        # Said in a chat before any configuration has told that it is a secret.
        user = ConversableAgent("user", llm_config=False, human_input_mode="NEVER")
        user.receive({"content": f"early echo of {opaque}"}, user, request_reply=False, silent=True)
        assistant, proxy = pair("x", server.base_url)
        assistant.llm_config["config_list"][0]["api_key"] = opaque
        entry = config(server.base_url)["config_list"][0] | {
            "api_key": opaque, "default_headers": {"X-Api-Key": key},
        }  # fmt: skip
        wrapper = OpenAIWrapper(config_list=[entry], cache_seed=None)
        wrapper.create(messages=[{"role": "user", "content": f"SAY:your key is {key} and {opaque}"}])
        proxy.initiate_chat(assistant, message=f'CALLTOOL:sync_tool:{{"x": 1, "password": "{opaque}"}}', max_turns=2)
    finish()
    data = log.path.read_bytes()
    assert key.encode() not in data
    assert opaque.encode() not in data
    assert b"early echo of" in data
    assert ends(log)["a"]["totals"]["redactions"] >= 3


def test_a_framework_imported_inside_the_block_is_observed(server: ModelServer, log: Log) -> None:
    code = f"""
import sys
from ag2obs import ag2_logging_session
with ag2_logging_session("a", "w") as session:
    assert "autogen" not in sys.modules
    from autogen import OpenAIWrapper
    OpenAIWrapper(model="gpt-4o-mini", api_key="unused-key-000", base_url={server.base_url!r}).create(
        messages=[{{"role": "user", "content": "hello"}}], cache_seed=None)
assert session.summary().llm_calls == 1
"""
    environment = {"AG2_RUNTIME_LOGGING": "true", "AG2_RUNTIME_LOG_FILE": str(log.path), "PATH": ""}
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], env=environment, check=True, timeout=600)
    assert calls_by_chat(log) == {"a": 1}


def test_autogen_is_the_version_the_tests_are_about() -> None:
    assert autogen.__version__ == os.environ.get("COMPAT_VERSION", "0.14.1")  # as make compat says
