"""Compare redaction with other scanners, on one corpus: recall, false positives, time. ``make bench-redaction``.

The corpus is generated from the examples of our own rules. So our recall says how often a format that is known is lost
in JSON, URLs or prose, and that of a peer falls with every format that it does not know.
"""

from __future__ import annotations

import importlib.util
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from ag2obs.redaction import Redactor
from ag2obs.redaction.rule import Confidence
from benchmarks.redaction import median_us, typical_record
from benchmarks.redaction_corpus import negatives, positives, stays

_SCANNED_BYTES = 2_000_000
_MASK = "[REDACTED]"


class Scanner(NamedTuple):
    """One column of the comparison."""

    name: str
    redact: Callable[[str], str]
    scan: Callable[[bytes], object]
    """Finds the secrets in text of many lines."""


def ours(name: str, *, accelerated: bool) -> Scanner:
    """Return our own engine."""
    redactor = Redactor(accelerated=accelerated)
    return Scanner(name, redactor.redact_text, redactor.find_in_lines)


def kingfisher(_: ExitStack) -> Scanner:
    """Return kingfisher with its built-in rules; it tells the values that it found."""
    import kingfisher_sdk  # type: ignore[import-not-found, unused-ignore]  # of the group bench

    scanner: Any = kingfisher_sdk.Scanner(kingfisher_sdk.Rules(cache=False))

    def redact(text: str) -> str:
        for finding in scanner.scan(text):
            text = text.replace(finding.secret, _MASK) if finding.secret else text
        return text

    return Scanner("kingfisher-secret-scanner", redact, scanner.scan)


def detect_secrets(stack: ExitStack) -> Scanner:
    """Return detect-secrets with its default plugins; it tells the values that it found, line by line.

    Its settings are the process's, until ``stack`` is closed: entering them for every text would be most of its time.
    """
    from detect_secrets.core import scan  # type: ignore[import-not-found, unused-ignore]  # of the group bench
    from detect_secrets.settings import default_settings  # type: ignore[import-not-found, unused-ignore]

    stack.enter_context(default_settings())

    file = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "text.log"

    # As a file: its scan_line is made to try out single words and takes the "ed" of "used" for a secret.
    def find(data: bytes) -> list[str]:
        file.write_bytes(data)
        return [secret.secret_value for secret in scan.scan_file(str(file)) if secret.secret_value]

    def redact(text: str) -> str:
        for value in sorted(find(text.encode()), key=len, reverse=True):
            text = text.replace(value, _MASK)
        return text

    return Scanner("detect-secrets", redact, find)


_PEERS = {"kingfisher_sdk": kingfisher, "detect_secrets": detect_secrets}


def scanners(stack: ExitStack) -> list[Scanner]:
    """Return all that can be compared; says which cannot."""
    found = [ours("ag2obs", accelerated=True), ours("ag2obs, pure Python", accelerated=False)]
    for module, build in _PEERS.items():
        if importlib.util.find_spec(module) is None:
            print(f"{module} is not installed and left out: pip install --group bench")
        else:
            found.append(build(stack))
    return found


def recall(scanner: Scanner) -> dict[Confidence, float]:
    """Return the share of secrets of which nothing stays, by confidence of their rules."""
    total: Counter[Confidence] = Counter()
    gone: Counter[Confidence] = Counter()
    for confidence, text, parts in positives():
        redacted = scanner.redact(text)
        total[confidence] += 1
        gone[confidence] += not any(stays(part, redacted) for part in parts)
    return {confidence: gone[confidence] / total[confidence] for confidence in Confidence}


def false_positives(scanner: Scanner) -> float:
    """Return the share of texts without a secret that are changed."""
    texts = list(negatives())
    return sum(scanner.redact(text) != text for text in texts) / len(texts)


def megabytes_per_second(scanner: Scanner) -> float:
    """Return how fast records are scanned as one file, in CPU time."""
    line = typical_record(False) + b"\n"
    data = line * (_SCANNED_BYTES // len(line))
    begin = time.process_time()
    scanner.scan(data)
    return len(data) / (time.process_time() - begin) / 1e6


def row(scanner: Scanner) -> str:
    """Return the line of one scanner."""
    record = typical_record(False).decode()
    shares = recall(scanner)
    cells = [f"{shares[confidence]:.1%}" for confidence in Confidence]
    cells.append(f"{false_positives(scanner):.2%}")
    cells.append(f"{median_us(lambda: scanner.redact(record), 200):,.0f}")
    cells.append(f"{megabytes_per_second(scanner):,.0f}")
    return f"{scanner.name:<28}" + "".join(f"{cell:>17}" for cell in cells)


def main() -> int:
    """Print the table; returns 0."""
    count, clean = Counter(case.confidence for case in positives()), sum(1 for _ in negatives())
    cases = ", ".join(f"{count[confidence]:,} {confidence}" for confidence in Confidence)
    print(f"{cases}; {clean:,} without a secret\n")
    headings = ("format", "shared prefix", "context", "false positives", "us per 3 KB", "MB/s")
    print(f"{'recall':<28}" + "".join(f"{heading:>17}" for heading in headings))
    with ExitStack() as stack:
        for scanner in scanners(stack):
            print(row(scanner), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
