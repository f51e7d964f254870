"""What the demo computes: an image, perhaps stamped, perhaps moved against the model, and the answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.serve.models import Stamp

Array: TypeAlias = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Answer:
    """What the model sees, float (28, 28) in [0, 1], what it answers, and what it answered before the attack."""

    image: Array
    digit: int
    scores: tuple[float, ...]
    before: int


def answer(network: nn.Module, image: Array, stamp: Stamp | None, epsilon: float) -> Answer:
    """Return a model's answer to a uint8 image (1, 1, 28, 28) under the chosen attacks.

    Args:
        network: The classifier, in evaluation mode.
        image: What `engine.data.canvas.to_mnist` returned.
        stamp: The square to put on, or None.
        epsilon: L∞ size of an FGSM step in [0, 1]; 0 for none. The label that it moves away from is the
            model's own answer, as a visitor's drawing has no true one.
    """
    if not 0 <= epsilon <= 1:
        raise ValueError(f"ε is in [0, 1], not {epsilon}")
    plain = torch.from_numpy(image.astype(np.float32) / np.float32(255))
    with torch.no_grad():
        before = int(network(plain).argmax())
    shown = plain.clone()
    if stamp is not None:
        rows, columns = slice(stamp.row, stamp.row + stamp.size), slice(stamp.column, stamp.column + stamp.size)
        shown[:, :, rows, columns] = stamp.level / 255
    if epsilon > 0:
        shown = fgsm(network, shown, epsilon)
    with torch.no_grad():
        scores = network(shown).softmax(1)[0]
    return Answer(shown[0, 0].numpy(), int(scores.argmax()), tuple(scores.tolist()), before)


def fgsm(network: nn.Module, image: Tensor, epsilon: float) -> Tensor:
    """Return one step of size ``epsilon`` along the sign of the gradient, clipped to [0, 1].

    Goodfellow, Shlens, Szegedy, https://arxiv.org/abs/1412.6572. ``image`` is float (N, 1, 28, 28).
    """
    moved = image.clone().requires_grad_(True)
    logits = network(moved)
    (gradient,) = torch.autograd.grad(F.cross_entropy(logits, logits.argmax(1), reduction="sum"), moved)
    return (image + epsilon * gradient.sign()).clamp(0, 1)
