"""Every named thing that pages speak of, by kind and name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.blue.certification.registry import CERTIFICATES
from engine.blue.detection.registry import DETECTORS
from engine.blue.inputs.registry import DEFENCES
from engine.blue.repair.registry import REPAIRS
from engine.core.registry import Entry
from engine.models import MODELS
from engine.red.evasion.minimal import MINIMAL
from engine.red.evasion.registry import ATTACKS
from engine.red.poisoning.registry import POISONS


def catalogue() -> dict[str, Mapping[str, Any]]:
    """Return the registries under the names that `engine.report.view.View` gives them."""
    tables: dict[str, Iterable[Entry]] = {
        "attacks": [*ATTACKS, *MINIMAL],
        "poisons": POISONS,
        "certificates": CERTIFICATES,
        "defences": DEFENCES,
        "detectors": [*DETECTORS, *REPAIRS],
    }
    named = {what: {entry.name: entry for entry in table} for what, table in tables.items()}
    return {"models": MODELS, **named}
