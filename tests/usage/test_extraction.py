"""Each response is built as AG2's own converter builds it, from the real classes where they are installed."""

from types import SimpleNamespace

import pytest
from autogen.llm_clients.models.unified_message import UnifiedMessage
from autogen.llm_clients.models.unified_response import UnifiedResponse
from autogen.oai.oai_models import ChatCompletion as ConvertedCompletion
from autogen.oai.oai_models import ChatCompletionMessage as ConvertedMessage
from autogen.oai.oai_models import Choice as ConvertedChoice
from autogen.oai.oai_models import CompletionUsage as ConvertedUsage
from openai.types import Completion
from openai.types.chat import ChatCompletion
from openai.types.responses import Response

from ag2obs.events import Usage
from ag2obs.usage.extraction import NOTHING, extract


def chat_completion(usage: dict[str, object] | None) -> ChatCompletion:
    """What OpenAI's SDK returns for a chat completion."""
    return ChatCompletion.model_validate(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "gpt-4o-mini-2024-07-18",
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}}],
            "usage": usage,
        }
    )


def converted(prompt: int, completion: int, total: int | None = None, model: str = "m") -> ConvertedCompletion:
    """What AG2's Anthropic, Gemini, Bedrock, Mistral, Groq, Together, Cohere, Cerebras and Ollama clients build."""
    return ConvertedCompletion(
        id="r1",
        model=model,
        created=1,
        object="chat.completion",
        choices=[
            ConvertedChoice(finish_reason="stop", index=0, message=ConvertedMessage(role="assistant", content="hi"))
        ],
        usage=ConvertedUsage(
            prompt_tokens=prompt,
            completion_tokens=completion,
            total_tokens=prompt + completion if total is None else total,
        ),
    )


def unified(usage: dict[str, int | float], **more: object) -> UnifiedResponse:
    """What AG2's V2 clients build."""
    return UnifiedResponse(
        id="u1",
        model="gpt-4o",
        provider="openai",
        messages=[UnifiedMessage(role="assistant", content=[])],
        usage=usage,
        status="completed",
        **more,
    )


