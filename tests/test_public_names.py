"""The public surface: what is promised is there, and importing it costs nothing."""

from __future__ import annotations

import subprocess
import sys

import ag2obs


def test_every_promised_name_can_be_imported() -> None:
    for name in ag2obs.__all__:
        assert getattr(ag2obs, name) is not None
    assert set(ag2obs.__all__) < set(dir(ag2obs))


def test_a_wrong_name_is_an_attribute_error() -> None:
    assert not hasattr(ag2obs, "no_such_name")


def test_importing_does_nothing() -> None:
    code = """
import os, sys
os.environ["AG2_RUNTIME_LOGGING"] = "neither"
import ag2obs
heavy = {"autogen", "ag2", "genai_prices", "tiktoken", "rich", "click", "dotenv", "openai", "msgspec"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
assert os.listdir(".") == [], os.listdir(".")
"""
    subprocess.run([sys.executable, "-c", code], check=True)
