"""Values of sensitive fields: ``"password": "..."``, ``API_KEY=...``, ``--token ...``, at any depth of escaping."""

from __future__ import annotations

import re
from collections.abc import Callable

from ag2obs.redaction.bare_values import COOKIE_PAIR, SCHEME, bare_value, flag_value, tag_value, unless_placeholder
from ag2obs.redaction.boundaries import name_before
from ag2obs.redaction.braces import find_in_braces, is_cookies
from ag2obs.redaction.lists import find_elements
from ag2obs.redaction.members import find_members
from ag2obs.redaction.names import Sensitivity, bytes_sensitivity
from ag2obs.redaction.notations import find_after_name, find_in_notation, is_in_a_tag, is_likely_secret
from ag2obs.redaction.placeholders import LONGEST_JUDGED, is_placeholder, looks_random
from ag2obs.redaction.quoting import COLOUR, QUOTE, string_end
from ag2obs.redaction.rule import Span
from ag2obs.redaction.sentences import (
    find_named_in_sentence,
    find_password_later_on,
    is_password,
)

_SEPARATOR = re.compile(
    rb"""
    (?P<rest>[A-Za-z0-9_\-]{0,40}+)
    (?:
      (?:"""
    + COLOUR
    + rb""")?+ (?: (?P<name_quote>"""
    + QUOTE
    + rb""") \]? )?+
      (?:
        (?:\*\*)?+ [ \t]*+
        (?P<sign>::|:=|=>|==+|[:=|]|\\+u003[dDaA]|%3[dDaA]|\xef\xbc\x9a|\\+uff1a|\xe6\x98\xaf|\\+u662f)
        (?![=>|]) (?:\*\*)?+ [ \t]*+ (?:"""
    + COLOUR
    + rb""")?+
        (?: (?:Optional\[str\]|str(?:[ ]\|[ ]None)?|SecretStr|string) [ \t]* = [ \t]*+
          | (?:!!?|&)\w{1,40}+[ ]++(?=[^\s=&]) )?
      | [ \t]*,[ \t]* (?P<member>\\*["']value\\*["'][ \t]*:[ \t]*|(?=[bB]?\\*["']))
      | [ \t]+ [vV]alue=(?=\\*["'])
      )
    | (?P<flag>[ \t]++(?![=:|]))
    | (?P<tag>>)
    )
    """,
    re.VERBOSE,
)
# Of the three marks of a long string of Python, the last one opens it.
_OPENING = re.compile(rb"[bBuUrRfF]?(?:\"\"(?=\")|''(?='))?+(?P<quote>" + QUOTE + rb")", re.VERBOSE)
_NUMBER = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?=[\s,}\]\\]|\Z)")
_ELEMENT = re.compile(rb"(?:\s|\\+[nrt])*+[bBuU]?(?P<quote>\\*[\"'])")
_AFTER_ELEMENT = re.compile(rb"\\*[\"'](?:\s|\\+[nrt])*+,")
# They compare, call a member or divide columns more often than they assign: the value decides.
_WEAK_SIGNS = (b"|", b"::", b"==", b"===", b"\xe6\x98\xaf", b"\\u662f")
_SIGN_OR_SPACE = frozenset(b"=: ,|*")
_AFTER_A_STRING = (b"", b",", b"}", b"]", b")", b";", b":", b"\n")
# What follows a string that is a name itself, not the value of the one before it.
_NEXT_NAME = re.compile(rb"\\*[\"'][ \t]*:")
_BEFORE_PAIR = re.compile(rb"[(\[{][ \t]*[bB]?\\*[\"']\Z")
_AFTER_PAIR = re.compile(rb"\\*[\"'](?:\s|\\n)*[)\]}]")
_MOST_ELEMENTS = 1000
# ALTER USER bob WITH PASSWORD :'new_password'
_BEFORE_A_VARIABLE_OF_PSQL = re.compile(rb"(?i:with|encrypted)[ ]\Z")
_VARIABLE_OF_PSQL = re.compile(rb"[ ]:'[A-Za-z_]{1,40}+'")
# Behind "password: '": a value that begins with a sign, up to the quotation mark that ends it; no next argument.
_BEGINS_WITH_A_SIGN = re.compile(rb"(?!,[A-Za-z_]\w{0,40}+=[\"'\\])[^\w\s\"'\\][^\s\"'\\(){}\[\]<>]{3,256}+")
_BEHIND_A_VALUE = re.compile(rb"[\s,;)}\]\"'\\&<]|\Z")

