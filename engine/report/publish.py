"""Records as downloads: JSON, CSV and JSON schema, a file a family."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from engine.core import records as core


def flat(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield a record's fields with dotted names; lists are kept as JSON text."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from flat(inner, f"{prefix}.{name}" if prefix else name)
    elif isinstance(value, list | tuple):
        yield prefix, json.dumps(value, allow_nan=False)
    else:
        yield prefix, value


def to_json(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return records as JSON, one a line: a difference is a line then, and Python's fast encoder does not indent."""
    return "[\n" + ",\n".join(json.dumps(row, allow_nan=False) for row in rows) + "\n]\n"


def to_csv(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return records as CSV with one column a field, in the order of first appearance."""
    table = [dict(flat(row)) for row in rows]
    columns = list(dict.fromkeys(name for row in table for name in row))
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    return buffer.getvalue()


def downloads(records: Mapping[str, tuple[Any, ...]]) -> dict[str, bytes]:
    """Return ``data/<family>.json``, ``.csv`` and ``.schema.json`` for every family."""
    files = {}
    for family, found in records.items():
        rows = [asdict(row) for row in found]
        files[f"data/{family}.json"] = to_json(rows).encode()
        files[f"data/{family}.csv"] = to_csv(rows).encode()
        schema = json.dumps(core.schema(family), indent=1, sort_keys=True) + "\n"
        files[f"data/{family}.schema.json"] = schema.encode()
    return files
