"""Linear bounds traced back from the logits: CROWN, with intervals for the layers between.

Zhang et al., "Efficient Neural Network Robustness Certification with General Activation Functions",
https://arxiv.org/abs/1811.00866; intervals between as in CROWN-IBP, https://arxiv.org/abs/1906.06316.
``logit k - logit y <= A · (input of a layer) + b`` starts at the last layer. A linear layer is put into it
exactly, ReLU and ramp are replaced by a line above or below by the sign of A, a pool by the largest of its
four. At the pixels the box gives the number.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.grad import conv2d_input

from engine.blue.certification.interval import bounds, box, differences, layers_of, worst
from engine.networks import Ramp

Interval = tuple[Tensor, Tensor]
TINY = 1e-12  # in place of a width of zero, where the line does not matter


def linear(model: nn.Module, x: Tensor, y: Tensor, *, epsilon: float | Tensor) -> Tensor:
    """Return upper bounds (N, 10) of ``logit k - logit y`` over the ε box around images (N, 1, 28, 28).

    Each is the smaller of the linear and of the interval bound; neither is always the tighter one.
    TypeError for a network that cannot say its layers, or has one without a linear bound.
    """
    layers, (low, high) = layers_of(model), box(x, epsilon)
    return torch.minimum(upper(layers, low, high, y), worst(layers, low, high, y))


def upper(layers: Sequence[nn.Module], low: Tensor, high: Tensor, y: Tensor) -> Tensor:
    """Return the bounds of `linear` for a box given by its ends."""
    *before, last = layers
    if not isinstance(last, nn.Linear):
        raise TypeError("the last layer must be a linear one")
    inputs: list[Interval] = [(low, high)]
    for layer in before:
        inputs.append(bounds([layer], *inputs[-1]))
    weight, constant = differences(last, y)
    for layer, ends in zip(reversed(before), reversed(inputs[:-1]), strict=True):
        weight, added = _through(layer, weight, *ends)
        constant = constant + added
    centre, radius = (low + high) / 2, (high - low) / 2
    return constant + _dot(weight, centre) + _dot(weight.abs(), radius)


def _dot(weight: Tensor, value: Tensor) -> Tensor:
    """Return (N, K) from weights (N, K, …) and values (N, …)."""
    return torch.einsum("nkd,nd->nk", weight.flatten(2), value.flatten(1))


def _through(layer: nn.Module, weight: Tensor, low: Tensor, high: Tensor) -> tuple[Tensor, Tensor]:
    """Return weights (N, K, …) on a layer's input, between ``low`` and ``high``, and what to add (N, K)."""
    if isinstance(layer, nn.Flatten):
        return weight.unflatten(2, low.shape[1:]), torch.zeros(1)
    if isinstance(layer, nn.Linear):
        return weight @ layer.weight, weight @ layer.bias
    if isinstance(layer, nn.Conv2d):
        return _convolution(layer, weight, low)
    if isinstance(layer, nn.MaxPool2d):
        return _pool(layer, weight, low, high)
    if isinstance(layer, nn.ReLU):
        return _lines(weight, *_relu(low, high))
    if isinstance(layer, Ramp):
        return _lines(weight, *_ramp(layer, low, high))
    raise TypeError(f"no linear bound for a layer of type {type(layer).__name__}")


def _lines(weight: Tensor, above: Interval, below: Interval) -> tuple[Tensor, Tensor]:
    """Replace each unit by the line above it where its weight is positive, else by the one below."""
    up, down = weight.clamp(min=0), weight.clamp(max=0)
    added = _dot(up, above[1]) + _dot(down, below[1])
    return up * above[0][:, None] + down * below[0][:, None], added


def _relu(low: Tensor, high: Tensor) -> tuple[Interval, Interval]:
    """Return lines (slope, offset) above and below ReLU between ``low`` and ``high``."""
    slope = high.clamp(min=0) / (high.clamp(min=0) - low.clamp(max=0)).clamp(min=TINY)
    zero = torch.zeros_like(low)
    below = (high > -low).to(low.dtype)  # the tighter of 0 and x
    below = torch.where(low >= 0, 1.0, torch.where(high <= 0, 0.0, below))
    return (slope, -slope * low.clamp(max=0)), (below, zero)


def _ramp(layer: Ramp, low: Tensor, high: Tensor) -> tuple[Interval, Interval]:
    """Return lines above and below the ramp: itself where it is straight, else the flat ends of its interval."""
    first, last = layer(low), layer(high)
    straight = (low >= layer.low) & (high <= layer.high)
    slope = torch.where(straight, 1 / (layer.high - layer.low), torch.zeros(()))
    offset = -slope * layer.low
    return (slope, torch.where(straight, offset, last)), (slope, torch.where(straight, offset, first))


def _convolution(layer: nn.Conv2d, weight: Tensor, low: Tensor) -> tuple[Tensor, Tensor]:
    many = weight.shape[:2]
    added = torch.einsum("nkchw,c->nk", weight, layer.bias) if layer.bias is not None else torch.zeros(1)
    assert isinstance(layer.padding, tuple)  # nosec B101 -- for the type checker: no padding by name here
    shape = (weight.flatten(0, 1).shape[0], *low.shape[1:])
    back = conv2d_input(
        shape, layer.weight, weight.flatten(0, 1), layer.stride, layer.padding, layer.dilation, layer.groups
    )
    return back.unflatten(0, many), added


def _pool(layer: nn.MaxPool2d, weight: Tensor, low: Tensor, high: Tensor) -> tuple[Tensor, Tensor]:
    """Put a pool in: below it is the input with the largest lower end; above it too, where that always wins.

    Elsewhere the largest upper end is above. TypeError when windows overlap.
    """
    if layer.kernel_size != layer.stride or layer.padding:
        raise TypeError("only pools whose windows lie side by side have a linear bound")
    size = int(layer.kernel_size)  # type: ignore[arg-type]
    _, place = F.max_pool2d(low, size, return_indices=True)
    top = F.max_pool2d(high, size)
    least = low.flatten(2).gather(2, place.flatten(2)).view_as(top)
    others = high.flatten(2).scatter(2, place.flatten(2), float("-inf")).view_as(high)
    wins = (F.max_pool2d(others, size) <= least)[:, None]
    up, down = weight.clamp(min=0), weight.clamp(max=0)
    added = _dot(torch.where(wins, torch.zeros(()), up), top)
    kept = (torch.where(wins, up, torch.zeros(())) + down).flatten(3)
    where = place.flatten(2)[:, None].expand_as(kept)
    flat = weight.new_zeros(*kept.shape[:3], low.shape[2] * low.shape[3])
    return flat.scatter(3, where, kept).unflatten(3, tuple(low.shape[2:])), added
