"""Unlearning: put the reversed trigger on clean images, keep their true labels, and fine-tune.

Wang et al., "Neural Cleanse: Identifying and Mitigating Backdoor Attacks in Neural Networks", IEEE S&P
2019, https://doi.org/10.1109/SP.2019.00031. The images are the defender's own: training images may
carry wrong labels.
"""

from __future__ import annotations

import torch

from engine.blue.repair.patient import Patient, Repaired, copied, floats, tune
from engine.core.seeds import derive

FOLLOWS = "neural_cleanse"


def unlearning(patient: Patient, *, share: float, epochs: int, batch: int, rate: float) -> Repaired:
    """Fine-tune on trusted images, a ``share`` of them with the smallest reversed trigger.

    Where Neural Cleanse flagged a class, its trigger is used; else the smallest of the ten all the same,
    so that the cost of a repair that was not needed is known.
    """
    case, verdict = patient.case, patient.verdicts[FOLLOWS]
    among = verdict.classes or tuple(range(len(verdict.arrays["mask"])))
    label = min(among, key=lambda k: verdict.values[f"size {k}"])
    mask, pattern = (torch.from_numpy(verdict.arrays[part][label]) for part in ("mask", "pattern"))
    x, y = floats(case.trusted_x), torch.from_numpy(case.trusted_y)
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(derive("unlearning", case.seed)))
    some = order[: round(share * len(x))]
    x[some] = (1 - mask) * x[some] + mask * pattern
    model = copied(case.model)
    spent = tune(model, x, y, epochs=epochs, batch=batch, rate=rate, seed=case.seed)
    return Repaired(model.eval(), spent, alarmed=bool(verdict.classes))
