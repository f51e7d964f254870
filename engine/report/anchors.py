"""The page of published figures: ours stand beside one only where the threat is the same."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from engine.core.records import Measured, Poisoning
from engine.report import cells, words
from engine.report.cells import Cell
from engine.report.certification import ANCHORS as CERTIFIED
from engine.report.certification import beside
from engine.report.view import View

PUBLISHED = Path(__file__).with_name("published.toml")
NONE = "no model here is trained so"


def anchors(view: View, _shelf: object) -> dict[str, Any]:
    """Return each source's rows with our cell or the named mismatch, and the certified ones of the bounds."""
    held = tomllib.loads(PUBLISHED.read_text("utf-8"))
    proved = tomllib.loads(CERTIFIED.read_text("utf-8"))["linf"]
    return {
        "sources": [{**one, "rows": [_row(view, one, row) for row in one["rows"]]} for one in held["source"]],
        "proved": [_proved(view, beside(view, row)) for row in proved],
        "elsewhere": held["elsewhere"],
    }


def _row(view: View, source: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    why = row.get("mismatch", "") or ("" if row["model"] else NONE)
    if why:
        return {**row, "ours": None, "mismatch": why, "differs": []}
    ours, found = _ours(view, source, row)
    return {**row, "ours": ours, "mismatch": "", "differs": [*_differences(view, source, found), *_said(row)]}


def _said(row: dict[str, Any]) -> list[str]:
    return [row["differs"]] if "differs" in row else []


def _ours(view: View, source: dict[str, Any], row: dict[str, Any]) -> tuple[Cell, Measured | None]:
    model, attack, size = row["model"], row["attack"], source.get("epsilon", 0.0)
    if attack == "clean":
        return cells.evaluated(view, model, "clean"), view.evaluation(model, "clean")
    if attack == "worst":
        found = next((case for case in view.worst(model) if case.epsilon == size), None)
        return cells.worst(view, model, size), found
    return cells.attacked(view, model, attack, size), view.evasion(model, attack, size)


def _differences(view: View, source: dict[str, Any], found: Measured | None) -> list[str]:
    """Name what differs beside the threat: network, number of images, share of poison."""
    if found is None:
        return []
    run = view.training(found.model)
    said = [f"network: {source['network']} there, {run.network} here"] if run else []
    if found.n != source["images"]:
        said.append(f"{words.count(source['images'])} images there, {words.count(found.n)} here")
    poisoned: Poisoning | None = view.trigger(found.model)
    if poisoned and "share" in source:
        here = words.percent(poisoned.poisoned_images / poisoned.training_images)
        said.append(f"{words.percent(source['share'])} of the training images poisoned there, {here} here")
    return said


def _proved(view: View, row: dict[str, Any]) -> dict[str, Any]:
    best = row["best"]
    run = view.training(best.model) if best else None
    said = [f"network: the paper’s own there, {run.network} here"] if run else []
    if best and best.n != row["images"]:
        said.append(f"{words.count(row['images'])} images there, {words.count(best.n)} here")
    return {**row, "differs": said}
