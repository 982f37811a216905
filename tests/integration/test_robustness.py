"""What must not go wrong when everything around a session does."""

from __future__ import annotations

import asyncio
import gc
import importlib.util
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from autogen import ConversableAgent, OpenAIWrapper

from ag2obs import Settings, ag2_logging_session, current_session, get_ag2_runtime_logger
from ag2obs.errors import SettingsError
from ag2obs.process import PROCESS
from ag2obs.testing import ModelServer
from tests.integration.conftest import Log, finish
from tests.integration.test_sessions import call, calls_by_chat, ends
from tests.integration.workflows import config, pair, quiet

OPAQUE = "q7Wz" + "9xKp2LmVt4Rb8sN3cH6dJ1fG5"
"""A key without any form: only a configuration or the environment tells that it is one."""


def test_a_reply_that_is_collected_elsewhere_leaves_that_context_alone(log: Log) -> None:
    agent = ConversableAgent("agent", llm_config=False, human_input_mode="NEVER")

    class Forever:
        def __await__(self) -> Iterator[None]:
            yield

    async def waiting(*_: Any, **__: Any) -> Any:
        await Forever()

    agent.register_reply([None], waiting, position=0)
    first = ag2_logging_session("first", "w", settings=log.settings())
    first.__enter__()
    reply = agent.a_generate_reply(messages=[{"role": "user", "content": "hello"}])
    reply.send(None)  # started, and suspended
    first.__exit__(None, None, None)
    with ag2_logging_session("second", "w", settings=log.settings()) as second:
        del reply
        gc.collect()
        assert current_session() is second
    finish()


class Odd(Exception):
    """An exception whose every attribute raises."""

    @property
    def code(self) -> int:
        raise RuntimeError("no")

    def __str__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize("error", [Odd(), FileNotFoundError(os.fsdecode(b"caf\xe9"))], ids=["odd", "surrogate"])
def test_whatever_the_exception_the_session_ends(error: Exception, log: Log) -> None:
    with pytest.raises(type(error)), ag2_logging_session("a", "w", settings=log.settings()) as session:
        raise error
    assert ends(log)["a"]["status"] == "error"
    finish()
    assert session.state == "finished"


def test_names_that_are_no_text(server: ModelServer, log: Log) -> None:
    with ag2_logging_session("chat\udc80", "w\udc80", settings=log.settings(), tags={"t": "\ud800"}):
        wrapper = OpenAIWrapper(**config(server.base_url))
        wrapper.create(messages=[{"role": "user", "content": "hello"}], agent="agent\udc80")
    kinds = [event["kind"] for event in log.events()]
    assert kinds == ["session.start", "message", "message", "llm.call", "session.end"]
    assert [event["seq"] for event in log.events()] == [1, 2, 3, 4, 5]


def test_leaving_does_not_wait_for_the_executor(log: Log) -> None:
    release = threading.Event()

    async def main() -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        asyncio.get_running_loop().run_in_executor(None, release.wait, 60)
        async with ag2_logging_session("a", "w", settings=log.settings()):
            pass
        assert ends(log)["a"]["status"] == "ok"  # and the executor is still busy
        release.set()

    asyncio.run(main())


def test_asking_whether_autogen_is_there_does_not_blind_us(server: ModelServer, log: Log) -> None:
    code = f"""
import importlib.util
from ag2obs import ag2_logging_session
with ag2_logging_session("a", "w") as session:
    assert importlib.util.find_spec("autogen") is not None
    from autogen import OpenAIWrapper
    OpenAIWrapper(model="gpt-4o-mini", api_key="unused-key-000", base_url={server.base_url!r}).create(
        messages=[{{"role": "user", "content": "hello"}}], cache_seed=None)
assert session.summary().llm_calls == 1
"""
    assert importlib.util.find_spec("autogen") is not None
    environment = {"AG2_RUNTIME_LOGGING": "true", "AG2_RUNTIME_LOG_FILE": str(log.path), "PATH": ""}
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], env=environment, check=True, timeout=600)


