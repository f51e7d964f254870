"""The worst case an image over all attacks. Their mean, or the lowest of their accuracies, says too little."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.core.bundle import Bundle, arrays, pack
from engine.core.jobs import Context
from engine.core.records.evasion import Evasion
from engine.core.records.worst import WorstCase
from engine.core.unpack import records
from engine.measure import metrics
from engine.measure.metrics import Array


@dataclass(frozen=True)
class Run:
    """One attack's records, smallest ε first, and its arrays."""

    rows: list[Evasion]
    held: dict[str, Array]

    @property
    def name(self) -> str:
        """The attack."""
        return self.rows[0].attack

    def standing(self, epsilon: float) -> dict[int, bool]:
        """Return whether each image still stands at ``epsilon``; empty where there is no cell of this size.

        An image that fell at a smaller ε has fallen at every larger one, since the balls lie in each other.
        """
        sizes = [row.epsilon for row in self.rows]
        if epsilon not in sizes:
            return {}
        smaller = [self._cell(size, "right") for size in sizes if size < epsilon]
        here = self._cell(epsilon, "right")
        return {image: right and all(cell.get(image, True) for cell in smaller) for image, right in here.items()}

    def right_before(self) -> dict[int, bool]:
        """Return whether each image that the attack was given at some size was answered right before it."""
        cells = [self._cell(row.epsilon, "right_before") for row in self.rows]
        return {image: right for cell in cells for image, right in cell.items()}

    def _cell(self, epsilon: float, what: str) -> dict[int, bool]:
        """Return an array of a size by image, its place in the test set."""
        index = self.held[f"{epsilon:g}/index"]
        return dict(zip(index.tolist(), self.held[f"{epsilon:g}/{what}"].tolist(), strict=True))


def worst(context: Context) -> Bundle:
    """Job: needs the attack jobs of one model. Spec: ``model, seed, norm, epsilons``; a record an ε."""
    runs = [Run(records(bundle)["evasion"], arrays(bundle)) for bundle in context.needs.values()]
    return pack({"evasion": [_record(context, runs, epsilon) for epsilon in context.spec["epsilons"]]})


def smallest(context: Context) -> Bundle:
    """Job: needs the jobs that looked for the smallest change, of one norm. Spec as in `worst`."""
    found = {}
    for bundle in context.needs.values():
        (row,), held = records(bundle)["minimal"], arrays(bundle)
        found[row.attack] = dict(zip(held["index"].tolist(), held["size"].tolist(), strict=True))
    common = sorted(set.intersection(*(set(images) for images in found.values())))
    size = np.array([[images[image] for image in common] for images in found.values()])
    was_right: Array = np.all(size > 0, axis=0)
    rows = []
    for epsilon in context.spec["epsilons"]:
        rows.append(_case(context, row.dataset, epsilon, tuple(found), size > epsilon, was_right))
    return pack({"evasion": rows})


def _record(context: Context, runs: list[Run], epsilon: float) -> WorstCase:
    seen = {run.name: standing for run in runs if (standing := run.standing(epsilon))}
    common = sorted(set.intersection(*(set(images) for images in seen.values())))
    before = {image: right for run in runs for image, right in run.right_before().items()}
    was_right = np.array([before[image] for image in common])
    stands = np.array([[images[image] for image in common] for images in seen.values()])
    return _case(context, runs[0].rows[0].dataset, epsilon, tuple(seen), stands, was_right)


def _case(
    context: Context, dataset: str, epsilon: float, attacks: tuple[str, ...], stands: Array, was_right: Array
) -> WorstCase:
    """Return the record from ``stands``, bool (attacks, images), and which images were right, bool (images,)."""
    fell = ~stands & was_right
    alone = fell & (fell.sum(axis=0) == 1)
    return WorstCase(
        model=context.spec["model"],
        norm=context.spec["norm"],
        epsilon=epsilon,
        seed=context.spec["seed"],
        dataset=dataset,
        attacks=attacks,
        attacked=int(was_right.sum()),
        broken_by=dict(zip(attacks, fell.sum(axis=1).tolist(), strict=True)),
        only_by=dict(zip(attacks, alone.sum(axis=1).tolist(), strict=True)),
        seconds=0.0,
        gradients=0,
        queries=0,
        flags=(),
        provenance=context.provenance(),
        **metrics.rated(int(stands.all(axis=0).sum()), stands.shape[1]),
    )
