"""How a session is opened and left: the ``with`` block, the manual logger, and what is current."""

from __future__ import annotations

import asyncio
import atexit
import functools
import logging
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from contextvars import ContextVar
from types import TracebackType
from typing import Any

from ag2obs.adapters import registry
from ag2obs.budget import Budget, budget_of
from ag2obs.process import PROCESS, REAPER
from ag2obs.routing import CURRENT, Anchor, Binding, fields_of, open_binding
from ag2obs.session import Session
from ag2obs.settings import VARIABLES, Settings

logger = logging.getLogger("ag2obs")


def ag2_logging_session(
    chat_id: str,
    workflow_name: str,
    enterprise_id: str | None = None,
    *,
    user_id: str | None = None,
    tags: Mapping[str, Any] | None = None,
    budget: Budget | None = None,
    traceparent: str | None = None,
    settings: Settings | None = None,
) -> LoggingSession:
    """Return a context manager, for ``with`` and ``async with``, that observes what runs in its block.

    It yields the ``Session``. With ``AG2_RUNTIME_LOGGING`` off it does nothing, unless there is a budget to hold:
    ``budget``, else the one of the ``AG2OBS_BUDGET_*`` settings. ``tags`` and ``user_id`` are in every event as
    ``tags``; ``traceparent`` continues a W3C trace, and one that is not valid is ignored with a warning. Entering
    raises SettingsError where a setting has a value that is not allowed; an exception in the block is recorded and
    passes through unchanged.
    """
    info = {
        "enterprise_id": enterprise_id,
        "user_id": user_id,
        "tags": dict(tags) if tags is not None else None,
    }
    return LoggingSession(
        str(chat_id),
        str(workflow_name),
        {key: value for key, value in info.items() if value is not None},
        budget,
        traceparent,
        settings,
    )


def current_session() -> Session | None:
    """Return the open session of the calling context, or None."""
    binding = CURRENT.get()
    return binding.session if binding is not None and binding.session.is_open else None


class LoggingSession:
    """One use of ``ag2_logging_session``; entered once, plainly or with ``async with``."""

    def __init__(
        self,
        chat_id: str,
        workflow: str,
        info: Mapping[str, Any],
        budget: Budget | None,
        traceparent: str | None,
        settings: Settings | None,
    ) -> None:
        self._arguments: dict[str, Any] = {
            "chat_id": chat_id,
            "workflow": workflow,
            "info": info,
            "traceparent": traceparent,
        }
        self._budget = budget
        self._settings = settings
        self._session: Session | None = None
        self._carried = ExitStack()

    @property
    def is_open(self) -> bool:
        """Whether it was entered and its session not left, here or elsewhere."""
        return self._session is not None and self._session.is_open

    @property
    def session_id(self) -> str | None:
        """The id of its session, once it was entered."""
        return self._session.id if self._session is not None else None

    def __enter__(self) -> Session:
        if self._session is not None:
            raise RuntimeError("a logging session can be entered once; call ag2_logging_session again")
        settings = self._settings if self._settings is not None else Settings.from_environment()
        for notice in (*settings.notices, *_without_effect(settings)):
            PROCESS.guard.tell_once(notice, notice)
        if settings.debug:
            logger.setLevel(logging.DEBUG)
        budget = self._budget if self._budget is not None else budget_of(settings)
        session = self._session = Session(settings, budget=budget, **self._arguments)
        if session.is_observed:
            self._open(session)
        return session

    def _open(self, session: Session) -> None:
        anchor = Anchor(session)
        around = open_binding(CURRENT.get())
        fields = session.tagged(fields_of(around))
        with PROCESS.guard.protect("opening a session"), PROCESS.lock:
            session.open(anchor)
            if session.settings.patch:
                registry.install()
        CURRENT.set(Binding(anchor, session.span, outer=around, fields=fields))
        if not session.settings.propagate_context:
            for adapter in PROCESS.adapters:
                with PROCESS.guard.protect("carrying a session on an IOStream"):
                    self._carried.enter_context(adapter.carrying(anchor))
        _prepare_for_exit_and_fork()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        session = self._leave_context()
        if session is not None:
            with PROCESS.guard.protect("leaving a session"):
                session.leave(error)

    async def __aenter__(self) -> Session:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        session = self._leave_context()
        if session is None or not session.is_observed:
            return
        with PROCESS.guard.protect("leaving a session"):
            await _leave_beside_the_loop(session, error)

    def _leave_context(self) -> Session | None:
        """Take the session out of the calling context, which may be another than it was entered in.

        Where a session inside it is still open, that one stays current. What another context holds is late work.
        """
        session = self._session
        with PROCESS.guard.protect("leaving a session's context"):
            self._carried.close()
            binding = CURRENT.get()
            if binding is not None and binding.session is session:
                CURRENT.set(open_binding(binding.outer))
        return session


