"""The one logger that AG2's runtime logging talks to while sessions are open.

The global in ``autogen.runtime_logging`` holds one logger. Ours routes each record to its session and hands
everything on to the user's own logger, whether that was started before a session or inside one.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from ag2obs.adapters.classic import model_calls, tools
from ag2obs.adapters.classic.agents import is_internal, name_of, record_created, record_first_sight
from ag2obs.adapters.classic.secrets_of_clients import learn_client
from ag2obs.adapters.patches import Patches
from ag2obs.events import Event
from ag2obs.process import PROCESS


class RuntimeLoggingRouter:
    """Implements AG2's ``BaseLogger`` (registered as one, so that AG2 stays unimported until it is used).

    Our part never raises. The user's logger is called last and raises as it would without us.
    """

    def __init__(self, module: Any, watch_class: Callable[[type], None]) -> None:
        self.downstream: Any = None
        self._module = module
        self._watch_class = watch_class

    def keep_in_place(self) -> None:
        """Take our place again where a ``start`` or ``stop`` imported before the session has put us out of it."""
        module = self._module
        if module.autogen_logger is not self:
            self.downstream = module.autogen_logger if module.is_logging else None
            module.autogen_logger = self
        module.is_logging = True

    def start(self) -> str:
        """Return an id; sessions have their own."""
        return "ag2obs"

    def stop(self) -> None:
        """Stop the user's logger, if there is one; sessions end by themselves."""
        downstream, self.downstream = self.downstream, None
        if downstream is not None:
            downstream.stop()

    def get_connection(self) -> Any:
        """Return the connection of the user's logger."""
        return None if self.downstream is None else self.downstream.get_connection()

    def log_chat_completion(
        self,
        invocation_id: Any,
        client_id: Any,
        wrapper_id: Any,
        source: Any,
        request: Any,
        response: Any,
        is_cached: Any,
        cost: Any,
        start_time: Any,
    ) -> None:
        """Record a model call that came back, failed with ``openai.APIError`` or came from the cache."""
        with PROCESS.guard.protect("recording a model call"):
            model_calls.reported(invocation_id, client_id, source, request, response, is_cached, cost)
        if self.downstream is not None:
            self.downstream.log_chat_completion(
                invocation_id, client_id, wrapper_id, source, request, response, is_cached, cost, start_time
            )

    def log_new_agent(self, agent: Any, init_args: Any = None) -> None:
        """Record a new agent, and observe the methods its class overrides."""
        with PROCESS.guard.protect("recording a new agent"):
            self._watch_class(type(agent))
            session = PROCESS.route(agent)
            if session is not None:
                arguments = init_args if isinstance(init_args, dict) else {}
                session.learn(arguments.get("llm_config"))
                record_created(session, agent, arguments)
        if self.downstream is not None:
            self.downstream.log_new_agent(agent, init_args)

    def log_event(self, source: Any, name: str, **kwargs: Any) -> None:
        """Record that an agent received a message; replies are observed where they are made."""
        if name == "received_message":
            with PROCESS.guard.protect("recording a received message"):
                _record_received(source, kwargs)
        if self.downstream is not None:
            self.downstream.log_event(source, name, **kwargs)

    def log_function_use(self, source: Any, function: Any, args: Any = None, returns: Any = None) -> None:
        """Record a registered function that ran outside a tool call."""
        with PROCESS.guard.protect("recording a function use"):
            tools.function_use(source, function, args, returns)
        if self.downstream is not None:
            self.downstream.log_function_use(source, function, args, returns)

    def log_new_wrapper(self, wrapper: Any, init_args: Any = None) -> None:
        """Learn the secrets of the configurations, which are in nobody's hands yet."""
        with PROCESS.guard.protect("learning the secrets of a configuration"):
            session = PROCESS.route(wrapper)
            if session is not None and isinstance(init_args, dict):
                session.learn({key: value for key, value in init_args.items() if key != "self"})
        if self.downstream is not None:
            self.downstream.log_new_wrapper(wrapper, init_args)

    def log_new_client(self, client: Any, wrapper: Any, init_args: Any = None) -> None:
        """Learn the secrets of a client."""
        with PROCESS.guard.protect("learning the secrets of a client"):
            session = PROCESS.route(wrapper)
            if session is not None:
                learn_client(session, client, init_args)
        if self.downstream is not None:
            self.downstream.log_new_client(client, wrapper, init_args)

    def __repr__(self) -> str:
        return "Ag2obsLogger()"


def install(patches: Patches, watch_class: Callable[[type], None]) -> RuntimeLoggingRouter:
    """Put the router in place of the user's logger, which it serves, and keep it there when the user starts one."""
    module: Any = importlib.import_module("autogen.runtime_logging")
    from autogen.logger.base_logger import BaseLogger

    router = RuntimeLoggingRouter(module, watch_class)
    BaseLogger.register(RuntimeLoggingRouter)
    if module.is_logging:
        router.downstream = module.autogen_logger
    patches.replace(module, "start", _start_behind(router, module))
    patches.replace(module, "stop", _stop_behind(router))
    module.autogen_logger, module.is_logging = router, True
    return router


def uninstall(router: RuntimeLoggingRouter) -> None:
    """Give runtime logging back to the user's logger, or switch it off where there is none."""
    module: Any = importlib.import_module("autogen.runtime_logging")
    if module.autogen_logger is router:
        module.autogen_logger = router.downstream
        module.is_logging = router.downstream is not None


def _start_behind(router: RuntimeLoggingRouter, module: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def start(*args: Any, **kwargs: Any) -> Any:
            try:
                return original(*args, **kwargs)
            finally:
                if module.autogen_logger is not router:
                    router.downstream = module.autogen_logger
                module.autogen_logger, module.is_logging = router, True

        return start

    return make


def _stop_behind(router: RuntimeLoggingRouter) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        del original  # it would switch every session's logging off

        def stop() -> None:
            router.stop()

        return stop

    return make


def _record_received(source: Any, told: dict[str, Any]) -> None:
    agent = name_of(source)
    sender = told.get("sender")
    if is_internal(agent) or is_internal(sender):
        return
    session = PROCESS.route(source)
    if session is None:
        return
    record_first_sight(session, source)
    event = Event(kind="agent.message", agent=agent, sender=sender if isinstance(sender, str) else None)
    if told.get("valid") is False:
        event.status, event.reason = "error", "invalid_message"
    session.record_delivery(event, told.get("message"), event.sender)
