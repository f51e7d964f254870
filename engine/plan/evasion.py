"""Jobs that attack a model at test time, and that check and sum up what the attacks found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, cast

from engine.core.jobs import Job
from engine.core.profile import Profile
from engine.core.records import Norm
from engine.core.registry import Entry
from engine.models import SURROGATE, Model
from engine.plan.common import FORWARD, GRADIENT, pending, subject, trained

TRUST_QUERIES = 500  # of Square, an image; fewer where a profile's own Square asks less
BUDGETS = {"l2": 1.5, "l0": 25.0}  # the sizes at which the smallest changes are summed up
STRENGTHS = (1, 2, 3, 4, 5)
KINDS = ("noise", "blur", "contrast", "shift")
FALLING = 3  # gradients that an image takes which falls at once, for costs
TYPICAL = {"pgd": 40, "transfer": 8, "patch": 20, "universal": 10}  # gradients an image, for costs


def attacks(profile: Profile, model: Model, seed: int, entries: list[Entry], test_total: int) -> Iterator[Job]:
    """Yield a job an attack of a given size."""
    for entry in entries:
        name = f"attack/{model.name}/{entry.name}/seed{seed}"
        settings = _settings(profile, entry)
        epsilons = list(settings.pop("epsilons", profile.epsilons))
        whole = settings.pop("whole", {}).get(model.name, ())
        images = _images(profile, entry, settings.pop("images", None), epsilons, whole)
        spec = {
            **subject(model, seed),
            "images": images,
            "epsilons": epsilons,
            "attack": entry.name,
            "attack_run": entry.run,
            "norm": entry.norm,
            "settings": settings,
            "one_step": entry.one_step,
            "carry": entry.carry,
            "surrogate": SURROGATE.network if entry.surrogate else "",
        }
        norm = cast(Norm, entry.norm)
        yield Job(
            name=name,
            kind="attack",
            run="engine.measure.sweep:sweep",
            spec=spec,
            needs=(trained(model, seed), *((trained(SURROGATE, seed),) if entry.surrogate else ())),
            code=(entry.run,),
            cells=tuple(pending("evasion", name, model.name, entry.name, seed, norm, size) for size in epsilons),
            cost=sum(
                (some or test_total) * (FALLING * GRADIENT if size in whole else _effort(entry, settings))
                for size, some in zip(epsilons, images, strict=True)
            ),
        )


def _images(
    profile: Profile, entry: Entry, own: int | Sequence[int] | None, epsilons: list[float], whole: Sequence[float]
) -> list[int]:
    """Return how many test images an attack is given at each size, 0 for all; ``own`` is what its settings say."""
    if own is None:
        own = profile.test_images if entry.one_step else profile.attack_images
    counts = [own] * len(epsilons) if isinstance(own, int) else own
    return [profile.test_images if size in whole else count for size, count in zip(epsilons, counts, strict=True)]


def _settings(profile: Profile, entry: Entry) -> dict[str, Any]:
    """Return an attack's settings; an attack on the surrogate climbs as PGD does, once."""
    if entry.surrogate:
        return {"steps": profile.pgd.steps, "step_ratio": profile.pgd.step_ratio}
    own = getattr(profile, entry.name, None)
    return asdict(own) if own is not None else {}


def _effort(entry: Entry, settings: dict[str, Any]) -> float:
    """Guess the seconds of an attack an image and a size on one core."""
    if entry.one_step:
        return FORWARD  # its one gradient serves all sizes
    climbs = 1 + 2 * settings.get("targets", 0)  # AutoAttack: one, and two attacks a target
    steps = TYPICAL.get(entry.name, settings.get("steps", 0))
    asked = 1 + settings.get("queries", 0) + settings.get("points", 0) ** 3
    return float(steps * climbs * GRADIENT + asked * FORWARD)


