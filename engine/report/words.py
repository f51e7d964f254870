"""Figures in words. One place decides how many digits a percentage has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt

from engine.core.times import duration

FINE = 5000  # from this many images on, a hundredth of a percent is more than one image's weight


def percent(value: float, n: int = 0) -> str:
    """Return a fraction as percent: one decimal, two from 5,000 images on.

    A value that is not 0 or 1 is never shown as 0 % or 100 %: decimals are added until it differs.
    """
    if value in (0.0, 1.0):
        return f"{100 * value:.0f} %"
    decimals = 2 if n >= FINE else 1
    while decimals < 6 and f"{100 * value:.{decimals}f}" in (f"{0:.{decimals}f}", f"{100:.{decimals}f}"):
        decimals += 1
    return f"{100 * value:.{decimals}f} %"


def interval(low: float, high: float, n: int = 0) -> str:
    """Return an interval of fractions as ``[98.9, 99.3]``, in percent."""
    return f"[{percent(low, n)[:-2]}, {percent(high, n)[:-2]}]"


def points(value: float) -> str:
    """Return a difference of fractions in percentage points, with its sign."""
    return f"{'+' if value >= 0 else '−'}{abs(100 * value):.2f} points"


def difference_interval(first: float, n: int, second: float, m: int) -> tuple[float, float]:
    """Return the 95 % interval of ``first - second`` for independent rates of ``n`` and ``m`` images.

    The plain Wald interval: enough to say whether two bars may be the same.
    """
    half = 1.96 * sqrt(first * (1 - first) / n + second * (1 - second) / m)
    return first - second - half, first - second + half


def count(value: int) -> str:
    """Return an integer with thin groups of thousands, as in 60,000."""
    return f"{value:,}"


def many(value: int, thing: str) -> str:
    """Return how many there are of a thing, as in 1 epoch and 1,200 epochs."""
    return f"{count(value)} {thing}" if value == 1 else f"{count(value)} {thing}s"


def seconds(value: float) -> str:
    """Return a time as ``0.4 s``, ``38 s``, ``3 min 20 s`` or ``1 h 05 min``."""
    return f"{value:.1f} s" if value < 10 else duration(value)


def milliseconds(value: float) -> str:
    """Return milliseconds with three significant digits, as seconds from a second on."""
    return f"{value:.3g} ms" if value < 999.5 else f"{value / 1000:.3g} s"


def names(items: list[str]) -> str:
    """Join words as a sentence does: ``a``, ``a and b``, ``a, b and c``."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""


def at_sizes(counts: Sequence[int], sizes: Sequence[float]) -> str:
    """Return a count for each ε as ``30 at ε 0.1 and 60 at ε 0.3``, or the count alone where all are the same."""
    if len(set(counts)) == 1:
        return count(counts[0])
    return names([f"{count(some)} at ε {size:g}" for some, size in zip(counts, sizes, strict=True)])


def size(value: float, unit: str) -> str:
    """Return the size of an attack with its unit after it; ε stands before it and is left to the page."""
    return f"{value:g} {unit}" if unit != "ε" else f"{value:g}"


def settings(values: Mapping[str, object]) -> str:
    """Return settings as ``steps 40, step ratio 0.1``; switches are told elsewhere in words."""
    shown = {name: value for name, value in values.items() if not isinstance(value, bool)}
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in shown.items())
