"""Personal data: a table of its own, because it is masked on request only (``AG2OBS_PII``)."""

from __future__ import annotations

from collections.abc import Iterable

from ag2obs.redaction.bank_numbers import IBAN_LENGTHS, find_card, find_iban
from ag2obs.redaction.characters import ALPHANUMERICS, DIGITS
from ag2obs.redaction.emails import find_email
from ag2obs.redaction.phones import find_international_phone, find_national_phone
from ag2obs.redaction.rule import Confidence, Rule

PERSONAL_RULES: dict[str, tuple[Rule, ...]] = {
    "email": (
        Rule(
            id="email",
            anchors=("@", "%40", "\\u0040"),
            follow=ALPHANUMERICS | frozenset(range(0x80, 256)),
            check=find_email,
            example="<8 l>.<6 l>@mail.example.com",
            counter_example="git@github.com:acme/app.git and https://bob@h.example/x, @app.route, lodash@4.17.21",
        ),
    ),
    "phone": (
        Rule(
            id="phone",
            anchors=("+", "%2B", "%2b", "\\u002b", "\\u002B"),
            follow=DIGITS | frozenset(b" ("),
            check=find_international_phone,
            confidence=Confidence.SHARED_PREFIX,
            example="+44 20 7946 0123, +14155552671",
            counter_example="2026-11-21T08:01:02+0100, 1+2000000000, +0123456789, +1763712345, v1.2.3+20260101",
        ),
        Rule(
            id="phone-national",
            shape=r"\(?([0-9]{1,5})\)?[ ./-]{1,2}\(?[0-9](?:[ .)-]{0,2}[0-9]){3,10}",
            check=find_national_phone,
            confidence=Confidence.SHARED_PREFIX,
            example="(415) 555-2671, 030 1234567",
            counter_example="2026-11-21 08-30, 192.168.100.200, 512 256 1024, 1763712345.123, 01-02-2026 10",
        ),
    ),
    "card": (
        Rule(
            id="card",
            shape=r"([2-6][0-9]{3})(?:[0-9]{8,15}|([ -])[0-9]{4}\2[0-9]{4}\2[0-9]{4}"
            r"|([ -])[0-9]{6}\3[0-9]{4,5})(?![0-9])",
            check=find_card,
            example="4242 4242 4242 4242",
            counter_example="4242 4242 4242 4243, 1763712345123456, 0.4242424242424242, call_4242424242424242",
        ),
    ),
    "iban": (
        Rule(
            id="iban",
            anchors=tuple(IBAN_LENGTHS),
            follow=DIGITS,
            check=find_iban,
            example="DE89 3704 0044 0532 0130 00",
            counter_example="DE88 3704 0044 5532 1130 00, DE893704, XDE89370400440532013000",
        ),
    ),
}
"""By kind, as in ``AG2OBS_PII``."""


def personal_rules(kinds: Iterable[str]) -> tuple[Rule, ...]:
    """Return the rows of some kinds; raises ValueError for a kind that does not exist."""
    chosen = list(dict.fromkeys(kinds))
    unknown = [kind for kind in chosen if kind not in PERSONAL_RULES]
    if unknown:
        raise ValueError(f"no such kind of personal data: {unknown[0]!r}; there are {', '.join(PERSONAL_RULES)}")
    return tuple(rule for kind in chosen for rule in PERSONAL_RULES[kind])
