"""What is known of an agent of AG2 v1: that it was met, its prompt, model and tools; its credentials are learned."""

from __future__ import annotations

from typing import Any

from ag2obs.events import Event
from ag2obs.session import Session
from ag2obs.session_texts import bounded


def record_first_sight(session: Session, agent: Any) -> None:
    """Record ``agent.created`` when an agent is first at work in a session.

    The credentials of its configuration are learned before anything that it says or hears is written.
    """
    if agent is None or session.knows(agent):
        return
    learn_configuration(session, configuration_of(agent))
    if not session.first_sight(agent):
        return
    kind = type(agent)
    detail: dict[str, Any] = {"class": f"{kind.__module__}.{kind.__qualname__}"}
    if model := model_of(configuration_of(agent)):
        detail["models"] = [model]
    if tools := [name for tool in getattr(agent, "tools", ()) if (name := getattr(tool, "name", None))]:
        detail["tools"] = bounded(tools)
    prompt = "\n".join(text for text in getattr(agent, "_system_prompt", ()) if isinstance(text, str)) or None
    name = getattr(agent, "name", None)
    event = Event(kind="agent.created", agent=name if isinstance(name, str) else None, detail=detail)
    event.content = bounded(prompt)
    session.record_carrying(event, prompt)


def learn_configuration(session: Session, configuration: Any) -> None:
    """Make the credentials of a model configuration known."""
    if configuration is not None:
        session.learn(configuration)


def configuration_of(agent: Any) -> Any:
    """Return the model configuration of an agent, plain or live, or None."""
    return getattr(agent, "config", None) or getattr(agent, "_config", None)


def model_of(configuration: Any) -> str | None:
    """Return the model that a configuration names, or None."""
    model = attribute_of(configuration, "model")
    return model if isinstance(model, str) else None


def attribute_of(configuration: Any, name: str) -> Any:
    """Return an attribute of a configuration, None where it has none or its property raises."""
    try:
        return getattr(configuration, name, None)
    except Exception:  # noqa: BLE001  # AG2's own protocol for configurations raises NotImplementedError
        return None
