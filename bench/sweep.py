"""The security-curve sweep: ours against the same sweep written naively with ART, and with torchattacks.

PGD, eight sizes, the same images, steps and step size; seconds of one core, since every sweep keeps to one
thread. Models come from a build's store or `models/`.
torchattacks pins a torch of its own, so it is installed apart and named with ``--torchattacks FOLDER``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from time import process_time

import numpy as np
import torch
from art.attacks.evasion import ProjectedGradientDescent
from art.estimators.classification import PyTorchClassifier
from torch import Tensor, nn

from engine.core.rates import wilson
from engine.data import mnist
from engine.measure.metrics import predict
from engine.networks import from_bytes
from engine.red.evasion.pgd import pgd

EPSILONS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4)
STEPS, RATIO = 40, 0.1
Sweep = Callable[[nn.Module, Tensor, Tensor], list[int]]


def ours(model: nn.Module, x: Tensor, y: Tensor) -> list[int]:
    """Return how many stand at each size; what broke stays broken and is attacked no more."""
    standing, counts = torch.from_numpy(predict(model, x)) == y, []
    for epsilon in EPSILONS:
        todo = torch.nonzero(standing)[:, 0]
        found = pgd(model, x[todo], y[todo], epsilon=epsilon, seed=0, steps=STEPS, step_ratio=RATIO).x
        standing[todo] = torch.from_numpy(predict(model, found)) == y[todo]
        counts.append(int(standing.sum()))
    return counts


def naive_art(model: nn.Module, x: Tensor, y: Tensor) -> list[int]:
    """The sweep as ART's own examples write it: every image at every size."""
    for parameter in model.parameters():
        parameter.requires_grad_(True)
    estimator = PyTorchClassifier(
        model=model, loss=nn.CrossEntropyLoss(), input_shape=(1, 28, 28), nb_classes=10, clip_values=(0.0, 1.0)
    )
    counts = []
    for epsilon in EPSILONS:
        attack = ProjectedGradientDescent(
            estimator, norm=np.inf, eps=epsilon, eps_step=RATIO * epsilon, max_iter=STEPS, num_random_init=1,
            batch_size=128, verbose=False,
        )  # fmt: skip
        found = attack.generate(x.numpy(), y.numpy())
        counts.append(int((estimator.predict(found).argmax(1) == y.numpy()).sum()))
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    return counts


def naive_torchattacks(model: nn.Module, x: Tensor, y: Tensor) -> list[int]:
    """The sweep as torchattacks' README writes it."""
    import torchattacks

    counts = []
    for epsilon in EPSILONS:
        attack = torchattacks.PGD(model, eps=epsilon, alpha=RATIO * epsilon, steps=STEPS, random_start=True)
        parts = zip(x.split(128), y.split(128), strict=True)
        counts.append(sum(int((model(attack(a, b)).argmax(1) == b).sum()) for a, b in parts))
    return counts


def main() -> None:
    """Time the sweeps in turn on each model and print seconds, their ratio, and what stands."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, default=Path("models"), help="folder of weights, from a build")
    parser.add_argument("--data", type=Path, default=Path(".data"))
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--names", nargs="+", default=["clean", "hardened"])
    parser.add_argument("--torchattacks", type=Path, help="folder that torchattacks was installed to")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    runs: dict[str, Sweep] = {"ours": ours, "naive ART": naive_art}
    if chosen.torchattacks:
        sys.path.append(str(chosen.torchattacks))
        runs["torchattacks"] = naive_torchattacks
    digits = mnist.load(chosen.data, print)
    index = mnist.stratified(digits.test_y, chosen.images, 0)
    x, y = torch.from_numpy(digits.test_x[index].astype(np.float32) / 255), torch.from_numpy(digits.test_y[index])
    for name in chosen.names:
        model = from_bytes("simplecnn", (chosen.models / f"{name}.safetensors").read_bytes())
        seconds, standing = {}, {}
        for title, sweep in runs.items():
            began = process_time()
            standing[title] = sweep(model, x, y)
            seconds[title] = process_time() - began
        print(f"{name}, {len(x)} images, PGD-{STEPS}, ε {', '.join(f'{e:g}' for e in EPSILONS)}")
        for title in runs:
            rates = " ".join(f"{100 * n / len(x):5.1f}" for n in standing[title])
            print(f"  {title:14}{seconds[title]:8.1f} s  {seconds[title] / seconds['ours']:5.2f} ×   {rates}")
        half = max((high - low) / 2 for low, high in (wilson(n, len(x)) for n in standing["ours"]))
        print(f"  half a 95 % interval is at most {100 * half:.1f} points")


if __name__ == "__main__":
    main()
