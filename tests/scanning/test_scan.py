"""Scanning: what is found and what is not, places, excerpts, borders, files of every kind."""

import gzip
import io
import json
import os
import random
import string
import sys

import pytest

from ag2obs.files import decompression
from ag2obs.redaction import Redactor, redact
from ag2obs.scanning import pieces as pieces_module
from ag2obs.scanning import scan_paths
from ag2obs.scanning.pieces import pieces


def letters(length, seed=1):
    return "".join(random.Random(seed).choices(string.ascii_letters + string.digits, k=length))


KEY = "sk-" + "proj-" + letters(74)
TOKEN = "ghp" + "_" + letters(36, 2)
VALUE = letters(40, 3)
PEM = "-----BEGIN RSA " + "PRIVATE KEY-----\n" + (letters(64, 4) + "\n") * 25 + "-----END RSA " + "PRIVATE KEY-----"


def scan(text, name="a.log", **options):
    """Scan one file with this text; returns its findings."""
    with open(name, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())
    return scan_paths([name], **options).findings


def test_a_finding_tells_place_rule_and_surroundings_but_not_the_secret():
    (found,) = scan(f'first\n{{"ü": "é", "content": "Use {KEY}, \x1b[31m please"}}\n')
    assert (found.path, found.line, found.column) == ("a.log", 2, 28)
    assert (found.rule, found.confidence) == ("openai-project", "format")
    assert found.excerpt == '{"ü": "é", "content": "Use [REDACTED:openai-project],  [31m please"}'
    assert len(found.fingerprint) == 32


def test_fingerprints_are_equal_for_equal_secrets_only():
    first, second, third = scan(f"{KEY}\n{TOKEN}\n{KEY}\n")
    assert first.fingerprint == third.fingerprint != second.fingerprint


def test_no_other_secret_is_in_an_excerpt():
    found = scan(f"password={VALUE} {TOKEN} Authorization: Bearer {VALUE[::-1]}\n")
    assert [each.rule for each in found] == ["github"]
    assert not any(part in found[0].excerpt for part in (VALUE[:8], VALUE[-8:], VALUE[::-1][:8], TOKEN[4:12]))


@pytest.mark.parametrize(
    "line",
    [
        f'{{"client_secret": "{VALUE}"}}',
        f"{{'api_key': '{VALUE}'}}",
        '{"text": "{\\"password\\": \\"' + VALUE + '\\"}"}',
        f"AZURE_OPENAI_API_KEY={VALUE}",
        f'  - db_password: "{VALUE}"  # of the test system',
        f"export HF_TOKEN='{VALUE}'",
    ],
    ids=range(6),  # pytest keeps ids in its cache, which must scan clean too
)
def test_values_of_sensitive_fields_are_found(line):
    (found,) = scan(f"some text\n{line}\n")
    assert (found.line, found.confidence) == (2, "field")
    assert VALUE[:6] not in found.excerpt


@pytest.mark.parametrize(
    "line",
    [
        f"He said that password={VALUE} is the one.",
        f"curl -H 'Authorization: Bearer {VALUE}' https://example.com",
        "postgres://app:hunter" + "2@db.internal/app",
    ],
    ids=range(3),
)
def test_what_only_its_context_makes_a_secret_is_found_in_a_strict_scan_only(line):
    assert not scan(line)
    (found,) = scan(line, strict=True)
    assert found.confidence == "context"


def test_a_form_that_is_proof_is_found_inside_a_doubtful_value():
    assert [found.rule for found in scan(f"Cookie: theme=dark; session={TOKEN}\n")] == ["github"]


@pytest.mark.parametrize(
    "text",
    [
        "AKIA" + "IOSFODNN7EXAMPLE",
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY",
        '{"api_key": "' + "sk-" + "x" * 40 + '"}',
        '{"api_key": "not-a-real-key-123456", "price_key": "cache_write_1h_mtok"}',
        "sk-" + "proj-" + "0123456789" * 4,
        '{"password": "p@ss<8 a>!4", "secret": "correct horse battery"}',
        "BASE=" + "A" * 120,
        'x = {"api_key": "{settings.key_1}-a1b2c3"}',
        "f'{\"password\": \"' + VALUE_1 + '\"}'",
    ],
    ids=range(9),
)
def test_examples_and_words_are_no_findings(text):
    assert not scan(text)


def test_what_is_masked_is_clean():
    text = f'{{"api_key": "{KEY}", "password": "{VALUE}"}}\npassword={VALUE}\n{PEM}\n'
    assert not scan(redact(text), strict=True)


def test_a_quotation_mark_that_is_never_closed_hides_nothing():
    torn, whole = '{"password": "' + VALUE, '{"api_key": "' + letters(32, 9) + '"}'
    found = scan(f"x = {torn}\n\n{whole}\n")
    assert [each.line for each in found] == [1, 3]


def test_a_key_over_several_lines_is_one_finding():
    (found,) = scan(f"before\n{PEM}\nafter\n")
    assert (found.rule, found.line) == ("private-key", 2)


