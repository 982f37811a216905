"""The README and ``docs/`` tell the truth: every example runs, every table agrees with the code."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

import ag2obs
from ag2obs import cli
from ag2obs.adapters import http_attempts
from ag2obs.encoding import DEFAULT
from ag2obs.events import Accounting, Event
from ag2obs.readers.summaries import summarize_runtime_file
from ag2obs.settings import VARIABLES
from ag2obs.testing import ModelServer, Tokens
from ag2obs.usage.price_file import read_price_file

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
FORMATS = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
DOCUMENTS = {path.relative_to(ROOT).as_posix(): path for path in [ROOT / "README.md", *ROOT.glob("docs/*.md")]}


class Block(NamedTuple):
    """A fenced block of a document."""

    language: str
    text: str
    line: int


def blocks(path):
    """Return the fenced blocks of a document, each with its line number."""
    text = path.read_text(encoding="utf-8")
    return [
        Block(found[1], found[2], text.count("\n", 0, found.start()) + 1)
        for found in re.finditer(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    ]


def rows(text, heading):
    """Return the rows of the table whose first heading is ``heading``, as lists of cells."""
    table = re.search(rf"^\| {re.escape(heading)} \|.*\n\|[-|]+\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert table, f"there is no table of {heading}"
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table[1].splitlines()]


VOLATILE = (
    (r"\d{8}T\d{6}-[0-9a-f]{10}", "SESSION"),
    (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+Z)?", "TIME"),
    (r"[+-][\d.,]+( ms| s| min)\b", "DIFFERENCE"),
    (r"[+-][\d,]+%", "PERCENT"),
    (r"[\d.]+ (items/s|a minute)", "RATE"),
    (r"to [0-9a-f]{32}", "to CHANNEL"),
    (r"[\d.]+ (ms|s|min)( \d+ s)?\b", "DURATION"),
    (r"[\d,]+ bytes", "BYTES"),
    (r"[1-9]\d*(\.\d)? KB", "SIZE"),
    (r"\$[\d.,]+", "MONEY"),
    (r"about [1-9]\d* tokens", "about COUNT tokens"),
    (r"~[1-9]\d*", "~COUNT"),
    (r"[1-9]\d*% of the", "PERCENT of the"),
    (r"─+", "─"),
)
"""What differs between two runs, or with the price list of the day, or with the length of the paths in a log."""


def normalised(output, folder):
    """Return output without what may differ, as its lines."""
    output = output.replace(str(folder), "/home/me/project")
    for pattern, name in VOLATILE:
        output = re.sub(pattern, name, output)
    return [" ".join(line.split()) for line in output.splitlines() if line.strip()]


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """Let commands find this environment's programs and the examples, and OpenAI's client a model server."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setenv("PATH", os.path.dirname(sys.executable), prepend=os.pathsep)
    with ModelServer(
        lambda request: "It left the warehouse yesterday and arrives on Friday.",
        tokens=Tokens(prompt=38, completion=11),
    ) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-" + "proj-" + "a1B2c3D4" * 6)
        yield


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_example_runs(name, tmp_path, environment):
    namespace = {"__name__": name}
    for block in blocks(DOCUMENTS[name]):
        if block.language == "python":
            run_python(block, namespace, name)
        elif block.language == "console":
            run_console(block, tmp_path, name)


def run_python(block, namespace, name):
    """Save a block that begins with its file name, for the commands that follow; run any other one."""
    saved = re.match(r"# (\w+\.py)\n", block.text)
    if saved:
        Path(saved[1]).write_text(block.text, encoding="utf-8")
        return
    code = compile("\n" * block.line + block.text, name, "exec")
    exec(code, namespace)  # the examples of our own documents


