"""The page of the input defences: what each seems to gain, and what an attacker who knows it leaves."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from engine.core.records import InputCost, InputDefence, Measured
from engine.core.registry import Entry
from engine.report import cells, draw, figures, words
from engine.report.cells import Cell
from engine.report.draw import Bars
from engine.report.figures import Figure, Shelf
from engine.report.view import ModelLike, View

BARE = "none"
ATTACKERS = ("blind", "naive", "adaptive", "worst")
CLEAR = 0.05  # a smaller p is called a difference


def inputs(view: View, shelf: Shelf) -> dict[str, Any]:
    """Return a block a model, the costs, and pictures of what each defence does."""
    defences = list(view.defences.values())
    blocks = [_block(view, shelf, model, defences) for model in view.planned_models() if _sizes(view, model.name)]
    rows = view.select(InputDefence, seed=view.seed)
    pressed = [row for row in rows if row.attacker != "none"]
    return {
        "defences": [(entry, _settings(rows, entry.name)) for entry in defences],
        "blocks": blocks,
        "effort": pressed[0].effort if pressed else {},
        "costs": _costs(view, defences),
        "sheets": _sheets(view, shelf, rows),
        "p_value": p_value,
        "spent": sum(row.seconds for row in rows),
    }


def _settings(rows: list[InputDefence], defence: str) -> dict[str, Any]:
    found = [row.settings for row in rows if row.defence == defence]
    return found[0] if found else {}


def _row(view: View, model: str, defence: str, attacker: str, epsilon: float) -> InputDefence | None:
    """Return a record; against the bare model the blind and the naive are the one who attacks it."""
    if defence == BARE and attacker in ("blind", "naive"):
        attacker = "adaptive"
    among = {"model": model, "defence": defence, "attacker": attacker, "epsilon": epsilon}
    return view.first(InputDefence, seed=view.seed, **among)


def _cell(view: View, model: str, defence: str, attacker: str, epsilon: float) -> Cell:
    row = _row(view, model, defence, attacker, epsilon)
    subject = f"{defence} {attacker}"
    return cells.accuracy(row) if row else cells.missing(view, "inputs", model=model, subject=subject, epsilon=epsilon)


def _sizes(view: View, model: str) -> list[float]:
    """Return the sizes at which a model has a cell, measured or not."""
    rows: list[Measured] = [*view.select(InputDefence, model=model)]
    planned = [cell for cell in view.records["inputs"] if getattr(cell, "model", "") == model]
    every = {float(getattr(row, "epsilon", 0.0)) for row in [*rows, *planned]}
    return sorted(every - {0.0})


def _block(view: View, shelf: Shelf, model: ModelLike, defences: list[Entry]) -> dict[str, Any]:
    sizes, names = _sizes(view, model.name), [BARE, *(entry.name for entry in defences)]
    titles = {BARE: "No defence", **{entry.name: entry.title for entry in defences}}
    told = [line for entry in defences for line in [_told(view, model.name, entry, sizes)] if line]
    plain = [(titles[name], _row(view, model.name, name, "none", 0.0), _cell(view, model.name, name, "none", 0.0))
             for name in names]  # fmt: skip
    table = [
        (size, titles[name], [_cell(view, model.name, name, who, size) for who in ATTACKERS],
         _row(view, model.name, name, "worst", size) if name != BARE else None)
        for size in sizes for name in names
    ]  # fmt: skip
    measured = [row for _, row, _ in plain if row]
    return {"model": model, "n": measured[0].n if measured else 0, "plain": plain, "table": table, "told": told,
            "defended": len(names), "bars": _bars(view, shelf, model, names, sizes)}  # fmt: skip


def _told(view: View, model: str, entry: Entry, sizes: list[float]) -> dict[str, Any] | None:
    """Say how much of a defence's gain was masking, where it seemed to gain most, and what is left at each size."""
    found: list[list[InputDefence]] = []
    for size in sizes:
        rows = [row for who in ATTACKERS for row in [_row(view, model, entry.name, who, size)] if row]
        found += [rows] if len(rows) == len(ATTACKERS) else []
    if not found:
        return None
    blind, naive, adaptive, _worst = max(found, key=lambda rows: rows[1].accuracy - rows[1].bare_accuracy)
    return {
        "title": entry.title,
        "epsilon": naive.epsilon,
        "naive": masked(naive, adaptive),
        "blind": masked(blind, adaptive),
        "left": [(rows[3].epsilon, left(rows[3])) for rows in found],
        "search": [(rows[3].epsilon, rows[3].only_search) for rows in found if rows[3].only_search],
    }


