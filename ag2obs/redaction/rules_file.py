"""The user's own rules: the TOML file that ``AG2OBS_RULES`` names. ``docs/rules.example.toml`` is one.

.. code-block:: toml

    # Fields whose values are secrets, however the name is written: badge_number, badgeNumber, BADGE-NUMBER.
    names = ["badge_number"]

    # Values that are never masked; * stands for any characters.
    allow = ["acs_demo*"]

    # A format. <24 a> stands for 24 letters and digits, as in the examples of the built-in rules.
    [[rules]]
    id = "acme-session"
    pattern = 'acs_[A-Za-z0-9]{24}'
    example = "acs_<24 a>"
    counter_example = "acs_overview"

A pattern is tried where its anchor stands: ``anchors``, else the plain text that it begins with. Masked is its group
``secret``, else all of it. ``confidence`` is ``format`` (the default), ``shared-prefix`` or ``context``.

Whatever is wrong with the file raises SettingsError, which names the file, the line and what is allowed, and shows no
value of the file.
"""

from __future__ import annotations

import functools
import random
import re
import tomllib
from pathlib import Path
from typing import Any, NoReturn

from ag2obs.errors import SettingsError
from ag2obs.redaction.added_rules import AddedRules
from ag2obs.redaction.own_rules import LONGEST_MATCH, OwnPattern, OwnRules
from ag2obs.redaction.regex_cost import plain_beginning, steps_at_one_place
from ag2obs.redaction.rule import Confidence, Rule
from ag2obs.redaction.rules import RULES
from ag2obs.redaction.rules_personal import PERSONAL_RULES
from ag2obs.redaction.templates import fill

MOST_STEPS = 20_000
"""What a pattern may cost at one place: under a millisecond."""
_MOST_RULES = 200
_LONGEST_PATTERN = 1_000
_SHORTEST_ANCHOR = 3
_SHORTEST_NAME = 4
_SHORTEST_ALLOWED = 4
_FILLINGS = 5
"""How often a template is filled for its check."""

_REQUIRED = ("id", "pattern", "example", "counter_example")
_KEYS = (*_REQUIRED, "anchors", "confidence")
_ID = re.compile(r"[a-z][a-z0-9-]{1,47}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,62}")
_HEADER = re.compile(r"^[ \t]*\[\[[ \t]*rules[ \t]*\]\]", re.MULTILINE)


