"""What differs between two states: changed, added and removed fields by their paths."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_MOST_DIFFERENCES = 200


def difference(old: Any, new: Any) -> dict[str, Any]:
    """Return ``changed``, ``added`` and ``removed`` of two structures of plain data, each by path; bounded.

    A path is ``strategy.epsilon`` or ``history[3]``; a state that is no structure has the path ``state``.
    """
    found: dict[str, dict[str, Any]] = {"changed": {}, "added": {}, "removed": {}}
    left_out = 0
    for number, (how, path, told) in enumerate(_differences(old, new, "")):
        if number < _MOST_DIFFERENCES:
            found[how][path or "state"] = told
        else:
            left_out += 1
    return {**found, "<cut>": f"{left_out} more"} if left_out else found


def _differences(old: Any, new: Any, path: str) -> Iterator[tuple[str, str, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old:
            inner = f"{path}.{key}" if path else key
            if key in new:
                yield from _differences(old[key], new[key], inner)
            else:
                yield "removed", inner, old[key]
        for key in new:
            if key not in old:
                yield "added", f"{path}.{key}" if path else key, new[key]
    elif isinstance(old, list) and isinstance(new, list):
        common = min(len(old), len(new))
        for index in range(common):
            yield from _differences(old[index], new[index], f"{path}[{index}]")
        for index in range(common, len(old)):
            yield "removed", f"{path}[{index}]", old[index]
        for index in range(common, len(new)):
            yield "added", f"{path}[{index}]", new[index]
    elif type(old) is not type(new) or old != new:
        yield "changed", path, {"old": old, "new": new}
