"""What a job hands back: named files as bytes. They travel and rest in the same form.

``records.json`` holds the records by family, ``arrays.npz`` arrays without pickle,
``weights.safetensors`` a model.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, TypeAlias

import numpy as np

Bundle: TypeAlias = dict[str, bytes]
RECORDS, ARRAYS, WEIGHTS = "records.json", "arrays.npz", "weights.safetensors"


def pack(
    records: Mapping[str, Iterable[Any]],
    arrays: Mapping[str, np.ndarray[Any, Any]] | None = None,
    weights: bytes | None = None,
) -> Bundle:
    """Put records (by family), arrays and weights into a bundle; equal inputs give equal bytes."""
    plain = {family: [asdict(record) for record in rows] for family, rows in records.items()}
    files = {RECORDS: json.dumps(plain, sort_keys=True, indent=1, allow_nan=False).encode()}
    if arrays:
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, **dict(sorted(arrays.items())))
        files[ARRAYS] = buffer.getvalue()
    if weights is not None:
        files[WEIGHTS] = weights
    return files


def arrays(bundle: Bundle) -> dict[str, np.ndarray[Any, Any]]:
    """Return a bundle's arrays, an empty dict where it holds none."""
    if ARRAYS not in bundle:
        return {}
    with np.load(io.BytesIO(bundle[ARRAYS]), allow_pickle=False) as held:
        return {name: held[name] for name in held.files}
