"""Records how something learns: steps of a training, rewards, explorations, changes of a policy."""

from __future__ import annotations

from typing import Any

from ag2obs.trace.levels import level_number
from ag2obs.trace.recording import emit_failure
from ag2obs.trace.trace_logger import TraceLogger
from ag2obs.trace.values import label, number


class LearningLogger(TraceLogger):
    """The logger of a learner: ``LearningLogger("bandit", agent_id="creator_001")``.

    Steps and explorations are at level DEBUG, which is recorded unless a level says otherwise.
    """

    def __init__(self, learning_type: object, agent_id: object = None, *, level: str | int | None = None) -> None:
        self.learning_type = label(learning_type) or ""
        name = f"learning.{self.learning_type}" if self.learning_type else "learning"
        super().__init__(name, agent_id, role=self.learning_type, level=level)

    def log_training_step(self, step: int, metrics: object = None, model_state: object = None) -> None:
        """Record one step of a training, with its metrics (loss, accuracy)."""
        self._learned("training_step", "DEBUG", step=step, metrics=metrics, model_state=model_state)

    def log_reward(self, action_id: object, reward: object, cumulative_reward: object = None) -> None:
        """Record what an action earned; the number is the event's ``value``."""
        self._learned("reward", "INFO", reward, action_id=action_id, reward=reward, cumulative_reward=cumulative_reward)

    def log_exploration_exploitation(
        self, action_selected: object, exploration: object, epsilon: object = None
    ) -> None:
        """Record whether an action was chosen to explore, or because it is known to be good."""
        self._learned("exploration", "DEBUG", action_selected=action_selected, exploration=exploration, epsilon=epsilon)

    def log_policy_update(self, update_data: object = None, policy: object = None) -> None:
        """Record that the policy changed."""
        self._learned("policy_update", "INFO", policy=policy, update=update_data)

    def log_convergence(self, metrics: object = None, converged: bool | None = None) -> None:
        """Record how near the end of a training is."""
        self._learned("convergence", "INFO", metrics=metrics, converged=converged)

    def log_error(self, error: BaseException, operation: str | None = None, context: object = None) -> None:
        """Record an exception with its stack; one that was recorded before is told as a repeat."""
        emit_failure(
            error, threshold=self.threshold, agent=self.agent_id, name=operation or self.name, arguments=context
        )

    def _learned(self, name: str, level: str, value: object = None, **told: Any) -> None:
        self._emit(
            "learning",
            level_number(level),
            name=name,
            build=lambda: {"value": number(value)},
            arguments={key: item for key, item in told.items() if item is not None},
        )
