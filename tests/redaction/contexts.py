"""The surroundings in which logs hold a secret, as functions from the secret to the text around it."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Callable


def nested(value: object, depth: int) -> str:
    """Return ``value`` as JSON in a string in JSON, ``depth`` times."""
    text = json.dumps(value)
    for _ in range(depth):
        text = json.dumps({"n": 1, "state": text})
    return text


# Where a token with a format of its own may stand.
AROUND_TOKEN: dict[str, Callable[[str], str]] = {
    "plain": lambda s: s,
    "sentence": lambda s: f"I used {s} to log in.",
    "json": lambda s: json.dumps({"content": s}),
    "json x2": lambda s: nested({"content": s}, 1),
    "json x3": lambda s: nested({"content": s}, 2),
    "json x4": lambda s: nested({"content": s}, 3),
    "escaped newline": lambda s: json.dumps({"content": f"first\n{s}\nlast"}),
    "escaped newline x3": lambda s: nested({"content": f"first\n{s}\nlast"}, 2),
    "escaped tab": lambda s: json.dumps({"content": f"first\t{s}\tlast"}),
    "escaped carriage return": lambda s: json.dumps({"content": f"first\r\n{s}\r\nlast"}),
    "u003d": lambda s: '{"content": "x\\u003d' + s + '"}',
    "u0026": lambda s: '{"content": "x\\u0026' + s + '\\u0026y"}',
    "unicode neighbours": lambda s: json.dumps({"content": f"ключ{s}конец"}, ensure_ascii=False),
    "escaped unicode neighbours": lambda s: json.dumps({"content": f"ключ{s}конец"}),
    "trailing comma": lambda s: f"{s}, and more",
    "trailing full stop": lambda s: f"It is {s}.",
    "brackets": lambda s: f"({s}) [{s}]",
    "backticks": lambda s: f"`{s}`",
    "repr": lambda s: str({"content": f"x {s}"}),
    "repr in json": lambda s: json.dumps({"content": str({"k": s})}),
    "colour": lambda s: json.dumps({"content": f"\x1b[32m{s}\x1b[0m"}),
    "xml": lambda s: f"<item>{s}</item>",
    "csv": lambda s: f"1,{s},3",
}

# How a field is written: from its name and value.
FIELD_SHAPES: dict[str, Callable[[str, str], str]] = {
    "json": lambda n, v: json.dumps({"a": 1, n: v, "z": "end"}),
    "json compact": lambda n, v: json.dumps({n: v, "z": [1]}, separators=(",", ":")),
    "json x2": lambda n, v: nested({n: v, "z": 2}, 1),
    "json x3": lambda n, v: nested({n: v, "z": 2}, 2),
    "json x4": lambda n, v: nested({n: v, "z": 2}, 3),
    "json pretty in json": lambda n, v: json.dumps({"content": json.dumps({n: v}, indent=2)}),
    "repr": lambda n, v: str({n: v, "z": 2}),
    "repr in json": lambda n, v: json.dumps({"content": str({n: v})}),
    "env": lambda n, v: f"A=1\n{n}={v}\nB=2\n",
    "env in json": lambda n, v: json.dumps({"content": f"A=1\n{n}={v}\nB=2\n"}),
    "env quoted": lambda n, v: f'export {n}="{v}"\n',
    "yaml": lambda n, v: f"app:\n  {n}: {v}\n  port: 80\n",
    "yaml in json": lambda n, v: json.dumps({"content": f"app:\n  {n}: {v}\n  port: 80\n"}),
    "yaml quoted": lambda n, v: f'{n}: "{v}"\n',
    "keyword argument": lambda n, v: f"Client({n}='{v}', timeout=3)",
    "header pair": lambda n, v: json.dumps([[n, v]]),
    "name and value": lambda n, v: json.dumps([{"name": n, "value": v}]),
    "u003d": lambda n, v: '{"content": "' + f"{n}\\u003d{v}\\u0026x" + '"}',
    "html": lambda n, v: f"&quot;{n}&quot;: &quot;{v}&quot;",
}

# Only for values without special characters.
PLAIN_FIELD_SHAPES: dict[str, Callable[[str, str], str]] = {
    "query": lambda n, v: f"GET https://h.example/v1?a=1&{n}={v}&b=2 HTTP/1.1",
    "escaped query": lambda n, v: "u=" + urllib.parse.quote(f"https://h.example/?{n}={v}&b=2", safe=""),
    "option": lambda n, v: f"run --{n} {v} --verbose",
    "option with sign": lambda n, v: f"run --{n}={v} --verbose",
    "xml": lambda n, v: f"<{n}>{v}</{n}>",
    "header": lambda n, v: f"{n}: {v}\r\nAccept: */*\r\n",
}
