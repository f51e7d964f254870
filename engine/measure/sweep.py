"""One attack on one model over all sizes ε, from the smallest up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from engine.core.bundle import Bundle, pack
from engine.core.jobs import Context
from engine.core.records.evasion import Evasion
from engine.core.registry import resolve
from engine.data.mnist import decode
from engine.measure import kept, metrics, sizes, subject
from engine.measure.metrics import Array
from engine.red.evasion.adversarial import Adversarial

Attack: TypeAlias = Callable[[Tensor, Tensor, float], Adversarial]
SLACK = 1e-6  # float32 rounding of x + ε
PICTURES = 6  # kept of each cell of a confusion matrix


@dataclass
class Standing:
    """Where each image stands: its worst version so far, the answer to it, and whether it was ever broken."""

    x: Array
    adversarial: Array
    answers: Array
    right_before: Array
    broken: Array

    def of(self, chosen: Array) -> Standing:
        """Return a copy for the ``chosen`` images, bool (N,)."""
        return Standing(*(part[chosen] for part in vars(self).values()))

    def take(self, chosen: Array, parts: Standing) -> None:
        """Put back what `of` returned."""
        for name, part in vars(parts).items():
            getattr(self, name)[chosen] = part


def sweep(context: Context) -> Bundle:
    """Job: one attack on one model.

    Spec: ``model, seed, network, epsilons, attack, attack_run, norm, settings, one_step, carry``, ``images``, how
    many at each of ``epsilons`` (0: all), the fewer among the more, and ``surrogate``, the network of the second
    need or empty. Only images that were right before are attacked; the others count as wrong. With ``carry`` an
    image broken at a smaller ε counts as broken at every larger one, by the same adversarial image, which lies in
    the larger ball as well. Without it every ε starts afresh.
    """
    spec = context.spec
    digits = decode(context.data)
    seen = subject.load(context, 0 if 0 in spec["images"] else max(spec["images"]))
    x = seen.x.astype(np.float32) / np.float32(255)
    before = metrics.predict(seen.model, x)
    records, arrays, standing = [], {}, _fresh(x, before, seen.y)
    attack = _bound(context, seen, standing)
    for done, epsilon in enumerate(spec["epsilons"]):
        if not spec["carry"]:
            standing = _fresh(x, before, seen.y)
        given = np.isin(seen.index, subject.test_indices(digits, spec["images"][done]))
        part, here = seen.of(given), standing.of(given)
        began = perf_counter()
        cost = _attack(attack, part, here, epsilon, spec["norm"])
        seconds = perf_counter() - began
        standing.take(given, here)
        records.append(_record(context, part, here, epsilon, cost, seconds))
        arrays.update(_samples(part, here, before[given], f"{epsilon:g}/"))
        arrays.update(_behind(part, here, f"{epsilon:g}/behind_"))
        arrays |= {
            f"{epsilon:g}/index": part.index,
            f"{epsilon:g}/right_before": here.right_before,
            f"{epsilon:g}/right": here.right_before & ~here.broken,
        }
        context.progress((done + 1) / len(spec["epsilons"]), f"ε {epsilon:g}: {records[-1].accuracy:.1%} right")
    return pack({"evasion": records}, arrays)


def _fresh(x: Array, before: Array, y: Array) -> Standing:
    return Standing(x, x.copy(), before.copy(), before == y, np.zeros(len(y), bool))


def _bound(context: Context, seen: subject.Subject, standing: Standing) -> Attack:
    """Return the attack with its settings, as a function of images, labels and size.

    A one-step attack goes along one direction whatever the size, so the direction is found once.
    """
    spec = context.spec
    attack, settings = resolve(spec["attack_run"]), {**spec["settings"], "seed": spec["seed"]}
    if spec["one_step"]:
        todo = np.flatnonzero(standing.right_before)
        way = attack(seen.model, torch.from_numpy(standing.x[todo]), torch.from_numpy(seen.y[todo]), **settings)
        return lambda x, _y, epsilon: way.at(x, epsilon)
    if spec["surrogate"]:
        settings["surrogate"] = subject.needed(context, 1, spec["surrogate"])
    return lambda x, y, epsilon: attack(seen.model, x, y, epsilon=epsilon, **settings)


def _attack(attack: Attack, seen: subject.Subject, standing: Standing, epsilon: float, norm: str) -> tuple[int, int]:
    """Attack the images that still stand, in place; return the gradients and queries that it took."""
    todo = np.flatnonzero(standing.right_before & ~standing.broken)
    if not len(todo):
        return 0, 0
    x, y = torch.from_numpy(standing.x[todo]), torch.from_numpy(seen.y[todo])
    result = attack(x, y, epsilon)
    found = result.x.numpy()
    check_ball(standing.x[todo], found, epsilon, norm)
    standing.adversarial[todo] = found
    standing.answers[todo] = metrics.predict(seen.model, found)
    standing.broken[todo] = standing.answers[todo] != seen.y[todo]
    return result.gradients, result.queries + len(todo)


def check_ball(x: Array, found: Array, epsilon: float, norm: str = "linf") -> None:
    """Raise ValueError unless ``found`` lies within ``epsilon`` of ``x`` and in [0, 1].

    L0 counts changed pixels; "none" bounds nothing but the range.
    """
    if found.shape != x.shape or not np.isfinite(found).all():
        raise ValueError("the attack returned images of another shape or with values that are not finite")
    if found.min() < 0 or found.max() > 1:
        raise ValueError(f"the attack left [0, 1]: {found.min()} to {found.max()}")
    size, slack = float(sizes.of(x, found, norm).max()), SLACK if norm == "linf" else 0.0
    if norm != "none" and size > epsilon + slack:
        raise ValueError(f"the attack left its ball: {sizes.NORMS[norm]} size {size} above {epsilon}")


def _record(
    context: Context,
    seen: subject.Subject,
    standing: Standing,
    epsilon: float,
    cost: tuple[int, int],
    seconds: float,
) -> Evasion:
    spec = context.spec
    tried = standing.right_before
    attacked, broken = int(tried.sum()), int(standing.broken.sum())
    return Evasion(
        model=spec["model"],
        attack=spec["attack"],
        settings={**spec["settings"], "carry": spec["carry"]},
        norm=spec["norm"],
        epsilon=epsilon,
        seed=spec["seed"],
        dataset=seen.dataset,
        attacked=attacked,
        broken=broken,
        perturbation=metrics.perturbation(standing.x[tried], standing.adversarial[tried]),
        scores=metrics.scores(seen.y, standing.answers),
        seconds=seconds,
        gradients=cost[0],
        queries=cost[1],
        flags=(),
        provenance=context.provenance(),
        **metrics.rate_of(broken, attacked, "success"),
        **metrics.rated(attacked - broken, len(seen.y)),
    )


def _behind(seen: subject.Subject, standing: Standing, prefix: str) -> dict[str, Array]:
    """Return the attacked images behind each cell of the confusion matrix."""
    parts = kept.behind(standing.adversarial, seen.index, seen.y, standing.answers, PICTURES)
    return {f"{prefix}{name}": part for name, part in parts.items()} | {f"{prefix}limit": np.array(PICTURES)}


def _samples(seen: subject.Subject, standing: Standing, before: Array, prefix: str) -> dict[str, Array]:
    """The first image of each digit: the same ones for every model and attack on the same subset."""
    first = np.array([np.flatnonzero(seen.y == digit)[0] for digit in np.unique(seen.y)])
    return {
        f"{prefix}sample_x": seen.x[first, 0],
        f"{prefix}sample_adv": standing.adversarial[first, 0],
        f"{prefix}sample_label": seen.y[first],
        f"{prefix}sample_before": before[first],
        f"{prefix}sample_after": standing.answers[first],
    }
