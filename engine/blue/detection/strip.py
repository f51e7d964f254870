"""STRIP: an answer that stays the same whatever is laid over the image was given by a trigger.

Gao et al., "STRIP: A Defence Against Trojan Attacks on Deep Neural Networks",
https://arxiv.org/abs/1902.06531. It judges images that come in, not the training set.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from engine.blue.detection.case import Case, Verdict
from engine.core.seeds import derive
from engine.measure.metrics import BATCH, Array

FALSE_ALARMS = 0.05  # share of trusted images beyond the threshold


def strip(case: Case, *, overlays: int, images: int) -> Verdict:
    """Judge the incoming images; the threshold is set on ``images`` trusted ones, laid over by the others."""
    order = np.random.default_rng(derive("strip", case.seed)).permutation(len(case.trusted_x))
    judged = min(images, len(order) // 2)
    judges, over = case.trusted_x[order[:judged]], case.trusted_x[order[judged:]]
    usual = sameness(case.model, judges, over, overlays, derive("strip trusted", case.seed))
    scores = sameness(case.model, case.incoming, over, overlays, derive("strip incoming", case.seed))
    limit = float(np.quantile(usual, 1 - FALSE_ALARMS))
    strict = float(np.quantile(usual, 1 - FALSE_ALARMS / 5))
    return Verdict(
        (), limit, "negative entropy", scores, scores > limit, incoming=True,
        queries=(judged + len(case.incoming)) * overlays, values={"strict": strict},
    )  # fmt: skip


def sameness(model: nn.Module, images: Array, over: Array, overlays: int, seed: int) -> Array:
    """Return minus the mean entropy (nats) of the answers to each image with ``overlays`` others added to it.

    Images are uint8 (N, 1, 28, 28). Light adds up to white at most: halving both, as a mean would, halves
    the trigger too.
    """
    rng, device = np.random.default_rng(seed), next(model.parameters()).device
    chosen = torch.from_numpy(rng.integers(0, len(over), (len(images), overlays)))
    added, base = torch.from_numpy(over).float() / 255, torch.from_numpy(images).float() / 255
    entropy = np.zeros(len(images))
    with torch.no_grad():
        for start in range(0, len(images), BATCH):
            rows = slice(start, start + BATCH)
            mixed = (base[rows, None] + added[chosen[rows]]).clamp(max=1).flatten(0, 1)
            answers = [model(part.to(device)) for part in mixed.split(BATCH)]  # all at once would take gigabytes
            logs = torch.log_softmax(torch.cat(answers), 1).cpu()
            each = -(logs.exp() * logs).sum(1).reshape(-1, overlays)
            entropy[rows] = each.mean(1).numpy()
    return -entropy
