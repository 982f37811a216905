"""What stands where a secret would stand but is none: ``<your key>``, ``${VAR}``, ``None``, ``xxxx``."""

from __future__ import annotations

import re

LONGEST_JUDGED = 512
"""Longer values are secrets by length; reading all of them at every anchor would be quadratic."""

_WORDS = frozenset(
    b"""none null nil undefined true false nan na n/a empty unset string str bytes int integer number float bool
    boolean object any optional required default secretstr text type value key password passwd passphrase pwd secret
    token apikey api_key api-key authorization bearer basic cookie credential credentials include omit same-origin
    changeme change-me change_me placeholder example dummy redacted masked hidden removed filtered sanitized secured
    not-needed not_needed notneeded no-key nokey todo tbd missing invalid expired unknown wrong incorrect correct
    valid env environ environment yes no on off auto disabled enabled self this sensitive confidential postgres
    username user admin-password yourpassword yourkey your_key mypassword""".split()
)

_PLACEHOLDER = re.compile(  # of the value in lower case
    rb"""(?x)
      \s*+
    | (?:(?:bearer|basic|token|apikey)\s+)? \[redacted (?::[\w.-]*)? \]? \**
    | <[^>]*> | \$\{.* | \$\(.* | \$[a-z_][a-z0-9_]* | \$[0-9]+ | \{\{?[a-z_.\s]*\}\}? | %\(\w+\)s | %[sdr] | %[a-z_]+%
    | :[a-z_]\w* | \?+ | @[a-z_]\w*
    | [*x.\-_\#]{3,} | (?:\xe2\x80\xa2|\xe2\x80\xa6|\xe2\x97\x8f)+
    | (?:your|insert|enter|replace|example|dummy|fake|sample|placeholder|put|add|some|the)[-_\ ].*
    | my[-_](?:api[-_]?key|secret|token|password|key)
    | (?:os|process|import\.meta|settings|config|self|env|secrets|vars|st)\.[a-z_].*
    | (?:os\.)?(?:getenv|environ)\b.* | env:.* | (?:op|vault|file|arn|ssm)[:/]{1,3}.*
    """,
    re.DOTALL,
)
_SHORTENED = (b"...", b"***", b"xxxxxx", b"\xe2\x80\xa6")
_LONGEST_SHORTENED = 24
_RANDOM_RUN = re.compile(rb"[A-Za-z0-9+/_=]{12,}")
_UUID = re.compile(rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PATH = re.compile(rb"[\w.@ -]*(?:/[\w.@ -]*)+|[\w.-]+\.[a-z]{2,4}")


def is_placeholder(value: bytes) -> bool:
    """Return whether ``value`` stands for a secret instead of being one."""
    if len(value) > LONGEST_JUDGED:
        return False
    lowered = value.lower()
    if lowered in _WORDS or _PLACEHOLDER.fullmatch(lowered) or lowered.endswith((b"_here", b"-here", b" here")):
        return True
    return len(value) <= _LONGEST_SHORTENED and any(mark in lowered for mark in _SHORTENED)


def is_crossed_out(token: bytes) -> bool:
    """Return whether the end of ``token`` is made of the letters that stand for "any": ``xxxx``, ``****``."""
    return not token[-16:].strip(b"xX*._-")


def looks_random(value: bytes) -> bool:
    """Return whether ``value`` has a long run of mixed characters and is no UUID, path or file name."""
    if len(value) > LONGEST_JUDGED:
        return b" " not in value[:LONGEST_JUDGED]
    run = _RANDOM_RUN.search(value)
    if run is None or b" " in value or _UUID.fullmatch(value) or _PATH.fullmatch(value):
        return False
    text = run[0]
    has_digit = any(0x30 <= byte <= 0x39 for byte in text)
    has_letter = text.lower() != text.upper()
    uppers = sum(0x41 <= byte <= 0x5A for byte in text)
    lowers = sum(0x61 <= byte <= 0x7A for byte in text)
    return (has_digit and has_letter) or (len(text) >= 20 and uppers >= 4 and lowers >= 4)
