"""How many messages an agent received and sent: the one rule by which activity and journeys count them."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from ag2obs.analysis.message_texts import REMEMBERED_MESSAGES, ranges
from ag2obs.analysis.texts import whole_text_of
from ag2obs.events import Event

_SESSIONS = 100
_REMEMBERED_IDS = 5_000
_REMEMBERED_WORDS = 50
_ANSWERS = 100


class Letter(NamedTuple):
    """What of a message decides whether it counts."""

    role: str | None
    name: str | None
    words: int
    """Equal for equal text, also where one of two is in parts; 0 where there is none."""
    asks: bool
    """It asks for tool calls."""


class Letters:
    """The newest 2,000 messages of each of the newest 100 sessions at work, by their ids."""

    def __init__(self) -> None:
        self._sessions: dict[str, dict[str, Letter]] = {}

    def add(self, event: Event) -> None:
        """Remember the message that an event tells, if it does."""
        if event.id is None or event.kind == "llm.call":
            return
        letters = self._sessions.pop(event.session, None) or {}
        self._sessions[event.session] = letters  # the newest is last
        if len(self._sessions) > _SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        text = whole_text_of(event.result if event.kind == "tool.call" else event.content).strip()
        same = letters.get(event.content_of or "")
        words = same.words if same is not None else hash(text) if text else 0
        letters.pop(event.id, None)
        letters[event.id] = Letter(event.role, event.name, words, bool(event.tool_calls))
        if len(letters) > REMEMBERED_MESSAGES:
            del letters[next(iter(letters))]

    def get(self, session: str, identity: str) -> Letter | None:
        """Return a message; None for one that was never seen, or too long ago."""
        return self._sessions.get(session, {}).get(identity)


class Correspondence:
    """Counts the messages of one agent: those delivered, and those that only its model calls show.

    A user's message in the input of a call was received, and an answer of its model was sent, though nobody told of a
    delivery. Of a session, the newest 5,000 messages that it knows are remembered, so that each counts once.
    """

    def __init__(self, agent: str) -> None:
        self.agent = agent
        self.received = 0
        self._sent = 0
        self._known: dict[tuple[str, str], None] = {}
        """Sessions and ids of the messages that it was told or said."""
        self._told: deque[tuple[str, int]] = deque(maxlen=_REMEMBERED_WORDS)
        self._unsent: dict[tuple[str, str], None] = {}
        """Answers of its model that it has not sent yet."""

    @property
    def sent(self) -> int:
        """Messages that it sent, and answers of its model that nobody delivered: they went to whoever asked."""
        return self._sent + len(self._unsent)

    def add(self, event: Event, letters: Letters) -> list[str]:
        """Count an event in which the agent takes part; returns messages that it shows to have reached the agent."""
        asked = event.kind == "llm.call" and event.agent == self.agent and event.purpose is None
        heard = self._heard(event, letters) if asked else []
        self.received += len(heard)
        if event.message is not None:
            self._know(event.session, event.message)
            letter = letters.get(event.session, event.message)
            if letter is not None and letter.words:
                self._told.append((event.session, letter.words))
        if event.kind == "agent.message":
            if event.sender == self.agent:
                self._sent += 1
                self._unsent.pop((event.session, event.message or ""), None)
            else:
                self.received += 1
        if asked:
            self._answered(event, letters)
        return heard

    def _heard(self, event: Event, letters: Letters) -> list[str]:
        found = []
        for identity in self._new_ids(event):
            letter = letters.get(event.session, identity)
            if letter is not None and self._is_news(event.session, letter):
                found.append(identity)
        return found

    def _new_ids(self, event: Event) -> list[str]:
        """Return the ids at the end of each range of the input that are new to the agent, oldest first.

        A history grows at its end, so the known part of a range is not looked at again.
        """
        new: list[str] = []
        for start, end in ranges(event.input):
            before = len(new)
            for number in range(end, max(start - 1, end - _REMEMBERED_IDS), -1):
                if (event.session, f"m{number}") in self._known:
                    break
                new.append(f"m{number}")
            new[before:] = new[before:][::-1]
        for identity in new:
            self._know(event.session, identity)
        return new

    def _is_news(self, session: str, letter: Letter) -> bool:
        if letter.role not in ("user", None) or letter.name == self.agent:
            return False
        # A framework may deliver a message under one id and show it to the model as another.
        if letter.words and (session, letter.words) in self._told:
            return False
        self._told.append((session, letter.words))
        return True

    def _know(self, session: str, identity: str) -> None:
        self._known[session, identity] = None
        if len(self._known) > _REMEMBERED_IDS:
            del self._known[next(iter(self._known))]

    def _answered(self, event: Event, letters: Letters) -> None:
        for start, end in ranges(event.output):
            for number in range(start, min(end, start + _ANSWERS) + 1):
                identity = f"m{number}"
                self._know(event.session, identity)
                letter = letters.get(event.session, identity)
                if letter is not None and letter.words and not letter.asks:
                    self._unsent[event.session, identity] = None
                    if len(self._unsent) > _REMEMBERED_IDS:
                        del self._unsent[next(iter(self._unsent))]
                        self._sent += 1
