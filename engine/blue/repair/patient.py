"""What a repair is given, and what it hands back."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.blue.detection.case import Case, Verdict
from engine.core.seeds import derive
from engine.measure.metrics import Array


@dataclass(frozen=True)
class Patient:
    """A case with what the detectors said of it, by name, and a way to train the network anew."""

    case: Case
    verdicts: Mapping[str, Verdict]
    fit: Callable[[Array, Array], tuple[nn.Module, int]]  # images, labels -> network, gradients


@dataclass(frozen=True)
class Repaired:
    """A network after repair. ``removed`` are indices of training images that were left out."""

    model: nn.Module
    gradients: int
    queries: int = 0
    removed: tuple[int, ...] = ()
    pruned: int = 0
    alarmed: bool = False


Repairer: TypeAlias = Callable[..., Repaired]  # (Patient, **settings)


def copied(model: nn.Module) -> nn.Module:
    """Return a copy whose weights may change, in evaluation mode."""
    other = copy.deepcopy(model).eval()
    for parameter in other.parameters():
        parameter.requires_grad_(True)
    return other


def tune(model: nn.Module, x: Tensor, y: Tensor, *, epochs: int, batch: int, rate: float, seed: int) -> int:
    """Fit in place on float images (N, 1, 28, 28) in [0, 1] and labels (N,); return the gradients spent.

    The rate falls to zero in a straight line, so that the last steps settle.
    """
    generator, device = torch.Generator().manual_seed(derive("tune", seed)), next(model.parameters()).device
    optimiser = torch.optim.Adam(model.parameters(), lr=rate)
    total, step = epochs * -(-len(x) // batch), 0
    for _ in range(epochs):
        for chosen in torch.randperm(len(x), generator=generator).split(batch):
            for group in optimiser.param_groups:
                group["lr"] = rate * (1 - step / total)
            loss = F.cross_entropy(model(x[chosen].to(device)), y[chosen].to(device))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            step += 1
    return epochs * len(x)


def floats(images: Array) -> Tensor:
    """Return uint8 images as floats in [0, 1]."""
    return torch.from_numpy(images).float() / 255
