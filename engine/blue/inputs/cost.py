"""What a defence of the input adds to the time of an answer."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from engine.blue.inputs.defence import Defence
from engine.blue.inputs.defended import Defended
from engine.core.bundle import Bundle, pack
from engine.core.jobs import Context
from engine.core.records.inputs import InputCost
from engine.core.registry import resolve
from engine.core.seeds import derive
from engine.measure import subject
from engine.measure.latency import timed

BATCH = 64


class _Step(nn.Module):
    """A defence by itself, as something that `timed` can time."""

    def __init__(self, defence: Defence) -> None:
        super().__init__()
        self.defence, self.chance = defence, torch.Generator().manual_seed(0)

    def forward(self, x: Tensor) -> Tensor:
        return self.defence(x, self.chance)


def cost(context: Context) -> Bundle:
    """Job: time the bare model, every defence by itself, and the answer behind it.

    Spec: ``model, seed, network, warmup, repeats`` and ``defences``, by name their ``run`` and ``settings``.
    """
    spec = context.spec
    seen = subject.load(context, 0)
    x = torch.from_numpy(seen.x[:BATCH].astype(np.float32) / np.float32(255))

    def row(defence: str, part: str, draws: int, module: nn.Module) -> InputCost:
        spent = timed(module, x, spec["warmup"], spec["repeats"])
        return InputCost(
            model=spec["model"], defence=defence, part=part, draws=draws,  # type: ignore[arg-type]
            seed=spec["seed"], batch=len(x), repeats=spec["repeats"],
            median_ms=1000 * float(np.median(spent)) / len(x), provenance=context.provenance(),
        )  # fmt: skip

    rows = [row("none", "answer", 1, seen.model)]
    for name, told in spec["defences"].items():
        defence: Defence = resolve(told["run"])(**told["settings"])
        seed = derive("inputs", "cost", spec["seed"])
        rows.append(row(name, "defence", defence.draws, _Step(defence)))
        whole = Defended(seen.model, defence, seed=seed, draws=defence.draws)
        rows.append(row(name, "answer", defence.draws, whole))
    return pack({"inputs": rows})
