"""Jobs that train the second network many times: each poison beside its controls, and the surface."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from engine.core.jobs import Job
from engine.core.profile import Profile
from engine.models import SURROGATE
from engine.plan.common import SMALL, pending, trained
from engine.red.poisoning.registry import POISONS

LABEL = "workshop"  # what these trainings are called where a record names a model
# Share of all training images that a poison touches. Those that keep labels need much of the target class.
SHARES = {"badnets": 0.01, "blended": 0.01, "clean_label": 0.05, "sinusoidal": 0.05, "label_flip": 0.1}
VALIDATION = 1000
SIZE = 3  # of the backdoored model's stamp


def _spec(profile: Profile, seed: int) -> dict[str, Any]:
    chosen = asdict(profile.workshop)
    fit = {key: chosen[key] for key in ("epochs", "batch", "peak_rate")}
    return {
        "model": LABEL,
        "seed": seed,
        "network": SURROGATE.network,
        "settings": fit,
        "train_images": profile.workshop.train_images,
        "validation_images": min(VALIDATION, profile.validation_images),
        "test_images": profile.test_images,
        "target": profile.badnets.target,
    }


def surface(profile: Profile) -> Iterator[Job]:
    """Yield a job a trigger size and seed; each trains once for every poison rate."""
    shop = profile.workshop
    for size in shop.sizes:
        for seed in shop.seeds:
            name = f"surface/size{size}/seed{seed}"
            yield Job(
                name=name,
                kind="surface",
                run="engine.blue.training.workshop:surface",
                spec={**_spec(profile, seed), "study": "surface", "size": size, "rates": list(shop.rates)},
                cells=(pending("poisoning", name, LABEL, f"surface {size}", seed),),
                cost=len(shop.rates) * shop.train_images * shop.epochs * SMALL,
            )


def whole(profile: Profile, train_total: int) -> Iterator[Job]:
    """Yield a job a seed: the stamp of the backdoored model on all training images, and none at all beside it."""
    images = profile.train_images or train_total - profile.validation_images
    for seed in profile.workshop.seeds:
        name, settings = f"whole/seed{seed}", asdict(profile.plain)
        spec = {**_spec(profile, seed), "settings": settings, "train_images": profile.train_images}
        yield Job(
            name=name,
            kind="surface",
            run="engine.blue.training.workshop:surface",
            spec={**spec, "study": "whole", "size": SIZE, "rates": [0.0, profile.badnets.share]},
            cells=(pending("poisoning", name, LABEL, "whole", seed),),
            cost=2 * images * settings["epochs"] * SMALL,
        )


def poisons(profile: Profile) -> Iterator[Job]:
    """Yield a job a seed; each trains once for every poison, and once without."""
    shop = profile.workshop
    known, runs = [entry.name for entry in POISONS], {entry.name: entry.run for entry in POISONS}
    helped = [entry.name for entry in POISONS if entry.surrogate]
    for seed in shop.seeds:
        name = f"poisons/seed{seed}"
        yield Job(
            name=name,
            kind="poisons",
            run="engine.blue.training.workshop:poisons",
            spec={**_spec(profile, seed), "poisons": runs, "shares": SHARES, "helped": helped},
            needs=(trained(SURROGATE, profile.seeds[0]),),
            code=tuple(runs.values()),
            cells=tuple(pending("poisoning", name, LABEL, poison, seed) for poison in ["none", *known]),
            cost=(1 + len(known)) * shop.train_images * shop.epochs * SMALL,
        )
