"""Groups of runs part at the first turn that less than half of them have in common, whatever was said."""

import pytest

from ag2obs.analysis.compare.groups import divergence_of_groups
from ag2obs.analysis.compare.turns import Turn, text_of


def run(steps):
    """Return a run whose agents are named by letters, each of which says something of its own."""
    return [Turn(seq=i, kind="llm.call", agent=agent, content=text_of(f"{agent} {i}")) for i, agent in enumerate(steps)]


def test_what_was_said_does_not_part_groups():
    assert divergence_of_groups([run("abc"), run("abc")], [run("abc")[:2] + run("xxc")[2:]]) is None


@pytest.mark.parametrize(
    ("a", "b", "turn", "share"),
    [
        (["abc", "abc"], ["abd", "abd"], 3, 0.0),
        (["abc", "abd"], ["abd", "abe", "abe", "abe"], 3, 0.25),
        (["ab"], ["abc", "abcd"], 3, 0.0),
        (["abc"], ["a"], 2, 0.0),
    ],
)
def test_the_first_turn_that_few_have_in_common(a, b, turn, share):
    found = divergence_of_groups(list(map(run, a)), list(map(run, b)))
    assert (found.turn, found.common_share) == (turn, share)
    assert sum(choice.runs for choice in found.a) == len(a)
    assert sum(choice.runs for choice in found.b) == len(b)


def test_a_turn_that_half_of_them_have_in_common_does_not_part_them():
    assert divergence_of_groups([run("ab"), run("ac")], [run("ab"), run("ad")]) is None


def test_sides_are_told_by_what_most_runs_did_and_ended_runs_as_such():
    found = divergence_of_groups([run("ab"), run("ac"), run("ab"), run("a")], [run("ae")]).to_dict()
    assert [(choice["agent"], choice["runs"]) for choice in found["a"]] == [("b", 2), ("c", 1), (None, 1)]
    assert found["b"] == [{"runs": 1, "kind": "llm.call", "agent": "e", "tool": None}]


def test_nothing_is_compared_with_nothing():
    assert divergence_of_groups([], []) is None
