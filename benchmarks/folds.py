"""How fast each fold takes in a log, at growing sizes: linear time and bounded memory.

Run as ``python -m benchmarks.folds [MEGABYTES ...]``. CPU seconds of a process of its own for each fold and size, its
peak memory, and both beside reading the same events without a fold.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.corpus import write_one_log

SIZES = (10.0, 100.0)

FOLDS = {
    "reading alone": "",
    "summary": "from ag2obs.analysis.summary.summary_fold import SummaryFold as Fold",
    "trends": "from ag2obs.analysis.trends.trends_fold import TrendsFold as Fold",
    "tools": "from ag2obs.analysis.tools.tools_fold import ToolsFold as Fold",
    "cost": "from ag2obs.analysis.cost.cost_fold import CostFold as Fold",
    "errors": "from ag2obs.analysis.errors.errors_fold import ErrorsFold as Fold",
    "timeline": "from ag2obs.analysis.timeline.timeline_fold import TimelineFold as Fold",
    "compare": "from ag2obs.analysis.compare.compare_fold import RunsFold as Fold",
    "watch": "from ag2obs.analysis.live import LiveFold as Fold",
}

_PROGRAM = """
import resource, sys, time
from ag2obs.readers import iter_events
{imports}
begun = time.process_time()
if "Fold" in globals():
    fold = Fold()
    for event in iter_events(sys.argv[1]):
        fold.add(event)
    fold.result()
else:
    for event in iter_events(sys.argv[1]):
        pass
print(time.process_time() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def measured(imports: str, log: Path) -> tuple[float, float]:
    """Return CPU seconds and peak MB of a fold over a log."""
    command = [sys.executable, "-c", _PROGRAM.format(imports=imports), str(log)]
    seconds, memory = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return float(seconds), float(memory)


def main() -> None:
    """Print the table."""
    sizes = [float(size) for size in sys.argv[1:]] or SIZES
    with tempfile.TemporaryDirectory() as folder:
        logs = []
        for size in sizes:
            log = Path(folder, f"{size:.0f}.jsonl")
            sessions = write_one_log(log, size)
            logs.append((log, log.stat().st_size / 1_000_000))
            print(f"  {logs[-1][1]:.0f} MB: {sessions:,} sessions of 20 calls")
        print(f"  {'':<14}" + "".join(f"{f'{size:.0f} MB: CPU s':>18} {'MB/s':>6} {'peak MB':>8}" for _, size in logs))
        for name, imports in FOLDS.items():
            cells = ""
            for log, size in logs:
                seconds, memory = min(measured(imports, log) for _ in range(2))
                cells += f"{seconds:18.2f} {size / seconds:6.0f} {memory:8.0f}"
            print(f"  {name:<14}{cells}")


if __name__ == "__main__":
    main()
