"""Values without quotation marks: ``API_KEY=...``, ``--token ...``, ``<password>...</password>``, headers, cookies."""

from __future__ import annotations

import re

from ag2obs.redaction.names import Sensitivity, bytes_sensitivity
from ag2obs.redaction.notations import is_likely_secret
from ag2obs.redaction.placeholders import LONGEST_JUDGED, is_placeholder, is_wordy, looks_random
from ag2obs.redaction.rule import Span
from ag2obs.redaction.sentences import is_made_up, is_password, is_unpronounceable

# Up to white space, a quotation mark or an escape. Punctuation belongs to the value if the value goes on behind it
# and no further "name=" begins there. An even run of backslashes is content unless it spells a line break.
# Escaped letters and signs of money are content where the value has begun.
_BARE = re.compile(
    rb"""
    (?: [^\s"'`\\,;&<>(){}\[\]|\x00-\x1f]
      | (?!</|&(?:quot|\#(?:3[49]|x2[27]));) [(){}\[\]<>|,;&]
        (?=[^\s"'`\\,;&<>(){}\[\]|]) (?![\w.%\-]{1,40}+[=:])
      | (?:\\\\)++ (?![nrtbfu"'\\/])
      | \\++u00(?:2[67bBfF]|3[cCeE]) (?=[^\s"'`\\,;&<>(){}\[\]|]) (?![\w.%\-]{1,40}+(?:=|\\++u003[dD]))
      | (?<=[^\s"'=:]) \\++u (?:00[89a-fA-F]|0[1-9a-fA-F][0-9a-fA-F]|1[0-9a-fA-F]{2}|20[a-cA-C]) [0-9a-fA-F]
    )++
    """,
    re.VERBOSE,
)
_TAGGED = re.compile(rb"(?P<secret>[^<>\s\"'\\]{1,512}+)(?=<\\*+/|\\+u003[cC])")
_CHARACTER_DATA = re.compile(rb"<!\[CDATA\[(?P<secret>(?:[^\s\"\\\]]|\](?!\]>)){1,512}+)\]\]>(?=<\\*+/|\\+u003[cC])")
SCHEME = re.compile(
    rb"(?:Bearer|Basic|Token|ApiKey|Api-Key|Key|Digest|Negotiate|SSWS|OAuth|JWT|Splunk)(?:[ +]++|%20)", re.IGNORECASE
)
_PARAMETER = re.compile(rb"[\w-]{1,40}+=\\*[\"']")
_CREDENTIAL_PARAMETER = re.compile(
    rb"(?:access_?token|token|api_?key|key|secret|password)=\\*[\"'](?P<secret>[^\s\"'\\,;]{4,512}+)", re.IGNORECASE
)
COOKIE_PAIR = re.compile(rb"[\w.$\-]++(?:=|%3[dD])")
_HARMLESS_COOKIES = re.compile(
    rb"(?>(?>[\w.-]{1,40}=(?:value|deleted|accepted|declined|denied|true|false|yes|no|on|off|dark|light|[0-9]{1,3}"
    rb"|[a-z]{2}(?:[-_][A-Z]{2})?)(?=;|\Z)"
    rb"|(?i:path|max-age|expires|domain|samesite|secure|httponly)[^;]{0,80})(?:;[ ]*|\Z)){1,16}+"
)
_COOKIE_LINE = re.compile(rb"[^\"'\\\r\n<>`]*+")
_USER_AND_PASSWORD = re.compile(rb"[\w.@+-]{1,64}(?::|[ ]?\\*+/[ ]?)(?P<secret>[^\s\"'\\,;<>]{6,128}+)")
# Quotation marks, punctuation of Chinese and Japanese, emoji; a value that goes on behind them has them in it.
_REST_OF_A_SENTENCE = re.compile(rb"(?:\xe2\x80[\x90-\xbf]|\xe3\x80|\xef[\xbc\xbd]|\xf0)[^!-~]*+\Z")
_CODE = re.compile(
    rb"[A-Za-z_]{1,20}\}=|void[ ]0|"
    rb"(?:await[ ]|new[ ])?[A-Za-z_][A-Za-z0-9_.]*+[(\[]|"
    rb"[A-Z][A-Za-z]{2,20}+<|[A-Za-z_]+(?:\.[A-Za-z_]+)++(?![\w/+=%~!@\#$^*?-])"
)
_IDENTIFIER = re.compile(rb"[A-Za-z_]++")
_LINE_START = re.compile(rb"(?:\A|[\n\r]|\\[nr])[ \t]*+(?:- |export |\# ?)?[\"']?\Z")
_LINE_END = re.compile(rb"[ \t]*(?:\Z|[\r\n\"]|\\+[nr\"])")
_JSON_WORD = frozenset(b"{<")


def flag_value(data: bytes, name_start: int, position: int, level: Sensitivity) -> list[Span]:
    """``--password hunter2`` on a command line."""
    before = data[max(0, name_start - 4) : name_start]
    if not before.endswith((b"--", b"ENV ")) and not data[name_start:position].startswith(b"--"):
        return []
    value = _BARE.match(data, position)
    if value is None or value.end() - value.start() < 4 or data[position] in b"<{$(":
        return []
    if data[position] == 0x2D and not is_likely_secret(value[0], data[name_start:position].strip()):
        return []  # the next option
    if level is Sensitivity.VALUE_DECIDES and not looks_random(value[0]):
        return []
    if value[0].startswith(b"id="):  # docker build --secret id=npmrc
        return []
    return unless_placeholder(data, value.start(), value.end())


