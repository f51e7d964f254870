"""FAB: walk along the boundary between two answers and keep the point nearest to the image.

Croce, Hein, "Minimally distorted adversarial examples with a fast adaptive boundary attack",
https://arxiv.org/abs/1907.02044, the targeted L∞ form. Broken images leave the batch at once.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.core.seeds import derive
from engine.red.evasion.adversarial import Adversarial
from engine.red.evasion.apgd import likeliest

OVERSHOOT, BACK, MOST_BIAS = 1.05, 0.9, 0.1  # η, β and α_max of the paper
HALVINGS = 30  # of the radius: float32 knows no finer


def onto_plane(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """Return the point of [0, 1] nearest to ``x`` in L∞ with ``w·z + b = 0``, or as near to that as the box allows.

    Args:
        x: float32 (N, D) in [0, 1].
        w: Normals, (N, D).
        b: Offsets, (N,).

    Within a radius r the box lets ``w·z`` move furthest by stepping r along ±sign(w) and clipping, and that
    grows with r; so the smallest r that reaches the plane is found by halving.
    """
    side = torch.sign((w * x).sum(1) + b)
    direction = -side[:, None] * w.sign()
    low, high = torch.zeros_like(b), torch.ones_like(b)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        moved = (x + middle[:, None] * direction).clamp(0, 1)
        reached = side * ((w * moved).sum(1) + b) <= 0
        low, high = torch.where(reached, low, middle), torch.where(reached, middle, high)
    return (x + high[:, None] * direction).clamp(0, 1)


def fab_targeted(
    model: nn.Module, x: Tensor, y: Tensor, *, epsilon: float, seed: int, steps: int, targets: int = 9
) -> Adversarial:
    """Look for a boundary within ``epsilon``, towards each of the likeliest other labels in turn.

    Args:
        model: Returns logits for float images; weights without gradients.
        x: float32 (N, 1, 28, 28) in [0, 1].
        y: True labels, int64 (N,).
        epsilon: L∞ size in (0, 1]; a nearer boundary counts as found.
        seed: Unused with one start at the image itself; kept for the common call.
        steps: Gradients an image and target, each of two logits' difference.
        targets: How many labels.
    """
    derive("fab", seed)
    rivals = likeliest(model, x, y)[:, :targets]
    found, standing, gradients = x.clone(), torch.arange(len(x), device=x.device), 0
    for rank in range(rivals.shape[1]):
        if not len(standing):
            break
        image, broken, spent = _walk(model, x[standing], y[standing], rivals[standing, rank], epsilon, steps)
        found[standing[broken]], gradients = image[broken], gradients + spent
        standing = standing[~broken]
    return Adversarial(found, gradients, len(x))


def _walk(
    model: nn.Module, x: Tensor, y: Tensor, target: Tensor, epsilon: float, steps: int
) -> tuple[Tensor, Tensor, int]:
    """Walk towards one target; return points within ε that are answered wrong, which images have one, gradients."""
    found, broken = x.clone(), torch.zeros(len(x), dtype=torch.bool, device=x.device)
    index, point, spent = torch.arange(len(x), device=x.device), x.clone(), 0
    for _ in range(steps):
        here = point.detach().requires_grad_(True)
        logits = model(here)
        lead = (logits.gather(1, y[index][:, None]) - logits.gather(1, target[index][:, None]))[:, 0]
        (slope,) = torch.autograd.grad(lead.sum(), here)
        spent += len(index)
        moved = _step(x[index], point, slope, lead.detach())
        with torch.no_grad():
            wrong = model(moved).argmax(1) != y[index]
        fallen = wrong & ((moved - x[index]).abs().flatten(1).amax(1) <= epsilon)
        found[index[fallen]], broken[index[fallen]] = moved[fallen], True
        # Past the boundary: back towards the image, to cross it again nearer.
        moved = torch.where(wrong[:, None, None, None], x[index] + BACK * (moved - x[index]), moved)
        index, point = index[~fallen], moved[~fallen]
        if not len(index):
            break
    return found, broken, spent


def _step(x: Tensor, point: Tensor, slope: Tensor, lead: Tensor) -> Tensor:
    """Project the point and the image onto the boundary's tangent plane, and mix the two overshot projections."""
    flat, start, w = point.flatten(1), x.flatten(1), slope.flatten(1)
    b = lead - (w * flat).sum(1)
    ours, theirs = onto_plane(flat, w, b) - flat, onto_plane(start, w, b) - start
    near, far = ours.abs().amax(1), theirs.abs().amax(1)
    bias = (near / (near + far).clamp_min(1e-12)).clamp(0, MOST_BIAS)[:, None]
    mixed = (1 - bias) * (flat + OVERSHOOT * ours) + bias * (start + OVERSHOOT * theirs)
    return mixed.clamp(0, 1).reshape(x.shape)
