"""Activation Clustering: do the training images of a class form two groups, one of them without trusted images?

Chen et al., "Detecting Backdoor Attacks on Deep Neural Networks by Activation Clustering",
https://arxiv.org/abs/1811.03728. Two things differ. Activations are scaled by the spread of trusted
images, so that a direction in which digits vary anyway counts less. And a group is suspect because
trusted images of its label stay out of it, not because it is small: half a class may be poison.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import fisher_exact
from sklearn.cluster import KMeans

from engine.blue.detection.case import Case, Verdict
from engine.blue.detection.hidden import hidden, leading, rounded
from engine.core.seeds import derive
from engine.measure.metrics import CLASSES, Array

CHANCE = 0.001  # of flagging any class when training and trusted images fall into the groups alike
EXCESS = 2.0  # the group's share of training images over its share of trusted ones, at least


def activation_clustering(case: Case, *, directions: int, starts: int) -> Verdict:
    """Cluster each class in its ``directions`` leading directions, with ``starts`` starts of 2-means."""
    train, trusted = hidden(case.model, case.x), hidden(case.model, case.trusted_x)
    scale = rounded(trusted, case.trusted_y)
    scores, images = np.zeros(len(case.y)), np.zeros(len(case.y), bool)
    classes, values = [], {}
    for label in range(CLASSES):
        mine = np.flatnonzero(case.y == label)
        if len(mine) < 2:
            continue
        points, known = scale.of(train[mine], label), scale.of(trusted[case.trusted_y == label], label)
        share, expected, chance, toward, apart = split(points, known, directions, starts, case.seed)
        scores[mine] = toward
        values[f"chance {label}"] = chance
        if chance * CLASSES < CHANCE and share >= EXCESS * expected:
            classes.append(label)
            images[mine] = apart
    queries = len(case.x) + len(case.trusted_x)
    return Verdict(tuple(classes), CHANCE, "chance", scores, images, queries=queries, values=values)


def split(
    points: Array, known: Array, directions: int, starts: int, seed: int
) -> tuple[float, float, float, Array, Array]:
    """Cut points (N, d) in two and look for trusted points (M, d) in both parts.

    Returns the suspect part's share of the points and of the trusted ones, Fisher's exact chance of such
    a difference, how far each point lies on the suspect side, and which points are in the part.
    """
    centre = points.mean(axis=0)
    axes = leading(points - centre, directions)
    flat, flat_known = (points - centre) @ axes, (known - centre) @ axes
    groups = KMeans(2, n_init=starts, random_state=derive("clusters", seed) % 2**31).fit(flat)
    part, known_part = groups.labels_.astype(bool), groups.predict(flat_known).astype(bool)
    if part.mean() - known_part.mean() < 0:  # call the part suspect in which trusted images are rarer
        part, known_part = ~part, ~known_part
        near, far = groups.cluster_centers_[1], groups.cluster_centers_[0]
    else:
        near, far = groups.cluster_centers_
    counts = [[int(part.sum()), int((~part).sum())], [int(known_part.sum()), int((~known_part).sum())]]
    toward = ((flat - near) ** 2).sum(axis=1) - ((flat - far) ** 2).sum(axis=1)
    return float(part.mean()), float(known_part.mean()), float(fisher_exact(counts).pvalue), toward, part
