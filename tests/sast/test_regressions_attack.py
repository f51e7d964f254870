"""The images that the insecure attack spoils, given to our attacks: they stay images, and weak ones do not pass."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.red.evasion.fgsm import fgsm
from engine.red.evasion.pgd import pgd
from tests.sast.networks import ours

BLACK = torch.zeros(4, 1, 28, 28)
GREY = torch.full((4, 1, 28, 28), 0.5)
LABELS = torch.zeros(4, dtype=torch.int64)


@pytest.fixture(scope="module")
def networks() -> dict:
    made = ours()
    return {name: made[name]().requires_grad_(False) for name in ("linear", "plateau")}


@pytest.mark.slow
def test_arts_images_stay_in_the_pixel_range(networks):
    from art.attacks.evasion import FastGradientMethod

    from engine.art_bridge import classifier

    moved = FastGradientMethod(classifier(networks["linear"]), eps=0.1).generate(x=BLACK.numpy())
    assert 0 <= moved.min() <= moved.max() <= 1
    assert moved.max() == pytest.approx(0.1)


def test_black_pixels_stay_dark_when_they_are_stored(networks):
    moved = fgsm(networks["linear"], BLACK, LABELS, epsilon=0.1, seed=0).x
    stored = (moved * 255).numpy().astype(np.uint8)
    assert 0 < stored.max() <= 0.1 * 255


def test_pgd_finds_what_lies_behind_a_flat_place(networks):
    found = pgd(networks["plateau"], GREY, LABELS, epsilon=0.1, seed=0, steps=5, step_ratio=0.25).x
    assert networks["plateau"](found).argmax(1).tolist() == [1, 1, 1, 1]
    assert float((found - GREY).abs().max()) <= 0.1 + 1e-6