class Inner:
    """A model client that answers at once."""

    def __init__(self, configuration: dict[str, Any], **_: Any) -> None:
        del configuration

    def create(self, params: dict[str, Any]) -> Any:
        message = SimpleNamespace(content="yes", function_call=None, tool_calls=None)
        usage = SimpleNamespace(prompt_tokens=10, completion_tokens=5, total_tokens=15)
        return SimpleNamespace(choices=[SimpleNamespace(message=message)], model="m", usage=usage, cost=0)

    def message_retrieval(self, response: Any) -> list[str]:
        return [choice.message.content for choice in response.choices]

    def cost(self, response: Any) -> float:
        return 0

    @staticmethod
    def get_usage(response: Any) -> dict[str, Any]:
        return {}


class Outer(Inner):
    """A model client that asks another one."""

    def __init__(self, configuration: dict[str, Any], **_: Any) -> None:
        self.inner = Inner(configuration)

    def create(self, params: dict[str, Any]) -> Any:
        return self.inner.create(params)


def ask_client(kind: type, log: Log) -> Any:
    """Make one call of a model client of this class."""
    wrapper = OpenAIWrapper(config_list=[{"model": "m", "model_client_cls": kind.__name__}], cache_seed=None)
    wrapper.register_model_client(model_client_cls=kind)
    with ag2_logging_session("a", "w", settings=log.settings()) as session:
        # Both classes have been seen by the time Outer asks Inner.
        other = OpenAIWrapper(config_list=[{"model": "m", "model_client_cls": "Inner"}], cache_seed=None)
        other.register_model_client(model_client_cls=Inner)
        other.create(messages=[{"role": "user", "content": "hello"}])
        wrapper.create(messages=[{"role": "user", "content": "hello"}])
    return session.summary()


def test_a_client_that_asks_another_is_one_call(log: Log) -> None:
    summary = ask_client(Outer, log)
    assert (summary.llm_calls, summary.tokens.total) == (2, 30)


def test_a_client_whose_create_is_static(log: Log) -> None:
    static = type("Static", (Inner,), {"create": staticmethod(lambda params: Inner({}).create(params))})
    assert ask_client(static, log).llm_calls == 2


def test_a_failure_of_a_static_create_is_recorded_too(log: Log) -> None:
    def fail(params: Any) -> Any:
        raise RuntimeError("no")

    static = type("Static", (Inner,), {"create": staticmethod(fail)})
    with pytest.raises(RuntimeError):
        ask_client(static, log)
    assert [event["status"] for event in log.events("llm.call")] == ["ok", "error"]


def test_a_key_of_agents_built_before_is_never_on_disk(server: ModelServer, log: Log) -> None:
    assistant, user = pair("x", server.base_url, api_key=OPAQUE)
    seen: list[bool] = []
    server.script(lambda request: seen.append(OPAQUE.encode() in log.path.read_bytes()))
    with quiet(), ag2_logging_session("a", "w", settings=log.settings()):
        user.initiate_chat(assistant, message=f"my key is {OPAQUE}", max_turns=1)
    assert seen == [False]
    assert OPAQUE.encode() not in log.path.read_bytes()


