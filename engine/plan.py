"""Profile → jobs. Nothing runs here, and no torch is imported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from fnmatch import fnmatchcase
from typing import Any

from engine.blue.training.registry import RECIPES
from engine.core.errors import UserError
from engine.core.jobs import Job, Plan, Surroundings
from engine.core.profile import Profile
from engine.core.records import Norm, Pending
from engine.models import MODELS, Model
from engine.red.evasion.registry import ATTACKS
from engine.red.poisoning.registry import POISONS

NETWORK = "simplecnn"
# Rough seconds an image on one core, for remaining time only.
GRADIENT, STEP, FORWARD = 1.2e-3, 1.6e-3, 0.45e-3
WAITING = "not run yet"
TRUST_QUERIES = 500  # of Square, an image


def chosen(what: str, known: list[str], patterns: tuple[str, ...]) -> list[str]:
    """Return the known names that match, in known order; `UserError` for a pattern that matches none."""
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in known):
            raise UserError(f"unknown {what} {pattern!r} in the profile", f"known: {', '.join(known)}")
    return [name for name in known if any(fnmatchcase(name, pattern) for pattern in patterns)]


def plan(profile: Profile, around: Surroundings, images: tuple[int, int]) -> Plan:
    """Return the jobs of a profile. ``images`` are the data set's training and test counts.

    At most a tenth of the training set is cut off for validation, so that a small set still trains.
    """
    train_total, test_total = images
    profile = replace(profile, validation_images=min(profile.validation_images, train_total // 10))
    models = [MODELS[name] for name in chosen("model", list(MODELS), profile.models)]
    attacks = chosen("attack", [entry.name for entry in ATTACKS], profile.attacks)
    jobs: list[Job] = [_colours()]
    for seed in profile.seeds:
        for model in models:
            jobs.append(_train(profile, model, seed, train_total))
        for model in models:
            jobs.append(_evaluate(profile, model, seed, profile.test_images or test_total))
            jobs += _attacks(profile, model, seed, attacks, test_total)
            if attacks:
                jobs.append(_worst(profile, model, seed, attacks))
            jobs.append(_trust(profile, model, seed))
            jobs.append(_latency(profile, model, seed))
        if MODELS["clean"] in models:
            jobs.append(_claims(profile, seed))
    return Plan(jobs, around)


def _pending(
    family: str, job: str, model: str, subject: str, seed: int, norm: Norm = "none", epsilon: float = 0.0
) -> Pending:
    return Pending(
        family=family,
        name=job,
        model=model,
        subject=subject,
        norm=norm,
        epsilon=epsilon,
        seed=seed,
        reason=WAITING,
    )


def _poison_settings(profile: Profile, poison: str) -> dict[str, Any]:
    return asdict(profile.badnets) if poison == "badnets" else {}


def _train(profile: Profile, model: Model, seed: int, train_total: int) -> Job:
    hardened = model.recipe == "adversarial"
    settings = asdict(profile.adversarial if hardened else profile.plain)
    name, recipe = f"train/{model.name}/seed{seed}", RECIPES[model.recipe]
    spec: dict[str, Any] = {
        "model": model.name,
        "seed": seed,
        "network": NETWORK,
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
        cells=(_pending("training", name, model.name, model.recipe, seed),),
        cost=images * (STEP + settings.get("steps", 0) * GRADIENT),
    )


def _evaluate(profile: Profile, model: Model, seed: int, images: int) -> Job:
    name = f"evaluate/{model.name}/seed{seed}"
    poison = model.poison or "badnets"
    spec = {
        "model": model.name,
        "seed": seed,
        "network": NETWORK,
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
        needs=(f"train/{model.name}/seed{seed}",),
        code=(POISONS[poison].run,),
        cells=(
            _pending("evaluation", name, model.name, "clean", seed),
            _pending("evaluation", name, model.name, "stamped", seed),
            _pending("poisoning", name, model.name, poison if model.poison else "none", seed),
        ),
        cost=2 * images * FORWARD,
    )


def _attacks(profile: Profile, model: Model, seed: int, attacks: list[str], test_total: int) -> Iterator[Job]:
    for attack in attacks:
        entry, name = ATTACKS[attack], f"attack/{model.name}/{attack}/seed{seed}"
        settings = asdict(getattr(profile, attack)) if hasattr(profile, attack) else {}
        images = settings.pop("images", profile.test_images if entry.one_step else profile.attack_images)
        epsilons = list(settings.pop("epsilons", profile.epsilons))
        spec = {
            "model": model.name,
            "seed": seed,
            "network": NETWORK,
            "images": images,
            "epsilons": epsilons,
            "attack": attack,
            "attack_run": entry.run,
            "settings": settings,
            "carry": not entry.one_step,
        }
        yield Job(
            name=name,
            kind="attack",
            run="engine.measure.sweep:sweep",
            spec=spec,
            needs=(f"train/{model.name}/seed{seed}",),
            code=(entry.run,),
            cells=tuple(_pending("evasion", name, model.name, attack, seed, "linf", size) for size in epsilons),
            cost=(images or test_total) * _effort(entry.one_step, settings, len(epsilons)),
        )


def _worst(profile: Profile, model: Model, seed: int, attacks: list[str]) -> Job:
    name, epsilons = f"worst/{model.name}/seed{seed}", list(profile.epsilons)
    return Job(
        name=name,
        kind="worst",
        run="engine.measure.worst:worst",
        spec={"model": model.name, "seed": seed, "norm": "linf", "epsilons": epsilons},
        needs=tuple(f"attack/{model.name}/{attack}/seed{seed}" for attack in attacks),
        cells=tuple(_pending("evasion", name, model.name, "worst", seed, "linf", size) for size in epsilons),
        cost=0.1,
    )


def _trust(profile: Profile, model: Model, seed: int) -> Job:
    name, auto = f"trust/{model.name}/seed{seed}", profile.autoattack
    spec = {
        "model": model.name,
        "seed": seed,
        "network": NETWORK,
        "images": auto.images,
        "epsilons": list(auto.epsilons),
        "queries": TRUST_QUERIES,
        "settings": asdict(profile.pgd),
    }
    return Job(
        name=name,
        kind="trust",
        run="engine.measure.trust:trust",
        spec=spec,
        needs=(f"train/{model.name}/seed{seed}",),
        cells=tuple(_pending("trust", name, model.name, "pgd", seed, "linf", size) for size in auto.epsilons),
        cost=auto.images * len(auto.epsilons) * (6 * profile.pgd.steps * GRADIENT + TRUST_QUERIES * FORWARD),
    )


def _claims(profile: Profile, seed: int) -> Job:
    name = f"claims/seed{seed}"
    sizes = {"images": profile.attack_images, "train_images": profile.claim_images}
    return Job(
        name=name,
        kind="claims",
        run="engine.measure.claims:claims",
        spec={"model": "clean", "seed": seed, "network": NETWORK, **sizes},
        needs=(f"train/clean/seed{seed}",),
        cells=(_pending("claims", name, "clean", "reference", seed, "linf", 0.1),),
        cost=(3 * profile.attack_images + profile.claim_images) * 40 * GRADIENT,
    )


def _effort(one_step: bool, settings: dict[str, Any], sizes: int) -> float:
    """Guess the seconds of an attack an image on one core, all sizes together."""
    if one_step:
        return GRADIENT + sizes * FORWARD
    climbs = 1 + 2 * settings.get("targets", 0)  # AutoAttack: one, and two attacks a target
    return float(sizes * (settings.get("steps", 1) * climbs * GRADIENT + (1 + settings.get("queries", 0)) * FORWARD))


def _latency(profile: Profile, model: Model, seed: int) -> Job:
    name = f"latency/{model.name}/seed{seed}"
    return Job(
        name=name,
        kind="latency",
        run="engine.measure.latency:latency",
        spec={"model": model.name, "seed": seed, "network": NETWORK, **asdict(profile.latency)},
        needs=(f"train/{model.name}/seed{seed}",),
        cells=(_pending("evaluation", name, model.name, "latency", seed),),
        cost=(profile.latency.warmup + profile.latency.repeats) * 257 * FORWARD,
        alone=True,
    )


def _colours() -> Job:
    name = "poison/colours"
    return Job(
        name=name,
        kind="evaluate",
        run="engine.measure.evaluate:colours",
        spec={},
        cells=(_pending("poisoning", name, "", "colours", 0),),
        cost=0.1,
    )