@pytest.mark.parametrize("secret", [KEY, PEM], ids=["key", "several lines"])
@pytest.mark.parametrize("lines", [True, False], ids=["lines", "one line"])
def test_a_secret_at_every_border_of_pieces_is_found_once(secret, lines, monkeypatch):
    monkeypatch.setattr(pieces_module, "PIECE_BYTES", 10_000)
    secret = secret if lines else secret.replace("\n", "\\n")
    redactor = Redactor()
    for shift in (0, 1, 40, len(secret) // 2, len(secret) - 1, len(secret), 5000, 60_000, 66_000):
        before = ("word " * 20_000)[: 75_536 - shift]
        text = (before + secret + (" word" * 20_000)).encode()
        if lines:
            text = text.replace(b"word word", b"word\nword")
        cut = list(pieces(io.BytesIO(text).read, redactor))
        assert b"".join(piece.data for piece in cut) == text
        found = [piece.data[each.start : each.end] for piece in cut for each in piece.findings]
        assert found == [secret.encode()], shift


def test_places_in_a_line_of_many_pieces():
    filling = "é " * 600_000
    found = scan(f"one\n{filling}{KEY} {filling}{TOKEN}\ntwo {TOKEN}")
    places = [(each.line, each.column) for each in found]
    assert places == [(2, 1_200_001), (2, 2_400_002 + len(KEY)), (3, 5)]


def test_a_value_longer_than_a_piece_is_one_finding():
    text = json.dumps({"a": " ".join(["word"] * 300_000), "password": letters(3_000_000)})
    (found,) = scan(text)
    assert (found.line, found.column) == (1, text.index(letters(20)) + 1)


def test_the_rest_of_a_long_json_line_is_read_as_json():
    text = json.dumps({"a": "word " * 500_000, "b": "your password:", "api_keys": [letters(30, 5), letters(30, 6)]})
    redactor = Redactor()
    assert len(scan(text, strict=True, redactor=redactor)) == len(redactor.find(text.encode())) == 2


def test_folders_are_searched_with_hidden_files_but_without_git(tmp_path):
    for name in ("a.log", ".env", ".hidden/b", "build/c.txt", ".git/config", "skip/d.log"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(TOKEN)
    (tmp_path / ".gitignore").write_text("build\n")
    (tmp_path / "link").symlink_to(tmp_path / "a.log")
    (tmp_path / "loop").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    report = scan_paths([tmp_path, tmp_path / "a.log"], exclude=["skip"])
    found = [os.path.relpath(each.path, tmp_path) for each in report.findings]
    assert found == [".env", "a.log", ".hidden/b", "build/c.txt"]
    assert (report.files, report.bytes, report.unreadable) == (5, 4 * len(TOKEN) + 6, [])


def test_compressed_files_are_read_as_what_they_hold():
    text = ("a line\n" * 200_000 + TOKEN).encode()
    (found,) = scan(gzip.compress(text[:800_000]) + gzip.compress(text[800_000:]), "a.gz")
    assert (found.line, found.column) == (200_001, 1)


def test_of_a_damaged_file_what_precedes_is_reported_and_the_damage_too():
    data = gzip.compress(TOKEN.encode() + b"\n" + os.urandom(100_000))
    with open("a.gz", "wb") as file:
        file.write(data[:-20_000])
    report = scan_paths(["a.gz"])
    assert len(report.findings) == report.files == 1
    assert [each.reason for each in report.unreadable] == ["is damaged or cut short; what precedes was read"]


def test_a_file_that_is_damaged_from_its_beginning_is_told():
    scan(decompression.GZIP_MAGIC + b"nonsense", "a.gz")
    scan(TOKEN, "b.log")
    report = scan_paths(["a.gz", "b.log"])
    assert [each.path for each in report.unreadable] == ["a.gz"]
    assert len(report.findings) == 1


def test_zstd_without_its_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "zstandard", None)
    monkeypatch.setitem(sys.modules, "compression.zstd", None)
    with open("a.zst", "wb") as file:
        file.write(decompression.ZSTD_MAGIC + b"rest")
    (unreadable,) = scan_paths(["a.zst"]).unreadable
    assert "pip install" in unreadable.reason


def test_of_binary_files_only_what_is_certain_is_reported():
    text = f'SQLite\0\n{{"api_key": "{VALUE}"}}\n{TOKEN}\n'
    assert [found.rule for found in scan(text)] == ["github"]
    assert len(scan(text.replace("\0", ""))) == 2


def test_what_cannot_be_read_is_told_and_the_rest_is_scanned():
    scan(TOKEN)
    report = scan_paths(["missing.log", "a.log", "nul\0.log"])
    assert [each.path for each in report.unreadable] == ["missing.log", "nul\0.log"]
    assert (len(report.findings), report.files) == (1, 1)


def test_known_values_of_a_given_redactor_are_found():
    redactor = Redactor()
    redactor.learn("tanzbär-im-schnee", "DB_PASSWORD")
    (found,) = scan("The word is tanzbär-im-schnee.", redactor=redactor)
    assert found.excerpt == "The word is [REDACTED:DB_PASSWORD]."


def test_both_engines_find_the_same():
    text = f'{PEM}\n{{"api_key": "{VALUE}", "a": "{TOKEN}"}}\nexport HF_TOKEN={VALUE}\n'
    one, other = (scan(text, strict=True, redactor=Redactor(accelerated=each)) for each in (True, False))
    assert one == other
    assert len(one) == 4
