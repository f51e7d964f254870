"""Attacked images from the page, scored by torch; the stamp; the link."""

from __future__ import annotations

import base64

import numpy as np
import pytest
import torch

from engine.core.seeds import derive
from engine.red.evasion.fgsm import fgsm
from engine.red.evasion.pgd import pgd
from engine.red.poisoning.trigger import SQUARE
from tests.lab.test_networks import CLOSE

SIZES = {"simplecnn": 0.08, "strided": 0.08, "ramped": 0.15}  # neither none nor all of the answers are turned
FAR = {"simplecnn": 0.3, "strided": 0.3, "ramped": 0.5}  # far enough for a chosen answer
CLIMB = {"steps": 20, "step_ratio": 0.2}


def accuracy(model: torch.nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    return float((model(x).argmax(1) == y).float().mean())


def starts(x: torch.Tensor, epsilon: float, seed: int) -> np.ndarray:
    """The random starts that `pgd` takes."""
    chance = torch.Generator().manual_seed(derive("pgd", seed, f"{epsilon:g}"))
    return (2 * torch.rand(x.shape, generator=chance) - 1).numpy()


def test_pgd_gets_the_robust_accuracy_of_torchs(subject, hundred, run, sent) -> None:
    name, model, held = subject
    (_, x, y), epsilon = hundred, SIZES[name]
    task = {"entry": sent(name, held), "labels": y.tolist(), "epsilon": epsilon, "steps": 20, "ratio": 0.2}
    _, found = run("pgd", {"x": x.numpy(), "start": starts(x, epsilon, 0)}, **task)
    attacked = torch.from_numpy(found.reshape(x.shape))
    wanted = pgd(model, x, y, epsilon=epsilon, seed=0, **CLIMB)
    assert abs(accuracy(model, attacked, y) - accuracy(model, wanted.x, y)) <= 0.01
    assert 0.02 < accuracy(model, attacked, y) < accuracy(model, x, y) - 0.02, "the size tells the two apart"
    assert float((attacked - x).abs().max()) <= epsilon + 1e-6
    assert float(attacked.min()) >= 0 and float(attacked.max()) <= 1


def test_fgsm_gives_torchs_images(subject, hundred, run, sent) -> None:
    name, model, held = subject
    _, x, y = hundred
    _, found = run("fgsm", {"x": x.numpy()}, entry=sent(name, held), labels=y.tolist(), epsilon=0.1)
    wanted = fgsm(model, x, y, epsilon=0.1, seed=0).x.numpy()
    assert (np.abs(found.reshape(x.shape) - wanted) < CLOSE).mean() >= 0.999


def test_a_target_is_reached_where_torch_reaches_it(subject, hundred, run, sent) -> None:
    name, model, held = subject
    _, x, y = (part[::4] for part in hundred)
    aims, epsilon = (y + 1) % 10, FAR[name]
    task = {"entry": sent(name, held), "labels": y.tolist(), "targets": aims.tolist()}
    start = starts(x, epsilon, 0)
    _, found = run("pgd", {"x": x.numpy(), "start": start}, epsilon=epsilon, steps=20, ratio=0.2, **task)
    ours = accuracy(model, torch.from_numpy(found.reshape(x.shape)), aims)
    theirs = accuracy(model, towards(model, x, aims, epsilon, torch.from_numpy(start)), aims)
    assert abs(ours - theirs) <= 0.01
    assert ours > accuracy(model, x, aims) + 0.05


def towards(model, x, aims, epsilon: float, start) -> torch.Tensor:
    """The same climb in torch, in the textbook's form: down the target's loss, all steps or until it is there."""
    low, high, found = (x - epsilon).clamp(0, 1), (x + epsilon).clamp(0, 1), (x + epsilon * start).clamp(0, 1)
    for _ in range(20):
        point = found.clone().requires_grad_(True)
        logits = model(point)
        (gradient,) = torch.autograd.grad(torch.nn.functional.cross_entropy(logits, aims, reduction="sum"), point)
        moved = torch.minimum(torch.maximum(found - 0.2 * epsilon * gradient.sign(), low), high)
        found = torch.where((logits.argmax(1) == aims)[:, None, None, None], found, moved)
    return found


def test_the_stamp_is_the_engines(hundred, run) -> None:
    images, x, _ = hundred
    stamp = {"size": SQUARE.size, "row": SQUARE.row, "column": SQUARE.column, "level": SQUARE.level}
    _, found = run("stamp", {"x": x.numpy()}, stamp=stamp)
    assert np.array_equal(np.rint(found.reshape(x.shape) * 255), SQUARE.stamp(images))


def test_a_link_brings_the_same_state_back(hundred, run) -> None:
    packed = pack(hundred[0][17].ravel())
    queries = [
        "", "image=1234&on=1&attack=fgsm&epsilon=0.31&stamp=1",
        f"drawing={packed}&label=4&steps=7&target=0&models=trades.poisoned",
    ]  # fmt: skip
    found, _ = run("state", queries=queries)
    again, _ = run("state", queries=found["back"])
    assert again["states"] == found["states"]
    assert found["states"][1] | {"place": 1234, "on": True, "method": "fgsm", "epsilon": 0.31} == found["states"][1]
    assert found["states"][2]["picture"] == hundred[0][17].ravel().tolist()
    assert found["back"][0] == ""


def pack(image: np.ndarray) -> str:
    """Runs of black as 0 and their length, all else as it is; written anew, not taken from the page."""
    out, run = bytearray(), 0
    for level in [*image.tolist(), None]:
        if run and (level != 0 or run == 255):
            out += bytes([0, run])
            run = 0
        if level == 0:
            run += 1
        elif level is not None:
            out.append(level)
    return base64.urlsafe_b64encode(bytes(out)).decode().rstrip("=")


@pytest.mark.parametrize(
    "query",
    [
        "epsilon=NaN", "epsilon=-1", "epsilon=7", "steps=1e9", "attack=<b>", "label=10", "target=-1", "image=-5",
        "drawing=%%%", "drawing=AAAA", "drawing=" + "A" * 5000, "models=../x", "stamp=yes", "on=2",
    ],
)  # fmt: skip
def test_what_a_link_cannot_mean_is_left_out(run, query: str) -> None:
    found, _ = run("state", queries=[query, ""])
    assert found["states"][0] == found["states"][1]
