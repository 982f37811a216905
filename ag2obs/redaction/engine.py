"""The redaction engine: one pass finds anchors, a small check at each finds the secret, only that is replaced."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ag2obs.redaction import automaton
from ag2obs.redaction.added_rules import added_rules
from ag2obs.redaction.compiled import LONG_TOKEN, compiled_rules
from ag2obs.redaction.finding import Finding, masked, without_overlaps
from ag2obs.redaction.known_secrets import KnownSecrets
from ag2obs.redaction.known_values import KnownValues, is_learnable_answer
from ag2obs.redaction.learning import environment_secrets, structure_secrets
from ag2obs.redaction.lines import find_in_lines, find_known_in_lines
from ag2obs.redaction.own_rules import NO_OWN_RULES, AllowedValues, OwnRules
from ag2obs.redaction.quoting import is_json_document
from ag2obs.redaction.rule import Confidence
from ag2obs.redaction.rules_personal import personal_rules

# A masked token uncovers one that it touched on either side (there was no boundary between them), and rules that were
# added look further around: only then is a second pass needed. What is returned is always a text in which nothing is
# found, so that redacting twice changes nothing.
_MOST_PASSES = 8
_TOUCHES = frozenset(bytes([byte]) for byte in b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+/")


class Redactor:
    """Masks secrets in serialised records and in text; knows more secrets the more it is told.

    Safe to use from any number of threads: what is known is an immutable object that learning replaces.
    """

    def __init__(
        self, *, accelerated: bool | None = None, personal: Iterable[str] = (), own: OwnRules = NO_OWN_RULES
    ) -> None:
        """Use ``ahocorasick_rs`` (``True``), pure Python (``False``) or what is installed (``None``).

        ``personal`` are kinds of personal data to mask too (the keys of ``PERSONAL_RULES``; ValueError for others),
        ``own`` is what ``read_rules_file`` returns.
        """
        self._accelerated = automaton.accelerator_available() if accelerated is None else accelerated
        self._rules = compiled_rules(self._accelerated)
        added = (*personal_rules(personal), *own.all_rules)
        self._added = added_rules(added, self._accelerated) if added else None
        self._allowed = AllowedValues(own.allow)
        self._secrets = KnownSecrets(accelerated=self._accelerated)

    def asked_for(self, *, personal: Iterable[str] = (), own: OwnRules = NO_OWN_RULES) -> Redactor:
        """Return an engine that masks as ``personal`` and ``own`` say; what one of the two learns, both know."""
        other = Redactor(accelerated=self._accelerated, personal=personal, own=own)
        other._secrets = self._secrets
        return other

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
            uncovers = self._added is not None or any(
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
        judged: dict[str, int] = {}
        for index, start, end in self._rules.matcher.hits(data):
            for entry in anchored[index]:
                if (judged and start < judged.get(entry.rule.id, 0)) or entry.is_ruled_out(data, start, end, size):
                    continue
                # Inside a masked value only formats are looked for: they may name the secret better.
                if start < context_end and entry.is_context:
                    continue
                if is_json is None:
                    is_json = is_json_document(data)
                for span in entry.check(data, start, end, is_json):
                    rule = entry.rule
                    found.append(Finding(span.start, span.end, rule.id, rule.confidence, span.quote))
                    if span.end > context_end and not rule.stands_apart:
                        context_end = span.end
                    if span.end - span.start > LONG_TOKEN:
                        judged[rule.id] = span.end
        known, added = self._secrets.values, self._added
        if known.longest or added is not None:
            json = is_json_document(data) if is_json is None else is_json
            found += _known_findings(known, data, json)
            if added is not None:
                found += added.find(data, json)
        return self._settled(data, found) if found else found

    def find_in_lines(self, data: bytes, first_is_json: bool | None = None) -> list[Finding]:
        """Return the secrets in text of many lines, in order and without overlaps, each line judged by itself.

        ``first_is_json`` tells whether the first line is JSON where its beginning is not in ``data``.
        """
        found = find_in_lines(data, self._rules, first_is_json)
        known = self._secrets.values
        if known.longest:
            found += find_known_in_lines(data, known, first_is_json)
        if self._added is not None:
            found += self._added.find_in_lines(data, first_is_json)
        return self._settled(data, found) if found else found

    def _settled(self, data: bytes, found: list[Finding]) -> list[Finding]:
        """Return findings in order and without overlaps, and without the values that stay."""
        if self._allowed:
            allowed = self._allowed
            found = [finding for finding in found if not allowed.hold(data[finding.start : finding.end])]
        return without_overlaps(found)

    def learn(self, value: str, name: str) -> bool:
        """Mask ``value`` wherever it occurs from now on, in all its encoded forms; return whether it is new.

        ``name`` is where the value came from and becomes part of the marker. Values under 8 characters,
        placeholders and names of models and hosts are not learned.
        """
        return self._secrets.learn([(value, name)])

    def learn_answer(self, answer: str) -> bool:
        """Mask what a person answered to a question for a password, where it stands alone; return whether it is new.

        Learned from 5 characters on; a short one of letters or of digits alone is not.
        """
        return self._secrets.learn([(answer.strip(), "human-answer")], is_learnable_answer)

    def learn_environment(self, environ: Mapping[str, str]) -> None:
        """Learn the values of the variables whose names are sensitive, and the passwords in URLs."""
        self._secrets.learn(environment_secrets(environ))

    def learn_structure(self, config: Mapping[str, Any]) -> None:
        """Learn the values of sensitive names in a client configuration."""
        self._secrets.learn(structure_secrets(config))

    @property
    def version(self) -> int:
        """How often something was learned."""
        return self._secrets.version

    def known_spans(self, data: bytes) -> list[tuple[int, int]]:
        """Return where known values occur in bytes already written (JSON Lines), in order, without overlaps."""
        found = self._settled(data, _known_findings(self._secrets.values, data, True))
        return [(finding.start, finding.end) for finding in found]

    def overlap(self) -> int:
        """Return how many bytes a scan in chunks must carry over so that no known value is cut in two."""
        longest = self._secrets.values.longest
        return longest + 32 if longest else 0


def _known_findings(known: KnownValues, data: bytes, is_json: bool) -> list[Finding]:
    return [
        Finding(span.start, span.end, name, Confidence.FORMAT, span.quote) for span, name in known.find(data, is_json)
    ]
