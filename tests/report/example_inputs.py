"""Hand-built records of the input defences: one that only masks, one that helps, one that waits."""

from __future__ import annotations

from engine.core.records import InputCost, InputDefence
from tests.report import example

SETTINGS = {"none": {}, "jpeg": {"quality": 20}, "binarisation": {"threshold": 0.5}}
EFFORT = {"steps": 40, "adaptive_steps": 40, "step_ratio": 0.1, "eot_draws": 4, "queries": 200}


def row(
    defence: str,
    attacker: str,
    epsilon: float,
    right: int,
    bare: int,
    lost: int,
    gained: int,
    p: float,
    search: int = 0,
) -> InputDefence:  # fmt: skip
    none = attacker == "none"
    return InputDefence(
        model="clean", defence=defence, attacker=attacker, settings=SETTINGS[defence], effort={} if none else EFFORT,
        norm="none" if none else "linf", epsilon=epsilon, bare_successes=bare, bare_accuracy=bare / 200,
        lost=lost, gained=gained, p=p, only_search=search, gradients=8000, queries=200,
        **example.bounds(right, 200), **example.common(f"inputs/clean/{defence}/seed0"),
    )  # fmt: skip


def cost(defence: str, part: str, ms: float) -> InputCost:
    return InputCost(
        model="clean", defence=defence, part=part, draws=1, seed=0, batch=64, repeats=40, median_ms=ms,
        provenance=example.origin("inputs/cost/seed0"),
    )  # fmt: skip


def records() -> tuple:
    return (
        row("none", "none", 0.0, 198, 198, 0, 0, 1.0),
        row("none", "adaptive", 0.2, 32, 32, 0, 0, 1.0), row("none", "worst", 0.2, 32, 32, 0, 0, 1.0),
        row("jpeg", "none", 0.0, 196, 198, 2, 0, 0.5), row("jpeg", "blind", 0.2, 60, 32, 0, 28, 7.5e-9),
        row("jpeg", "naive", 0.2, 195, 32, 0, 163, 1.7e-49), row("jpeg", "adaptive", 0.2, 35, 32, 1, 4, 0.375),
        row("jpeg", "worst", 0.2, 34, 32, 1, 3, 0.625, 1),
        row("binarisation", "none", 0.0, 197, 198, 1, 0, 1.0),
        row("binarisation", "blind", 0.2, 177, 32, 0, 145, 4.5e-44),
        row("binarisation", "naive", 0.2, 195, 32, 0, 163, 1.7e-49),
        row("binarisation", "adaptive", 0.2, 174, 32, 0, 142, 3.6e-43),
        row("binarisation", "worst", 0.2, 174, 32, 0, 142, 3.6e-43),
        example.pending("inputs", "clean", "noise none"), example.pending("inputs", "clean", "noise worst", 0.2),
        example.pending("inputs", "hardened", "jpeg none"), example.pending("inputs", "hardened", "jpeg worst", 0.2),
        cost("none", "answer", 0.44), cost("jpeg", "defence", 0.06), cost("jpeg", "answer", 0.5),
    )  # fmt: skip


def waiting() -> tuple:
    """The same, before anything ran."""
    return tuple(
        example.pending("inputs", "clean", f"{name} {who}", 0.0 if who == "none" else 0.2)
        for name in ("none", "jpeg") for who in ("none", "adaptive")
    )  # fmt: skip
