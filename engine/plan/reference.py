"""The job that repeats the reference report's procedures."""

from __future__ import annotations

from engine.core.jobs import Job
from engine.core.profile import Profile
from engine.models import MODELS
from engine.plan.common import GRADIENT, pending, subject, trained


def claims(profile: Profile, seed: int) -> Job:
    """Repeat the reference report's procedures on the clean model."""
    name, clean = f"claims/seed{seed}", MODELS["clean"]
    sizes = {"images": profile.attack_images, "train_images": profile.claim_images}
    return Job(
        name=name,
        kind="claims",
        run="engine.measure.claims:claims",
        spec={**subject(clean, seed), **sizes},
        needs=(trained(clean, seed),),
        cells=(pending("claims", name, "clean", "reference", seed, "linf", 0.1),),
        cost=(3 * profile.attack_images + profile.claim_images) * 40 * GRADIENT,
    )
