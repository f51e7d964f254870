"""Rates of whole numbers: an interval, exact tests of two, and a bound on false alarms. No torch, no numpy."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, lgamma, sqrt

Z95 = 1.959963984540054  # the standard normal's 97.5 % point


def wilson(successes: int, n: int) -> tuple[float, float]:
    """Return the bounds of Wilson's 95 % interval of a rate, within [0, 1].

    Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22 (1927).
    ValueError when ``n`` is not positive or ``successes`` is not within 0..n.
    """
    if n <= 0 or not 0 <= successes <= n:
        raise ValueError(f"{successes} of {n} is not a rate")
    rate, square = successes / n, Z95 * Z95
    centre = (rate + square / (2 * n)) / (1 + square / n)
    half = Z95 / (1 + square / n) * sqrt(rate * (1 - rate) / n + square / (4 * n * n))
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == n else min(1.0, centre + half)
    return low, high


def mcnemar(lost: int, gained: int) -> float:
    """Return McNemar's exact two-sided p in [0, 1] from the images that changed sides; 1 where none did.

    https://doi.org/10.1007/BF02295996. ValueError for negative counts.
    """
    if lost < 0 or gained < 0:
        raise ValueError(f"{lost} lost and {gained} gained are no counts")
    changed, term, tail = lost + gained, 1, 0
    for k in range(min(lost, gained) + 1):
        tail, term = tail + term, term * (changed - k) // (k + 1)
    return min(1.0, 2 * tail / 2**changed)


def fisher(first: int, n: int, second: int, m: int) -> float:
    """Return Fisher's exact two-sided p in [0, 1] for ``first`` of ``n`` against ``second`` of ``m``.

    The chance, the total given, of a table no likelier than this one. Fisher, "Statistical Methods for
    Research Workers" (1934), §21.02. ValueError where a count is not within its total.
    """
    if not (0 <= first <= n and 0 <= second <= m and n > 0 and m > 0):
        raise ValueError(f"{first} of {n} and {second} of {m} are not two rates")
    both = first + second
    possible = range(max(0, both - m), min(n, both) + 1)
    chances = [exp(_choose(n, k) + _choose(m, both - k) - _choose(n + m, both)) for k in possible]
    seen = chances[first - possible.start] * (1 + 1e-7)  # rounding must not part equal chances
    return min(1.0, sum(chance for chance in chances if chance <= seen))


def holm(values: Sequence[float], level: float) -> list[bool]:
    """Tell of each p whether it is below Holm's step-down bound: any false alarm has at most chance ``level``.

    https://www.jstor.org/stable/4615733
    """
    order = sorted(range(len(values)), key=lambda k: values[k])
    passed = [False] * len(values)
    for rank, k in enumerate(order):
        if values[k] > level / (len(values) - rank):
            break
        passed[k] = True
    return passed


def _choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
