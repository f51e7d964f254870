"""What a model gives away: the attacks of `engine.red.privacy`, measured on images held out from them."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from time import perf_counter
from typing import Any

import numpy as np
import torch
from sklearn.metrics import roc_auc_score, roc_curve
from torch import nn

from engine.core.bundle import Bundle, pack
from engine.core.jobs import Context
from engine.core.rates import Z95, wilson
from engine.core.records.privacy import Extraction, Inversion, Membership
from engine.core.seeds import derive
from engine.data.mnist import Digits, decode
from engine.measure import metrics, subject
from engine.measure.metrics import BATCH, Array
from engine.red.privacy.extraction import copy
from engine.red.privacy.inversion import invert
from engine.red.privacy.membership import gap, learned, loss

FALSE_ALARMS = 0.01
SEES = {"gap": "labels", "loss": "scores", "learned": "scores"}


def scaled(images: Array) -> Array:
    """Return uint8 images as float32 in [0, 1]."""
    return images.astype(np.float32) / np.float32(255)


@torch.no_grad()
def probabilities(model: nn.Module, images: Array) -> Array:
    """Return a model's probabilities (N, 10) for float images (N, 1, 28, 28)."""
    parts = [torch.softmax(model(part), 1) for part in torch.from_numpy(images).split(BATCH)]
    return np.asarray(torch.cat(parts).numpy())


@dataclass(frozen=True)
class Half:
    """Members and as many others, float32 images with int64 labels."""

    members: tuple[Array, Array]
    others: tuple[Array, Array]

    def both(self) -> tuple[Array, Array]:
        """Return images and labels, members first."""
        return (np.concatenate([self.members[0], self.others[0]]), np.concatenate([self.members[1], self.others[1]]))


def members(context: Context) -> Bundle:
    """Job: needs the clean and the overfitted model.

    Spec: ``model, seed, network, images, train_images, validation_images`` and of the overfitted model
    ``small, small_images``. Half of the images teach the learner, all methods are measured on the other half.
    """
    spec, rows = context.spec, []
    subject.settle(context)
    digits = decode(context.data)
    pairs = [("clean", spec["network"], spec["train_images"]), ("overfitted", spec["small"], spec["small_images"])]
    for place, (name, network, count) in enumerate(pairs):
        model = subject.needed(context, place, network)
        kept, _ = subject.split(digits, count, spec["validation_images"])
        taught, asked = halves(digits, kept, spec["images"])
        rows += [_membership(context, name, model, method, taught, asked, digits.name) for method in SEES]
        context.progress((place + 1) / len(pairs), name)
    return pack({"privacy": rows})


def halves(digits: Digits, kept: Array, images: int) -> tuple[Half, Half]:
    """Return two halves with together ``images`` members and as many test images, at most what there is."""
    chance = np.random.default_rng(derive("membership subset"))
    count = min(images, len(kept), len(digits.test_y)) // 2 * 2
    inside, outside = chance.permutation(kept)[:count], chance.permutation(len(digits.test_y))[:count]

    def half(start: int) -> Half:
        a, b = inside[start::2], outside[start::2]
        return Half((scaled(digits.train_x[a]), digits.train_y[a]), (scaled(digits.test_x[b]), digits.test_y[b]))

    return half(0), half(1)


def _membership(
    context: Context, name: str, model: nn.Module, method: str, taught: Half, asked: Half, dataset: str
) -> Membership:
    began, (images, labels) = perf_counter(), asked.both()
    found = probabilities(model, images)
    if method == "learned":
        values = learned(model, taught.members, taught.others, (images, labels), context.spec["seed"])
    else:
        values = (gap if method == "gap" else loss)(found, labels)
    n = len(asked.members[1])
    inside = np.arange(len(labels)) < n
    right = found.argmax(axis=1) == labels
    area, low, high = auc(values, inside)
    return Membership(
        model=name,
        method=method,
        sees=SEES[method],  # type: ignore[arg-type]
        members=n,
        others=len(labels) - n,
        seed=context.spec["seed"],
        dataset=dataset,
        auc=area,
        auc_low=low,
        auc_high=high,
        false_alarms=FALSE_ALARMS,
        **caught(values, inside, FALSE_ALARMS),
        member_accuracy=float(right[inside].mean()),
        other_accuracy=float(right[~inside].mean()),
        seconds=perf_counter() - began,
        gradients=0,
        queries=len(labels) * (3 if method == "learned" else 1),
        provenance=context.provenance(),
    )


