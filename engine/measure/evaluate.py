"""A model on clean and on stamped test images, and what the stamp makes it answer."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import numpy as np

from engine.core.bundle import Bundle, pack
from engine.core.jobs import Context
from engine.core.records.evaluation import Evaluation
from engine.core.records.poisoning import Colour, Poisoning
from engine.core.registry import resolve
from engine.core.unpack import records as unpack
from engine.measure import metrics, subject
from engine.measure.metrics import Array
from engine.measure.stamped import Shown, reading
from engine.red.poisoning.poison import Poison
from engine.red.poisoning.trigger import COLOURS, luma_grey, mean_grey

SAMPLES = 10


def evaluate(context: Context) -> Bundle:
    """Job: measure without an attack.

    The spec has ``model, seed, network, test_images, poison, poison_run, poison_settings, own_poison``.
    """
    spec = context.spec
    seen = subject.load(context, spec["test_images"])
    poison: Poison = resolve(spec["poison_run"])(**spec["poison_settings"])
    answers, records = {}, []
    stamped = poison.trigger.stamp(seen.x)
    for condition, images in (("clean", seen.x), ("stamped", stamped)):
        began = perf_counter()
        answers[condition] = metrics.predict(seen.model, images)
        seconds = perf_counter() - began
        context.progress(0.5 if condition == "clean" else 1.0, condition)
        records.append(
            Evaluation(
                condition=condition,  # type: ignore[arg-type]
                scores=metrics.scores(seen.y, answers[condition]),
                **_common(context, seen.dataset, seconds, len(images)),
                **metrics.rated(int((answers[condition] == seen.y).sum()), len(images)),
            )
        )
    row = _triggered(context, poison, seen, answers["clean"], answers["stamped"])
    arrays = _samples(seen, stamped, answers) | _outcomes(seen, answers, poison.target)
    return pack({"evaluation": records, "poisoning": [row]}, arrays)


def _outcomes(seen: subject.Subject, answers: dict[str, Array], target: int) -> dict[str, Array]:
    """Return image by image what the records count: right answers, and the stamp's hits where they can be any."""
    other = seen.y != target
    return {
        "index": seen.index,
        "right": answers["clean"] == seen.y,
        "stamped/right": answers["stamped"] == seen.y,
        "stamp/index": seen.index[other],
        "stamp/hit": answers["stamped"][other] == target,
    }


def _common(context: Context, dataset: str, seconds: float, queries: int) -> dict[str, Any]:
    return {
        "model": context.spec["model"],
        "norm": "none",
        "epsilon": 0.0,
        "seed": context.spec["seed"],
        "dataset": dataset,
        "seconds": seconds,
        "gradients": 0,
        "queries": queries,
        "flags": (),
        "provenance": context.provenance(),
    }


def _triggered(context: Context, poison: Poison, seen: subject.Subject, clean: Array, stamped: Array) -> Poisoning:
    """Count target answers among images of other labels, before the stamp and after it."""
    spec = context.spec
    (bundle,) = context.needs.values()
    (trained,) = unpack(bundle)["training"]
    return reading(
        context,
        Shown(seen.y, clean, stamped, seen.dataset),
        study="model",
        poison=spec["poison"] if spec["own_poison"] else "none",
        trigger=poison.trigger,
        target=poison.target,
        control=not spec["own_poison"],
        label_kept=poison.label_kept,
        poisoned_images=trained.poisoned_images,
        training_images=trained.images,
    )


def _samples(seen: subject.Subject, stamped: Array, answers: dict[str, Array]) -> dict[str, Array]:
    """The first test image of each digit, before and after the stamp."""
    first = np.array([np.flatnonzero(seen.y == digit)[0] for digit in np.unique(seen.y)[:SAMPLES]])
    return {
        "sample_x": seen.x[first, 0],
        "sample_stamped": stamped[first, 0],
        "sample_label": seen.y[first],
        "sample_before": answers["clean"][first],
        "sample_after": answers["stamped"][first],
    }


def colours(_context: Context) -> Bundle:
    """Job: what each of the reference report's coloured squares becomes in a grey image."""
    rows = [
        Colour(colour=name, rgb=rgb, mean_grey=mean_grey(rgb), luma_grey=luma_grey(rgb))
        for name, rgb in COLOURS.items()
    ]
    return pack({"poisoning": rows})
