"""Jobs that hold a defence against no defence, and that try training recipes side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from engine.blue.training.registry import RECIPES
from engine.blue.training.variants import VARIANTS, Variant
from engine.core.jobs import Job
from engine.core.profile import Profile
from engine.core.registry import Entry
from engine.models import MODELS, SURROGATE, Model
from engine.plan.common import SMALL, pending

PLAIN = "clean"  # the model that every defence is held against


def compare(profile: Profile, model: Model, seed: int, entries: list[Entry]) -> Job:
    """Compare a defended model with the clean one, image by image."""
    name, pair = f"compare/{model.name}/seed{seed}", (MODELS[PLAIN], model)
    bounded = [entry.name for entry in entries if entry.norm == "linf" and not entry.control]
    needs: list[str] = []
    for each in pair:
        needs.append(f"evaluate/{each.name}/seed{seed}")
        needs += [f"attack/{each.name}/{attack}/seed{seed}" for attack in bounded]
    spec = {"before": PLAIN, "after": model.name, "seed": seed, "norm": "linf", "epsilons": list(profile.epsilons)}
    return Job(
        name=name,
        kind="compare",
        run="engine.measure.compare:compare",
        spec=spec,
        needs=tuple(needs),
        cells=(pending("protection", name, model.name, "comparison", seed),),
        cost=0.1,
    )


def trials(profile: Profile) -> Iterator[Job]:
    """Yield a job a training recipe to try."""
    for variant in VARIANTS:
        yield _trial(profile, variant, profile.seeds[0])


def _trial(profile: Profile, variant: Variant, seed: int) -> Job:
    chosen, recipe, name = asdict(profile.trials), RECIPES[variant.recipe], f"trial/{variant.name}/seed{seed}"
    settings: dict[str, Any] = {key: chosen[key] for key in ("epochs", "batch", "peak_rate")} | variant.settings
    spec = {
        "model": variant.name,
        "title": variant.title,
        "seed": seed,
        "network": SURROGATE.network,
        "recipe": variant.recipe,
        "recipe_run": recipe.run,
        "settings": settings,
        "train_images": profile.train_images,
        "validation_images": profile.validation_images,
        "images": chosen["images"],
        "epsilon": chosen["epsilon"],
        "steps": chosen["steps"],
        "targets": chosen["targets"],
        "queries": chosen["queries"],
        "pgd": asdict(profile.pgd),
    }
    return Job(
        name=name,
        kind="trial",
        run="engine.blue.training.trials:trial",
        spec=spec,
        code=(recipe.run,),
        cells=(pending("protection", name, variant.name, "trial", seed, "linf", chosen["epsilon"]),),
        cost=(profile.train_images or 55_000) * settings["epochs"] * (2 + settings.get("steps", 0)) * SMALL,
    )
