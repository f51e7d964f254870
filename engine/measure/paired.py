"""Before and after on the same images: what was lost, what was gained, and whether chance explains it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.core import rates
from engine.measure.metrics import Array


@dataclass(frozen=True)
class Paired:
    """Of ``n`` images, how many were right only before, and how many only after; ``p`` in [0, 1]."""

    n: int
    lost: int
    gained: int
    p: float


def mcnemar(before: Array, after: Array) -> Paired:
    """Compare two bool arrays (N,) that say which of the same images were right.

    McNemar's test in its exact form: only images whose answer changed sides count, and if the change
    did nothing, each side is as likely. ``p`` is two-sided; 1 where no image changed sides.
    McNemar, "Note on the Sampling Error of the Difference Between Correlated Proportions or
    Percentages", https://doi.org/10.1007/BF02295996. ValueError when the arrays are not two rows of
    bool of the same length.
    """
    first, second = np.asarray(before), np.asarray(after)
    if first.ndim != 1 or first.shape != second.shape:
        raise ValueError(f"paired answers have shapes {first.shape} and {second.shape}, not twice (N,)")
    if first.dtype != bool or second.dtype != bool:
        raise ValueError(f"paired answers are {first.dtype} and {second.dtype}, not bool: say which are right")
    lost, gained = int((first & ~second).sum()), int((~first & second).sum())
    return Paired(len(first), lost, gained, rates.mcnemar(lost, gained))
