"""What is known of a Classic agent: its name, its settings, and that it was created."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ag2obs.adapters.classic.secrets_of_clients import learn_wrapper
from ag2obs.events import Event
from ag2obs.routing import CURRENT
from ag2obs.session import Session
from ag2obs.session_texts import bounded

_TOLD = ("description", "human_input_mode", "max_consecutive_auto_reply", "code_execution_config")
"""Constructor arguments worth keeping beside name, class, system message and models."""

_INTERNAL = frozenset({"speaker_selection_agent", "checking_agent"})


def is_internal(name: object) -> bool:
    """Whether this is one of the agents that AG2 builds anew for every speaker selection.

    Their calls count for the group chat; a user's own agent of that name is one like any other.
    """
    binding = CURRENT.get()
    return name in _INTERNAL and binding is not None and binding.purpose == "speaker_selection"


def name_of(source: object) -> str | None:
    """Return the name of an agent; sources that are a string (multimodal agents) are the name."""
    if isinstance(source, str):
        return source
    name = getattr(source, "name", None)
    return name if isinstance(name, str) else None


def record_created(session: Session, agent: object, arguments: Mapping[str, Any]) -> None:
    """Record ``agent.created`` the first time ``agent`` is seen in a session; later constructors add nothing."""
    if not session.first_sight(agent):
        return
    name = name_of(agent)
    if is_internal(name):
        return
    kind = type(agent)
    detail: dict[str, Any] = {"class": f"{kind.__module__}.{kind.__qualname__}"}
    detail |= {key: bounded(arguments[key]) for key in _TOLD if arguments.get(key) is not None}
    # By the time AG2 reports an agent it has emptied the dictionary that it was given.
    models = models_of(arguments.get("llm_config")) or models_of(getattr(agent, "llm_config", None))
    if models:
        detail["models"] = models
    instructions = arguments.get("system_message")
    event = Event(kind="agent.created", agent=name, detail=detail, content=bounded(instructions))
    session.record_carrying(event, instructions)


def record_first_sight(session: Session, agent: object) -> None:
    """Record an agent that was built before the session, when it is first at work in it.

    Its client's credentials are learned before anything it says or hears is written.
    """
    if isinstance(agent, str) or agent is None or session.knows(agent):
        return
    learn_wrapper(session, getattr(agent, "client", None))
    arguments = {key: getattr(agent, key, None) for key in ("description", "human_input_mode", "llm_config")}
    arguments["system_message"] = instructions = getattr(agent, "system_message", None)
    if arguments["description"] == instructions:  # as AG2 fills it in where none was given
        del arguments["description"]
    record_created(session, agent, arguments)


def models_of(llm_config: object) -> list[str]:
    """Return the models a configuration names, a dictionary or AG2's ``LLMConfig``; empty where there is none."""
    if not llm_config:
        return []
    entries = _field(llm_config, "config_list")
    candidates = [llm_config, *(entries if isinstance(entries, list | tuple) else [])]
    models = [_field(candidate, "model") for candidate in candidates]
    return list(dict.fromkeys(model for model in models if isinstance(model, str)))


def _field(holder: object, name: str) -> object:
    return holder.get(name) if isinstance(holder, Mapping) else getattr(holder, name, None)
