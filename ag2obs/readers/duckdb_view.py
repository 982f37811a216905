"""The statement by which DuckDB sees all model calls of some logs as a table."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

_COLUMNS = {
    "kind": "VARCHAR", "ts": "TIMESTAMP", "session": "VARCHAR", "chat_id": "VARCHAR", "workflow": "VARCHAR",
    "agent": "VARCHAR", "provider": "VARCHAR", "request_model": "VARCHAR", "model": "VARCHAR", "status": "VARCHAR",
    "ms": "DOUBLE", "cached": "BOOLEAN", "stream": "BOOLEAN", "attempts": "INTEGER", "purpose": "VARCHAR",
    "usage": "STRUCT(input BIGINT, output BIGINT, cache_read BIGINT, cache_write BIGINT, reasoning BIGINT)",
    "cost_usd": "DECIMAL(38, 18)", "saved_usd": "DECIMAL(38, 18)", "cost_source": "VARCHAR",
    "cost_quality": "VARCHAR", "cost_reason": "VARCHAR", "finish_reason": "VARCHAR", "invocation": "VARCHAR",
    "span": "VARCHAR", "parent": "VARCHAR", "tags": "JSON",
    "error": "STRUCT(id VARCHAR, type VARCHAR, message VARCHAR, status_code INTEGER)",
}  # fmt: skip
"""Fields of events (see ``ag2obs.events``) and their types in DuckDB."""

_PATTERN = re.compile(r"[\[*?]")
"""What DuckDB takes for a pattern in a path; in brackets such a character stands for itself."""

_TOKENS = ("input", "output", "cache_read", "cache_write", "reasoning")


def calls_view(logs: Iterable[Path], name: str = "calls") -> str:
    """Return ``CREATE VIEW`` for DuckDB 1.1 or newer: a row for each ``llm.call`` in logs of ours.

    They may be compressed with gzip or zstd. Lines that are no events are skipped.
    """
    files = ",\n       ".join(_quoted(_PATTERN.sub(r"[\g<0>]", str(log.absolute()))) for log in logs)
    columns = ",\n       ".join(f"{_quoted(column)}: {_quoted(kind)}" for column, kind in _COLUMNS.items())
    shown = ", ".join(column for column in _COLUMNS if column not in ("kind", "usage", "error"))
    tokens = ", ".join(f"coalesce(usage.{part}, 0) AS {part}_tokens" for part in _TOKENS)
    return f"""\
CREATE OR REPLACE VIEW {name} AS
SELECT {shown},
       {tokens},
       error.type AS error_type, error.message AS error_message, error.status_code AS error_status_code
FROM read_json([
       {files}
     ], format = 'newline_delimited', ignore_errors = true, maximum_object_size = 268435456, columns = {{
       {columns}
     }})
WHERE kind = 'llm.call';
"""


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