def run_console(block, folder, name):
    """Run each command and compare what it prints with what is shown, where anything is shown."""
    for command in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        line, _, shown = command.partition("\n")
        # The environment is named because readline, which pytest imports, sets COLUMNS behind Python's back.
        finished = subprocess.run(
            line,
            shell=True,
            env=dict(os.environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert "Traceback" not in finished.stdout, finished.stdout
        assert finished.returncode == (1 if "none.log" in line else 0), finished.stdout
        if shown.strip():
            assert normalised(finished.stdout, folder) == normalised(shown, folder), f"{name}, $ {line}"


def test_commands_for_a_terminal_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [line for path in DOCUMENTS.values() for block in blocks(path) if block.language == "sh"
             for line in block.text.splitlines()]  # fmt: skip
    assert lines
    for line in lines:
        command, *arguments = line.split()
        if command == "make":
            assert re.search(rf"^{arguments[0]}:", makefile, re.MULTILINE), line
        else:
            extra = re.search(r"pip install '?\.(?:\[(\w+)\])?'?$", line)
            assert extra, line
            assert not extra[1] or extra[1] in project["optional-dependencies"]


def test_every_command_is_shown():
    assert sorted(re.findall(r"^### ag2obs (\w+)$", README, re.MULTILINE)) == sorted(cli.COMMANDS)


def test_the_settings_table_is_the_one_in_the_code():
    shown = rows(README, "variable")
    assert shown == [
        [f"`{variable.name}`", f"`{variable.default}`" if variable.default else "-", variable.doc]
        for variable in VARIABLES
    ]


def test_settings_without_effect_are_told():
    """What is read and checked but used nowhere must not look as if it worked."""
    package = ROOT / "ag2obs"
    sources = [path.read_text(encoding="utf-8") for path in package.rglob("*.py") if path.name != "settings.py"]
    used_by_settings = {"logs_base_dir"}
    without = {
        variable.name
        for variable in VARIABLES
        if variable.field not in used_by_settings
        and not any(re.search(rf"settings\.{variable.field}\b", source) for source in sources)
    }
    told = re.search(r"have no effect in this version: ([^.]*)\.", README)
    assert without == (set(re.findall(r"`(\w+)`", told[1])) if told else set())


def test_the_event_kinds_are_those_that_are_recorded():
    package = ROOT / "ag2obs"
    sources = [
        path
        for part in ("adapters", "trace", ".")
        for path in (package / part).glob("**/*.py" if part != "." else "*.py")
    ]
    recorded = {
        "".join(kind)
        for source in sources
        for kinds in re.findall(r'(?:kind=|KIND = |kind = )("[^\n]+)', source.read_text(encoding="utf-8"))
        for kind in re.findall(r'^"([\w.]+)"|else "(\w+)"$', kinds)
    }
    recorded |= {
        kind
        for source in sources
        for kind in re.findall(r'(?:emit|_decorator)\(\s*"([\w.]+)"', source.read_text(encoding="utf-8"))
    }
    recorded -= {"summary"}  # a work of its own, told by its calls alone
    assert {kind for row in rows(README, "kind") for kind in re.findall(r"`([\w.]+)`", row[0])} == recorded


def test_every_field_of_an_event_is_explained():
    explained = {
        name
        for heading in re.findall(r"^### .*?(?=^##)", FORMATS, re.MULTILINE | re.DOTALL)
        for cells in rows(heading, "field")
        for name in re.findall(r"`(\w+)`", cells[0])
    }
    assert explained == set(Event.__struct_fields__)
    assert set(Accounting.__struct_fields__) < explained


def test_the_line_shown_is_an_event():
    (line,) = [block for block in blocks(ROOT / "README.md") if block.language == "json"]
    shown = json.loads(line.text)
    assert shown.keys() <= set(Event.__struct_fields__)
    assert (shown["v"], shown["kind"]) == (1, "llm.call")


def test_the_summary_shown_has_the_keys_of_a_summary(tmp_path):
    (block,) = [block for block in blocks(ROOT / "docs" / "formats.md") if block.language == "json"]
    log = tmp_path / "a.log"
    log.write_bytes(
        b'{"v":1,"kind":"session.start","session":"s"}\n'
        b'{"v":1,"kind":"llm.call","session":"s","agent":"a","model":"m"}\n'
        b'{"v":1,"kind":"tool.call","session":"s","tool":"t"}\n'
    )
    shown, real = json.loads(block.text), summarize_runtime_file(log).to_dict()
    assert keys(shown) == keys(real)
    assert keys(shown["sessions"][0]) == keys(real["sessions"][0])
    for part in ("agents", "models", "tools"):
        assert keys(shown["sessions"][0][part][0]) == keys(real["sessions"][0][part][0])
    assert keys(shown["totals"]) == keys(real["totals"])
    assert keys(shown["totals"]["tokens"]) == keys(real["totals"]["tokens"])
    assert keys(real["sessions"][0]["totals"]) == [key for key in keys(shown["totals"]) if key != "sessions"]


def keys(table):
    return list(table)


def test_price_files_shown_are_read(tmp_path):
    (block,) = [block for block in blocks(ROOT / "README.md") if block.language == "toml"]
    shown = tmp_path / "prices.toml"
    shown.write_text(block.text, encoding="utf-8")
    for path in (shown, ROOT / "docs" / "prices.example.toml"):
        assert read_price_file(path).alias_of("prod-gpt4o") == "gpt-4o"


def test_limits_are_those_in_the_code():
    assert f"a text at {DEFAULT.text:,} characters, all texts of an event at {DEFAULT.total:,}" in README
    assert f"a body over {http_attempts._LARGEST_BODY >> 20} MiB" in README


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name):
    path = DOCUMENTS[name]
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", path.read_text(encoding="utf-8")):
        file, _, anchor = target.partition("#")
        linked = (path.parent / file) if file else path
        assert linked.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", linked.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def test_the_changelog_has_the_version():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{ag2obs.__version__}]" in changelog
