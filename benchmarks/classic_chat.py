"""CPU added per call by logging, in chats whose model answers at once, beside AG2's own FileLogger.

The model client is a custom one inside the process, so that neither HTTP nor a server hides what logging
costs. Each repetition runs the loggers one after the other in a rotating order; the added time is the
difference to the same chat without a logger, and medians over the repetitions are printed.
"""

from __future__ import annotations

import contextlib
import gc
import io
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

REPLY = ("The quarterly report shows steady progress on every milestone we agreed. " * 28)[:2000]
QUESTION = ("Please continue with the next item on the plan and explain each decision. " * 28)[:2000]
ROW = ("row: value; " * 170)[:2000]


def chat(turns: int) -> None:
    """Run one chat of ``turns`` model calls; every fifth one is a tool call."""
    from autogen import ConversableAgent
    from openai.types.chat import ChatCompletion

    calls = 0

    class InstantClient:
        def __init__(self, configuration: dict[str, Any], **_: Any) -> None:
            del configuration

        def create(self, params: dict[str, Any]) -> ChatCompletion:
            nonlocal calls
            calls += 1
            return ChatCompletion.model_validate(_answer(calls))

        def message_retrieval(self, response: ChatCompletion) -> list[Any]:
            message = response.choices[0].message
            return [message if message.tool_calls else message.content]

        def cost(self, response: ChatCompletion) -> float:
            return 0.0

        @staticmethod
        def get_usage(response: ChatCompletion) -> dict[str, Any]:
            return {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500, "cost": 0, "model": "m"}

    def lookup(query: str) -> str:
        return f"{ROW} for {query}"

    entry = {"model": "gpt-4o-mini", "model_client_cls": "InstantClient"}
    assistant = ConversableAgent(
        "assistant",
        system_message="You are helpful.",
        llm_config={"config_list": [entry], "cache_seed": None},
        human_input_mode="NEVER",
        max_consecutive_auto_reply=10**6,
    )
    user = ConversableAgent(
        "user",
        llm_config=False,
        human_input_mode="NEVER",
        default_auto_reply=QUESTION,
        max_consecutive_auto_reply=10**6,
    )
    assistant.register_for_llm(name="lookup", description="look up a row")(lookup)
    assistant.register_model_client(model_client_cls=InstantClient)
    user.register_for_execution(name="lookup")(lookup)
    user.initiate_chat(assistant, message=QUESTION, max_turns=turns, silent=True)


def _answer(number: int) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": f"{number} {REPLY}"}
    if number % 5 == 0:
        call = {"name": "lookup", "arguments": f'{{"query": "status {number}"}}'}
        message = {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": f"call_{number}", "type": "function", "function": call}],
        }
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": 1700000000,
        "model": "gpt-4o-mini",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": 1000,
            "completion_tokens": 500,
            "total_tokens": 1500,
            "prompt_tokens_details": {"cached_tokens": 200},
        },
    }


@contextlib.contextmanager
def no_logger(folder: Path) -> Iterator[None]:
    """Run without a logger."""
    del folder
    yield


@contextlib.contextmanager
def file_logger(folder: Path) -> Iterator[None]:
    """Run under AG2's FileLogger."""
    from autogen import runtime_logging

    runtime_logging.start(logger_type="file", config={"filename": "stock.log"})
    try:
        yield
    finally:
        runtime_logging.stop()


@contextlib.contextmanager
def ag2obs_logger(folder: Path) -> Iterator[None]:
    """Run in a session of ours, redaction and prices on."""
    from ag2obs import Settings, ag2_logging_session

    settings = Settings.from_environment({"AG2_RUNTIME_LOGGING": "true", "AG2_RUNTIME_LOG_FILE": str(folder / "o.log")})
    with ag2_logging_session("bench", "bench", settings=settings):
        yield


LOGGERS = {"none": no_logger, "FileLogger": file_logger, "ag2obs": ag2obs_logger}


def measure(chats: int, turns: int, repetitions: int) -> None:
    """Print, per logger, the CPU added per call and the bytes on disk."""
    added: dict[str, list[float]] = {name: [] for name in LOGGERS}
    sizes: dict[str, int] = {}
    names = list(LOGGERS)
    for repetition in range(repetitions + 1):
        times: dict[str, float] = {}
        for name in names[repetition % 3 :] + names[: repetition % 3]:
            folder = Path(tempfile.mkdtemp())
            before = Path.cwd()
            os.chdir(folder)
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    started = time.process_time()
                    with LOGGERS[name](folder):
                        for _ in range(chats):
                            chat(turns)
                    times[name] = time.process_time() - started
                sizes[name] = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
            finally:
                os.chdir(before)
                shutil.rmtree(folder)
        if repetition:
            for name in names:
                added[name].append((times[name] - times["none"]) / (chats * turns) * 1000)
        else:
            # That was the warm-up. What the imports left is not to be walked by every full garbage collection,
            # whose random moments would otherwise decide the differences.
            gc.collect()
            gc.freeze()
    print(f"{chats} x {turns} turns, CPU added per call (ms, median of {repetitions}) and bytes on disk")
    stock = statistics.median(added["FileLogger"])
    for name in names[1:]:
        middle = statistics.median(added[name])
        print(f"  {name:11s} {middle:7.3f} ms   {middle / stock:6.2f}x FileLogger   {sizes[name] / 1e6:8.3f} MB")


def main() -> None:
    """Measure one long chat and ten short ones."""
    measure(1, 200, 5)
    measure(10, 20, 5)


if __name__ == "__main__":
    main()
