"""The key that ``ag2obs demo`` plants: it looks like one of OpenAI's and never was one."""

from __future__ import annotations

import base64
import secrets
import string

KEY_PREFIX = "sk-" + "proj-"  # in two parts, so that no scan takes this line for a key


def new_key() -> str:
    """Return a key that looks like one of OpenAI's and never was one."""
    alphabet = string.ascii_letters + string.digits
    return KEY_PREFIX + "".join(secrets.choice(alphabet) for _ in range(48))


def encoded(key: str) -> str:
    """Return the base64 form of a key, as tools return it in headers and attachments."""
    return base64.b64encode(key.encode()).decode()
