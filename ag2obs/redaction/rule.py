"""What a row of the rule tables is: a literal to look for, and a check at the place where it was found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import NamedTuple


class Confidence(StrEnum):
    """How sure a finding is: redaction masks all three, a scan reports the last one only with ``--strict``."""

    FORMAT = "format"
    """The shape alone is proof (``ghp_`` and 36 characters)."""
    SHARED_PREFIX = "shared-prefix"
    """A short prefix that other words begin with too (``sk-``); length and digits decide."""
    CONTEXT = "context"
    """Only the name or header in front of a value says that it is a secret."""


class Left(Enum):
    """What may stand in front of a token."""

    ANY = "any"
    """Anything: the prefix is long enough not to occur by chance."""
    WORD = "word"
    """No letter, digit, hyphen or underscore."""
    BASE64 = "base64"
    """Nothing that occurs in base64 either; for short prefixes that images contain by chance."""


class Span(NamedTuple):
    """Bytes to mask. ``quote`` is set where a bare JSON number becomes a string: the quotation mark to use."""

    start: int
    end: int
    quote: bytes = b""


Check = Callable[[bytes, int, int, bool], list[Span]]
"""``check(data, start, end, is_json)``: the secrets announced by the anchor found at ``data[start:end]``.

Work must be linear in what is masked or bounded: a check that reads far and then finds nothing makes the
engine quadratic. ``is_json`` tells that ``data`` is a JSON document, whose structure must survive.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row. Exactly one of ``pattern`` and ``check`` is set, and of ``anchors`` and ``shape``.

    ``example`` and ``counter_example`` are templates that tests fill (see ``templates.py``):
    ``<36 a>`` is 36 random characters of class ``a``. The example must be masked, the counter-example must stay.
    """

    id: str
    anchors: tuple[str, ...] = ()
    example: str
    counter_example: str
    confidence: Confidence = Confidence.FORMAT
    pattern: str | None = None
    """Matched at ``lead`` bytes before the anchor; the group ``secret``, or the whole match, is masked."""
    left: Left = Left.ANY
    lead: int = 0
    """Length of what precedes the anchor in the token, for anchors in its middle."""
    check: Check | None = None
    follow: frozenset[int] | None = None
    """Bytes one of which must follow the anchor: spares the call where an anchor is frequent in prose."""
    shape: str | None = None
    """Instead of anchors, a regular expression of the places where ``check`` looks; the next place is searched for
    behind its first group. It costs a pass of its own, so only rules that are asked for have one."""
    spans_lines: bool = False
    """The secret may go on over line breaks that are not escaped."""
    stands_apart: bool = False
    """There is other text between its secrets, in which rules of context look too."""
