"""The plan: which files go, why, and why others stay though they were asked for.

A file goes if its age or the size of all logs asks for it. It stays if it holds an open session or one of the newest
sessions that are kept, and if an older file of its log stays: a log has no hole.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ag2obs.cleaning.inventory import Inventory, StoredFile, StoredLog


@dataclass(frozen=True)
class Wish:
    """What a user wants to lose and to keep."""

    older_than: float | None = None
    """Seconds since the last change."""
    max_bytes: int | None = None
    """Of all logs together."""
    keep: int = 0
    """How many of the newest sessions stay."""


@dataclass
class Going:
    """A file that goes."""

    log: StoredLog
    file: StoredFile
    reasons: list[str]


@dataclass
class Plan:
    """What goes, oldest first in each log, and what stays though it was asked for."""

    going: list[Going] = field(default_factory=list)
    staying: list[tuple[StoredFile, str]] = field(default_factory=list)
    """With why it stays."""

    @property
    def bytes(self) -> int:
        """How much room goes free."""
        return sum(each.file.bytes for each in self.going)


def plan(inventory: Inventory, wish: Wish, now: float) -> Plan:
    """Return what is to be deleted."""
    protection = _protection(inventory, wish.keep)
    reasons: dict[int, list[str]] = {}
    blocked: dict[int, str] = {}
    for log in inventory.logs:
        why = None
        for file in log.files:
            why = _why_it_stays(file, protection) or (f"an older file of its log stays: {why}" if why else None)
            if why is not None:
                blocked[id(file)] = why
                why = why.removeprefix("an older file of its log stays: ")
    files = [(log, file) for log in inventory.logs for file in log.files]
    if wish.older_than is not None:
        for _, file in files:
            if file.changed < now - wish.older_than:
                reasons.setdefault(id(file), []).append("age")
    if wish.max_bytes is not None:
        _ask_for_size(files, wish.max_bytes, reasons, blocked)
    return _plan_of(inventory, reasons, blocked)


def _ask_for_size(
    files: list[tuple[StoredLog, StoredFile]], limit: int, reasons: dict[int, list[str]], blocked: dict[int, str]
) -> None:
    """Ask for the oldest files that may go until the rest has the size; what goes by age goes first."""
    left = sum(file.bytes for _, file in files)
    left -= sum(file.bytes for _, file in files if id(file) in reasons and id(file) not in blocked)
    # Files that were changed at one moment stay in the order of their log.
    for _, file in sorted(files, key=lambda pair: pair[1].changed):
        if left <= limit:
            return
        if id(file) in reasons or id(file) in blocked:
            continue
        reasons[id(file)] = ["size"]
        left -= file.bytes


def _plan_of(inventory: Inventory, reasons: dict[int, list[str]], blocked: dict[int, str]) -> Plan:
    found = Plan()
    for log in inventory.logs:
        hole = False
        for file in log.files:
            why = blocked.get(id(file))
            asked = reasons.get(id(file))
            if asked and why is None and not hole:
                found.going.append(Going(log, file, asked))
                continue
            hole = True
            if asked:
                found.staying.append((file, why or "an older file of its log stays: nobody asked for that"))
    return found


def _protection(inventory: Inventory, keep: int) -> dict[str, str]:
    """Return the sessions that stay, and why."""
    newest = sorted(inventory.sessions, key=lambda name: (inventory.sessions[name].started, name), reverse=True)
    found = dict.fromkeys(newest[:keep], "it holds one of the newest sessions")
    found.update({name: "it holds an open session" for name in newest if inventory.sessions[name].is_open})
    return found


def _why_it_stays(file: StoredFile, protection: dict[str, str]) -> str | None:
    if file.problem is not None:
        return file.problem
    if file.is_held:
        return "a session has it open"
    whys = {protection[name] for name in file.sessions if name in protection}
    return min(whys, default=None, key=lambda why: ("open" not in why, why))
