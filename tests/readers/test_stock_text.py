import gzip
import json
from decimal import Decimal

import pytest

from ag2obs.errors import LogFormatError
from ag2obs.readers import is_log, open_log
from ag2obs.readers.stock_text import StockTextReader
from ag2obs.readers.summaries import summarize_runtime_file
from tests.readers.stock_lines import (
    LEFT_OUT,
    agent,
    answer,
    client,
    completion,
    event,
    function_use,
    marker,
    tool_call,
    wrapper,
)


def write(*lines, path="stock.log"):
    with open(path, "wb") as file:
        file.write(b"".join(line + b"\n" for line in lines))
    return path


def events(*lines, kind=None):
    """Return the events of a log; with and without content they are the same ones."""
    log = open_log(write(*lines))
    assert isinstance(log, StockTextReader)
    found, accounting = list(log.iter_events()), list(log.iter_accounting())
    assert [(each.kind, each.seq, each.session, each.ts) for each in found] == [
        (each.kind, each.seq, each.session, each.ts) for each in accounting
    ]
    assert not any(hasattr(each, "content") for each in accounting)
    return [each for each in found if kind in (None, each.kind)]


def one_call(*lines):
    (call,) = events(*lines, kind="llm.call")
    return call


START = [marker("s1"), wrapper(), client(), agent(), agent(agent_type="AssistantAgent")]


def test_a_whole_session():
    replies = [event("reply_func_executed", state={"final": final, "reply_func_name": "f"}) for final in (False, True)]
    found = events(*START, event(), completion(), *replies)
    assert [each.kind for each in found] == [
        "session.start", "agent.created", "message", "agent.message", "message", "llm.call", "agent.reply",
        "session.end",
    ]  # fmt: skip
    assert {each.session for each in found} == {"s1"}
    assert [each.seq for each in found] == list(range(1, 9))
    start, created, question, delivery, reply, call, _, end = found
    assert (start.ts, end.ts, end.status) == ("2024-09-28T19:00:00.000000Z", "2024-09-28T19:00:05.500000Z", None)
    assert (created.agent, created.content) == ("assistant", "Be brief.")
    assert (question.role, question.name, question.content) == ("user", "user", "Hello")
    assert (delivery.agent, delivery.sender, delivery.message) == ("assistant", "user", question.id)
    assert (reply.role, reply.name, reply.content) == ("assistant", "assistant", "Hi!")
    assert (call.agent, call.provider, call.request_model, call.model) == (
        "assistant", "openai", "gpt-4o-mini", "gpt-4o-mini-2024-07-18",
    )  # fmt: skip
    assert (call.usage.input, call.usage.output, call.ms, call.input, call.output) == (
        1000, 100, 1500.0, [question.id], [reply.id],
    )  # fmt: skip
    assert (call.status, call.finish_reason, call.response_id) == ("ok", "stop", "chatcmpl-1")
    assert (call.cost_usd, call.cost_ag2, call.cost_quality) == (Decimal("0.00021"), 0.0004437, "exact")


def test_the_price_is_that_of_the_day_of_the_call():
    early = one_call(marker("s1"), completion(answer(model="gpt-4o-2024-05-13"), request={"model": "gpt-4o"}))
    assert early.cost_usd == Decimal("0.0065")  # $5 and $15 for a million tokens


def test_a_cache_hit_costs_nothing_and_says_what_it_saved():
    call = one_call(*START, completion(is_cached=1))
    assert (call.cached, call.attempts, call.cost_usd, call.cost_source, call.saved_usd) == (
        True, 0, 0, "ag2_cache", Decimal("0.00021"),
    )  # fmt: skip
    summary = summarize_runtime_file("stock.log")
    assert (summary.llm_calls, summary.cached_calls, summary.tokens.total) == (1, 1, 0)


def test_a_price_that_nobody_knows_stays_unknown_whatever_ag2_says():
    call = one_call(*START, completion(answer(model="our-model"), cost=0, request={"model": "our-model"}))
    assert (call.cost_usd, call.cost_reason, call.cost_ag2) == (None, "unknown_model", None)


def test_the_price_of_the_configuration_comes_first():
    state = {"config_list": [{"model": "gpt-4o-mini", "price": [0.001, 0.002]}]}
    call = one_call(marker("s1"), wrapper(json_state=state), completion())
    assert (call.cost_usd, call.cost_source) == (Decimal("0.0012"), "config_price")


