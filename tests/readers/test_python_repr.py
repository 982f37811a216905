import enum
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ag2obs.readers.python_repr import CLASS, DEEPEST, read_repr

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(PLAIN)
def test_plain_data_comes_back(value):
    assert read_repr(repr(value)) == value


@dataclass
class Point:
    x: int
    label: str
    rest: object = None


class Colour(enum.Enum):
    RED = "a>b'"


def test_objects_are_dictionaries_and_what_is_no_data_is_nothing():
    text = repr(SimpleNamespace(a=Point(1, 'it\'s "x"', (2, None)), b=Colour.RED, c=len, d=b"\\", e=-1.5e3, f=[Point]))
    assert read_repr(text) == {
        CLASS: "namespace",
        "a": {CLASS: "Point", "x": 1, "label": 'it\'s "x"', "rest": [2, None]},
        "b": None,
        "c": None,
        "d": "\\",
        "e": -1500.0,
        "f": [None],
    }


@given(PLAIN, st.data())
def test_text_that_is_cut_anywhere_is_read_as_far_as_it_goes(value, data):
    text = repr({"first": 1, "value": value})
    cut = read_repr(text[: data.draw(st.integers(11, len(text)))])
    assert cut["first"] == 1


@given(st.text(alphabet="()[]{}<>,:='\"\\ abf1.-", max_size=300))
def test_no_text_stops_it(text):
    read_repr(text)


@pytest.mark.parametrize("piece", ["(", "[", "F(a=", "{'a':", "<", "'\\x", "<'", "a.", "1", "-", "F(", "[]", "(1,"])
def test_hostile_text_is_read_in_time_that_grows_with_its_length(piece):
    read_repr(piece * (300_000 // len(piece)))  # quadratic time would be minutes


def test_depth_is_bounded():
    found, depth = read_repr("[" * 10_000), 0
    while found:
        found, depth = found[0], depth + 1
    assert depth < DEEPEST + 2