def minimal(profile: Profile, model: Model, seed: int, entries: list[Entry]) -> Iterator[Job]:
    """Yield a job an attack that looks for the smallest change."""
    chosen = asdict(profile.minimal)
    for entry in entries:
        name, norm = f"minimal/{model.name}/{entry.name}/seed{seed}", cast(Norm, entry.norm)
        images = chosen["images" if entry.needs_gradient else "asking_images"]
        settings = {key.removeprefix(f"{entry.name}_"): v for key, v in chosen.items() if key.startswith(entry.name)}
        settings |= {"step": 0.2} if entry.name == "simba" else {}
        yield Job(
            name=name,
            kind="minimal",
            run="engine.measure.minimal:minimal",
            spec={
                **subject(model, seed),
                "images": images,
                "attack": entry.name,
                "attack_run": entry.run,
                "norm": entry.norm,
                "budget": BUDGETS[entry.norm],
                "settings": settings,
            },
            needs=(trained(model, seed),),
            code=(entry.run,),
            cells=(pending("minimal", name, model.name, entry.name, seed, norm, BUDGETS[entry.norm]),),
            cost=images * 0.7,
        )


def worst(profile: Profile, model: Model, seed: int, entries: list[Entry], smallest: list[Entry]) -> Iterator[Job]:
    """Yield the jobs of the worst case over the attacks of a norm; controls are left out."""
    bounded = [entry for entry in entries if entry.norm == "linf" and not entry.control]
    needs = [f"attack/{model.name}/{entry.name}/seed{seed}" for entry in bounded]
    if needs:
        yield _worst(model, seed, "linf", list(profile.epsilons), needs)
    needs = [f"minimal/{model.name}/{entry.name}/seed{seed}" for entry in smallest if entry.norm == "l2"]
    if needs:
        yield _worst(model, seed, "l2", [BUDGETS["l2"]], needs)


def _worst(model: Model, seed: int, norm: Norm, epsilons: list[float], needs: list[str]) -> Job:
    name = f"worst/{model.name}/{norm}/seed{seed}"
    return Job(
        name=name,
        kind="worst",
        run=f"engine.measure.worst:{'worst' if norm == 'linf' else 'smallest'}",
        spec={"model": model.name, "seed": seed, "norm": norm, "epsilons": epsilons},
        needs=tuple(needs),
        cells=tuple(pending("evasion", name, model.name, "worst", seed, norm, size) for size in epsilons),
        cost=0.1,
    )


def trust(profile: Profile, model: Model, seed: int) -> Job:
    """Check that PGD worked on a model."""
    name, auto = f"trust/{model.name}/seed{seed}", profile.autoattack
    queries = min(TRUST_QUERIES, profile.square.queries)
    spec = {
        **subject(model, seed),
        "surrogate": SURROGATE.network,
        "images": max(auto.images),
        "epsilons": list(auto.epsilons),
        "queries": queries,
        "settings": {"steps": profile.pgd.steps, "step_ratio": profile.pgd.step_ratio},
    }
    return Job(
        name=name,
        kind="trust",
        run="engine.measure.trust:trust",
        spec=spec,
        needs=(trained(model, seed), trained(SURROGATE, seed)),
        cells=tuple(pending("trust", name, model.name, "pgd", seed, "linf", size) for size in auto.epsilons),
        cost=max(auto.images) * len(auto.epsilons) * (6 * profile.pgd.steps * GRADIENT + queries * FORWARD),
    )


def corruptions(profile: Profile, model: Model, seed: int) -> Job:
    """Show a model common corruptions, which nobody optimised: a control."""
    name = f"corruptions/{model.name}/seed{seed}"
    kinds, strengths = list(KINDS), list(STRENGTHS)
    return Job(
        name=name,
        kind="corruptions",
        run="engine.measure.corruptions:corruptions",
        spec={**subject(model, seed), "images": profile.attack_images, "kinds": kinds, "strengths": strengths},
        needs=(trained(model, seed),),
        cells=tuple(
            pending("corruptions", name, model.name, kind, seed, "none", s) for kind in kinds for s in strengths
        ),
        cost=len(kinds) * len(strengths) * (profile.attack_images or 10_000) * FORWARD,
    )
