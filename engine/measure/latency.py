"""How long a forward pass takes, after warm-up and with the device waited for."""

from __future__ import annotations

from time import perf_counter

import numpy as np
import torch
from torch import Tensor, nn

from engine.core.bundle import Bundle, pack
from engine.core.jobs import Context
from engine.core.records.evaluation import Latency
from engine.measure import subject

BATCHES = (1, 256)


def latency(context: Context) -> Bundle:
    """Job: time single images and batches of 256; spec has ``warmup`` and ``repeats``."""
    spec = context.spec
    seen = subject.load(context, 0)
    rows = []
    for done, batch in enumerate(BATCHES):
        images = torch.as_tensor(seen.x[:batch]).to(context.device)
        spent = [1000 * seconds for seconds in timed(seen.model, images, spec["warmup"], spec["repeats"])]
        rows.append(
            Latency(
                model=spec["model"],
                seed=spec["seed"],
                batch=batch,
                warmup=spec["warmup"],
                repeats=spec["repeats"],
                threads=torch.get_num_threads(),
                median_ms=float(np.median(spent)),
                p95_ms=float(np.percentile(spent, 95)),
                provenance=context.provenance(),
            )
        )
        context.progress((done + 1) / len(BATCHES), f"batch {batch}")
    return pack({"evaluation": rows})


@torch.no_grad()
def timed(model: nn.Module, images: Tensor, warmup: int, repeats: int) -> list[float]:
    """Return the seconds of each of ``repeats`` forward passes that follow ``warmup`` untimed ones."""
    spent = []
    for turn in range(warmup + repeats):
        began = perf_counter()
        model(images)
        if images.device.type == "cuda":
            torch.cuda.synchronize()
        if turn >= warmup:
            spent.append(perf_counter() - began)
    return spent
