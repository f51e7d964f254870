"""How precisely training multiplies. Attacks, evaluation and certificates never come through here."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Literal, TypeAlias

import torch

from engine.core.precision import faster_in_bfloat16

Precision: TypeAlias = Literal["float32", "bfloat16"]


def precision(device: str) -> Precision:
    """Return ``bfloat16`` where the device multiplies it faster than ``float32``."""
    if torch.device(device).type == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
    return "bfloat16" if faster_in_bfloat16() else "float32"


def multiplying(device: str, chosen: Precision) -> AbstractContextManager[object]:
    """Return a context in which layers multiply in the precision that was ``chosen``.

    Weights, their gradients and the optimiser stay in float32. Casts of weights are not kept between passes: one
    made without gradients would serve the next pass, and nothing would be learnt.
    """
    if chosen == "float32":
        return nullcontext()
    return torch.autocast(torch.device(device).type, dtype=torch.bfloat16, cache_enabled=False)
