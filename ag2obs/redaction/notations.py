"""Values of sensitive names in notations in which something stands between the two: markup, types, wrappers, tables.

Here the name alone is no proof (``<label for="password">Name</label>``): the value must look like a secret itself.
"""

from __future__ import annotations

import re

from ag2obs.redaction.boundaries import name_before
from ag2obs.redaction.names import Sensitivity, bytes_sensitivity
from ag2obs.redaction.placeholders import is_placeholder, is_uuid, is_wordy, looks_random
from ag2obs.redaction.rule import Span
from ag2obs.redaction.sentences import is_made_up

_REST_OF_NAME = re.compile(rb"[A-Za-z0-9_\-]{0,40}+")
_BLANK = rb"(?:\s|\\+[nrt])*+"
_CLOSED_NAME = rb"""[A-Za-z0-9_\-]{0,40}+ (?:\\*+["'`])?+ \]?+"""

# What may stand between the name and a quoted value.
_BEFORE_QUOTED = re.compile(
    _CLOSED_NAME
    + rb"""
    (?:
      [ ]*+ (?:[:=]|:=) [ ]*+ (?:[\w.]{1,24}\.)?
      (?:SecretStr|SecretBytes|Secret|Some|String|Buffer\.from|str|bytes|N)?+ \(?+
    | [ ]*+ [?!]?+ : [ ]*+ &?+ [A-Za-z][\w.<>\[\]|?]{0,40}+ (?:[ ]\|[ ]\w{1,20}+)?+ [ ]*+ = [ ]*+
    | [ ]++ [Aa]s [ ]++ String [ ]*+ = [ ]*+
    | [ ]*+ \{ [ ]*+ get; [^{}\n]{0,30}+ \} [ ]*+ = [ ]*+
    | [ ]*+ = [ ]*+ [\w.]{1,40}+ [(\[] [^()\[\]\n]{0,60}+ [)\]] [ ]*+ (?:or|\|\||\?\?) [ ]*+
    | [ ]*+ (?:or|\|\|=?|\?\?=?) [ ]*+
    | [ ]*+ => """
    + _BLANK
    + rb""" string\(\d{1,5}\) [ ]
    | [ ]*+ (?:,[ ]*+ \\*["']value\\*["'] [ ]*+)?+ : [ ]*+ \{ [ ]*+ \\*["']string_?[vV]alue\\*["'] [ ]*+ : [ ]*+
    | , [^()\n"'\\]{0,60}? default=
    | [ ] content=
    | [ ]*+ -> [ ]*+
    | [ ] (?:to|is|was) [ ]
    | [ \t]{1,20}+
    )
    [bBrRuU@$]?+ \\*+["'`]
    """,
    re.VERBOSE,
)
# What none of the above has behind a space: of a sentence the next word is all that there is to see.
_BEGINS_A_WORD = frozenset(bytes([byte]) for byte in b"defghijklmnpqstvwxyzCDEFGHIJKLMNOPQSTVWXYZ0123456789_")
_SETTER = re.compile(rb"""[A-Za-z0-9_]{0,40}+\(\\*["'`]""")
_QUOTED = re.compile(rb"""[^\s"'`\\<>]{6,512}+(?=\\*["'`])""")

# What may stand between the name and a value without quotation marks.
_BEFORE_BARE = re.compile(
    _CLOSED_NAME
    + rb"""
    (?:
      (?:\*\*)?+ [ ]*+ : [ ]*+ (?:!!?\w{1,20}+|&\w{1,40}+) [ ]++
    | [ ]*+ => [ ]*+
    | [ ]++ (?:-|\xe2\x80\x93) [ ]++
    | [ ]*+ (?:,|\t|\\+t|\xe2\x94\x82|\xe2\x86\x92|->) [ ]*+
    | [ \t]{2,}+
    | [ ] (?=[A-Za-z0-9+/_-]{20})
    )
    """,
    re.VERBOSE,
)
_BARE = re.compile(
    rb"""`?+(?![\w.-]{1,40}+=[^=\s"'`\\])(?P<secret>[A-Za-z0-9+/_~!@\#$%^*-][A-Za-z0-9+/_.~=!@\#$%^&*?-]{7,512}+)"""
)

