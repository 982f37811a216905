import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ag2obs.events import Usage
from ag2obs.usage.raw import raw_usage_dict, usage_of_raw, usage_of_stream_tail

ANTHROPIC_USAGE = {
    "input_tokens": 10,
    "cache_creation_input_tokens": 300,
    "cache_read_input_tokens": 2000,
    "cache_creation": {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 200},
    "output_tokens": 40,
}
GEMINI_USAGE = {
    "promptTokenCount": 500,
    "cachedContentTokenCount": 200,
    "toolUsePromptTokenCount": 30,
    "candidatesTokenCount": 60,
    "thoughtsTokenCount": 400,
    "totalTokenCount": 990,
    "promptTokensDetails": [
        {"modality": "TEXT", "tokenCount": 250},
        {"modality": "AUDIO", "tokenCount": 200},
        {"modality": "IMAGE", "tokenCount": 50},
    ],
}


@pytest.mark.parametrize(
    ("provider", "payload", "usage"),
    [
        (
            "openai",
            {
                "usage": {
                    "prompt_tokens": 100,
                    "completion_tokens": 50,
                    "total_tokens": 150,
                    "prompt_tokens_details": {"cached_tokens": 64, "image_tokens": 20},
                    "completion_tokens_details": {"reasoning_tokens": 30},
                }
            },
            Usage(input=100, output=50, cache_read=64, reasoning=30, input_image=20),
        ),
        (
            "openai",
            {
                "object": "response",
                "usage": {
                    "input_tokens": 100,
                    "input_tokens_details": {"cached_tokens": 64},
                    "output_tokens": 50,
                    "output_tokens_details": {"reasoning_tokens": 30},
                },
            },
            Usage(input=100, output=50, cache_read=64, reasoning=30),
        ),
        (
            "anthropic",
            {"type": "message", "usage": ANTHROPIC_USAGE},
            Usage(input=2310, output=40, cache_read=2000, cache_write=300, cache_write_1h=200),
        ),
        ("anthropic", {"usage": {"input_tokens": 3, "output_tokens": 4}}, Usage(input=3, output=4)),
        (
            "google",
            {"usageMetadata": GEMINI_USAGE},
            Usage(input=530, output=460, cache_read=200, reasoning=400, input_audio=200, input_image=50),
        ),
        (
            "google",
            {"usageMetadata": {"promptTokenCount": 5, "thoughtsTokenCount": 9}},
            Usage(input=5, output=9, reasoning=9),
        ),
        # Gemini behind the OpenAI protocol: the thoughts are in the total only.
        (
            "google",
            {"usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 107}},
            Usage(input=5, output=102),
        ),
        (
            "aws",
            {
                "usage": {
                    "inputTokens": 10,
                    "outputTokens": 5,
                    "totalTokens": 315,
                    "cacheReadInputTokens": 200,
                    "cacheWriteInputTokens": 100,
                    "cacheDetails": [{"ttl": "1h", "inputTokens": 40}, {"ttl": "5m", "inputTokens": 60}],
                }
            },
            Usage(input=310, output=5, cache_read=200, cache_write=100, cache_write_1h=40),
        ),
        (
            "mistral",
            {"usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}},
            Usage(input=7, output=3),
        ),
        (
            "groq",
            {"x_groq": {"id": "req", "usage": {"prompt_tokens": 7, "completion_tokens": 3}}},
            Usage(input=7, output=3),
        ),
        (
            "deepseek",
            {"usage": {"prompt_tokens": 7, "completion_tokens": 3, "prompt_cache_hit_tokens": 4}},
            Usage(input=7, output=3, cache_read=4),
        ),
        (
            "cohere",
            {
                "usage": {
                    "billed_units": {"input_tokens": 7.0, "output_tokens": 3.0},
                    "tokens": {"input_tokens": 70, "output_tokens": 3},
                }
            },
            Usage(input=7, output=3),
        ),
        (
            "cohere",
            {"meta": {"billed_units": {"input_tokens": 7, "output_tokens": 3}}},
            Usage(input=7, output=3),
        ),
        ("cohere", {"meta": {"tokens": {"input_tokens": 7, "output_tokens": 3}}}, Usage(input=7, output=3)),
        ("ollama", {"done": True, "prompt_eval_count": 7, "eval_count": 3}, Usage(input=7, output=3)),
        ("ollama", {"done": True, "eval_count": 3}, Usage(input=0, output=3)),
        (None, {"type": "message", "usage": ANTHROPIC_USAGE}, usage_of_raw({"usage": ANTHROPIC_USAGE}, None)),
        ("together", {"usage": None}, None),
        ("openai", {"usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}}, None),
        ("openai", {"error": {"message": "no"}}, None),
        ("openai", {"usage": "none"}, None),
        ("openai", {"usage": {"seconds": 3}}, None),
        (None, {}, None),
    ],
)
def test_one_body(provider: str | None, payload: dict[str, object], usage: Usage | None):
    assert usage_of_raw(payload, provider) == usage


def test_the_raw_usage_is_returned_as_it_stands():
    assert raw_usage_dict({"id": "x", "usage": ANTHROPIC_USAGE}) == ANTHROPIC_USAGE
    assert raw_usage_dict({"prompt_eval_count": 7, "eval_count": 3, "model": "llama"}) == {
        "prompt_eval_count": 7,
        "eval_count": 3,
    }
    assert raw_usage_dict({"usage": {}}) is None


def sse(*events: object) -> bytes:
    return b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)


CHUNK = {"id": "c", "choices": [{"delta": {"content": 'said "usage": {} and\nleft'}}], "usage": None}
LAST = {"id": "c", "choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}}


@pytest.mark.parametrize("cut", [0, 1, 6, 30, 100])
def test_openai_stream_cut_anywhere_before_its_end(cut: int):
    stream = sse(CHUNK, CHUNK, LAST) + b"data: [DONE]\n\n"
    assert usage_of_stream_tail(stream[cut:], "openai") == (Usage(input=7, output=3), LAST["usage"])


def test_stream_without_usage():
    assert usage_of_stream_tail(sse(CHUNK, CHUNK) + b"data: [DONE]\n\n", "openai") == (None, None)
    assert usage_of_stream_tail(b"", "openai") == (None, None)
    assert usage_of_stream_tail(b"\xff\x00 usage {", None) == (None, None)


def test_the_last_of_running_totals_counts():
    running = [{"choices": [{}], "usage": {"prompt_tokens": 7, "completion_tokens": number}} for number in (1, 2, 3)]
    assert usage_of_stream_tail(sse(*running), None)[0] == Usage(input=7, output=3)


def test_responses_stream():
    done = {
        "type": "response.completed",
        "response": {"id": "r", "usage": {"input_tokens": 7, "output_tokens": 3, "total_tokens": 10}},
    }
    stream = b"event: response.completed\r\n" + sse(done).replace(b"\n", b"\r\n")
    assert usage_of_stream_tail(stream, "openai")[0] == Usage(input=7, output=3)


ANTHROPIC_START = {"type": "message_start", "message": {"usage": ANTHROPIC_USAGE | {"output_tokens": 1}}}


def test_anthropic_stream_completes_its_start_with_its_end():
    end = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 90}}
    stream = sse(ANTHROPIC_START, {"type": "content_block_delta"}, end, {"type": "message_stop"})
    usage, raw = usage_of_stream_tail(stream, "anthropic")
    assert usage == Usage(input=2310, output=90, cache_read=2000, cache_write=300, cache_write_1h=200)
    assert raw == ANTHROPIC_USAGE | {"output_tokens": 90}


def test_anthropic_zeros_at_the_end_do_not_erase_the_start():
    end = {"type": "message_delta", "usage": {"input_tokens": 0, "output_tokens": 90}}
    usage, _ = usage_of_stream_tail(sse(ANTHROPIC_START, end), "anthropic")
    assert usage is not None
    assert usage.input == 2310


def test_anthropic_tail_that_lost_its_start_is_not_half_counted():
    end = {"type": "message_delta", "usage": {"output_tokens": 90}}
    assert usage_of_stream_tail(sse(end), "anthropic") == (None, {"output_tokens": 90})
    cumulative = {"type": "message_delta", "usage": {"input_tokens": 5, "output_tokens": 90}}
    assert usage_of_stream_tail(sse(cumulative), "anthropic")[0] == Usage(input=5, output=90)


def test_cohere_stream():
    end = {
        "type": "message-end",
        "delta": {"usage": {"billed_units": {"input_tokens": 7, "output_tokens": 3}}},
    }
    assert usage_of_stream_tail(sse(end), "cohere")[0] == Usage(input=7, output=3)


def test_gemini_streams():
    chunks = [{"candidates": [], "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": n}} for n in (1, 8)]
    assert usage_of_stream_tail(sse(*chunks), "google")[0] == Usage(input=5, output=8)
    array = json.dumps(chunks, indent=1).encode()
    assert usage_of_stream_tail(array, "google")[0] == Usage(input=5, output=8)


def test_ollama_json_lines_from_the_middle_of_a_line():
    lines = [{"message": {"content": "x"}, "done": False}] * 3 + [
        {"done": True, "prompt_eval_count": 7, "eval_count": 3}
    ]
    stream = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    assert usage_of_stream_tail(stream[9:], "ollama")[0] == Usage(input=7, output=3)


def test_a_whole_body_in_one_document():
    body = json.dumps({"id": "x", "usage": {"prompt_tokens": 7, "completion_tokens": 3}}, indent=2).encode()
    assert usage_of_stream_tail(body, "openai")[0] == Usage(input=7, output=3)


@given(st.binary(max_size=200))
def test_no_bytes_make_it_raise(tail: bytes):
    usage_of_stream_tail(tail, None)
    usage_of_stream_tail(b'data: {"usage": ' + tail + b"}", "anthropic")


NAMES = st.sampled_from(
    [
        "usage",
        "prompt_tokens",
        "completion_tokens",
        "input_tokens",
        "output_tokens",
        "usageMetadata",
        "meta",
        "tokens",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_no_body_makes_it_raise_or_count_below_zero(payload: dict[str, object]):
    usage = usage_of_raw(payload, None)
    assert usage is None or (usage.input >= 0 and usage.output >= 0 and usage.total > 0)
