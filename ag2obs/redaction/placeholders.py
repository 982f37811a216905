"""What stands where a secret would stand but is none: ``<your key>``, ``${VAR}``, ``None``, ``xxxx``."""

from __future__ import annotations

import re
from functools import lru_cache

LONGEST_JUDGED = 512
"""Longer values are secrets by length; reading all of them at every anchor would be quadratic."""

_REMEMBERED = 256
"""Judgements kept: a text that says the same over and over again, to take up our time, is judged once."""

_WORDS = frozenset(
    b"""none null nil undefined true false nan na n/a empty unset string str bytes int integer number float bool
    boolean object any optional required default secretstr text type value key password passwd passphrase pwd secret
    token apikey api_key api-key authorization bearer basic cookie credential credentials include omit same-origin
    changeme change-me change_me placeholder example dummy redacted masked hidden removed filtered sanitized secured
    not-needed not_needed notneeded no-key nokey todo tbd missing invalid expired unknown wrong incorrect correct
    valid env environ environment yes no on off auto disabled enabled self this sensitive confidential postgres
    username user pass test secret_name option options flag argument field admin-password
    notgiven not_given inherit
    yourpassword yourkey your_key mypassword varchar &str usize uuid""".split()
)

_PLACEHOLDER = re.compile(  # of the value in lower case
    rb"""(?x)
      \s*+
    | (?:(?:bearer|basic|token|apikey)\s+)? \[redacted (?::[\w.-]*)? \]? \**
    | ['"]{2} | \#\{[a-z_.]*\}? | \(not | \*[a-z_]\w*_\w* | !(?:ref|getatt|sub|vault|reference)\b.*
    | [(\[<] (?:not[ -]set|hidden|none|empty|secret|masked|sensitive(?:[ ]value)?|known\ after\ apply|unset|omitted
      |redacted|filtered|removed|protected) [)\]>]?
    | (?:none|null|str|string)(?:\ ?\|\ ?(?:none|null|str|string|undefined))+
    | @microsoft\.keyvault.* | \{\{resolve:.*
    | <[^>]*>(?::<[^>]*>)* | \$\{.* | \$\(.* | \$[a-z_][a-z0-9_]* | \$[0-9]+ | \{\{?[a-z_.\s]*\}\}?
    | \{[a-z_][\w.\s]*[(\[].*\} | %\(\w+\)s | %[sdr] | %[a-z_]+%
    | ![a-z_]\w* | :[a-z_]\w* | \?+ | @[a-z_]\w*
    | [*x.\-_\#]{3,} | (?:\xe2\x80\xa2|\xe2\x80\xa6|\xe2\x97\x8f)+
    | (?:your|insert|enter|replace|example|dummy|fake|sample|placeholder|put|add|some|the)[-_\ ].*
    | my[-_](?:api[-_]?key|secret|token|password|key)(?:[-_](?:key|token|value))?
    | (?:os|process|import\.meta|settings|config|self|env|secrets|vars|st|args|var|data|local|module|this|request
      |options)      \.[a-z_].* | (?:get|read|load|fetch)_\w{1,40}\(.{0,40}\)?
    | change[-_ ]?me[-_ !].* | (?:~|\.{1,2}|[\w-]+)?(?:/[\w.-]+)+\.(?:key|pem|crt|cer|asc|gpg|pub|p12|pfx|jks|json|txt)
    | secretstr\(.{0,8}\*{3}.* | \{(?:env|secret|vault|file):.*\} | projects/[\w-]+/secrets/.*
    | ~?/(?:[\w.-]+/)*\.ssh/[\w.-]+
    | [a-z]{2,12}[-_]x{8,} | (?:\\+u20(?:22|26))+
    | (?:os\.)?(?:getenv|environ)\b.* | env:.* | (?:op|vault|file|arn|ssm)[:/]{1,3}.*
    """,
    re.DOTALL,
)
# ``OPENAI_API_KEY`` where its value should stand: the name of the variable that holds it.
_NAME_OF_A_VARIABLE = re.compile(
    rb"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_?(?:KEY|TOKEN|SECRET|PASSWORD|PASSPHRASE|CREDENTIALS)"
)
_SHORTENED = (b"...", b"***", b"xxxxxx", b"\xe2\x80\xa6")
_LONGEST_SHORTENED = 24
_RANDOM_RUN = re.compile(rb"[A-Za-z0-9+/_=]{12,}")
_UUID = re.compile(rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# Words, names and short numbers in a row: ``prod-db-2024``, ``user_service_name``, ``AsyncClientSecrets``.
_WORD = rb"(?:[a-z]{1,14}(?:[0-9]{1,2}[a-z]{0,8})?|[A-Z][a-z]{1,13}[0-9]{0,2}|[A-Z]{1,12}|[0-9]{1,4})"
_WORDY = re.compile(rb"_*%b(?:[_\-./ :]+%b)+_*|(?:[a-z]{2,14})?(?:[A-Z]{1,8}[a-z]{2,14})+" % (_WORD, _WORD))
_LONG_PART = re.compile(rb"[A-Za-z0-9]{14,}")
_PATH = re.compile(rb"[\w.@ -]*(?:/[\w.@ -]*)+|[\w.-]+\.[a-z]{2,4}")


@lru_cache(maxsize=_REMEMBERED)
def is_placeholder(value: bytes) -> bool:
    """Return whether ``value`` stands for a secret instead of being one."""
    if len(value) > LONGEST_JUDGED:
        return False
    lowered = value.lower()
    if (
        lowered in _WORDS
        or _NAME_OF_A_VARIABLE.fullmatch(value)
        or _PLACEHOLDER.fullmatch(lowered)
        or lowered.endswith((b"_here", b"-here", b" here"))
    ):
        return True
    if lowered.rstrip(b"!?;>") in _WORDS:
        return True
    return len(value) <= _LONGEST_SHORTENED and any(mark in lowered for mark in _SHORTENED)


def is_uuid(value: bytes) -> bool:
    """Return whether ``value`` is a UUID in its usual spelling."""
    return _UUID.fullmatch(value) is not None


@lru_cache(maxsize=_REMEMBERED)
def is_wordy(value: bytes) -> bool:
    """Return whether ``value`` is made of words and short numbers: ``prod-db-2024``, ``AsyncClientSecrets``."""
    return _WORDY.fullmatch(value) is not None


def is_crossed_out(token: bytes) -> bool:
    """Return whether the end of ``token`` is made of the letters that stand for "any": ``xxxx``, ``****``."""
    return not token[-16:].strip(b"xX*._-")


@lru_cache(maxsize=_REMEMBERED)
def looks_random(value: bytes) -> bool:
    """Return whether ``value`` has a long run of mixed characters and is no UUID, path or file name."""
    if len(value) > LONGEST_JUDGED:
        return b" " not in value[:LONGEST_JUDGED]
    run = _RANDOM_RUN.search(value)
    if run is None or b" " in value or is_uuid(value) or _is_path(value) or is_wordy(value):
        return False
    text = run[0]
    has_digit = any(0x30 <= byte <= 0x39 for byte in text)
    has_letter = text.lower() != text.upper()
    uppers = sum(0x41 <= byte <= 0x5A for byte in text)
    lowers = sum(0x61 <= byte <= 0x7A for byte in text)
    return (has_digit and has_letter) or (len(text) >= 20 and uppers >= 4 and lowers >= 4)


def _is_path(value: bytes) -> bool:
    """Tell a path from base64, which has slashes too: its parts are words, numbers or hashes."""
    if not _PATH.fullmatch(value):
        return False
    return not any(map(_is_of_three_kinds, _LONG_PART.findall(value)))


def _is_of_three_kinds(text: bytes) -> bool:
    has_digit = any(0x30 <= byte <= 0x39 for byte in text)
    return has_digit and text != text.lower() and text != text.upper() and not is_wordy(text)
