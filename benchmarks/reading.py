"""How fast logs are summed up, in how much memory, and how long ``ag2obs summary`` takes to start.

Run as ``python benchmarks/reading.py [MEGABYTES]``. Every figure stands beside a reference taken in the same run,
because machines and their moods differ: the bare msgspec loop for reading, bare Python for starting.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

from ag2obs.events import Event, Usage, encode, timestamp

ROUNDS = 5

REFERENCE = """
import msgspec
from ag2obs.events import Accounting
begun = time.perf_counter()
decode = msgspec.json.Decoder(Accounting).decode
with open(sys.argv[1], "rb", buffering=1 << 20) as file:
    for line in file:
        decode(line)
"""

SUMMARY = """
from ag2obs.readers.summaries import summarize_runtime_file
begun = time.perf_counter()
summarize_runtime_file(sys.argv[1])
"""

TIMED = """
import resource, sys, time
{code}
print(time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def write_log(path: Path, megabytes: float) -> None:
    """Write sessions of 20 turns: a question and an answer of about 3 KB each, a call, and every third time a tool."""
    text = 'The quick brown fox wrote:\nsome prose about tokens, and now and then a "quoted" word. ' * 36
    written = number = 0
    with open(path, "wb") as file:
        while written < megabytes * 1_000_000:
            session = f"20261121T080000-{number // 20:010x}"
            written += sum(file.write(encode(event) + b"\n") for event in _turn(session, number, text))
            number += 1


def _turn(session: str, number: int, text: str) -> list[Event]:
    common: dict[str, Any] = {
        "v": 1,
        "ts": timestamp(),
        "seq": number,
        "session": session,
        "trace": "0" * 32,
        "chat_id": "chat",
    }
    agent = f"agent_{number % 4}"
    events = [
        Event(kind="message", id=f"m{2 * number}", role="user", content=text, **common),
        Event(kind="message", id=f"m{2 * number + 1}", role="assistant", content=text, **common),
        Event(
            kind="llm.call",
            span=f"{number:016x}",
            agent=agent,
            ms=812.5,
            status="ok",
            provider="openai",
            request_model="gpt-4o",
            model="gpt-4o-2024-08-06",
            usage=Usage(input=1200, output=340, cache_read=1024),
            cost_usd=Decimal("0.0064"),
            cost_source="genai-prices",
            cost_quality="exact",
            input=[f"m1-m{2 * number}"],
            output=[f"m{2 * number + 1}"],
            **common,
        ),
    ]
    if number % 3 == 0:
        events.append(Event(kind="tool.call", agent=agent, tool="search", ms=31.5, success=True, **common))
    return events


def timed(code: str, path: Path) -> tuple[float, float]:
    """Run code in a Python of its own; returns its seconds without imports, and its peak memory in MB."""
    command = [sys.executable, "-c", TIMED.format(code=code), str(path)]
    seconds, kilobytes = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return float(seconds), int(kilobytes) / 1024


def started(*arguments: str) -> float:
    """Return the seconds that a Python process takes from start to end; of several, the least disturbed one's."""
    seconds = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
        seconds.append(time.perf_counter() - begun)
    return min(seconds)


def main() -> None:
    """Print the table."""
    megabytes = float(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory() as folder:
        large, small = Path(folder, "large.log"), Path(folder, "small.log")
        write_log(large, megabytes)
        write_log(small, 1)
        size = large.stat().st_size / 1_000_000
        rounds = [(timed(REFERENCE, large), timed(SUMMARY, large)) for _ in range(ROUNDS)]
        reference, summary = (min(column) for column in zip(*rounds, strict=True))
        print(f"reading {size:<14.0f}MB {'MB/s':>8} {'peak MB':>8}")
        for name, (seconds, memory) in (("bare msgspec loop", reference), ("summary", summary)):
            print(f"  {name:<22} {size / seconds:>8.0f} {memory:>8.0f}")
        print(f"  {'ratio':<22} {reference[0] / summary[0]:>8.2f}")
        print(f"{'whole process on 1 MB':<25} {'seconds':>7}")
        for name, arguments in (
            ("bare python", ["-c", "pass"]),
            ("import msgspec, click", ["-c", "import msgspec, click"]),
            ("ag2obs summary --json", ["-m", "ag2obs", "summary", "--json", str(small)]),
            ("ag2obs summary", ["-m", "ag2obs", "summary", str(small)]),
        ):
            print(f"  {name:<22} {started(*arguments):>8.3f}")


if __name__ == "__main__":
    main()
