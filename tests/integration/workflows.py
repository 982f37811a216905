"""Every way to run AG2 Classic, as small workflows against the model server; names say which entry point.

Each is built by ``build(kind, tag, base_url)`` and returns a coroutine function or a plain function to call.
The texts steer the model server (see ``ag2obs.testing``).
"""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from autogen import AssistantAgent, ConversableAgent, GroupChat, GroupChatManager, OpenAIWrapper, UserProxyAgent
from autogen.agentchat import a_initiate_group_chat, a_run_group_chat, initiate_group_chat, run_group_chat
from autogen.agentchat.group.patterns import AutoPattern, DefaultPattern, RoundRobinPattern

from tests.integration.features import needs_clients_v2, needs_responses, needs_run_iter

Run = Callable[[], None] | Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Workflow:
    """A workflow with its agents built; ``run`` starts it."""

    run: Run

    @property
    def is_async(self) -> bool:
        """Whether ``run`` is to be awaited."""
        return asyncio.iscoroutinefunction(self.run)


def config(base_url: str, **options: Any) -> dict[str, Any]:
    """Return an ``llm_config`` for the model server."""
    entry = {"model": "gpt-4o-mini", "api_key": "not-a-real-key-123456", "base_url": base_url, **options}
    return {"config_list": [entry], "cache_seed": None}


def sync_tool(x: Annotated[int, "a number"]) -> str:
    """Double a number."""
    return f"twice {x} is {2 * x}"


async def async_tool(x: Annotated[int, "a number"]) -> str:
    """Double a number, later."""
    await asyncio.sleep(0)
    return f"twice {x} is {2 * x}, in the end"


def pair(tag: str, base_url: str, **options: Any) -> tuple[AssistantAgent, UserProxyAgent]:
    """Return an assistant and a user with a plain and an async tool."""
    assistant = AssistantAgent(f"assistant_{tag}", llm_config=config(base_url, **options), system_message=f"tag {tag}")
    user = UserProxyAgent(
        f"user_{tag}",
        human_input_mode="NEVER",
        code_execution_config=False,
        max_consecutive_auto_reply=3,
        is_termination_msg=lambda message: "TERMINATE" in (message.get("content") or ""),
    )
    for tool in (sync_tool, async_tool):
        assistant.register_for_llm(description=str(tool.__doc__))(tool)
        user.register_for_execution()(tool)
    return assistant, user


def _speakers(tag: str, base_url: str) -> list[ConversableAgent]:
    return [
        ConversableAgent(
            f"{name}_{tag}", llm_config=config(base_url), human_input_mode="NEVER", system_message=f"{name} {tag}",
            description=f"{name} speaks",
        )
        for name in ("alpha", "beta")
    ]  # fmt: skip


def _group(tag: str, base_url: str, method: str) -> tuple[UserProxyAgent, GroupChatManager]:
    user = UserProxyAgent(f"user_{tag}", human_input_mode="NEVER", code_execution_config=False)
    group = GroupChat(
        agents=[user, *_speakers(tag, base_url)], messages=[], max_round=4, speaker_selection_method=method
    )
    return user, GroupChatManager(group, llm_config=config(base_url), name=f"manager_{tag}")


def _pattern(kind: type, tag: str, base_url: str) -> Any:
    first, second = _speakers(tag, base_url)
    arguments = {} if kind is not AutoPattern else {"group_manager_args": {"llm_config": config(base_url)}}
    return kind(initial_agent=first, agents=[first, second], **arguments)


TOOL = 'CALLTOOL:sync_tool:{"x": 1}'
ASYNC_TOOL = 'CALLTOOL:async_tool:{"x": 1}'


def initiate_chat(tag: str, url: str) -> Run:
    assistant, user = pair(tag, url)
    return lambda: user.initiate_chat(assistant, message=TOOL, max_turns=3)


def initiate_chat_with_async_tool(tag: str, url: str) -> Run:
    assistant, user = pair(tag, url)
    return lambda: user.initiate_chat(assistant, message=ASYNC_TOOL, max_turns=3)


def a_initiate_chat(tag: str, url: str) -> Run:
    assistant, user = pair(tag, url)

    async def run() -> None:
        await user.a_initiate_chat(assistant, message=ASYNC_TOOL, max_turns=3)

    return run


def streaming_chat(tag: str, url: str) -> Run:
    assistant, user = pair(tag, url, stream=True, stream_options={"include_usage": True})  # ag2 0.9.10 does not ask
    return lambda: user.initiate_chat(assistant, message=TOOL, max_turns=3)


def summarised_chat(tag: str, url: str) -> Run:
    assistant, user = pair(tag, url)
    return lambda: user.initiate_chat(assistant, message="hello", max_turns=1, summary_method="reflection_with_llm")


def generate_reply(tag: str, url: str) -> Run:
    assistant, _ = pair(tag, url)
    return lambda: assistant.generate_reply(messages=[{"role": "user", "content": "hello"}])


def group_chat_auto(tag: str, url: str) -> Run:
    user, manager = _group(tag, url, "auto")
    return lambda: user.initiate_chat(manager, message="hello")


def a_group_chat_auto(tag: str, url: str) -> Run:
    user, manager = _group(tag, url, "auto")

    async def run() -> None:
        await user.a_initiate_chat(manager, message="hello")

    return run


