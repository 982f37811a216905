"""What an object stores and is called, read from where the interpreter keeps it, running no code of its class."""

from __future__ import annotations

import types
from typing import Any

import msgspec

NAME_CHARACTERS = 200

MISSING = object()


def type_name(kind: type) -> str:
    """Return ``module.Name`` of a class (``Name`` for builtins), also where its metaclass lies or raises."""
    module = type.__dict__["__module__"].__get__(kind)
    name: str = type.__dict__["__qualname__"].__get__(kind)
    return _qualified(module, name)


def function_name(function: Any) -> str:
    """Return ``module.name`` of a Python or builtin function."""
    return _qualified(function.__module__, function.__qualname__)


def field_names(kind: type) -> dict[str, bool]:
    """Return the fields of a dataclass, pydantic model or msgspec struct, and whether its repr shows them."""
    if issubclass(kind, msgspec.Struct):
        return dict.fromkeys(kind.__struct_fields__, True)
    for attribute in ("__pydantic_fields__", "__dataclass_fields__", "__fields__"):
        fields = _class_attribute(kind, attribute)
        if type(fields) is dict:
            return {name: getattr(info, "repr", True) is not False for name, info in fields.items()}
    return {}


def stored(value: object, kind: type, name: str) -> Any:
    """Return what ``value`` stores under ``name`` in its ``__dict__`` or in a slot, else ``MISSING``."""
    try:
        attributes = object.__getattribute__(value, "__dict__")
    except AttributeError:
        attributes = None
    if type(attributes) is dict and name in attributes:
        return attributes[name]
    slot = _class_attribute(kind, name)
    if type(slot) is not types.MemberDescriptorType:
        return MISSING
    try:
        return slot.__get__(value)
    except AttributeError:
        return MISSING


def _qualified(module: object, name: str) -> str:
    if type(module) is not str or module == "builtins":
        return name[:NAME_CHARACTERS]
    return f"{module[:NAME_CHARACTERS]}.{name[:NAME_CHARACTERS]}"


def _class_attribute(kind: type, name: str) -> Any:
    """Look an attribute up in a class and its bases without asking the metaclass."""
    for base in type.__dict__["__mro__"].__get__(kind):
        found = type.__dict__["__dict__"].__get__(base).get(name, MISSING)
        if found is not MISSING:
            return found
    return None
