"""The hook for pre-commit: a commit with a planted key is refused."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ag2obs.cli.scan import command

ROOT = Path(__file__).parent.parent.parent
HOOKS = ROOT / ".pre-commit-hooks.yaml"
TOKEN = "ghp" + "_" + "aB3dE6gH9jK2" * 3


@pytest.fixture(scope="module")
def hook():
    (hook,) = yaml.safe_load(HOOKS.read_text(encoding="utf-8"))
    return hook


def test_the_hook_is_one_that_pre_commit_takes(hook):
    assert (hook["id"], hook["language"], hook["types"]) == ("ag2obs-scan", "python", ["text"])
    assert shlex.split(hook["entry"]) == ["ag2obs", command.name]
    assert hook.get("pass_filenames", True)


def test_the_documentation_shows_the_same_hook(hook):
    text = (ROOT / "docs" / "scan.md").read_text(encoding="utf-8")
    (example,) = (yaml.safe_load(block) for block in re.findall(r"```yaml\n(repos:.*?)```", text, re.DOTALL))
    (shown,) = example["repos"][0]["hooks"]
    assert shown["entry"].startswith(hook["entry"])
    assert (shown["id"], shown["name"], shown["types"]) == (hook["id"], hook["name"], hook["types"])


def test_a_commit_with_a_key_is_refused(hook, monkeypatch):
    monkeypatch.setenv("PATH", os.path.dirname(sys.executable), prepend=os.pathsep)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        monkeypatch.delenv(name, raising=False)
    identity = ["-c", "user.name=me", "-c", "user.email=me@example.com"]

    def git(*arguments):
        return subprocess.run(["git", *identity, *arguments], capture_output=True, text=True, check=False)

    git("init", "-q")
    script = Path(".git/hooks/pre-commit")
    # pre-commit passes the names of the staged files.
    script.write_text(f"#!/bin/sh\ngit diff --cached --name-only -z --diff-filter=d | xargs -0 {hook['entry']}\n")
    script.chmod(0o755)
    Path("settings.py").write_text("x = 1\n")
    git("add", ".")
    assert git("commit", "-m", "clean").returncode == 0
    Path("settings.py").write_text(f'x = 1\nkey = "{TOKEN}"\n')
    git("add", ".")
    refused = git("commit", "-m", "planted")
    assert refused.returncode != 0
    assert "settings.py:2:8: github (format)" in refused.stdout + refused.stderr
    assert TOKEN not in refused.stdout + refused.stderr
    assert git("log", "--oneline").stdout.count("\n") == 1
