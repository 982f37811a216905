"""Passwords in URLs: ``postgres://user:p@ss@host/db``."""

from __future__ import annotations

import re

from ag2obs.redaction.placeholders import is_placeholder, looks_random
from ag2obs.redaction.rule import Span

_USER = re.compile(rb"""[^\s"'\\<>`/:@?\#,()\[\]{}]{0,128}+:""")
_PASSWORD = re.compile(rb"""[^\s"'\\<>`/]{1,512}(?=@[\w.\[%$\{-])""")
# A key in the place of the user, as in the address that the clients of Sentry report to.
_LONE_KEY = re.compile(rb"(?P<secret>[A-Za-z0-9_-]{20,255}+)@(?=[\w.-]+)")
_PORT = re.compile(rb"""[0-9]{1,5}(?:[/?\#\s"'\\<>`,;)\]]|\Z)""")
# A password with an unescaped slash; short and not greedy, for the rest of a long text may hold an "@" too.
_PASSWORD_WITH_SLASH = re.compile(rb"""[^\s"'\\<>`/@]{1,64}+/[^\s"'\\<>`@]{0,64}+(?=@[\w\[])""")


# What clients of GitHub and Bitbucket write where the key stands in the place of the user.
_INSTEAD_OF_A_PASSWORD = (b"x-oauth-basic", b"x-token-auth")


def find_url_password(data: bytes, start: int, end: int, is_json: bool) -> list[Span]:
    """Return the password between ``user:`` and ``@``; also one that holds an ``@`` or a slash itself."""
    user = _USER.match(data, end)
    if user is None:
        key = _LONE_KEY.match(data, end)
        return [Span(*key.span("secret"))] if key is not None and looks_random(key["secret"]) else []
    if _PORT.match(data, user.end()):
        return []
    password = _PASSWORD.match(data, user.end()) or _PASSWORD_WITH_SLASH.match(data, user.end())
    if password is None:
        return []
    if password[0] in _INSTEAD_OF_A_PASSWORD:
        return [Span(end, user.end() - 1)] if looks_random(user[0][:-1]) else []
    if is_placeholder(password[0]):
        return []
    return [Span(*password.span())]
