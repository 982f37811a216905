"""The state that is one per process: open sessions, shared budgets, known secrets, our own failures, what
could not be routed.

There is one instance, ``PROCESS``; nothing else in the package is mutable at module level.
"""

from __future__ import annotations

import asyncio
import os
import queue
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from contextvars import Context
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakKeyDictionary

from ag2obs.budget import Budget
from ag2obs.budget_account import Account
from ag2obs.guard import Guard
from ag2obs.routing import CURRENT, Anchor, Binding, Channels, Claims, open_binding
from ag2obs.sinks.upkeep import Upkeep

if TYPE_CHECKING:
    from importlib.abc import MetaPathFinder

    from ag2obs.redaction import Redactor
    from ag2obs.session import Session


class Adapter(Protocol):
    """Observes one framework."""

    def install(self) -> None:
        """Put everything in place; raises AdapterUnavailable where the framework cannot be observed."""

    def uninstall(self) -> None:
        """Put everything back."""

    def carrying(self, anchor: Anchor) -> AbstractContextManager[None]:
        """Carry a session beside the context variable."""

    def carried_session(self) -> Session | None:
        """Return the session that the framework carried here, or None."""


class Process:
    """Registry of live sessions and the routing of events that carry no context."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.guard = Guard()
        self.claims = Claims()
        self.channels = Channels()
        self.remembered: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()
        """What adapters remember of objects of the frameworks (a stream) and of sessions, as long as these live."""
        self.sessions: dict[str, Session] = {}
        """Open sessions and those within their grace, by id."""
        self.adapters: list[Adapter] = []
        """What is installed while sessions are open; see ``adapters.registry``."""
        self.import_watch: MetaPathFinder | None = None
        self.unattributed = 0
        """Events that belonged to no session that could be known."""
        self.on_idle: Callable[[], None] = lambda: None
        self.upkeep = Upkeep()
        """Retention and compression of logs, after their sessions."""
        self.accounts: WeakKeyDictionary[Budget, Account] = WeakKeyDictionary()
        """Of budgets that sessions share, as long as somebody holds the budget."""
        self.pause: Callable[[threading.Event, float], object] = threading.Event.wait
        """Waits so many seconds, or until the event is set: what a budget does with a call that is to wait."""
        self.pause_async: Callable[[threading.Event, float], Awaitable[object]] = _pause_async
        """The same on an event loop, which goes on meanwhile."""
        self.trace_level = 0
        """The least level of what user code records, where its logger has none of its own."""
        self.trace_fallback = False
        """Whether user code that runs in no session records through the standard logger ``ag2obs.trace``."""
        self._redactor: Redactor | None = None
        self._environment_learned: int | None = None

    def redactor(self) -> Redactor:
        """Return the process's redaction engine, built at first use."""
        with self.lock:
            if self._redactor is None:
                from ag2obs.redaction import Redactor

                self._redactor = Redactor()
            return self._redactor

    def learn_environment(self) -> Redactor:
        """Make the secrets of the environment known to the redaction engine; returns the engine."""
        redactor = self.redactor()
        state = hash(frozenset(os.environ.items()))
        if state != self._environment_learned:
            redactor.learn_environment(os.environ)
            self._environment_learned = state
        return redactor

    def account(self, budget: Budget) -> Account:
        """Return the account of a budget for a session that opens: a new one, or the one that sessions share."""
        if budget.scope != "process":
            return Account(budget)
        with self.lock:
            return self.accounts.setdefault(budget, Account(budget))

    def add(self, session: Session) -> None:
        """Register an open session."""
        with self.lock:
            self.sessions[session.id] = session

    def remove(self, session: Session) -> None:
        """Forget a session that can record nothing any more; after the last one the frameworks are as before."""
        with self.lock:
            self.sessions.pop(session.id, None)
            self.remembered.pop(session, None)
            if not self.sessions:
                self.on_idle()

    def route(self, owner: object = None, channel: str | None = None) -> Session | None:
        """Return the session an event belongs to, or None, counted, when that cannot be known.

        ``owner`` is the agent, wrapper or stream the event came from, ``channel`` the network channel it answers.
        """
        session = self._route(owner) if channel is None else self._of_channel(channel)
        if session is None:
            with self.lock:
                self.unattributed += 1
            self.guard.tell_once(
                "unattributed",
                "an event came from work that belongs to no open session; it was counted and not logged",
            )
        elif owner is not None:
            self.claims.claim(owner, session.id, self._is_alive)
        return session

    def of_context(self) -> Session | None:
        """Return the session that the calling context carries, or None.

        What user code records belongs where it runs: that only one session is open elsewhere says nothing.
        """
        binding = CURRENT.get()
        if binding is not None:
            session = self._bound(binding, None)
            if session is not None or not binding.inherited:
                return session
        return self._carried()

    def _carried(self) -> Session | None:
        """Return the session that a framework carries beside the context variable."""
        for adapter in self.adapters:
            carried = adapter.carried_session()
            if carried is not None and carried.accepts():
                return carried
        return None

    def _route(self, owner: object) -> Session | None:
        binding = CURRENT.get()
        if binding is not None:
            session = self._bound(binding, owner)
            if session is not None or not binding.inherited:
                return session
        carried = self._carried()
        if carried is not None:
            return carried
        claimed = self._claimed(owner)
        if claimed is not None:
            return claimed
        if binding is not None:
            return None
        return self._only_open()

    def _of_channel(self, channel: str) -> Session | None:
        """Return the session of a network channel, or one that was opened inside it and is current here.

        The calling context alone says nothing: it may be that of whoever registered the agent.
        """
        home = self.channels.home(channel)
        if home is None:
            return self._only_open()
        session = self.sessions.get(home[0])
        binding = open_binding(CURRENT.get())
        inner = binding
        while inner is not None and inner.session is not session:
            inner = inner.outer
        if binding is not None and inner is not None:
            return binding.session
        return session if session is not None and session.accepts() else None

    def _bound(self, binding: Binding, owner: object) -> Session | None:
        session = binding.session
        if binding.inherited:
            # A worker thread started in one session may serve another: the agent knows better.
            claimed = self._claimed(owner)
            if claimed is not None and claimed is not session and claimed.is_open:
                return claimed
        if session.accepts():
            return session
        # What its own session takes no more still runs inside the sessions around it.
        around = open_binding(binding.outer)
        return None if around is None else around.session

    def _claimed(self, owner: object) -> Session | None:
        holder = None if owner is None else self.claims.holder(owner)
        session = None if holder is None else self.sessions.get(holder)
        return session if session is not None and session.accepts() else None

    def _only_open(self) -> Session | None:
        with self.lock:
            live = list(self.sessions.values())
        return live[0] if len(live) == 1 and live[0].is_open else None

    def after_fork(self) -> None:
        """Start anew in a forked process: the sessions are the parent's, and locks may be held by its threads."""
        for session in list(self.sessions.values()):
            session.abandon()
        self.lock = threading.RLock()
        self.guard = Guard()
        self.sessions = {}
        self.channels = Channels()
        self.remembered = WeakKeyDictionary()
        self.upkeep.after_fork()
        self.accounts = WeakKeyDictionary()
        CURRENT.set(None)

    def leave_all(self) -> None:
        """End the sessions that are open when the interpreter exits: nobody else will."""
        for session in list(self.sessions.values()):
            with self.guard.protect("leaving a session at exit"):
                session.leave(status="incomplete")

    def _is_alive(self, session_id: str) -> bool:
        return session_id in self.sessions


