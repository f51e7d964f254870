"""Jobs that attack models behind a defence of their input."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from engine.blue.inputs.registry import DEFENCES
from engine.core.jobs import Job
from engine.core.profile import Profile
from engine.core.records import Pending
from engine.models import MODELS, Model
from engine.plan.common import FORWARD, GRADIENT, pending, subject, trained

DEFENDED = ("clean", "hardened")  # a defence may also hurt the model that needs it least
ATTACKERS = ("blind", "naive", "adaptive", "worst")


def inputs(profile: Profile, wanted: list[Model], seed: int) -> Iterator[Job]:
    """Yield for each model the attack on it bare and a job a defence; then one that times them all."""
    for model in [model for model in wanted if model.name in DEFENDED]:
        yield _bare(profile, model, seed)
        for defence in DEFENCES:
            yield _trial(profile, model, defence.name, seed)
    if MODELS["clean"] in wanted:
        yield _cost(profile, seed)


def _settings(profile: Profile, defence: str) -> dict[str, Any]:
    every = asdict(profile.inputs).items()
    return {key.removeprefix(f"{defence}_"): value for key, value in every if key.startswith(f"{defence}_")}


def _spec(profile: Profile, model: Model, seed: int) -> dict[str, Any]:
    chosen = profile.inputs
    return {
        **subject(model, seed),
        "images": chosen.hardened_images if model.name == "hardened" else chosen.images,
        "epsilons": list(chosen.epsilons),
        "effort": {
            "steps": profile.pgd.steps,
            "step_ratio": profile.pgd.step_ratio,
            "adaptive_steps": chosen.adaptive_steps,
            "eot_draws": chosen.eot_draws,
            "queries": chosen.queries,
        },
    }


def _cells(
    name: str, model: Model, defence: str, seed: int, profile: Profile, among: tuple[str, ...]
) -> tuple[Pending, ...]:
    cells = [pending("inputs", name, model.name, f"{defence} none", seed)]
    for size in profile.inputs.epsilons:
        cells += [pending("inputs", name, model.name, f"{defence} {who}", seed, "linf", size) for who in among]
    return tuple(cells)


def _bare(profile: Profile, model: Model, seed: int) -> Job:
    name, spec = f"inputs/{model.name}/none/seed{seed}", _spec(profile, model, seed)
    return Job(
        name=name,
        kind="inputs",
        run="engine.blue.inputs.trial:bare",
        spec=spec,
        needs=(trained(model, seed),),
        cells=_cells(name, model, "none", seed, profile, ("adaptive", "worst")),
        cost=0.4 * _effort(spec),
    )


def _trial(profile: Profile, model: Model, defence: str, seed: int) -> Job:
    name, entry = f"inputs/{model.name}/{defence}/seed{seed}", DEFENCES[defence]
    spec = {**_spec(profile, model, seed), "defence": defence, "defence_run": entry.run,
            "settings": _settings(profile, defence)}  # fmt: skip
    draws = profile.inputs.eot_draws if "draws" in spec["settings"] else 1
    return Job(
        name=name,
        kind="inputs",
        run="engine.blue.inputs.trial:trial",
        spec=spec | _codec(defence),
        needs=(trained(model, seed), f"inputs/{model.name}/none/seed{seed}"),
        code=(entry.run,),
        cells=_cells(name, model, defence, seed, profile, ATTACKERS),
        cost=max(0.5, 0.2 * draws) * _effort(spec),
    )


def _codec(defence: str) -> dict[str, str]:
    """Return the version of the codec, whose numbers these are, for the job's key."""
    return {"codec": f"pillow {version('pillow')}"} if defence == "jpeg" else {}


def _effort(spec: dict[str, Any]) -> float:
    """Return the seconds of one climb and one search on every image; less is needed, since most fall early."""
    effort = spec["effort"]
    each = effort["steps"] * GRADIENT + effort["queries"] * FORWARD
    return float(spec["images"] * len(spec["epsilons"]) * each)


def _cost(profile: Profile, seed: int) -> Job:
    name, clean = f"inputs/cost/seed{seed}", MODELS["clean"]
    defences = {entry.name: {"run": entry.run, "settings": _settings(profile, entry.name)} for entry in DEFENCES}
    return Job(
        name=name,
        kind="inputs",
        run="engine.blue.inputs.cost:cost",
        spec={**subject(clean, seed), **asdict(profile.latency), "defences": defences, **_codec("jpeg")},
        needs=(trained(clean, seed),),
        code=tuple(entry.run for entry in DEFENCES),
        cells=(pending("inputs", name, clean.name, "cost", seed),),
        cost=(profile.latency.warmup + profile.latency.repeats) * (6 + profile.inputs.noise_draws) * 64 * FORWARD,
        alone=True,
    )
