"""A training step in bfloat16 against the same step in float32, in turn, on one core."""

from __future__ import annotations

import statistics
from time import perf_counter

import torch
import torch.nn.functional as F

from engine.blue.training.precision import Precision, multiplying, precision
from engine.networks import build

ROUNDS, STEPS, BATCH = 5, 12, 64


def milliseconds(chosen: Precision) -> float:
    """Milliseconds an image: forward and backward."""
    torch.manual_seed(0)
    model = build("simplecnn").train()
    x, y = torch.rand(BATCH, 1, 28, 28), torch.randint(0, 10, (BATCH,))

    def step() -> None:
        with multiplying("cpu", chosen):
            loss = F.cross_entropy(model(x).float(), y)
        loss.backward()

    step()
    began = perf_counter()
    for _ in range(STEPS):
        step()
    return (perf_counter() - began) / STEPS / BATCH * 1000


def main() -> None:
    """Alternate the two; print medians, their ratio, and what training takes here."""
    torch.set_num_threads(1)
    pairs = [(milliseconds("float32"), milliseconds("bfloat16")) for _ in range(ROUNDS)]
    single, half = (statistics.median(side) for side in zip(*pairs, strict=True))
    print(f"float32   {single:.2f} ms an image")
    print(f"bfloat16  {half:.2f} ms an image, {single / half:.2f} times as fast")
    print(f"training here multiplies in {precision('cpu')}")


if __name__ == "__main__":
    main()
