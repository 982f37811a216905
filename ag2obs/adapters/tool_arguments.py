"""Arguments of a tool call, as data where the model wrote JSON."""

from __future__ import annotations

import json
from typing import Any

from ag2obs.session_texts import bounded

_LONGEST_PARSED = 100_000
"""Characters; longer arguments are kept as they came."""


def readable_arguments(arguments: object) -> Any:
    """Return the arguments as data where they are JSON, else as they came; bounded, sensitive names masked."""
    if isinstance(arguments, str) and len(arguments) < _LONGEST_PARSED:
        try:
            return bounded(json.loads(arguments))
        except (ValueError, RecursionError):
            pass  # not JSON: kept as it came
    return bounded(arguments)
