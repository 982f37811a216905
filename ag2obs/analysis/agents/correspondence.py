"""How many messages an agent received and sent: the one rule by which activity and journeys count them."""

from __future__ import annotations

from typing import NamedTuple

from ag2obs.analysis.message_texts import NEWEST_SESSIONS, REMEMBERED_MESSAGES, ranges
from ag2obs.analysis.newest import Newest
from ag2obs.analysis.texts import whole_text_of
from ag2obs.events import Event

_REMEMBERED_IDS = 5_000
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
        self._sessions = Newest[str, dict[str, Letter]](NEWEST_SESSIONS, dict)

    def add(self, event: Event) -> None:
        """Remember the message that an event tells, if it does."""
        if event.id is None or event.kind == "llm.call":
            return
        letters = self._sessions.of(event.session)
        text = whole_text_of(event.result if event.kind == "tool.call" else event.content).strip()
        same = letters.get(event.content_of or "")
        words = same.words if same is not None else hash(text) if text else 0
        letters.pop(event.id, None)
        letters[event.id] = Letter(event.role, event.name, words, bool(event.tool_calls))
        if len(letters) > REMEMBERED_MESSAGES:
            del letters[next(iter(letters))]

    def get(self, session: str, identity: str) -> Letter | None:
        """Return a message; None for one that was never seen, or too long ago."""
        return (self._sessions.get(session) or {}).get(identity)


class _Known:
    """What an agent knows of one session, the newest 5,000 messages of it."""

    __slots__ = ("ids", "words")

    def __init__(self) -> None:
        self.ids: dict[str, bool] = {}
        """Whether a model call has shown it; others were only delivered or said."""
        self.words: dict[int, None] = {}
        """A message has one id in a session, but where it is written again because the log was rotated, and where a
        framework delivers it under one id and shows it to the model as another."""

    def add_id(self, identity: str, *, shown: bool) -> None:
        self.ids[identity] = self.ids.pop(identity, False) or shown
        if len(self.ids) > _REMEMBERED_IDS:
            del self.ids[next(iter(self.ids))]

    def add_words(self, words: int) -> None:
        self.words[words] = None
        if len(self.words) > _REMEMBERED_IDS:
            del self.words[next(iter(self.words))]


class Correspondence:
    """Counts the messages of one agent: those delivered, and those that only its model calls show.

    A user's message in the input of a call was received, and an answer of its model was sent, though nobody told of a
    delivery. Of the newest 100 sessions the newest 5,000 messages that it knows are remembered: each counts once.
    """

    def __init__(self, agent: str) -> None:
        self.agent = agent
        self.received = 0
        self._sent = 0
        self._sessions = Newest[str, _Known](NEWEST_SESSIONS, _Known)
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
            known = self._sessions.of(event.session)
            known.add_id(event.message, shown=False)
            letter = letters.get(event.session, event.message)
            if letter is not None and letter.words:
                known.add_words(letter.words)
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
        known = self._sessions.of(event.session)
        for identity in self._new_ids(event, known):
            letter = letters.get(event.session, identity)
            if letter is not None and self._is_news(letter, known):
                found.append(identity)
        return found

    def _new_ids(self, event: Event, known: _Known) -> list[str]:
        """Return the ids at the end of each range of the input that are new to the agent, oldest first.

        A history grows at its end, so what precedes a message that a call has shown before is not looked at again.
        """
        new: list[str] = []
        for start, end in ranges(event.input):
            ids = []
            for number in range(end, max(start - 1, end - _REMEMBERED_IDS), -1):
                identity = f"m{number}"
                if known.ids.get(identity):
                    break
                ids.append(identity)
            new += [identity for identity in reversed(ids) if identity not in known.ids]
            for identity in reversed(ids):
                known.add_id(identity, shown=True)
        return new

    def _is_news(self, letter: Letter, known: _Known) -> bool:
        if letter.role not in ("user", None) or letter.name == self.agent:
            return False
        if letter.words and letter.words in known.words:
            return False
        known.add_words(letter.words)
        return True

    def _answered(self, event: Event, letters: Letters) -> None:
        for start, end in ranges(event.output):
            for number in range(start, min(end, start + _ANSWERS) + 1):
                identity = f"m{number}"
                self._sessions.of(event.session).add_id(identity, shown=True)
                letter = letters.get(event.session, identity)
                if letter is not None and letter.words and not letter.asks:
                    self._unsent[event.session, identity] = None
                    if len(self._unsent) > _REMEMBERED_IDS:
                        del self._unsent[next(iter(self._unsent))]
                        self._sent += 1
