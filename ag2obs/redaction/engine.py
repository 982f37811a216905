"""The redaction engine: one pass finds anchors, a small check at each finds the secret, only that is replaced."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping
from typing import Any

from ag2obs.redaction import automaton
from ag2obs.redaction.compiled import compiled_rules
from ag2obs.redaction.finding import Finding, masked, without_overlaps
from ag2obs.redaction.known_values import KnownValues, is_learnable
from ag2obs.redaction.learning import environment_secrets, structure_secrets
from ag2obs.redaction.lines import find_in_lines, find_known_in_lines
from ag2obs.redaction.quoting import is_json_document
from ag2obs.redaction.rule import Confidence

_NOT_IN_A_MARKER = re.compile(r"[^A-Za-z0-9_.-]+")


# A masked token uncovers one that it touched on either side (there was no boundary between them): only then is a
# second pass needed, and what is returned is always a text in which nothing is found, so that redacting twice
# changes nothing.
_MOST_PASSES = 8
_TOUCHES = frozenset(bytes([byte]) for byte in b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+/")


class Redactor:
    """Masks secrets in serialised records and in text; knows more secrets the more it is told.

    Safe to use from any number of threads: what is known is an immutable object that learning replaces.
    """

    def __init__(self, *, accelerated: bool | None = None) -> None:
        """Use ``ahocorasick_rs`` (``True``), pure Python (``False``) or what is installed (``None``)."""
        self._accelerated = automaton.accelerator_available() if accelerated is None else accelerated
        self._rules = compiled_rules(self._accelerated)
        self._known = KnownValues({}, accelerated=self._accelerated)
        self._learning = threading.Lock()
        self._version = 0

    def redact(self, data: bytes) -> tuple[bytes, int]:
        """Return ``data`` with every secret masked, and how many there were.

        UTF-8 in, UTF-8 out; JSON stays JSON; without a secret the very same object is returned.
        """
        count = 0
        for _ in range(_MOST_PASSES):
            findings = self.find(data)
            if not findings:
                break
            count += len(findings)
            uncovers = any(
                data[finding.end : finding.end + 1] in _TOUCHES or data[finding.start - 1 : finding.start] in _TOUCHES
                for finding in findings
            )
            data = masked(data, findings)
            if not uncovers:
                break
        return data, count

    def redact_text(self, text: str) -> str:
        """Return ``text`` with every secret masked; lone surrogates are kept."""
        data = text.encode("utf-8", "surrogatepass")
        redacted, count = self.redact(data)
        return redacted.decode("utf-8", "surrogatepass") if count else text

    def find(self, data: bytes) -> list[Finding]:
        """Return the secrets in ``data``, in order and without overlaps."""
        anchored = self._rules.anchored
        size = len(data)
        found: list[Finding] = []
        is_json: bool | None = None
        context_end = 0
        for index, start, end in self._rules.matcher.hits(data):
            for entry in anchored[index]:
                if entry.follow is not None and end < size and not entry.follow[data[end]]:
                    continue
                # Inside a masked value only formats are looked for: they may name the secret better.
                if start < context_end and entry.is_context:
                    continue
                if is_json is None:
                    is_json = is_json_document(data)
                for span in entry.check(data, start, end, is_json):
                    rule = entry.rule
                    found.append(Finding(span.start, span.end, rule.id, rule.confidence, span.quote))
                    if span.end > context_end:
                        context_end = span.end
        known = self._known
        if known.longest:
            json = is_json_document(data) if is_json is None else is_json
            found += [
                Finding(span.start, span.end, name, Confidence.FORMAT, span.quote)
                for span, name in known.find(data, json)
            ]
        return without_overlaps(found) if found else found

    def find_in_lines(self, data: bytes, first_is_json: bool | None = None) -> list[Finding]:
        """Return the secrets in text of many lines, in order and without overlaps, each line judged by itself.

        ``first_is_json`` tells whether the first line is JSON where its beginning is not in ``data``.
        """
        found = find_in_lines(data, self._rules, first_is_json)
        known = self._known
        if known.longest:
            found += find_known_in_lines(data, known, first_is_json)
        return without_overlaps(found) if found else found

    def learn(self, value: str, name: str) -> bool:
        """Mask ``value`` wherever it occurs from now on, in all its encoded forms; return whether it is new.

        ``name`` is where the value came from and becomes part of the marker. Values under 8 characters,
        placeholders and names of models and hosts are not learned.
        """
        return self._learn_all([(value, name)])

    def learn_environment(self, environ: Mapping[str, str]) -> None:
        """Learn the values of the variables whose names are sensitive, and the passwords in URLs."""
        self._learn_all(environment_secrets(environ))

    def learn_structure(self, config: Mapping[str, Any]) -> None:
        """Learn the values of sensitive names in a client configuration."""
        self._learn_all(structure_secrets(config))

    def _learn_all(self, candidates: Iterable[tuple[str, str]]) -> bool:
        known = self._known.values
        fresh = {value: name for value, name in candidates if value not in known and is_learnable(value)}
        if not fresh:
            return False
        with self._learning:
            values = dict(self._known.values)
            for value, name in fresh.items():
                values.setdefault(value, _marker_name(name))
            self._known = KnownValues(_with_safe_markers(values), accelerated=self._accelerated)
            self._version += 1
        return True

    @property
    def version(self) -> int:
        """How often something was learned."""
        return self._version

    def known_spans(self, data: bytes) -> list[tuple[int, int]]:
        """Return where known values occur in bytes already written (JSON Lines), in order, without overlaps."""
        found = [
            Finding(span.start, span.end, name, Confidence.FORMAT, span.quote)
            for span, name in self._known.find(data, True)
        ]
        return [(finding.start, finding.end) for finding in without_overlaps(found)]

    def overlap(self) -> int:
        """Return how many bytes a scan in chunks must carry over so that no known value is cut in two."""
        return self._known.longest + 32 if self._known.longest else 0


def _marker_name(name: str) -> str:
    """Return ``name`` as it may stand in a marker: it must not read as a field or as a secret itself."""
    return _NOT_IN_A_MARKER.sub("-", name)[:64].strip("-") or "known-value"


def _with_safe_markers(values: dict[str, str]) -> dict[str, str]:
    """Replace names that hold a known value: no marker may be masked in its turn."""
    return {value: "known-value" if any(other in name for other in values) else name for value, name in values.items()}
