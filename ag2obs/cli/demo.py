"""``ag2obs demo``: agents run, and their log is compared with what the model server counted."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from unittest import mock

import click

from ag2obs.analysis.summary.summary_fold import RuntimeSummary, SummaryFold
from ag2obs.cli import demo_classic, demo_key, demo_v1
from ag2obs.cli.demo_story import Story
from ag2obs.cli.exit_codes import ExitCode
from ag2obs.cli.summary import print_summary
from ag2obs.cli.wording import counted
from ag2obs.errors import ExtraMissing
from ag2obs.logging_session import ag2_logging_session
from ag2obs.readers import iter_accounting
from ag2obs.settings import Settings
from ag2obs.testing import ModelServer
from ag2obs.testing import Totals as ServerTotals

PIECE = 12
"""Characters of the key in a row that count as a leak, far too many to be there by chance."""


STORIES: Mapping[str, Story] = MappingProxyType({"v1": demo_v1.STORY, "classic": demo_classic.STORY})
"""What can run, by the value of ``--framework``; without that option the first one that is installed does."""

INSTALL = "pip install 'ag2obs[demo]'"


@click.command("demo")
@click.option(
    "--framework",
    type=click.Choice(list(STORIES)),
    help="v1 is `from ag2 import Agent`, classic is `from autogen import ...`. Default: v1 where it is installed.",
)
@click.option(
    "--model", metavar="NAME", help="The model that all agents use, for comparing runs; it decides the prices."
)
def command(framework: str | None, model: str | None) -> int:
    """Run agents and show what their log tells.

    Real agents of AG2 run against a model server on this machine, so that no key and no network are needed. One
    request is refused and sent again, one tool call fails, and a key is planted in what they say.
    The log is written where your settings say: AG2_RUNTIME_LOG_FILE, else logs/logs/ag2_runtime.log.

    The exit code is 2 when the log differs from what the model server counted, or holds the planted key.
    """
    story = _choose(framework)
    settings = Settings.from_environment(enabled=True, patch=True, budget_on_exceed="warn")
    key = demo_key.new_key()
    with ModelServer(story.replies) as server:
        with ag2_logging_session("demo_chat", "demo", settings=settings) as session, _undisturbed():
            story.run(server.base_url, key, model)
        told = server.totals()
        planted = sum(json.dumps(request.body).count(key) for request in server.requests)
    assert session.log_path is not None
    log = session.log_path
    summary, requests = _read_back(log, session.id)
    click.echo(f"{story.told} On purpose, one request was refused and sent again, and one tool call failed.\n")
    print_summary(summary)
    equal = _compare(summary, requests, told)
    hidden = _search(log, key, planted)
    _tell_what_next(log)
    return ExitCode.SUCCESS if equal and hidden else ExitCode.EXECUTION_ERROR


def _choose(framework: str | None) -> Story:
    """Return the story of a framework, or of the first one that is installed; raises ExtraMissing."""
    for story in STORIES.values() if framework is None else (STORIES[framework],):
        with contextlib.suppress(ImportError):  # nothing is wrong as long as another one can run
            story.import_framework()
            return story
    if framework is None:
        names = " or ".join(story.framework for story in STORIES.values())
        raise ExtraMissing(f"the demo runs {names} with the OpenAI client, and neither can be imported: {INSTALL}")
    raise ExtraMissing(
        f"the demo runs {STORIES[framework].framework} with the OpenAI client, and one of them cannot be imported: "
        f"{INSTALL}"
    )


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Keep what AG2 prints off the terminal, and its clients away from a proxy that the environment names."""
    direct = ",".join(filter(None, (os.environ.get("no_proxy") or os.environ.get("NO_PROXY"), "127.0.0.1")))
    with mock.patch.dict(os.environ, no_proxy=direct), contextlib.redirect_stdout(io.StringIO()):
        yield


def _read_back(log: Path, session_id: str) -> tuple[RuntimeSummary, int]:
    """Return the summary of one session, and its HTTP requests, from the file alone."""
    fold = SummaryFold()
    requests = 0
    for event in iter_accounting(log):
        if event.session == session_id:
            fold.add(event)
            requests += event.attempts or 0
    return fold.result(), requests


def _compare(summary: RuntimeSummary, requests: int, told: ServerTotals) -> bool:
    """Print what is on file beside what the model server counted; returns whether all of it is equal."""
    from ag2obs.cli.tables import print_table

    tokens = summary.tokens
    rows = (
        ("model calls", summary.llm_calls, told.calls),
        ("HTTP requests", requests, told.requests),
        ("input tokens", tokens.input, told.prompt_tokens),
        ("of these cached", tokens.cache_read, told.cached_tokens),
        ("output tokens", tokens.output, told.completion_tokens),
    )
    print_table(
        "Check",
        ("", "on file", "model server", ""),
        [
            (what, f"{on_file:,}", f"{sent:,}", "equal" if on_file == sent else "DIFFERENT")
            for what, on_file, sent in rows
        ],
        numbers=("on file", "model server"),
    )
    return all(on_file == sent for _, on_file, sent in rows)


def _search(log: Path, key: str, planted: int) -> bool:
    """Search the log for the key and print the outcome; returns whether the key was sent and is not on file."""
    data = log.read_bytes()
    pieces = [
        form[start : start + PIECE].encode()
        for form in (key.removeprefix(demo_key.KEY_PREFIX), demo_key.encoded(key).rstrip("="))
        for start in range(len(form) - PIECE + 1)
    ]
    found = sum(data.count(piece) for piece in pieces)
    click.echo(f"log   {shlex.quote(str(log))}")
    click.echo(
        f"key   sent to the model {counted(planted, 'time')}; in the {len(data):,} bytes of the log, as it is and as "
        f"base64: {'no ' + str(PIECE) + ' characters of it' if not found else counted(found, 'piece') + ' OF IT'}"
    )
    return planted > 0 and not found


def _tell_what_next(log: Path) -> None:
    next_steps = (
        ("ag2obs list", "the sessions in your log, newest first"),
        ("ag2obs summary --json", "the numbers of all of them, for programs"),
        (f"tail -n 1 {shlex.quote(str(log))}", "how a session ends on file"),
        (
            "AG2_RUNTIME_LOGGING=true python workflow.py",
            'yours, inside `with ag2_logging_session("chat_1", "support"):`',
        ),
    )
    width = max(len(what) for what, _ in next_steps)
    click.echo("\nTry next")
    for what, purpose in next_steps:
        click.echo(f"  {what:<{width}}  {purpose}")
