"""What agents learned: training steps, rewards, exploration and policy updates."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from ag2obs.analysis.agents.activity import MOST_AGENTS, count
from ag2obs.events import Event

__all__ = ["LearningFold", "LearningProgress"]

_NEWEST = 100


class LearningProgress(msgspec.Struct, frozen=True, kw_only=True):
    """One agent's learning."""

    agent: str
    total_training_steps: int
    total_rewards: float
    """The sum of all rewards."""
    reward_count: int
    average_reward: float | None
    last_reward: float | None
    newest_rewards: list[float]
    """The last 100, oldest first."""
    explorations: int
    exploitations: int
    policy_updates: int
    stage: str | None
    """The last one that was recorded."""
    learning_types: dict[str, int]
    event_counts: dict[str, int]
    last_metrics: dict[str, Any]
    """What the last training step told."""
    first: str | None
    last: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return the progress as data."""
        return msgspec.structs.asdict(self)


class LearningFold:
    """Adds up the ``learning`` events of each agent, of 10,000 at most."""

    def __init__(self) -> None:
        self._agents: dict[str, _Learner] = {}

    def add(self, event: Event) -> None:
        """Take a ``learning`` event in."""
        if event.kind != "learning":
            return
        name = event.agent or ""
        learner = self._agents.get(name)
        if learner is None:
            if len(self._agents) >= MOST_AGENTS:
                return
            learner = self._agents[name] = _Learner(name)
        learner.add(event)

    def result(self) -> dict[str, LearningProgress]:
        """Return the progress of each agent that recorded some; that of no agent under an empty name."""
        return {name: self._agents[name].told() for name in sorted(self._agents)}

    @staticmethod
    def none(agent: str) -> LearningProgress:
        """Return the progress of an agent that recorded none."""
        return _Learner(agent).told()


class _Learner:
    def __init__(self, name: str) -> None:
        self._name = name
        self._events: Counter[str] = Counter()
        self._types: Counter[str] = Counter()
        self._rewards: list[float] = []
        self._sum = 0.0
        self._explorations = self._exploitations = 0
        self._stage: str | None = None
        self._metrics: dict[str, Any] = {}
        self._first: str | None = None
        self._last: str | None = None

    def add(self, event: Event) -> None:
        name = event.name or "unknown"
        told = event.arguments if isinstance(event.arguments, dict) else {}
        count(self._events, name)
        if event.role:
            count(self._types, event.role)
        self._first, self._last = self._first or event.ts, event.ts
        if name == "training_step":
            self._metrics = told
        elif name == "reward" and event.value is not None:
            self._sum += event.value
            self._rewards = [*self._rewards[-(_NEWEST - 1) :], event.value]
        elif name == "exploration":
            if told.get("exploration") is False:
                self._exploitations += 1
            else:
                self._explorations += 1
        stage = told.get("learning_stage", told.get("stage"))
        if isinstance(stage, str):
            self._stage = stage

    def told(self) -> LearningProgress:
        rewards = self._events["reward"]
        return LearningProgress(
            agent=self._name,
            total_training_steps=self._events["training_step"],
            total_rewards=self._sum,
            reward_count=rewards,
            average_reward=self._sum / rewards if rewards else None,
            last_reward=self._rewards[-1] if self._rewards else None,
            newest_rewards=list(self._rewards),
            explorations=self._explorations,
            exploitations=self._exploitations,
            policy_updates=self._events["policy_update"],
            stage=self._stage,
            learning_types=dict(self._types.most_common()),
            event_counts=dict(self._events.most_common()),
            last_metrics=self._metrics,
            first=self._first,
            last=self._last,
        )
