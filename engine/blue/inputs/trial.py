"""A defence of the input under attackers that know more and more of it, beside the bare model."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.blue.inputs.defence import Defence
from engine.blue.inputs.scene import Scene, Spent
from engine.core.bundle import Bundle, arrays, pack
from engine.core.errors import UserError
from engine.core.jobs import Context
from engine.core.records.inputs import InputDefence
from engine.core.registry import resolve
from engine.measure import metrics, subject
from engine.measure.metrics import Array
from engine.measure.paired import mcnemar
from engine.red.evasion.pgd import pgd


class Nothing(Defence):
    """The bare model, as the defence that leaves images alone."""

    differentiable = True

    def __call__(self, x: Tensor, _chance: torch.Generator) -> Tensor:
        """Return the images."""
        return x


def scene(context: Context, defence: Defence) -> tuple[Scene, subject.Subject]:
    """Return the stage of a job; spec: ``model, seed, network, images, effort``."""
    spec = context.spec
    seen = subject.load(context, spec["images"])
    x = torch.from_numpy(seen.x.astype(np.float32) / np.float32(255))
    return Scene(seen.model, defence, x, torch.from_numpy(seen.y), spec["seed"], dict(spec["effort"])), seen


def bare(context: Context) -> Bundle:
    """Job: attack the model without a defence. Spec: `scene`'s and ``epsilons``.

    PGD takes all its steps, so that its images lie deep on the wrong side: a defence that only undoes the
    last step would look good against images that barely cross. They are kept for the blind attacker.
    """
    spec = context.spec
    stage, seen = scene(context, Nothing())
    clean = stage.right(stage.x)
    rows = [_record(context, seen, "none", 0.0, clean, clean)]
    held: dict[str, Array] = {"index": seen.index, "none/0/right": clean}
    climbed, worst = clean, clean
    for epsilon in spec["epsilons"]:
        began, spent = perf_counter(), Spent()
        climbed = _full_climb(stage, climbed, clean, epsilon, spent)
        rows.append(_record(context, seen, "adaptive", epsilon, climbed, climbed, spent, perf_counter() - began))
        began, spent = perf_counter(), Spent()
        before = worst & climbed
        worst = stage.search(before, epsilon, spent)
        rows.append(_record(context, seen, "worst", epsilon, worst, worst, spent, perf_counter() - began,
                            int((before & ~worst).sum())))  # fmt: skip
        held |= {f"{epsilon:g}/adversarial": stage.last["bare"].numpy(), f"adaptive/{epsilon:g}/right": climbed,
                 f"worst/{epsilon:g}/right": worst}  # fmt: skip
        context.progress(len(rows) / (1 + 2 * len(spec["epsilons"])), f"ε {epsilon:g}: {climbed.mean():.1%} right")
    return pack({"inputs": rows}, held)


def _full_climb(stage: Scene, standing: Array, clean: Array, epsilon: float, spent: Spent) -> Array:
    """Attack every image that was right, whether it fell before or not, and take all steps."""
    todo = torch.from_numpy(np.flatnonzero(clean))
    images = stage.x.clone()
    settings = {"steps": stage.effort["steps"], "step_ratio": stage.effort["step_ratio"], "stop": False}
    if len(todo):
        made = pgd(stage.model, stage.x[todo], stage.y[todo], epsilon=epsilon, seed=stage.seed, **settings)
        spent.gradients, spent.queries = made.gradients, made.queries + len(todo)
        images[todo] = made.x
    return stage.shown("bare", images, standing, epsilon)


def trial(context: Context) -> Bundle:
    """Job: attack the model behind a defence; needs the trained model and its `bare` job.

    Spec: `scene`'s and ``epsilons, defence, defence_run, settings``. An image that an attacker broke at a
    smaller ε counts as broken by him at every larger one, by the same image, which lies in the larger ball.
    """
    spec = context.spec
    defence: Defence = resolve(spec["defence_run"])(**spec["settings"])
    stage, seen = scene(context, defence)
    held = arrays(list(context.needs.values())[1])
    if not np.array_equal(held["index"], seen.index):
        raise UserError("the bare model was attacked on other images", "run its job again with --fresh")
    clean = stage.right(stage.x)
    rows = [_record(context, seen, "none", 0.0, clean, held["none/0/right"])]
    kept: dict[str, Array] = {"index": seen.index, "none/0/right": clean}
    standing = dict.fromkeys(("blind", "naive", "adaptive", "worst"), clean)
    for epsilon in spec["epsilons"]:
        rows += _size(context, stage, seen, held, standing, epsilon)
        kept |= {f"{who}/{epsilon:g}/right": right for who, right in standing.items()}
        context.progress(len(rows) / (1 + 4 * len(spec["epsilons"])), f"ε {epsilon:g}: {rows[-1].accuracy:.1%} right")
    return pack({"inputs": rows}, _samples(stage, seen) | kept)


def _size(
    context: Context, stage: Scene, seen: subject.Subject, held: dict[str, Array], standing: dict[str, Array],
    epsilon: float,
) -> Iterator[InputDefence]:  # fmt: skip
    """Yield the records of one size, and bring ``standing`` up to date."""
    pressed = held[f"adaptive/{epsilon:g}/right"]
    images = torch.from_numpy(held[f"{epsilon:g}/adversarial"])
    for name in ("blind", "naive", "adaptive"):
        began, spent = perf_counter(), Spent()
        if name == "blind":
            spent.queries = stage.defence.draws * len(images)
            standing[name] = stage.shown(name, images, standing[name], epsilon)
        else:
            standing[name] = getattr(stage, name)(standing[name], epsilon, spent)
        yield _record(context, seen, name, epsilon, standing[name], pressed, spent, perf_counter() - began)
    began, spent = perf_counter(), Spent()
    before: Array = np.logical_and.reduce(list(standing.values()))
    standing["worst"] = stage.search(before, epsilon, spent)
    broke = int((before & ~standing["worst"]).sum())
    yield _record(context, seen, "worst", epsilon, standing["worst"], held[f"worst/{epsilon:g}/right"], spent,
                  perf_counter() - began, broke)  # fmt: skip


def _record(
    context: Context, seen: subject.Subject, attacker: Any, epsilon: float, right: Array, bare_right: Array,
    spent: Spent | None = None, seconds: float = 0.0, only_search: int = 0,
) -> InputDefence:  # fmt: skip
    spec, spent, pair = context.spec, spent or Spent(queries=len(right)), mcnemar(bare_right, right)
    return InputDefence(
        model=spec["model"],
        defence=spec.get("defence", "none"),
        attacker=attacker,
        settings=dict(spec.get("settings", {})),
        effort={} if attacker == "none" else dict(spec["effort"]),
        norm="none" if attacker == "none" else "linf",
        epsilon=epsilon,
        seed=spec["seed"],
        dataset=seen.dataset,
        bare_successes=int(bare_right.sum()),
        bare_accuracy=float(bare_right.mean()),
        lost=pair.lost,
        gained=pair.gained,
        p=pair.p,
        only_search=only_search,
        seconds=seconds,
        gradients=spent.gradients,
        queries=spent.queries,
        flags=(),
        provenance=context.provenance(),
        **metrics.rated(int(right.sum()), len(right)),
    )


def _samples(stage: Scene, seen: subject.Subject) -> dict[str, Array]:
    """The first image of each digit, and the last attacked version of it, before and behind the defence."""
    first = np.array([np.flatnonzero(seen.y == digit)[0] for digit in np.unique(seen.y)])
    chance = torch.Generator().manual_seed(0)
    attacked = stage.last["blind"][first]
    both = {"clean": stage.x[first], "attacked": attacked}
    behind = {f"{name}_seen": stage.defence(images, chance) for name, images in both.items()}
    return {f"sample_{name}": images.numpy()[:, 0] for name, images in {**both, **behind}.items()}
