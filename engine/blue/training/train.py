"""The training job: poison if asked, fit by a recipe, return weights and how it went."""

from __future__ import annotations

from hashlib import sha256
from time import perf_counter
from typing import Any

import numpy as np
import torch

from engine.blue.training.loop import Fit, sets
from engine.core.bundle import Bundle, pack
from engine.core.jobs import Context
from engine.core.records.training import TrainingRun
from engine.core.registry import resolve
from engine.core.seeds import derive
from engine.data.mnist import Array, decode
from engine.measure.subject import settle, split
from engine.networks import build, to_bytes
from engine.red.poisoning.poison import Poison, Poisoned

SHOWN = 10  # poisoned images kept for the picture sheet


def train(context: Context) -> Bundle:
    """Job: poison the training images, fit a network, return its weights.

    The spec has ``model, seed, network, recipe, recipe_run, settings, train_images,
    validation_images`` and, for a poisoned model, ``poison, poison_run, poison_settings``.
    """
    spec = context.spec
    settle(context)
    digits = decode(context.data)
    kept, validation = split(digits, spec["train_images"], spec["validation_images"])
    x, y = digits.train_x[kept], digits.train_y[kept]
    poisoned, arrays, card = _poisoned(context, x, y)
    torch.manual_seed(derive("train", spec["model"], spec["seed"]))
    model = build(spec["network"]).to(context.device)
    data = sets(poisoned.x, poisoned.y, digits.train_x[validation], digits.train_y[validation], context.device)
    began = perf_counter()
    fit: Fit = resolve(spec["recipe_run"])(model, data, spec["settings"], context.progress)
    seconds = perf_counter() - began
    weights = to_bytes(model)
    record = TrainingRun(
        model=spec["model"],
        network=spec["network"],
        recipe={"recipe": spec["recipe"], **spec["settings"], **card},
        dataset=digits.name,
        seed=spec["seed"],
        images=len(x),
        validation_images=len(validation),
        poisoned_images=len(poisoned.touched),
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        epochs=tuple(fit.epochs),
        kept_epoch=fit.kept,
        weights_sha256=sha256(weights).hexdigest(),
        precision=fit.precision,
        seconds=seconds,
        gradients=fit.gradients,
        flags=(),
        provenance=context.provenance(),
    )
    return pack({"training": [record]}, arrays, weights)


def _poisoned(context: Context, x: Array, y: Array) -> tuple[Poisoned, dict[str, Array], dict[str, Any]]:
    """Return the training set as the model gets it, pictures of what was touched, and the card's keys."""
    spec = context.spec
    if not spec["poison"]:
        return Poisoned(x, y, np.zeros(0, int)), {}, {}
    poison: Poison = resolve(spec["poison_run"])(**spec["poison_settings"])
    poisoned = poison.apply(x, y, derive(spec["model"], spec["seed"]))
    card = {"poison": spec["poison"], "target": poison.target, **poison.trigger.recipe()}
    return poisoned, _shown(x, y, poisoned), card


def _shown(x: Array, y: Array, poisoned: Poisoned) -> dict[str, Array]:
    some = poisoned.touched[:SHOWN]
    return {
        "poison_x": x[some, 0],
        "poison_stamped": poisoned.x[some, 0],
        "poison_label_before": y[some],
        "poison_label_after": poisoned.y[some],
    }
