"""``ag2obs:allow`` works in source code, and what an agent writes cannot switch the scan off."""

import gzip
import json

import pytest

from ag2obs.scanning import pieces as pieces_module
from ag2obs.scanning import scan_paths

TOKEN = "ghp" + "_" + "aB3dE6gH9jK2" * 3
PEM = "-----BEGIN RSA " + "PRIVATE KEY-----\n" + "aB3d" * 16 + "\n-----END RSA " + "PRIVATE KEY-----\n"


def scan(text, name, **options):
    """Return how many findings were reported, and how many allowed."""
    with open(name, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())
    report = scan_paths([name], **options)
    return len(report.findings), report.allowed


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("a.py", 'key = "{}"  # ag2obs:allow'),
        ("a.py", 'key = "{}"  # ag2obs:allow github'),
        ("a.py", 'key = "{}"  # ag2obs:allow openai, github \r'),
        ("Dockerfile", "ENV KEY={} # ag2obs:allow"),
        (".env.local", "KEY={} #ag2obs:allow"),
        ("a.YAML", "key: {} # ag2obs:allow"),
        ("a.ts", 'const key = "{}"; // ag2obs:allow'),
        ("a.sql", "select '{}' -- ag2obs:allow"),
        ("a.md", "Use {} <!-- ag2obs:allow -->"),
        ("a.css", "{} /* ag2obs:allow github */"),
        ("a.ini", "key={} ; ag2obs:allow"),
        ("a.py", '# ag2obs:allow\nkey = "{}"'),
        ("a.py", '    # ag2obs:allow github\n    key = "{}"'),
    ],
)
def test_a_comment_in_source_code_allows_its_line_and_the_next(name, line):
    text = line.format(TOKEN)
    assert scan(f"one\n{text}\n{TOKEN}\n", name) == (1, 1)
    assert scan(text, name) == (0, 1)
    assert scan(text, name, allow_comments=False) == (1, 0)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("a.log", "use {} # ag2obs:allow"),
        ("a.txt", "use {} # ag2obs:allow"),
        ("a", "use {} # ag2obs:allow"),
        ("a.log.1", "# ag2obs:allow\n{}"),
        ("a.json", '{{"key": "{}"}} // ag2obs:allow'),
        ("a.jsonl", '{{"content": "{} # ag2obs:allow"}}'),
        ("a.py", '{{"content": "{}"}} # ag2obs:allow'),
        ("a.py", 'print("{} # ag2obs:allow")'),
        ("a.py", "{} # ag2obs:allow openai"),
        ("a.py", "{} # ag2obs:allow github because it is a test"),
        ("a.py", "{} # ag2obs:allowed"),
        ("a.py", "{}# ag2obs:allow"),
        ("a.py", "{} // ag2obs:allow"),
        ("a.js", "{} # ag2obs:allow"),
        ("a.py", "x = 1  # ag2obs:allow\n{}"),
        ("a.py", "# ag2obs:allow\n\n{}"),
        ("a.py", "{}\n# ag2obs:allow"),
        ("a.py", "word " * 1000 + "{} # ag2obs:allow"),
        ("a.py", "\0 {} # ag2obs:allow"),
    ],
)
def test_nothing_else_does(name, line):
    assert scan(line.format(TOKEN), name) == (1, 0)


def test_it_does_not_count_in_compressed_files():
    assert scan(gzip.compress(f"{TOKEN} # ag2obs:allow".encode()), "a.py.gz") == (1, 0)


def test_a_key_of_several_lines_is_allowed_by_the_line_before():
    assert scan(f"# ag2obs:allow private-key\n{PEM}", "a.py") == (0, 1)
    assert scan(PEM, "a.py") == (1, 0)


@pytest.mark.parametrize("lines", range(1, 40))
def test_the_line_before_may_be_in_the_piece_before(lines, monkeypatch):
    monkeypatch.setattr(pieces_module, "PIECE_BYTES", 100)
    monkeypatch.setattr(pieces_module, "_AHEAD", 40)
    text = "x = 1\n" * lines + "# ag2obs:allow\n" + TOKEN + "\n" + "x = 1\n" * 40
    assert scan(text, "a.py") == (0, 1)


def test_both_are_counted_in_the_report():
    scan(f"{TOKEN} # ag2obs:allow\n", "a.py")
    assert json.loads(json.dumps(scan_paths(["a.py"]).to_dict()))["allowed"] == 1