def openai_response(**more: object) -> Response:
    """What OpenAI's SDK returns for the Responses API."""
    body = {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "model": "o4-mini-2025-04-16",
        "output": [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "status": "completed",
        "usage": {
            "input_tokens": 120,
            "input_tokens_details": {"cached_tokens": 64, "cache_write_tokens": 0},
            "output_tokens": 80,
            "output_tokens_details": {"reasoning_tokens": 50},
            "total_tokens": 200,
        },
    }
    return Response.construct(**(body | more))


def test_chat_completion_keeps_every_kind_of_token():
    response = chat_completion(
        {
            "prompt_tokens": 1200,
            "completion_tokens": 300,
            "total_tokens": 1500,
            "prompt_tokens_details": {"cached_tokens": 1024, "audio_tokens": 12},
            "completion_tokens_details": {"reasoning_tokens": 200, "audio_tokens": 7},
        }
    )
    found = extract(response, client_class="OpenAIClient", streamed=False)
    assert found.usage == Usage(input=1200, output=300, cache_read=1024, reasoning=200, input_audio=12, output_audio=7)
    assert (found.model, found.response_id) == ("gpt-4o-mini-2024-07-18", "chatcmpl-1")
    assert (found.finish_reason, found.quality) == ("stop", "exact")
    assert extract(response.model_dump(), client_class="OpenAIClient", streamed=False) == found


def test_details_may_be_none():
    response = chat_completion({"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12})
    assert response.usage is not None
    assert response.usage.prompt_tokens_details is None
    found = extract(response, client_class="OpenAIClient", streamed=False)
    assert (found.usage, found.quality) == (Usage(input=9, output=3), "exact")


def test_streamed_openai_lost_the_cached_discount():
    found = extract(converted(9, 3), client_class="OpenAIClient", streamed=True)
    assert (found.usage, found.quality) == (Usage(input=9, output=3), "upper_bound")


def test_a_call_that_asked_for_a_stream_and_got_none_is_exact():
    response = chat_completion(
        {
            "prompt_tokens": 9,
            "completion_tokens": 3,
            "total_tokens": 12,
            "prompt_tokens_details": {"cached_tokens": 0},
        }
    )
    assert extract(response, client_class="OpenAIClient", streamed=True).quality == "exact"


def test_zeros_of_a_stream_without_usage_are_no_usage():
    found = extract(converted(0, 0), client_class="OpenAIClient", streamed=True)
    assert found.usage is None
    assert found.model == "m"


def test_legacy_completion():
    response = Completion.model_validate(
        {
            "id": "cmpl-1",
            "object": "text_completion",
            "created": 1,
            "model": "gpt-3.5-turbo-instruct",
            "choices": [{"index": 0, "finish_reason": "length", "logprobs": None, "text": "x"}],
            "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7},
        }
    )
    found = extract(response, client_class="OpenAIClient", streamed=False)
    assert (found.usage, found.finish_reason) == (Usage(input=5, output=2), "length")


def test_responses_api():
    found = extract(openai_response(), client_class="OpenAIResponsesClient", streamed=False)
    assert found.usage == Usage(input=120, output=80, cache_read=64, reasoning=50)
    assert (found.model, found.finish_reason, found.quality) == ("o4-mini-2025-04-16", "completed", "exact")


def test_responses_api_tells_why_it_is_incomplete():
    response = {
        "id": "resp_1",
        "model": "o3",
        "status": "incomplete",
        "incomplete_details": {"reason": "max_output_tokens"},
    }
    found = extract(response, client_class="OpenAIResponsesClient", streamed=False)
    assert (found.usage, found.finish_reason) == (None, "max_output_tokens")


@pytest.mark.parametrize("item", ["web_search_call", "image_generation_call"])
def test_hosted_tools_are_charged_beside_tokens(item: str):
    response = openai_response(output=[SimpleNamespace(type=item)])
    assert extract(response, client_class="OpenAIResponsesClient", streamed=False).quality == "lower_bound"


@pytest.mark.parametrize(
    ("client", "response", "usage", "quality"),
    [
        ("AnthropicClient", converted(30, 10), Usage(input=30, output=10), "lower_bound"),
        ("GeminiClient", converted(30, 10), Usage(input=30, output=10), "lower_bound"),
        # Bedrock's total counts the cache, which its input excludes and the client dropped.
        ("BedrockClient", converted(30, 10, total=2040), Usage(input=30, output=10), "lower_bound"),
        ("GroqClient", converted(30, 10), Usage(input=30, output=10), "upper_bound"),
        ("MistralAIClient", converted(30, 10), Usage(input=30, output=10), "exact"),
        ("TogetherClient", converted(30, 10), Usage(input=30, output=10), "exact"),
        ("CohereClient", converted(30, 10), Usage(input=30, output=10), "exact"),
        ("CerebrasClient", converted(30, 10), Usage(input=30, output=10), "exact"),
        ("OllamaClient", converted(30, 10), Usage(input=30, output=10), "exact"),
        # Ollama leaves out the prompt's count when the prompt was still in memory; the client makes it 0.
        ("OllamaClient", converted(0, 10), Usage(input=0, output=10), "lower_bound"),
        (
            "OpenAICompletionsClient",
            unified({"prompt_tokens": 8, "completion_tokens": 2, "total_tokens": 10}),
            Usage(input=8, output=2),
            "upper_bound",
        ),
        ("OpenAICompletionsClient", unified({}), None, "upper_bound"),
        (
            "OpenAIResponsesV2Client",
            unified(
                {
                    "prompt_tokens": 8,
                    "completion_tokens": 6,
                    "total_tokens": 14,
                    "reasoning_tokens": 4,
                    "token_cost": 0.1,
                    "image_cost": 0.0,
                }
            ),
            Usage(input=8, output=6, reasoning=4),
            "upper_bound",
        ),
        # A picture is charged beside the tokens, the cached discount is lost: neither bound holds.
        (
            "OpenAIResponsesV2Client",
            unified({"prompt_tokens": 8, "completion_tokens": 6, "total_tokens": 14, "image_cost": 0.17}),
            Usage(input=8, output=6),
            "estimate",
        ),
        (
            "AnthropicV2Client",
            unified({"prompt_tokens": 8, "completion_tokens": 2, "total_tokens": 10}, finish_reason="stop"),
            Usage(input=8, output=2),
            "lower_bound",
        ),
        (
            "BedrockV2Client",
            unified({"prompt_tokens": 8, "completion_tokens": 2, "total_tokens": 10}),
            Usage(input=8, output=2),
            "lower_bound",
        ),
    ],
)
def test_what_each_client_leaves(client: str, response: object, usage: Usage | None, quality: str):
    found = extract(response, client_class=client, streamed=False)
    assert (found.usage, found.quality) == (usage, quality)


def test_a_custom_client_that_keeps_a_provider_object():
    response = SimpleNamespace(
        id="msg_1",
        model="claude-sonnet-4-5",
        usage=SimpleNamespace(
            input_tokens=10, output_tokens=5, cache_read_input_tokens=100, cache_creation_input_tokens=20
        ),
        stop_reason="end_turn",
    )
    found = extract(response, client_class="MyClient", streamed=False)
    assert found.usage == Usage(input=130, output=5, cache_read=100, cache_write=20)
    assert found.quality == "exact"


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        SimpleNamespace(),
        SimpleNamespace(prompt_tokens=None, completion_tokens=None),
        {"prompt_tokens": 5},
        {"total_tokens": 5},
        {"prompt_tokens": -5, "completion_tokens": 3},
        {"prompt_tokens": float("nan"), "completion_tokens": 3},
        {"prompt_tokens": float("inf"), "completion_tokens": 3},
        {"prompt_tokens": 2.5, "completion_tokens": 3},
        {"prompt_tokens": True, "completion_tokens": 3},
        {"prompt_tokens": "many", "completion_tokens": 3},
        {"prompt_tokens": 10**30, "completion_tokens": 3},
        {"prompt_tokens": [5], "completion_tokens": 3},
        "12 tokens",
        12,
    ],
)
def test_usage_that_cannot_be_trusted_is_no_usage(usage: object):
    response = SimpleNamespace(id="r", model="m", usage=usage)
    found = extract(response, client_class="MyClient", streamed=False)
    assert found.usage is None
    assert found.model == "m"


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": "7", "completion_tokens": 3.0},
        {"prompt_tokens": 7, "completion_tokens": None, "total_tokens": 10},
        {"completion_tokens": 3, "total_tokens": 10},
        {"prompt_tokens": 7, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": -1}},
        {"prompt_tokens": 7, "completion_tokens": 3, "prompt_tokens_details": "none"},
    ],
)
def test_usage_that_can_be_completed(usage: object):
    found = extract({"usage": usage}, client_class="MyClient", streamed=False)
    assert found.usage == Usage(input=7, output=3)


def test_reasoning_that_only_the_total_shows_is_added_to_the_output():
    usage = {
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "total_tokens": 115,
        "completion_tokens_details": {"reasoning_tokens": 100},
    }
    found = extract({"usage": usage}, client_class="OpenAIClient", streamed=False)
    assert (found.usage, found.quality) == (Usage(input=10, output=105, reasoning=100), "exact")


def test_a_total_that_the_parts_do_not_reach_makes_a_lower_bound():
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 115}
    assert extract({"usage": usage}, client_class="OpenAIClient", streamed=False).quality == "lower_bound"


class Hostile:
    @property
    def usage(self) -> object:
        raise RuntimeError("no usage today")


@pytest.mark.parametrize("response", [Hostile(), None, "error_code:None, config 0 failed", 3, [], object()])
def test_never_raises(response: object):
    assert extract(response, client_class="MyClient", streamed=False) == NOTHING


def test_an_empty_stream_has_no_names():
    response = {"id": "", "model": "", "choices": [{"finish_reason": ""}]}
    found = extract(response, client_class="OpenAIClient", streamed=True)
    assert (found.model, found.response_id, found.finish_reason) == (None, None, None)
