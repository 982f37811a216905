import asyncio
import http.client
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import openai
import pytest

from ag2obs.testing import ModelServer, Reply, Tokens, ToolCall

QUESTION = [{"role": "user", "content": "How are you today?"}]
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}


@pytest.fixture
def server():
    with ModelServer() as running:
        yield running


@pytest.fixture
def client(server):
    with openai.OpenAI(base_url=server.base_url, api_key="unused", max_retries=0) as client:
        yield client


def ask(client, text="How are you today?", **options):
    options = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}], **options}
    return client.chat.completions.create(**options)


def said(client, text="How are you today?", **options):
    return ask(client, text, **options).choices[0].message.content


def test_a_chat_completion_counts_words_as_tokens(server, client):
    server.script(["I am well"])
    response = ask(client)
    assert response.choices[0].message.content == "I am well"
    assert response.choices[0].finish_reason == "stop"
    assert (response.usage.prompt_tokens, response.usage.completion_tokens, response.usage.total_tokens) == (
        4,
        3,
        7,
    )
    assert response.model == "gpt-4o-mini"


def test_usage_can_be_told_by_server_and_reply(client, server):
    server.script([Reply("x", usage=Tokens(prompt=1000, cached=600)), Reply("y", usage=None)])
    usage = ask(client).usage
    assert (usage.prompt_tokens, usage.prompt_tokens_details.cached_tokens) == (1000, 600)
    assert ask(client).usage is None
    with (
        ModelServer(["a b"], tokens=Tokens(cached=2, reasoning=5)) as other,
        openai.OpenAI(base_url=other.base_url, api_key="unused") as other_client,
    ):
        usage = ask(other_client).usage
    assert (usage.completion_tokens, usage.completion_tokens_details.reasoning_tokens) == (7, 5)
    assert usage.prompt_tokens_details.cached_tokens == 2


def test_usage_of_any_shape_is_sent_as_it_is(client, server):
    server.script([Reply("x", usage={"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 9, "cost": 1.5})])
    assert ask(client).usage.model_dump()["cost"] == 1.5
    assert server.totals().prompt_tokens == 5


def test_a_script_is_followed_in_order_then_steering_decides(client, server):
    server.script(["one", Reply("two", model="gpt-4o-2024-08-06", finish_reason="length")])
    assert said(client) == "one"
    response = ask(client)
    assert (response.model, response.choices[0].finish_reason) == ("gpt-4o-2024-08-06", "length")
    assert said(client) == "reply 3"


def test_a_script_may_be_a_function_of_the_request(client, server):
    server.script(lambda request: f"{request.model}: {request.last_text}" if "?" in request.last_text else None)
    assert said(client, "why?") == "gpt-4o-mini: why?"
    assert said(client, "SAY:because") == "because"


def test_a_script_that_fails_tells_the_client(client, server):
    def broken(request):
        raise LookupError("no such reply")

    server.script(broken)
    with pytest.raises(openai.BadRequestError, match="LookupError: no such reply"):
        ask(client)


def test_n_choices_count_n_times(client, server):
    server.script(["a b"])
    response = ask(client, n=3)
    assert [choice.message.content for choice in response.choices] == ["a b"] * 3
    assert [choice.index for choice in response.choices] == [0, 1, 2]
    assert response.usage.completion_tokens == 6


@pytest.mark.parametrize("wanted", [True, False])
def test_a_stream_tells_usage_only_when_asked(client, server, wanted):
    server.script(["I am  well"])
    options = {"stream_options": {"include_usage": True}} if wanted else {}
    chunks = list(ask(client, stream=True, **options))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == "I am  well"
    assert [chunk.usage.total_tokens for chunk in chunks if chunk.usage] == ([7] if wanted else [])
    assert sum(bool(choice.finish_reason) for chunk in chunks for choice in chunk.choices) == 1
    assert server.totals().calls == 1
    assert server.totals().prompt_tokens == (4 if wanted else 0)


def test_tool_calls_whole_and_streamed_are_the_same(client, server):
    calls = [ToolCall("weather", '{"city": "Rome"}'), ToolCall("weather", '{"city": "Paris"}', id="mine")]
    server.script([Reply(tool_calls=calls)] * 2)
    message = ask(client, tools=[WEATHER]).choices[0]
    assert message.finish_reason == "tool_calls"
    assert message.message.content is None
    assert [call.function.arguments for call in message.message.tool_calls] == [call.arguments for call in calls]
    assert message.message.tool_calls[1].id == "mine"
    streamed = {}
    for chunk in ask(client, tools=[WEATHER], stream=True):
        for call in chunk.choices[0].delta.tool_calls or []:
            name, arguments = streamed.get(call.index, ("", ""))
            streamed[call.index] = (call.function.name or name, arguments + (call.function.arguments or ""))
    assert streamed == {index: (call.name, call.arguments) for index, call in enumerate(calls)}


def test_steering_calls_a_tool_once_then_answers(client, server):
    text = 'please CALLTOOL:weather:{"city": {"name": "Rome"}} and CALLTOOL:weather:{} SAY:sunny'
    message = ask(client, text, tools=[WEATHER]).choices[0].message
    assert [call.function.arguments for call in message.tool_calls] == ['{"city": {"name": "Rome"}}', "{}"]
    results = [{"role": "tool", "tool_call_id": call.id, "content": "22 C"} for call in message.tool_calls]
    history = [{"role": "user", "content": text}, message.model_dump(exclude_none=True), *results]
    answer = ask(client, messages=history).choices[0].message
    assert answer.tool_calls is None
    assert answer.content == "reply 2"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("SAY:hello there", "hello there"),
        ("first\nSAY:one line\nmore", "one line"),
        ("now stop. TERMINATE", "TERMINATE"),
        ("please DROP TABLE users and EASY:x", "reply 1"),
        ("CALLTOOL:weather:{not json", "reply 1"),
    ],
)
def test_steering_of_text(client, text, answer):
    assert said(client, text) == answer


def test_content_may_be_parts(client):
    parts = [{"type": "text", "text": "SAY:parts"}, {"type": "image_url", "image_url": {"url": "data:,"}}]
    assert said(client, messages=[{"role": "user", "content": parts}]) == "parts"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, openai.BadRequestError),
        (401, openai.AuthenticationError),
        (404, openai.NotFoundError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
    ],
)
def test_steering_of_failures(client, server, status, error):
    with pytest.raises(error) as caught:
        ask(client, f"FAIL:{status}")
    assert caught.value.status_code == status
    assert server.totals().calls == 0


