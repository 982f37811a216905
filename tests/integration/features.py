"""What older versions of AG2 lack: marks that skip a test there, by what is missing and not by a version number.

The reasons stand in the README, under the table of ``make compat``.
"""

from __future__ import annotations

import importlib.util

import pytest
from autogen import ConversableAgent
from autogen.oai.client import OpenAIClient
from openai.types.responses import ResponseOutputMessage

HAS_RUN_ITER = hasattr(ConversableAgent, "run_iter")
HAS_CLIENTS_V2 = importlib.util.find_spec("autogen.llm_clients") is not None
HAS_RESPONSES = HAS_CLIENTS_V2 or "phase" not in ResponseOutputMessage.model_fields
HAS_HANDOFF_EVENTS = importlib.util.find_spec("autogen.agentchat.group.events") is not None
ASKS_FOR_THE_USAGE_OF_STREAMS = hasattr(OpenAIClient, "_add_streaming_usage_to_params")

needs_run_iter = pytest.mark.skipif(not HAS_RUN_ITER, reason="no run_iter and a_run_iter")
needs_clients_v2 = pytest.mark.skipif(not HAS_CLIENTS_V2, reason="no api_type openai_v2 and responses_v2")
needs_responses = pytest.mark.skipif(
    not HAS_RESPONSES, reason="AG2 fails on the phase that this openai adds to messages of the Responses API"
)
needs_handoff_events = pytest.mark.skipif(not HAS_HANDOFF_EVENTS, reason="AG2 tells of no handoff")
needs_usage_of_streams = pytest.mark.skipif(
    not ASKS_FOR_THE_USAGE_OF_STREAMS, reason="AG2 does not ask for the usage of a stream"
)
