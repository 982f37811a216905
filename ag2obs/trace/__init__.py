"""What user code records into the session around it: actions, decisions, changes, learning, performance, errors.

    from ag2obs.trace import AgentLogger, measure_performance, trace_agent_action

Outside of sessions nothing is recorded, unless ``configure(fallback="logging")`` asks for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ag2obs.trace.agent_logger import AgentLogger
from ag2obs.trace.configuration import configure
from ag2obs.trace.contexts import trace_context
from ag2obs.trace.decorators import trace_agent_action, trace_errors, trace_learning_update, trace_performance
from ag2obs.trace.headers import extract, inject
from ag2obs.trace.learning_logger import LearningLogger
from ag2obs.trace.logging_handler import LoggingHandler
from ag2obs.trace.milestones import milestone, phase
from ag2obs.trace.other_loggers import loguru_sink, structlog_processor
from ag2obs.trace.performance import PerformanceLogger, measure_performance, resource_usage

if TYPE_CHECKING:
    from ag2obs.log_analyzer import (  # type: ignore[import-not-found,unused-ignore]
        LogAnalyzer,
        analyze_session,
        debug_issue,
    )

__all__ = [
    "AgentLogger",
    "LearningLogger",
    "LogAnalyzer",
    "LoggingHandler",
    "PerformanceLogger",
    "analyze_session",
    "configure",
    "debug_issue",
    "extract",
    "inject",
    "loguru_sink",
    "measure_performance",
    "milestone",
    "phase",
    "resource_usage",
    "structlog_processor",
    "trace_agent_action",
    "trace_context",
    "trace_errors",
    "trace_learning_update",
    "trace_performance",
]

_OF_THE_ANALYZER = ("LogAnalyzer", "analyze_session", "debug_issue")
"""What reads logs; loaded when it is first used."""


def __getattr__(name: str) -> Any:
    if name not in _OF_THE_ANALYZER:
        raise AttributeError(f"module 'ag2obs.trace' has no attribute {name!r}")
    return getattr(import_module("ag2obs.log_analyzer"), name)
