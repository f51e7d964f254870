"""Transfer, universal, spatial, patch and noise."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from art.attacks.evasion import SpatialTransformation
from scipy import ndimage
from torch import nn

from engine.art_bridge import classifier
from engine.measure.sweep import check_ball
from engine.red.evasion import noise
from engine.red.evasion.patch import patch
from engine.red.evasion.pgd import pgd
from engine.red.evasion.spatial import moved, spatial
from engine.red.evasion.transfer import transfer
from engine.red.evasion.universal import universal
from tests.red.test_attacks import right


def test_noise_looks_at_nothing_and_stays_in_the_ball(images) -> None:
    x, y = images
    way = noise.direction(nn.Identity(), x, y, seed=0)
    assert (way.gradients, way.queries) == (0, 0)
    check_ball(x.numpy(), way.at(x, 0.2).x.numpy(), 0.2)
    assert way.change.mean().abs() < 0.02
    assert way.change.std().item() == pytest.approx(3**-0.5, rel=0.02), "uniform on [-1, 1]"
    assert not torch.equal(way.change, noise.direction(nn.Identity(), x, y, seed=1).change)


def test_transfer_from_the_model_itself_is_pgd(model: nn.Module, images) -> None:
    x, y = images
    settings = {"epsilon": 0.1, "seed": 3, "steps": 10, "step_ratio": 0.2}
    found = transfer(nn.Identity(), x, y, surrogate=model, **settings)
    assert torch.equal(found.x, pgd(model, x, y, stop=False, **settings).x)
    assert found.gradients == 10 * len(x), "it takes all its steps"


def test_one_change_for_all_images(model: nn.Module, images) -> None:
    x, y = images
    found = universal(model, x, y, epsilon=0.3, seed=0, epochs=20)
    check_ball(x.numpy(), found.x.numpy(), 0.3 + 1e-6)
    inside = (found.x > 0) & (found.x < 1)
    change = torch.where(inside, found.x - x, torch.nan)
    found_in = inside.sum(0) > 1
    spread = np.array([np.ptp(row[~np.isnan(row)]) for row in change[:, found_in].T.numpy()])
    assert spread.max() < 1e-5, "away from black and white the change is the same everywhere"
    way = noise.direction(model, x, y, seed=0)
    assert right(model, found.x, y) < right(model, way.at(x, 0.3).x, y)


def test_a_turn_is_scipys(images) -> None:
    x, _ = images
    theirs = ndimage.rotate(x.numpy(), 20, axes=(3, 2), reshape=False, order=1)
    ours = moved(x, 20, 0, 0).numpy()
    assert np.abs(ours - theirs).mean() < np.abs(moved(x, -20, 0, 0).numpy() - theirs).mean() / 20


def test_a_shift_of_whole_pixels_is_exact(images) -> None:
    x, _ = images
    there = moved(x, 0, 2, 1)
    assert torch.allclose(there[:, :, 1:, 2:], x[:, :, :-1, :-2], atol=1e-4)
    assert there[:, :, :1].abs().max() < 1e-4


def test_the_worst_of_a_grid_is_worse_than_arts_one_for_all(model: nn.Module, images) -> None:
    x, y = images
    ours = spatial(model, x, y, epsilon=0.5, seed=0, points=3)
    theirs = SpatialTransformation(
        classifier(model), max_translation=5, num_translations=3, max_rotation=15, num_rotations=3, verbose=False
    ).generate(x.numpy(), y.numpy())
    assert right(model, ours.x, y) <= right(model, torch.from_numpy(theirs), y) + 1
    assert len(x) < ours.queries <= 28 * len(x)
    assert ours.gradients == 0


def test_only_the_patch_changes(model: nn.Module, images) -> None:
    x, y = images
    found = patch(model, x, y, epsilon=49, seed=0, steps=5)
    check_ball(x.numpy(), found.x.numpy(), 49, "l0")
    rest = found.x.clone()
    rest[:, :, 1:8, 1:8] = x[:, :, 1:8, 1:8]
    assert torch.equal(rest, x)
    assert (found.x[:, :, 1:8, 1:8] == found.x[:1, :, 1:8, 1:8]).all(), "the same patch on all"
    assert found.gradients > 0


def test_a_fitted_patch_beats_a_grey_one(model: nn.Module, images) -> None:
    x, y = images
    grey = x.clone()
    grey[:, :, 1:11, 1:11] = 0.5
    assert right(model, patch(model, x, y, epsilon=100, seed=0, steps=30).x, y) <= right(model, grey, y)
