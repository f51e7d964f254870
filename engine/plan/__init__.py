"""Profile → jobs. Nothing runs here, and no torch is imported."""

from __future__ import annotations

from dataclasses import replace

from engine.blue.training.registry import RECIPES
from engine.core.jobs import Job, Plan, Surroundings
from engine.core.profile import Profile
from engine.models import MODELS, SURROGATE
from engine.plan import (
    certification,
    detection,
    evasion,
    gallery,
    inputs,
    models,
    privacy,
    protection,
    reference,
    workshop,
)
from engine.plan.common import chosen, suited
from engine.red.evasion.minimal import MINIMAL
from engine.red.evasion.registry import ATTACKS

__all__ = ["chosen", "plan"]


def plan(profile: Profile, around: Surroundings, images: tuple[int, int]) -> Plan:
    """Return the jobs of a profile. ``images`` are the data set's training and test counts.

    At most a tenth of the training set is cut off for validation, so that a small set still trains.
    """
    train_total, test_total = images
    profile = replace(profile, validation_images=min(profile.validation_images, train_total // 10))
    wanted = [MODELS[name] for name in chosen("model", list(MODELS), profile.models)]
    chosen("model", list(MODELS), tuple(profile.autoattack.whole))  # refuses a name that no model has
    known = [entry.name for entry in [*ATTACKS, *MINIMAL]]
    names = chosen("attack", known, profile.attacks)
    attacks = [ATTACKS[name] for name in names if name in ATTACKS]
    minimal = [MINIMAL[name] for name in names if name in MINIMAL]
    jobs: list[Job] = [models.colours()]
    for seed in profile.seeds:
        for model in [*wanted, SURROGATE]:
            jobs.append(models.train(profile, model, seed, train_total))
        for model in wanted:
            jobs.append(models.evaluate(profile, model, seed, profile.test_images or test_total))
            tried, smallest = suited(model, attacks), suited(model, minimal)
            jobs += evasion.attacks(profile, model, seed, tried, test_total)
            jobs += evasion.minimal(profile, model, seed, smallest)
            jobs += evasion.worst(profile, model, seed, tried, smallest)
            jobs.append(evasion.trust(profile, model, seed))
            jobs.append(evasion.corruptions(profile, model, seed))
            jobs.append(models.latency(profile, model, seed))
            if MODELS["clean"] in wanted and RECIPES[model.recipe].stride:
                jobs.append(protection.compare(profile, model, seed, tried))
            jobs += certification.certify(profile, model, seed, tried)
            jobs += gallery.gallery(profile, model, seed, tried, smallest, profile.test_images or test_total)
        jobs += inputs.inputs(profile, wanted, seed)
        if MODELS["clean"] in wanted:
            jobs.append(reference.claims(profile, seed))
            jobs.append(models.overfitted(profile, seed, train_total))
            jobs += privacy.privacy(profile, seed)
        jobs += certification.smoothing(profile, seed, train_total)
    jobs += workshop.surface(profile)
    jobs += workshop.whole(profile, train_total)
    jobs += workshop.poisons(profile)
    jobs += protection.trials(profile)
    jobs += detection.detections(profile)
    for seed in profile.seeds:
        jobs += detection.examinations(profile, wanted, seed)
    return Plan(jobs, around)
