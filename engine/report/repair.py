"""What repairs did, which aims hold, and the words that both tables of the page share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from engine.core.records import Detection, Repair, Share
from engine.core.registry import Entry
from engine.report import words
from engine.report.cells import Cell
from engine.report.poisoning import mean
from engine.report.view import View

FOUND, ALARMS = 0.95, 0.05  # aims: true positives at least, false positives at most
LEFT, DROP = 0.01, 0.01  # aims after repair: success at most, accuracy lost at most
WORKS = 0.5  # a trigger that brings its target this often is a backdoor


def entry_of(view: View, name: str) -> Entry:
    """Return a detector or repair."""
    return view.detectors[name]


def poison_title(view: View, name: str) -> str:
    """Return a poison's title; "none" stands for a network that saw no poison."""
    return view.poisons[name].title if name in view.poisons else "No poison (control)"


def spread(rows: Sequence[Any], get: Callable[[Any], Share | None]) -> Cell:
    """Return the mean over seeds of a share, with the smallest and the largest; its reason where there is none."""
    shares = [share for row in rows if (share := get(row)) is not None]
    if not shares:
        return Cell(next((row.reason for row in rows if row.reason), "–"))
    rates, n = [share.rate for share in shares], max(share.n for share in shares)
    low_high = words.interval(min(rates), max(rates), n)
    each = "; ".join(f"{s.hits} of {s.n}, 95 % interval {words.interval(s.low, s.high, s.n)}" for s in shares)
    return Cell(words.percent(mean(rates), n), low_high, mean(rates), rows[0].provenance.name, n, each)


def mended_row(view: View, poison: str, rows: list[Repair]) -> dict[str, Any]:
    """Return a row of the table of repairs."""
    changes = [row.accuracy_after.rate - row.accuracy_before.rate for row in rows]
    return {
        "poison": poison_title(view, poison),
        "control": rows[0].control,
        "before": spread(rows, lambda row: row.success_before),
        "after": spread(rows, lambda row: row.success_after),
        "clean_before": spread(rows, lambda row: row.accuracy_before),
        "clean_after": spread(rows, lambda row: row.accuracy_after),
        "change": words.points(mean(changes)),
        "pairs": " / ".join(f"−{row.lost} +{row.gained}" for row in rows),
        "p": " / ".join(_chance(row.p) for row in rows),
        "done": _done(rows),
        "seconds": mean(row.seconds for row in rows),
        "gradients": round(mean(row.gradients for row in rows)),
    }


def _chance(p: float) -> str:
    return "1" if p == 1 else f"{p:.2g}" if p >= 1e-4 else f"{p:.0e}"


def _done(rows: list[Repair]) -> str:
    """Say what a repair took away, a figure a seed."""
    if any(row.pruned_channels for row in rows):
        return " / ".join(str(row.pruned_channels) for row in rows) + " channels"
    if any(row.removed_images for row in rows):
        return " / ".join(f"{row.removed_images} ({row.removed_poisoned})" for row in rows) + " images (poisoned)"
    if rows[0].follows == "neural_cleanse":
        return f"flagged on {sum(row.alarmed for row in rows)} of {len(rows)}"
    return "nothing"


def aims_of(
    view: View, found: dict[tuple[str, str], list[Detection]], mended: dict[tuple[str, str], list[Repair]]
) -> list[tuple[bool, str, str]]:
    """Return each aim that can be judged: whether it holds, and the sentence that says by what."""
    aims, badnets = [], {key[0]: rows for key, rows in found.items() if key[1] == "badnets"}
    images = {name: rows for name, rows in badnets.items() if rows[0].true_positives and rows[0].false_positives}
    if images:
        ranked = sorted(images.items(), key=lambda item: -min(_rate(row.true_positives) for row in item[1]))
        name, rows = ranked[0]
        low, high = min(_rate(r.true_positives) for r in rows), max(_rate(r.false_positives) for r in rows)
        aims.append((low >= FOUND and high <= ALARMS,
                     f"{100 * FOUND:g} % of the poisoned images found at {100 * ALARMS:g} % false alarms",
                     f"BadNets: {entry_of(view, name).title} finds {words.percent(low)} or more of the poisoned images "
                     f"at no more than {words.percent(high)} false alarms, "
                     f"over {words.many(len(rows), 'seed')}."))  # fmt: skip
    controls = [row for key, rows in found.items() if key[1] == "none" for row in rows if row.flagged is not None]
    if controls:
        wrong = sum(bool(row.flagged) for row in controls)
        aims.append(
            (
                wrong == 0,
                "no clean network flagged",
                f"Networks that saw no poison: flagged in {wrong} of {len(controls)} verdicts.",
            )
        )
    for (method, poison), mends in mended.items():
        pairs = [(row.success_after, row.accuracy_before.rate - row.accuracy_after.rate) for row in mends]
        if poison == "badnets" and all(after for after, _ in pairs):
            left, drop = max(_rate(after) for after, _ in pairs), max(drop for _, drop in pairs)
            aims.append((left <= LEFT and drop <= DROP,
                     f"success at most {100 * LEFT:g} %, clean accuracy down by at most {100 * DROP:g} point",
                         f"{entry_of(view, method).title} on BadNets: success at most {words.percent(left)} after it, "
                         f"clean accuracy {words.points(-drop)} on the worst seed."))  # fmt: skip
    return aims


def _rate(share: Share | None) -> float:
    return share.rate if share else 0.0
