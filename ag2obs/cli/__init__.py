"""The command line: ``ag2obs`` and ``python -m ag2obs``.

A command is a module of this package whose ``command`` is a Click command, and a row in ``COMMANDS``. It is
imported only when it runs or when the help lists it, and imports ``rich`` only to print tables.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from ag2obs.cli.exit_codes import ExitCode
from ag2obs.errors import Ag2obsError

COMMANDS = {
    "demo": "demo",
    "summary": "summary",
    "list": "list_sessions",
    "open": "open_session",
    "tools": "tools",
    "timeline": "timeline",
    "errors": "errors",
    "cost": "cost",
    "compare": "compare",
    "watch": "watch",
    "trends": "trends",
    "scan": "scan",
    "sanitize": "sanitize",
    "clean": "clean",
    "doctor": "doctor",
}
"""Each command and its module, in the order of the help. A module named like a builtin would hide it here."""


class LazyGroup(click.Group):
    """Imports a command's module when the command is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return all names, in the order of ``COMMANDS``."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command called ``cmd_name``, None where there is none."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"{__name__}.{COMMANDS[cmd_name]}").command
        assert isinstance(command, click.Command)
        return command


@click.group(cls=LazyGroup, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ag2obs", message="%(prog)s %(version)s")
@click.pass_context
def ag2obs(context: click.Context) -> None:
    """See what AG2 (AutoGen) workflows did and what they cost, from their log files on this machine."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with one of ``ExitCode``; errors are one sentence on standard error."""
    if hasattr(sys.stdout, "reconfigure"):
        # A terminal that cannot show a character shows a question mark instead of ending the command.
        sys.stdout.reconfigure(errors="replace")
    sys.exit(_run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    try:
        code = ag2obs.main(args=arguments, prog_name="ag2obs", standalone_mode=False)
        sys.stdout.flush()
    except (click.Abort, KeyboardInterrupt):
        return ExitCode.INTERRUPTED
    except (click.ClickException, Ag2obsError) as error:
        return complain(sentence_of(error))
    except BrokenPipeError:
        # Whoever read our output has had enough; the interpreter must not fail when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.ERROR
    return code if isinstance(code, int) else ExitCode.SUCCESS


def complain(sentence: str) -> ExitCode:
    """Print one sentence on standard error; returns the exit code that goes with it."""
    click.echo(f"ag2obs: {sentence}", err=True)
    return ExitCode.ERROR


def sentence_of(error: click.ClickException | Ag2obsError) -> str:
    """Return what an error says, for wrong usage with where to look it up."""
    if isinstance(error, Ag2obsError):
        return str(error)
    message = error.format_message()
    if isinstance(error, click.UsageError) and error.ctx is not None:
        return f"{message} See '{error.ctx.command_path} --help'."
    return message
