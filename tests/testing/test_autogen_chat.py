import autogen
import pytest

from ag2obs.testing import ModelServer


@pytest.fixture
def server():
    with ModelServer() as running:
        yield running


def config(server, tag="chat", **more):
    entry = {
        "model": "gpt-4o-mini",
        "api_key": "unused",
        "base_url": server.base_url_for(tag),
        "max_retries": 0,
        **more,
    }
    return {"config_list": [entry], "cache_seed": None}


def test_a_chat_with_a_tool(server):
    assistant = autogen.AssistantAgent("assistant", llm_config=config(server))
    user = autogen.UserProxyAgent("user", human_input_mode="NEVER", code_execution_config=False)
    asked = []

    @user.register_for_execution()
    @assistant.register_for_llm(description="weather of a city")
    def weather(city: str) -> str:
        asked.append(city)
        return "sunny TERMINATE"

    result = user.initiate_chat(assistant, message='CALLTOOL:weather:{"city": "Rome"}', max_turns=3)
    assert asked == ["Rome"]
    assert result.chat_history[-1]["content"] == "TERMINATE"
    assert server.totals("chat").calls == 2


@pytest.mark.parametrize("stream", [False, True])
def test_costs_follow_the_reported_usage(server, stream):
    assistant = autogen.AssistantAgent("assistant", system_message="s", llm_config=config(server, stream=stream))
    user = autogen.UserProxyAgent("user", human_input_mode="NEVER", code_execution_config=False)
    user.initiate_chat(assistant, message="SAY:one two", max_turns=1)
    usage = assistant.client.total_usage_summary["gpt-4o-mini"]
    totals = server.totals("chat")
    assert (
        (usage["prompt_tokens"], usage["completion_tokens"])
        == (totals.prompt_tokens, totals.completion_tokens)
        == (3, 2)
    )


def test_a_group_chat_follows_the_named_speaker(server):
    agents = [
        autogen.ConversableAgent(name, llm_config=config(server, name), human_input_mode="NEVER")
        for name in ("ann", "bob", "cid")
    ]
    group = autogen.GroupChat(agents, messages=[], max_round=3)
    manager = autogen.GroupChatManager(group, llm_config=config(server, "manager"))
    agents[0].initiate_chat(manager, message="NEXT:cid")
    assert [message["name"] for message in group.messages] == ["ann", "cid", "ann"]
    assert server.totals("manager").calls == 2
    assert server.totals("bob").calls == 0
