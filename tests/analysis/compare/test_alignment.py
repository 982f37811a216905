"""Runs that part and meet again: every turn is told once, as the same, changed, or of one run only."""

from difflib import SequenceMatcher

from hypothesis import given
from hypothesis import strategies as st

from ag2obs.analysis.compare import alignment
from ag2obs.analysis.compare.alignment import align
from ag2obs.analysis.compare.turns import Turn, text_of


def turn(text, *, agent="bot", kind="llm.call"):
    return Turn(seq=1, kind=kind, agent=agent, content=text_of(text))


def run(texts):
    return [turn(text) for text in texts]


def told(found):
    return [(difference.how, difference.a, difference.b) for difference in found.differences]


def test_a_turn_more_does_not_shift_the_rest():
    found = align(run("abcdef"), [*run("ab"), turn("x", agent="other"), *run("cdef")])
    assert (found.same, told(found)) == (6, [("only_b", None, 3)])
    found = align([*run("ab"), turn("x", kind="tool.call"), *run("cdef")], run("abcdef"))
    assert (found.same, told(found)) == (6, [("only_a", 3, None)])


def test_what_one_agent_did_otherwise_is_changed():
    found = align(run("abcdef"), run("abXdeY"))
    assert (found.same, told(found)) == (4, [("changed", 3, 3), ("changed", 6, 6)])
    assert [difference.fields for difference in found.differences] == [["content"], ["content"]]


def test_what_another_agent_did_is_not_changed_but_another_turn():
    found = align(run("abc"), [turn("a"), turn("b", agent="other"), turn("c")])
    assert told(found) == [("only_a", 2, None), ("only_b", None, 2)]


def test_runs_that_differ_over_too_many_turns_are_set_side_by_side(monkeypatch):
    monkeypatch.setattr(alignment, "MOST_ALIGNED", 3)
    found = align(run("a12345z"), run("abcdez"))
    assert not found.is_whole
    assert (found.same, found.count("changed"), found.count("only_a")) == (2, 4, 1)
    assert align(run("a123z"), run("abcz")).is_whole


def test_loops_are_not_aligned_in_every_way_there_is(monkeypatch):
    compared = []
    monkeypatch.setattr(
        alignment, "SequenceMatcher", lambda junk, a, b, autojunk: compared.append(a) or SequenceMatcher(junk, a, b)
    )
    found = align([turn(f"x{number}") for number in range(1000)], [turn(f"y{number}") for number in range(900)])
    assert (found.is_whole, found.count("changed"), found.count("only_a")) == (False, 900, 100)
    assert len(compared) == 1  # no text is the same, but every turn is one of the same agent


@given(st.lists(st.sampled_from("abcd"), max_size=12), st.lists(st.sampled_from("abcd"), max_size=12))
def test_every_turn_is_told_once(first, second):
    found = align(run(first), run(second))
    changed = found.count("changed")
    assert found.same + changed + found.count("only_a") == len(first)
    assert found.same + changed + found.count("only_b") == len(second)
    for number in ("a", "b"):
        numbers = [getattr(difference, number) for difference in found.differences if getattr(difference, number)]
        assert numbers == sorted(set(numbers))
    assert align(run(first), run(first)).differences == []
