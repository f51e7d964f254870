"""The page of detectors and repairs: each on every poison and on networks that saw none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from engine.core.records import Detection, Repair, Share
from engine.report import cells, figures, words
from engine.report.cells import Cell
from engine.report.figures import Shelf
from engine.report.poisoning import mean
from engine.report.repair import (
    ALARMS,
    FOUND,
    WORKS,
    aims_of,
    entry_of,
    mended_row,
    poison_title,
    spread,
)
from engine.report.view import View

INDEX = 2.0  # limit of the anomaly index in the paper of Neural Cleanse
SHOP = "workshop"
SEEDS = "mean, smallest and largest seed"
T = TypeVar("T", Detection, Repair)


def detection(view: View, shelf: Shelf) -> dict[str, Any]:
    """Detectors by poison, repairs by poison, the report's models, and pictures of reversed triggers."""
    found, mended = _grouped(view.select(Detection, model=SHOP)), _grouped(view.select(Repair, model=SHOP))
    rows = [_detected(view, key, group) for key, group in found.items()]
    examined = [row for row in view.select(Detection) if row.model in view.models]
    first = next(iter(view.select(Detection, model=SHOP)), None)
    return {
        "first": first,
        "seeds": len({row.seed for row in view.select(Detection, model=SHOP)}),
        "detectors": [(entry_of(view, name), [row for row in rows if row["name"] == name])
                      for name in dict.fromkeys(key[0] for key in found)],
        "misses": [said for key, group in found.items() for said in _miss(view, key, group)],
        "repairs": [(entry_of(view, name), [mended_row(view, key[1], group) for key, group in mended.items()
                                          if key[0] == name]) for name in dict.fromkeys(key[0] for key in mended)],
        "aims": aims_of(view, found, mended),
        "index_alone": _index_alone(view),
        "models": [_examined(view, row) for row in examined],
        "looked_at": max((row.training_images for row in examined), default=0),
        "sheets": _sheets(view, shelf),
        "index": INDEX,
        "waiting": cells.missing(view, "detection").text,
    }  # fmt: skip


def _grouped(rows: Sequence[T]) -> dict[tuple[str, str], list[T]]:
    """Return the records of each detector or method and poison, one a seed."""
    found: dict[tuple[str, str], list[T]] = {}
    for row in rows:
        name = row.detector if isinstance(row, Detection) else row.method
        found.setdefault((name, row.poison), []).append(row)
    return found


def _detected(view: View, key: tuple[str, str], rows: list[Detection]) -> dict[str, Any]:
    areas = [row.auc for row in rows if row.auc is not None]
    area = (
        Cell(
            f"{mean(areas):.3f}",
            f"[{min(areas):.3f}, {max(areas):.3f}]",
            mean(areas),
            rows[0].provenance.name,
            note=SEEDS,
        )
        if areas
        else Cell("–")
    )
    judged = [row for row in rows if row.flagged is not None]
    return {
        "name": key[0],
        "poison": poison_title(view, key[1]),
        "control": rows[0].control,
        "success": spread(rows, lambda row: row.success),
        "found": spread(rows, lambda row: row.true_positives),
        "alarms": spread(rows, lambda row: row.false_positives),
        "strict": spread(rows, lambda row: row.strict_true_positives),
        "strict_alarms": spread(rows, lambda row: row.strict_false_positives),
        "area": area,
        "flagged": f"{sum(bool(row.flagged) for row in judged)} of {len(judged)}" if judged else "judges images",
        "classes": _classes(rows),
        "seconds": mean(row.seconds for row in rows),
    }


def _classes(rows: Sequence[Detection]) -> str:
    named = [", ".join(map(str, row.flagged_classes)) or "none" for row in rows]
    return named[0] if len(set(named)) == 1 else " / ".join(named)


