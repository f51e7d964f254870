"""Two tiny networks whose adversarial images are known; as text, for the sandbox and for our side."""

from __future__ import annotations

from typing import Any

ARCHITECTURES = '''
import torch
from torch import nn


def linear():
    """Ten logits that are linear in the pixels."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 10))


class Plateau(nn.Module):
    """Answers 0 for grey images and 1 once the pixels have left grey; flat, without gradient, in between."""

    def forward(self, images):
        away = torch.relu((images - 0.5).abs() - 0.01).flatten(1).sum(1)
        scores = torch.full((len(images), 10), -1.0)
        return torch.cat([torch.full((len(images), 1), 0.05), away[:, None], scores[:, 2:]], 1)


def plateau():
    """The plateau with a weight that has no effect: ART asks a model for its parameters."""
    model = Plateau()
    model.idle = nn.Parameter(torch.zeros(1))
    return model
'''


def ours() -> dict[str, Any]:
    """Return ``linear`` and ``plateau`` as functions."""
    made: dict[str, Any] = {"__name__": "networks"}
    exec(ARCHITECTURES, made)
    return made
