"""What one model charges, and the arithmetic of one call. All money is Decimal; nothing is rounded."""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Context, Decimal

from ag2obs.events import Usage
from ag2obs.usage.quality import EXACT, LOWER_BOUND, UPPER_BOUND, combine

EXACT_ARITHMETIC = Context(prec=60)
"""Own precision, so that a host program that sets a small one does not round costs."""


@dataclass(frozen=True, slots=True)
class Tiered:
    """A rate that depends on the whole input of the call, for all of its tokens alike (a cliff, not a ramp)."""

    base: Decimal
    tiers: tuple[tuple[int, Decimal], ...]
    """(tokens, rate), ascending: the rate applies when the input is larger than ``tokens``."""

    def at(self, input_tokens: int) -> Decimal:
        """Return the rate for a call with that many input tokens."""
        rate = self.base
        for start, tier_rate in self.tiers:
            if input_tokens > start:
                rate = tier_rate
        return rate


Rate = Decimal | Tiered


@dataclass(frozen=True, slots=True)
class Rates:
    """US dollars per million tokens of each kind; None where the kind has no rate of its own.

    Tokens without a rate of their own are charged at the rate of what they are part of: cached and audio
    tokens as input, tokens cached for an hour as cache writes, reasoning and audio answers as output.
    """

    input: Rate | None = None
    output: Rate | None = None
    cache_read: Rate | None = None
    cache_write: Rate | None = None
    cache_write_1h: Rate | None = None
    reasoning: Rate | None = None
    input_audio: Rate | None = None
    output_audio: Rate | None = None
    input_image: Rate | None = None
    request: Decimal | None = None
    """US dollars per thousand requests, on top."""

    def cost(self, usage: Usage) -> Decimal | None:
        """Return the cost of one call in US dollars; None where it used tokens that have no rate at all.

        Raises ValueError for usage whose parts are larger than the whole.
        """
        _check(usage)
        hour = usage.cache_write_1h if self.cache_write_1h is not None else 0
        write = usage.cache_write - hour if self.cache_write is not None else 0
        read = usage.cache_read if self.cache_read is not None else 0
        audio = usage.input_audio if self.input_audio is not None else 0
        image = usage.input_image if self.input_image is not None else 0
        reasoning = usage.reasoning if self.reasoning is not None else 0
        spoken = usage.output_audio if self.output_audio is not None else 0
        plain_input = usage.input - hour - write - read - audio - image
        plain_output = usage.output - reasoning - spoken
        if plain_input < 0 or plain_output < 0:
            raise ValueError("tokens that are charged apart exceed the tokens of the call")
        total = Decimal(0) if self.request is None else EXACT_ARITHMETIC.multiply(self.request, 1000)
        for tokens, rate in (
            (plain_input, self.input),
            (plain_output, self.output),
            (read, self.cache_read),
            (write, self.cache_write),
            (hour, self.cache_write_1h),
            (reasoning, self.reasoning),
            (audio, self.input_audio),
            (spoken, self.output_audio),
            (image, self.input_image),
        ):
            if tokens == 0:
                continue
            if rate is None:
                return None
            if isinstance(rate, Tiered):
                rate = rate.at(usage.input)
            total = EXACT_ARITHMETIC.fma(rate, tokens, total)
        return EXACT_ARITHMETIC.scaleb(total, -6)

    def quality(self, usage: Usage) -> str:
        """Return how far ``cost`` can be trusted, given the kinds of tokens that have no rate of their own.

        Cached input is cheaper where a provider caches, so charging it in full bounds the cost from above
        (fine-tuned OpenAI models, whose discount price lists leave out); writing to a cache is dearer. Audio
        that came from the cache is charged as if it had not.
        """
        quality = EXACT
        priced_apart = (usage.input_audio and self.input_audio) or (usage.input_image and self.input_image)
        if usage.cache_read and (self.cache_read is None or priced_apart):
            quality = UPPER_BOUND
        if (usage.cache_write and self.cache_write is None) or (usage.cache_write_1h and self.cache_write_1h is None):
            quality = combine(quality, LOWER_BOUND)
        return quality


TOKEN_KINDS = tuple(kind.name for kind in fields(Rates) if kind.name != "request")
"""The kinds of tokens that can have a rate: field names of ``Rates`` and of ``events.Usage``."""


def _check(usage: Usage) -> None:
    """Refuse usage whose parts do not fit into the whole: a provider or a client counted wrongly."""
    parts_fit = (
        usage.cache_read + usage.cache_write <= usage.input
        and usage.cache_write_1h <= usage.cache_write
        and usage.input_audio + usage.input_image <= usage.input
        and usage.reasoning <= usage.output
        and usage.output_audio <= usage.output
    )
    smallest = min(
        usage.cache_read,
        usage.cache_write,
        usage.cache_write_1h,
        usage.input_audio,
        usage.input_image,
        usage.reasoning,
        usage.output_audio,
    )
    if not parts_fit or smallest < 0:
        raise ValueError("the parts of the usage exceed the whole")
