"""``ag2obs open``: the folder of a session's log in the system's file manager."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import click

from ag2obs.cli import wording
from ag2obs.cli.documents import print_document
from ag2obs.cli.sessions import found, session_argument
from ag2obs.errors import LogFormatError
from ag2obs.readers.find import LATEST, is_folder

_SECONDS = 1.0
"""A viewer that runs for longer has opened something."""


@click.command("open")
@session_argument
@click.option("--file", "opens_file", is_flag=True, help="Open the log itself, not its folder.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document for programs.")
def command(session: str, opens_file: bool, as_json: bool) -> int:
    """Show where a session's log is, and open its folder in the system's file manager where there is one.

    The path of the log is printed in any case: a machine without a screen is no error. Where SESSION is a folder, that
    folder is shown.
    """
    path = _path(session)
    opened = open_in_viewer(path if opens_file or path.is_dir() else path.parent)
    if as_json:
        print_document({"schema": 1, "path": str(path), "opened": opened})
    elif sys.stdout.isatty():
        click.echo(wording.printable(str(path)))
    else:
        click.echo(os.fsencode(path))  # for programs: the path as it is, which need not be text
    return 0


def _path(session: str) -> Path:
    """Return the newest file of what a SESSION argument names; of a folder, the folder."""
    if session not in ("", LATEST) and is_folder(Path(session)):
        return Path(session).absolute()
    path = found(session).paths[-1].absolute()
    if not path.exists():
        raise LogFormatError(f"{session} does not exist")
    return path


def open_in_viewer(path: Path) -> bool:
    """Ask the system to show a file or folder; returns whether it seems to. Never raises, waits a second at most."""
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            os.startfile(path)
            return True
        if sys.platform != "darwin" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            return False
        viewer = "open" if sys.platform == "darwin" else "xdg-open"
        process = subprocess.Popen(
            [viewer, str(path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            return process.wait(_SECONDS) == 0
        except subprocess.TimeoutExpired:
            return True
    return False
