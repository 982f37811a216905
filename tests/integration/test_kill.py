"""A killed process: what a hook returned for is on file, no planted secret is, and the next session goes on."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from ag2obs import Settings, ag2_logging_session, summarize_runtime_file

TIMES = 200

SECRETS = ("sk-" + "proj-" + "Zz9" * 16, "gh" + "p_" + "Qq7" * 12, "q7Wz" + "9xKp2LmVt4Rb8s")
"""Two with a form, and one that only the environment tells."""

WORKER = """
import itertools, os, sys
import threading
from autogen.oai.client import OpenAIWrapper
from ag2obs import ag2_logging_session

secrets = sys.argv[1:]

class Client:
    def __init__(self, configuration, **_): pass
    def create(self, params):
        from types import SimpleNamespace as N
        text = f"echo {params['messages'][-1]['content']} " + "filler " * 300
        message = N(content=text, function_call=None, tool_calls=None)
        usage = N(prompt_tokens=1, completion_tokens=1, total_tokens=2)
        return N(choices=[N(message=message)], model="m", usage=usage, cost=0)
    def message_retrieval(self, response): return []
    def cost(self, response): return 0
    @staticmethod
    def get_usage(response): return {}

def work(name):
    with ag2_logging_session("killed", name):
        wrapper = OpenAIWrapper(config_list=[{"model": "m", "model_client_cls": "Client"}], cache_seed=None)
        wrapper.register_model_client(model_client_cls=Client)
        for number in itertools.count():
            wrapper.create(messages=[{"role": "user", "content": f"call {name}-{number} {' '.join(secrets)}"}])
            os.write(1, f"{name}-{number}\\n".encode())

import genai_prices
from ag2obs.process import PROCESS
PROCESS.learn_environment().redact(b"token=x")

for _ in sys.stdin:  # a line asks for one process; it is forked, because importing AG2 takes longer than all else
    child = os.fork()
    if child == 0:
        for name in "ab":
            threading.Thread(target=work, args=(name,)).start()
        threading.Event().wait()
    os.write(1, f"pid {child}\\n".encode())
    os.waitpid(child, 0)
    os.write(1, b"dead\\n")
"""


def kill_one(worker: subprocess.Popen[bytes], wait: float) -> list[str]:
    """Have a process work, kill it ``wait`` seconds after a first call, return the calls it said were made."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write(b"go\n")
    worker.stdin.flush()
    said = b""
    while not (b"-0\n" in said and re.search(rb"pid \d+\n", said)):
        said += worker.stdout.readline()
    time.sleep(wait)
    child = re.search(rb"pid (\d+)\n", said)
    assert child is not None
    os.kill(int(child[1]), signal.SIGKILL)
    while not said.endswith(b"dead\n"):
        line = worker.stdout.readline()
        assert line, "the worker itself has died"
        said += line
    # AG2 says things too.
    return re.findall(r"^([ab]-\d+)\n", said.decode(), re.MULTILINE)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither SIGKILL nor fork")
@pytest.mark.timeout(3000)
def test_kill_at_random_moments(tmp_path: Path) -> None:
    log = tmp_path / "killed.log"
    chance = random.Random(20261121)
    acknowledged: list[tuple[int, str]] = []
    environment = os.environ | {
        "AG2_RUNTIME_LOGGING": "true",
        "AG2_RUNTIME_LOG_FILE": str(log),
        "MY_SERVICE_TOKEN": SECRETS[2],
    }
    command = [sys.executable, "-W", "ignore", "-c", WORKER, *SECRETS]
    worker = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    )
    for number in range(TIMES):
        before = log.stat().st_size if log.exists() else 0
        said = kill_one(worker, chance.uniform(0, 0.05))
        with log.open("rb") as file:
            file.seek(before)
            written = file.read()
        acknowledged += [(number, name) for name in said]
        for name in said:
            assert b'"content":"call %s ' % name.encode() in written, f"{name} was acknowledged and is not on file"
        calls = [line for line in written.split(b"\n") if b'"kind":"llm.call"' in line]
        assert len(calls) >= len(said)

    worker.communicate()
    data = log.read_bytes()
    for secret in SECRETS:
        assert secret.encode() not in data
    assert len(acknowledged) > TIMES
    _the_next_session_appends_cleanly(log, len(acknowledged))


def _the_next_session_appends_cleanly(log: Path, acknowledged: int) -> None:
    settings = Settings.from_environment({}, dotenv=False, enabled=True, log_file=str(log))
    with ag2_logging_session("after", "w", settings=settings):
        pass
    lines = [line for line in log.read_bytes().split(b"\n") if line]
    broken = 0
    for line in lines:
        try:
            msgspec.json.decode(line)
        except msgspec.DecodeError:
            broken += 1
    assert broken <= TIMES
    summary = summarize_runtime_file(log)
    assert summary.bad_lines == broken
    assert summary.llm_calls >= acknowledged
    statuses = {session.chat_id: session.status for session in summary.sessions}
    assert statuses == {"killed": "incomplete", "after": "ok"}
