"""Fail a build whose workflow became too expensive, failed, or lost part of its log.

    python examples/summary_in_ci.py logs/logs/ag2_runtime.log --max-usd 0.50

The exit code is 0 where the log keeps to the limits, 1 where it does not or cannot be read. It runs no model.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from ag2obs import RuntimeSummary, summarize_runtime_file
from ag2obs.errors import Ag2obsError


def problems(summary: RuntimeSummary, max_usd: float, max_failed_calls: int) -> Iterator[str]:
    """Yield a sentence for each limit that was not kept."""
    if not summary.cost_complete:
        yield f"{summary.unpriced_calls} calls have no known price ({', '.join(summary.unpriced_models)})"
    elif summary.cost_usd is not None and summary.cost_usd > max_usd:
        yield f"it cost {summary.cost_usd} US dollars, the limit is {max_usd}"
    if summary.failed_calls > max_failed_calls:
        yield f"{summary.failed_calls} model calls failed, {max_failed_calls} may"
    for session in summary.sessions:
        if session.status != "ok":
            yield f"session {session.session_id} ({session.workflow}) ended with status {session.status}"
    if summary.dropped or summary.bad_lines:
        yield f"the log has lost {summary.dropped} events and {summary.bad_lines} lines"


def main() -> int:
    """Read the logs that the arguments name and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("logs", nargs="+", help="log files or folders of them")
    parser.add_argument("--max-usd", type=float, default=1.0)
    parser.add_argument("--max-failed-calls", type=int, default=0)
    options = parser.parse_args()
    try:
        summary = summarize_runtime_file(options.logs)
    except Ag2obsError as error:
        print(error, file=sys.stderr)
        return 1
    found = list(problems(summary, options.max_usd, options.max_failed_calls))
    for problem in found:
        print(f"FAILED: {problem}", file=sys.stderr)
    print(f"{len(summary.sessions)} sessions, {summary.llm_calls} calls, {summary.cost_usd} US dollars")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