def _miss(view: View, key: tuple[str, str], rows: list[Detection]) -> list[str]:
    """Say where a detector falls short, with its numbers; nothing where it does not."""
    title, poison, control = entry_of(view, key[0]).title, poison_title(view, key[1]), rows[0].control
    flagged = [row for row in rows if row.flagged]
    if control:
        return [f"{title} flags {len(flagged)} of {len(rows)} networks that saw no poison."] if flagged else []
    said = []
    shares = [(row.true_positives, row.false_positives) for row in rows]
    low = [found.rate for found, _ in shares if found and found.rate < FOUND]
    high = [alarms.rate for _, alarms in shares if alarms and alarms.rate > ALARMS]
    if low:
        said.append(f"finds {words.percent(min(low))} at worst, below the aim on {len(low)} of {len(rows)} networks")
    if high:
        said.append(f"raises {words.percent(max(high))} false alarms at worst")
    judged = [row for row in rows if row.flagged is not None]
    if judged and len(flagged) < len(rows):
        said.append(f"flags {len(flagged)} of {len(rows)} networks")
    wrong = [row for row in rows if row.right_class is False]
    if wrong:
        said.append(f"names another class than the target on {len(wrong)} of {len(rows)}")
    if not said:
        return []
    strength = [row.success.rate for row in rows if row.success]
    harm = _harm(strength)
    return [f"{title} on {poison}: {words.names(said)}. {harm}"]


def _harm(strength: list[float]) -> str:
    if not strength:
        return "This poison has no trigger."
    rate = words.percent(mean(strength))
    if mean(strength) < WORKS:
        return f"The trigger brings its target on {rate} of the images only: no working backdoor was there to find."
    return f"The trigger works on {rate} of the images."


def _index_alone(view: View) -> dict[str, Any] | None:
    """Count the networks without poison that the paper's index alone flags, and those that the page's rule does."""
    rows = view.select(Detection, detector="neural_cleanse", control=True)
    if not rows:
        return None
    alone = [row for row in rows if any(v > INDEX for key, v in row.values.items() if key.startswith("index"))]
    limits = [row.threshold for row in rows if row.threshold > 0]
    smallest = [min(v for key, v in row.values.items() if key.startswith("size")) for row in rows]
    return {
        "alone": len(alone),
        "both": sum(bool(row.flagged) for row in rows),
        "n": len(rows),
        "limit": f"{max(limits):.1f}" if limits else "–",
        "smallest": f"{min(smallest):.1f}",
    }


def _examined(view: View, row: Detection) -> dict[str, Any]:
    one = [row]
    return {
        "model": view.models[row.model].title,
        "seed": row.seed,
        "detector": entry_of(view, row.detector).title,
        "poisoned": row.poisoned_images,
        "found": _single(row.true_positives, row),
        "alarms": _single(row.false_positives, row),
        "area": f"{row.auc:.3f}" if row.auc is not None else "–",
        "flagged": "judges images" if row.flagged is None else "yes" if row.flagged else "no",
        "classes": _classes(one),
        "seconds": row.seconds,
    }


def _single(share: Share | None, row: Detection) -> Cell:
    if share is None:
        return Cell(row.reason or "–")
    return cells.rate(row, share.rate, share.low, share.high, share.n)


def _sheets(view: View, shelf: Shelf) -> list[dict[str, Any]]:
    """Return pictures of the ten reversed triggers of each network of the first seed, the true one at the end."""
    rows = view.select(Detection, detector="neural_cleanse", model=SHOP)
    made: list[dict[str, Any]] = []
    for row in [row for row in rows if row.seed == min(r.seed for r in rows)]:
        arrays, true = view.arrays(row.provenance.job), row.success is not None and not row.control
        if "reversed" not in arrays:
            continue
        shown = {"top": arrays["reversed"], "below": arrays["mask"]}
        if true:
            stamp = arrays["true"].astype(np.float32) / 255
            shown = {"top": np.concatenate([shown["top"], stamp]), "below": np.concatenate([shown["below"], stamp > 0])}
        title = poison_title(view, row.poison)
        alt = f"{title}: what turns every digit into 0 to 9{', and the true trigger at the end' if true else ''}."
        figure = figures.grey_sheet(shelf, f"reversed-{row.poison}", row.provenance.job, shown, tuple(shown), alt)
        sizes = [(k, f"{row.values[f'size {k}']:.0f}", k in row.flagged_classes) for k in range(10)]
        made.append({"title": title, "figure": figure, "labels": [[], []], "sizes": sizes, "true": true})
    return made
