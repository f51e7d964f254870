"""One training recipe tried on the small network, and attacked at once: accuracy beside what training cost."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from engine.blue.training.loop import Fit, sets
from engine.core.bundle import Bundle, pack
from engine.core.jobs import Context
from engine.core.rates import wilson
from engine.core.records.protection import Trial
from engine.core.registry import resolve
from engine.core.seeds import derive
from engine.data.mnist import Digits, decode
from engine.measure import metrics, subject
from engine.networks import build
from engine.red.evasion.apgd import apgd_ce, apgd_targeted
from engine.red.evasion.pgd import pgd
from engine.red.evasion.square import square

ATTACKS = ("pgd", "apgd", "targeted apgd", "square")


def trial(context: Context) -> Bundle:
    """Job: train once, then attack.

    Spec: ``model`` (the variant), ``title, seed, network, recipe, recipe_run, settings, train_images,
    validation_images``, and for the attacks ``images, epsilon, pgd, steps, targets, queries``.
    """
    spec = context.spec
    subject.settle(context)
    digits = decode(context.data)
    model, fit, seconds = _trained(context, digits)
    chosen = subject.test_indices(digits, spec["images"])
    x = torch.from_numpy(digits.test_x[chosen].astype(np.float32) / np.float32(255))
    y = torch.from_numpy(digits.test_y[chosen])
    clean, standing, broken = _attacked(model, x, y, spec)
    record = Trial(
        model=spec["model"],
        title=spec["title"],
        network=spec["network"],
        recipe=spec["recipe"],
        settings=dict(spec["settings"]),
        attacks=ATTACKS,
        norm="linf",
        epsilon=spec["epsilon"],
        seed=spec["seed"],
        dataset=digits.name,
        seconds=seconds,
        gradients=fit.gradients,
        queries=0,
        flags=(),
        provenance=context.provenance(),
        **_rate(int(clean.sum()), len(x), "clean"),
        **_rate(int(standing.sum()), len(x), "pgd"),
        **metrics.rated(int((standing & ~broken).sum()), len(x)),
    )
    return pack({"protection": [record]})


def _trained(context: Context, digits: Digits) -> tuple[nn.Module, Fit, float]:
    spec = context.spec
    kept, validation = subject.split(digits, spec["train_images"], spec["validation_images"])
    torch.manual_seed(derive("trial", spec["seed"]))  # the same start for every recipe
    model, began = build(spec["network"]).to(context.device), perf_counter()
    data = sets(
        digits.train_x[kept], digits.train_y[kept], digits.train_x[validation], digits.train_y[validation],
        context.device,
    )  # fmt: skip
    fit: Fit = resolve(spec["recipe_run"])(model, data, spec["settings"], context.progress)
    seconds = perf_counter() - began
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    return model.eval(), fit, seconds


def _attacked(model: nn.Module, x: Tensor, y: Tensor, spec: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Return which images are right, which stand up to PGD, and which fall to a stronger attack; bool (N,)."""
    known = {"epsilon": spec["epsilon"], "seed": spec["seed"]}

    def right(images: Tensor) -> Tensor:
        return torch.from_numpy(metrics.predict(model, images)) == y

    clean = right(x)
    standing = clean & right(pgd(model, x, y, **known, **spec["pgd"]).x)
    todo = torch.nonzero(standing)[:, 0]
    broken = torch.zeros_like(standing)
    steps = {"steps": spec["steps"]}
    tries: tuple[tuple[Any, dict[str, Any]], ...] = (
        (apgd_ce, steps),
        (apgd_targeted, {**steps, "targets": spec["targets"]}),
        (square, {"queries": spec["queries"]}),  # needs no gradient, so it sees where one is masked
    )
    for attack, more in tries:
        if len(todo):
            moved = x.clone()
            moved[todo] = attack(model, x[todo], y[todo], **known, **more).x
            broken |= ~right(moved)
            todo = torch.nonzero(standing & ~broken)[:, 0]
    return clean, standing, broken


def _rate(successes: int, n: int, name: str) -> dict[str, Any]:
    low, high = wilson(successes, n)
    return {f"{name}_accuracy": successes / n, f"{name}_low": low, f"{name}_high": high}
