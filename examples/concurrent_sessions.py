"""An async server that runs a chat for each connection, many at once, each with a log file of its own.

    AG2_RUNTIME_LOGGING=true python examples/concurrent_sessions.py

Customers connect over TCP, send a line and get a line. Every connection is a session: what its chat does is
written to its own file in logs/chats/, whatever the others do meanwhile. Without AG2_RUNTIME_LOGGING the chats
run unlogged. They need no key and no network: a model server on this machine answers, unless OPENAI_API_KEY is
set.
"""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter

from autogen import AssistantAgent, UserProxyAgent
from example_model import llm_config, model_server

from ag2obs import Settings, ag2_logging_session, summarize_runtime_file
from ag2obs.testing import ModelServer, Request

CUSTOMERS = 8
LOG_FILE = "logs/chats/{chat_id}-{session_id}.log"


class ChatServer:
    """Answers each connection with a chat in a session."""

    def __init__(self, models: ModelServer | None) -> None:
        self._models = models
        self._settings = Settings.from_environment(log_file=LOG_FILE)
        self.logs: dict[str, str] = {}
        """By chat, for those that are logged."""

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Handle one connection: the first word of its line is the chat's id."""
        line = (await reader.readline()).decode().strip()
        chat_id = line.split()[0]
        async with ag2_logging_session(chat_id, "support", settings=self._settings) as session:
            if session.enabled:
                self.logs[chat_id] = str(session.log_path)
            answer = await self._answer(chat_id, line)
        writer.write(f"{answer}\n".encode())
        await writer.drain()
        writer.close()

    async def _answer(self, chat_id: str, question: str) -> str:
        assistant = AssistantAgent("assistant", "You know all orders.", llm_config(self._models, chat_id))
        customer = UserProxyAgent("customer", human_input_mode="NEVER", code_execution_config=False)
        result = await customer.a_initiate_chat(assistant, message=question, max_turns=2, silent=True)
        return str(result.chat_history[-1]["content"])


def reply(request: Request) -> str:
    """Answer with as many words as the chat's number, so that no two chats use the same tokens."""
    return " ".join([f"Dear {request.tag},", *["patience"] * int(str(request.tag).rpartition("_")[2])])


async def ask(port: int, number: int) -> str:
    """Be a customer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"customer_{number} asks for order {1000 + number}\n".encode())
    answer = (await reader.readline()).decode().strip()
    writer.close()
    return answer


async def main() -> None:
    """Serve all customers at once, then print what each log tells and what the model server counted."""
    with model_server(reply) as models:
        chats = ChatServer(models)
        server = await asyncio.start_server(chats.serve, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            answers = await asyncio.gather(*(ask(port, number) for number in range(CUSTOMERS)))
        print(f"{len(answers)} chats answered")
        for chat_id, log in sorted(chats.logs.items()):
            summary = summarize_runtime_file(log)
            print(f"{chat_id}: {summary.llm_calls} calls, {summary.tokens.total} tokens", end="")
            if models is not None:
                told = models.totals(chat_id)
                print(
                    f" (model server: {told.calls} calls, {told.prompt_tokens + told.completion_tokens} tokens)", end=""
                )
            print(f" in {log}")
    if not chats.logs:
        print("They were not logged: run it again with AG2_RUNTIME_LOGGING=true.")


if __name__ == "__main__":
    asyncio.run(main())
