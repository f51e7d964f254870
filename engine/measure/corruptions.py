"""Common corruptions at five strengths: a control, since nobody chose them against the model.

Hendrycks, Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions and Perturbations",
https://arxiv.org/abs/1903.12261.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from scipy import ndimage

from engine.core.bundle import Bundle, pack
from engine.core.jobs import Context
from engine.core.records.corruptions import Corruption
from engine.core.seeds import derive
from engine.measure import metrics, subject
from engine.measure.metrics import Array


def noise(x: Array, amount: float) -> Array:
    """Return images (N, 1, 28, 28) in [0, 1] with normal noise of this standard deviation."""
    chance = np.random.default_rng(derive("corruption noise"))
    return np.clip(x + amount * chance.standard_normal(x.shape), 0, 1)


def blur(x: Array, amount: float) -> Array:
    """Return images blurred by a Gaussian of this standard deviation in pixels."""
    return np.asarray(ndimage.gaussian_filter(x, (0, 0, amount, amount), mode="constant"))


def contrast(x: Array, amount: float) -> Array:
    """Return images drawn together towards mid-grey: 1 leaves nothing but grey."""
    return 0.5 + (1 - amount) * (x - 0.5)


def shift(x: Array, amount: float) -> Array:
    """Return images moved right and down by this many whole pixels, black coming in."""
    moved, by = np.zeros_like(x), round(amount)
    moved[:, :, by:, by:] = x[:, :, : x.shape[2] - by, : x.shape[3] - by]
    return moved


@dataclass(frozen=True)
class Kind:
    """A corruption, its five amounts from mild to strong, and their unit."""

    spoil: Callable[[Array, float], Array]
    amounts: tuple[float, ...]
    unit: str


CORRUPTIONS = {
    "noise": Kind(noise, (0.1, 0.2, 0.3, 0.4, 0.5), "standard deviation"),
    "blur": Kind(blur, (0.5, 1.0, 1.5, 2.0, 2.5), "pixels"),
    "contrast": Kind(contrast, (0.2, 0.4, 0.6, 0.75, 0.9), "share lost"),
    "shift": Kind(shift, (1, 2, 3, 4, 5), "pixels"),
}


def corruptions(context: Context) -> Bundle:
    """Job: spec has ``model, seed, network, images, kinds, strengths``; a record a kind and strength."""
    spec = context.spec
    seen = subject.load(context, spec["images"])
    x = seen.x.astype(np.float32) / np.float32(255)
    rows, kept = [], {"sample_x": seen.x[:1, 0], "index": seen.index}
    for kind in spec["kinds"]:
        chosen = CORRUPTIONS[kind]
        for strength in spec["strengths"]:
            amount = chosen.amounts[strength - 1]
            began, spoilt = perf_counter(), chosen.spoil(x, amount).astype(np.float32)
            right = metrics.predict(seen.model, spoilt) == seen.y
            kept |= {f"{kind}/{strength}": spoilt[:1, 0], f"{kind}/{strength}/right": right}
            rows.append(
                Corruption(
                    model=spec["model"],
                    corruption=kind,
                    strength=strength,
                    amount=float(amount),
                    unit=chosen.unit,
                    norm="none",
                    epsilon=0.0,
                    seed=spec["seed"],
                    dataset=seen.dataset,
                    seconds=perf_counter() - began,
                    gradients=0,
                    queries=len(x),
                    flags=(),
                    provenance=context.provenance(),
                    **metrics.rated(int(right.sum()), len(x)),
                )
            )
        context.progress(len(rows) / len(spec["kinds"]) / len(spec["strengths"]), kind)
    return pack({"corruptions": rows}, kept)
