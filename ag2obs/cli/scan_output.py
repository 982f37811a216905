"""What ``ag2obs scan`` prints, finding by finding: for people, as JSON, or as SARIF. One class per format."""

from __future__ import annotations

from typing import Protocol

import click

from ag2obs.cli import wording
from ag2obs.cli.documents import encoded
from ag2obs.scanning import ScanFinding, ScanReport, sarif
from ag2obs.scanning.findings import SCHEMA


class Output(Protocol):
    """Is told each finding and then the counts; holds no findings, whatever their number."""

    def begin(self) -> None: ...
    def finding(self, finding: ScanFinding) -> None: ...
    def end(self, report: ScanReport, count: int) -> None: ...


class TextOutput:
    """One line per finding."""

    def begin(self) -> None:
        """Print nothing."""

    def finding(self, finding: ScanFinding) -> None:
        """Print ``path:line:column: rule (confidence) excerpt``."""
        place = f"{wording.printable(finding.path)}:{finding.line}:{finding.column}"
        click.echo(f"{place}: {finding.rule} ({finding.confidence}) {finding.excerpt}")

    def end(self, report: ScanReport, count: int) -> None:
        """Print how much was searched, and what was left out of the findings."""
        files = wording.counted(report.files, "file")
        left_out = f", {report.known:,} more in the baseline" if report.known else ""
        left_out += f", {report.allowed:,} more allowed by a comment" if report.allowed else ""
        searched = wording.counted(report.bytes, "byte")
        click.echo(f"{wording.counted(count, 'secret')} in {files}, {searched}{left_out}")


class JsonOutput:
    """The document of docs/formats.md."""

    def __init__(self) -> None:
        self._separator = b""

    def begin(self) -> None:
        """Print what precedes the findings."""
        click.echo(b'{"schema":%d,"findings":[' % SCHEMA, nl=False)

    def finding(self, finding: ScanFinding) -> None:
        """Print one."""
        click.echo(self._separator + encoded(finding.to_dict()), nl=False)
        self._separator = b",\n"

    def end(self, report: ScanReport, count: int) -> None:
        """Print the counts."""
        click.echo(b"]," + encoded(report.counts())[1:])


class SarifOutput:
    """A SARIF 2.1.0 log of one run."""

    def __init__(self) -> None:
        self._separator = b""
        self._rules: set[str] = set()

    def begin(self) -> None:
        """Print what precedes the results."""
        click.echo(sarif.OPENING, nl=False)

    def finding(self, finding: ScanFinding) -> None:
        """Print one as a result."""
        self._rules.add(finding.rule)
        click.echo(self._separator + encoded(sarif.result(finding)), nl=False)
        self._separator = b",\n"

    def end(self, report: ScanReport, count: int) -> None:
        """Print the tool, its rules and the files that could not be read."""
        rest = encoded(sarif.run_after_results(self._rules, report.unreadable))
        click.echo(b"]," + rest[1:-1] + sarif.CLOSING, nl=False)


OUTPUTS: dict[str, type[Output]] = {"text": TextOutput, "json": JsonOutput, "sarif": SarifOutput}
"""Each ``--format`` and its class."""
