"""The event: the only thing that is stored. Everything shown is a fold over events.

One event is one line of JSON. ``Accounting`` holds the small fields that folds need and comes first
in a line; ``Event`` adds the content. A reader that only counts decodes lines as ``Accounting``, which
skips content without building it. Unknown fields and unknown kinds are ignored by readers. Events hold plain
data, which refers to no event, so the garbage collector need not follow them (``gc=False``).
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec

SCHEMA = 1
"""Version of the event schema, written as ``v`` in every event."""

STATUS_OK = "ok"
STATUS_ERROR = "error"
STATUS_CANCELLED = "cancelled"


LARGEST_COUNT = 1 << 40
LONGEST_MILLISECONDS = 1e15

Count = Annotated[int, msgspec.Meta(ge=-LARGEST_COUNT, le=LARGEST_COUNT)]
"""A number in a log that is beyond this is no number of ours: sums of it could not be kept."""

Milliseconds = Annotated[float, msgspec.Meta(ge=-LONGEST_MILLISECONDS, le=LONGEST_MILLISECONDS)]


class Usage(msgspec.Struct, omit_defaults=True, frozen=True, gc=False):
    """Tokens of one call. ``input`` includes cache reads and writes; ``output`` includes ``reasoning``."""

    input: Count = 0
    output: Count = 0
    cache_read: Count = 0
    cache_write: Count = 0
    cache_write_1h: Count = 0
    """The part of ``cache_write`` that was written for an hour (Anthropic), priced apart."""
    reasoning: Count = 0
    input_audio: Count = 0
    output_audio: Count = 0
    input_image: Count = 0

    @property
    def total(self) -> int:
        """Input plus output."""
        return self.input + self.output


class ErrorInfo(msgspec.Struct, omit_defaults=True, gc=False):
    """One exception or failure. ``repeat`` marks a failure that an earlier event of the session already told."""

    id: str
    """``e1``, ``e2``, ... in its session; the same exception seen again keeps its id."""
    type: str
    message: str = ""
    repeat: bool = False
    status_code: int | None = None
    code: str | None = None
    frame: str | None = None
    """``package.module:function`` of the innermost frame of the traceback that is not of ag2obs."""
    line: int | None = None


class BudgetState(msgspec.Struct, omit_defaults=True, frozen=True, gc=False):
    """A budget at one moment: its limits, and what was spent of them."""

    usd_limit: Decimal | None = None
    usd_spent: Decimal = Decimal(0)
    """The known part: calls of models without a price add nothing."""
    tokens_limit: int | None = None
    tokens_spent: int = 0
    on_exceed: str = "warn"
    """``warn``, ``throttle`` or ``stop``."""
    reached: float | None = None
    """The highest threshold that was reached."""
    refused: int = 0
    """Calls that were not made."""
    waited_seconds: int = 0
    """How long calls were told to wait, summed over all of them."""


class Accounting(msgspec.Struct, omit_defaults=True, kw_only=True, gc=False):
    """What folds count: the envelope of every event and the small fields of the known kinds."""

    v: Count = msgspec.field(default=0)
    ts: str = ""
    """UTC, RFC 3339 with microseconds and ``Z``."""
    seq: Count = 0
    kind: str
    session: str = ""
    trace: str = ""
    span: str = ""
    parent: str = ""
    chat_id: str | None = None
    workflow: str | None = None
    agent: str | None = None
    ms: Milliseconds | None = None
    status: str | None = None
    error: ErrorInfo | None = None
    level: str | None = None
    """``DEBUG``, ``INFO``, ``WARNING``, ``ERROR`` or ``CRITICAL``: of what user code records."""
    value: float | None = None
    """Of a ``metric`` or a reward, in ``unit``."""
    unit: str | None = None
    tags: dict[str, Any] | None = None
    """Ids that join events with what is outside of ag2obs: ``request_id``, ``user_id``, ``mission_id``, ``step_id`` and
    the user's own."""

    provider: str | None = None
    request_model: str | None = None
    model: str | None = None
    """The model that answered; the requested one where the response does not tell."""
    usage: Usage | None = None
    tokens_source: str | None = None
    """``provider``, or how tokens were counted: ``tiktoken``, ``bpe-openai``, ``estimate``."""
    cost_usd: Decimal | None = None
    cost_source: str | None = None
    cost_quality: str | None = None
    """``exact``, ``lower_bound``, ``upper_bound`` or ``estimate``."""
    cost_reason: str | None = None
    """Why ``cost_usd`` is null: ``unknown_model``, ``no_usage``, ``invalid_usage``, ``failed``."""
    cost_ag2: float | None = None
    """AG2's own figure, kept for comparison only."""
    saved_usd: Decimal | None = None
    """What a cache hit would have cost; its tokens are in ``usage`` and count in no total."""
    cached: bool = False
    stream: bool = False
    attempts: Count | None = None
    """HTTP requests that the call took, SDK retries included; 0 for a cache hit."""
    invocation: str | None = None
    """Joins the configurations tried for one request."""
    purpose: str | None = None
    """``speaker_selection`` or ``summary`` where a call was not an agent's own reply."""
    finish_reason: str | None = None
    response_id: str | None = None
    first_byte_ms: float | None = None
    input: list[str] | None = None
    """Ids of the messages sent, as ranges: ``["m1-m7", "m9"]``."""
    output: list[str] | None = None

    tool: str | None = None
    call_id: str | None = None
    success: bool | None = None

    id: str | None = None
    """Of a ``message``: ``m1``, ``m2``, ... in its session."""
    role: str | None = None
    name: str | None = None
    """A message's name field, a speaker, a reply function: what the kind names."""
    message: str | None = None
    """Id of the message that an ``agent.message`` delivered."""
    sender: str | None = None
    target: str | None = None
    group: str | None = None
    reason: str | None = None
    count: Count | None = None
    """Of a ``drop``: how many events were lost."""
    late: bool = False
    """Recorded after its session's block was left."""
    continued: bool = False
    """Of a ``session.start``: repeated at the beginning of another segment of the log."""

    budget: BudgetState | None = None
    """Of a ``budget``, a ``session.start`` and a ``session.end``: the session's budget at that moment."""

    event_type: str | None = None
    session_info: dict[str, Any] | None = None
    resource: dict[str, Any] | None = None
    totals: dict[str, Any] | None = None
    redactions: Count = 0
    """How many secrets were masked in this line."""


