"""Several processes with many threads write one log that is rotated all the time: every event is there once."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ag2obs import summarize_runtime_file
from ag2obs.log_segments import segments_of

SECONDS = float(os.environ.get("SOAK_SECONDS", "3"))
"""How long the processes write; ``SOAK_SECONDS=60`` for a longer look."""

PROCESSES, THREADS = 4, 16

MAX_BYTES = 1_000_000

WORKER = """
import os, sys, threading, time
from types import SimpleNamespace as N
from autogen.oai.client import OpenAIWrapper
from ag2obs import ag2_logging_session

class Client:
    def __init__(self, configuration, **_): pass
    def create(self, params):
        content = f"reply to {params['messages'][-1]['content']} " + "words " * 200
        message = N(content=content, function_call=None, tool_calls=None)
        usage = N(prompt_tokens=1, completion_tokens=1, total_tokens=2)
        return N(choices=[N(message=message)], model="m", usage=usage, cost=0)
    def message_retrieval(self, response): return []
    def cost(self, response): return 0
    @staticmethod
    def get_usage(response): return {}

def work(name, until):
    told = 0
    while time.monotonic() < until or told < 20:  # a slow machine fills several segments too
        with ag2_logging_session(name, "soak"):
            wrapper = OpenAIWrapper(config_list=[{"model": "m", "model_client_cls": "Client"}], cache_seed=None)
            wrapper.register_model_client(model_client_cls=Client)
            history = []
            for number in range(20):
                content = f"{name} asks for number {told}, which nobody else does" + "!" * 80
                history.append({"role": "user", "content": content})
                wrapper.create(messages=history)
                told += 1
    os.write(1, f"{name} {told}\\n".encode())  # in one piece, unlike print

print("ready", flush=True)
sys.stdin.readline()
until = time.monotonic() + float(sys.argv[2])
threads = [threading.Thread(target=work, args=(f"{sys.argv[1]}-{number}", until)) for number in range(int(sys.argv[3]))]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


@pytest.mark.skipif("SOAK_SECONDS" not in os.environ, reason="minutes of work: make soak")
def test_four_processes_and_a_log_of_one_megabyte(tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    environment = {
        **os.environ,
        "AG2_RUNTIME_LOGGING": "true",
        "AG2_RUNTIME_LOG_FILE": str(log),
        "AG2OBS_LOG_MAX_BYTES": str(MAX_BYTES),
        "AG2OBS_LOG_BACKUPS": "100000",
    }
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(number), str(SECONDS), str(THREADS)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(PROCESSES)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    with ThreadPoolExecutor(PROCESSES) as pool:  # all at once, or they would take turns
        outputs = list(pool.map(lambda process: process.communicate("go\n", timeout=SECONDS * 5 + 240)[0], processes))
    assert [process.returncode for process in processes] == [0] * PROCESSES
    told = re.findall(r"^(\d+-\d+) (\d+)$", "\n".join(outputs), re.MULTILINE)  # AG2 prints too
    made = {name: int(calls) for name, calls in told}
    assert len(made) == PROCESSES * THREADS

    segments = [*segments_of(log), log]
    numbers: dict[str, list[int]] = defaultdict(list)
    calls: dict[str, int] = defaultdict(int)
    for segment in segments:
        for event in read_alone(segment):
            numbers[event["session"]].append(event["seq"])
            calls[event["chat_id"]] += event["kind"] == "llm.call"
    assert len(segments) > 2
    assert all(sorted(found) == list(range(1, len(found) + 1)) for found in numbers.values())
    assert dict(calls) == made
    summary = summarize_runtime_file(log)
    assert (summary.llm_calls, summary.bad_lines, summary.dropped) == (sum(made.values()), 0, 0)
    assert {session.status for session in summary.sessions} == {"ok"}


def read_alone(segment: Path) -> list[dict[str, Any]]:
    """Return the events of one segment, after seeing that it tells everything they refer to."""
    data = segment.read_bytes()
    assert data.endswith(b"\n")
    events = [msgspec.json.decode(line) for line in data.splitlines() if line]
    started: set[str] = set()
    known: set[tuple[str, str]] = set()
    for event in events:
        session = event["session"]
        if event["kind"] == "session.start":
            started.add(session)
        assert session in started
        if "id" in event:
            known.add((session, event["id"]))
        for first, last in map(ends_of, (*event.get("input", ()), *event.get("output", ()))):
            assert all((session, f"{first[0]}{number}") in known for number in range(int(first[1:]), int(last[1:]) + 1))
    return events


def ends_of(reference: str) -> tuple[str, str]:
    first, _, last = reference.partition("-")
    return first, last or first
