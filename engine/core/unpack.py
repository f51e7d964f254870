"""Records out of a bundle. Apart from `engine.core.bundle`, which jobs import: this reaches every family's types.

A job that only writes records names its own family's module, so a new kind of record elsewhere does not
change its key.
"""

from __future__ import annotations

import json
from typing import Any

from engine.core import records as schema
from engine.core.bundle import RECORDS, Bundle


def records(bundle: Bundle) -> dict[str, list[Any]]:
    """Return a bundle's records by family, each checked against its type."""
    plain = json.loads(bundle[RECORDS])
    return {family: schema.load(family, json.dumps(rows)) for family, rows in plain.items()}
