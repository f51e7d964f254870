"""Jobs that prove what no attack can break, hold it against the attacks, and smooth a model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from engine.blue.certification.registry import CERTIFICATES
from engine.core.jobs import Job
from engine.core.profile import Profile
from engine.core.registry import Entry
from engine.models import Model, smoothed
from engine.plan import models
from engine.plan.common import FORWARD, SMALL, pending, subject, trained

COST = {"interval": 2, "linear": 25}  # forward passes an image
COPY = SMALL / 8  # seconds a noisy copy


def certify(profile: Profile, model: Model, seed: int, attacks: list[Entry]) -> Iterator[Job]:
    """Yield a job a method, and the bracket where there is an attack to hold it against.

    A model that is trained to be certified is looked at on all test images, any other on those of the attacks.
    """
    images = profile.test_images if model.recipe == "interval" else profile.attack_images
    look = FORWARD if model.network == "simplecnn" else SMALL / 2
    epsilons, names = list(profile.epsilons), []
    for entry in CERTIFICATES:
        name = f"certify/{model.name}/{entry.name}/seed{seed}"
        names.append(name)
        yield Job(
            name=name,
            kind="certify",
            run="engine.blue.certification.certify:certify",
            spec={
                **subject(model, seed),
                **asdict(profile.certification),
                "images": images,
                "epsilons": epsilons,
                "method": entry.name,
                "method_run": entry.run,
            },
            needs=(trained(model, seed),),
            code=(entry.run,),
            cells=tuple(pending("certification", name, model.name, entry.name, seed, "linf", e) for e in epsilons),
            cost=(len(epsilons) + 1) * (images or 10_000) * COST.get(entry.name, 2) * look,
        )
    tried = [f"attack/{model.name}/{entry.name}/seed{seed}" for entry in attacks
             if entry.norm == "linf" and not entry.control]  # fmt: skip
    if tried:
        name = f"bracket/{model.name}/seed{seed}"
        yield Job(
            name=name,
            kind="bracket",
            run="engine.blue.certification.bracket:bracket",
            spec={"model": model.name, "seed": seed, "images": profile.attack_images, "epsilons": epsilons},
            needs=(*tried, *names),
            cells=tuple(pending("certification", name, model.name, "bracket", seed, "linf", e) for e in epsilons),
            cost=0.1,
        )


def smoothing(profile: Profile, seed: int, train_total: int) -> Iterator[Job]:
    """Yield a training and a certification for every σ."""
    chosen = asdict(profile.smoothing)
    for sigma in chosen["sigmas"]:
        model = smoothed(sigma)
        fit = {key: chosen[key] for key in ("epochs", "batch", "peak_rate")}
        yield models.train(profile, model, seed, train_total, {**fit, "sigma": sigma})
        name = f"smooth/{model.name}/seed{seed}"
        spec = {key: chosen[key] for key in ("images", "first", "samples", "alpha")}
        yield Job(
            name=name,
            kind="smooth",
            run="engine.blue.certification.smoothing:smooth",
            spec={**subject(model, seed), **spec, "sigma": sigma, "radii": list(chosen["radii"])},
            needs=(trained(model, seed),),
            cells=tuple(pending("certification", name, model.name, "smoothing", seed, "l2", r)
                        for r in chosen["radii"]),
            cost=chosen["images"] * chosen["samples"] * COPY,
        )  # fmt: skip
