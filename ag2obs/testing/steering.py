"""What a request is answered when no script says so: the text of its last message steers.

``SAY:text``                  the rest of the line
``CALLTOOL:name:{json}``      a call of that tool; several of them are one parallel call
``NEXT:name``                 in the last message before a speaker selection: this speaker
``FAIL:500`` / ``FAIL:500:2`` this status, always or for the first two tries of the same request
``TIMEOUT:seconds``           answer that much later
``BADJSON`` / ``DROP``        at the end of a line: half a JSON document / a closed connection
``TERMINATE``                 at the end of a line: the same word
"""

from __future__ import annotations

import ast
import json
import re
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ag2obs.testing.reply import Reply, Request, ToolCall, message_text

_FAIL = re.compile(r"\bFAIL:(\d{3})(?::(\d+))?")
_TIMEOUT = re.compile(r"\bTIMEOUT:(\d+(?:\.\d+)?)")
_BROKEN = re.compile(r"\b(BADJSON|DROP)[ \t]*$", re.MULTILINE)
_CALL_TOOL = re.compile(r"\bCALLTOOL:([\w.-]+):(?=\{)")
_SAY = re.compile(r"\bSAY:(.*)")
_TERMINATE = re.compile(r"\bTERMINATE[ \t]*$", re.MULTILINE)
_NEXT = re.compile(r"\bNEXT:([\w.-]+)")
_SPEAKERS = re.compile(r"(?:select the next role from|names that are accepted are) (\[[^\]]*\])")
"""In the templates of ``autogen/agentchat/groupchat.py``."""


class Steering:
    """Answers by the text of the last message. It remembers only how often a request was told to fail."""

    def __init__(self) -> None:
        self._tries: Counter[str] = Counter()
        self._lock = threading.Lock()

    def reply(self, request: Request) -> Reply:
        """Return the answer for ``request``."""
        text = request.last_text
        if failure := _FAIL.search(text):
            status, times = int(failure[1]), failure[2]
            if times is None or self._fails(request, int(times)):
                return Reply(f"told to fail with {status}", status=status)
        if broken := _BROKEN.search(text):
            return Reply(drop=True) if broken[1] == "DROP" else Reply(body=b'{"id": "chatcmpl-broken", "choices": [{')
        reply = _answer(request, text)
        delay = _TIMEOUT.search(text)
        return replace(reply, delay=float(delay[1])) if delay else reply

    def _fails(self, request: Request, times: int) -> bool:
        """Whether this try of the same request is one of its first ``times``, counted anew after a success."""
        key = f"{request.tag} {json.dumps(request.body, sort_keys=True)}"
        with self._lock:
            self._tries[key] += 1
            if self._tries[key] <= times:
                return True
            del self._tries[key]
            return False


def _answer(request: Request, text: str) -> Reply:
    if speaker := _next_speaker(request.messages):
        return Reply(speaker)
    if calls := _tool_calls(text):
        return Reply(tool_calls=calls)
    if said := _SAY.search(text):
        return Reply(said[1])
    if _TERMINATE.search(text):
        return Reply("TERMINATE")
    return Reply(f"reply {request.number}")


def _tool_calls(text: str) -> list[ToolCall]:
    calls = []
    for found in _CALL_TOOL.finditer(text):
        try:
            _, length = json.JSONDecoder().raw_decode(text[found.end() :])
        except ValueError:
            continue
        calls.append(ToolCall(found[1], text[found.end() : found.end() + length]))
    return calls


def _next_speaker(messages: list[Mapping[str, Any]]) -> str | None:
    """Return who speaks next where AG2 asks for it: who was named with NEXT, else the one after the last speaker."""
    asked = [found for message in messages if (found := _SPEAKERS.search(message_text(message)))]
    if not asked:
        return None
    try:
        speakers = [str(name) for name in ast.literal_eval(asked[-1][1])]
    except (ValueError, SyntaxError):
        return None
    spoken = [message for message in messages if not _SPEAKERS.search(message_text(message))]
    named = _NEXT.search(message_text(spoken[-1])) if spoken else None
    if named and named[1] in speakers:
        return named[1]
    last = next((message["name"] for message in reversed(spoken) if message.get("name") in speakers), None)
    return speakers[(speakers.index(last) + 1) % len(speakers)] if last else next(iter(speakers), None)