def test_no_cut_goes_through_a_secret(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_SERVICE_TOKEN", OPAQUE)
    half = OPAQUE[: len(OPAQUE) // 2].encode()
    session = ag2_logging_session("a", "w", settings=log.settings())
    session.__enter__()
    agent = ConversableAgent("agent", llm_config=False, human_input_mode="NEVER")
    agent.receive({"content": "word " * 199_996 + OPAQUE + " more" * 50}, agent, request_reply=False, silent=True)
    error = ValueError("x" * 1_985 + " " + OPAQUE + " more" * 500)
    session.__exit__(ValueError, error, None)
    assert ends(log)["a"]["totals"]["errors"] == 1
    assert half not in log.path.read_bytes()


def test_a_secret_learned_while_a_line_is_written_is_masked(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    redactor = PROCESS.redactor()
    secret = OPAQUE[::-1]
    with ag2_logging_session("a", "w", settings=log.settings()):
        agent = ConversableAgent("agent", llm_config=False, human_input_mode="NEVER")
        original = type(redactor).redact

        def redact_and_learn(self: Any, data: bytes) -> tuple[bytes, int]:
            found = original(self, data)
            if secret.encode() in data:
                redactor.learn(secret, "api_key")  # as another thread may, at this very moment
            return found

        monkeypatch.setattr(type(redactor), "redact", redact_and_learn)
        agent.receive({"content": f"it is {secret}"}, agent, request_reply=False, silent=True)
        monkeypatch.undo()
    assert secret.encode() not in log.path.read_bytes()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_process_leaves_the_session_to_its_parent(server: ModelServer, log: Log) -> None:
    with ag2_logging_session("parent", "w", settings=log.settings()):
        call(server.base_url)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                call(server.base_url)
                with ag2_logging_session("child", "w", settings=log.settings()):
                    call(server.base_url)
                code = 0
            finally:
                os._exit(code)
        assert os.waitpid(child, 0)[1] == 0
        call(server.base_url)
    assert calls_by_chat(log) == {"parent": 2, "child": 1}
    assert ends(log)["parent"]["totals"]["llm_calls"] == 2


def test_stopping_named_sessions_elsewhere(log: Log) -> None:
    logger = get_ag2_runtime_logger()
    settings = log.settings()
    logger.start_session("a", "w", settings=settings)
    first = current_session()
    logger.start_session("b", "w", settings=settings)
    second = current_session()
    assert first is not None
    assert second is not None
    thread = threading.Thread(target=logger.stop_session, args=(second.id,))
    thread.start()
    thread.join()
    assert (first.is_open, second.is_open) == (True, False)
    assert logger.stop_session() is True
    assert first.is_open is False
    assert logger.stop_session() is False


def test_a_session_nobody_stops_ends_with_the_interpreter(log: Log) -> None:
    code = 'from ag2obs import get_ag2_runtime_logger; get_ag2_runtime_logger().start_session("a", "w")'
    environment = {"AG2_RUNTIME_LOGGING": "true", "AG2_RUNTIME_LOG_FILE": str(log.path), "PATH": ""}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=600)
    assert ends(log)["a"]["status"] == "incomplete"


def test_nothing_keeps_a_session_or_its_agents_alive(server: ModelServer, log: Log) -> None:
    shared = ConversableAgent("shared", llm_config=config(server.base_url), human_input_mode="NEVER")
    with ag2_logging_session("a", "w", settings=log.settings()) as session:
        mine = ConversableAgent("mine", llm_config=False, human_input_mode="NEVER")
        shared.generate_reply(messages=[{"role": "user", "content": "hello"}])
        agent = weakref.ref(mine)
        del mine
        gc.collect()
        assert agent() is None
    finish()
    left = weakref.ref(session)
    del session
    gc.collect()
    assert left() is None


def test_a_wrong_price_file_is_said_at_entry(log: Log) -> None:
    settings = Settings.from_environment(
        {"AG2OBS_PRICES": "/no/such/file.toml"}, dotenv=False, enabled=True, log_file=str(log.path)
    )
    with pytest.raises(SettingsError, match="AG2OBS_PRICES"), ag2_logging_session("a", "w", settings=settings):
        raise AssertionError("the block must not run")


def test_a_setting_without_effect_is_said(log: Log, caplog: pytest.LogCaptureFixture) -> None:
    with ag2_logging_session("a", "w", settings=log.settings(session_dir="sessions")):
        pass
    assert "AG2OBS_SESSION_DIR has no effect in this version" in caplog.text


def test_a_chat_id_that_is_a_secret_is_not_a_file_name(log: Log) -> None:
    key = "sk-" + "proj-" + "A1b2C3d4E5f6G7h8" * 3
    template = str(log.path.parent / "{chat_id}.log")
    settings = Settings.from_environment({}, dotenv=False, enabled=True, log_file=template)
    with ag2_logging_session(key, "w", settings=settings) as session:
        pass
    assert session.log_path is not None
    assert key[8:20].lower() not in str(session.log_path).lower()
    assert key.encode() not in session.log_path.read_bytes()


def test_a_start_and_stop_imported_before_do_not_put_us_out(server: ModelServer, log: Log) -> None:
    from autogen.runtime_logging import stop

    with quiet(), ag2_logging_session("a", "w", settings=log.settings()):
        assistant, user = pair("x", server.base_url)
        stop()
        user.initiate_chat(assistant, message="hello", max_turns=2)
    assert len(log.events("agent.message")) == 4
