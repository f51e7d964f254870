"""Training multiplies in bfloat16 where it can, and nowhere else."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from engine.blue.training.precision import multiplying, precision
from engine.core import machine
from engine.core.precision import faster_in_bfloat16


def test_the_key_and_training_agree_on_this_machine() -> None:
    assert machine.precision("cpu") == precision("cpu")


@pytest.mark.parametrize(
    ("said", "faster"),
    [
        ("vendor_id : AuthenticAMD\nflags : fpu avx512f avx512_bf16", True),
        ("vendor_id : AuthenticAMD\nflags : fpu avx512f", False),
        ("vendor_id : GenuineIntel\nflags : fpu avx512f avx512_bf16", False),
        ("vendor_id : GenuineIntel\nflags : fpu avx512_bf16 amx_bf16 amx_tile", True),
    ],
)
def test_a_processor_that_only_knows_bfloat16_is_not_faster_with_it(tmp_path, said: str, faster: bool) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(said, "utf-8")
    assert faster_in_bfloat16(cpuinfo) is faster
    assert not faster_in_bfloat16(tmp_path / "none")


def test_float32_stays() -> None:
    layer = nn.Linear(4, 4)
    with multiplying("cpu", "float32"):
        assert layer(torch.ones(1, 4)).dtype == torch.float32


def test_a_pass_without_gradients_does_not_stop_the_next_from_learning() -> None:
    layer = nn.Linear(4, 4)
    with multiplying("cpu", "bfloat16"):
        with torch.no_grad():
            layer(torch.ones(1, 4))
        answer = layer(torch.ones(1, 4))
    assert answer.dtype == torch.bfloat16
    answer.float().sum().backward()
    assert layer.weight.grad is not None
    assert layer.weight.grad.dtype == torch.float32
