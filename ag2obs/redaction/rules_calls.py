"""Passwords among the arguments of calls in code and in the tool calls of agents, which no name announces."""

from __future__ import annotations

from ag2obs.redaction.command_lines import argument
from ag2obs.redaction.rule import Confidence, Rule

_QUOTED = rb"""[bru]?(?P<quote>\\*+[\"'])(?P<secret>(?![<$\[{(*%])[^\s\"'\\<>]{4,256}+)(?P=quote)"""
_MADE_UP = rb"""(?=[bru]?\\*+[\"'][^\s\"'\\]{0,255}[0-9!@#$^&*?+=])"""
_BLANK = rb"(?:\s|\\+[nrt]){0,32}+"
_FIELD = rb"[^\s\"'\\,:]{0,40}(?:[ ][^\s\"'\\,:]{1,24}){0,4}"

CALL_RULES = (
    Rule(
        id="argument-of-a-login",
        anchors=(".login(", ".authenticate(", "PlainCredentials("),
        check=argument(
            rb"(?:\.login|\.authenticate|PlainCredentials)\(%b[bru]?\\*+[\"'][^\s\"'\\]{1,80}\\*+[\"'],%b"
            % (_BLANK, _BLANK)
            + _QUOTED
            + rb"(?=%b[,)])" % _BLANK
        ),
        confidence=Confidence.CONTEXT,
        example="smtp.login('bob@example.com', '<12 a>7')",
        counter_example="smtp.login('bob@example.com', os.environ['<12 a>7'])",
    ),
    Rule(
        id="wrapped-secret",
        anchors=("SecretStr(", "SecretBytes("),
        follow=frozenset(b"'\"\\b"),
        check=argument(rb"Secret(?:Str|Bytes)\(" + _QUOTED + rb"\)"),
        confidence=Confidence.CONTEXT,
        example="SecretStr('<12 a>7')",
        counter_example="SecretStr('**********')",
    ),
    Rule(
        id="typed-password",
        anchors=("assword", "asscode"),
        follow=frozenset(b" \"'\\]"),
        check=argument(
            rb"ass(?:word|code)" + _FIELD + rb"\\*+[\"'](?:,%b\\*+[\"'](?:ref|selector|element|target)\\*+[\"']:[ ]?"
            rb"\\*+[\"'][^\s\"'\\]{0,80}\\*+[\"']){0,2}"
            % _BLANK
            + rb",%b\\*+[\"'](?:text|value)\\*+[\"']:[ ]?" % _BLANK
            + _MADE_UP
            + _QUOTED
        ),
        confidence=Confidence.CONTEXT,
        example='{"element": "Password textbox", "ref": "e12", "text": "<9 x>7"}',
        counter_example='{"element": "Password textbox", "ref": "e12", "text": "missing"}',
    ),
    Rule(
        id="password-typed-by-a-driver",
        anchors=("assword", "asscode"),
        follow=frozenset(b"\"'\\]"),
        check=argument(
            rb"ass(?:word|code)(?:\\*+[\"'])?+\]?+(?:\\*+[\"'])?+"
            rb"(?:\)\.(?:send_?[kK]eys|fill|type|press_sequentially|set_?[vV]alue)\(|,[ ]?)"
            + _MADE_UP
            + _QUOTED
            + rb"(?=[ ]?[,)])"
        ),
        confidence=Confidence.CONTEXT,
        example="page.fill('input[name=\"password\"]', '<12 a>7')",
        counter_example="page.fill('input[name=\"password\"]', 'missing')",
    ),
)
