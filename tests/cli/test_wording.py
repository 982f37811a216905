from decimal import Decimal

import pytest

from ag2obs.analysis.summary.totals import Tally
from ag2obs.cli import wording
from ag2obs.events import Accounting, Usage


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("0", "$0"),
        ("0.0000012345", "$0.000001234"),
        ("0.001575", "$0.001575"),
        ("0.00157549", "$0.001575"),
        ("0.5", "$0.5"),
        ("0.99999", "$1"),
        ("1.005", "$1.00"),
        ("12.345", "$12.34"),
        ("1234567.891", "$1,234,567.89"),
    ],
)
def test_money_is_short_but_never_zero_for_something(amount, written):
    assert wording.money(Decimal(amount)) == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (None, "-"),
        (0.0, "0 ms"),
        (0.000354, "0.354 ms"),
        (0.85, "850 ms"),
        (0.9999, "1.0 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 0 s"),
        (192, "3 min 12 s"),
        (3599.9, "1 h 0 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_durations_have_the_unit_that_fits(seconds, written):
    assert wording.duration(seconds) == written


def totals_of(priced, unpriced):
    tally = Tally()
    for cost in priced:
        tally.add_call(Accounting(kind="llm.call", usage=Usage(input=1), cost_usd=Decimal(cost)))
    for model in unpriced:
        tally.add_call(Accounting(kind="llm.call", model=model, usage=Usage(input=1)))
    return tally.totals()


@pytest.mark.parametrize(
    ("priced", "unpriced", "short", "sentence"),
    [
        ([], [], "$0", "$0"),
        (["0"], [], "$0", "$0"),
        (["0.0016"], ["my-model"] * 2, "$0.0016 + 2 unpriced", "$0.0016 + 2 calls unpriced (my-model)"),
        (["0"], ["m"], "$0 + 1 unpriced", "$0 + 1 call unpriced (m)"),
        ([], ["b", "a"], "unknown", "cost unknown: 2 calls unpriced (a, b)"),
        ([], list("edcba"), "unknown", "cost unknown: 5 calls unpriced (a, b, c and 2 more)"),
    ],
)
def test_a_cost_says_what_it_does_not_know(priced, unpriced, short, sentence):
    totals = totals_of(priced, unpriced)
    assert wording.cost(totals) == short
    assert wording.cost_sentence(totals) == sentence


def test_text_of_a_log_cannot_command_a_terminal():
    assert wording.printable("a\x1b[31mb\r\n\u202ec\x9bé漢") == "a [31mb   c é漢"
    assert wording.printable(None) == wording.printable("") == "-"


def test_cut_text_says_that_it_is_cut():
    assert wording.cut("abcdefghij", 10) == "abcdefghij"
    assert wording.cut("abcdefghijk", 10) == "abcdefg..."


def test_a_time_that_is_none_is_shown_as_it_is():
    assert wording.local_time(None) == "-"
    assert wording.local_time("yesterday\x1b") == "yesterday "
    assert len(wording.local_time("2026-11-21T08:00:00.000000Z")) == len("2026-11-21 08:00:00")