def auc(values: Array, inside: Array) -> tuple[float, float, float]:
    """Return the area under the ROC curve with its 95 % bounds.

    Hanley, McNeil, "The meaning and use of the area under a receiver operating characteristic (ROC)
    curve", Radiology 143 (1982).
    """
    area = float(roc_auc_score(inside, values))
    n, m = int(inside.sum()), int((~inside).sum())
    one, two = area / (2 - area), 2 * area**2 / (1 + area)
    spread = (area * (1 - area) + (n - 1) * (one - area**2) + (m - 1) * (two - area**2)) / (n * m)
    half = Z95 * sqrt(max(spread, 0.0))
    return area, max(0.0, area - half), min(1.0, area + half)


def caught(values: Array, inside: Array, limit: float) -> dict[str, Any]:
    """Return the largest share of members found with at most ``limit`` false alarms, with Wilson's bounds."""
    alarms, found, _ = roc_curve(inside, values, drop_intermediate=False)
    n = int(inside.sum())
    hits = round(float(found[alarms <= limit].max()) * n)
    low, high = wilson(hits, n)
    return {"caught": hits / n, "caught_low": low, "caught_high": high}


def copies(context: Context) -> Bundle:
    """Job: copies of the clean model from so many answers, by labels and by scores.

    Spec: ``model, seed, network, answers, epochs, small``. Questions come from one half of the test images,
    the copies are measured on the other.
    """
    spec = context.spec
    seen = subject.load(context, 0)
    order = np.random.default_rng(derive("extraction split")).permutation(len(seen.y))
    pool, rest = order[: len(order) // 2], order[len(order) // 2 :]
    victim, rows = metrics.predict(seen.model, seen.x[rest]), []
    for many in spec["answers"]:
        for with_scores in (False, True):
            began, images = perf_counter(), scaled(seen.x[pool[:many]])
            thief = copy(seen.model, images, spec["small"], seed=spec["seed"], epochs=spec["epochs"],
                         with_scores=with_scores)  # fmt: skip
            said = metrics.predict(thief, seen.x[rest])
            rows.append(
                Extraction(
                    model=spec["model"],
                    sees="scores" if with_scores else "labels",
                    answers=len(images),
                    victim_accuracy=float((victim == seen.y[rest]).mean()),
                    norm="none",
                    epsilon=0.0,
                    seed=spec["seed"],
                    dataset=seen.dataset,
                    seconds=perf_counter() - began,
                    gradients=len(images) * spec["epochs"],
                    queries=len(images),
                    flags=(),
                    provenance=context.provenance(),
                    **_agreement(victim, said),
                    **metrics.rated(int((said == seen.y[rest]).sum()), len(rest)),
                )
            )
        context.progress(len(rows) / 2 / len(spec["answers"]), f"{many} answers")
    return pack({"privacy": rows})


def _agreement(victim: Array, said: Array) -> dict[str, Any]:
    same = int((victim == said).sum())
    low, high = wilson(same, len(said))
    return {"agreement": same / len(said), "agreement_low": low, "agreement_high": high}


def pictures(context: Context) -> Bundle:
    """Job: needs the clean model and the surrogate, which judges. Spec: ``model, seed, network, steps, small``."""
    spec = context.spec
    subject.settle(context)
    digits = decode(context.data)
    model, judge = subject.needed(context, 0, spec["network"]), subject.needed(context, 1, spec["small"])
    began = perf_counter()
    drawn, gradients = invert(model, spec["steps"])
    answers, classes = metrics.predict(judge, drawn), np.arange(len(drawn))
    row = Inversion(
        model=spec["model"],
        sees="weights",
        confidence=float(probabilities(model, drawn)[classes, classes].mean()),
        norm="none",
        epsilon=0.0,
        seed=spec["seed"],
        dataset=digits.name,
        seconds=perf_counter() - began,
        gradients=gradients,
        queries=0,
        flags=(),
        provenance=context.provenance(),
        **metrics.rated(int((answers == classes).sum()), len(classes)),
    )
    return pack({"privacy": [row]}, {"drawn": drawn[:, 0], "answers": answers, "labels": classes})
