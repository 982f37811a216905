"""SARIF 2.1.0 (OASIS, "Static Analysis Results Interchange Format"), which code hosts show beside the lines.

The results come first and the tool after them, so that they can be written one by one: the order of keys is free.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from ag2obs.redaction.rule import Confidence
from ag2obs.scanning.findings import ScanFinding, Unreadable

OPENING = (
    b'{"$schema":"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",'
    b'"version":"2.1.0","runs":[{"columnKind":"unicodeCodePoints","redactionTokens":["[REDACTED]"],"results":['
)
"""What precedes the results, which have commas between them."""
CLOSING = b"}]}\n"
"""What follows ``run_after_results`` without its outer braces."""

_HOME = "https://pypi.org/project/ag2obs/"
_LEVELS = {Confidence.FORMAT.value: "error", Confidence.SHARED_PREFIX.value: "error"}
_DOUBTFUL = "warning"


def result(finding: ScanFinding) -> dict[str, Any]:
    """Return a SARIF ``result``; its snippet is the masked excerpt."""
    return {
        "ruleId": finding.rule,
        "level": _LEVELS.get(finding.confidence, _DOUBTFUL),
        "message": {"text": f"A secret: {finding.rule} ({finding.confidence})."},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": _location(finding.path),
                    "region": {
                        "startLine": finding.line,
                        "startColumn": finding.column,
                        "snippet": {"text": finding.excerpt},
                    },
                }
            }
        ],
        "partialFingerprints": {"secret/v1": finding.fingerprint},
    }


def run_after_results(rules: Iterable[str], unreadable: Iterable[Unreadable]) -> dict[str, Any]:
    """Return what of a SARIF ``run`` follows its results: the tool, and whether all files could be read."""
    notes = [
        {
            "level": "error",
            "message": {"text": f"The file cannot be scanned: {each.reason}."},
            "locations": [{"physicalLocation": {"artifactLocation": _location(each.path)}}],
        }
        for each in unreadable
    ]
    driver = {
        "name": "ag2obs",
        "version": version("ag2obs"),
        "informationUri": _HOME,
        "rules": [_rule(rule) for rule in sorted(rules)],
    }
    invocation = {"executionSuccessful": not notes, "toolExecutionNotifications": notes}
    return {"tool": {"driver": driver}, "invocations": [invocation]}


def _rule(rule: str) -> dict[str, Any]:
    return {
        "id": rule,
        "shortDescription": {"text": f"A secret: {rule}"},
        "help": {"text": "Revoke the secret, then remove it: ag2obs sanitize does so in logs."},
        "properties": {"tags": ["security"], "security-severity": "8.0"},
    }


def _location(path: str) -> dict[str, str]:
    """Return an ``artifactLocation``: relative to the working directory where the file is below it."""
    absolute = os.path.abspath(path)
    try:
        relative = os.path.relpath(absolute)
    except ValueError:  # another drive of Windows
        relative = os.pardir
    if relative.split(os.sep)[0] == os.pardir:
        return {"uri": "file://" + quote(os.fsencode("/" + absolute.replace(os.sep, "/").lstrip("/")))}
    return {"uri": quote(os.fsencode(relative.replace(os.sep, "/"))), "uriBaseId": "%SRCROOT%"}