_LIST_OF_WORDS = re.compile(rb"\[[A-Za-z_][\w.]*+[ ,(]")
# Behind a name in a sentence, a word that neither leads to a value nor is one.
_SHORT_WORD = re.compile(
    rb" (?!(?:is|was|given|used|value|set|to|as|As|now|here|ist|est|es|for|or|you|we|must|has|will|can) )[A-Za-z]{1,5} "
)
_WORDS_FOR_PASSWORD = (b"password", b"passphrase", b"passwd", b"passcode", b"pwd")


def find_field(
    data: bytes,
    start: int,
    end: int,
    is_json: bool,
    sensitivity_of: Callable[[bytes], Sensitivity] = bytes_sensitivity,
) -> list[Span]:
    """Return the secrets in the value of the field whose name has the anchor ``data[start:end]`` in it."""
    if _is_word_of_a_sentence(data, start, end):
        return _in_a_sentence(data, start, end)
    separator = _SEPARATOR.match(data, end)
    if separator is None:
        return find_in_notation(data, start, end)
    name_end = separator.end("rest")
    name = name_before(data, start) + data[start:name_end]
    level = sensitivity_of(name)
    if level is Sensitivity.NONE and not _is_connection_password(data, start, name):
        return []
    position = separator.end()
    name_start = name_end - len(name)
    if separator["sign"] in _WEAK_SIGNS:
        level = Sensitivity.VALUE_DECIDES
    if separator["flag"] is not None:
        return flag_value(data, name_start, position, level) or find_after_name(data, start, end, name, name_end)
    if separator["tag"] is not None:
        return tag_value(data, name_start, position, level) or find_after_name(data, start, end, name, name_end)
    opening = _OPENING.match(data, position)
    if opening is not None:
        if separator["name_quote"] is None and _closes_a_string(data, opening, separator["sign"], is_json):
            return []
        if _is_variable_of_psql(data, name_start, position):
            return []
        found = _quoted_value(data, name, opening.end(), opening["quote"], level, is_json)
        return found if separator["sign"] is not None or _is_pair(data, name_start, separator, found) else []
    opening_bracket = data[position : position + 1]
    if opening_bracket == b"{" and separator["sign"] is not None:
        is_assigned = separator["sign"] == b"=" and separator["name_quote"] is None
        found = find_in_braces(data, name, name_start, position, level) if is_assigned or is_cookies(name) else []
        found = found or (find_members(data, position + 1, name) if level is Sensitivity.SECRET else [])
        return found or find_after_name(data, start, end, name, name_end)
    if separator["name_quote"] is not None:
        is_secret = level is Sensitivity.SECRET
        number = _NUMBER.match(data, position)
        if number is not None:
            # Under a name that only may be a secret's ("token") a number is a count.
            return [Span(number.start(), number.end(), separator["name_quote"])] if is_secret else []
        if opening_bracket == b"[":
            return _array(data, name, position + 1, is_json) if is_secret else []
    elif opening_bracket == b"[" and level is Sensitivity.SECRET:
        if data.startswith((b"[REDACTED", b"[[REDACTED"), position):
            return []
        elements = find_elements(data, position + 1, name)
        if elements or _LIST_OF_WORDS.match(data, position):
            return elements
    found = bare_value(data, name, name_start, separator, level)
    return found or find_after_name(data, start, end, name, name_end)


def _is_pair(data: bytes, name_start: int, separator: re.Match[bytes], found: list[Span]) -> bool:
    """Tell ``["name", "value"]`` and ``"--name", "value"`` from a list of names."""
    if not found or separator["member"] is None or data[name_start : name_start + 2] == b"--":
        return True
    start, end, _ = found[0]
    if _NEXT_NAME.match(data, end):
        return False
    is_enclosed = _BEFORE_PAIR.search(data, max(0, name_start - 12), name_start) and _AFTER_PAIR.match(data, end)
    if separator["member"] != b"" or is_enclosed:
        return True
    return is_likely_secret(data[start:end], data[name_start : separator.end("rest")])


