"""Jobs that train a model, measure it without an attack, and time it."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from engine.blue.training.registry import RECIPES
from engine.core.jobs import Job
from engine.core.profile import Profile
from engine.models import OVERFITTED, SURROGATE, Model
from engine.plan.common import FORWARD, GRADIENT, SMALL, STEP, pending, subject, trained
from engine.red.poisoning.registry import POISONS


def _poison_settings(profile: Profile, poison: str) -> dict[str, Any]:
    return asdict(profile.badnets) if poison == "badnets" else {}


def _settings(profile: Profile, recipe: str) -> dict[str, Any]:
    """Return the settings of the profile's section that is called as the recipe is."""
    return asdict(getattr(profile, "plain" if recipe == "standard" else recipe))


def train(profile: Profile, model: Model, seed: int, train_total: int, settings: dict[str, Any] | None = None) -> Job:
    """Train one model on all training images of the profile; ``settings`` of its recipe replace the profile's."""
    settings = settings or _settings(profile, model.recipe)
    name, recipe = trained(model, seed), RECIPES[model.recipe]
    spec: dict[str, Any] = {
        **subject(model, seed),
        "recipe": model.recipe,
        "recipe_run": recipe.run,
        "settings": settings,
        "train_images": profile.train_images,
        "validation_images": profile.validation_images,
        "poison": model.poison,
    }
    code = [recipe.run]
    if model.poison:
        spec |= {
            "poison_run": POISONS[model.poison].run,
            "poison_settings": _poison_settings(profile, model.poison),
        }
        code.append(spec["poison_run"])
    images = (profile.train_images or train_total - profile.validation_images) * settings["epochs"]
    return Job(
        name=name,
        kind="train",
        run="engine.blue.training.train:train",
        spec=spec,
        code=tuple(code),
        cells=(pending("training", name, model.name, model.recipe, seed),),
        cost=images * ((SMALL if model.network == SURROGATE.network else STEP) + settings.get("steps", 0) * GRADIENT),
    )


def overfitted(profile: Profile, seed: int, train_total: int) -> Job:
    """Train the control of membership inference: few images, many epochs."""
    chosen = profile.privacy
    long = replace(profile.plain, epochs=chosen.overfitted_epochs)
    return train(replace(profile, plain=long, train_images=chosen.overfitted_images), OVERFITTED, seed, train_total)


def evaluate(profile: Profile, model: Model, seed: int, images: int) -> Job:
    """Measure a model on clean and on stamped images."""
    name = f"evaluate/{model.name}/seed{seed}"
    poison = model.poison or "badnets"
    spec = {
        **subject(model, seed),
        "test_images": profile.test_images,
        "poison": poison,
        "poison_run": POISONS[poison].run,
        "poison_settings": _poison_settings(profile, poison),
        "own_poison": bool(model.poison),
    }
    return Job(
        name=name,
        kind="evaluate",
        run="engine.measure.evaluate:evaluate",
        spec=spec,
        needs=(trained(model, seed),),
        code=(POISONS[poison].run,),
        cells=(
            pending("evaluation", name, model.name, "clean", seed),
            pending("evaluation", name, model.name, "stamped", seed),
            pending("poisoning", name, model.name, poison if model.poison else "none", seed),
        ),
        cost=2 * images * FORWARD,
    )


def latency(profile: Profile, model: Model, seed: int) -> Job:
    """Time a model's forward pass while nothing else runs."""
    name = f"latency/{model.name}/seed{seed}"
    return Job(
        name=name,
        kind="latency",
        run="engine.measure.latency:latency",
        spec={**subject(model, seed), **asdict(profile.latency)},
        needs=(trained(model, seed),),
        cells=(pending("evaluation", name, model.name, "latency", seed),),
        cost=(profile.latency.warmup + profile.latency.repeats) * 257 * FORWARD,
        alone=True,
    )


def colours() -> Job:
    """Say what the reference report's colours become in grey."""
    name = "poison/colours"
    return Job(
        name=name,
        kind="evaluate",
        run="engine.measure.evaluate:colours",
        spec={},
        cells=(pending("poisoning", name, "", "colours", 0),),
        cost=0.1,
    )