_NOT_YET = (
    "session_dir",
    "prometheus_port",
)
"""Settings that this version accepts and does not act on."""


def _without_effect(settings: Settings) -> list[str]:
    """Return a sentence for each setting that was changed and has no effect yet: nobody is to rely on it."""
    changed = {variable.field: variable for variable in VARIABLES if variable.field in _NOT_YET}
    return [
        f"{variable.name} has no effect in this version: it is set to {getattr(settings, field)!r} and nothing is done"
        for field, variable in changed.items()
        if getattr(settings, field) != getattr(Settings, field)
    ]


@functools.cache
def _prepare_for_exit_and_fork() -> None:
    """Once a process: end what is open at its exit, and forget what is the parent's in a fork of it."""
    atexit.register(PROCESS.upkeep.finish)  # runs last
    atexit.register(REAPER.finish_all)
    atexit.register(PROCESS.leave_all)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=REAPER.after_fork)
        os.register_at_fork(after_in_child=PROCESS.after_fork)


async def _leave_beside_the_loop(session: Session, error: BaseException | None) -> None:
    """Leave in a thread of its own: reading back and fsync do not belong on the event loop.

    Not in the loop's executor, which may be busy or shut down. A cancellation does not stop it.
    """
    own = ThreadPoolExecutor(1, thread_name_prefix="ag2obs-leave")
    try:
        leaving = asyncio.get_running_loop().run_in_executor(own, session.leave, error)
    except RuntimeError:  # no thread can be started any more
        session.leave(error)
        return
    finally:
        own.shutdown(wait=False)
    await asyncio.shield(leaving)


class RuntimeLogger:
    """Manual control, for code that cannot use a ``with`` block; see ``get_ag2_runtime_logger``."""

    def start_session(self, chat_id: str, workflow_name: str, enterprise_id: str | None = None, **options: Any) -> bool:
        """Open a session in the calling context; returns whether logging is on. Options: as ``ag2_logging_session``."""
        opened = ag2_logging_session(chat_id, workflow_name, enterprise_id, **options)
        session = opened.__enter__()
        _STARTED.set((*_STARTED.get(), opened))
        return session.enabled

    def stop_session(self, session_id: str | None = None) -> bool:
        """End the latest session started in the calling context, or the one named; False where there is none."""
        started = [opened for opened in _STARTED.get() if opened.is_open]
        _STARTED.set(tuple(started))
        for opened in reversed(started):
            if session_id in (None, opened.session_id):
                _STARTED.set(tuple(other for other in started if other is not opened))
                opened.__exit__(None, None, None)
                return True
        return self._stop_elsewhere(session_id)

    def _stop_elsewhere(self, session_id: str | None) -> bool:
        """End a named session that was started in another context."""
        session = PROCESS.sessions.get(session_id) if session_id is not None else None
        if session is None or not session.is_open:
            return False
        with PROCESS.guard.protect("leaving a session"):
            session.leave()
        return True


_STARTED: ContextVar[tuple[LoggingSession, ...]] = ContextVar("ag2obs_started", default=())


def get_ag2_runtime_logger() -> RuntimeLogger:
    """Return the manual control: ``start_session(...) -> bool`` and ``stop_session()``."""
    return RuntimeLogger()
