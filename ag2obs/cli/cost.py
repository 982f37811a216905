"""``ag2obs cost``: where the money of a run went."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import click

from ag2obs.analysis.cost.cost_fold import CostFold
from ag2obs.analysis.cost.cost_types import Alternative, CostPart, CostReport, CostTotals, History
from ag2obs.analysis.summary.totals import Totals
from ag2obs.cli import wording
from ag2obs.cli.documents import print_document
from ag2obs.cli.sessions import add_sessions, sessions_argument


@click.command("cost")
@sessions_argument
@click.option(
    "--as", "as_models", multiple=True, metavar="MODEL", help="Price the same tokens with MODEL; may be repeated."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document for programs.")
def command(sessions: tuple[str, ...], as_models: tuple[str, ...], as_json: bool) -> int:
    """Show where the money went: by agent, model and purpose, for resent history, retries and caches.

    A SESSION is an id, the beginning of one, a chat id, a path, or latest (the default).

    History is what an earlier call of the same session had sent already. Its part of a call's input tokens is
    estimated by the lengths of the messages; its dollars are what the call would have cost less without it, cached
    input at the price of cached input.

    Without --as, small models of the same provider are tried, and those that would have cost less are shown. Another
    model may need other numbers of tokens for the same work.
    """
    from ag2obs.settings import Settings

    fold = CostFold(prices=Settings.from_environment().prices, as_models=as_models)
    code, missing = add_sessions(fold, sessions)
    report = fold.result()
    if report.sessions:
        if as_json:
            print_document({**report.to_dict(), "missing": missing})
        else:
            _print(report)
    return code


def _print(report: CostReport) -> None:
    for name, value in _headlines(report):
        click.echo(f"{name:<10}{value}")
    click.echo()
    if len(report.sessions) > 1:
        _print_parts("Sessions", "session", report.sessions)
    _print_parts("Agents", "agent", report.agents)
    _print_parts("Models", "model", report.models, provider=True)
    _print_parts("Purposes", "purpose", report.purposes)
    _print_alternatives(report.alternatives)


def _headlines(report: CostReport) -> Iterator[tuple[str, str]]:
    """Yield name and value of what is worth a line; what did not happen is not told."""
    totals = report.totals
    calls, history, retries = totals.calls, totals.history, totals.retries
    tokens = calls.tokens
    yield "sessions", f"{len(report.sessions):,}"
    yield "calls", f"{calls.llm_calls:,} ({calls.cached_calls:,} cached, {calls.failed_calls:,} failed)"
    yield "tokens", f"{tokens.input:,} input ({tokens.cache_read:,} cache read), {tokens.output:,} output"
    yield "cost", wording.cost_sentence(calls)
    yield "history", _history_sentence(history, calls)
    if calls.cached_calls:
        saved = "an unknown amount" if calls.saved_usd is None else wording.money(calls.saved_usd)
        yield "cache", f"AG2's cache saved {saved} with {wording.counted(calls.cached_calls, 'hit')}"
    cache = totals.prompt_cache
    if tokens.cache_read or tokens.cache_write:
        saved = "an unknown amount" if cache.saved_usd is None else _signed(cache.saved_usd)
        unknown = f" + {wording.counted(cache.unknown_calls, 'call')} of unknown rates" if cache.unknown_calls else ""
        yield "cache", f"the provider's prompt cache saved {saved}{unknown if cache.saved_usd is not None else ''}"
    if retries.http_retries or retries.failed.llm_calls or retries.again.llm_calls:
        yield "retries", _retries_sentence(totals)


def _history_sentence(history: History, calls: Totals) -> str:
    unknown = ""
    if history.unknown_calls:
        unknown = f"{wording.counted(history.unknown_calls, 'call')} of which the log does not tell what they sent"
    if not history.calls:
        return f"unknown: {unknown}" if unknown else "nothing was sent again"
    share = "" if history.share is None else f" ({history.share:.0%} of the input)"
    told = f"about {history.resent_tokens:,} tokens{share} were sent again, for about {_history_cost(history)}"
    if history.usd and calls.cost_usd and not history.unpriced_calls and calls.cost_complete:
        told += f" ({history.usd / calls.cost_usd:.0%} of the cost)"
    return f"{told}; not counted: {unknown}" if unknown else told


def _history_cost(history: History) -> str:
    if not history.calls and history.unknown_calls:
        return "unknown"
    if history.usd is None:
        return "an unknown cost"
    more = f" + {history.unpriced_calls:,} unpriced" if history.unpriced_calls else ""
    return wording.money(history.usd) + more


def _retries_sentence(totals: CostTotals) -> str:
    retries = totals.retries
    told = []
    if retries.http_retries:
        told.append(f"{wording.counted(retries.http_retries, 'HTTP request')} repeated")
    if retries.failed.llm_calls:
        told.append(f"{wording.counted(retries.failed.llm_calls, 'call')} failed ({wording.cost(retries.failed)})")
    if retries.again.llm_calls:
        again = wording.counted(retries.again.llm_calls, "call")
        told.append(f"{again} of further configurations ({wording.cost(retries.again)})")
    return ", ".join(told)


def _signed(amount: Decimal) -> str:
    return wording.money(amount) if amount >= 0 else f"-{wording.money(-amount)}"


_NUMBERS = ("calls", "failed", "again", "input", "resent", "output", "cost", "of it history", "cache saved")


def _print_parts(title: str, heading: str, parts: list[CostPart], *, provider: bool = False) -> None:
    from ag2obs.cli.tables import print_table

    print_table(
        title,
        (heading, *(("provider",) if provider else ()), *_NUMBERS),
        [
            (
                wording.printable(part.name),
                *((wording.printable(part.provider),) if provider else ()),
                *_cells(part.totals),
            )
            for part in parts
        ],
        numbers=_NUMBERS,
    )


def _cells(totals: CostTotals) -> tuple[str, ...]:
    """Return the cells under ``_NUMBERS``; what is estimated has a ``~``."""
    calls, history, cache = totals.calls, totals.history, totals.prompt_cache
    known = history.calls or not history.unknown_calls
    amounts = [amount for amount in (calls.saved_usd, cache.saved_usd) if amount is not None]
    is_unknown = cache.unknown_calls or calls.saved_usd is None
    saved = _signed(sum(amounts, Decimal(0))) + (" + ?" if is_unknown else "")
    return (
        f"{calls.llm_calls:,}",
        f"{calls.failed_calls:,}",
        f"{totals.retries.again.llm_calls:,}",
        f"{calls.tokens.input:,}",
        f"~{history.resent_tokens:,}" if known else wording.UNKNOWN,
        f"{calls.tokens.output:,}",
        wording.cost(calls),
        wording.UNKNOWN if not known or history.usd is None else f"~{_history_cost(history)}",
        saved,
    )


def _print_alternatives(alternatives: list[Alternative]) -> None:
    from ag2obs.cli.tables import print_table

    numbers = ("calls", "cost", "instead of", "difference")
    print_table(
        "The same tokens with another model",
        ("model", "calls of", *numbers, "without a price"),
        [
            (
                wording.printable(each.model),
                wording.printable(each.provider) if each.provider else "all",
                f"{each.calls:,}",
                _alternative_cost(each),
                _instead_of(each),
                wording.UNKNOWN if each.difference_usd is None else _difference(each),
                ", ".join(reason.replace("_", " ") for reason in each.reasons) or wording.UNKNOWN,
            )
            for each in alternatives
        ],
        numbers=numbers,
    )


def _alternative_cost(each: Alternative) -> str:
    if each.cost_usd is None:
        return "unknown"
    return wording.money(each.cost_usd) + (f" + {each.unpriced_calls:,} unpriced" if each.unpriced_calls else "")


def _instead_of(each: Alternative) -> str:
    """Write what the calls cost, and how many of them it is where not all have a price both ways."""
    if each.instead_of_usd is None:
        return wording.UNKNOWN
    some = "" if each.compared_calls == each.calls else f" of {wording.counted(each.compared_calls, 'call')}"
    return wording.money(each.instead_of_usd) + some


def _difference(each: Alternative) -> str:
    assert each.difference_usd is not None
    change = _signed(each.difference_usd) if each.difference_usd <= 0 else f"+{wording.money(each.difference_usd)}"
    if not each.instead_of_usd:
        return change
    return f"{change} ({each.difference_usd / each.instead_of_usd:+.0%})"
