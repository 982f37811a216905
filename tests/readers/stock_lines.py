"""Lines as AG2's file logger writes them, from AutoGen 0.2 to AG2 0.14; every field can be changed or left out."""

import json

LEFT_OUT = object()


def line(defaults, changes):
    fields = {name: value for name, value in {**defaults, **changes}.items() if value is not LEFT_OUT}
    return json.dumps(fields).encode()


def marker(session):
    return f"Started new session with Session ID: {session}".encode()


def wrapper(session="s1", wrapper_id=100, **changes):
    state = {"self": {}, "config_list": [{"model": "gpt-4o-mini", "api_key": "", "tags": [None]}], "base_config": {}}
    defaults = {"wrapper_id": wrapper_id, "session_id": session, "json_state": state}
    return line({**defaults, "timestamp": "2024-09-28 19:00:00.000000", "thread_id": 7}, changes)


def client(session="s1", wrapper_id=100, **changes):
    defaults = {"client_id": 200, "wrapper_id": wrapper_id, "session_id": session, "class": "OpenAI"}
    rest = {"json_state": {"api_key": ""}, "timestamp": "2024-09-28 19:00:01.000000", "thread_id": 7}
    return line({**defaults, **rest}, changes)


def agent(name="assistant", session="s1", wrapper_id=100, **changes):
    defaults = {"id": 300, "agent_name": name, "wrapper_id": wrapper_id, "session_id": session}
    rest = {"current_time": "2024-09-28 19:00:02.000000", "agent_type": "AssistantAgent"}
    return line({**defaults, **rest, "args": {"system_message": "Be brief."}, "thread_id": 7}, changes)


def event(name="received_message", source="assistant", state=None, **changes):
    state = {"message": "Hello", "sender": "user", "valid": True} if state is None else state
    defaults = {"source_id": 300, "source_name": source, "event_name": name, "json_state": json.dumps(state)}
    return line({**defaults, "timestamp": "2024-09-28 19:00:03.000000", "thread_id": 7}, changes)


def function_use(arguments='{"x": 1}', returns='"done"', **changes):
    defaults = {"source_id": 301, "source_name": "user", "agent_class": "UserProxyAgent"}
    rest = {"timestamp": "2024-09-28 19:00:06.000000", "thread_id": 7, "input_args": arguments, "returns": returns}
    return line({**defaults, **rest}, changes)


def answer(text="Hi!", prompt=1000, completion=100, tool_calls="None", model="gpt-4o-mini-2024-07-18"):
    """Return the ``str()`` of a ChatCompletion, as pydantic writes it."""
    return (
        f"ChatCompletion(id='chatcmpl-1', choices=[Choice(finish_reason='stop', index=0, logprobs=None, "
        f"message=ChatCompletionMessage(content={text!r}, refusal=None, role='assistant', function_call=None, "
        f"tool_calls={tool_calls}))], created=1727550401, model='{model}', object='chat.completion', "
        f"service_tier=None, system_fingerprint='fp_1', usage=CompletionUsage(completion_tokens={completion}, "
        f"prompt_tokens={prompt}, total_tokens={prompt + completion}, "
        f"completion_tokens_details={{'reasoning_tokens': 0}}), cost=0.0004437, message_retrieval_function="
        f"<bound method OpenAIClient.message_retrieval of <autogen.oai.client.OpenAIClient object at 0x7f3d>>)"
    )


def tool_call(call_id, tool, arguments):
    function = f"Function(arguments={arguments!r}, name={tool!r})"
    return f"ChatCompletionMessageToolCall(id={call_id!r}, function={function}, type='function')"


def completion(response=None, **changes):
    request = {"messages": [{"role": "user", "content": "Hello", "name": "user"}], "model": "gpt-4o-mini"}
    defaults = {"invocation_id": "i1", "client_id": 201, "wrapper_id": 100, "request": request}
    rest = {"response": answer() if response is None else response, "is_cached": 0, "cost": 0.0004437}
    times = {"start_time": "2024-09-28 19:00:04.000000", "end_time": "2024-09-28 19:00:05.500000", "thread_id": 7}
    return line({**defaults, **rest, **times, "source_name": "assistant"}, changes)
