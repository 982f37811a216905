import json
import os
from decimal import Decimal
from pathlib import Path

import pytest

from ag2obs import cli
from ag2obs.analysis.summary.totals import Tally
from ag2obs.cli.trends import sparkline
from ag2obs.events import Event, Usage, encode


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as exit_info:
        cli.main(["trends", *arguments])
    captured = capsys.readouterr()
    return int(exit_info.value.code), captured.out, captured.err


@pytest.fixture(autouse=True)
def logs():
    """Ten days of a session each, the last one five times as dear; one log of every kind of name."""
    Path("logs").mkdir()
    for day in range(1, 11):
        event = Event(
            v=1,
            kind="llm.call",
            session=f"s{day}",
            ts=f"2026-11-{day:02}T08:00:00.000000Z",
            workflow="shop",
            agent="buyer",
            model="gpt-4o",
            provider="openai",
            status="ok",
            usage=Usage(input=1000, output=100, cache_read=10),
            cost_usd=Decimal("0.0125") * (5 if day == 10 else 1),
            ms=250.0,
        )
        Path(f"logs/it's {day}.jsonl").write_bytes(encode(event) + b"\n")


def test_days_and_what_is_unusual(capsys):
    code, out, err = run(capsys, "logs")
    assert (code, err) == (0, "")
    lines = [line.split() for line in out.splitlines() if line.startswith(" 2026-11-")]
    assert [line[0] for line in lines] == [f"2026-11-{day:02}" for day in range(1, 11)]
    assert lines[0][1:] == ["1", "1", "0", "0", "1,000", "100", "$0.0125", "250", "ms", "█" * 4]
    assert lines[-1][1] == "!"
    assert lines[-1][-1] == "█" * 20
    assert "! 2026-11-10: cost 0.0625, usually 0.0125" in out
    assert "scaled median absolute deviations" in out


@pytest.mark.parametrize(("by", "name"), [("workflow", "shop"), ("model", "gpt-4o (openai)"), ("agent", "buyer")])
def test_by_name_with_sparklines(capsys, by, name):
    code, out, _ = run(capsys, "logs", "--by", by)
    assert code == 0
    [line] = [line for line in out.splitlines() if line.startswith(f" {name}")]
    assert line.rstrip().endswith("▂" * 9 + "█")


@pytest.mark.parametrize("ts", ["", "9999-12-31T08:00:00Z", "2026-99-99", "zzz"])
def test_a_session_without_a_time_or_of_the_far_future_leaves_the_sparklines(capsys, ts):
    Path("old").mkdir()
    for day, at in [*((day, f"2024-11-{day:02}T08:00:00.000000Z") for day in range(1, 11)), (11, ts)]:
        event = Event(v=1, kind="llm.call", session=f"s{day}", ts=at, workflow="shop", cost_usd=Decimal(day))
        Path(f"old/{day}.jsonl").write_bytes(encode(event) + b"\n")
    [line] = [line for line in run(capsys, "old", "--by", "workflow")[1].splitlines() if line.startswith(" shop")]
    assert line.rstrip()[-1] == "█"
    assert len(line.split()[-1]) == 10


def test_where_all_days_are_in_the_future_the_newest_is_the_end(capsys):
    event = Event(v=1, kind="llm.call", session="s", ts="9999-12-30T08:00:00Z", workflow="shop", cost_usd=Decimal(1))
    Path("future.jsonl").write_bytes(encode(event) + b"\n")
    assert run(capsys, "future.jsonl", "--by", "workflow")[1].rstrip().endswith("█")


def test_json(capsys):
    document = json.loads(run(capsys, "logs", "--json", "--by", "workflow")[1])
    assert (document["schema"], document["by"]) == (1, "workflow")
    [row] = document["rows"]
    assert (row["name"], row["sessions"], row["totals"]["llm_calls"]) == ("shop", 10, 10)
    assert row["days"]["2026-11-10"] == {"llm_calls": 1, "cost_usd": "0.0625"}
    assert document["unusual"][0] == {"day": "2026-11-10", "what": "cost_usd", "value": 0.0625, "median": 0.0125}


def test_a_gap_in_a_sparkline_is_a_gap():
    def on(calls):
        return Tally(llm_calls=calls).totals()

    days = {"2026-11-01": on(8), "2026-11-04": on(4), "2026-09-01": on(1000)}
    assert sparkline(days, "2026-11-04") == "█  ▅"
    assert sparkline({"unknown": on(1)}, "unknown") == ""


def test_the_view_of_duckdb(capsys):
    duckdb = pytest.importorskip("duckdb")
    code, statement, err = run(capsys, "logs", "--sql")
    assert (code, err) == (0, "")
    connection = duckdb.connect()
    connection.execute(statement)
    found = connection.execute(
        "select count(*), sum(cost_usd), sum(input_tokens), min(ts)::varchar, any_value(error_type) from calls"
    ).fetchone()
    assert found == (10, Decimal("0.175"), 10_000, "2026-11-01 08:00:00", None)
    connection.close()


@pytest.mark.skipif(os.name == "nt", reason="no such names there")
@pytest.mark.parametrize("name", ["d[1]", "a*b", "q?r", "**", "[", "x]y", "[!z]", "{a,b}"])
def test_a_path_in_the_view_is_no_pattern(capsys, name):
    duckdb = pytest.importorskip("duckdb")
    for number, folder in enumerate((name, "d1", "aXb", "qXr", "y", "a"), 1):
        event = Event(v=1, kind="llm.call", session=f"s{number}", ts="2026-11-01T08:00:00.000000Z")
        Path("globs", folder).mkdir(parents=True)
        Path("globs", folder, "x.jsonl").write_bytes(encode(event) + b"\n")
    code, statement, _ = run(capsys, f"globs/{name}", "--sql")
    assert code == 0
    connection = duckdb.connect()
    connection.execute(statement)
    assert connection.execute("select session from calls").fetchall() == [("s1",)]
    connection.close()


def test_logs_of_other_programs_are_not_in_the_view(capsys):
    Path("logs/stock.log").write_text("Started new session with Session ID: 1\n")
    code, statement, err = run(capsys, "logs", "--sql")
    assert code == 0
    assert "stock.log" not in statement
    assert err == "ag2obs: 1 log of other programs cannot be in the view\n"


def test_no_log(capsys):
    assert run(capsys, "nowhere")[0] == 1
    assert "does not exist" in run(capsys, "nowhere")[2]
