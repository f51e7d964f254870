"""Many small trainings: what each poison does, and how rate and size of the stamp decide.

On a part of the training set and with the second network, so that all of it takes minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch import nn

from engine.blue.training.loop import sets
from engine.blue.training.standard import standard
from engine.core.bundle import Bundle, pack
from engine.core.jobs import Context
from engine.core.records.poisoning import Poisoning
from engine.core.registry import resolve
from engine.core.seeds import derive
from engine.data.mnist import Array, Digits, decode
from engine.measure import metrics, subject
from engine.measure.stamped import Shown, reading
from engine.networks import build
from engine.red.poisoning.badnets import Badnets
from engine.red.poisoning.label_flip import Nothing
from engine.red.poisoning.poison import Poison, Poisoned
from engine.red.poisoning.trigger import SQUARE, Square, Trigger

SHOWN = 5  # poisoned images kept of each poison
LEVEL, SIDE = SQUARE.level, 28


@dataclass
class Bench:
    """The images of a job, and what its trainings share."""

    context: Context
    digits: Digits
    x: Array
    y: Array
    validation: Array
    chosen: Array  # test images

    def fit(self, poisoned: Poisoned) -> tuple[nn.Module, int, float]:
        """Train one network; return it with the gradients and seconds that it took."""
        spec, digits = self.context.spec, self.digits
        torch.manual_seed(derive("workshop", spec["seed"]))  # the same start for every poison of a seed
        model, began = build(spec["network"]).to(self.context.device), perf_counter()
        data = sets(
            poisoned.x, poisoned.y, digits.train_x[self.validation], digits.train_y[self.validation],
            self.context.device,
        )  # fmt: skip
        run = standard(model, data, spec["settings"], lambda _done, _what: None)
        return model.eval(), run.gradients, perf_counter() - began

    def read(self, model: nn.Module, poisoned: Poisoned, trigger: Trigger, **facts: Any) -> Poisoning:
        """Measure a trigger on a network."""
        x, y = self.digits.test_x[self.chosen], self.digits.test_y[self.chosen]
        clean, stamped = (metrics.predict(model, images) for images in (x, trigger.stamp(x)))
        shown = Shown(y, clean, stamped, self.digits.name)
        counts = {"poisoned_images": len(poisoned.touched), "training_images": len(poisoned.y)}
        target = self.context.spec["target"]
        return reading(self.context, shown, trigger=trigger, target=target, queries=2 * len(x), **counts, **facts)


def _bench(context: Context) -> Bench:
    subject.settle(context)
    digits, spec = decode(context.data), context.spec
    kept, validation = subject.split(digits, spec["train_images"], spec["validation_images"])
    chosen = subject.test_indices(digits, spec["test_images"])
    return Bench(context, digits, digits.train_x[kept], digits.train_y[kept], validation, chosen)


def corner(size: int) -> Square:
    """Return a square of this size in the lower right corner, as grey as the reference report's."""
    return Square(size=size, row=SIDE - size, column=SIDE - size, level=LEVEL)


def surface(context: Context) -> Bundle:
    """Job: BadNets at every rate for one stamp size. Spec: `poisons`' with ``study``, ``size`` and ``rates``."""
    bench, spec, rows = _bench(context), context.spec, []
    trigger = corner(spec["size"])
    for rate in spec["rates"]:
        poisoned = Badnets(rate, spec["target"], trigger).apply(bench.x, bench.y, derive("surface", spec["seed"]))
        model, gradients, seconds = bench.fit(poisoned)
        rows.append(
            bench.read(
                model, poisoned, trigger, study=spec["study"], poison="badnets", control=not rate, label_kept=False,
                gradients=gradients, seconds=seconds,
            )
        )  # fmt: skip
        context.progress(len(rows) / len(spec["rates"]), f"rate {rate:g}")
    return pack({"poisoning": rows})


def poisons(context: Context) -> Bundle:
    """Job: one training a poison and one without, each with its controls.

    Spec: ``model, seed, network, settings, train_images, validation_images, test_images, target``, ``poisons``
    (name to function), ``shares`` and ``helped``, those that are given the model of the first need.
    """
    bench, rows = _bench(context), []
    pictures: dict[str, Array] = {}
    clean, gradients, seconds = bench.fit(Poisoned(bench.x, bench.y, np.zeros(0, int)))
    cost = {"gradients": gradients, "seconds": seconds}
    made = dict(_poisons(context))
    untouched = Poisoned(bench.x, bench.y, np.zeros(0, int))
    for trigger in {poison.trigger.name: poison.trigger for poison in made.values()}.values():
        if not isinstance(trigger, Nothing):
            rows.append(
                bench.read(clean, untouched, trigger, study="poisons", poison="none", control=True,
                           label_kept=False, **cost)
            )  # fmt: skip
    for name, poison in made.items():
        poisoned = poison.apply(bench.x, bench.y, derive("poisons", context.spec["seed"]))
        model, gradients, seconds = bench.fit(poisoned)
        facts = {"study": "poisons", "poison": name, "label_kept": poison.label_kept}
        rows.append(bench.read(model, poisoned, poison.trigger, control=False, gradients=gradients, seconds=seconds,
                               **facts))  # fmt: skip
        if name == "badnets":
            elsewhere = Square(size=SQUARE.size, row=0, column=0, level=LEVEL)
            rows.append(bench.read(model, poisoned, elsewhere, control=True, name="square elsewhere", **facts))
        some = poisoned.touched[:SHOWN]
        pictures |= {f"{name}/before": bench.x[some, 0], f"{name}/after": poisoned.x[some, 0],
                     f"{name}/label_before": bench.y[some], f"{name}/label_after": poisoned.y[some]}  # fmt: skip
        context.progress(len(pictures) / 4 / len(made), name)
    return pack({"poisoning": rows}, pictures)


def _poisons(context: Context) -> Iterator[tuple[str, Poison]]:
    spec = context.spec
    for name, run in spec["poisons"].items():
        settings: dict[str, Any] = {"target": spec["target"]}
        if name in spec["shares"]:
            settings["share"] = spec["shares"][name]
        if name in spec["helped"]:
            settings["model"] = subject.needed(context, 0, spec["network"])
        yield name, resolve(run)(**settings)