@pytest.mark.parametrize(("code", "told"), [("rate_limit_exceeded", "rate_limit_exceeded"), ("None", None)])
def test_an_error_string_is_a_failed_call(code, told):
    call = one_call(*START, completion(f"error_code:{code}, config 0 failed", cost=0))
    assert (call.status, call.error.code, call.cost_reason, call.usage) == ("error", told, "failed", None)
    summary = summarize_runtime_file("stock.log")
    assert (summary.failed_calls, summary.errors, summary.cost_complete) == (1, 1, True)


def test_a_custom_client_without_usage_is_estimated():
    response = "namespace(choices=[namespace(message=namespace(content='Hi there', function_call=None))], model='m')"
    known = client(model_client_class="Mine", **{"class": LEFT_OUT})
    call = one_call(marker("s1"), wrapper(), known, completion(response, cost=0))
    assert (call.model, call.provider, call.tokens_source, call.cost_usd) == ("m", "openai", "estimate", None)
    assert call.usage.output > 0


@pytest.mark.parametrize(
    ("fields", "provider"),
    [
        ({"class": "OllamaClient"}, "ollama"),
        ({"class": "AzureOpenAI"}, "azure"),
        ({"json_state": json.dumps({"base_url": "https://api.groq.com/v1"})}, "groq"),
    ],
)
def test_the_provider_is_that_of_the_client(fields, provider):
    assert one_call(marker("s1"), client(**fields), completion()).provider == provider


def test_objects_that_are_written_as_json_texts_are_read_alike():
    state = json.dumps({"config_list": [{"model": "gpt-4o-mini", "api_type": "azure"}]})
    assert one_call(marker("s1"), wrapper(json_state=state), completion()).provider == "azure"


def test_without_a_source_the_agent_of_the_wrapper_made_the_call():
    assert one_call(*START, completion(source_name=LEFT_OUT)).agent == "assistant"


def test_sessions_follow_each_other_in_the_order_of_their_markers_and_may_use_the_same_ids():
    second = [marker("s2"), agent("other", "s2"), completion(source_name=LEFT_OUT)]
    calls = events(*START, completion(source_name=LEFT_OUT), *second, marker("s3"), completion(), kind="llm.call")
    assert [(call.session, call.agent) for call in calls] == [
        ("s1", "assistant"), ("s2", "other"), ("s3", "assistant"),
    ]  # fmt: skip
    summary = summarize_runtime_file("stock.log")
    assert [session.totals.llm_calls for session in summary.sessions] == [1, 1, 1]


def test_agents_of_an_earlier_session_work_for_the_one_that_began_last():
    found = events(*START, marker("s2"), agent("new", "s2", 101, id=302), completion(), kind="llm.call")
    assert [call.session for call in found] == ["s2"]


def test_two_processes_that_write_one_file_are_kept_apart():
    other = [marker("s2"), agent("other", "s2", 900, id=901, thread_id=8), completion(wrapper_id=900, thread_id=8)]
    found = events(*START, *other, completion(), event(), kind=None)
    assert [each.session for each in found if each.kind in ("llm.call", "agent.message")] == ["s2", "s1", "s1"]


def test_a_session_without_a_call_is_a_session():
    summary = summarize_runtime_file(write(*START, marker("s2"), marker("s3"), agent("a", "s3")))
    assert [(session.session_id, session.started) for session in summary.sessions] == [
        ("s2", None), ("s1", "2024-09-28T19:00:00.000000Z"), ("s3", "2024-09-28T19:00:02.000000Z"),
    ]  # fmt: skip


def test_lines_without_any_session_are_one_named_after_the_file():
    (call,) = events(completion(), kind="llm.call")
    assert call.session.startswith("stock.log-")


def test_a_function_use_finds_the_tool_that_the_model_asked_for():
    calls = [tool_call("c1", "timer", '{"x": 1}'), tool_call("c2", "watch", '{"x":1}')]
    asked = answer(tool_calls=f"[{', '.join(calls)}]")
    found = events(*START, completion(asked), function_use(), function_use(), function_use(), kind="tool.call")
    assert [(call.tool, call.call_id, call.success, call.agent) for call in found] == [
        ("timer", "c1", True, "user"), ("watch", "c2", True, "user"), (None, None, True, "user"),
    ]  # fmt: skip
    assert (found[0].arguments, found[0].result) == ({"x": 1}, "done")


