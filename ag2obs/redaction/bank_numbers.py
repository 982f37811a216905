"""Card numbers and international bank account numbers: both carry a checksum."""

from __future__ import annotations

import re

from ag2obs.redaction.boundaries import token_may_start
from ag2obs.redaction.rule import Left, Span

# Card networks by the digits that their numbers begin with, and how long these are (ISO/IEC 7812).
_NETWORKS = re.compile(
    rb"""
      4[0-9]{12} (?:[0-9]{3} (?:[0-9]{3})?)?  # Visa
    | (?:5[1-5][0-9]{2} | 222[1-9] | 22[3-9][0-9] | 2[3-6][0-9]{2} | 27[01][0-9] | 2720) [0-9]{12}  # Mastercard
    | 3[47][0-9]{13}  # American Express
    | 3(?:0[0-5]|09|[689][0-9]) [0-9]{11}  # Diners Club
    | (?:6011|65[0-9]{2}|64[4-9][0-9]) [0-9]{12,15}  # Discover
    | 35(?:2[89]|[3-8][0-9]) [0-9]{12}  # JCB
    | 62[0-9]{14,17}  # UnionPay
    | (?:5018|5020|5038|5893|6304|6759|676[1-3]) [0-9]{8,15}  # Maestro
    """,
    re.VERBOSE,
)
_GAPS = b" -"
# Ids are numbers too; of sixteen digits one in ten passes the checksum.
_ID = re.compile(rb"(?:[iI][dD]|span|parent|trace|seq)\\*[\"']?[ \t]?[:=][ \t]?\\*[\"']?\Z")
_LONGEST_ID = 16
_DOUBLED = bytes.maketrans(b"0123456789", bytes([0, 2, 4, 6, 8, 1, 3, 5, 7, 9]))
_PLAIN = bytes.maketrans(b"0123456789", bytes(range(10)))

IBAN_LENGTHS = {
    code: int(length)
    for code, length in (
        (entry[:2], entry[2:])
        for entry in """AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18
        DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27
        JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23
        PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29
        VA22 VG24 XK20 YE30""".split()  # noqa: SIM905 - a table of words reads better than quoted ones
    )
}
"""By country, how many characters an IBAN has (the registry of ISO 13616)."""

_IBAN = {
    length: re.compile(rb"[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]){%d}(?![A-Za-z0-9])" % (length - 4))
    for length in sorted(set(IBAN_LENGTHS.values()))
}


def find_card(data: bytes, start: int, end: int, is_json: bool) -> list[Span]:
    """Return the card number at ``data[start:end]``."""
    before = data[start - 1 : start]
    if before in (b".", b"/", b"+") or not token_may_start(data, start, Left.WORD):
        return []
    after = data[end : end + 2]
    if after[:1].isalpha() or after[:1] == b"_" or (after[:1] in (b".", b"-") and after[1:].isdigit()):
        return []
    digits = data[start:end].translate(None, _GAPS)
    if not _NETWORKS.fullmatch(digits) or not _passes_luhn(digits):
        return []
    return [] if _ID.search(data, max(0, start - _LONGEST_ID), start) else [Span(start, end)]


def _passes_luhn(digits: bytes) -> bool:
    """Return whether the last digit is the check digit of the others (ISO/IEC 7812-1, annex B)."""
    return (sum(digits[-1::-2].translate(_PLAIN)) + sum(digits[-2::-2].translate(_DOUBLED))) % 10 == 0


def find_iban(data: bytes, start: int, end: int, is_json: bool) -> list[Span]:
    """Return the account number whose country code is ``data[start:end]``."""
    if not token_may_start(data, start, Left.BASE64):
        return []
    match = _IBAN[IBAN_LENGTHS[data[start:end].decode()]].match(data, start)
    if match is None:
        return []
    text = match[0].translate(None, _GAPS)
    # Letters count as 10 to 35; the whole, with its first four characters last, leaves 1 (ISO 7064, mod 97-10).
    number = int("".join(str(int(chr(character), 36)) for character in text[4:] + text[:4]))
    return [Span(*match.span())] if number % 97 == 1 else []
