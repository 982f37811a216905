"""AG2 Classic (``import autogen``): what is observed, and where.

``runtime_logging`` tells of agents, messages and finished calls; the methods in ``AGENT_METHODS``, the model
clients' ``create`` and the HTTP libraries' ``send`` tell of what it misses. Everything is installed when the
first session opens and gone after the last one.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import Any

from ag2obs.adapters import context_propagation, http_attempts
from ag2obs.adapters.classic import (
    carrying_stream,
    handoffs,
    model_calls,
    replies,
    runtime_logging,
    tools,
)
from ag2obs.adapters.patches import Patches
from ag2obs.adapters.work import Work
from ag2obs.errors import AdapterUnavailable
from ag2obs.routing import Anchor
from ag2obs.session import Session

MODULE = "autogen"

AGENT_METHODS: Mapping[str, replies.Start] = MappingProxyType(
    {
        "get_human_input": replies.human_input,
        "a_get_human_input": replies.human_input,
        "execute_function": tools.tool_call,
        "a_execute_function": tools.tool_call,
        "execute_code_blocks": replies.code_execution,
        "_reflection_with_llm": replies.summary,
    }
)
"""Methods of an agent, observed on the class that defines them, also where a user's subclass overrides them;
beside them ``generate_reply`` and ``a_generate_reply``, where an agent's code executor is met, and ``receive`` and
``a_receive``."""


class ClassicAdapter:
    """Observes AG2 Classic; one instance per process, installed while sessions are open."""

    def __init__(self) -> None:
        self._patches = Patches()
        self._router: runtime_logging.RuntimeLoggingRouter | None = None

    def install(self) -> None:
        """Put everything in place.

        Raises AdapterUnavailable, with everything put back, where this ``autogen`` cannot be observed.
        """
        try:
            self._install()
        except Exception as error:  # whatever a version of AG2 lacks, nothing may stay half installed
            self.uninstall()
            raise AdapterUnavailable(_why_not(error)) from error

    def _install(self) -> None:
        from autogen.agentchat.conversable_agent import ConversableAgent
        from autogen.agentchat.groupchat import GroupChat
        from autogen.oai.client import OpenAIWrapper

        context_propagation.install(self._patches)
        self.watch_class(ConversableAgent)
        self._watch_group(GroupChat)
        http_attempts.install(self._patches)
        handoffs.install(self._patches)
        self._router = runtime_logging.install(self._patches, self.watch_class)
        create = model_calls.wrapper_create(self._patches, self._router.keep_in_place)
        self._patches.replace(OpenAIWrapper, "create", create)

    def watch_class(self, kind: type) -> None:
        """Observe an agent class: its methods, wherever in its hierarchy they are defined."""
        for name, start in AGENT_METHODS.items():
            self._patches.replace_where_defined(kind, name, replies.observed(start))
        for name in ("generate_reply", "a_generate_reply"):
            self._patches.replace_where_defined(kind, name, replies.observed(self._reply))
        for name in ("receive", "a_receive"):
            self._patches.replace_where_defined(kind, name, replies.observed(self._receive))

    def _receive(self, *_: Any, **__: Any) -> None:
        """See to it that runtime logging tells us of the message that an agent is about to receive."""
        if self._router is not None:
            self._router.keep_in_place()

    def _reply(self, agent: Any, *args: Any, **kwargs: Any) -> Work | None:
        self._watch_parts(agent)
        if self._router is not None:
            self._router.keep_in_place()
        return replies.reply(agent, *args, **kwargs)

    def _watch_parts(self, agent: Any) -> None:
        """Observe what an agent works with, which it has only once it is built: its code executor, its group chat."""
        executor = getattr(agent, "_code_executor", None)
        if executor is not None:
            observe = replies.observed(replies.executor_blocks)
            self._patches.replace_where_defined(type(executor), "execute_code_blocks", observe)
        group = getattr(agent, "_groupchat", None)
        if group is not None:
            self._watch_group(type(group))

    def _watch_group(self, kind: type) -> None:
        for name in ("select_speaker", "a_select_speaker"):
            self._patches.replace_where_defined(kind, name, replies.observed(replies.speaker_selection))

    def carrying(self, anchor: Anchor) -> AbstractContextManager[None]:
        """Carry a session beside the context variable, on what the framework itself hands to its threads."""
        return carrying_stream.carrying(anchor)

    def carried_session(self) -> Session | None:
        """Return the session that the framework carried here, or None."""
        return carrying_stream.carried_session()

    def uninstall(self) -> None:
        """Put everything back."""
        if self._router is not None:
            runtime_logging.uninstall(self._router)
            self._router = None
        self._patches.restore()


def _why_not(error: Exception) -> str:
    """Say in one sentence why ``autogen`` cannot be observed."""
    try:
        module: Any = importlib.import_module(MODULE)
    except ImportError:
        return "AG2 Classic is not installed: pip install autogen==0.14.1"
    if not hasattr(module, "__version__"):
        return (
            "the folder 'autogen' is broken (two distributions own it and one was removed): "
            "pip install --force-reinstall --no-deps autogen"
        )
    return f"autogen {module.__version__} cannot be observed ({error}); versions from ag2 0.9.10 to autogen 0.14.1 can"
