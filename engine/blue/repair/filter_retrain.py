"""Filter and retrain: leave out what a detector flags, and train again from the same start.

Tran, Li, Madry, "Spectral Signatures in Backdoor Attacks", https://arxiv.org/abs/1811.00636.
"""

from __future__ import annotations

import numpy as np

from engine.blue.repair.patient import Patient, Repaired


def filter_retrain(patient: Patient, *, follows: str) -> Repaired:
    """Return a network trained without what the detector ``follows`` flags; the old one if that is nothing."""
    flagged = patient.verdicts[follows].images
    if flagged is None:
        raise ValueError(f"{follows} judges no image, so there is nothing to leave out")
    if not flagged.any():
        return Repaired(patient.case.model, 0)
    model, gradients = patient.fit(patient.case.x[~flagged], patient.case.y[~flagged])
    removed = tuple(int(index) for index in np.flatnonzero(flagged))
    return Repaired(model, gradients, removed=removed, alarmed=True)
