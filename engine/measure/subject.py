"""What a measuring job looks at: a trained model and the images that its spec asks for."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from engine.core.bundle import WEIGHTS
from engine.core.errors import UserError
from engine.core.jobs import Context
from engine.core.seeds import derive
from engine.data.mnist import Array, Digits, decode, stratified
from engine.networks import from_bytes


@dataclass(frozen=True)
class Subject:
    """A model and its test images, uint8 (N, 1, 28, 28) with int64 labels (N,)."""

    model: nn.Module
    index: Array  # which test images, ascending
    x: Array
    y: Array
    dataset: str

    def of(self, chosen: Array) -> Subject:
        """Return the same model with the ``chosen`` images, bool (N,)."""
        return replace(self, index=self.index[chosen], x=self.x[chosen], y=self.y[chosen])


def settle(context: Context) -> None:
    """Set torch up the same way in every job: one thread, so that sums do not depend on the machine.

    `UserError` when the job wants a GPU and this worker has none.
    """
    torch.set_num_threads(1)
    if context.device == "cuda" and not torch.cuda.is_available():
        raise UserError("this worker has no CUDA device", "run with --device cpu")
    torch.backends.cudnn.deterministic = True


def load(context: Context, images: int) -> Subject:
    """Return the model of the job's first need and ``images`` stratified test images (0: all)."""
    settle(context)
    digits = decode(context.data)
    model = needed(context, 0, str(context.spec["network"]))
    chosen = test_indices(digits, images)
    return Subject(model, chosen, digits.test_x[chosen], digits.test_y[chosen], digits.name)


def needed(context: Context, place: int, network: str) -> nn.Module:
    """Return the model that the job's need at ``place`` trained, in evaluation mode."""
    bundle = list(context.needs.values())[place]
    return from_bytes(network, bundle[WEIGHTS], context.device)


def test_indices(digits: Digits, images: int) -> Array:
    """Return the test images that every attack of this size uses, whatever the model and seed."""
    return stratified(digits.test_y, images, derive("test subset"))


def split(digits: Digits, train_images: int, validation_images: int) -> tuple[Array, Array]:
    """Return indices of training images and of the validation images cut from the same set."""
    order = np.random.default_rng(derive("validation split")).permutation(len(digits.train_y))
    validation, rest = order[:validation_images], np.sort(order[validation_images:])
    kept = stratified(digits.train_y[rest], train_images, derive("train subset"))
    return rest[kept], np.sort(validation)
