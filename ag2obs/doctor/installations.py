"""AG2 Classic and AG2 v1 as they are installed: whole, and of a version whose hooks are known?"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ag2obs.doctor.distributions import Owner, owners_of
from ag2obs.doctor.result import Result, Status

Version = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Framework:
    """A framework that is observed, the folder it is imported from, and what is known of it."""

    name: str
    folder: str
    distribution: str
    """What pip installs it from; Classic came from others, too, ``ag2`` before 1.0 among them."""
    oldest: Version
    newest: Version
    """The versions between which the hooks are known to be the same; the tests run the newest."""
    oldest_tested: str
    newest_tested: str

    @property
    def install(self) -> str:
        """The command that installs the newest version that is tested."""
        return f"pip install {self.newest_tested.replace(' ', '==')}"

    @property
    def reinstall(self) -> str:
        """The command that brings back the files of its folder, and nothing else."""
        return f"pip install --force-reinstall --no-deps {self.distribution}"


CLASSIC = Framework("AG2 Classic", "autogen", "autogen", (0, 9, 10), (0, 14, 1), "ag2 0.9.10", "autogen 0.14.1")
V1 = Framework("AG2 v1", "ag2", "ag2", (1, 0, 0), (1, 2, 1), "ag2 1.0.0", "ag2 1.2.1")
FRAMEWORKS = (CLASSIC, V1)


def folders(search_path: Sequence[str] | None = None) -> Iterator[Result]:
    """Tell of each framework who owns its folder and whether all of it is there; one of the two is enough."""
    installed = {framework: owners_of(framework.folder, search_path) for framework in FRAMEWORKS}
    if not any(installed.values()):
        sentence = "neither AG2 v1 nor AG2 Classic is installed, so there is nothing to observe"
        yield Result("frameworks", Status.WARNING, sentence, V1.install)
    for framework, owners in installed.items():
        if owners:
            yield _folder(framework, owners)
        elif search_path is None and importlib.util.find_spec(framework.folder) is not None:
            sentence = f"the folder '{framework.folder}' belongs to no installed distribution: a remainder, or your own"
            yield Result(framework.folder, Status.WARNING, sentence, framework.install)
        elif any(installed.values()):
            yield Result(framework.folder, Status.OK, f"{framework.name} is not installed, and need not be")


def _folder(framework: Framework, owners: list[Owner]) -> Result:
    folder = framework.folder
    names = " and ".join(f"{owner.name} {owner.version}" for owner in owners)
    missing = max(owner.missing for owner in owners)
    if missing:
        sentence = f"the folder '{folder}' ({names}) is broken: {missing:,} of its files are not there"
        return Result(folder, Status.PROBLEM, sentence, framework.reinstall)
    if len(owners) > 1:
        others = " ".join(owner.name for owner in owners if owner.name != framework.distribution)
        sentence = f"{names} own the same folder '{folder}': it is as whichever came last, and breaks with either"
        return Result(folder, Status.PROBLEM, sentence, f"pip uninstall -y {others} && {framework.reinstall}")
    return Result(folder, Status.OK, f"the folder '{folder}' belongs to {names} and is whole")


def versions(search_path: Sequence[str] | None = None) -> Iterator[Result]:
    """Tell whether the versions that are installed are among those whose hooks are known."""
    for framework in FRAMEWORKS:
        for owner in owners_of(framework.folder, search_path):
            yield _version(framework, owner)


def _version(framework: Framework, owner: Owner) -> Result:
    name = f"{owner.name} {owner.version} ({framework.name})"
    version = tuple(int(part) for part in re.findall(r"\d+", owner.version)[:3])
    if version < framework.oldest:
        sentence = f"{name} is older than what is tested ({framework.oldest_tested}); its hooks may be the same"
        return Result("version", Status.WARNING, sentence, _newer(framework, owner))
    if version > framework.newest:
        sentence = f"{name} is newer than what is tested ({framework.newest_tested}); its hooks may be the same"
        return Result("version", Status.WARNING, sentence, "pip install -U ag2obs")
    return Result("version", Status.OK, f"{name} is supported")


def _newer(framework: Framework, owner: Owner) -> str:
    """Return the command that brings a tested version: not ``-U``, by which ``ag2`` becomes v1, without ``autogen``."""
    if owner.name == framework.distribution:
        return framework.install
    return "pip install -U 'ag2<1'" if owner.name == "ag2" else f"pip uninstall -y {owner.name} && {framework.install}"
