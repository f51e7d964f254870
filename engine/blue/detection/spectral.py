"""Spectral Signatures: the direction in which a class is longest, and how far along it each image lies.

Tran, Li, Madry, "Spectral Signatures in Backdoor Attacks", https://arxiv.org/abs/1811.00636. Two things
differ. Activations are first scaled by the spread of trusted images (with robust scaling the same idea
is Hayase et al., https://arxiv.org/abs/2104.11315), so that the longest direction is one in which clean
images are short. And the share to remove is not given beforehand: an image is suspect beyond the
score that few trusted images reach, and a class when far more training images do.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import fisher_exact

from engine.blue.detection.case import Case, Verdict
from engine.blue.detection.hidden import hidden, leading, rounded
from engine.measure.metrics import CLASSES

QUANTILE = 0.99  # of trusted images' scores; a class is judged by what lies beyond it
FALSE_ALARMS = 0.05  # share of trusted images of a flagged class that would be flagged with it
CHANCE = 0.001  # of flagging any class when training and trusted images score alike
EXCESS = 0.05  # share of a class beyond the quantile, more than among trusted images


def spectral(case: Case) -> Verdict:
    """Score every training image by its squared length along the longest direction of its class."""
    train, trusted = hidden(case.model, case.x), hidden(case.model, case.trusted_x)
    scale = rounded(trusted, case.trusted_y)
    scores, images = np.zeros(len(case.y)), np.zeros(len(case.y), bool)
    classes, values = [], {}
    for label in range(CLASSES):
        mine = np.flatnonzero(case.y == label)
        if not len(mine):
            continue
        points, known = scale.of(train[mine], label), scale.of(trusted[case.trusted_y == label], label)
        axis = leading(points, 1)
        found, usual = ((points @ axis)[:, 0] ** 2, (known @ axis)[:, 0] ** 2)
        limit = float(np.quantile(usual, QUANTILE))
        beyond, above = found > limit, usual > limit
        counts = [[int(beyond.sum()), int((~beyond).sum())], [int(above.sum()), int((~above).sum())]]
        chance = float(fisher_exact(counts, alternative="greater").pvalue)
        scores[mine] = found / limit if limit > 0 else found
        values[f"chance {label}"], values[f"beyond {label}"] = chance, float(beyond.mean())
        if chance * CLASSES < CHANCE and beyond.mean() - above.mean() > EXCESS:
            classes.append(label)
            images[mine] = found > np.quantile(usual, 1 - FALSE_ALARMS)
    queries = len(case.x) + len(case.trusted_x)
    return Verdict(tuple(classes), 1 - FALSE_ALARMS, "quantile", scores, images, queries=queries, values=values)
