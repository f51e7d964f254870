"""Jobs that keep the pictures behind the figures. They need what is measured already; nothing needs them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from engine.blue.certification.registry import CERTIFICATES
from engine.core.jobs import Job
from engine.core.profile import Profile
from engine.core.registry import Entry
from engine.models import Model
from engine.plan.common import FORWARD, GRADIENT, pending, subject, trained
from engine.red.poisoning.registry import POISONS

LIMIT = 24  # pictures of a cell


def gallery(
    profile: Profile, model: Model, seed: int, attacks: list[Entry], minimal: list[Entry], images: int
) -> Iterator[Job]:
    """Yield the two jobs of a model. ``images`` are the test images of an evaluation."""
    name, poison = f"behind/{model.name}/seed{seed}", model.poison or "badnets"
    yield Job(
        name=name,
        kind="behind",
        run="engine.measure.gallery:behind",
        spec={
            **subject(model, seed),
            "test_images": profile.test_images,
            "poison_run": POISONS[poison].run,
            "poison_settings": asdict(profile.badnets) if poison == "badnets" else {},
            "limit": LIMIT,
        },
        needs=(trained(model, seed),),
        code=(POISONS[poison].run,),
        cells=tuple(pending("gallery", name, model.name, condition, seed) for condition in ("clean", "stamped")),
        cost=2 * images * FORWARD,
    )
    tried = [entry.name for entry in attacks if entry.norm == "linf" and not entry.control]
    if not tried:
        return
    name = f"explore/{model.name}/seed{seed}"
    yield Job(
        name=name,
        kind="explore",
        run="engine.measure.gallery:explore",
        spec={
            **subject(model, seed),
            "images": max(profile.autoattack.images),
            "epsilons": list(profile.epsilons),
            "settings": {"steps": profile.pgd.steps, "step_ratio": profile.pgd.step_ratio},
        },
        needs=(
            trained(model, seed),
            *(f"attack/{model.name}/{attack}/seed{seed}" for attack in tried),
            *(f"minimal/{model.name}/{entry.name}/seed{seed}" for entry in minimal if entry.norm == "l2"),
            *(f"certify/{model.name}/{entry.name}/seed{seed}" for entry in CERTIFICATES),
        ),
        cells=(pending("gallery", name, model.name, "explored", seed, "linf"),),
        cost=max(profile.autoattack.images) * profile.pgd.steps * GRADIENT,
    )