def read_rules_file(path: Path) -> OwnRules:
    """Read and check the user's rules. Raises SettingsError."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        _refuse(path, f"the file cannot be read ({error.strerror or type(error).__name__})", "a readable TOML file")
    except UnicodeDecodeError:
        _refuse(path, "the file is not UTF-8", "TOML in UTF-8")
    return _checked(path, text)


@functools.lru_cache(maxsize=8)
def _checked(path: Path, text: str) -> OwnRules:
    return _File(path, text).rules()


class _File:
    """One file under examination; it knows the line of everything in it."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._text = text
        self._headers = [match.start() for match in _HEADER.finditer(text)]
        try:
            self._data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            place = re.search(r"\(at (line \d+), column \d+\)|\(at (end of document)\)", str(error))
            _refuse(path, f"{(place[1] or place[2]) if place else 'the file'} is not TOML", "TOML")

    def rules(self) -> OwnRules:
        """Return what the file says."""
        for key in self._data:
            if key not in ("names", "allow", "rules"):
                self._refuse_key(key, "no such key", "names, allow and [[rules]]")
        tables = self._data.get("rules", [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            self._refuse_key("rules", "rules is no list of tables", "tables that begin with [[rules]]")
        if len(tables) > _MOST_RULES:
            self._refuse_key("rules", f"there are {len(tables)} rules", f"at most {_MOST_RULES}")
        rows = tuple(self._rule(number, table) for number, table in enumerate(tables))
        ids = [row.id for row in rows]
        for number, rule_id in enumerate(ids):
            if rule_id in ids[:number]:
                self._refuse(number, "id", "the id is that of a rule above", "an id of its own for every rule")
        return OwnRules(rows, self._names(), self._allowed())

    def _names(self) -> tuple[str, ...]:
        names = self._texts("names")
        if not all(_NAME.fullmatch(name) and sum(map(str.isalpha, name)) >= _SHORTEST_NAME for name in names):
            self._refuse_key(
                "names",
                "a name is no name of a field",
                f"letters, digits and _ - . with at least {_SHORTEST_NAME} letters",
            )
        return names

    def _allowed(self) -> tuple[str, ...]:
        allowed = self._texts("allow")
        if not all(len(entry.replace("*", "")) >= _SHORTEST_ALLOWED for entry in allowed):
            self._refuse_key(
                "allow", "a value is too short", f"values of at least {_SHORTEST_ALLOWED} characters besides *"
            )
        return allowed

    def _texts(self, key: str) -> tuple[str, ...]:
        entries = self._data.get(key, [])
        if not isinstance(entries, list) or not all(isinstance(entry, str) and entry for entry in entries):
            self._refuse_key(key, f"{key} is no list of texts", f'{key} = ["...", "..."]')
        return tuple(entries)

    def _rule(self, number: int, table: dict[str, Any]) -> Rule:
        for key in table:
            if key not in _KEYS:
                self._refuse(number, key, "no such key", "the keys " + ", ".join(_KEYS))
        for key in _REQUIRED:
            if not isinstance(table.get(key), str) or not table[key]:
                self._refuse(number, key, f"there is no {key}, or it is no text", f"a text as {key}")
        if not _ID.fullmatch(table["id"]):
            self._refuse(number, "id", "the id cannot stand in a marker", "small letters, digits and hyphens, up to 48")
        if table["id"] in _TAKEN:
            self._refuse(number, "id", "the id is that of a built-in rule", "an id of its own")
        if table.get("confidence", Confidence.FORMAT) not in list(Confidence):
            self._refuse(number, "confidence", "the confidence is none", ", ".join(Confidence))
        pattern = self._pattern(number, table["pattern"])
        rule = Rule(
            id=table["id"],
            anchors=self._anchors(number, table),
            check=OwnPattern(pattern),
            confidence=Confidence(table.get("confidence", Confidence.FORMAT)),
            example=table["example"],
            counter_example=table["counter_example"],
        )
        self._try(number, rule)
        return rule

    def _pattern(self, number: int, pattern: str) -> re.Pattern[bytes]:
        if len(pattern) > _LONGEST_PATTERN:
            self._refuse(
                number, "pattern", f"the pattern has {len(pattern)} characters", f"up to {_LONGEST_PATTERN} characters"
            )
        try:
            steps = steps_at_one_place(pattern, LONGEST_MATCH)
            compiled = re.compile(pattern.encode())
        except (re.error, OverflowError, RecursionError) as error:
            reason = getattr(error, "msg", None) or type(error).__name__
            self._refuse(number, "pattern", f"the pattern is no regular expression ({reason})", "the syntax of re")
        if steps > MOST_STEPS:
            self._refuse(
                number,
                "pattern",
                "the pattern could take too long: its repeats multiply",
                "repeats that give nothing back, ++ for +, *+ for * and {8,}+ for {8,}, or one repeat only",
            )
        if compiled.match(b"") is not None:
            self._refuse(number, "pattern", "the pattern matches nothing at all", "a pattern of at least one character")
        return compiled

    def _anchors(self, number: int, table: dict[str, Any]) -> tuple[str, ...]:
        anchors = table.get("anchors")
        if anchors is None:
            anchors = [plain_beginning(table["pattern"])]
        if (
            not isinstance(anchors, list)
            or not anchors
            or not all(isinstance(anchor, str) and len(anchor) >= _SHORTEST_ANCHOR for anchor in anchors)
            or any(ord(character) < 0x20 for anchor in anchors for character in anchor)
        ):
            self._refuse(
                number,
                "anchors" if "anchors" in table else "pattern",
                "the rule has no plain text to look for",
                f'anchors = ["..."], texts that the pattern begins with, of at least {_SHORTEST_ANCHOR} characters',
            )
        return tuple(dict.fromkeys(anchors))

    def _try(self, number: int, rule: Rule) -> None:
        """Refuse a rule that does not do what its examples say."""
        added = AddedRules([rule], accelerated=False)
        source = random.Random(rule.id)
        for _ in range(_FILLINGS):
            text, parts = fill(rule.example, source)
            found = added.find(text.encode(), False)
            masked = b" ".join(text.encode()[each.start : each.end] for each in found).decode("utf-8", "replace")
            if not found or not all(part in masked for part in parts):
                self._refuse(number, "example", "the example is not masked", "an example that the pattern matches")
            if added.find(fill(rule.counter_example, source)[0].encode(), False):
                self._refuse(
                    number, "counter_example", "the counter_example is masked", "a text that the pattern does not match"
                )

    def _refuse(self, number: int, key: str, problem: str, allowed: str) -> NoReturn:
        start = self._headers[number] if number < len(self._headers) else 0
        end = self._headers[number + 1] if number + 1 < len(self._headers) else len(self._text)
        self._refuse_at(self._line_of(key, start, end), problem, allowed)

    def _refuse_key(self, key: str, problem: str, allowed: str) -> NoReturn:
        self._refuse_at(self._line_of(key, 0, len(self._text)), problem, allowed)

    def _line_of(self, key: str, start: int, end: int) -> int:
        """Return the line of a key in a part of the text, else the line where the part begins."""
        pattern = re.compile(rf"^[ \t]*(?:\[+[ \t]*)?[\"']?{re.escape(key)}[\"']?[ \t]*[=.\]]", re.MULTILINE)
        match = pattern.search(self._text, start, end)
        return self._text.count("\n", 0, start if match is None else match.end()) + 1

    def _refuse_at(self, line: int, problem: str, allowed: str) -> NoReturn:
        _refuse(self._path, f"line {line}: {problem}", allowed)


_TAKEN = frozenset(rule.id for rule in (*RULES, *(rule for rules in PERSONAL_RULES.values() for rule in rules)))


def _refuse(path: Path, problem: str, allowed: str) -> NoReturn:
    raise SettingsError(f"AG2OBS_RULES: {path}: {problem}; allowed: {allowed}")
