"""Local observability for AG2 (AutoGen) workflows.

Importing this package does nothing: names are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ag2obs import errors, trace
    from ag2obs.analysis.summary.summary_fold import RuntimeSummary
    from ag2obs.budget import Budget
    from ag2obs.log_analyzer import LogAnalyzer, analyze_session, debug_issue
    from ag2obs.logging_session import ag2_logging_session, current_session, get_ag2_runtime_logger
    from ag2obs.readers.summaries import summarize_autogen_runtime_file, summarize_runtime_file
    from ag2obs.redaction import redact
    from ag2obs.session import Session
    from ag2obs.settings import Settings

__version__ = "0.1.0"

__all__ = [
    "Budget",
    "LogAnalyzer",
    "RuntimeSummary",
    "Session",
    "Settings",
    "ag2_logging_session",
    "analyze_session",
    "current_session",
    "debug_issue",
    "errors",
    "get_ag2_runtime_logger",
    "redact",
    "summarize_autogen_runtime_file",
    "summarize_runtime_file",
    "trace",
]

_WHERE = {
    "Budget": "ag2obs.budget",
    "LogAnalyzer": "ag2obs.log_analyzer",
    "RuntimeSummary": "ag2obs.analysis.summary.summary_fold",
    "Session": "ag2obs.session",
    "Settings": "ag2obs.settings",
    "ag2_logging_session": "ag2obs.logging_session",
    "analyze_session": "ag2obs.log_analyzer",
    "current_session": "ag2obs.logging_session",
    "debug_issue": "ag2obs.log_analyzer",
    "get_ag2_runtime_logger": "ag2obs.logging_session",
    "redact": "ag2obs.redaction",
    "summarize_autogen_runtime_file": "ag2obs.readers.summaries",
    "summarize_runtime_file": "ag2obs.readers.summaries",
}


def __getattr__(name: str) -> Any:
    if name in ("errors", "trace"):
        return import_module(f"ag2obs.{name}")
    if name not in _WHERE:
        raise AttributeError(f"module 'ag2obs' has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    return sorted({*__all__, "__version__"})