def test_a_failure_tells_the_code_it_is_given(client, server):
    server.script([Reply("filtered", status=400, code="content_filter")])
    with pytest.raises(openai.BadRequestError, match="filtered") as caught:
        ask(client)
    assert caught.value.code == "content_filter"


def test_failing_twice_then_succeeding_is_seen_by_the_retries_of_the_client(client, server):
    assert said(client.with_options(max_retries=2), "FAIL:500:2 SAY:at last") == "at last"
    assert [request.headers["x-stainless-retry-count"] for request in server.requests] == ["0", "1", "2"]
    totals = server.totals()
    assert (totals.requests, totals.calls) == (3, 1)
    with pytest.raises(openai.InternalServerError):
        ask(client, "FAIL:500:2 SAY:at last")


def test_retry_after_is_sent(client, server):
    server.script([Reply(status=429, retry_after=0.01), "well"])
    assert said(client.with_options(max_retries=1)) == "well"
    server.script([Reply(status=429, retry_after=3)])
    with pytest.raises(openai.RateLimitError) as caught:
        ask(client)
    assert caught.value.response.headers["retry-after"] == "3"
    assert "retry-after-ms" not in caught.value.response.headers


def test_a_timeout_is_a_timeout_for_the_client_and_no_call(client, server):
    with pytest.raises(openai.APITimeoutError):
        ask(client.with_options(timeout=0.05), "TIMEOUT:1000")
    assert said(client, "TIMEOUT:0.01 SAY:late") == "late"
    assert server.totals().calls == 1


def test_a_dropped_connection(client, server):
    with pytest.raises(openai.APIConnectionError):
        ask(client, "DROP")
    assert said(client, "SAY:again") == "again"


def test_a_dropped_stream(client, server):
    server.script([Reply("one two three four", drop_after=3)])
    heard = []
    with pytest.raises(openai.APIConnectionError):
        heard.extend(chunk.choices[0].delta.content for chunk in ask(client, stream=True))
    assert heard == ["", "one ", "two "]
    assert server.totals().calls == 0


def test_wrong_json(client, server):
    with pytest.raises((json.JSONDecodeError, openai.OpenAIError)):
        ask(client, "BADJSON")
    server.script([Reply(body=b"<html>", headers={"content-type": "text/html", "x-mine": "1"})])
    assert client.chat.completions.with_raw_response.create(model="m", messages=QUESTION).headers["x-mine"] == "1"
    assert server.totals().calls == 0


def test_a_response(client, server):
    server.script([Reply("I am well", usage=Tokens(cached=1, reasoning=2))])
    response = client.responses.create(model="gpt-4o", input="How are you today?")
    assert response.output_text == "I am well"
    assert (response.usage.input_tokens, response.usage.output_tokens) == (4, 5)
    assert response.usage.input_tokens_details.cached_tokens == 1
    assert response.usage.output_tokens_details.reasoning_tokens == 2
    assert server.totals().models["gpt-4o"].reasoning_tokens == 2


