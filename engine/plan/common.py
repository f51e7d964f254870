"""What the plans of all families share: choosing names, cells that wait, rough costs."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from engine.core.errors import UserError
from engine.core.records import Norm, Pending
from engine.core.registry import Entry
from engine.models import Model

# Rough seconds an image on one core, for remaining time only; SMALL is the second network's training step.
GRADIENT, STEP, FORWARD, SMALL = 0.6e-3, 0.9e-3, 0.3e-3, 0.1e-3
WAITING = "not run yet"


def chosen(what: str, known: list[str], patterns: tuple[str, ...]) -> list[str]:
    """Return the known names that match, in known order; `UserError` for a pattern that matches none."""
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in known):
            raise UserError(f"unknown {what} {pattern!r} in the profile", f"known: {', '.join(known)}")
    return [name for name in known if any(fnmatchcase(name, pattern) for pattern in patterns)]


def suited(model: Model, entries: list[Entry]) -> list[Entry]:
    """Return the attacks that are tried on a model."""
    return [entry for entry in entries if model.tries(entry.name)]


def pending(
    family: str, job: str, model: str, subject: str, seed: int, norm: Norm = "none", epsilon: float = 0.0
) -> Pending:
    """Return the cell that a page shows until ``job`` has run."""
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


def subject(model: Model, seed: int) -> dict[str, Any]:
    """Return the keys of a spec that say which trained model a job looks at."""
    return {"model": model.name, "seed": seed, "network": model.network}


def trained(model: Model, seed: int) -> str:
    """Return the name of the job that trains a model."""
    return f"train/{model.name}/seed{seed}"
