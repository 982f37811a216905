import os
import subprocess
import sys

import click
import pytest

from ag2obs import cli
from ag2obs.errors import Ag2obsError


def run(capsys, *arguments):
    """Run the command line; returns exit code, standard output and standard error."""
    with pytest.raises(SystemExit) as exit_info:
        cli.main(arguments)
    captured = capsys.readouterr()
    return int(exit_info.value.code), captured.out, captured.err


@pytest.fixture
def failing_command(monkeypatch):
    """Replace what ``ag2obs summary`` does by raising an exception."""

    def install(error):
        @click.command("summary")
        def command():
            raise error

        monkeypatch.setattr(cli.LazyGroup, "get_command", lambda *_: command)

    return install


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_help_lists_every_command_with_a_line_about_it(capsys, arguments):
    code, out, err = run(capsys, *arguments)
    assert (code, err) == (0, "")
    listed = {line.split()[0]: line.split()[1:] for line in out.partition("Commands:")[2].splitlines() if line.strip()}
    assert list(listed) == list(cli.COMMANDS)
    assert all(listed.values())


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_and_every_option_of_it_has_help(capsys, name):
    command = cli.ag2obs.get_command(click.Context(cli.ag2obs), name)
    assert command.name == name
    assert all(option.help for option in command.params if isinstance(option, click.Option))
    code, out, _ = run(capsys, name, "--help")
    assert code == 0
    assert len(out.splitlines()) > 10


def test_the_version(capsys):
    assert run(capsys, "--version")[:2] == (0, "ag2obs 0.1.0\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nonsense"], "ag2obs: No such command 'nonsense'. See 'ag2obs --help'.\n"),
        (["summary", "--nonsense"], "ag2obs: No such option '--nonsense'. See 'ag2obs summary --help'.\n"),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_code_1(capsys, arguments, sentence):
    assert run(capsys, *arguments) == (1, "", sentence)


def test_our_errors_are_one_sentence_and_exit_code_1(capsys, failing_command):
    failing_command(Ag2obsError("the reason, and what to do"))
    assert run(capsys, "summary") == (1, "", "ag2obs: the reason, and what to do\n")


def test_a_wrong_setting_is_named(capsys, monkeypatch):
    monkeypatch.setenv("AG2_RUNTIME_LOGGING", "perhaps")
    code, _, err = run(capsys, "summary")
    assert code == 1
    assert err.startswith("ag2obs: AG2_RUNTIME_LOGGING is 'perhaps'")


def test_an_interrupt_exits_with_4(capsys, failing_command):
    failing_command(KeyboardInterrupt())
    assert run(capsys, "summary")[0] == 4


def test_errors_that_are_bugs_keep_their_traceback(failing_command):
    failing_command(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        cli.main(["summary"])


@pytest.mark.skipif(os.name == "nt", reason="Windows has no broken pipes of this kind")
def test_a_reader_that_goes_away_is_no_error_message():
    read_end, write_end = os.pipe()
    os.close(read_end)
    process = subprocess.run(
        [sys.executable, "-m", "ag2obs", "--help"], stdout=write_end, stderr=subprocess.PIPE, check=False
    )
    os.close(write_end)
    assert (process.returncode, process.stderr) == (1, b"")


def test_a_summary_as_json_does_not_import_what_only_tables_or_prices_need():
    with open("x.log", "w", encoding="utf-8") as file:
        file.write('{"v":1,"kind":"message","session":"s"}\n')
    process = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "ag2obs", "summary", "--json", "x.log"],
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {line.rpartition("|")[2].strip() for line in process.stderr.splitlines()}
    assert "ag2obs.analysis.summary.summary_fold" in imported
    assert not imported & {"rich", "genai_prices", "tiktoken", "autogen", "ag2", "difflib", "ag2obs.session"}
    assert "multiprocessing" not in imported
