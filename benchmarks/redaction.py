"""Print what redaction costs: medians per record, with and without the accelerator, and hostile megabytes.

``python benchmarks/redaction.py``
"""

from __future__ import annotations

import json
import random
import statistics
import string
import sys
import time
from collections.abc import Callable

from ag2obs.redaction import Redactor
from ag2obs.redaction.rules_personal import PERSONAL_RULES
from tests.redaction.hostile_texts import KNOWN_VALUES, hostile_texts

_MEGABYTE = 1_000_000


def _random(length: int) -> str:
    return "".join(random.Random(length).choices(string.ascii_letters + string.digits, k=length))


def typical_record(with_secret: bool) -> bytes:
    """Return 3 KB as an agent writes them: prose, code, a URL, token counts, tool arguments in JSON."""
    prose = (
        "The quarterly report is ready. I compared the totals with last year's and found two differences: "
        "shipping costs rose by 4.2 %, and the refund total has a typo. Next, I will call the search tool.\n"
    )
    arguments = json.dumps({"query": "refund policy", "limit": 20, "url": "https://example.com/a/b?page=2"})
    secret = f"Use sk-proj-{_random(74)} to log in.\n" if with_secret else "Ask the administrator to log in.\n"
    record = {
        "v": 1,
        "kind": "message",
        "session": "20261121T080102-9f86d081a3",
        "trace": "0af7651916cd43dd8448eb211c80319c",
        "usage": {"prompt_tokens": 1500, "completion_tokens": 220, "total_tokens": 1720},
        "tool_calls": [{"id": "call_" + _random(24), "function": {"name": "search", "arguments": arguments}}],
        "content": prose * 3 + secret + "def total(rows):\n    return sum(row['price'] for row in rows)\n" + prose * 14,
    }
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()[:2950] + b'"}'


def envelope() -> bytes:
    """Return 500 bytes of accounting fields."""
    return (
        b'{"v":1,"ts":"2026-11-21T08:01:02.123456Z","seq":17,"kind":"llm.call","session":"20261121T080102-9f86d081a3",'
        b'"trace":"0af7651916cd43dd8448eb211c80319c","span":"b7ad6b7169203331","parent":"00f067aa0ba902b7",'
        b'"chat_id":"chat_123","workflow":"support","agent":"assistant","ms":812.4,"status":"ok","provider":"openai",'
        b'"request_model":"gpt-4o-mini","model":"gpt-4o-mini-2024-07-18","usage":{"input":1500,"output":220},'
        b'"tokens_source":"provider","cost_usd":"0.000357","cost_source":"genai-prices","input":["m1-m16"],"output":["m17"]}'
    )


def median_us(work: Callable[[], object], repeats: int = 2000) -> float:
    """Return the median time of ``work`` in microseconds."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter_ns()
        work()
        times.append(time.perf_counter_ns() - begin)
    return statistics.median(times) / 1000


def main() -> int:
    """Print the table; returns 0."""
    redactors = {"accelerated": Redactor(accelerated=True), "pure Python": Redactor(accelerated=False)}
    learned = Redactor(accelerated=True)
    learned.learn_environment({f"SERVICE_{index}_API_KEY": _random(32 + index) for index in range(20)})
    redactors["accelerated, 20 known values"] = learned
    records = {
        "3 KB record, no secret": typical_record(False),
        "3 KB record, one secret": typical_record(True),
        "500 byte envelope": envelope(),
    }
    print(f"{'median, us':<28}" + "".join(f"{name:>30}" for name in redactors))
    for name, record in records.items():
        row = "".join(
            f"{median_us(lambda redactor=redactor, record=record: redactor.redact(record)):>30.1f}"
            for redactor in redactors.values()
        )
        print(f"{name:<28}{row}")
    print_hostile()
    return 0


def print_hostile() -> None:
    """Print the CPU time of hostile megabytes, where all personal data is asked for and values are known."""
    engines = []
    for accelerated in (True, False):
        engine = Redactor(accelerated=accelerated, personal=PERSONAL_RULES)
        for value in KNOWN_VALUES:
            engine.learn(value, "KNOWN_SECRET")
        engines.append(engine)
    print(f"\n{'hostile megabyte, s of CPU':<28}{'accelerated':>12}{'pure Python':>12}")
    for name, data in hostile_texts(_MEGABYTE).items():
        row = ""
        for engine in engines:
            begin = time.process_time()
            engine.redact(data)
            row += f"{time.process_time() - begin:>12.3f}"
        print(f"{name:<28}{row}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
