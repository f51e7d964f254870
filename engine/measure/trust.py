"""Did the attack itself work? Checks on PGD that a model with hidden gradients fails.

Carlini et al., "On Evaluating Adversarial Robustness", https://arxiv.org/abs/1902.06705, lists them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.core.bundle import Bundle, arrays, pack
from engine.core.jobs import Context
from engine.core.rates import wilson
from engine.core.records.trust import Check, Trust
from engine.measure import metrics, subject
from engine.measure.metrics import BATCH
from engine.measure.sweep import SLACK
from engine.red.evasion.adversarial import Adversarial
from engine.red.evasion.pgd import pgd
from engine.red.evasion.square import square
from engine.red.evasion.transfer import transfer

FULL, FULL_LEFT = 1.0, 0.01  # at this size any image can become any other; at most this share may stand
FLAT_LIMIT = 0.01  # share of images whose gradient is zero everywhere


@dataclass
class Bench:
    """A model with the images that the checks use, and what they have cost so far."""

    model: nn.Module
    x: Tensor
    y: Tensor
    settings: dict[str, Any]
    surrogate: nn.Module
    gradients: int = 0
    queries: int = 0

    def stands(self, attack: Callable[..., Adversarial], **arguments: Any) -> tuple[Tensor, np.ndarray[Any, Any]]:
        """Run an attack; return its images and which of them are still answered right."""
        found = attack(self.model, self.x, self.y, **arguments)
        self.gradients, self.queries = self.gradients + found.gradients, self.queries + found.queries + len(self.x)
        return found.x, metrics.predict(self.model, found.x) == self.y.numpy()

    def pgd(self, epsilon: float, *, seed: int, times: int = 1) -> tuple[Tensor, np.ndarray[Any, Any]]:
        """Run PGD with ``times`` as many steps as the profile says."""
        settings = {**self.settings, "steps": times * self.settings["steps"]}
        return self.stands(pgd, epsilon=epsilon, seed=seed, **settings)


def trust(context: Context) -> Bundle:
    """Job: spec has ``model, seed, network, surrogate, images, epsilons, queries, settings``; a record an ε.

    The adversarial images are saved, and accuracy is counted again from what was saved.
    """
    spec = context.spec
    surrogate = subject.needed(context, 1, spec["surrogate"])
    seen = subject.load(context, spec["images"])
    x, y = torch.from_numpy(seen.x.astype(np.float32) / np.float32(255)), torch.from_numpy(seen.y)
    rows, saved, before = [], {"index": seen.index}, 1.0
    for epsilon in spec["epsilons"]:
        began, bench = perf_counter(), Bench(seen.model, x, y, spec["settings"], surrogate)
        checks, before, found = examine(bench, epsilon, before, spec["seed"], spec["queries"])
        saved[f"{epsilon:g}/adversarial"] = found.numpy()
        rows.append(
            Trust(
                model=spec["model"],
                attack="pgd",
                norm="linf",
                epsilon=epsilon,
                n=len(x),
                seed=spec["seed"],
                dataset=seen.dataset,
                sound=all(check.passed for check in checks),
                checks=checks,
                seconds=perf_counter() - began,
                gradients=bench.gradients,
                queries=bench.queries,
                provenance=context.provenance(),
            )
        )
        context.progress(len(rows) / len(spec["epsilons"]), f"ε {epsilon:g} checked")
    return pack({"trust": rows}, saved)


def examine(
    bench: Bench, epsilon: float, before: float, seed: int, queries: int
) -> tuple[tuple[Check, ...], float, Tensor]:
    """Return the checks at one size, and PGD's accuracy and images; ``before`` is the accuracy at the size below."""
    images, standing = bench.pgd(epsilon, seed=seed)
    accuracy = float(standing.mean())
    low, high = wilson(int(standing.sum()), len(standing))
    slack = (high - low) / 2
    harder = standing & bench.pgd(epsilon, seed=seed + 1, times=2)[1] & bench.pgd(epsilon, seed=seed + 2, times=2)[1]
    blind = bench.stands(square, epsilon=epsilon, seed=seed, queries=queries)[1]
    elsewhere = bench.stands(transfer, epsilon=epsilon, seed=seed, surrogate=bench.surrogate, **bench.settings)[1]
    saved = _saved(images)
    again = float((metrics.predict(bench.model, saved) == bench.y.numpy()).mean())
    full = float(bench.pgd(FULL, seed=seed)[1].mean())
    size = float((saved - bench.x).abs().max())
    outside = max(0.0, -float(saved.min()), float(saved.max()) - 1)
    flat = _flat(bench)
    checks = (
        _check("budget", size, epsilon + SLACK, f"The largest change of a pixel is {size:.4f}."),
        _check("range", outside, 0.0, f"Pixels leave black to white by {outside:.4f}."),
        _check("saved images", abs(again - accuracy), 0.0, f"Counted from the saved images, {again:.1%} stand."),
        _check("larger ε", accuracy - before, 0.0, f"Accuracy is {accuracy:.1%}, at the size below {before:.1%}."),
        _check("full size", full, FULL_LEFT, f"At ε {FULL:g}, where an image can become any other, {full:.1%} stand."),
        _check(
            "more effort",
            accuracy - float(harder.mean()),
            slack,
            f"Twice the steps and two more starts lower accuracy from {accuracy:.1%} to {harder.mean():.1%}.",
        ),
        _check(
            "black box",
            accuracy - float(blind.mean()),
            slack,
            f"Square, which sees no gradient, leaves {blind.mean():.1%}; PGD {accuracy:.1%}.",
        ),
        _check(
            "transfer",
            accuracy - float(elsewhere.mean()),
            slack,
            f"Images made on another network leave {elsewhere.mean():.1%}; PGD on this one {accuracy:.1%}.",
        ),
        _check("flat gradients", flat, FLAT_LIMIT, f"The gradient is zero everywhere on {flat:.1%} of the images."),
    )
    return checks, accuracy, images


def _saved(images: Tensor) -> Tensor:
    """Return images as a reader of the saved file gets them."""
    return torch.from_numpy(arrays(pack({}, {"images": images.numpy()}))["images"])


def _check(name: str, value: float, limit: float, evidence: str) -> Check:
    return Check(name=name, passed=value <= limit, value=value, limit=limit, evidence=evidence)


def _flat(bench: Bench) -> float:
    """Return the share of images at which the loss gradient is exactly zero everywhere."""
    flat = 0
    for x, y in zip(bench.x.split(BATCH), bench.y.split(BATCH), strict=True):
        point = x.clone().requires_grad_(True)
        (slope,) = torch.autograd.grad(F.cross_entropy(bench.model(point), y, reduction="sum"), point)
        flat += int((slope.flatten(1) == 0).all(1).sum())
        bench.gradients += len(x)
    return flat / len(bench.x)