def tag_value(data: bytes, name_start: int, position: int, level: Sensitivity) -> list[Span]:
    """``<password>hunter2</password>``."""
    if data[name_start - 1 : name_start] != b"<":
        return []
    value = _TAGGED.match(data, position) or _CHARACTER_DATA.match(data, position)
    if value is None or (level is Sensitivity.VALUE_DECIDES and not looks_random(value["secret"])):
        return []
    return unless_placeholder(data, *value.span("secret"))


def bare_value(data: bytes, name: bytes, name_start: int, separator: re.Match[bytes], level: Sensitivity) -> list[Span]:
    """``API_KEY=...``, ``Authorization: Bearer ...``, ``Cookie: ...``."""
    position = separator.end()
    lowered = name.lower()
    if lowered.endswith((b"cookie", b"cookies")):
        return _cookie_line(data, position)
    scheme = SCHEME.match(data, position)
    if scheme is not None:
        position = scheme.end()
    if lowered.endswith(b"authorization"):
        parameter = _CREDENTIAL_PARAMETER.match(data, position)
        if parameter is not None:
            return unless_placeholder(data, *parameter.span("secret"))
    value = _BARE.match(data, position)
    if value is None or data[position] in _JSON_WORD or data.startswith(b"[REDACTED", position):
        return []
    end = position + len(_without_the_rest(value[0]).rstrip(b".,:;"))
    if end - position > LONGEST_JUDGED:
        return [Span(position, end)]
    text = data[position:end]
    if lowered.endswith(b"credentials"):
        pair = _USER_AND_PASSWORD.match(data, position)
        if pair is not None:
            return _password_of_a_user(pair)
    if len(text) < 4 or is_placeholder(text) or (end < value.end() and is_placeholder(data[position : value.end()])):
        return []
    if _is_name_of_a_secret(data, name_start) or (scheme is not None and _PARAMETER.match(data, position)):
        return []
    if lowered == b"pwd" and text.startswith((b"/", b"~")):  # the working directory
        return []
    if scheme is None and not _is_bare_secret(data, name, name_start, separator, position, text, level):
        return []
    return [Span(position, end)]


def _cookie_line(data: bytes, position: int) -> list[Span]:
    line = _COOKIE_LINE.match(data, position) if COOKIE_PAIR.match(data, position) else None
    if line is None or _HARMLESS_COOKIES.fullmatch(line[0].strip()):
        return []
    return unless_placeholder(data, position, _without_trailing_space(data, line))


def _password_of_a_user(pair: re.Match[bytes]) -> list[Span]:
    """``credentials: bob:hunter2``."""
    password = pair["secret"].rstrip(b".")
    start = pair.start("secret")
    return [Span(start, start + len(password))] if is_password(password) and not is_placeholder(password) else []


def _without_the_rest(value: bytes) -> bytes:
    """Return a value without the sentence in another script that goes on behind it: ``P1，然后``."""  # noqa: RUF002
    is_judged = value[0] < 0x80 and len(value) <= LONGEST_JUDGED
    rest = _REST_OF_A_SENTENCE.search(value) if is_judged else None
    return value if rest is None else value[: rest.start()]


def _is_name_of_a_secret(data: bytes, name_start: int) -> bool:
    """Tell ``arn:aws:secretsmanager:...:secret:name``, which says where a secret is kept."""
    return data[name_start - 1 : name_start] == b":" and b"arn:" in data[max(0, name_start - 96) : name_start]


def _without_trailing_space(data: bytes, line: re.Match[bytes]) -> int:
    end = line.end()
    while end > line.start() and data[end - 1] in b" \t":
        end -= 1
    return end


def _is_bare_secret(
    data: bytes,
    name: bytes,
    name_start: int,
    separator: re.Match[bytes],
    position: int,
    text: bytes,
    level: Sensitivity,
) -> bool:
    """Tell a value from code that reads a variable and from a sentence that goes on after a colon."""
    if _CODE.match(data, position):
        return False
    if level is Sensitivity.VALUE_DECIDES:
        return is_likely_secret(text, name)
    is_word = _IDENTIFIER.fullmatch(text) is not None and (is_wordy(text) or not is_made_up(text))
    if is_word and bytes_sensitivity(text) is not Sensitivity.NONE:
        return False
    if separator["sign"] in (b":", b"=>"):
        has_digit_or_letter_beyond_ascii = any(0x30 <= byte <= 0x39 or byte >= 0x80 for byte in text)
        if (not is_word and has_digit_or_letter_beyond_ascii) or (is_made_up(text) and not is_wordy(text)):
            return True
        if is_unpronounceable(text):
            return True
        ends_a_line = _LINE_END.match(data, position + len(text)) is not None
        return ends_a_line and _LINE_START.search(data, max(0, name_start - 40), name_start) is not None
    spaced = data[separator.end() - 1] in b" \t"
    after = data[position + len(text) : position + len(text) + 1]
    return not (is_word and (spaced or (after in (b",", b")") and b"_" in text)))


def unless_placeholder(data: bytes, start: int, end: int) -> list[Span]:
    """Return the span, unless nothing stands there, or something that stands for a secret."""
    if end <= start or (end - start <= LONGEST_JUDGED and is_placeholder(data[start:end])):
        return []
    return [Span(start, end)]
