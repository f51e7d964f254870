"""Two models on the same images: what a defence gains and loses, image by image."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt
from typing import Any

import numpy as np

from engine.core.bundle import Bundle, arrays, pack
from engine.core.jobs import Context
from engine.core.rates import Z95, wilson
from engine.core.records.protection import Comparison
from engine.core.unpack import records
from engine.measure.paired import Paired, mcnemar
from engine.measure.worst import Run

Right = dict[int, bool]  # whether an image, by its place in the test set, is answered right


def compare(context: Context) -> Bundle:
    """Job: needs, for each model, its ``evaluate`` job and then its attacks of one norm, in the same order.

    Spec: ``before, after, seed, norm, epsilons``; a record for clean images, and one an attack and size at
    which both models have a cell, and one for the worst case over those attacks.
    """
    held = list(context.needs.values())
    half = len(held) // 2
    dataset = records(held[0])["evaluation"][0].dataset
    pairs = _conditions(held[:half], held[half:], context.spec["epsilons"])
    rows = [_row(context, dataset, condition, size, *both) for condition, size, *both in pairs]
    return pack({"protection": rows})


def _conditions(before: list[Bundle], after: list[Bundle], epsilons: list[float]) -> Iterator[tuple[Any, ...]]:
    yield "clean", 0.0, _clean(before[0]), _clean(after[0])
    runs = [(_run(first), _run(second)) for first, second in zip(before[1:], after[1:], strict=True)]
    for epsilon in epsilons:
        found = [(one.name, one.standing(epsilon), two.standing(epsilon)) for one, two in runs]
        found = [row for row in found if row[1] and row[2]]
        for name, one, two in found:
            yield name, epsilon, one, two
        if found:
            yield "worst", epsilon, _worst([row[1] for row in found]), _worst([row[2] for row in found])


def _clean(bundle: Bundle) -> Right:
    held = arrays(bundle)
    return dict(zip(held["index"].tolist(), held["right"].tolist(), strict=True))


def _run(bundle: Bundle) -> Run:
    return Run(records(bundle)["evasion"], arrays(bundle))


def _worst(seen: list[Right]) -> Right:
    """Return whether each image that every attack was given stands up to all of them."""
    common = set.intersection(*(set(images) for images in seen))
    return {image: all(images[image] for images in seen) for image in sorted(common)}


def _row(context: Context, dataset: str, condition: str, epsilon: float, before: Right, after: Right) -> Comparison:
    common = sorted(set(before) & set(after))
    first, second = (np.array([right[image] for image in common], bool) for right in (before, after))
    paired, n = mcnemar(first, second), len(common)
    change, low, high = paired_change(paired)
    one, two = int(first.sum()), int(second.sum())
    (before_low, before_high), (after_low, after_high) = wilson(one, n), wilson(two, n)
    return Comparison(
        before=context.spec["before"],
        after=context.spec["after"],
        condition=condition,
        norm="none" if condition == "clean" else context.spec["norm"],
        epsilon=epsilon,
        n=n,
        seed=context.spec["seed"],
        dataset=dataset,
        before_accuracy=one / n,
        before_low=before_low,
        before_high=before_high,
        after_accuracy=two / n,
        after_low=after_low,
        after_high=after_high,
        lost=paired.lost,
        gained=paired.gained,
        change=change,
        change_low=low,
        change_high=high,
        p=paired.p,
        provenance=context.provenance(),
    )


def paired_change(paired: Paired) -> tuple[float, float, float]:
    """Return ``after - before`` and its 95 % bounds, within [-1, 1], from how many images changed sides.

    The interval of a paired difference as in Agresti, Min, "Simple improved confidence intervals for comparing
    matched proportions", Stat. Med. 24 (2005): half an image is added to each of the four cells, so that
    it does not shrink to a point where no image changed sides.
    """
    change = (paired.gained - paired.lost) / paired.n
    n, gained, lost = paired.n + 2, paired.gained + 0.5, paired.lost + 0.5
    centre = (gained - lost) / n
    half = Z95 * sqrt(gained + lost - (gained - lost) ** 2 / n) / n
    return change, max(-1.0, min(change, centre - half)), min(1.0, max(change, centre + half))
