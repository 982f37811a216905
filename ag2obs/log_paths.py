"""Where a session's log file is: a template with placeholders, and ids that can never escape its folder.

Ids come from users of the host program, so they may be hostile. An id that is plain stays readable as it
is; any other becomes a readable slug, ``~`` and a hash of the exact original. No plain id contains ``~``,
hence two different ids never share a file, also where the file system folds case or Unicode forms.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from ag2obs.errors import SettingsError

PLACEHOLDERS = ("session_id", "chat_id", "workflow", "date", "pid")

COMPONENT_BYTES = 200
"""Longest file or folder name; file systems allow 255, the rest is for rotation and lock suffixes."""

PLAIN_CHARACTERS = 64
HASH_CHARACTERS = 20
"""80 bits of SHA-256: finding an id that shares another one's file takes about 2**80 attempts."""

_PLAIN = re.compile(r"[a-z0-9][a-z0-9_-]*")
_SESSION_ID = re.compile(r"\d{8}T\d{6}-[0-9a-f]{10}", re.ASCII)
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_ID = rf"[a-z0-9_][a-z0-9_-]*(?:~[0-9a-f]{{{HASH_CHARACTERS}}})?"
_FORMS = {
    "session_id": _SESSION_ID.pattern,
    "chat_id": _ID,
    "workflow": _ID,
    "date": r"\d{4}-\d{2}-\d{2}",
    "pid": r"[1-9]\d*",
}
"""What a finished name has in the place of each placeholder."""
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])[ ]*(\..*)?", re.IGNORECASE)
"""Device names that Windows reserves with any extension ("Naming Files, Paths, and Namespaces")."""


def log_path(template: str, *, session_id: str, chat_id: str, workflow: str, now: datetime, pid: int) -> Path:
    """Return the absolute path that ``template`` names for one session.

    A relative template starts at the working directory of this moment, ``~`` is the home folder. Without
    placeholders the result is one file that all sessions share. Raises ``SettingsError`` for an unknown
    placeholder, a stray brace, a name that is too long and a template that names a folder.
    """
    if not template or "\0" in template or template.endswith(("/", os.sep)):
        raise SettingsError("AG2_RUNTIME_LOG_FILE must be the path of a file")
    values = {
        "session_id": session_id,
        "chat_id": chat_id,
        "workflow": workflow,
        "date": now.date().isoformat(),
        "pid": str(pid),
    }
    parts = Path(os.path.expanduser(template)).parts
    return Path(*(_component(part, values) for part in parts)).absolute()


def is_per_session(template: str) -> bool:
    """Whether a log file template gives sessions files of their own."""
    return "{" in template


def log_folder(template: str) -> Path:
    """Return the folder that holds all logs of a log file template: what precedes its first placeholder."""
    parts, fixed = _split(template)
    return Path(*parts[:fixed]).absolute()


def log_names(template: str) -> tuple[re.Pattern[str], ...]:
    """Return a pattern for each folder below ``log_folder`` and one for the file: what ``log_path`` makes of them."""
    parts, fixed = _split(template)
    return tuple(_form(part) for part in parts[fixed:])


def _split(template: str) -> tuple[tuple[str, ...], int]:
    """Return the parts of a template and how many of them are the same for all sessions, without the file name."""
    parts = Path(os.path.expanduser(template)).parts
    return parts, next((index for index, part in enumerate(parts) if "{" in part), len(parts) - 1)


def _form(template: str) -> re.Pattern[str]:
    """Return what the finished names of one folder or file look like; see ``_component``."""
    head, brace, tail = template.rpartition("}")
    pieces = _PLACEHOLDER.split(head + brace)
    forms = [_FORMS[piece] if index % 2 else re.escape(piece) for index, piece in enumerate(pieces)]
    joint = f"(?:~[0-9a-f]{{{HASH_CHARACTERS}}})?" if brace else ""
    return re.compile("".join(forms) + joint + re.escape(tail), re.ASCII)


def _component(template: str, values: Mapping[str, str]) -> str:
    """Fill the placeholders of one file or folder name."""
    names = _PLACEHOLDER.findall(template)
    literal = _PLACEHOLDER.sub("", template)
    for name in names:
        if name not in PLACEHOLDERS:
            allowed = ", ".join(f"{{{known}}}" for known in PLACEHOLDERS)
            raise SettingsError(f"AG2_RUNTIME_LOG_FILE has the placeholder {{{name[:24]}}}; allowed are {allowed}")
    if "{" in literal or "}" in literal:
        raise SettingsError("AG2_RUNTIME_LOG_FILE has a brace that belongs to no placeholder")
    if not names:
        return template
    fixed = {name: values[name] for name in ("date", "pid")}
    if _SESSION_ID.fullmatch(values["session_id"]):
        fixed["session_id"] = values["session_id"]
    ids = [name for name in names if name not in fixed]
    joint = ""
    if len(_variable_width(template, ids)) > 1:
        joint = "~" + _hash("\0".join(f"{len(values[name])}:{values[name]}" for name in sorted(set(names))))
    taken = len(os.fsencode(literal)) + sum(len(fixed[name]) for name in names if name in fixed) + len(joint)
    room = (COMPONENT_BYTES - taken) // len(ids) if ids else COMPONENT_BYTES - taken
    if room < (HASH_CHARACTERS + 2 if ids else 0):
        raise SettingsError(f"AG2_RUNTIME_LOG_FILE has a name longer than {COMPONENT_BYTES} bytes: {template[:24]}...")

    def fill(*, hashed: bool) -> str:
        filled = dict(fixed)
        for name in ids:
            filled[name] = _id_part(values[name], room, hashed=hashed)
        end = template.rindex("}") + 1
        head, tail = template[:end], template[end:]
        return _PLACEHOLDER.sub(lambda match: filled[match[1]], head) + joint + tail

    name = fill(hashed=False)
    return fill(hashed=True) if _RESERVED.fullmatch(name) else name


def _variable_width(template: str, ids: list[str]) -> set[str]:
    """Return the placeholders whose end in a finished name cannot be told from the name alone.

    With two of them, different ids could spell the same name (``a-b`` + ``c`` and ``a`` + ``b-c``). A date
    and our own session ids have a fixed width; a process id ends at the first character that is no digit.
    """
    variable = set(ids)
    if re.search(r"[0-9}]\{pid\}|\{pid\}[0-9{]", template):
        variable.add("pid")
    return variable


def _id_part(value: str, room: int, *, hashed: bool) -> str:
    """Return ``value`` as at most ``room`` characters of ``a-z 0-9 _ - ~``, different for every value."""
    plain = _PLAIN.fullmatch(value) and len(value) <= min(room, PLAIN_CHARACTERS)
    same_as_session_id = _SESSION_ID.fullmatch(value.replace("t", "T"))  # where case is folded
    if plain and not same_as_session_id and not hashed:
        return value
    ascii_text = unicodedata.normalize("NFKD", value[:PLAIN_CHARACTERS]).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9_]+", "-", ascii_text.lower())
    slug = slug.strip("-_")[: min(room, PLAIN_CHARACTERS) - HASH_CHARACTERS - 1]
    return f"{slug or 'id'[: room - HASH_CHARACTERS - 1]}~{_hash(value)}"


def _hash(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:HASH_CHARACTERS]
