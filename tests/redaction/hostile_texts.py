"""Texts that make a backtracking or rescanning engine quadratic: one unit over and over again, of any size."""

from __future__ import annotations

import json

KNOWN_VALUES = ("aaaaaaaa", "aaaaaaaaa", "abababab", "12121212", "121212121")
"""Values to learn before: in the texts below they overlap themselves and one another."""

_UNITS = {
    "BEGIN markers": b"-----BEGIN ",
    "BEGIN PRIVATE KEY": b"-----BEGIN RSA PRIVATE KEY-----\\n",
    "password=": b"password=",
    "password: ": b"password: ",
    '"password":"': b'"password":"',
    '\\"password\\":\\"': b'\\"password\\":\\"',
    "password='": b"password='",
    "password=%22": b"password=%22",
    "eyJ": b"eyJ",
    "eyJ-": b"eyJ-",
    "backslashes": b"\\",
    "nested quotes": b'\\\\\\"\\"',
    "escaped quotes": b'\\"',
    "quotes": b'"',
    "://": b"://",
    "://a:": b"://a:",
    "://a:b/": b"://a:b/",
    '"api_keys":[': b'"api_keys":[',
    '{"a":': b'{"a":',
    "sk-": b"sk-",
    "token ": b"token ",
    "secret_": b"secret_",
    "Bearer ": b"Bearer ",
    "Cookie: a=": b"Cookie: a=",
    "Cookie: path=1;": b"Cookie: path=1;",
    "VALUES": b"(a,password) VALUES ('",
    "input_value": b"\\napi_key\\n  x [type=x, input_value='",
    "objects of passwords": b'"password":{"value":"a","b":"c",',
    "logins": b".login('a', ",
    "password textbox": b'Password textbox","ref":"',
    "terminal colours": b"password\x1b[1m",
    "strong passwords": b"token Ab1!Ab1! ",
    "added lines": b"+EAA",
    "AccountKey=": b"AccountKey=",
    "token=&quot;a": b"token=&quot;a",
    "xoxb-1-": b"xoxb-1-",
    "xoxe.": b"xoxe.",
    "sk-proj-": b"sk-proj-",
    "EAAA": b"EAAA",
    "Key": b"Key",
    "Pwd: ": b"Pwd: ",
    "Pw ": b"Pw ",
    "WACHTWOORD": b"WACHTWOORD",
    "curl ": b"curl ",
    "htpasswd ": b"htpasswd ",
    "new values": b'" -> "' + b"a" * 20 + b" ",
    "old and new values": b'password = "a" -> "aaaaaaaaa" -> "',
    "spaces": b" ",
    "u0022": b"\\u0022",
    "percent": b"%22%3A",
    "digits": b"4",
    "digits in groups": b"4242 ",
    "bare numbers": b"4242424242424242,",
    "phones": b"+1 415 555 2671 ",
    "plus signs": b"+1",
    "groups of two": b"06 12 ",
    "IBAN": b"DE89 3704 ",
    "@": b"@",
    "a@": b"a@",
    "a@b.": b"a@b.",
    "locals": b"a" * 63 + b"@",
    "domains": b"@" + b"b" * 62 + b".",
    "known values": b"a",
    "known values apart": b"abab",
    "known numbers": b"12",
}


def hostile_texts(size: int) -> dict[str, bytes]:
    """Return texts of about ``size`` bytes each by name; some are JSON documents, one is a single string in one."""
    texts = {name: unit * (size // len(unit)) for name, unit in _UNITS.items()}
    texts |= _long_runs(size)
    numbers = b"4242424242424242,"
    texts["array of card numbers"] = b"[" + numbers * (size // len(numbers)) + b"1]"
    texts["known numbers in a string"] = b'{"a":"' + b"12121212 " * (size // 9) + b'"}'
    texts["prose in a string"] = json.dumps({"a": "It is said that 7 of 10 like it. " * (size // 33)}).encode()
    return texts


def _long_runs(size: int) -> dict[str, bytes]:
    """Return texts in which an anchor is followed by one long run, which its check must not read over and over."""
    ever_shorter = b"".join(b"token=" + b"\\" * length + b"u0022" for length in range(max(1, int(size**0.5)), 0, -1))
    return {
        "a value of backslashes": b"value:" + b"\\" * size,
        "a password of backslashes": b"password" + b"\\" * size,
        "names before backslashes": b"Pw" * 32 + b"\\" * size,
        "names in a tag before backslashes": b"<" + b"Pw" * 32 + b"\\" * size,
        "names before colons": b"Pw" * 32 + b" = " + b":" * size,
        "commands before line breaks": b"curl " * 20 + b"\n" * size,
        "a user of letters": b"htpasswd " + b"a" * size,
        "no closing quotation mark": (b"token=&quot;" + b"a" * 100) * (size // 112),
        "quotation marks ever less escaped": ever_shorter,
    }
