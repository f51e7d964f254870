"""Randomised smoothing: a vote over noisy copies, and the L2 radius in which it cannot change.

Cohen, Rosenfeld, Kolter, "Certified Adversarial Robustness via Randomized Smoothing",
https://arxiv.org/abs/1902.02918, Algorithm 1 and Theorem 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist
from time import perf_counter

import numpy as np
import torch
from scipy.stats import beta
from torch import Tensor, nn

from engine.core.bundle import Bundle, pack
from engine.core.jobs import Context
from engine.core.records.certification import Smoothed
from engine.core.seeds import derive
from engine.measure import metrics, subject
from engine.measure.metrics import CLASSES, Array

ABSTAINED = -1  # in place of an answer
BATCH = 500


@dataclass(frozen=True)
class Vote:
    """The smoothed answer to one image, `ABSTAINED` where there is none, and its L2 radius, 0 then."""

    answer: int
    radius: float


def lower_bound(hits: int, n: int, alpha: float) -> float:
    """Return the one-sided Clopper-Pearson bound: a rate below it gives ``hits`` or more with chance < alpha.

    Clopper, Pearson, Biometrika 26 (1934). ValueError when ``hits`` of ``n`` is not a rate.
    """
    if n <= 0 or not 0 <= hits <= n:
        raise ValueError(f"{hits} of {n} is not a rate")
    return float(beta.ppf(alpha, hits, n - hits + 1)) if hits else 0.0


def radius_of(share: float, sigma: float) -> float:
    """Return the radius for a vote whose winner has at least this share, in [0, 1): 0 up to one half."""
    return sigma * NormalDist().inv_cdf(share) if share > 0.5 else 0.0


def vote(
    model: nn.Module, x: Tensor, *, sigma: float, first: int, samples: int, alpha: float, generator: torch.Generator
) -> Vote:
    """Certify one image (1, 28, 28) in [0, 1]: ``first`` copies choose the answer, ``samples`` others bound it."""
    answer = int(counts(model, x, sigma, first, generator).argmax())
    hits = int(counts(model, x, sigma, samples, generator)[answer])
    share = lower_bound(hits, samples, alpha)
    return Vote(answer, radius_of(share, sigma)) if share > 0.5 else Vote(ABSTAINED, 0.0)


@torch.no_grad()
def counts(model: nn.Module, x: Tensor, sigma: float, copies: int, generator: torch.Generator) -> Array:
    """Return how often each class is the answer to ``copies`` of ``x`` under noise, int (10,)."""
    found = np.zeros(CLASSES, np.int64)
    for size in _parts(copies):
        noise = torch.randn((size, *x.shape), generator=generator).to(x.device)
        answers = model(noise.mul_(sigma).add_(x)).argmax(1).cpu().numpy()
        found += np.bincount(answers, minlength=CLASSES)
    return found


def _parts(copies: int) -> Iterator[int]:
    for start in range(0, copies, BATCH):
        yield min(BATCH, copies - start)


def smooth(context: Context) -> Bundle:
    """Job: certify images under one σ. Spec: ``model, seed, network, images, sigma, first, samples, alpha, radii``.

    A record a radius. Every image has its own seed, so that an image's vote does not depend on the others.
    """
    spec = context.spec
    seen = subject.load(context, spec["images"])
    x = torch.from_numpy(seen.x.astype(np.float32) / np.float32(255)).to(context.device)
    settings = {key: spec[key] for key in ("sigma", "first", "samples", "alpha")}
    began, votes = perf_counter(), []
    for done, (image, place) in enumerate(zip(x, seen.index.tolist(), strict=True)):
        generator = torch.Generator().manual_seed(derive("smoothing", spec["seed"], spec["sigma"], place))
        votes.append(vote(seen.model, image, generator=generator, **settings))
        if done % 10 == 0:
            context.progress(done / len(x), f"{done} of {len(x)} images")
    seconds = perf_counter() - began
    answer = np.array([one.answer for one in votes])
    radius = np.array([one.radius for one in votes])
    proved = np.where(answer == seen.y, radius, -1.0)
    rows = [_record(context, seen, size, proved, answer, seconds) for size in spec["radii"]]
    held = {"index": seen.index, "answer": answer, "right": answer == seen.y, "radius": radius}
    return pack({"certification": rows}, held)


def _record(
    context: Context, seen: subject.Subject, size: float, proved: Array, answer: Array, seconds: float
) -> Smoothed:
    spec, n = context.spec, len(seen.y)
    return Smoothed(
        model=spec["model"],
        norm="l2",
        epsilon=size,
        seed=spec["seed"],
        dataset=seen.dataset,
        sigma=spec["sigma"],
        first=spec["first"],
        samples=spec["samples"],
        alpha=spec["alpha"],
        abstained=int((answer == ABSTAINED).sum()),
        reach=radius_of(lower_bound(spec["samples"], spec["samples"], spec["alpha"]), spec["sigma"]),
        seconds=seconds,
        gradients=0,
        queries=n * (spec["first"] + spec["samples"]),
        flags=(),
        provenance=context.provenance(),
        **metrics.rated(int((proved >= size).sum()), n),
    )
