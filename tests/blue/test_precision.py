"""Training multiplies in bfloat16 where it can, and nowhere else."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from engine.blue.training.precision import multiplying, precision
from engine.core import machine


def test_the_key_and_training_agree_on_this_machine() -> None:
    assert machine.precision("cpu") == precision("cpu")


def test_float32_stays() -> None:
    layer = nn.Linear(4, 4)
    with multiplying("cpu", "float32"):
        assert layer(torch.ones(1, 4)).dtype == torch.float32


@pytest.mark.skipif(precision("cpu") == "float32", reason="this processor has no bfloat16")
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
