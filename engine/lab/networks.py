"""The networks as lists of layers, and their logits in numpy: a build that trains nothing imports no torch.

`tests/lab` holds these lists against `engine.networks` and the logits against torch's.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]
Layer: TypeAlias = dict[str, Any]
SIDE = 28
BATCH = 20  # images at a time: the patches of SimpleCNN's second convolution then take 18 MB


def _conv(name: str, kernel: int, stride: int, padding: int) -> Layer:
    return {"type": "conv", "name": name, "kernel": kernel, "stride": stride, "padding": padding}


def _linear(name: str) -> Layer:
    return {"type": "linear", "name": name}


RELU, POOL, RAMP = {"type": "relu"}, {"type": "pool", "window": 2}, {"type": "ramp", "name": "ramp"}
_STRIDED = [_conv("conv1", 5, 2, 2), RELU, _conv("conv2", 5, 2, 2), RELU, _linear("fc1"), RELU, _linear("fc2")]
LAYERS: dict[str, list[Layer]] = {
    "simplecnn": [
        _conv("conv1", 3, 1, 1),
        RELU,
        _conv("conv2", 3, 1, 1),
        POOL,
        RELU,
        _linear("fc1"),
        RELU,
        _linear("fc2"),
    ],
    "strided": _STRIDED,
    "ramped": [RAMP, *_STRIDED],
}


def logits(network: str, weights: Mapping[str, Array], images: Array) -> Array:
    """Return float32 (N, 10) for images uint8 (N, 1, 28, 28); KeyError for a network that is not listed."""
    layers = LAYERS[network]
    parts = [images[at : at + BATCH] for at in range(0, len(images), BATCH)]
    return np.concatenate([_forward(layers, weights, part.astype(np.float32) / np.float32(255)) for part in parts])


def _forward(layers: list[Layer], weights: Mapping[str, Array], x: Array) -> Array:
    x = np.moveaxis(x, 1, -1)  # channels last: what a patch is made of then lies side by side
    for layer in layers:
        match layer["type"]:
            case "ramp":
                low, high = weights["ramp.low"], weights["ramp.high"]
                x = np.clip((x - low) / (high - low), 0, 1)
            case "relu":
                x = np.maximum(x, 0)
            case "pool":
                x = reduce(np.maximum, _windows(x, layer["window"], layer["window"]))
            case "conv":
                x = _convolve(layer, weights, x)
            case "linear":
                rows = (np.moveaxis(x, -1, 1) if x.ndim == 4 else x).reshape(len(x), -1)
                x = rows @ weights[f"{layer['name']}.weight"].T + weights[f"{layer['name']}.bias"]
    return x


def _convolve(layer: Layer, weights: Mapping[str, Array], x: Array) -> Array:
    """Return (N, h, w, out) of (N, H, W, in): every patch as a row, times the kernel as a matrix."""
    kernel, edge = weights[f"{layer['name']}.weight"], layer["padding"]
    padded = np.pad(x, ((0, 0), (edge, edge), (edge, edge), (0, 0)))
    patches = np.concatenate(_windows(padded, layer["kernel"], layer["stride"]), axis=-1)
    return patches @ kernel.transpose(2, 3, 1, 0).reshape(-1, len(kernel)) + weights[f"{layer['name']}.bias"]


def _windows(x: Array, size: int, stride: int) -> list[Array]:
    """Return, for each place in a window row by row, the (N, h, w, channels) that windows have there."""
    height, width = ((length - size) // stride + 1 for length in x.shape[1:3])
    ends = (height - 1) * stride + 1, (width - 1) * stride + 1
    places = ((row, column) for row in range(size) for column in range(size))
    return [x[:, row : row + ends[0] : stride, column : column + ends[1] : stride] for row, column in places]
