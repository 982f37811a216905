import asyncio
import collections
import contextvars
import dataclasses
import datetime
import enum
import functools
import gc
import io
import pathlib
import re
import socket
import sys
import threading
import types
import uuid
import warnings
import weakref
from decimal import Decimal
from unittest import mock

import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ag2obs.encoding import DEFAULT, HIDDEN, MASK, Limits, _first, plain

SMALL = Limits(text=50, total=400, nodes=60, depth=6)


def encoded(value, **options):
    return msgspec.json.encode(plain(value, **options))


def bound(limits):
    return 6 * limits.total + 200 * limits.nodes + 5000


class Color(enum.Enum):
    RED = 1


class Level(enum.IntEnum):
    HIGH = 3


class Role(enum.StrEnum):
    USER = "user"


@dataclasses.dataclass
class Point:
    x: int
    label: str = "p"
    password: str = dataclasses.field(default="hunter2", repr=False)


@dataclasses.dataclass(slots=True)
class Slotted:
    a: int
    b: object = None


class Struct(msgspec.Struct):
    a: int
    b: list[int] = []


class Model(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    name: str
    inner: Point | None = None
    hidden: str = pydantic.Field(default="hunter2", repr=False)

    @pydantic.field_serializer("name")
    def explode(self, value):
        raise AssertionError("a serializer of the user was called")


class Pair(collections.namedtuple("Pair", "left right")):
    __slots__ = ()


class Hostile:
    """Raises from everything that an encoder might call."""

    def __getattribute__(self, name):
        raise AssertionError(f"{name} was read")

    def _raise(self, *_):
        raise AssertionError("a method was called")

    __repr__ = __str__ = __len__ = __iter__ = __bool__ = __hash__ = __eq__ = _raise
    __getitem__ = __contains__ = __format__ = __bytes__ = __index__ = __float__ = _raise


class HostileMeta(type):
    def __getattribute__(cls, name):
        raise AssertionError(f"{name} of the class was read")

    def __instancecheck__(cls, instance):
        raise AssertionError("the class was asked for its instances")

    def __hash__(cls):
        raise AssertionError("the class was hashed")


class HostileKind(metaclass=HostileMeta):
    pass


class HostileDict(dict):
    items = keys = values = copy = __iter__ = __len__ = __getitem__ = Hostile._raise


class HostileList(list):
    copy = __iter__ = __len__ = __getitem__ = Hostile._raise


class HostileStr(str):
    __str__ = __repr__ = __len__ = __iter__ = encode = isascii = Hostile._raise


class HostileInt(int):
    __int__ = __index__ = __str__ = __repr__ = __lt__ = __le__ = __eq__ = Hostile._raise
    __hash__ = None


class HostileError(Exception):
    __str__ = __repr__ = Hostile._raise


class BadZone(datetime.tzinfo):
    def utcoffset(self, moment):
        raise ValueError("no offset")


def a_cycle():
    one = {"name": "one"}
    one["self"] = one
    one["list"] = [one, (one,)]
    return one


def generator():
    raise AssertionError("a generator was started")
    yield


def deep(levels):
    value = "bottom"
    for level in range(levels):
        value = [value] if level % 2 else {"k": value}
    return value


def wide(levels):
    value = ["x" * 10] * 10
    for _ in range(levels):
        value = [value] * 10
    return value


NASTY = {
    "hostile": Hostile,
    "hostile in a list": lambda: [1, Hostile(), {"k": Hostile()}],
    "hostile class": lambda: HostileKind,
    "instance of a hostile class": lambda: type.__call__(HostileKind),
    "hostile dict": lambda: HostileDict(a=1),
    "hostile list": lambda: HostileList([1]),
    "hostile str": lambda: HostileStr("x"),
    "hostile int": lambda: [HostileInt(5)],
    "hostile exception": lambda: HostileError("told", Hostile()),
    "hostile key": lambda: {object(): 1, (1, object()): 2, None: 3, 1.5: 4, True: 5, b"x": 6, Color.RED: 7},
    "hostile zone": lambda: datetime.datetime(2026, 1, 1, tzinfo=BadZone()),
    "mock": lambda: mock.MagicMock(),
    "mock with a spec": lambda: mock.MagicMock(spec=dict),
    "lambda": lambda: lambda: 1,
    "builtin function": lambda: len,
    "method": lambda: "".join,
    "partial": lambda: functools.partial(len, "secret"),
    "partial of an object": lambda: functools.partial(mock.MagicMock()),
    "module": lambda: sys,
    "lock": threading.Lock,
    "thread": threading.current_thread,
    "thread local": threading.local,
    "context": contextvars.copy_context,
    "stream": io.StringIO,
    "generator": generator,
    "frame": sys._getframe,
    "weak proxy": lambda: weakref.proxy(threading.current_thread()),
    "dead weak proxy": lambda: weakref.proxy(threading.Event()),
    "mapping proxy": lambda: types.MappingProxyType({"a": 1}),
    "environment": lambda: __import__("os").environ,
    "namespace": lambda: types.SimpleNamespace(a=1),
    "released memory": lambda: [view := memoryview(b"x"), view.release()],
    "memory": lambda: memoryview(b"xyz"),
    "bytes": lambda: b"\xff" * 1000,
    "surrogates": lambda: ["\ud800", {"\udfff": "\ud83d\ude00"}, "x" * 100 + "\ud800"],
    "not finite": lambda: [float("nan"), float("inf"), -float("inf"), Decimal("NaN"), complex("nan")],
    "integers": lambda: [2**63, -(2**63) - 1, 2**64, 10**5000, -(10**50), True],
    "huge decimal": lambda: Decimal("1" * 5000),
    "cycle": a_cycle,
    "deep": lambda: deep(500),
    "deep keys": lambda: {(((((((((1,),),),),),),),),): 1},
    "wide": lambda: wide(6),
    "many keys": lambda: {str(number): number for number in range(100_000)},
    "many items": lambda: list(range(100_000)),
    "big set": lambda: set(range(100_000)),
    "long text": lambda: "x" * 5_000_000,
    "long text that is not ascii": lambda: "\u20ac\0" * 2_000_000,
    "long keys": lambda: {"k" * 5000 + str(number): 1 for number in range(1000)},
    "many keys that are not short": lambda: {"k" * 400 + str(number): 1 for number in range(1000)},
    "control characters": lambda: ["\0" * 1000] * 100,
    "long type name": lambda: [type("T" * 10_000, (), {})()] * 1000,
    "class without module": lambda: type("T", (), {"__module__": Hostile()}),
    "fields that are no fields": lambda: type("T", (), {"__dataclass_fields__": {"a": Hostile(), 1: 2}})(),
    "fields of an empty instance": lambda: object.__new__(Point),
    "struct class": lambda: [Struct, Point, Model, Role, int],
    "chain": lambda: collections.ChainMap({"a": 1}),
    "counter": lambda: collections.Counter("aab"),
    "deque": lambda: collections.deque([1, 2], maxlen=5),
    "range": lambda: range(10**15),
    "ellipsis": lambda: [..., NotImplemented, slice(1)],
    "exceptions": lambda: ExceptionGroup("group", [ValueError(1), KeyError("k")]),
    "exception that holds itself": lambda: (error := ValueError(), setattr(error, "args", (error,)))[0],
}


@pytest.mark.parametrize("limits", [DEFAULT, SMALL], ids=["default", "small"])
@pytest.mark.parametrize("name", NASTY)
def test_nasty_objects_encode_within_bounds(name, limits):
    value = NASTY[name]()
    result = plain(value, limits=limits)
    assert type(result) in (str, int, float, bool, dict, list, type(None))
    assert len(msgspec.json.encode(result)) <= bound(limits)


leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(alphabet=st.characters(categories=None)),
    st.binary(),
    st.decimals(),
    st.uuids(),
    st.datetimes(),
    st.timedeltas(),
    st.complex_numbers(),
    st.sampled_from([Color.RED, Level.HIGH, Role.USER, int, len]),
    st.none().map(lambda _: HostileDict(a=1)),
    st.builds(ValueError, st.text()),
)
keys = st.one_of(
    st.text(alphabet=st.characters(categories=None)),
    st.integers(),
    st.none(),
    st.tuples(st.text(), st.integers()),
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner),
        st.tuples(inner, inner),
        st.dictionaries(keys, inner),
        st.builds(Pair, inner, inner),
        st.builds(collections.deque, st.lists(inner)),
        st.builds(Slotted, st.integers(), inner),
    ),
    max_leaves=30,
)