def masked(plain: InputDefence, adaptive: InputDefence) -> str:
    """Say how much of the gain under an attacker who does not adapt is gone under one who does."""
    gain = plain.accuracy - plain.bare_accuracy
    if gain <= 0:
        return "it gained nothing"
    gone = plain.accuracy - adaptive.accuracy
    seemed = f"of the {_number(gain)} points that it seemed to gain"
    if gone <= 0:
        return f"{seemed}, none were masking"
    return f"{seemed}, {'all' if gone >= gain else _number(gone)} were masking"


def left(worst: InputDefence) -> str:
    """Say what is left in the worst case, and whether chance explains it."""
    change = worst.accuracy - worst.bare_accuracy
    if change == 0:
        return f"nothing is left: {worst.gained} images gained, {worst.lost} lost"
    many = f"{_number(abs(change))} points {'are left' if change > 0 else 'are lost'}"
    chance = "" if worst.p < CLEAR else ", which may be chance"
    return f"{many} ({worst.gained} images gained, {worst.lost} lost, p {p_value(worst.p)}{chance})"


def p_value(p: float) -> str:
    """Return a p-value with two digits, or that it is below 0.0001."""
    return "< 0.0001" if p < 0.0001 else f"= {p:.2g}"


def _number(value: float) -> str:
    return f"{100 * value:.1f}".removesuffix(".0")


def _bars(view: View, shelf: Shelf, model: ModelLike, names: list[str], sizes: list[float]) -> Figure | None:
    """Draw accuracy under each attacker, a group a defence, at the size where the naive is fooled most."""
    fooled: dict[float, float] = {}
    for size in sizes:
        found = [(_row(view, model.name, name, "naive", size), _row(view, model.name, name, "adaptive", size))
                 for name in names]  # fmt: skip
        if all(a and b for a, b in found):
            fooled[size] = sum(a.accuracy - b.accuracy for a, b in found if a and b)
    if not fooled:
        return None
    size = max(fooled, key=lambda key: fooled[key])
    rows = [
        Bars(who, tuple(row.accuracy for name in names for row in [_row(view, model.name, name, who, size)] if row), k)
        for k, who in enumerate(ATTACKERS)
    ]
    groups = ["bare" if name == BARE else name for name in names]
    said = "; ".join(f"{group} {words.percent(a)}, {words.percent(b)}"
                     for group, a, b in zip(groups, rows[1].heights, rows[3].heights, strict=True))  # fmt: skip
    alt = (f"{model.title} model at ε {size:g}: accuracy under four attackers, a group of bars a defence. "
           f"Naive, then worst: {said}.")  # fmt: skip
    data = [asdict(row) for row in rows]
    return shelf.svg(f"inputs-{model.name}", alt, [groups, data],
                     lambda: draw.bars(groups, rows, f"accuracy at ε {size:g}, %", x_label=""))  # fmt: skip


def _costs(view: View, defences: list[Entry]) -> list[dict[str, Any]]:
    rows = {(row.defence, row.part): row for row in view.select(InputCost, seed=view.seed)}
    bare = rows.get((BARE, "answer"))
    if bare is None:
        return []
    shown = [{"title": "No defence", "step": None, "answer": bare, "times": 1.0}]
    for entry in defences:
        step, answer = rows.get((entry.name, "defence")), rows.get((entry.name, "answer"))
        if step and answer:
            shown.append({"title": entry.title, "step": step, "answer": answer,
                          "times": answer.median_ms / bare.median_ms if bare.median_ms else 0.0})  # fmt: skip
    return shown


def _sheets(view: View, shelf: Shelf, rows: list[InputDefence]) -> list[dict[str, Any]]:
    """Show ten digits, clean and attacked, before and behind each defence of the first model."""
    shown = []
    for row in rows:
        if row.attacker != "none" or row.defence == BARE or row.model != rows[0].model:
            continue
        title, job = view.defences[row.defence].title, row.provenance.job
        names = ("sample_clean", "sample_clean_seen", "sample_attacked", "sample_attacked_seen")
        alt = f"Ten digits, the same behind {title}, ten attacked digits, and those behind {title}."
        figure = figures.grey_sheet(shelf, f"inputs-{row.model}-{row.defence}", job, view.arrays(job), names, alt)
        if figure:
            shown.append({"title": title, "figure": figure, "labels": [[], []]})
    return shown
