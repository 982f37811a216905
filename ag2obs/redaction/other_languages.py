"""Passwords and keys that a sentence in another language tells: ``Das Passwort lautet ...``, ``密码是 ...``."""

from __future__ import annotations

import json
import re

from ag2obs.redaction.placeholders import is_placeholder, is_uuid, is_wordy, looks_random
from ag2obs.redaction.rule import Span
from ag2obs.redaction.sentences import is_made_up


def _with_escapes(*words: str) -> tuple[str, ...]:
    """Return ``words``, and as JSON inside up to two more JSON texts writes their letters beyond ASCII."""
    escaped = {word: json.dumps(word)[1:-1] for word in words}
    depths = (form.replace("\\", "\\" * count) for form in escaped.values() for count in (1, 2, 4))
    return tuple(dict.fromkeys((*words, *depths)))


_LATIN_AND_CYRILLIC = """passwort kennwort contraseña contrasena senha wachtwoord hasło heslo lösenord adgangskode
    salasana parola пароль""".split()  # noqa: SIM905 - a table of words reads better than quoted ones
_OTHER_SCRIPTS = "密码 密碼 口令 パスワード 비밀번호 암호".split()  # noqa: SIM905 - likewise

PASSWORD_WORDS = _with_escapes(
    *(form for word in (*_LATIN_AND_CYRILLIC, "mot de passe") for form in (word, word.capitalize(), word.upper())),
    *_OTHER_SCRIPTS,
)
"""What a password is called, as anchors."""

KEY_WORDS = _with_escapes(
    *"""API-Schlüssel|API Schlüssel|Zugangsschlüssel|clé API|clé d'API|Clé API|clave de API|clave API|Clave de API
    |chave de API|chave API|Chave de API|chiave API|Chiave API|klucz API|API-sleutel|ключ API|API-ключ|API ключ|Ключ API
    |токен|Токен|密钥|密鑰|令牌|APIキー|シークレットキー|アクセスキー
    |トークン|API 키|토큰""".replace("\n    ", "").split("|")
)
"""What a key or token is called, as anchors."""

_ESCAPE = r"(?:\\+u[0-9a-f]{4}){1,4}"
_IS = f"ist|lautet|heißt|war|est|es|é|era|è|is|jest|to|je|är|on|это|был|{_ESCAPE}"
_IS_WITHOUT_SPACE = f"是|为|為|は|が|는|은|이|{_ESCAPE}"
_WIDE_COLON = "\N{FULLWIDTH COLON}"
_BEFORE_VALUE = re.compile(
    (
        rf"[\w-]{{0,3}}+(?:\*\*)?+[ ]?+(?:(?:{_IS})[ ]|(?:{_IS_WITHOUT_SPACE})[ ]?+)?+"
        rf"(?:[:=]|{_WIDE_COLON}|\\+uff1a)?+(?:\*\*)?+[ ]?+(?:\\*[\"'`]|“|„|«|「|『)?+"
    ).encode()
)
_SIGNS = (b":", b"=", _WIDE_COLON.encode(), b"\\uff1a")
_VALUE = re.compile(rb"[A-Za-z0-9+/!@#$%^&*?~_-][A-Za-z0-9+/!@#$%^&*?~_.=-]{5,511}+")


def find_password_word(data: bytes, start: int, end: int, is_json: bool) -> list[Span]:
    """Return what a sentence says the password is, whose word is the anchor ``data[start:end]``."""
    value = _value(data, end)
    if value is None or value.isdigit() or not is_made_up(value):
        return []
    if is_wordy(value) and not (b"-" in value and data.startswith(_SIGNS, end)):
        return []
    return _span(data, end, value)


def find_key_word(data: bytes, start: int, end: int, is_json: bool) -> list[Span]:
    """Return what a sentence says the key is."""
    value = _value(data, end)
    if value is None or len(value) < 16 or not (looks_random(value.replace(b"-", b"")) or is_uuid(value)):
        return []
    return _span(data, end, value)


def _value(data: bytes, end: int) -> bytes | None:
    before = _BEFORE_VALUE.match(data, end)
    match = _VALUE.match(data, before.end()) if before is not None else None
    if match is None:
        return None
    value = match[0].rstrip(b".?!*")
    return None if len(value) < 6 or is_placeholder(value) else value


def _span(data: bytes, end: int, value: bytes) -> list[Span]:
    first = data.index(value, end)
    return [Span(first, first + len(value))]