def group_chat_round_robin(tag: str, url: str) -> Run:
    user, manager = _group(tag, url, "round_robin")
    return lambda: user.initiate_chat(manager, message="hello")


def auto_pattern(tag: str, url: str) -> Run:
    pattern = _pattern(AutoPattern, tag, url)
    return lambda: initiate_group_chat(pattern, "hello", max_rounds=4)


def round_robin_pattern(tag: str, url: str) -> Run:
    pattern = _pattern(RoundRobinPattern, tag, url)
    return lambda: initiate_group_chat(pattern, "hello", max_rounds=3)


def a_pattern(tag: str, url: str) -> Run:
    pattern = _pattern(AutoPattern, tag, url)

    async def run() -> None:
        await a_initiate_group_chat(pattern, "hello", max_rounds=4)

    return run


def run_group_chat_pattern(tag: str, url: str) -> Run:
    pattern = _pattern(DefaultPattern, tag, url)
    return lambda: run_group_chat(pattern, "hello", max_rounds=3).process()


def a_run_group_chat_pattern(tag: str, url: str) -> Run:
    pattern = _pattern(AutoPattern, tag, url)

    async def run() -> None:
        response = await a_run_group_chat(pattern, "hello", max_rounds=4)
        await response.process()

    return run


def nested_chat(tag: str, url: str) -> Run:
    assistant, user = pair(tag, url)
    inner, _ = pair(f"inner_{tag}", url)
    assistant.register_nested_chats(
        [{"recipient": inner, "message": "inner hello", "max_turns": 1, "summary_method": "last_msg"}], trigger=user
    )
    return lambda: user.initiate_chat(assistant, message="hello", max_turns=1)


def sequential_chats(tag: str, url: str) -> Run:
    assistant, user = pair(tag, url)
    other, _ = pair(f"other_{tag}", url)
    chats = [{"recipient": agent, "message": "hello", "max_turns": 1} for agent in (assistant, other)]
    return lambda: user.initiate_chats(chats)


def a_sequential_chats(tag: str, url: str) -> Run:
    assistant, user = pair(tag, url)
    other, _ = pair(f"other_{tag}", url)
    chats = [
        {"recipient": agent, "message": "hello", "max_turns": 1, "chat_id": number}
        for number, agent in enumerate((assistant, other))
    ]

    async def run() -> None:
        await user.a_initiate_chats(chats)

    return run


def run_two_agents(tag: str, url: str) -> Run:
    assistant, user = pair(tag, url)
    return lambda: user.run(assistant, message=TOOL, max_turns=3).process()


def run_one_agent(tag: str, url: str) -> Run:
    assistant, _ = pair(tag, url)
    return lambda: assistant.run(message="hello", max_turns=1, user_input=False).process()


def run_iterated(tag: str, url: str) -> Run:
    assistant, user = pair(tag, url)

    def run() -> None:
        for _ in user.run_iter(assistant, message=TOOL, max_turns=3):
            pass

    return run


def a_run_two_agents(tag: str, url: str) -> Run:
    assistant, user = pair(tag, url)

    async def run() -> None:
        response = await user.a_run(assistant, message=ASYNC_TOOL, max_turns=3)
        await response.process()

    return run


def a_run_iterated(tag: str, url: str) -> Run:
    assistant, user = pair(tag, url)

    async def run() -> None:
        async for _ in user.a_run_iter(assistant, message=TOOL, max_turns=3):
            pass

    return run


def wrapper_alone(tag: str, url: str) -> Run:
    wrapper = OpenAIWrapper(**config(url))
    return lambda: wrapper.create(messages=[{"role": "user", "content": f"hello {tag}"}])


def responses_api(tag: str, url: str) -> Run:
    assistant, user = pair(tag, url, api_type="responses")
    return lambda: user.initiate_chat(assistant, message="hello", max_turns=1)


def completions_v2(tag: str, url: str) -> Run:
    assistant, user = pair(tag, url, api_type="openai_v2")
    return lambda: user.initiate_chat(assistant, message="hello", max_turns=1)


NEEDS: dict[Callable[[str, str], Run], pytest.MarkDecorator] = {
    run_iterated: needs_run_iter,
    a_run_iterated: needs_run_iter,
    responses_api: needs_responses,
    completions_v2: needs_clients_v2,
}
"""Entry points that older versions of AG2 lack, each with the mark that skips it there."""

_ALL: list[Callable[[str, str], Run]] = [
    initiate_chat,
    initiate_chat_with_async_tool,
    a_initiate_chat,
    streaming_chat,
    summarised_chat,
    generate_reply,
    group_chat_auto,
    a_group_chat_auto,
    group_chat_round_robin,
    auto_pattern,
    round_robin_pattern,
    a_pattern,
    run_group_chat_pattern,
    a_run_group_chat_pattern,
    nested_chat,
    sequential_chats,
    a_sequential_chats,
    run_two_agents,
    run_one_agent,
    run_iterated,
    a_run_two_agents,
    a_run_iterated,
    wrapper_alone,
    responses_api,
    completions_v2,
]

ENTRY_POINTS = [kind for kind in _ALL if kind not in NEEDS or not NEEDS[kind].args[0]]
"""The entry points that this version of AG2 has."""


@contextlib.contextmanager
def quiet() -> Any:
    """Keep what AG2 prints off the terminal."""
    with contextlib.redirect_stdout(io.StringIO()):
        yield
