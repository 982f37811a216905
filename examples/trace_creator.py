"""An agent that records what it does: actions, decisions, learning, performance, errors; and what its model did.

    AG2_RUNTIME_LOGGING=true python examples/trace_creator.py
    ag2obs summary

The log is logs/logs/ag2_runtime.log in the working directory, or where AG2_RUNTIME_LOG_FILE says. It needs no key and
no network: a model server on this machine answers, unless OPENAI_API_KEY is set.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from autogen import ConversableAgent
from example_model import llm_config, model_server

from ag2obs import ag2_logging_session
from ag2obs.testing import ModelServer
from ag2obs.trace import (
    AgentLogger,
    LearningLogger,
    PerformanceLogger,
    measure_performance,
    trace_agent_action,
    trace_context,
    trace_errors,
    trace_learning_update,
)

TOPICS = ("tides", "comets", "glaciers")


@dataclass
class Content:
    """Something that the agent made."""

    id: str
    text: str
    type: str = "post"
    metadata: dict[str, Any] = field(default_factory=dict)


class CreatorAgent:
    """Writes posts, and learns which topics people like."""

    def __init__(self, agent_id: str, server: ModelServer | None) -> None:
        self.agent_id = agent_id
        self.logger = AgentLogger(agent_id, "creator")
        self.learning = LearningLogger("bandit", agent_id)
        self.performance = PerformanceLogger(agent_id)
        self.writer = ConversableAgent("writer", llm_config=llm_config(server), human_input_mode="NEVER")
        self.values = dict.fromkeys(TOPICS, 0.0)
        self.earned = 0.0
        self.logger.info("Agent initialized", extra={"agent_type": "creator", "topics": list(TOPICS)})

    @trace_agent_action(action_type="create_content")
    async def create_content(self, number: int) -> Content:
        """Write about the topic that promises most: an action, with the model call inside it."""
        topic = max(self.values, key=self.values.__getitem__)
        self.learning.log_exploration_exploitation(action_selected=topic, exploration=False, epsilon=0.1)
        self.logger.log_decision("topic", {"chosen": topic}, reasoning="it has earned most so far")
        with measure_performance("content_generation", items=1):
            question = [{"role": "user", "content": f"Write one sentence about {topic}."}]
            text = await self.writer.a_generate_reply(question)
        content = Content(f"post_{number}", str(text), metadata={"topic": topic})
        self.logger.log_content_generation(content.type, content.id, content.metadata)
        return content

    @trace_learning_update(update_type="bandit_update")
    async def learn(self, content: Content, reward: float) -> None:
        """Move the value of a topic towards what a post about it earned."""
        before = dict(self.values)
        topic = content.metadata["topic"]
        self.values[topic] += 0.5 * (reward - self.values[topic])
        self.earned += reward
        self.learning.log_reward(content.id, reward, cumulative_reward=self.earned)
        self.logger.log_state_change(before, self.values, trigger="feedback")

    @trace_errors()
    async def publish(self, content: Content) -> None:
        """Send a post to a service that is down: the error is recorded once, and is the caller's to handle."""
        raise ConnectionError(f"{content.id} was not published")


async def create(agent: CreatorAgent) -> None:
    """Let the agent work: three posts, each in a step of its own."""
    for number, reward in enumerate((-1.0, -0.5, 2.0), 1):
        with trace_context(agent.logger, "round", step_id=f"step_{number}"):
            content = await agent.create_content(number)
            await agent.learn(content, reward)
            try:
                await agent.publish(content)
            except ConnectionError as error:
                print(f"{content.id}: {content.text} ({error})")
    agent.performance.log_resource_usage()


def main() -> None:
    """Run the agent in a session and say where its log is."""
    replies = ["The moon pulls the tides.", "Comets are old ice.", "Glaciers carve valleys."]
    with (
        model_server(replies) as server,
        ag2_logging_session("creator", "trace_creator", tags={"mission_id": "launch"}) as session,
    ):
        asyncio.run(create(CreatorAgent("creator_001", server)))
    if not session.enabled:
        print("This was not logged: run it again with AG2_RUNTIME_LOGGING=true.")
        return
    summary = session.summary()
    print(f"{summary.events} events, {summary.llm_calls} model calls, {summary.errors} errors")
    print(f"log: {session.log_path}")


if __name__ == "__main__":
    main()
