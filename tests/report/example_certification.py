"""Hand-built records of what is proved."""

from __future__ import annotations

from engine.core.records import Bracket, Certified, Smoothed
from tests.report import example


def certified(model: str, method: str, epsilon: float, proved: int, right: int = 980) -> Certified:
    return Certified(
        model=model, method=method, norm="linf", epsilon=epsilon, right=right, half=0.31 if proved else 0.004,
        gradients=0, queries=example.N, **example.bounds(proved),
        **example.common(f"certify/{model}/{method}/seed0"),
    )  # fmt: skip


def bracket(model: str, epsilon: float, proved: int, stands: int) -> Bracket:
    lower, upper = example.bounds(proved), example.bounds(stands)
    return Bracket(
        model=model, norm="linf", epsilon=epsilon, n=example.N, seed=0, dataset="MNIST", methods=("interval", "linear"),
        attacks=("fgsm", "pgd"), certified=proved, certified_rate=lower["accuracy"], certified_low=lower["low"],
        certified_high=lower["high"], standing=stands, standing_rate=upper["accuracy"], standing_low=upper["low"],
        standing_high=upper["high"], contradictions=0, seconds=0.0, provenance=example.origin(f"bracket/{model}/seed0"),
    )  # fmt: skip


def smoothed(sigma: float, radius: float, proved: int) -> Smoothed:
    return Smoothed(
        model=f"smoothed-{sigma:g}", norm="l2", epsilon=radius, sigma=sigma, first=100, samples=10000, alpha=0.001,
        abstained=7, reach=3.2 * sigma, gradients=0, queries=10100 * example.N, **example.bounds(proved),
        **example.common(f"smooth/smoothed-{sigma:g}/seed0"),
    )  # fmt: skip


def rows() -> tuple:
    return (
        certified("clean", "interval", 0.1, 0), certified("clean", "interval", 0.3, 0),
        certified("clean", "linear", 0.1, 3), certified("clean", "linear", 0.3, 0),
        bracket("clean", 0.1, 3, 690), bracket("clean", 0.3, 0, 0),
        certified("certified", "interval", 0.1, 960), certified("certified", "interval", 0.3, 905),
        certified("certified", "linear", 0.1, 961), certified("certified", "linear", 0.3, 906),
        bracket("certified", 0.1, 961, 970), bracket("certified", 0.3, 906, 925),
        example.pending("certification", "hardened", "interval", 0.1),
        example.pending("certification", "hardened", "interval", 0.3),
        smoothed(0.25, 0.0, 985), smoothed(0.25, 0.5, 940), smoothed(0.25, 1.0, 0),
        smoothed(0.5, 0.0, 975), smoothed(0.5, 0.5, 950), smoothed(0.5, 1.0, 850),
    )  # fmt: skip
