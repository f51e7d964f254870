"""Interval bounds: a box around each image is pushed through the network, and what comes out is a box.

Gowal et al., "On the Effectiveness of Interval Bound Propagation for Training Verifiably Robust Models",
https://arxiv.org/abs/1810.12715. The last layer is merged with the difference of two logits (its §3).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.networks import Ramp

MONOTONE = (Ramp, nn.ReLU, nn.MaxPool2d, nn.Flatten)  # these map the ends of an interval to its ends


class Layered(Protocol):
    """A network that can say what its layers are."""

    def layers(self) -> list[nn.Module]:
        """Return them in order; applied one after the other they are ``forward`` on float images."""
        ...


def layers_of(model: nn.Module) -> list[nn.Module]:
    """Return a network's layers; TypeError when it cannot say them."""
    if not hasattr(model, "layers"):
        raise TypeError(f"{type(model).__name__} does not say its layers, so that it cannot be bounded")
    return cast(Layered, model).layers()


def box(x: Tensor, epsilon: float | Tensor) -> tuple[Tensor, Tensor]:
    """Return the ends of the ε box around images (N, 1, 28, 28), cut to [0, 1]; ``epsilon`` may be (N, 1, 1, 1)."""
    return (x - epsilon).clamp(0, 1), (x + epsilon).clamp(0, 1)


def bounds(layers: Sequence[nn.Module], low: Tensor, high: Tensor) -> tuple[Tensor, Tensor]:
    """Return what the layers' outputs lie between for inputs between ``low`` and ``high``.

    TypeError for a layer whose bounds are not known.
    """
    for layer in layers:
        if isinstance(layer, MONOTONE):
            low, high = layer(low), layer(high)
        elif isinstance(layer, nn.Conv2d | nn.Linear):
            centre, radius = _linear(layer, (low + high) / 2, (high - low) / 2)
            low, high = centre - radius, centre + radius
        else:
            raise TypeError(f"no interval bound for a layer of type {type(layer).__name__}")
    return low, high


def _linear(layer: nn.Conv2d | nn.Linear, centre: Tensor, radius: Tensor) -> tuple[Tensor, Tensor]:
    """Return centre and radius after a linear layer: the radius meets the weights without their signs."""
    if isinstance(layer, nn.Linear):
        return layer(centre), F.linear(radius, layer.weight.abs())
    assert isinstance(layer.padding, tuple)  # nosec B101 -- for the type checker: no padding by name here
    spread = F.conv2d(radius, layer.weight.abs(), None, layer.stride, layer.padding, layer.dilation, layer.groups)
    return layer(centre), spread


def differences(last: nn.Linear, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return weights (N, 10, H) and biases (N, 10) of ``logit k - logit y``, the last layer merged with it."""
    bias = last.bias if last.bias is not None else torch.zeros_like(last.weight[:, 0])
    return last.weight[None] - last.weight[y][:, None], bias[None] - bias[y][:, None]


def worst(layers: Sequence[nn.Module], low: Tensor, high: Tensor, y: Tensor) -> Tensor:
    """Return upper bounds (N, 10) of ``logit k - logit y`` over the box; 0 at ``k = y``.

    Where all others are negative, every image of the box is answered with ``y``.
    """
    *before, last = layers
    if not isinstance(last, nn.Linear):
        raise TypeError("the last layer must be a linear one")
    low, high = bounds(before, low, high)
    weight, bias = differences(last, y)
    centre, radius = (low + high) / 2, (high - low) / 2
    middle = torch.einsum("nkh,nh->nk", weight, centre)
    return middle + torch.einsum("nkh,nh->nk", weight.abs(), radius) + bias


def interval(model: nn.Module, x: Tensor, y: Tensor, *, epsilon: float | Tensor) -> Tensor:
    """Return upper bounds (N, 10) of ``logit k - logit y`` over the ε box around images (N, 1, 28, 28)."""
    return worst(layers_of(model), *box(x, epsilon), y)
