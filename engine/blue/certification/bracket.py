"""Robust accuracy from both sides: what is proved, and what every attack left standing, on the same images."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.core.bundle import Bundle, arrays, pack
from engine.core.jobs import Context
from engine.core.records.certification import Bracket
from engine.core.unpack import records
from engine.data.mnist import decode
from engine.measure import metrics
from engine.measure.metrics import Array
from engine.measure.subject import test_indices
from engine.measure.worst import Run


class ContradictionError(ValueError):
    """An attack broke an image that a certificate says it cannot break: one of the two is wrong."""


@dataclass(frozen=True)
class Proof:
    """What one method certified."""

    method: str
    epsilons: list[float]
    held: dict[str, Array]

    def images(self) -> set[int]:
        """Return the images that were looked at."""
        return set(self.held["index"].tolist())

    def certified(self, epsilon: float) -> set[int]:
        """Return the images that are certified at ``epsilon`` or a larger size, whose box holds the smaller one."""
        index = self.held["index"]
        sizes = [size for size in self.epsilons if size >= epsilon]
        return {image for size in sizes for image in index[self.held[f"{size:g}/certified"]].tolist()}


def bracket(context: Context) -> Bundle:
    """Job: needs the attack jobs and the certification jobs of one model; a record an ε of the spec.

    Spec: ``model, seed, images, epsilons``. Counted on those of ``images`` that were certified and that every attack
    was given: where the strongest one was not tried, "not broken" says little. `ContradictionError` when any image
    at all that was certified was broken within its ε.
    """
    runs, proofs, dataset = [], [], ""
    for bundle in context.needs.values():
        found = records(bundle)
        if "evasion" in found:
            runs.append(Run(found["evasion"], arrays(bundle)))
        else:
            rows = found["certification"]
            dataset = rows[0].dataset
            proofs.append(Proof(rows[0].method, [row.epsilon for row in rows], arrays(bundle)))
    subset = set(test_indices(decode(context.data), context.spec["images"]).tolist())
    shared = set.intersection(subset, *(proof.images() for proof in proofs))
    cells = [_cell(context, runs, proofs, shared & tried(runs, epsilon), epsilon, dataset)
             for epsilon in context.spec["epsilons"]]  # fmt: skip
    return pack({"certification": cells})


def tried(runs: Iterable[Run], epsilon: float) -> set[int]:
    """Return the images that every attack was given at ``epsilon``.

    An attack without that size counts with its next smaller one, whose images stay broken, or else its smallest.
    """
    given = []
    for run in runs:
        sizes = [row.epsilon for row in run.rows]
        size = max((size for size in sizes if size <= epsilon), default=min(sizes))
        given.append(set(run.held[f"{size:g}/index"].tolist()))
    return set.intersection(*given)


def fallen(runs: Iterable[Run], epsilon: float) -> set[int]:
    """Return the images that some attack broke at ``epsilon`` or below, and those that were wrong before."""
    found = set()
    for run in runs:
        for size in [row.epsilon for row in run.rows if row.epsilon <= epsilon]:
            found |= set(run.held[f"{size:g}/index"][~run.held[f"{size:g}/right"]].tolist())
    return found


def _cell(
    context: Context, runs: list[Run], proofs: list[Proof], common: set[int], epsilon: float, dataset: str
) -> Bracket:
    model = context.spec["model"]
    proved = set().union(*(proof.certified(epsilon) for proof in proofs))
    fell = fallen(runs, epsilon)
    if both := sorted(proved & fell):
        raise ContradictionError(f"{model}, ε {epsilon:g}: certified but broken, test images {both[:10]}")
    proved, fell = proved & common, fell & common
    standing = len(common) - len(fell)
    return Bracket(
        model=model,
        norm="linf",
        epsilon=epsilon,
        n=len(common),
        seed=context.spec["seed"],
        dataset=dataset,
        methods=tuple(proof.method for proof in proofs),
        attacks=tuple(run.name for run in runs if min(row.epsilon for row in run.rows) <= epsilon),
        certified=len(proved),
        standing=standing,
        contradictions=len(proved & fell),
        seconds=0.0,
        provenance=context.provenance(),
        **metrics.rate_of(len(proved), len(common), "certified"),
        **metrics.rate_of(standing, len(common), "standing"),
    )
