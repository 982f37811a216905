"""Where the money went: by agent, model and purpose, for history, retries and caches, and what others would cost.

``CostFold`` keeps sums for every combination of session, agent, model and purpose; of sessions that go on, and of the
last that ended, also the lengths of their messages (``resent.SentMessages``) and the last invocations. Nothing grows
with calls.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path

from ag2obs.analysis.cost.cost_tally import CostTally
from ag2obs.analysis.cost.cost_types import Alternative, CostPart, CostReport
from ag2obs.analysis.cost.repricing import MONEY, Repricing, cheaper_models, known_cost
from ag2obs.analysis.cost.resent import SentMessages
from ag2obs.analysis.summary.totals import UNKNOWN_MODEL
from ag2obs.events import STATUS_ERROR, Event
from ag2obs.usage.prices import PriceBook

OWN_REPLY = "reply"
"""Purpose of a call that tells none."""

_INVOCATIONS_REMEMBERED = 1024
"""For each session; configurations of one invocation are tried one after another."""

_ENDED_REMEMBERED = 100
"""Sessions that have ended, the last ones: of those before them it is forgotten what they had sent."""

_Group = tuple[str | None, str, str | None, str]
"""Agent, model, provider and purpose."""


class CostFold:
    """Adds events, of one session or of many, and tells what their calls cost and why.

    ``prices`` is the user's price file. ``as_models`` are models that every call is priced with instead; without
    any, small models of each call's own provider, of which those that cost less are told.
    """

    def __init__(self, *, prices: Path | None = None, as_models: Sequence[str] = ()) -> None:
        self._repricing = Repricing(PriceBook(prices))
        self._as_models = tuple(dict.fromkeys(as_models))
        self._sessions: dict[str, _SessionCost] = {}
        self._ended: dict[str, None] = {}
        self._others: dict[tuple[str, str | None], _Other] = {(model, None): _Other(model) for model in self._as_models}

    def add(self, event: Event) -> None:
        """Take one event in."""
        session = self._sessions.get(event.session)
        if session is None:
            session = self._sessions[event.session] = _SessionCost(event.session)
        if not session.started:
            session.started = event.ts
        if event.kind != "llm.call":
            session.messages.add(event)
            if event.kind == "session.end":
                self._end(session.id)
            return
        session.add_call(event, self._repricing)
        if event.cached or (event.status == STATUS_ERROR and (event.usage is None or not event.usage.total)):
            return
        for model in self._as_models or cheaper_models(event.provider):
            key = (model, None if self._as_models else event.provider)
            other = self._others.get(key)
            if other is None:
                other = self._others[key] = _Other(model)
            other.add(event, self._repricing)

    def _end(self, session: str) -> None:
        """Remember that a session ended; a call that comes long after that has an unknown history."""
        self._ended.pop(session, None)
        self._ended[session] = None
        if len(self._ended) > _ENDED_REMEMBERED:
            oldest = next(iter(self._ended))
            del self._ended[oldest]
            self._sessions[oldest].messages = SentMessages()

    def result(self) -> CostReport:
        """Return what the events so far say."""
        whole = CostTally()
        agents: dict[str | None, CostTally] = {}
        models: dict[tuple[str, str | None], CostTally] = {}
        purposes: dict[str | None, CostTally] = {}
        sessions: list[CostPart] = []
        for session in sorted(self._sessions.values(), key=lambda session: (session.started, session.id)):
            sums = CostTally()
            for (agent, name, provider, purpose), tally in session.groups.items():
                model = session.answering_model(name, provider, tally)
                sums.merge(tally)
                agents.setdefault(agent, CostTally()).merge(tally)
                models.setdefault((model, provider), CostTally()).merge(tally)
                purposes.setdefault(purpose, CostTally()).merge(tally)
            whole.merge(sums)
            sessions.append(CostPart(session.id, sums.totals()))
        return CostReport(
            totals=whole.totals(),
            sessions=sessions,
            agents=_dearest_first(CostPart(name, tally.totals()) for name, tally in agents.items()),
            models=_dearest_first(
                CostPart(name, tally.totals(), provider) for (name, provider), tally in models.items()
            ),
            purposes=_dearest_first(CostPart(name, tally.totals()) for name, tally in purposes.items()),
            alternatives=self._alternatives(),
        )

    def _alternatives(self) -> list[Alternative]:
        found = [other.alternative(provider) for (_, provider), other in self._others.items()]
        if self._as_models:
            return found
        cheaper = [each for each in found if each.difference_usd is not None and each.difference_usd < 0]
        return sorted(cheaper, key=lambda each: (each.provider or "", each.difference_usd or 0, each.model))


class _SessionCost:
    """What is kept of one session."""

    def __init__(self, identity: str) -> None:
        self.id = identity
        self.started = ""
        self.messages = SentMessages()
        self.groups: dict[_Group, CostTally] = {}
        self._invocations: dict[str, None] = {}
        self._answered: dict[tuple[str, str | None], Counter[str]] = {}

    def answering_model(self, name: str, provider: str | None, tally: CostTally) -> str:
        """Return the model of a group: calls that failed tell what was asked for, others the version that answered."""
        names = self._answered.get((name, provider))
        return names.most_common(1)[0][0] if names and tally.has_only_failures else name

    def add_call(self, event: Event, repricing: Repricing) -> None:
        used = event.usage is not None and event.usage.total > 0
        resent = self.messages.of_call(event, paid=not event.cached and (used or event.status != STATUS_ERROR))
        model = event.model or event.request_model or UNKNOWN_MODEL
        key = (event.agent, model, event.provider, event.purpose or OWN_REPLY)
        if event.model is not None and event.request_model not in (None, event.model):
            self._answered.setdefault((event.request_model or "", event.provider), Counter())[event.model] += 1
        tally = self.groups.get(key)
        if tally is None:
            tally = self.groups[key] = CostTally()
        tally.add(event, resent, repricing, again=self._is_again(event.invocation))

    def _is_again(self, invocation: str | None) -> bool:
        """Tell whether a configuration of the invocation was called before; remembers the last of them."""
        if invocation is None:
            return False
        seen = invocation in self._invocations
        self._invocations.pop(invocation, None)
        self._invocations[invocation] = None
        if len(self._invocations) > _INVOCATIONS_REMEMBERED:
            del self._invocations[next(iter(self._invocations))]
        return seen


class _Other:
    """What calls would have cost with one other model."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._calls = self._priced = self._comparable = 0
        self._cost = self._comparable_cost = self._instead_of = Decimal(0)
        self._reasons: set[str] = set()

    def add(self, event: Event, repricing: Repricing) -> None:
        self._calls += 1
        cost = repricing.as_model(event, self._model)
        if cost.usd is None:
            self._reasons.add(cost.reason or "")
            return
        self._priced += 1
        self._cost = MONEY.add(self._cost, cost.usd)
        paid = known_cost(event)
        if paid is not None:
            self._comparable += 1
            self._comparable_cost = MONEY.add(self._comparable_cost, cost.usd)
            self._instead_of = MONEY.add(self._instead_of, paid)

    def alternative(self, provider: str | None) -> Alternative:
        difference = MONEY.subtract(self._comparable_cost, self._instead_of)
        return Alternative(
            model=self._model,
            provider=provider,
            calls=self._calls,
            cost_usd=self._cost if self._priced else None,
            unpriced_calls=self._calls - self._priced,
            reasons=sorted(self._reasons),
            compared_calls=self._comparable,
            instead_of_usd=self._instead_of if self._comparable else None,
            difference_usd=difference if self._comparable else None,
        )


def _dearest_first(parts: Iterable[CostPart]) -> list[CostPart]:
    return sorted(parts, key=_by_cost)


def _by_cost(part: CostPart) -> tuple[Decimal, int, str, str]:
    totals = part.totals.calls
    return -(totals.cost_usd or Decimal(0)), -totals.llm_calls, part.name or "", part.provider or ""
