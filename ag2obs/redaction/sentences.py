"""Secrets in sentences: ``Incorrect API key provided: ...``, ``my password is ...``, ``failed: key=...``.

A sentence names secrets far more often than it tells one, so a value must look like a key, or like a password
that somebody made up, and only a few words may stand between it and its name.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ag2obs.redaction.placeholders import LONGEST_JUDGED, is_placeholder, is_uuid, is_wordy, looks_random
from ag2obs.redaction.rule import Span

_BETWEEN = re.compile(
    rb"""s?+\*{0,2}+ (?:[ ]\[[^\[\]\n]{0,24}\](?=:))?+
    (?P<words>(?:[ ]++(?:is|was|provided|given|received|supplied|used|value|set[ ]to|to|equals
      |(?:should|must|will|has|can)[ ]be(?:en)?|changed[ ]to|as|now|here|ist|lautet|est|es|\xc3\xa8|\xc3\xa9
      |(?:you|we|I)[ ][a-z]{2,10}(?:[ ](?:for|to))?+(?=:|[ ]is[ ])
      |for[ ](?:the[ ]|my[ ]|our[ ])?[\w@.-]{1,40}(?:[ ](?:account|user|login|database|server|service))?
        (?=[ ]is[ ]|:))(?![\w-]))*+)
    (?P<sign>[ ]*+(?:[:=]|\xe6\x98\xaf|\\+u662f|(?:-|\xe2\x80[\x93\x94])(?=[ ]))?+\*{0,2}+)
    [ ]*+(?:\\*["'`]|\*\*|<|\(|\xe2\x80[\x98\x9c\x9e]|\xc2\xab|&(?:quot|\#(?:3[49]|x2[27]));)?+
    (?P<value>[A-Za-z0-9+/!@\#$%^&*?~_-][A-Za-z0-9+/!@\#$%^&*?~_.=-]{5,})
    """,
    re.VERBOSE,
)
# Up to five words further on, only what cannot be a word: signs or digits between letters.
_PASSWORD_LATER_ON = re.compile(
    rb"""(?:s|[ ]?\([\w ]{1,20}+\))?+:?+
    (?:[ ]{1,3}+(?:\\*["'`])?+[A-Za-z(][\w@.'()-]{0,30}+(?:\\*["`])?+[,:]?+){0,5}?
    [ ]{1,3}+(?:\\*["'`]|\*\*|\()?+
    (?P<value>
      (?=[\w-]{0,40}[A-Za-z0-9][!@\#$%^&*?]{1,3}[A-Za-z0-9]|(?:[A-Za-z_-]{0,20}+[0-9]{1,8}+(?=[A-Za-z])){2}
        |[A-Z][a-z]{2,20}+[0-9]{2,6}+[!@\#$%^&*?])
      [A-Za-z0-9!@\#$%^&*?~+_-]{8,64}+
    )(?!\.?[\w/:=(\[{@])
    """,
    re.VERBOSE,
)
_ID_OR_REFERENCE = re.compile(
    rb"[a-z]{2,12}[-_][\w-]*|(?:[A-Za-z-]{1,10}|[a-z-]+|[A-Z-]+)[#@+*]\d+|[\w-]{2,}@[\w-]+|[0-9a-fA-F-]+"
)
_NAME_OF_A_FORMAT = re.compile(rb"(?i)(?:sha|md|base|utf|oauth|pbkdf|argon|aes|rsa|tls|ssl|pkcs|ipv|v|http)[-_]?\d.*")
_OF_A_PARSER = (b"Invalid", b"invalid")
_ENTITY = re.compile(rb"&(?:quot|\#(?:3[49]|x2[27]))", re.VERBOSE)
_COUNT = re.compile(rb"\d+(?:[-.,:/]?[a-z]*)*")
_SAYS_THAT_IT_FAILED = re.compile(
    rb"(?i)error|invalid|unauthori[sz]ed|denied|incorrect|expired|rejected|forbid|\b40[0-4]\b"
)
_SAYS_THAT_IT_WAS_REFUSED = re.compile(rb"(?i)unauthori[sz]ed|denied|forbidden|\b40[13]\b")
_KEY = re.compile(rb"[A-Za-z0-9+/_.~=-]{16,512}+(?![(\[\w])")
_SHORTEST_TOKEN = 20
_FOLLOWED_BY_COUNTS = (b"page ", b"next ", b"stop ", b"last ", b"sync ")


def find_in_sentence(data: bytes, start: int, end: int, is_json: bool) -> list[Span]:
    """Return the key that follows the words ``API key``."""
    match = _BETWEEN.match(data, end)
    if match is None:
        return []
    # What a parser calls an invalid token is a word more often than a key.
    return _key(match, may_be_short=not data.startswith(_OF_A_PARSER, start))


def find_named_in_sentence(data: bytes, start: int, end: int, name: bytes) -> list[Span]:
    """Return what a sentence says ``name`` is, which ends at ``end``."""
    match = _BETWEEN.match(data, end)
    if match is None:
        return []
    lowered = name.lower()
    if b"pass" in lowered or b"pwd" in lowered:
        return _password(match)
    is_plain_word = lowered in (b"token", b"secret")
    if is_plain_word and data[start - 5 : start] in _FOLLOWED_BY_COUNTS:
        return []
    if is_plain_word and len(match["value"]) < _SHORTEST_TOKEN and not _is_of_three_kinds(match["value"]):
        return []
    return _key(match)


def find_password_later_on(data: bytes, end: int) -> list[Span]:
    """Return the password that comes up to five words after its name: ``the password of bob on db1 is ...``."""
    match = _PASSWORD_LATER_ON.match(data, end)
    if match is None:
        return []
    value, end = _without_the_end_of_the_sentence(match)
    if len(value) < 8 or value == value.upper() or not any(0x30 <= byte <= 0x39 for byte in value):
        return []
    if is_placeholder(value) or _ID_OR_REFERENCE.fullmatch(value) or _NAME_OF_A_FORMAT.fullmatch(value):
        return []
    return [Span(match.start("value"), end)]


def find_failed_key(data: bytes, start: int, end: int, is_json: bool) -> list[Span]:
    """Return the value of ``key=`` where the text before says that something failed, or where no hash looks like it."""
    if start and data[start - 1] not in _BEFORE_NAME:
        return []
    match = _KEY.match(data, end)
    if match is None or is_placeholder(match[0]):
        return []
    if is_uuid(match[0]):
        is_refused = _SAYS_THAT_IT_WAS_REFUSED.search(data, max(0, start - 120), start)
        return [Span(*match.span())] if is_refused else []
    if not looks_random(match[0]):
        return []
    is_hash = not match[0].strip(b"0123456789abcdefABCDEF-")
    if is_hash and _SAYS_THAT_IT_FAILED.search(data, max(0, start - 120), start) is None:
        return []
    return [Span(*match.span())]


_BEFORE_NAME = frozenset(b" \t\n:,;(\"'[{")


def _key(match: re.Match[bytes], *, may_be_short: bool = True) -> list[Span]:
    value, end = _without_the_end_of_the_sentence(match)
    if is_placeholder(value):
        return []
    is_assigned = match["sign"].strip() and len(value) >= 10 and _is_of_three_kinds(value) and not is_wordy(value)
    if may_be_short and (is_assigned or _is_strong(match["value"])):
        return [Span(match.start("value"), end)]
    if len(value) < 16:
        return []
    without_hyphens = value if is_wordy(value) else value.replace(b"-", b"")
    if not (is_uuid(value) or looks_random(without_hyphens)):
        return []
    return [Span(match.start("value"), match.start("value") + len(value))]


def _password(match: re.Match[bytes]) -> list[Span]:
    value, end = _without_the_end_of_the_sentence(match)
    if not match["words"] and not match["sign"].strip() and not _is_strong(match["value"]):
        return []
    if is_placeholder(value) or _COUNT.fullmatch(value) or _NAME_OF_A_FORMAT.fullmatch(value):
        return []
    if not is_made_up(value) and not is_unpronounceable(value):
        return []
    return [Span(match.start("value"), end)]


def _without_the_end_of_the_sentence(match: re.Match[bytes]) -> tuple[bytes, int]:
    """Return what to judge of a value, and where it ends: a sign at its end may be its own or that of the sentence."""
    whole = _ENTITY.split(match["value"], maxsplit=1)[0].rstrip(b".")
    whole = whole.removesuffix(b"**")
    return whole[:LONGEST_JUDGED].rstrip(b".?!*"), match.start("value") + len(whole)


def _is_strong(value: bytes) -> bool:
    """Return whether ``value`` has what rules for passwords ask for: no word and no id has all four kinds."""
    text = value[:64].rstrip(b".")
    has_sign = any(byte in b"!@#$%^&*?~" for byte in text)
    return len(text) >= 8 and has_sign and _is_of_three_kinds(text) and not _ID_OR_REFERENCE.fullmatch(text)


def _is_of_three_kinds(value: bytes) -> bool:
    has_digit = any(0x30 <= byte <= 0x39 for byte in value)
    return len(value) >= 8 and has_digit and value != value.lower() and value != value.upper()


def is_password(value: bytes) -> bool:
    """Return whether ``value`` is more likely a password than a result or a name: ``hunter2``, not ``test_login2``."""
    return len(value) >= 7 and _PASSWORD.fullmatch(value) is not None and is_made_up(value) and not is_wordy(value)


_PASSWORD = re.compile(rb"(?=[^A-Za-z]*[A-Za-z])(?=[^0-9]*[0-9])[A-Za-z0-9!@#$%^&*?~+=]+")


@lru_cache(maxsize=256)
def is_made_up(value: bytes) -> bool:
    """Return whether ``value`` is no word: letters together with digits, other signs or capitals within."""
    text = value[:64]
    has_letter = text.lower() != text.upper()
    has_digit = any(0x30 <= byte <= 0x39 for byte in text)
    has_sign = any(byte in b"!@#$%^&*?~+=" for byte in text)
    capitals_within = sum(0x41 <= byte <= 0x5A for byte in text[1:])
    has_small = text != text.upper()
    return has_letter and (has_digit or has_sign or (capitals_within >= 2 and has_small))


# Letters that follow one another in no word of the languages of logs, and more consonants than these have in a row.
_NO_SYLLABLE = re.compile(
    rb"[bcdfgjklmnpqrvwxz]{5}|q[^uiaeosl]|[jvxz][jqx]|j[bcfghkpqtvwxz]|[bfghkpqtvwxz]q|[bfghjmpqvwz]x|[cfghkqvwxz]j"
    rb"|[qjz]v|v[bcfgkqwxz]|w[jqx]|x[jkrz]|z[bcdfgpqrstx]|[bcdfghjkmpqsvwx]z(?=[bcdfgjkmnpqrstvwxz])|[fhjpqx]k[bcdfgjmpqtvxz]"
)


def is_unpronounceable(value: bytes) -> bool:
    """Return whether ``value`` is letters that make no word of any language: ``bxqfrzwhgk``, not ``passphrase``."""
    text = value[:64]
    if len(text) < 8 or not text.isalpha():
        return False
    return _NO_SYLLABLE.search(text.lower() if text.isupper() else text) is not None