# The rest of the tag that the name is an attribute of, or the end of the element whose text it is; then more tags.
_MARKUP = re.compile(
    rb"[A-Za-z0-9_\-]{0,40}+(?:(?P<attribute>\\*+[\"']?+[^<>\n]{0,80}+>)|</[\w:]{1,20}+>[:=]?+)"
    rb"(?:%b<[^<>!]{1,60}+>){0,4}+%b(?:<!\[CDATA\[)?+" % (_BLANK, _BLANK)
)
_TEXT = re.compile(rb"(?:[^<>\s\"'\\\]]|\](?!\]>)){6,512}+(?=(?:\s|\\+[nrt]){0,8}+(?:<(?:\\*+/|br)|\]\]>|\\+u003[cC]))")
_LONGEST_TAG = 80
_SHORTEST_UNDER_NAME = 6


def find_in_notation(data: bytes, start: int, end: int) -> list[Span]:
    """Return the secret that a notation with something in between gives to the name with ``data[start:end]`` in it."""
    rest = _REST_OF_NAME.match(data, end)
    name_end = end if rest is None else rest.end()
    return find_after_name(data, start, end, name_before(data, start) + data[start:name_end], name_end)


def find_after_name(data: bytes, start: int, end: int, name: bytes, name_end: int) -> list[Span]:
    """Return what ``find_in_notation`` does, for a name that is known already and ends at ``name_end``."""
    after = data[name_end : name_end + 1]
    if after.isalnum() or bytes_sensitivity(name) is Sensitivity.NONE:  # the name is longer than any, or says nothing
        return []
    is_word_next = after == b" " and data[name_end + 1 : name_end + 2] in _BEGINS_A_WORD
    before = None if is_word_next else _BEFORE_QUOTED.match(data, end)
    if before is not None:
        return _judged(data, _QUOTED.match(data, before.end()), 0, name)
    if after == b"(" and name.rpartition(b".")[2].lower().startswith((b"set", b"with", b"password")):
        setter = _SETTER.match(data, end)
        if setter is not None:
            return _judged(data, _QUOTED.match(data, setter.end()), 0, name)
    if after == b"<" or is_in_a_tag(data, start):
        markup = _MARKUP.match(data, end)
        if markup is not None:
            return _judged(data, _TEXT.match(data, markup.end()), 0, name)
    before = _BEFORE_BARE.match(data, end)
    if before is not None:
        return _judged(data, _BARE.match(data, before.end()), "secret", name)
    return []


def is_in_a_tag(data: bytes, start: int) -> bool:
    """Return whether an angle bracket was opened a little before ``start`` and is still open."""
    first = start - _LONGEST_TAG if start > _LONGEST_TAG else 0
    opened = data.rfind(b"<", first, start)
    return opened >= 0 and opened > data.rfind(b">", first, start)


def _judged(data: bytes, value: re.Match[bytes] | None, group: int | str, name: bytes) -> list[Span]:
    if value is None:
        return []
    text = value[group].rstrip(b".,;:")
    if is_placeholder(text) or not is_likely_secret(text, name):
        return []
    return [Span(value.start(group), value.start(group) + len(text))]


def is_likely_secret(value: bytes, name: bytes) -> bool:
    """Judge a value by itself, where its name and the sign between them leave it open."""
    if looks_random(value) or (len(value) >= 24 and not is_wordy(value) and _is_of_three_kinds(value)):
        return True
    if _PASSPHRASE.fullmatch(value):
        return b"pass" in name.lower() or b"pwd" in name.lower()
    level = bytes_sensitivity(name)
    if is_uuid(value):
        return level is Sensitivity.SECRET or name.lower().endswith((b"token", b"secret_id", b"secretid"))
    return level is Sensitivity.SECRET and 8 <= len(value) <= 64 and is_made_up(value) and not is_wordy(value)


def is_secret_under_name(value: bytes, name: bytes) -> bool:
    """Judge a value that stands where tables and lists have the values of ``name``: a shorter one will do there."""
    if len(value) < _SHORTEST_UNDER_NAME or is_placeholder(value):
        return False
    is_secret_name = bytes_sensitivity(name) is Sensitivity.SECRET
    return is_likely_secret(value, name) or (is_secret_name and is_made_up(value) and not is_wordy(value))


def _is_of_three_kinds(value: bytes) -> bool:
    """Tell a key in which hyphens leave no long run of letters and digits."""
    text = value[:512]
    has_digit = any(0x30 <= byte <= 0x39 for byte in text)
    return has_digit and text != text.lower() and text != text.upper() and _TOKEN.fullmatch(text) is not None


# ``river-marble-lantern-82``: under another name it is one.
_PASSPHRASE = re.compile(rb"(?:[A-Za-z][a-z]{2,13}-){3}[0-9]{1,4}")
_TOKEN = re.compile(rb"[A-Za-z0-9_-]+")