def _in_a_sentence(data: bytes, start: int, end: int) -> list[Span]:
    if data[start:end].lower() in _WORDS_FOR_PASSWORD:
        told = find_password_later_on(data, end)
        if told:
            return told
    if _SHORT_WORD.match(data, end) is not None and not is_in_a_tag(data, start):
        return []
    name = name_before(data, start) + data[start:end]
    if bytes_sensitivity(name) is Sensitivity.NONE:
        return []
    told = [] if b"ookie" in name else find_named_in_sentence(data, start, end, name)
    return told or find_after_name(data, start, end, name, end)


def _is_connection_password(data: bytes, start: int, name: bytes) -> bool:
    """Tell ``...;PWD=`` of a connection string from the shell's working directory."""
    return name == b"PWD" and data[start - 1 : start] == b";"


def _is_variable_of_psql(data: bytes, name_start: int, position: int) -> bool:
    before = _BEFORE_A_VARIABLE_OF_PSQL.search(data, max(0, name_start - 12), name_start)
    return before is not None and _VARIABLE_OF_PSQL.match(data, max(0, position - 2)) is not None


def _closes_a_string(data: bytes, opening: re.Match[bytes], sign: bytes | None, is_json: bool) -> bool:
    """Tell the end of a string that ends with a bare name (``"your password:"}``) from the start of a value."""
    end = opening.end()
    following = data[end : end + 1]
    if following not in _AFTER_A_STRING:
        return is_json and opening["quote"] == b'"'
    if not data[end + 1 : end + 2].isalnum():
        return True
    if sign == b"=":  # SECRET_KEY = ')a...'
        return False
    # password: ')a...' is a value, which ends as it began; input('password: ',hidden) has none.
    value = _BEGINS_WITH_A_SIGN.match(data, end)
    quote = opening["quote"]
    is_value = value is not None and data.startswith(quote, value.end())
    return not is_value or _BEHIND_A_VALUE.match(data, value.end() + len(quote)) is None  # type: ignore[union-attr]


def _is_word_of_a_sentence(data: bytes, start: int, end: int) -> bool:
    """Tell prose (``the token is``) from ``token = x`` and ``--token x`` without a regular expression."""
    following = data[end : end + 2]
    if following[:1] != b" " or (len(following) == 2 and following[1] in _SIGN_OR_SPACE):
        return False
    return data.find(b"--", start - 24 if start > 24 else 0, start + 2) < 0


def find_query_value(data: bytes, start: int, end: int, is_json: bool) -> list[Span]:
    """Return the value of a URL parameter whose anchor (``?key=``) is its whole name."""
    match = _QUERY_VALUE.match(data, end)
    if match is None or is_placeholder(match[0]) or not looks_random(match[0].replace(b"%", b"")):
        return []
    return [Span(*match.span())]


_QUERY_VALUE = re.compile(rb"[A-Za-z0-9_.~%+/=-]{12,}+")


def _quoted_value(data: bytes, name: bytes, start: int, quote: bytes, level: Sensitivity, is_json: bool) -> list[Span]:
    end = string_end(data, start, quote, is_json)
    if end - start <= LONGEST_JUDGED and is_placeholder(data[start:end]):
        return []
    if b"ookie" in name.lower():
        return [Span(start, end)] if COOKIE_PAIR.match(data, start, end) else []
    scheme = SCHEME.match(data, start, end)
    if scheme is not None:
        return unless_placeholder(data, scheme.end(), end)
    text = data[start : min(end, start + LONGEST_JUDGED + 1)]
    if level is Sensitivity.VALUE_DECIDES and not is_likely_secret(text, name):
        return [Span(start, end)] if name.strip(b"\"'").lower() == b"pass" and is_password(text) else []
    return [Span(start, end)]


def _array(data: bytes, name: bytes, position: int, is_json: bool) -> list[Span]:
    spans: list[Span] = []
    for _ in range(_MOST_ELEMENTS):
        element = _ELEMENT.match(data, position)
        if element is None:
            break
        end = string_end(data, element.end(), element["quote"], is_json)
        spans += _quoted_value(data, name, element.end(), element["quote"], Sensitivity.SECRET, is_json)
        after = _AFTER_ELEMENT.match(data, end)
        if after is None:
            break
        position = after.end()
    return spans
