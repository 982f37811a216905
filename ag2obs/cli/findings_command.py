"""Commands whose exit code tells whether something was found: ``scan``, and ``alerts`` later."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Any

import click

from ag2obs.cli import complain, sentence_of
from ag2obs.errors import Ag2obsError


class FindingsCode(IntEnum):
    """What the exit status means."""

    CLEAN = 0
    FINDINGS = 1
    FAILED = 2
    """Anything else: wrong usage, an unreadable file, an interrupt, a bug. A build must not take it for either."""


class FindingsCommand(click.Command):
    """A command that ends with ``FindingsCode`` whatever happens."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Parse the arguments."""
        with _failures_exit():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with _failures_exit():
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result


@contextmanager
def _failures_exit() -> Iterator[None]:
    try:
        yield
    except (click.exceptions.Exit, SystemExit):
        raise
    except (click.ClickException, Ag2obsError) as error:
        complain(sentence_of(error))
    except (click.Abort, KeyboardInterrupt):
        complain("interrupted")
    except BrokenPipeError:
        # Whoever read our output has had enough; the interpreter must not fail when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception:  # noqa: BLE001 - the interpreter would exit with 1, which is "something was found"
        traceback.print_exc()
    else:
        return
    raise click.exceptions.Exit(FindingsCode.FAILED)
