"""Jobs that look for poison and repair: one training a poison and seed, a control, and the report's models."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from engine.blue.detection.registry import DETECTORS
from engine.blue.repair.registry import REPAIRS
from engine.core.jobs import Job
from engine.core.profile import Profile
from engine.models import MODELS, SURROGATE, Model
from engine.plan.common import FORWARD, GRADIENT, SMALL, pending, subject, trained
from engine.plan.workshop import LABEL, SHARES, VALIDATION
from engine.red.poisoning.registry import POISONS

YARDSTICK = "detection/yardstick"
# Filtering follows the detector whose score needs no second cut of the class; unlearning needs a reversed trigger.
FOLLOWS = {"filter_retrain": "spectral", "unlearning": "neural_cleanse"}
EXAMINED = ("clean", "poisoned", "backdoored")
CODE = tuple(entry.run for entry in (*DETECTORS, *REPAIRS))


def _settings(profile: Profile, steps: int) -> dict[str, dict[str, Any]]:
    """Return each detector's and repair's settings; ``steps`` are those of Neural Cleanse."""
    chosen = profile.detection
    tune = {"epochs": chosen.tune_epochs, "batch": chosen.tune_batch, "rate": chosen.tune_rate}
    return {
        "activation_clustering": {"directions": chosen.directions, "starts": chosen.starts},
        "strip": {"overlays": chosen.overlays, "images": chosen.incoming_images},
        "neural_cleanse": {"steps": steps, "batch": chosen.reverse_batch},
        "filter_retrain": {"follows": FOLLOWS["filter_retrain"]},
        "fine_pruning": {"tolerance": chosen.tolerance, **tune},
        "unlearning": {"share": chosen.patched, **tune},
    }


def _spec(profile: Profile, steps: int) -> dict[str, Any]:
    """Return the keys that all jobs here share."""
    chosen, settings = profile.detection, _settings(profile, steps)
    return {
        "target": profile.badnets.target,
        "test_images": profile.test_images,
        "incoming_images": chosen.incoming_images,
        "trusted_images": chosen.trusted_images,
        "detectors": {entry.name: [entry.run, settings.get(entry.name, {})] for entry in DETECTORS},
        "repairs": {e.name: [e.run, settings.get(e.name, {}), FOLLOWS.get(e.name, "")] for e in REPAIRS},
    }


def _poisoned(name: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the keys that say how a training set is poisoned; ``none`` for the control."""
    if name == "none":
        return {"poison": name, "poison_run": "", "poison_settings": {}, "helped": False}
    return {"poison": name, "poison_run": POISONS[name].run, "poison_settings": settings,
            "helped": POISONS[name].surrogate}  # fmt: skip


def _shop(profile: Profile, seed: int) -> dict[str, Any]:
    shop = profile.workshop
    return {
        "model": LABEL,
        "seed": seed,
        "network": SURROGATE.network,
        "settings": {"epochs": shop.epochs, "batch": shop.batch, "peak_rate": shop.peak_rate},
        "train_images": shop.train_images,
        "validation_images": min(VALIDATION, profile.validation_images),
    }


def detections(profile: Profile) -> Iterator[Job]:
    """Yield the yardstick, then a job a poison and seed with the control first."""
    chosen, learnt = profile.detection, trained(SURROGATE, profile.seeds[0])
    reverse = 10 * chosen.reverse_steps * chosen.reverse_batch * SMALL
    settings = _settings(profile, chosen.reverse_steps)["neural_cleanse"]
    yield Job(
        name=YARDSTICK,
        kind="detection",
        run="engine.blue.detection.trial:yardstick",
        spec={**_spec(profile, chosen.reverse_steps), **_shop(profile, profile.seeds[0]),
              **subject(SURROGATE, profile.seeds[0]), "settings": settings},
        needs=(learnt,),
        cells=(pending("detection", YARDSTICK, SURROGATE.name, "neural_cleanse", profile.seeds[0]),),
        cost=reverse,
    )  # fmt: skip
    for seed in chosen.seeds:
        for poison in ["none", *(entry.name for entry in POISONS)]:
            yield _trial(profile, poison, seed, (learnt, YARDSTICK), reverse)


def _trial(profile: Profile, poison: str, seed: int, needs: tuple[str, ...], reverse: float) -> Job:
    shop, name = profile.workshop, f"detection/{poison}/seed{seed}"
    given = {"target": profile.badnets.target} | ({"share": SHARES[poison]} if poison in SHARES else {})
    code = CODE if poison == "none" else (*CODE, POISONS[poison].run)
    asked = [entry.name for entry in (*DETECTORS, *REPAIRS)]
    return Job(
        name=name,
        kind="detection",
        run="engine.blue.detection.trial:trial",
        spec={**_spec(profile, profile.detection.reverse_steps), **_shop(profile, seed), **_poisoned(poison, given)},
        needs=needs,
        code=code,
        cells=tuple(pending("detection", name, f"{LABEL} {poison}", what, seed) for what in asked),
        cost=reverse + 2 * shop.train_images * shop.epochs * SMALL,
    )


def examinations(profile: Profile, wanted: list[Model], seed: int) -> Iterator[Job]:
    """Yield a job for each of the report's models that were trained as they are or on a poison."""
    chosen = profile.detection
    for model in (MODELS[name] for name in EXAMINED if MODELS[name] in wanted):
        name = f"detection/model/{model.name}/seed{seed}"
        given = asdict(profile.badnets) if model.poison == "badnets" else {}
        poison = model.poison or "none"
        spec = {key: value for key, value in _spec(profile, chosen.model_reverse_steps).items() if key != "repairs"}
        yield Job(
            name=name,
            kind="detection",
            run="engine.blue.detection.trial:examine",
            spec={
                **spec,
                **subject(model, seed),
                **_poisoned(poison, given),
                "train_images": profile.train_images,
                "validation_images": profile.validation_images,
                "looked_at": chosen.model_images,
            },
            needs=(trained(model, seed), YARDSTICK),
            code=CODE if poison == "none" else (*CODE, POISONS[poison].run),
            cells=tuple(pending("detection", name, model.name, entry.name, seed) for entry in DETECTORS),
            cost=10 * chosen.model_reverse_steps * chosen.reverse_batch * GRADIENT
            + (2 * chosen.model_images + 4 * chosen.incoming_images * chosen.overlays) * FORWARD,
        )
