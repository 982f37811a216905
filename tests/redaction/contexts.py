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
    "u003d": lambda s: '{"content": "x\\u003d' + json.dumps(s)[1:-1] + '"}',
    "u0026": lambda s: '{"content": "x\\u0026' + json.dumps(s)[1:-1] + '\\u0026y"}',
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
    "u0022": lambda s: '{"content":"x\\u0022' + json.dumps(s)[1:-1] + '\\u0022"}',
    "u003c": lambda s: '{"content":"\\u003cb\\u003e' + json.dumps(s)[1:-1] + '\\u003c/b\\u003e"}',
    "repr of bytes": lambda s: repr({"content": s.encode()}),
    "key of a dictionary": lambda s: json.dumps({s: 1}),
    "member of a list": lambda s: json.dumps(["a", s, "b"]),
    "list in json": lambda s: json.dumps({"content": str(["a", s])}),
    "semicolons": lambda s: f"a;{s};b",
    "table": lambda s: f"| a | {s} |",
    "bold": lambda s: f"**{s}**",
    "angle brackets": lambda s: f"value <{s}>",
    "html": lambda s: f"&quot;{s}&quot;",
    "html ampersand": lambda s: f"a=1&amp;k={s}&amp;z",
    "percent-encoded newline": lambda s: f"x%0A{s}%0A",
    "query": lambda s: f"https://h.example/?a=1&x={s}&b=2",
    "assignment": lambda s: f"x={s}",
    "colon": lambda s: f"value:{s}",
    "toml": lambda s: f'thing = "{s}"',
    "call": lambda s: f'client = Client("{s}", timeout=3)',
    "curl": lambda s: f"curl -H 'X-Header: {s}' https://h.example",
    "error text": lambda s: f"401 Incorrect API key provided: {s}. You can find your key in the settings.",
    "traceback": lambda s: f'  File "a.py", line 3, in f\nValueError: bad value {s}\n',
    "server-sent event": lambda s: f"data: {json.dumps({'c': s})}\n\n",
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
    "u0022": lambda n, v: '{"c":"\\u0022' + n + "\\u0022:\\u0022" + v + '\\u0022"}',
    "repr of bytes": lambda n, v: str({n.encode(): v.encode()}),
    "headers": lambda n, v: str([(n, v), ("accept", "*/*")]),
    "key and value": lambda n, v: json.dumps({"key": n, "value": v}),
    "toml": lambda n, v: f'{n} = "{v}"\n',
    "ini": lambda n, v: f"[a]\n{n} = {v}\n",
    "item assignment": lambda n, v: f"os.environ['{n}'] = '{v}'",
    "code in json": lambda n, v: json.dumps({"content": f'client = Client({n}="{v}")'}),
    "curl": lambda n, v: f"curl -H '{n}: {v}' https://h.example",
    "curl in json": lambda n, v: json.dumps({"cmd": f'curl -H "{n}: {v}" https://h.example'}),
    "docker": lambda n, v: f"docker run -e {n}={v} image",
    "log line": lambda n, v: f"2026-01-01 INFO config {n}={v} region=eu",
    "traceback": lambda n, v: f'Traceback:\n  File "x.py", line 2\n    {n} = "{v}"\nValueError: bad',
    "bold": lambda n, v: f"**{n}**: {v}",
    "attributes": lambda n, v: f'<add key="{n}" value="{v}" />',
    "escaped characters": lambda n, v: '{"' + n + '":"' + "".join(f"\\u{ord(c):04x}" for c in v) + '"}',
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

# Something stands between the name and the value, or the name is on another line: the value must look like a secret.
DISTANT_FIELD_SHAPES: dict[str, Callable[[str, str], str]] = {
    "name and value on two lines": lambda n, v: f"env:\n- name: {n}\n  value: {v}\n",
    "name and value on two lines in json": lambda n, v: json.dumps({"content": f"env:\n- name: {n}\n  value: {v}\n"}),
    "block scalar": lambda n, v: f"auth:\n  {n}: |\n    {v}\n",
    "anchor": lambda n, v: f"{n}: &default {v}\n",
    "default of a variable": lambda n, v: f'variable "{n}" {{\n  default = "{v}"\n}}\n',
    "default of an option": lambda n, v: f'parser.add_argument("--{n}", default="{v}")',
    "new value": lambda n, v: f'~ {n} = "old" -> "{v}"',
    "form data": lambda n, v: f'Content-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n--b--',
    "typed": lambda n, v: f'let {n}: &str = "{v}";',
    "wrapped": lambda n, v: f'Settings({n}=SecretStr("{v}"))',
    "long string": lambda n, v: f'{n} = """{v}"""',
    "in place of a variable": lambda n, v: f'{n} = os.getenv("X") or "{v}"',
    "arrow": lambda n, v: f"{n} -> '{v}'",
    "php": lambda n, v: f"[{n}] => {v}\n",
    "comparison": lambda n, v: f"assert {n} == '{v}'",
    "definition": lambda n, v: f'#define {n} "{v}"',
    "element": lambda n, v: f"<tr><td>{n}</td><td>{v}</td></tr>",
    "named element": lambda n, v: f'<parameter name="{n}">{v}</parameter>',
    "escaped element": lambda n, v: json.dumps({"content": f'<parameter name="{n}">\n{v}\n</parameter>'}),
    "telemetry attribute": lambda n, v: json.dumps({"key": n, "value": {"stringValue": v}}),
    "row": lambda n, v: f"| `{n}` | `{v}` |",
    "columns": lambda n, v: f"{n}\t{v}\n",
    "list": lambda n, v: f"* {n} - {v}",
    "sentence": lambda n, v: f"I set {n} to {v} and it works.",
}
