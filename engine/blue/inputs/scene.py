"""One defended model with the images that it is attacked on, and what each attacker does there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from engine.blue.inputs.defence import Defence, Way
from engine.blue.inputs.defended import Defended
from engine.core.seeds import derive
from engine.measure import metrics
from engine.measure.metrics import Array
from engine.measure.sweep import check_ball
from engine.red.evasion.adversarial import Adversarial
from engine.red.evasion.pgd import pgd
from engine.red.evasion.square import square


@dataclass
class Spent:
    """Images through a forward and backward pass, and through a forward pass only."""

    gradients: int = 0
    queries: int = 0


@dataclass
class Scene:
    """A model behind a defence, float images (N, 1, 28, 28), labels (N,), and the attackers' settings.

    ``effort`` holds ``steps, adaptive_steps, step_ratio, eot_draws, queries``. Attackers get the images
    that still stand and return which of all images stand after them, bool (N,).
    """

    model: nn.Module
    defence: Defence
    x: Tensor
    y: Tensor
    seed: int
    effort: dict[str, Any]
    last: dict[str, Tensor] = field(default_factory=dict)  # each attacker's latest images

    @property
    def attack_draws(self) -> int:
        """Draws a step of the attacker who knows of the randomness: 1 where there is none."""
        return int(self.effort["eot_draws"]) if self.defence.draws > 1 else 1

    def right(self, images: Tensor) -> Array:
        """Return which answers of the defended model are right; its draws are none of an attacker's.

        All images are judged in one go, so that each meets the same draws whoever attacked it.
        """
        seed = derive("inputs", "judge", self.seed)
        judged = Defended(self.model, self.defence, seed=seed, draws=self.defence.draws)
        right: Array = metrics.predict(judged, images) == self.y.numpy()
        return right

    def shown(self, name: str, images: Tensor, standing: Array, epsilon: float) -> Array:
        """Return which of the images that stood still stand when these are shown instead."""
        check_ball(self.x.numpy(), images.numpy(), epsilon)
        self.last[name] = images
        return standing & self.right(images)

    def naive(self, standing: Array, epsilon: float, spent: Spent) -> Array:
        """Climb through the defended model with the gradient that it has, one draw at a time.

        Where that gradient is zero everywhere, one step shows what any number would: nothing moves.
        """
        steps = int(self.effort["steps"]) if self.defence.differentiable else 1
        return self._climb("naive", standing, epsilon, spent, "exact", 1, steps)

    def adaptive(self, standing: Array, epsilon: float, spent: Spent) -> Array:
        """Climb in every way that the defence is known to let through, over several draws."""
        steps = int(self.effort["adaptive_steps"])
        for way in self.defence.ways:
            standing = self._climb("adaptive", standing, epsilon, spent, way, self.attack_draws, steps)
        return standing

    def search(self, standing: Array, epsilon: float, spent: Spent) -> Array:
        """Ask the defended model alone; several draws a question leave as many questions less."""
        seen = self._attacked("search", epsilon, "exact", self.attack_draws)
        queries = max(1, int(self.effort["queries"]) // self.attack_draws)
        varies = self.defence.draws > 1
        return self._run(
            "search", standing, epsilon, spent, self.attack_draws,
            lambda x, y: square(seen, x, y, epsilon=epsilon, seed=self.seed, queries=queries, varies=varies),
        )  # fmt: skip

    def _climb(
        self, name: str, standing: Array, epsilon: float, spent: Spent, way: Way, draws: int, steps: int
    ) -> Array:
        seen, ratio = self._attacked(name, epsilon, way, draws), float(self.effort["step_ratio"])
        # Where the climber's answer is not the judge's (other draws, a stand-in), a broken image is no goal reached.
        stop = way != "soft" and self.defence.draws == 1
        return self._run(
            name, standing, epsilon, spent, draws,
            lambda x, y: pgd(seen, x, y, epsilon=epsilon, seed=self.seed, steps=steps, step_ratio=ratio, stop=stop),
        )  # fmt: skip

    def _attacked(self, name: str, epsilon: float, way: Way, draws: int) -> Defended:
        seed = derive("inputs", name, self.seed, f"{epsilon:g}")
        return Defended(self.model, self.defence, seed=seed, way=way, draws=draws)

    def _run(self, name: str, standing: Array, epsilon: float, spent: Spent, draws: int, attack: Any) -> Array:
        todo = torch.from_numpy(np.flatnonzero(standing))
        if not len(todo):
            return standing
        made: Adversarial = attack(self.x[todo], self.y[todo])
        spent.gradients += draws * made.gradients
        spent.queries += draws * made.queries + self.defence.draws * len(todo)
        images = self.x.clone()
        images[todo] = made.x
        return self.shown(name, images, standing, epsilon)
