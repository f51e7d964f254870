"""The networks as lists of layers, and their logits in numpy: a build that trains nothing imports no torch.

`tests/lab` holds these lists against `engine.networks` and the logits against torch's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

Array: TypeAlias = np.ndarray[Any, Any]
Layer: TypeAlias = dict[str, Any]
SIDE = 28
BATCH = 50  # images at a time: the patches of SimpleCNN's second convolution then take 45 MB


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
    for layer in layers:
        match layer["type"]:
            case "ramp":
                low, high = weights["ramp.low"], weights["ramp.high"]
                x = np.clip((x - low) / (high - low), 0, 1)
            case "relu":
                x = np.maximum(x, 0)
            case "pool":
                size = layer["window"]
                n, channels, height, width = x.shape
                x = x.reshape(n, channels, height // size, size, width // size, size).max(axis=(3, 5))
            case "conv":
                x = _convolve(layer, weights, x)
            case "linear":
                name = layer["name"]
                x = x.reshape(len(x), -1) @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]
    return x


def _convolve(layer: Layer, weights: Mapping[str, Array], x: Array) -> Array:
    """Return (N, out, h, w): every patch as a row, times the kernel as a matrix."""
    kernel, stride, edge = weights[f"{layer['name']}.weight"], layer["stride"], layer["padding"]
    padded = np.pad(x, ((0, 0), (0, 0), (edge, edge), (edge, edge)))
    patches = sliding_window_view(padded, kernel.shape[2:], axis=(2, 3))[:, :, ::stride, ::stride]
    n, _, height, width = patches.shape[:4]
    rows = patches.transpose(0, 2, 3, 1, 4, 5).reshape(n * height * width, -1)
    out = rows @ kernel.reshape(len(kernel), -1).T + weights[f"{layer['name']}.bias"]
    return np.ascontiguousarray(out.reshape(n, height, width, -1).transpose(0, 3, 1, 2))
