import pytest

from ag2obs.cli.tables import print_table
from ag2obs.cli.terminal_tables import print_for_terminal

HEADINGS = ("name", "question", "cost")
ROW = ("planner_" * 4, "What is the weather in Paris today? " * 4, "$1,234,567.89 + 2 unpriced")


def printed(capsys, *rows):
    print_table("Title", HEADINGS, rows, numbers=("cost",))
    return capsys.readouterr().out


def joined(text):
    return "".join(text.split())


@pytest.mark.parametrize("width", ["20", "60", "80", "200"])
def test_numbers_stay_whole_and_text_complete_at_any_width(capsys, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", width)
    out = printed(capsys, ROW)
    assert ROW[2] in out
    for character in set(joined("".join(ROW))):
        assert joined(out).count(character) >= joined("".join(ROW)).count(character)


def test_lines_fit_where_they_can(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert max(map(len, printed(capsys, ROW).splitlines())) <= 80


def test_into_a_pipe_every_row_is_one_line(capsys, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    assert sum("$1,234,567.89" in line and ROW[1].strip() in line for line in printed(capsys, ROW).splitlines()) == 1


def test_there_is_no_colour_outside_a_terminal_and_markup_is_text(capsys):
    out = printed(capsys, ("[red]x[/red] :smile:", "[link=http://127.0.0.1]", "$0"))
    assert "\x1b" not in out
    assert "[red]x[/red] :smile:" in out
    assert "[link=http://127.0.0.1]" in out


def test_no_rows_print_nothing(capsys):
    assert printed(capsys) == ""


def test_a_table_in_a_file_has_no_blanks_at_the_ends_of_its_lines(capsys):
    lines = printed(capsys, ROW, ("a", "short", "$1")).splitlines()
    assert lines == [line.rstrip() for line in lines]
    assert len(lines) >= 4


@pytest.mark.parametrize("title", [None, "Title"])
@pytest.mark.parametrize(
    "rows", [[ROW, ("a", "b", "$1")], [("", "", "")], [("日本語", "é 👍", "€1")], [(" a ", "\t", "1 ")]]
)
def test_a_table_in_a_file_is_what_rich_would_print(capsys, monkeypatch, title, rows):
    for name in ("COLUMNS", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    print_for_terminal(title, HEADINGS, rows, ("cost",))
    expected = capsys.readouterr().out
    print_table(title, HEADINGS, rows, numbers=("cost",))
    assert capsys.readouterr().out == expected


def test_a_cell_of_two_lines_stays_in_its_column(capsys):
    assert printed(capsys, ("one\ntwo", "short", "$1")).splitlines()[-2].split() == ["two"]
