"""The checks of the hooks, on a framework of our own and on AG2 v1."""

import importlib
import inspect
import sys
import types

import pytest

from ag2obs.adapters import registry
from ag2obs.adapters.patches import replaced_names
from ag2obs.doctor import Status, frameworks
from ag2obs.errors import AdapterUnavailable


@pytest.fixture
def framework(monkeypatch):
    """Put a framework of our own in the table, whose adapter remembers what happens to it."""
    happened = []

    class Adapter:
        def install(self):
            happened.append("install")
            if module.broken:
                raise AdapterUnavailable("it does not fit")

        def uninstall(self):
            happened.append("uninstall")

    module = types.ModuleType("pretended")
    module.broken = False
    module.__spec__ = types.SimpleNamespace(name="pretended")
    monkeypatch.setitem(sys.modules, "pretended", module)
    monkeypatch.setattr(frameworks, "FRAMEWORKS", {"pretended": Adapter, "missing": Adapter, "missing.part": Adapter})
    return module, happened


def test_hooks_are_put_in_and_taken_out(framework):
    (result,) = frameworks.hooks()
    assert (result.status, framework[1]) == (Status.OK, ["install", "uninstall"])


def test_hooks_that_do_not_fit_are_a_problem(framework):
    framework[0].broken = True
    (result,) = frameworks.hooks()
    assert (result.status, result.sentence) == (Status.PROBLEM, "it does not fit")


def test_what_is_left_replaced_is_told(monkeypatch):
    from ag2obs.adapters.patches import Patches

    class Thread:
        def start(self):
            pass

    module = types.ModuleType("left")
    module.Thread = Thread
    monkeypatch.setitem(sys.modules, "left", module)
    monkeypatch.setattr(frameworks, "_PATCHED", (("left", "Thread"), ("not_imported", "Any")))
    patches = Patches()
    patches.replace(Thread, "start", lambda original: lambda self: original(self))
    (result,) = frameworks.patches()
    assert result.status is Status.WARNING
    assert "Thread.start" in result.sentence
    patches.restore()
    assert next(frameworks.patches()).status is Status.OK


def test_every_framework_that_is_observed_has_its_hooks_tried():
    assert frameworks.FRAMEWORKS is registry.FRAMEWORKS


@pytest.fixture
def v1(monkeypatch):
    """Leave AG2 v1 alone in the table; return its agent."""
    agent = pytest.importorskip("ag2.agent").Agent
    parts = {name: new for name, new in registry.FRAMEWORKS.items() if name.startswith("ag2")}
    monkeypatch.setattr(frameworks, "FRAMEWORKS", parts)
    return agent


def test_the_hooks_of_v1_fit_and_leave_nothing(v1):
    told = [(result.status, result.sentence) for result in frameworks.hooks()]
    names = ("ag2", "ag2.network", "ag2.live")
    assert told == [(Status.OK, f"the hooks of {name} go in and out again") for name in names]
    assert next(frameworks.patches()).status is Status.OK


def test_what_is_replaced_in_v1_is_looked_through_for_remains(v1):
    watched = {row for row in frameworks._PATCHED if row[0].startswith("ag2")}
    owners = {getattr(importlib.import_module(module), name) for module, name in watched}
    adapters = [new() for new in frameworks.FRAMEWORKS.values()]
    for adapter in adapters:
        adapter.install()
    try:
        replaced = {
            kind
            for module in [sys.modules[name] for name in sys.modules if name.split(".")[0] == "ag2"]
            for kind in vars(module).values()
            if inspect.isclass(kind) and kind.__module__.startswith("ag2.") and replaced_names(kind)
        }
    finally:
        for adapter in adapters:
            adapter.uninstall()
    assert replaced
    assert replaced <= owners


def test_a_version_of_v1_that_is_observed_in_part_is_told(v1, monkeypatch):
    monkeypatch.setattr(v1, "_turn_scope", lambda self, event, **others: None)
    (result, *_) = frameworks.hooks()
    assert result.status is Status.WARNING
    assert "_turn_scope of this ag2 is not as known" in result.sentence
    assert result.fix == "pip install ag2==1.2.1"


def test_a_version_of_v1_that_cannot_be_observed_is_a_problem(v1, monkeypatch):
    monkeypatch.setattr("ag2.context.ConversationContext.send", None)
    (result, *others) = frameworks.hooks()
    assert (result.status, result.fix) == (Status.PROBLEM, "pip install ag2==1.2.1")
    assert "versions 1.0.0 to 1.2.1 can" in result.sentence
    assert {other.status for other in others} == {Status.OK}
