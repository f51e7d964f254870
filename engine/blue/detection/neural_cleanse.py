"""Neural Cleanse: the smallest change of pixels that turns every digit into one answer, for each answer.

Wang et al., "Neural Cleanse: Identifying and Mitigating Backdoor Attacks in Neural Networks", IEEE S&P
2019, https://doi.org/10.1109/SP.2019.00031. A backdoor makes one of the ten far smaller than the others.
Some answer always needs the least, so the paper's index alone also flags clean networks; here the change
must also be small as such, below ``limit``, which a clean network sets that is never judged itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.blue.detection.case import Case, Verdict
from engine.core.seeds import derive
from engine.measure.metrics import CLASSES, Array

INDEX = 2.0  # the paper's limit of the anomaly index
PART = 0.5  # of the smallest change that the yardstick, a clean network, needs
RATE, REACHED, EVERY, FACTOR, START = 0.1, 0.99, 5, 1.5, 1e-3
SHOWN = 500  # trusted images on which a finished change is tried
HELD = 0.9  # success on other images: the kept mask was the luckiest of many steps, so less than `REACHED`
NORMAL = 1.4826  # a normal distribution's standard deviation over its median absolute deviation


@dataclass(frozen=True)
class Reversed:
    """Masks and patterns in [0, 1], float32 (10, 1, 28, 28), of each answer; masks' sums and success rates (10,)."""

    mask: Array
    pattern: Array
    size: Array
    success: Array
    gradients: int

    def stamp(self, images: Tensor, label: int) -> Tensor:
        """Return float images (N, 1, 28, 28) in [0, 1] with the change that brings ``label``."""
        mask, pattern = torch.from_numpy(self.mask[label]), torch.from_numpy(self.pattern[label])
        return (1 - mask) * images + mask * pattern


def neural_cleanse(case: Case, *, steps: int, batch: int, limit: float) -> Verdict:
    """Reverse a trigger for each answer in ``steps`` steps of ``batch`` trusted images; flag what stands out.

    ``limit`` is in pixels' worth of mask.
    """
    found = reverse(case.model, case.trusted_x, steps=steps, batch=batch, seed=case.seed)
    index = anomaly(found.size)
    small = (index > INDEX) & (found.size < limit) & (found.success >= HELD)
    classes = tuple(int(k) for k in np.flatnonzero(small))
    values = {f"size {k}": float(v) for k, v in enumerate(found.size)}
    values |= {f"index {k}": float(v) for k, v in enumerate(index)}
    arrays = {"mask": found.mask[:, 0], "pattern": found.pattern[:, 0]}
    return Verdict(classes, limit, "pixels", gradients=found.gradients, values=values, arrays=arrays)


def anomaly(sizes: Array) -> Array:
    """Return how many robust standard deviations each size (N,) lies below the median; larger ones are negative."""
    middle = np.median(sizes)
    spread = NORMAL * np.median(np.abs(sizes - middle))
    found: Array = (middle - sizes) / max(float(spread), 1e-9)
    return found


def reverse(model: nn.Module, images: Array, *, steps: int, batch: int, seed: int) -> Reversed:
    """Look for all ten changes at once, on uint8 images (N, 1, 28, 28); weights stay as they are.

    The price of a pixel rises while nearly all images reach the answer and falls while they do not; the
    smallest mask that held over `EVERY` steps is kept.
    """
    device = next(model.parameters()).device
    generator = torch.Generator().manual_seed(derive("neural cleanse", seed))
    x = torch.from_numpy(images).float().to(device) / 255
    shape = (CLASSES, 1, *x.shape[2:])
    raw = [(torch.rand(shape, generator=generator) - start).to(device).requires_grad_(True) for start in (2.5, 0.5)]
    optimiser = torch.optim.Adam(raw, lr=RATE, betas=(0.5, 0.9))
    price, recent = torch.full((CLASSES,), START, device=device), torch.zeros(CLASSES, device=device)
    best = [torch.ones(shape, device=device), torch.zeros(shape, device=device)]
    size = best[0].flatten(1).sum(1)
    wanted = torch.arange(CLASSES, device=device).repeat_interleave(batch)
    for step in range(1, steps + 1):
        chosen = x[torch.randint(len(x), (batch,), generator=generator).to(device)]
        mask, pattern = raw[0].sigmoid(), raw[1].sigmoid()
        logits = model(((1 - mask[:, None]) * chosen + mask[:, None] * pattern[:, None]).flatten(0, 1))
        area = mask.flatten(1).sum(1)
        loss = F.cross_entropy(logits, wanted, reduction="none").reshape(CLASSES, batch).mean(1) + price * area
        optimiser.zero_grad()
        loss.sum().backward()  # the ten do not touch each other
        recent += (logits.argmax(1) == wanted).reshape(CLASSES, batch).float().mean(1) / EVERY
        if step % EVERY == 0:
            held = recent >= REACHED
            smaller = held & (area.detach() < size)
            for kept, now in zip(best, (mask, pattern), strict=True):
                kept[smaller] = now.detach()[smaller]
            size = torch.where(smaller, area.detach(), size)
            price = torch.where(held, price * FACTOR, price / FACTOR)
            recent.zero_()
        optimiser.step()
    found = [part.cpu().numpy() for part in (*best, size)]
    made = Reversed(found[0], found[1], found[2], np.zeros(CLASSES), steps * batch * CLASSES)
    return replace(made, success=_success(model, x[:SHOWN].cpu(), made))


@torch.no_grad()
def _success(model: nn.Module, x: Tensor, made: Reversed) -> Array:
    """Return the share of images (N, 1, 28, 28) that each change brings to its answer, float (10,)."""
    device = next(model.parameters()).device
    answers = [model(made.stamp(x, label).to(device)).argmax(1) for label in range(CLASSES)]
    return np.array([float((found == label).float().mean()) for label, found in enumerate(answers)])