class Event(Accounting, omit_defaults=True, kw_only=True, gc=False):
    """One whole event: accounting fields, then content. Content is plain JSON data."""

    full_length: dict[str, int] | None = None
    """Of the fields that the content level shortened or left out: how many characters each had."""
    settings: dict[str, Any] | None = None
    params: dict[str, Any] | None = None
    raw_usage: dict[str, Any] | None = None
    detail: dict[str, Any] | None = None
    tool_calls: Any = None
    arguments: Any = None
    result: Any = None
    content: Any = None
    content_of: str | None = None
    """A ``message`` whose content is that of an earlier message names it instead of repeating it."""
    source: str | None = None
    """``file.py:LINE function`` of what user code records; of the path, the file's name alone."""
    attributes: dict[str, Any] | None = None
    """Fields of the ``trace_context`` blocks around what user code records, and of its ``extra``."""
    stack: list[str] | None = None
    """Of an ``error``: ``module:function:line`` of at most 50 frames, outermost first."""


_encoder = msgspec.json.Encoder(decimal_format="string")


def encode(event: Accounting) -> bytes:
    """Return the event as one line of JSON without its newline."""
    return _encoder.encode(event)


def timestamp(moment: datetime | None = None) -> str:
    """Return ``moment`` (default: now) in UTC as RFC 3339 with microseconds."""
    return (moment or datetime.now(UTC)).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def new_session_id(moment: datetime | None = None) -> str:
    """Return an id that sorts by time and is unique across processes: ``20261121T080102-9f86d081a3``."""
    moment = moment or datetime.now(UTC)
    return f"{moment:%Y%m%dT%H%M%S}-{os.urandom(5).hex()}"


def new_trace_id() -> str:
    """Return a W3C trace id: 32 hexadecimal digits."""
    return os.urandom(16).hex()


def new_span_id() -> str:
    """Return a W3C span id: 16 hexadecimal digits."""
    return os.urandom(8).hex()
