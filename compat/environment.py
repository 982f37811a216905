"""The environments: one per framework version, built when first needed and when its requirements change."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
import venv
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / ".compat"

_INSTALLER = "pip>=25.1"
"""The first pip that installs a dependency group."""


@dataclass(frozen=True)
class Environment:
    """A row of ``environments.toml``."""

    name: str
    package: str
    """What is imported of the framework that the row is about: ``autogen`` or ``ag2``."""
    requirements: tuple[str, ...]
    """What pip installs beside ag2obs and the test requirements."""
    tests: tuple[str, ...]
    ignored: tuple[str, ...] = ()
    """Below ``tests``, what is for another framework and could not even be imported here."""

    @property
    def folder(self) -> Path:
        """The folder of its virtual environment, its stamp and its last outcome."""
        return FOLDER / self.name

    @property
    def version(self) -> str:
        """The version of the framework, as its name ends."""
        return self.name.rpartition("-")[2]

    @property
    def python(self) -> Path:
        """Its interpreter."""
        scripts = "Scripts" if sys.platform == "win32" else "bin"
        return self.folder / scripts / "python"

    def prepare(self) -> None:
        """Build the environment, unless it was built from the same requirements.

        Raises subprocess.CalledProcessError where pip cannot install them; what pip says is on stderr.
        """
        stamp, wanted = self.folder / "installed.json", self._wanted()
        if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
            return
        venv.create(self.folder, clear=True, with_pip=True)
        self._pip("--upgrade", _INSTALLER)
        self._pip("--editable", ".", "--group", "test", *self.requirements)
        stamp.write_text(wanted, encoding="utf-8")

    def _wanted(self) -> str:
        """Return everything that decides what is installed."""
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
        return json.dumps(
            {
                "environment": self.requirements,
                "ag2obs": project["project"]["dependencies"],
                "test": project["dependency-groups"]["test"],
                "python": sys.version,
            },
            indent=1,
        )

    def _pip(self, *arguments: str) -> None:
        subprocess.run([self.python, "-m", "pip", "install", "--quiet", *arguments], cwd=ROOT, check=True)


def read_environments() -> list[Environment]:
    """Return every environment of ``environments.toml``, oldest framework first as written there."""
    rows = tomllib.loads((Path(__file__).parent / "environments.toml").read_text(encoding="utf-8"))
    return [
        Environment(
            name,
            row["package"],
            requirements=tuple(row["requirements"]),
            tests=tuple(row["tests"]),
            ignored=tuple(row.get("ignored", ())),
        )
        for name, row in rows.items()
    ]
