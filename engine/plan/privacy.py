"""Jobs that measure what a model gives away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from engine.core.jobs import Job
from engine.core.profile import Profile
from engine.models import MODELS, OVERFITTED, SURROGATE
from engine.plan.common import FORWARD, GRADIENT, SMALL, pending, subject, trained

METHODS = ("gap", "loss", "learned")


def privacy(profile: Profile, seed: int) -> Iterator[Job]:
    """Yield membership inference, extraction and inversion, all against the clean model."""
    clean, chosen = MODELS["clean"], asdict(profile.privacy)
    sizes = {"images": chosen["images"], "train_images": profile.train_images,
             "validation_images": profile.validation_images}  # fmt: skip
    control = {"small": OVERFITTED.network, "small_images": chosen["overfitted_images"]}
    name = f"membership/seed{seed}"
    yield Job(
        name=name,
        kind="membership",
        run="engine.measure.privacy:members",
        spec={**subject(clean, seed), **sizes, **control},
        needs=(trained(clean, seed), trained(OVERFITTED, seed)),
        cells=tuple(pending("privacy", name, model, f"membership {method}", seed)
                    for model in ("clean", "overfitted") for method in METHODS),
        cost=4 * chosen["images"] * FORWARD,
    )  # fmt: skip
    name, answers = f"extraction/seed{seed}", list(chosen["answers"])
    yield Job(
        name=name,
        kind="extraction",
        run="engine.measure.privacy:copies",
        spec={**subject(clean, seed), "answers": answers, "epochs": chosen["copy_epochs"], "small": SURROGATE.network},
        needs=(trained(clean, seed),),
        cells=tuple(pending("privacy", name, "clean", f"extraction {many}", seed) for many in answers),
        cost=2 * sum(answers) * chosen["copy_epochs"] * SMALL + 10_000 * FORWARD,
    )
    name = f"inversion/seed{seed}"
    yield Job(
        name=name,
        kind="inversion",
        run="engine.measure.privacy:pictures",
        spec={**subject(clean, seed), "steps": chosen["inversion_steps"], "small": SURROGATE.network},
        needs=(trained(clean, seed), trained(SURROGATE, seed)),
        cells=(pending("privacy", name, "clean", "inversion", seed),),
        cost=10 * chosen["inversion_steps"] * GRADIENT,
    )