@given(values, st.builds(Limits, *(st.integers(0, 60) for _ in range(4))))
def test_anything_encodes_within_any_limits(value, limits):
    assert len(encoded(value, limits=limits)) <= bound(limits)
    assert len(encoded(value)) <= bound(DEFAULT)


json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(),
    ),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    max_leaves=20,
)


@given(json_values)
def test_json_data_comes_out_as_it_went_in(value):
    assert plain(value) == value
    assert plain(plain(value)) == value


def test_a_string_that_needs_no_change_is_not_copied():
    for text in ("x" * 2048, "\u20ac uro", ""):
        assert plain(text) is text
        assert plain({"content": text})["content"] is text


def test_containers_are_copies():
    inner = [1]
    message = {"content": inner}
    result = plain(message)
    inner.append(2)
    message["role"] = "user"
    assert result == {"content": [1]}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
        (2**63 - 1, 2**63 - 1),
        (2**63, "9223372036854775808"),
        (10**5000, "<int: 16610 bits>"),
        (Decimal("0.10"), "0.10"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC), "2026-01-02T00:00:00+00:00"),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        (datetime.timedelta(seconds=90), "0:01:30"),
        (pathlib.PurePosixPath("/a/b"), "/a/b"),
        (Color.RED, "Color.RED"),
        (Level.HIGH, 3),
        (Role.USER, "user"),
        ({Role.USER: 1}, {"user": 1}),
        (b"abc", "<bytes: 3>"),
        ((1, (2,)), [1, [2]]),
        (Pair(1, 2), [1, 2]),
        ({"b", "a", "c"}, ["a", "b", "c"]),
        ({1: "a", "1": "b"}, {"1": "a", "1#1": "b"}),
        ({("a", 1): 2}, {"(a, 1)": 2}),
        (HostileDict(a=1), {"a": 1}),
        (HostileList([1]), [1]),
        (HostileStr("x"), "x"),
        (Slotted(1, [2]), {"a": 1, "b": [2]}),
        (Struct(1, [2]), {"a": 1, "b": [2]}),
        (Point(1), {"x": 1, "label": "p", "password": HIDDEN}),
        (ValueError("wrong", 3), {"type": "ValueError", "message": "wrong, 3"}),
        (len, "<function: len>"),
        (functools.partial(len, "secret"), "<partial: len>"),
        (sys, "<module>"),
        (uuid.UUID, "<class: uuid.UUID>"),
        (mock.MagicMock(), "<unittest.mock.MagicMock>"),
        ("\ud83d\ude00 \ud800", "\N{GRINNING FACE} \N{REPLACEMENT CHARACTER}"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_becomes_of(value, expected):
    assert plain(value) == expected


def test_hostile_objects_are_named_by_their_type_without_running_them():
    assert plain([Hostile()]) == ["<test_encoding.Hostile>"] or re.fullmatch(r"<.*\.Hostile>", plain(Hostile()))


def test_a_model_is_read_without_its_serializers_and_with_its_extra_fields():
    model = Model(name="n", inner=Point(1), more=[1])
    assert plain(model) == {
        "name": "n",
        "inner": {"x": 1, "label": "p", "password": HIDDEN},
        "hidden": HIDDEN,
        "more": [1],
    }


def test_a_model_built_without_validation_shows_what_it_holds():
    assert plain(Model.model_construct()) == {"inner": None, "hidden": HIDDEN}


def test_a_secret_type_shows_nothing():
    assert plain({"key": pydantic.SecretStr("hunter2")}) == {"key": "<pydantic.types.SecretStr>"}


def test_cycles_and_depth_are_marked_and_repeats_are_not():
    assert plain(a_cycle()) == {"name": "one", "self": "<cycle>", "list": ["<cycle>", ["<cycle>"]]}
    shared = {"a": 1}
    assert plain([shared, shared]) == [{"a": 1}, {"a": 1}]
    assert plain([[[[1]]]], limits=Limits(depth=3)) == [[["<depth>"]]]


def test_what_is_cut_says_how_much():
    limits = Limits(text=5, nodes=4)
    assert plain("x" * 5, limits=limits) == "xxxxx"
    assert plain("ab c" + "x" * 50_000_000, limits=limits) == "ab...[cut: 50000004 characters]"
    assert plain(list(range(10)), limits=limits) == [0, 1, 2, "<cut: 7 more>"]
    assert plain(dict.fromkeys("abcdefghij", 1), limits=limits) == {"a": 1, "b": 1, "c": 1, "<cut>": "7 more"}


def test_all_strings_together_are_bounded():
    result = plain(["x x x x x "] * 10, limits=Limits(total=25))
    # Cut before a word, never through one: it may be a secret.
    assert sum(text.count("x") for text in result) == 13
    assert len(result) == 10


def test_of_a_long_run_without_spaces_as_much_is_cut_as_a_secret_may_have():
    result = plain("x" * 20_000, limits=Limits(text=10_000))
    assert result == "x" * (10_000 - 4_096) + "...[cut: 20000 characters]"


def test_generators_and_coroutines_are_neither_consumed_nor_left_warning():
    numbers = (number for number in range(3))

    async def work():
        raise AssertionError("a coroutine was started")

    coroutine = work()
    assert plain([numbers, coroutine]) == ["<generator>", "<coroutine>"]
    assert list(numbers) == [0, 1, 2]
    coroutine.close()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gc.collect()


def test_sockets_files_and_loops_are_markers(tmp_path):
    loop = asyncio.new_event_loop()
    with socket.socket() as sock, open(tmp_path / "f", "w") as file:
        assert plain([sock, file]) == ["<socket.socket>", "<_io.TextIOWrapper>"]
    assert plain(loop).startswith("<asyncio.")
    loop.close()


def test_sensitive_names_are_masked_wherever_they_are():
    def sensitive(name):
        return name in ("api_key", "pins", "pin", "label")

    value = {
        "api_key": "hunter2",
        "list": [{"api_key": b"hunter2"}, Point(1, "hunter2")],
        "pins": [1, 2],
        "pin": 1234,
        "name": "api_key",
    }
    assert plain(value, mask_name=sensitive) == {
        "api_key": MASK,
        "list": [{"api_key": MASK}, {"x": 1, "label": MASK, "password": HIDDEN}],
        "pins": MASK,
        "pin": MASK,
        "name": "api_key",
    }


@pytest.mark.parametrize("nothing", ["", None, True, False, [], {}])
def test_nothing_under_a_sensitive_name_stays_visible(nothing):
    assert plain({"api_key": nothing}, mask_name=lambda name: True) == {"api_key": nothing}


def test_an_object_under_a_sensitive_name_is_entered():
    assert plain({"auth": {"user": "me"}}, mask_name=lambda name: name == "auth") == {"auth": {"user": "me"}}


def test_a_mask_that_fails_masks():
    def fails(name):
        raise ValueError

    assert plain({"a": "hunter2"}, mask_name=fails) == {"a": MASK}


def test_long_sensitive_values_are_masked_not_cut():
    result = plain(
        {"api_key": "k" * 100, "after": "x"}, mask_name=lambda name: name == "api_key", limits=Limits(text=10)
    )
    assert result == {"api_key": MASK, "after": "x"}


def test_containers_that_another_thread_changes():
    data = {str(number): number for number in range(500)}
    numbers = set(range(500))
    queue = collections.deque(range(500))
    stop = threading.Event()

    def change():
        turn = 0
        while not stop.is_set():
            turn += 1
            data[f"new{turn}"] = turn
            numbers.add(1000 + turn)
            queue.append(turn)
            if turn % 100 == 0:
                for name in [name for name in data if name.startswith("new")]:
                    del data[name]
                numbers.difference_update(range(1000, 1001 + turn))
                queue.clear()

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    thread = threading.Thread(target=change)
    thread.start()
    try:
        for _ in range(200):
            result = plain([data, numbers, queue], limits=Limits(nodes=10_000))
            assert len(result[0]) >= 500
            assert len(result[1]) >= 500
            assert isinstance(result[2], list)
    finally:
        stop.set()
        thread.join()
        sys.setswitchinterval(interval)


def test_a_container_that_changed_while_it_was_read_is_read_again():
    tries = iter([RuntimeError("changed size during iteration"), RuntimeError("mutated"), [1, 2, 3]])

    def items():
        found = next(tries)
        if isinstance(found, RuntimeError):
            raise found
        return found

    assert _first(items, 2) == [1, 2]


def test_near_the_end_of_the_stack_it_still_returns():
    def descend():
        try:
            return descend()
        except RecursionError:
            return plain({"a": {"b": [1]}})

    result = descend()
    assert msgspec.json.encode(result)
