"""The page's arithmetic against torch: logits, slopes, ties, radii."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from engine.blue.certification.certify import radii
from engine.blue.certification.interval import interval
from engine.lab import networks, weights
from engine.networks import NETWORKS, build
from engine.red.evasion.losses import slope

CLOSE = 1e-4


def test_every_network_of_the_project_has_its_layers() -> None:
    assert sorted(networks.LAYERS) == sorted(entry.name for entry in NETWORKS)


@pytest.mark.parametrize("name", networks.LAYERS)
def test_the_layers_are_those_of_torch(name: str) -> None:
    kinds = {"Conv2d": "conv", "Linear": "linear", "ReLU": "relu", "MaxPool2d": "pool", "Ramp": "ramp"}
    told = [layer for layer in build(name).layers() if type(layer).__name__ != "Flatten"]
    listed = networks.LAYERS[name]
    assert [kinds[type(layer).__name__] for layer in told] == [layer["type"] for layer in listed]
    for ours, theirs in zip(listed, told, strict=True):
        if ours["type"] == "conv":
            shape = (ours["kernel"], ours["stride"], ours["padding"])
            assert shape == (theirs.kernel_size[0], theirs.stride[0], theirs.padding[0])


def test_numpy_logits_are_torchs(subject, hundred) -> None:
    name, model, held = subject
    images, x, _ = hundred
    assert np.abs(networks.logits(name, held, images) - model(x).numpy()).max() < CLOSE


def test_logits_of_the_page_are_torchs(subject, hundred, run, sent) -> None:
    name, model, held = subject
    _, x, _ = hundred
    _, found = run("logits", {"x": x.numpy()}, entry=sent(name, held))
    assert np.abs(found.reshape(-1, 10) - model(x).numpy()).max() < CLOSE


def test_signs_of_the_gradient_are_torchs(subject, hundred, run, sent) -> None:
    name, model, held = subject
    _, x, y = hundred
    _, found = run("slopes", {"x": x.numpy()}, entry=sent(name, held), labels=y.tolist())
    gradient, _ = slope(model, x, y)
    same = np.sign(found.reshape(x.shape)) == gradient.sign().numpy()
    assert same.mean() >= 0.999
    assert (gradient != 0).float().mean() > 0.01, "there is something to compare"


def test_the_slope_towards_a_wrong_label_is_torchs(subject, hundred, run, sent) -> None:
    name, model, held = subject
    _, x, y = hundred
    aims = (y + 3) % 10
    _, found = run("slopes", {"x": x.numpy()}, entry=sent(name, held), labels=aims.tolist())
    gradient = slope(model, x, aims)[0]
    assert (np.sign(found.reshape(x.shape)) == gradient.sign().numpy()).mean() >= 0.999
    assert np.allclose(found.reshape(x.shape), gradient.numpy(), atol=1e-3)


def test_ties_in_a_pool_go_where_torch_sends_them(run) -> None:
    x = np.random.default_rng(0).integers(0, 3, (200, 8, 8)).astype(np.float32)  # nearly every window has a tie
    point = torch.from_numpy(x)[:, None].requires_grad_(True)
    pooled = F.max_pool2d(point, 2)
    order = torch.arange(1.0, pooled[0].numel() + 1).view_as(pooled[:1])
    (wanted,) = torch.autograd.grad((pooled * order).sum(), point)
    _, found = run("pool", {"x": x}, side=8)
    assert np.array_equal(found.reshape(wanted.shape), wanted.numpy())


def test_radii_are_those_of_the_certificate(subject, hundred, run, sent) -> None:
    name, model, held = subject
    _, x, y = (part[::4] for part in hundred)
    right = (model(x).argmax(1) == y).numpy()
    wanted = radii(lambda x, y, size: interval(model, x, y, epsilon=size), x, y, right, 16)
    found, _ = run("radii", {"x": x.numpy()}, entry=sent(name, held), labels=y.tolist(), halvings=16)
    assert [radius is None for radius in found["radii"]] == (~right).tolist()
    assert np.abs(np.array([radius or 0 for radius in found["radii"]]) - wanted).max() < CLOSE
    if name == "ramped":
        assert np.median(wanted) > 0.1, "a network trained on bounds has radii worth comparing"


def test_levels_are_within_half_a_scale(subject) -> None:
    _, _, held = subject
    for key in (key for key in held if key.endswith("weight")):
        levels, scale = weights.quantised(held[key])
        flat, back = held[key].reshape(len(scale), -1), levels.reshape(len(scale), -1) * scale[:, None]
        # half a step, and the rounding of float32 when a level is turned back
        assert (np.abs(flat - back).max(axis=1) <= scale / 2 + np.spacing(np.abs(flat).max(axis=1))).all()
        assert levels.dtype == np.int8
        assert np.abs(levels.astype(int)).reshape(len(scale), -1).max(axis=1).tolist() == [127] * len(scale)


def test_a_row_of_zeros_stays_one() -> None:
    levels, scale = weights.quantised(np.array([[0, 0], [1, -2]], np.float32))
    assert levels.tolist() == [[0, 0], [64, -127]]
    assert scale.tolist() == pytest.approx([0, 2 / 127])


def test_the_page_computes_what_the_int8_file_says(subject, hundred, run, sent) -> None:
    name, _, held = subject
    images, x, _ = hundred
    _, found = run("logits", {"x": x.numpy()}, entry=sent(name, held, "int8"))
    assert np.abs(found.reshape(-1, 10) - networks.logits(name, weights.rounded(held), images)).max() < CLOSE


def test_the_same_weights_give_the_same_file(subject) -> None:
    name, _, held = subject
    assert weights.pack("a", name, held) == weights.pack("a", name, held)


@pytest.mark.parametrize(("key", "value", "said"), [("sha256", "0" * 64, "not the file"), ("raw", 7, "not 7")])
def test_another_file_is_refused(subject, hundred, run, sent, key: str, value: object, said: str) -> None:
    name, _, held = subject
    with pytest.raises(AssertionError, match=said):
        run("logits", {"x": hundred[1][:1].numpy()}, entry=sent(name, held) | {key: value})
