"""Weights as the page reads them: int8 with one scale an output row, or float32 for comparison.

A file is deflated. Inside, little-endian, a layer after the other: its scales (float32, int8 files only), its biases
(float32), its rows, padded to four bytes. The entry says where each begins.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal, TypeAlias

import numpy as np

from engine.lab.networks import LAYERS, Array

Kind: TypeAlias = Literal["int8", "float32"]
LEVELS = 127
FLOAT = np.dtype("<f4")


@dataclass(frozen=True)
class Packed:
    """A file, and what the manifest says of it."""

    content: bytes
    entry: dict[str, Any]


def quantised(matrix: Array) -> tuple[Array, Array]:
    """Return int8 levels (rows, …) and float32 scales (rows,); ``level * scale`` is within half a scale of a weight."""
    flat = matrix.reshape(len(matrix), -1)
    scale = (np.abs(flat).max(axis=1) / LEVELS).astype(np.float32)
    safe = np.where(scale > 0, scale, np.float32(1))
    levels = np.clip(np.rint(flat / safe[:, None]), -LEVELS, LEVELS).astype(np.int8)
    return levels.reshape(matrix.shape), scale


def rounded(weights: Mapping[str, Array]) -> dict[str, Array]:
    """Return the weights that an int8 file stands for: matrices rounded, biases and ramps as they are."""
    found = dict(weights)
    for name in (name for name in weights if name.endswith(".weight")):
        levels, scale = quantised(weights[name])
        found[name] = levels.astype(np.float32) * scale.reshape(-1, *[1] * (levels.ndim - 1))
    return found


def pack(model: str, network: str, weights: Mapping[str, Array], kind: Kind = "int8") -> Packed:
    """Return the file of a model. KeyError for a network that the lab has no layers of."""
    raw, layers = b"", []
    for layer in LAYERS[network]:
        told = {key: value for key, value in layer.items() if key != "name"}
        if layer["type"] == "ramp":
            told |= {end: float(weights[f"ramp.{end}"]) for end in ("low", "high")}
        elif "name" in layer:
            matrix, bias = weights[f"{layer['name']}.weight"], weights[f"{layer['name']}.bias"]
            parts = _parts(matrix, bias, kind)
            told |= {"inputs": matrix.shape[1], "outputs": matrix.shape[0], "row": matrix[0].size, "at": {}}
            for name, content in parts.items():
                told["at"][name] = len(raw)
                raw += content + b"\0" * (-len(content) % 4)
        layers.append(told)
    content = zlib.compress(raw, 9)
    entry = {"file": f"{model}.bin", "dtype": kind, "network": network, "bytes": len(content), "raw": len(raw)}
    return Packed(content, entry | {"sha256": sha256(raw).hexdigest(), "layers": layers})


def _parts(matrix: Array, bias: Array, kind: Kind) -> dict[str, bytes]:
    biases = bias.astype(FLOAT).tobytes()
    if kind == "float32":
        return {"bias": biases, "weight": matrix.astype(FLOAT).tobytes()}
    levels, scale = quantised(matrix)
    return {"scale": scale.astype(FLOAT).tobytes(), "bias": biases, "weight": levels.tobytes()}
