"""The checks of installed frameworks, on installations made of folders."""

import pytest

from ag2obs.doctor import Status, installations
from ag2obs.doctor.distributions import owners_of, version_of

FILES = ("autogen/__init__.py", "autogen/oai/client.py", "autogen/__pycache__/x.cpython-311.pyc")
V1_FILES = ("ag2/__init__.py", "ag2/agent.py")


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
    result, other = installations.folders(path)
    assert (result.status, result.fix) == (Status.OK, None)
    assert (other.status, other.sentence) == (Status.OK, "AG2 v1 is not installed, and need not be")
    (result,) = installations.versions(path)
    assert (result.status, result.sentence) == (Status.OK, "autogen 0.14.1 (AG2 Classic) is supported")


def test_two_owners_are_a_problem(install):
    install("ag2", "0.14.0")
    result, _ = installations.folders(install("autogen", "0.14.1"))
    assert result.status is Status.PROBLEM
    assert "ag2 0.14.0 and autogen 0.14.1 own the same folder" in result.sentence
    assert result.fix == "pip uninstall -y ag2 && pip install --force-reinstall --no-deps autogen"


def test_a_folder_that_an_uninstall_has_broken(install):
    install("ag2", "1.2.1", V1_FILES, remove=V1_FILES[:1])
    path = install("autogen", "0.14.1", remove=FILES)
    classic, v1 = installations.folders(path)
    assert classic.status is v1.status is Status.PROBLEM
    assert "broken: 2 of its files are not there" in classic.sentence
    assert classic.fix == "pip install --force-reinstall --no-deps autogen"
    assert "the folder 'ag2' (ag2 1.2.1) is broken: 1 of its files are not there" in v1.sentence
    assert v1.fix == "pip install --force-reinstall --no-deps ag2"


def test_no_framework_is_a_warning(tmp_path):
    (result,) = installations.folders([str(tmp_path)])
    assert (result.check, result.status, result.fix) == ("frameworks", Status.WARNING, "pip install ag2==1.2.1")
    assert list(installations.versions([str(tmp_path)])) == []
    assert version_of("ag2", [str(tmp_path)]) is None


def test_v1_without_classic_lacks_nothing(install):
    path = install("ag2", "1.0.0", V1_FILES)
    classic, v1 = installations.folders(path)
    assert (classic.check, classic.status, classic.fix) == ("autogen", Status.OK, None)
    assert (v1.status, v1.sentence) == (Status.OK, "the folder 'ag2' belongs to ag2 1.0.0 and is whole")
    (result,) = installations.versions(path)
    assert (result.status, result.sentence) == (Status.OK, "ag2 1.0.0 (AG2 v1) is supported")


def test_both_frameworks_are_told_side_by_side(install):
    install("autogen", "0.14.1")
    path = install("ag2", "1.2.1", V1_FILES)
    assert [(each.check, each.status) for each in installations.folders(path)] == [
        ("autogen", Status.OK),
        ("ag2", Status.OK),
    ]
    assert [each.status for each in installations.versions(path)] == [Status.OK, Status.OK]


@pytest.mark.parametrize(
    ("name", "version", "files", "fix"),
    [
        ("ag2", "0.9.10", FILES, None),
        ("ag2", "0.9.9", FILES, "pip install -U 'ag2<1'"),
        ("autogen", "0.9.9", FILES, "pip install autogen==0.14.1"),
        ("pyautogen", "0.2.35", FILES, "pip uninstall -y pyautogen && pip install autogen==0.14.1"),
        ("autogen", "0.15.0", FILES, "pip install -U ag2obs"),
        ("ag2", "1.1.2", V1_FILES, None),
        ("ag2", "1.3.0", V1_FILES, "pip install -U ag2obs"),
    ],
)
def test_versions_that_are_not_tested_are_told(install, name, version, files, fix):
    (result,) = installations.versions(install(name, version, files))
    assert result.status is (Status.OK if fix is None else Status.WARNING)
    assert result.fix == fix