def test_a_streamed_response_ends_with_the_whole_of_it(client, server):
    server.script([Reply("I am well", tool_calls=[ToolCall("weather", '{"city": "Rome"}')])])
    events = list(client.responses.create(model="gpt-4o", input="SAY:x", stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == "I am well"
    done = [event for event in events if event.type == "response.function_call_arguments.done"]
    assert done[0].arguments == '{"city": "Rome"}'
    final = events[-1].response
    assert final.output_text == "I am well"
    assert final.output[1].call_id
    assert final.usage.input_tokens == 1


def test_steering_of_a_response_answers_after_a_tool_result(client):
    call = client.responses.create(model="gpt-4o", input='CALLTOOL:weather:{"a": 1}').output[0]
    assert (call.type, call.name, call.arguments) == ("function_call", "weather", '{"a": 1}')
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "SAY:22 C"}
    assert client.responses.create(model="gpt-4o", input=[result]).output_text == "22 C"


def test_the_streaming_helpers_of_the_client_accept_the_streams(client, server):
    server.script(["I am well"] * 2)
    with client.chat.completions.stream(model="gpt-4o", messages=QUESTION) as stream:
        assert stream.get_final_completion().choices[0].message.content == "I am well"
    with client.responses.stream(model="gpt-4o", input="hi") as stream:
        assert stream.get_final_response().output_text == "I am well"


def test_embeddings_depend_on_the_text(client, server):
    one, other = client.embeddings.create(model="text-embedding-3-small", input=["a", "b"]).data
    plain = client.embeddings.create(model="text-embedding-3-small", input="a", encoding_format="float").data[0]
    assert one.embedding == pytest.approx(plain.embedding)
    assert one.embedding != other.embedding


def test_models_and_unknown_paths(client, server):
    assert "gpt-4o-mini" in [model.id for model in client.models.list()]
    with pytest.raises(openai.NotFoundError):
        client.files.list()


def test_azure_paths_work(server):
    endpoint = server.base_url_for("azure").removesuffix("/v1")
    options = {"azure_endpoint": endpoint, "api_key": "unused", "api_version": "2024-06-01"}
    with openai.AzureOpenAI(**options) as client:
        assert said(client, "SAY:azure") == "azure"
    assert server.totals("azure").calls == 1


def test_requests_and_totals_are_kept_by_tag(server, client):
    for tag, model in (("a b/c", "gpt-4o-mini"), ("a b/c", "gpt-4o-mini"), ("other", "gpt-4o")):
        ask(client.with_options(base_url=server.base_url_for(tag)), model=model)
    assert [request.tag for request in server.requests] == ["a b/c", "a b/c", "other"]
    assert server.requests[0].path == "/v1/chat/completions"
    assert server.requests[0].headers["authorization"] == "Bearer unused"
    assert server.totals("a b/c").calls == 2
    assert server.totals("nobody").requests == 0
    everything = server.totals()
    assert (everything.requests, everything.prompt_tokens) == (3, 12)
    assert {name: totals.calls for name, totals in everything.models.items()} == {
        "gpt-4o-mini": 2,
        "gpt-4o": 1,
    }


def test_connections_are_kept_alive(server):
    connection = http.client.HTTPConnection("127.0.0.1", int(server.base_url.split(":")[2].split("/")[0]))
    for body in ({"messages": QUESTION}, {"messages": QUESTION, "stream": True}, {"messages": QUESTION}):
        connection.request("POST", "/v1/chat/completions", json.dumps(body))
        used = connection.sock
        response = connection.getresponse()
        assert response.status == 200
        response.read()
        assert connection.sock is used
    connection.close()


@pytest.mark.parametrize("body", ["{", "[]"])
def test_a_body_that_is_no_object_is_refused(server, body):
    connection = http.client.HTTPConnection("127.0.0.1", int(server.base_url.split(":")[2].split("/")[0]))
    connection.request("POST", "/v1/chat/completions", body)
    assert connection.getresponse().status == 400
    connection.close()


def test_64_chats_at_once(server, client):
    def chat(number):
        own = client.with_options(base_url=server.base_url_for(f"chat{number}"))
        return [said(own, f"SAY:{number}-{turn}") for turn in range(2)]

    with ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(chat, range(64)))
    assert answers == [[f"{number}-{turn}" for turn in range(2)] for number in range(64)]
    assert {server.totals(f"chat{number}").calls for number in range(64)} == {2}


def test_asynchronous_clients(server):
    async def chats():
        async with openai.AsyncOpenAI(base_url=server.base_url, api_key="unused") as client:
            return await asyncio.gather(*(ask(client, f"SAY:{number}") for number in range(20)))

    assert [response.choices[0].message.content for response in asyncio.run(chats())] == [str(n) for n in range(20)]


def test_it_stops_with_waiting_and_idle_connections_and_leaves_no_thread():
    before = set(threading.enumerate())
    with ModelServer() as server:
        port = int(server.base_url.split(":")[2].split("/")[0])
        idle = socket.create_connection(("127.0.0.1", port))
        waiting = http.client.HTTPConnection("127.0.0.1", port)
        body = json.dumps({"messages": [{"role": "user", "content": "TIMEOUT:1000"}]})
        waiting.request("POST", "/v1/chat/completions", body)
        while not server.requests:
            time.sleep(0.001)
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        waiting.getresponse()
    waiting.close()
    idle.close()
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
        assert not thread.is_alive()


def test_an_address_is_known_only_while_it_runs():
    with pytest.raises(RuntimeError, match="with block"):
        _ = ModelServer().base_url
