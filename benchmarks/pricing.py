"""What pricing a call costs, against genai-prices' own function. Run: python -m benchmarks.pricing"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from ag2obs.events import Usage
from ag2obs.usage.counting import count_tokens
from ag2obs.usage.extraction import extract
from ag2obs.usage.prices import PriceBook
from ag2obs.usage.raw import usage_of_stream_tail

ROUNDS = 7
CALLS = 5_000
MOMENT = datetime(2026, 11, 1, 12, tzinfo=UTC)
USAGE = Usage(input=1200, output=300, cache_read=1024)
MODELS = (("openai", "gpt-4o-mini"), ("google", "gemini-2.5-pro"), ("deepseek", "deepseek-chat"))
RESPONSE = {
    "id": "chatcmpl-1",
    "model": "gpt-4o-mini-2024-07-18",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "ok"}}],
    "usage": {
        "prompt_tokens": 1200,
        "completion_tokens": 300,
        "total_tokens": 1500,
        "prompt_tokens_details": {"cached_tokens": 1024},
    },
}
STREAM_TAIL = (
    b'data: {"id":"c","choices":[{"delta":{"content":"word "}}],"usage":null}\n\n'
    * 40
    + b'data: {"id":"c","choices":[],"usage":{"prompt_tokens":1200,"completion_tokens":300,'
    b'"total_tokens":1500}}\n\ndata: [DONE]\n\n'
)


def median_microseconds(call: Callable[[], object]) -> float:
    """Return the median CPU time of one call over rounds, after one call to fill caches."""
    call()
    times = []
    for _ in range(ROUNDS):
        start = time.thread_time()
        for _ in range(CALLS):
            call()
        times.append((time.thread_time() - start) / CALLS * 1e6)
    return statistics.median(times)


def main() -> None:
    """Print one line per measurement."""
    import genai_prices

    book = PriceBook(None)
    listed_usage = genai_prices.Usage(input_tokens=1200, output_tokens=300, cache_read_tokens=1024)
    rows: list[tuple[str, Callable[[], object]]] = []
    for provider, model in MODELS:
        rows.append((f"PriceBook.price {model}", partial(price, book, provider, model)))
        listed = partial(
            genai_prices.calc_price,
            listed_usage,
            model,
            provider_id=provider,
            genai_request_timestamp=MOMENT,
        )
        rows.append((f"genai_prices.calc_price {model}", listed))
    rows.append(("PriceBook.price, unknown model", lambda: price(book, "openai", "no-such-model")))
    rows.append(("PriceBook.price, config price", lambda: price(book, "openai", "x", [0.001, 0.002])))
    rows.append(("extract", lambda: extract(RESPONSE, client_class="OpenAIClient", streamed=False)))
    rows.append(("usage_of_stream_tail, 3 KB", lambda: usage_of_stream_tail(STREAM_TAIL, "openai")))
    rows.append(("count_tokens, 3 KB, unknown model", lambda: count_tokens("word " * 600, "no-such-model")))
    for name, call in rows:
        print(f"{name:<45} {median_microseconds(call):8.2f} us")


def price(book: PriceBook, provider: str, model: str, config_price: object = None) -> object:
    """Price the benchmark's call."""
    return book.price(
        provider=provider,
        request_model=model,
        response_model=model,
        usage=USAGE,
        quality="exact",
        at=MOMENT,
        config_price=config_price,
    )


if __name__ == "__main__":
    main()
