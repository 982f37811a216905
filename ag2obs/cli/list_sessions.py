"""``ag2obs list``: the sessions in the logs, newest first."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import click

from ag2obs.analysis.sequence_numbers import missing_told
from ag2obs.analysis.summary.summary_fold import SummaryFold
from ag2obs.analysis.summary.summary_types import SessionSummary
from ag2obs.analysis.summary.totals import money_text
from ag2obs.cli import complain, wording
from ag2obs.cli.documents import print_document
from ag2obs.cli.logs import LogPath, add_logs

LIST_SCHEMA = 1
"""Version of the JSON document, written as ``schema``."""

QUESTION_WIDTH = 60


@click.command("list")
@click.argument("folder", required=False, type=LogPath())
@click.option(
    "--limit", type=click.IntRange(min=0), default=20, show_default=True, help="Show at most N sessions; 0 for all."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document for programs.")
def command(folder: Path | None, limit: int, as_json: bool) -> int:
    """List sessions, newest first.

    FOLDER is a folder of logs or one log file; without it the configured log, or its folder, is read. A session
    is shown with its start, workflow, chat, first question, calls, tokens, cost, duration and status.

    A log that cannot be read is reported on standard error and left out, and the exit code is 1.
    """
    fold = SummaryFold(questions=True)
    code = add_logs(fold, [folder] if folder is not None else [])
    newest = islice(fold.sessions(newest_first=True), limit or None)
    shown = [tally.summary(tally.sums()) for tally in newest]
    for sentence in missing_told({session.session_id: session.missing for session in shown}):
        complain(sentence)
    if as_json and shown:
        document = {
            "schema": LIST_SCHEMA,
            "total": fold.session_count,
            "sessions": [_row_as_json(row) for row in shown],
        }
        print_document(document)
    elif shown:
        _print(shown)
        if fold.session_count > len(shown):
            click.echo(
                f"{wording.counted(fold.session_count - len(shown), 'older session')} not shown; --limit 0 shows all"
            )
    return code


def _row_as_json(session: SessionSummary) -> dict[str, Any]:
    totals = session.totals
    return {
        "session_id": session.session_id,
        "chat_id": session.chat_id,
        "workflow": session.workflow,
        "status": session.status,
        "started": session.started,
        "ended": session.ended,
        "wall_seconds": session.wall_seconds,
        "question": session.question,
        "llm_calls": totals.llm_calls,
        "tokens": totals.tokens.to_dict(),
        "cost_usd": money_text(totals.cost_usd),
        "cost_complete": totals.cost_complete,
        "unpriced_calls": totals.unpriced_calls,
        "errors": totals.errors,
    }


def _print(sessions: list[SessionSummary]) -> None:
    from ag2obs.cli.tables import print_table

    print_table(
        None,
        ("started", "workflow", "chat", "question", "calls", "tokens", "cost", "wall", "status", "session"),
        [
            (
                wording.local_time(session.started),
                wording.printable(session.workflow),
                wording.printable(session.chat_id),
                wording.cut(session.question, QUESTION_WIDTH),
                f"{session.totals.llm_calls:,}",
                f"{session.totals.tokens.total:,}",
                wording.cost(session.totals),
                wording.duration(session.wall_seconds),
                wording.printable(session.status),
                wording.printable(session.session_id),
            )
            for session in sessions
        ],
        numbers=("calls", "tokens", "cost", "wall"),
    )
