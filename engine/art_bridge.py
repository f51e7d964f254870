"""The only file that builds ART estimators, so that ``clip_values`` is always set.

Without it ART leaves [0, 1], and an image stored as uint8 afterwards wraps around.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

import numpy as np
import torch
from art.attacks.evasion import fast_gradient
from art.attacks.evasion.projected_gradient_descent import projected_gradient_descent_pytorch as pgd_pytorch
from art.estimators.classification import PyTorchClassifier
from torch import nn

BATCH = 128  # images a call; activations of larger batches leave the cache
MEMO_LIMIT = 128

# ART predicts every image twice more after an attack, for a success rate in its log that nobody reads.
fast_gradient.compute_success = lambda *_args, **_kwargs: 0.0
pgd_pytorch.compute_success = lambda *_args, **_kwargs: 0.0


@dataclass
class Counts:
    """Images that went through the model while counting."""

    gradients: int = 0  # forward and backward
    queries: int = 0  # forward only


class Classifier(PyTorchClassifier):
    """ART's classifier with a memory for gradients: attacks of several ε ask for the same ones."""

    def __init__(self, model: nn.Module, device: str, optimizer: torch.optim.Optimizer | None = None) -> None:
        super().__init__(
            model=model,
            loss=nn.CrossEntropyLoss(),
            optimizer=optimizer,
            input_shape=(1, 28, 28),
            nb_classes=10,
            clip_values=(0.0, 1.0),
            device_type="gpu" if device == "cuda" else "cpu",
        )
        self._memo: dict[bytes, np.ndarray[Any, Any]] = {}
        self.counts = Counts()

    def loss_gradient(self, x: Any, y: Any, training_mode: bool = False, **kwargs: Any) -> Any:
        """Return the loss gradient at ``x``; arrays that were asked for before come from memory."""
        if not isinstance(x, np.ndarray):
            return super().loss_gradient(x, y, training_mode, **kwargs)
        key = sha256(x.tobytes() + np.asarray(y).tobytes()).digest()
        if key not in self._memo:
            if len(self._memo) >= MEMO_LIMIT:
                self._memo.clear()
            self._memo[key] = super().loss_gradient(x, y, training_mode, **kwargs)
        else:
            self.counts.gradients += len(x)  # an attack is charged for what it would cost by itself
        return self._memo[key].copy()

    def class_gradient(self, x: Any, label: Any = None, training_mode: bool = False, **kwargs: Any) -> Any:
        """Return ART's class gradients; those of all classes are a backward pass a class, and counted so."""
        if label is None:
            self.counts.gradients += (self.nb_classes - 1) * len(x)
        return super().class_gradient(x, label, training_mode, **kwargs)


@lru_cache(maxsize=2)
def classifier(model: nn.Module) -> Classifier:
    """Return the ART estimator of a model in evaluation mode, the same one for the same model."""
    device = next(model.parameters()).device.type
    return Classifier(model.eval(), device)


class Probabilities(nn.Module):
    """A model that answers with probabilities. Some of ART's attacks hand it float64 images."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return probabilities (N, 10) for float images (N, 1, 28, 28)."""
        return torch.softmax(self.model(images.float()), 1)


def scores(model: nn.Module) -> Classifier:
    """Return an ART estimator whose answers are probabilities, for attacks that read them as such."""
    return classifier(Probabilities(model))


def learner(model: nn.Module) -> Classifier:
    """Return an ART estimator that can be fitted, with Adam."""
    device = next(model.parameters()).device.type
    return Classifier(model, device, torch.optim.Adam(model.parameters()))


@contextmanager
def counting(model: nn.Module) -> Iterator[Counts]:
    """Count the images whose gradient is asked for, and those that only pass through ``model``."""
    counts = Counts()

    def count(_module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        if torch.is_grad_enabled() and inputs[0].requires_grad:
            counts.gradients += len(inputs[0])
        else:
            counts.queries += len(inputs[0])

    classifier(model).counts = counts
    handle = model.register_forward_pre_hook(count)
    try:
        yield counts
    finally:
        handle.remove()
