"""Where the events of a session go: the log that its settings name, or nowhere."""

from __future__ import annotations

import hashlib
import os
from datetime import datetime

from ag2obs.content import content_policy
from ag2obs.event_stream import EventStream
from ag2obs.guard import Guard
from ag2obs.log_paths import log_path
from ag2obs.redaction import OwnRules, Redactor, read_rules_file
from ag2obs.settings import Settings
from ag2obs.sinks.log_file import LogFile
from ag2obs.unwritten_stream import UnwrittenStream


def session_redactor(settings: Settings, shared: Redactor) -> Redactor:
    """Return the engine of a session: it knows what ``shared`` knows, and masks what the settings ask for.

    Raises SettingsError where the file of rules cannot be used.
    """
    shared.learn_environment(settings.dotenv)
    if not settings.pii and settings.rules is None:
        return shared
    own = OwnRules() if settings.rules is None else read_rules_file(settings.rules)
    return shared.asked_for(personal=settings.pii, own=own)


def new_stream(
    settings: Settings,
    redactor: Redactor,
    guard: Guard,
    now: datetime,
    *,
    session: str,
    trace: str,
    span: str,
    chat_id: str,
    workflow: str,
) -> EventStream | UnwrittenStream:
    """Return the stream of a session that begins ``now``; it writes no file where logging is off."""
    if not settings.enabled:
        return UnwrittenStream(session=session, chat_id=chat_id, workflow=workflow)
    path = log_path(
        settings.log_file,
        session_id=session,
        chat_id=_path_part(chat_id, redactor),
        workflow=_path_part(workflow, redactor),
        now=now,
        pid=os.getpid(),
    )
    return EventStream(
        LogFile(path, max_bytes=settings.log_max_bytes, backups=settings.log_backups),
        redactor,
        guard,
        session=session,
        trace=trace,
        span=span,
        chat_id=chat_id,
        workflow=workflow,
        content=content_policy(settings.content, settings.content_tools, redactor),
    )


def _path_part(identity: str, redactor: Redactor) -> str:
    """Return an id as it may stand in a file name, which must not show a secret either."""
    if redactor.redact_text(identity) == identity:
        return identity
    return f"redacted-{hashlib.sha256(identity.encode()).hexdigest()[:20]}"