def test_code_points_are_milestones():
    point = event(code_point="_last_msg_as_summary", info='{"summary": "ok"}', event_name=LEFT_OUT, json_state=LEFT_OUT)
    (milestone,) = events(*START, point, kind="milestone")
    assert (milestone.name, milestone.detail) == ("_last_msg_as_summary", {"summary": "ok"})


def test_what_ag2_could_not_log_is_a_drop():
    lost = b"[file_logger] Failed to log event Object of type OpenAIWrapper is not JSON serializable"
    found = events(marker("s1"), lost, lost, agent(), lost)
    assert [(each.kind, each.count) for each in found if each.kind == "drop"] == [("drop", 2), ("drop", 1)]
    assert found[0].ts == "2024-09-28T19:00:02.000000Z"
    assert summarize_runtime_file("stock.log").dropped == 3


def test_comment_lines_describe_the_session_they_stand_in():
    told = {"event_type": "session_start", "session_info": {"chat_id": "chat_1", "workflow_name": "support"}}
    comment = b"# ANY SESSION START: " + json.dumps(told).encode()
    end = b'# ANY SESSION END: {"event_type": "session_end", "status": "ok"}'
    found = events(marker("s1"), comment, b"# nothing", client(), completion(), end)
    (session,) = summarize_runtime_file("stock.log").sessions
    assert (session.session_id, session.chat_id, session.workflow, session.status) == ("s1", "chat_1", "support", "ok")
    assert found[0].session_info["workflow_name"] == "support"
    calls = events(comment, completion(), comment, completion(), kind="llm.call")
    assert len({call.session for call in calls}) == 2


def test_other_lines_are_counted_and_lose_nothing():
    cut = completion()[:-20]
    path = write(*START, b"Traceback (most recent call last):", b'{"any": "object"}', b"", cut, completion())
    summary = summarize_runtime_file(path)
    assert (summary.bad_lines, summary.llm_calls) == (3, 1)


def test_numbers_that_json_does_not_have_and_half_surrogates_are_read():
    line = completion(request={"model": "gpt-4o-mini", "temperature": float("nan"), "prompt": "\ud83d"})
    assert one_call(marker("s1"), line).usage.input == 1000


VALUES = [None, 7, -1.5, "", "x", [], [1], {}, {"a": {}}, True, [{"choices": 1}], {"choices": [1], "usage": 2}]


@pytest.mark.parametrize("make", [wrapper, client, agent, event, completion, function_use])
def test_no_field_of_any_type_stops_a_reader(make):
    lines = [make(**{field: value}) for field in json.loads(make()) for value in VALUES]
    summary = summarize_runtime_file(write(*START, *lines))
    assert (summary.llm_calls, summary.bad_lines) == (len(lines) if make is completion else 0, 0)


def test_secrets_never_leave_the_reader():
    key = "sk-" + "proj-" + "a1B2c3D4e5F6g7H8" * 3
    own = "quite-" + "private-" + "9f8e7d6c5b"
    state = {"api_key": own}
    message = {"message": f"use {key} and {own}", "sender": "user"}
    lines = [marker("s1"), client(json_state=state), event(state=message), completion(answer(f"it is {own}, {key}")),
             completion(f"error_code:None, {key}")]  # fmt: skip
    path = write(*lines)
    for read in (open_log(path).iter_events, open_log(path).iter_accounting):
        shown = "".join(map(repr, read()))
        assert key not in shown
        assert own not in shown


def test_a_compressed_log_and_one_that_is_cut_short():
    whole = b"\n".join([*START, *[completion()] * 2000])
    with open("stock.log.gz", "wb") as file:
        file.write(gzip.compress(whole))
    assert summarize_runtime_file("stock.log.gz").llm_calls == 2000
    with open("stock.log.gz", "r+b") as file:
        file.truncate(len(gzip.compress(whole)) * 2 // 3)
    summary = summarize_runtime_file("stock.log.gz")
    assert summary.bad_lines == 1
    assert 100 < summary.llm_calls < 2000


@pytest.mark.parametrize("first", [wrapper(), client(), agent(), event(), completion(), function_use(), marker("s1")])
def test_the_format_is_told_by_any_of_its_lines(first):
    assert is_log(open_log(write(b"something else", first)).path)


def test_a_file_that_only_looks_like_one_is_refused():
    with pytest.raises(LogFormatError, match="none of its lines is a record of AG2"):
        list(open_log(write(b'{"source_id": "x"}')).iter_accounting())
