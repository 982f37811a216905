"""Counts tokens where a provider reported none. Nothing is ever downloaded.

tiktoken fetches its encoding files from the network at first use, without a time limit; here it is used only
where the file for the model's encoding is already in its cache folder, whole. Otherwise bpe-openai is used if
it is installed (extra ``tokens``), and otherwise one token is assumed for four bytes of UTF-8: within about
20 % for Latin text and code, up to 60 % off for Chinese, Japanese and emoji.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from ag2obs.events import Usage
from ag2obs.usage.providers import without_prefix

TIKTOKEN = "tiktoken"
BPE_OPENAI = "bpe-openai"
ESTIMATE = "estimate"

Encode = Callable[[str], list[int]]

_ENCODING_FILES = {
    "cl100k_base": (
        "https://openaipublic.blob.core.windows.net/encodings/cl100k_base.tiktoken",
        "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    ),
    "o200k_base": (
        "https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken",
        "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    ),
}
"""Address and SHA-256 of the encoding files, from tiktoken_ext/openai_public.py; tiktoken names the file in
its cache by the SHA-1 of the address. The address is never opened here."""

_SAME_RANKS = {"o200k_harmony": "o200k_base"}
"""Encodings that differ in special tokens only."""

_BYTES_PER_TOKEN = 4
"""Of English and code under o200k_base: median error 5 to 7 % over mixed documents."""

_PIECE = 100_000
"""Characters encoded at a time: tiktoken's time grows faster than the length of a run without spaces. Each
cut costs one token at most."""

_TOKENS_PER_MESSAGE = 3
"""What OpenAI's chat format adds to each message, and once for the answer, by its cookbook."""


def count_tokens(text: str, model: str | None) -> tuple[int, str]:
    """Return how many tokens a text has and how they were counted: ``tiktoken``, ``bpe-openai``, ``estimate``."""
    if not text:
        return 0, ESTIMATE
    encode, source = _encoder(model)
    if encode is None:
        size = len(text.encode("utf-8", "surrogatepass"))
        return -(-size // _BYTES_PER_TOKEN), ESTIMATE
    return sum(len(encode(text[at : at + _PIECE])) for at in range(0, len(text), _PIECE)), source


def estimate_usage(
    messages: Iterable[Mapping[str, object]] | None, output_text: str, model: str | None
) -> tuple[Usage, str]:
    """Return counted usage for a call without provider usage, and how it was counted.

    ``messages`` are chat messages as sent; their text and tool calls are counted, images and other media are
    not. ``output_text`` is the answer, with the arguments of its tool calls.
    """
    sent = [_texts_of(message) for message in messages or () if isinstance(message, Mapping)]
    source = _encoder(model)[1]
    tokens = sum(count_tokens(text, model)[0] for texts in sent for text in texts)
    if sent:
        tokens += _TOKENS_PER_MESSAGE * (len(sent) + 1)
    return Usage(input=tokens, output=count_tokens(output_text, model)[0]), source


def _texts_of(message: Mapping[str, object]) -> list[str]:
    content = message.get("content")
    parts = content if isinstance(content, list) else [content]
    texts = [part.get("text") if isinstance(part, Mapping) else part for part in parts]
    calls = message.get("tool_calls")
    for call in calls if isinstance(calls, list) else ():
        function = call.get("function") if isinstance(call, Mapping) else None
        if isinstance(function, Mapping):
            texts += [function.get("name"), function.get("arguments")]
    return [text for text in texts if isinstance(text, str)]


def _encoder(model: str | None) -> tuple[Encode | None, str]:
    name = _encoding_name(model) if model else None
    if name is None:
        return None, ESTIMATE
    path = _cached_file(name)
    if path is not None and path.is_file():
        encode = _tiktoken_encode(name, path)
        if encode is not None:
            return encode, TIKTOKEN
    encode = _bpe_openai_encode(name)
    return (None, ESTIMATE) if encode is None else (encode, BPE_OPENAI)


@lru_cache(maxsize=1024)
def _encoding_name(model: str) -> str | None:
    """Return the encoding of an OpenAI model; None for other models and for encodings we do not handle."""
    try:
        from tiktoken.model import encoding_name_for_model

        name = encoding_name_for_model(without_prefix(model).lower())
    except (ImportError, KeyError):
        return None
    name = _SAME_RANKS.get(name, name)
    return name if name in _ENCODING_FILES else None


def _cached_file(encoding: str) -> Path | None:
    """Return where tiktoken would look for the encoding's file; None where its cache is switched off."""
    folder = os.environ.get("TIKTOKEN_CACHE_DIR", os.environ.get("DATA_GYM_CACHE_DIR"))
    if folder is None:
        folder = os.path.join(tempfile.gettempdir(), "data-gym-cache")
    address = _ENCODING_FILES[encoding][0]
    return Path(folder, hashlib.sha1(address.encode(), usedforsecurity=False).hexdigest()) if folder else None


@lru_cache(maxsize=8)
def _tiktoken_encode(encoding: str, path: Path) -> Encode | None:
    """Load an encoding whose file is there; None where the file is not the right one, which tiktoken would
    delete and fetch again."""
    import tiktoken

    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None
    if found != _ENCODING_FILES[encoding][1]:
        return None
    return tiktoken.get_encoding(encoding).encode_ordinary


@lru_cache(maxsize=8)
def _bpe_openai_encode(encoding: str) -> Encode | None:
    try:
        import bpe_openai  # type: ignore[import-not-found, unused-ignore]  # an extra, often not there
    except ImportError:
        return None
    encode: Encode = bpe_openai.get_encoding(encoding).encode_ordinary
    return encode
