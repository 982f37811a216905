"""The checks of frameworks, on installations made of folders."""

import sys
import types

import pytest

from ag2obs.adapters import registry
from ag2obs.doctor import Status, frameworks
from ag2obs.doctor.distributions import owners_of, version_of
from ag2obs.errors import AdapterUnavailable

FILES = ("autogen/__init__.py", "autogen/oai/client.py", "autogen/__pycache__/x.cpython-311.pyc")


@pytest.fixture
def install(tmp_path):
    """Return what installs a distribution that owns files of ``autogen``, and the folder it does so in."""

    def install(name, version, files=FILES, remove=()):
        info = tmp_path / f"{name}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        own = [*files, f"{info.name}/METADATA", f"{info.name}/RECORD"]
        (info / "RECORD").write_text("".join(f"{file},,\n" for file in own))
        for file in files:
            path = tmp_path / file
            path.parent.mkdir(parents=True, exist_ok=True)
            if file not in remove and not file.endswith(".pyc"):
                path.write_text("")
        return [str(tmp_path)]

    return install


def test_one_owner_of_a_whole_folder(install):
    path = install("autogen", "0.14.1")
    (owner,) = owners_of("autogen", path)
    assert (owner.name, owner.version, owner.files, owner.missing) == ("autogen", "0.14.1", 2, 0)
    (result,) = frameworks.autogen_folder(path)
    assert (result.status, result.fix) == (Status.OK, None)
    (result,) = frameworks.versions(path)
    assert (result.status, result.sentence) == (Status.OK, "autogen 0.14.1 is supported")


def test_two_owners_are_a_problem(install):
    install("ag2", "0.14.0")
    (result,) = frameworks.autogen_folder(install("autogen", "0.14.1"))
    assert result.status is Status.PROBLEM
    assert "ag2 0.14.0 and autogen 0.14.1 own the same folder" in result.sentence
    assert result.fix == "pip uninstall -y ag2 && pip install --force-reinstall --no-deps autogen"


def test_a_folder_that_an_uninstall_has_broken(install):
    install("ag2", "1.2.1", files=("ag2/__init__.py",))
    path = install("autogen", "0.14.1", remove=FILES)
    (result,) = frameworks.autogen_folder(path)
    assert result.status is Status.PROBLEM
    assert "broken: 2 of its files are not there" in result.sentence
    assert result.fix == "pip install --force-reinstall --no-deps autogen"


def test_no_framework_is_a_warning(tmp_path):
    (result,) = frameworks.autogen_folder([str(tmp_path)])
    assert (result.status, result.fix) == (Status.WARNING, "pip install autogen==0.14.1")
    assert list(frameworks.versions([str(tmp_path)])) == []
    assert version_of("ag2", [str(tmp_path)]) is None


@pytest.mark.parametrize(
    ("name", "version", "status"),
    [
        ("ag2", "0.9.10", Status.OK),
        ("ag2", "0.9.9", Status.WARNING),
        ("pyautogen", "0.2.35", Status.WARNING),
        ("autogen", "0.15.0", Status.WARNING),
    ],
)
def test_versions_that_are_not_tested_are_told(install, name, version, status):
    (result,) = frameworks.versions(install(name, version))
    assert result.status is status
    assert (result.fix is None) == (status is Status.OK)


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
    monkeypatch.setattr(frameworks, "FRAMEWORKS", {"pretended": Adapter, "missing_framework": Adapter})
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
