"""Hand-typed records of the protection page."""

from __future__ import annotations

from engine.core.records import Comparison, Trial
from tests.report import example


def comparison(condition: str, epsilon: float, before: int, after: int, lost: int) -> Comparison:
    first, second = example.bounds(before), example.bounds(after)
    change = (after - before) / first["n"]
    return Comparison(
        before="clean", after="hardened", condition=condition, norm="linf" if epsilon else "none", epsilon=epsilon,
        n=first["n"], seed=0, dataset="MNIST", lost=lost, gained=after - before + lost, p=0.5 if lost > 5 else 0.0,
        before_accuracy=first["accuracy"], before_low=first["low"], before_high=first["high"],
        after_accuracy=second["accuracy"], after_low=second["low"], after_high=second["high"],
        change=change, change_low=change - 0.01, change_high=change + 0.01,
        provenance=example.origin("compare/hardened/seed0"),
    )  # fmt: skip


def trial(name: str, clean: int, pgd: int, robust: int) -> Trial:
    def named(key: str, successes: int) -> dict:
        found = example.bounds(successes)
        return {f"{key}_{part}": found[part] for part in ("accuracy", "low", "high")}

    return Trial(
        model=name, title=name.capitalize(), network="strided", recipe="adversarial", settings={"epochs": 3},
        attacks=("pgd", "apgd", "targeted apgd"), norm="linf", epsilon=0.3, seed=0, dataset="MNIST", seconds=70.0,
        gradients=900_000, queries=0, flags=(), provenance=example.origin(f"trial/{name}/seed0"),
        **named("clean", clean), **named("pgd", pgd), **example.bounds(robust),
    )  # fmt: skip


def records() -> tuple:
    return (
        comparison("clean", 0.0, 990, 985, 10), comparison("pgd", 0.3, 0, 909, 0), comparison("worst", 0.3, 0, 880, 0),
        trial("one-step", 985, 600, 20), trial("pgd", 980, 901, 880),
        example.pending("protection", "trades", "comparison"),
    )  # fmt: skip