_PAUSE_STEP = 0.25
"""Seconds after which a wait on an event loop looks whether it is to end early."""


async def _pause_async(ended: threading.Event, seconds: float) -> None:
    """Wait ``seconds`` without blocking the event loop, or until ``ended`` is set."""
    deadline = time.monotonic() + seconds
    while not ended.is_set() and (left := deadline - time.monotonic()) > 0:
        await asyncio.sleep(min(_PAUSE_STEP, left))


class Reaper:
    """Finishes left sessions when no work of theirs can come any more, or when their grace is over.

    One daemon thread that lives only while left sessions wait; it never writes for an open session.
    """

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._waiting: dict[str, tuple[float, Session]] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def wait_for(self, session: Session, seconds: float) -> None:
        """Finish ``session`` after ``seconds``, or earlier when ``poke`` names it."""
        with self._lock:
            self._waiting[session.id] = (time.monotonic() + seconds, session)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="ag2obs-late", daemon=True)
                # In an empty context, so that it inherits no session.
                Context().run(self._thread.start)
        self._queue.put(None)

    def poke(self, session_id: str) -> None:
        """Say that no work of this session is left; safe to call from a destructor."""
        self._queue.put(session_id)

    def after_fork(self) -> None:
        """Start anew in a forked process, which has no thread of ours and no session to wait for."""
        self.__init__()  # type: ignore[misc]  # everything in here belongs to the parent

    def finish_all(self) -> None:
        """Finish every waiting session now (at interpreter exit, and in tests)."""
        with self._lock:
            sessions = [session for _, session in self._waiting.values()]
        for session in sessions:
            self._finish(session)
        self._queue.put(None)

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return
                deadline = min(moment for moment, _ in self._waiting.values())
            try:
                named = self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                named = None
            for session in self._due(named):
                self._finish(session)

    def _finish(self, session: Session) -> None:
        with PROCESS.guard.protect("finishing a session"):
            session.finish()
        # Not before: finish_all() waits for what the thread has begun, which the end of the process would cut off.
        with self._lock:
            self._waiting.pop(session.id, None)

    def _due(self, named: str | None) -> list[Session]:
        now = time.monotonic()
        with self._lock:
            return [session for key, (deadline, session) in self._waiting.items() if key == named or deadline <= now]


PROCESS = Process()
REAPER = Reaper()
