"""The reference report's procedures, repeated faithfully, beside correct ones on the same images.

Its attacks ran without clip values, with a step as large as ε, no random start and the model's own answers
for labels, and stored images as ``(x * 255).astype(uint8)``, which wraps what lies outside [0, 1].
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

import numpy as np
import torch
from art.attacks.evasion import FastGradientMethod, ProjectedGradientDescent
from torch import nn

from engine.art_bridge import BATCH, Classifier, classifier
from engine.core.bundle import WEIGHTS, Bundle, pack
from engine.core.jobs import Context
from engine.core.records.claims import Reading
from engine.core.seeds import derive
from engine.data.mnist import decode
from engine.measure import metrics
from engine.measure.metrics import Array
from engine.measure.subject import settle, split, test_indices
from engine.networks import build, from_bytes
from engine.red.evasion.fgsm import fgsm
from engine.red.evasion.pgd import pgd

SIZE, STEPS = 0.1, 40
RETRAIN_EPOCHS, RETRAIN_BATCH, RETRAIN_RATE = 5, 64, 1e-3
SHOWN = 10


def wrapped(x: Array) -> Array:
    """Return floats as the reference stores them: times 255, cut to an integer, modulo 256.

    −0.1 becomes 231 and 1.1 becomes 24. Through int64, because a cast of a negative float to uint8 is
    whatever the processor does.
    """
    return (x * 255).astype(np.int64).astype(np.uint8)  # nosemgrep: uint8-wraparound -- the fault that is measured here


class Unclipped(Classifier):
    """ART's classifier as the reference report uses it: it does not know the range of a pixel."""

    def __init__(self, model: nn.Module, device: str) -> None:
        super().__init__(model, device)
        self._clip_values = None


@dataclass
class Found:
    """Readings so far, and what they have in common."""

    context: Context
    dataset: str
    labels: Array
    rows: list[Reading]

    def add(self, procedure: str, how: str, model: nn.Module, images: Array, model_name: str = "clean") -> None:
        """Count right answers to ``images``, which stand for the test images of this audit."""
        began = perf_counter()
        right = int((metrics.predict(model, images) == self.labels).sum())
        self.rows.append(
            Reading(
                model=model_name,
                norm="linf",
                epsilon=SIZE,
                seed=self.context.spec["seed"],
                dataset=self.dataset,
                procedure=procedure,
                how=how,
                seconds=perf_counter() - began,
                gradients=0,
                queries=len(images),
                flags=(),
                provenance=self.context.provenance(),
                **metrics.rated(right, len(images)),
            )
        )


def claims(context: Context) -> Bundle:
    """Job: needs the clean model. Spec: ``model, seed, network, images, train_images``."""
    spec = context.spec
    settle(context)
    digits = decode(context.data)
    (bundle,) = context.needs.values()
    model = from_bytes(spec["network"], bundle[WEIGHTS], context.device)
    chosen = test_indices(digits, spec["images"])
    x, y = digits.test_x[chosen].astype(np.float32) / np.float32(255), digits.test_y[chosen]
    found = Found(context, digits.name, y, [])
    raw = _reference_pgd(model, x, clip=False)
    found.add("pgd-clipped", "The reference's PGD with clip values.", model, _reference_pgd(model, x, clip=True))
    found.add("pgd-unclipped", "The same without clip values.", model, raw)
    found.add("pgd-wrapped", "The same, stored as uint8 and read again.", model, wrapped(raw))
    context.progress(0.3, "PGD repeated")
    images, labels = torch.from_numpy(x), torch.from_numpy(y)
    correct = pgd(model, images, labels, epsilon=SIZE, seed=spec["seed"], steps=STEPS, step_ratio=0.1).x.numpy()
    found.add("pgd-correct", "Clipped, a random start, a step of a tenth of ε, true labels.", model, correct)
    plain = fgsm(model, images, labels, epsilon=SIZE, seed=spec["seed"]).x.numpy()
    found.add("fgsm-correct", "One clipped step away from the true label.", model, plain)
    found.add("skew", "Images scaled to −1 … 1, as the reference's demo does.", model, (x - 0.5) / 0.5)
    context.progress(0.5, "attacks on the clean model")
    kept, _ = split(digits, spec["train_images"], 1)
    train_x, train_y = digits.train_x[kept].astype(np.float32) / np.float32(255), digits.train_y[kept]
    again = _retrained(context, model, train_x, train_y)
    stale = wrapped(_reference_fgsm(model, x))
    found.add("fgsm-retrained", "The retrained model on stored FGSM images.", again, stale, "retrained")
    found.add("retrained-clean", "The retrained model on clean images.", again, digits.test_x[chosen], "retrained")
    first = np.array([np.flatnonzero(y == digit)[0] for digit in np.unique(y)])[:SHOWN]
    pictures = {
        "x": digits.test_x[chosen][first, 0],
        "wrapped": wrapped(raw[first])[:, 0],
        "correct": correct[first, 0],
    }
    return pack({"claims": found.rows}, pictures)


def _reference_pgd(model: nn.Module, x: Array, *, clip: bool) -> Array:
    estimator = classifier(model) if clip else Unclipped(model, _device(model))
    # nosemgrep: art-pgd-weak-defaults -- the reference's own settings, which the audit measures as they were
    attack = ProjectedGradientDescent(estimator, norm=np.inf, eps=SIZE, max_iter=STEPS, batch_size=BATCH, verbose=False)
    return np.asarray(attack.generate(x))


def _device(model: nn.Module) -> str:
    return next(model.parameters()).device.type


def _reference_fgsm(model: nn.Module, x: Array) -> Array:
    return np.asarray(
        FastGradientMethod(Unclipped(model, _device(model)), norm=np.inf, eps=SIZE, batch_size=BATCH).generate(x)
    )


def _retrained(context: Context, model: nn.Module, x: Array, y: Array) -> nn.Module:
    """Train a new network on stored attacks of another model: FGSM and PGD images, no clean ones."""
    images = torch.tensor(
        np.concatenate([wrapped(_reference_fgsm(model, x)), wrapped(_reference_pgd(model, x, clip=False))])
    )
    labels = torch.tensor(np.concatenate([y, y]))
    torch.manual_seed(derive("claims", context.spec["seed"]))
    fresh = build(context.spec["network"])
    optimiser = torch.optim.Adam(fresh.parameters(), RETRAIN_RATE)
    for epoch in range(RETRAIN_EPOCHS):
        fresh.train()
        for chosen in torch.randperm(len(images)).split(RETRAIN_BATCH):
            loss = nn.functional.cross_entropy(fresh(images[chosen]), labels[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        context.progress(0.6 + 0.4 * epoch / RETRAIN_EPOCHS, f"retraining, epoch {epoch + 1}")
    return fresh.eval()
