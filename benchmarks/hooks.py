"""What one ``log_chat_completion`` costs, all in, beside AG2's own FileLogger, which neither redacts nor prices.

The same objects go to both: a request of 2 KB and a new answer of 1 KB, in one run, turn by turn.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

CALLS = 3_000
QUESTION = ("Please continue with the next item on the plan and explain each decision. " * 28)[:2000]
ANSWER = ("The quarterly report shows steady progress on every milestone we agreed. " * 14)[:1000]


def _response(number: int) -> Any:
    from openai.types.chat import ChatCompletion

    return ChatCompletion.model_validate(
        {
            "id": f"chatcmpl-{number}",
            "object": "chat.completion",
            "created": 1700000000,
            "model": "gpt-4o-mini",
            "choices": [
                {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": f"{number} {ANSWER}"}}
            ],
            "usage": {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500},
        }
    )


def _time(log: Callable[..., None], source: Any) -> list[float]:
    """Return the microseconds of each call."""
    taken = []
    for number in range(CALLS):
        request = {
            "model": "gpt-4o-mini",
            "messages": [
                {"role": "system", "content": "You are helpful."},
                {"role": "user", "content": f"{number} {QUESTION}"},
            ],
        }
        response = _response(number)
        arguments = (uuid.uuid4(), 1, 2, source, request, response, 0, 0.0, "2026-11-21 08:00:00.000000")
        started = time.perf_counter()
        log(*arguments)
        taken.append((time.perf_counter() - started) * 1e6)
    return taken


def main() -> None:
    """Print the medians of both loggers and their ratio."""
    from autogen import ConversableAgent, runtime_logging

    from ag2obs import Settings, ag2_logging_session

    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        agent = ConversableAgent("assistant", llm_config=False)
        runtime_logging.start(logger_type="file", config={"filename": "stock.log"})
        stock = _time(runtime_logging.log_chat_completion, agent)
        runtime_logging.stop()
        environment = {"AG2_RUNTIME_LOGGING": "true", "AG2_RUNTIME_LOG_FILE": os.path.join(folder, "ours.log")}
        with ag2_logging_session("bench", "bench", settings=Settings.from_environment(environment, dotenv=False)):
            ours = _time(runtime_logging.log_chat_completion, agent)
        sizes = {name: Path(folder).rglob(name) for name in ("stock.log", "ours.log")}
        written = {name: sum(path.stat().st_size for path in paths) / CALLS for name, paths in sizes.items()}
    for name, taken, file in (("FileLogger", stock, "stock.log"), ("ag2obs", ours, "ours.log")):
        middle, low = statistics.median(taken), _tenth(taken)
        print(f"  {name:11s} median {middle:7.1f} us, p10 {low:7.1f} us, {written[file]:.0f} bytes a call")
    print(f"  ratio of the medians: {statistics.median(ours) / statistics.median(stock):.2f}")


def _tenth(taken: list[float]) -> float:
    return statistics.quantiles(taken, n=10)[0]


if __name__ == "__main__":
    main()
