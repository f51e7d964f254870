"""The report's figures: which data they show, and what they say to those who cannot see them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cache as once
from hashlib import sha256
from pathlib import Path

from engine.core.code import closure
from engine.core.records import Corruption, Evasion, TrainingRun
from engine.core.registry import Entry
from engine.report import draw, pictures, words
from engine.report.draw import Bars, Line
from engine.report.theme import darkened
from engine.report.view import Arrays, View

FOLDER = "report/figures"


@dataclass(frozen=True)
class Figure:
    """A picture on a page. ``light`` and ``dark`` are paths below ``docs``; they differ where colours must."""

    light: str
    dark: str
    alt: str


class Shelf:
    """Draws figures, or takes them from a folder where the same data was drawn by the same code before."""

    def __init__(self, cache: Path | None) -> None:
        self.cache = cache
        self.files: dict[str, bytes] = {}

    def svg(self, name: str, alt: str, data: object, drawn: Callable[[], str]) -> Figure:
        """Add a figure in both palettes; ``data`` is what it shows, as JSON-able values."""
        text = self._kept(name, data, ".svg", lambda: drawn().encode())
        light, dark = f"{FOLDER}/{name}-light.svg", f"{FOLDER}/{name}-dark.svg"
        self.files[light] = text
        self.files[dark] = darkened(text.decode()).encode()
        return Figure(light, dark, alt)

    def png(self, name: str, alt: str, data: object, drawn: Callable[[], bytes]) -> Figure:
        """Add a picture that is the same in both palettes."""
        path = f"{FOLDER}/{name}.png"
        self.files[path] = self._kept(name, data, ".png", drawn)
        return Figure(path, path, alt)

    def _kept(self, name: str, data: object, suffix: str, drawn: Callable[[], bytes]) -> bytes:
        if self.cache is None:
            return drawn()
        key = sha256(f"{_code()}{name}{json.dumps(data, sort_keys=True)}".encode()).hexdigest()
        path = self.cache / f"{key}{suffix}"
        if not path.exists():
            self.cache.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(".part")
            part.write_bytes(drawn())
            part.replace(path)
        return path.read_bytes()


@once
def _code() -> str:
    return json.dumps(closure([f"engine.report.{name}" for name in ("card", "draw", "pictures", "theme")]))


def _plain(rows: list[Line] | list[Bars]) -> list[dict[str, object]]:
    return [asdict(row) for row in rows]


JUDGED = {"interval": "certified", "noisy": "under noise"}  # what the epoch of a recipe is chosen by
AXES = {"linf": "L∞ size ε", "l0": "changed pixels", "l2": "L2 size", "none": "size"}


def security_curves(shelf: Shelf, view: View, attack: Entry) -> Figure | None:
    """Draw accuracy against size for every model under one attack; None while nothing is measured."""
    rows = []
    for order, model in enumerate(view.planned_models()):
        sweep, clean = view.sweep(model.name, attack.name), view.evaluation(model.name, "clean")
        if not sweep:
            continue
        start = [clean] if clean else []
        rows.append(
            Line(
                model.title,
                tuple(row.epsilon for row in [*start, *sweep]),
                tuple(row.accuracy for row in [*start, *sweep]),
                tuple(row.low for row in [*start, *sweep]),
                tuple(row.high for row in [*start, *sweep]),
                order,
            )
        )
    if not rows:
        return None
    axis = AXES[attack.norm]
    said = "; ".join(f"{row.label} {words.percent(row.y[-1])} at {row.x[-1]:g}" for row in rows)
    alt = f"{attack.title}: accuracy against {axis}, one curve a model with its 95 % band. {said}."
    return shelf.svg(f"curves-{attack.name}", alt, _plain(rows), lambda: draw.lines(rows, axis, "accuracy, %"))


def smallest_curves(shelf: Shelf, view: View, attack: Entry) -> Figure | None:
    """Draw accuracy against the largest allowed change, from the smallest ones that an attack found."""
    found = [(order, model, view.minimal(model.name, attack.name))
             for order, model in enumerate(view.planned_models())]  # fmt: skip
    rows = [
        Line(
            model.title,
            tuple(point.size for point in row.curve),
            tuple(point.accuracy for point in row.curve),
            tuple(point.low for point in row.curve),
            tuple(point.high for point in row.curve),
            order,
        )
        for order, model, row in found
        if row
    ]
    if not rows:
        return None
    axis = AXES[attack.norm]
    half = [f"{line.label} {_half(line)}" for line in rows]
    alt = (
        f"{attack.title}: accuracy when no change is larger than the {axis} below. "
        f"Half of the digits: {'; '.join(half)}."
    )
    return shelf.svg(f"smallest-{attack.name}", alt, _plain(rows), lambda: draw.lines(rows, axis, "accuracy, %"))


def _half(line: Line) -> str:
    under = [x for x, y in zip(line.x, line.y, strict=True) if y < 0.5]
    return f"at {under[0]:g}" if under else f"beyond {line.x[-1]:g}"


def corruption_curves(shelf: Shelf, view: View, kind: str) -> Figure | None:
    """Draw accuracy against the strength of a corruption."""
    rows = []
    for order, model in enumerate(view.planned_models()):
        found = sorted(view.select(Corruption, corruption=kind, model=model.name, seed=view.seed),
                       key=lambda row: row.strength)  # fmt: skip
        if found:
            rows.append(
                Line(
                    model.title,
                    tuple(float(row.strength) for row in found),
                    tuple(row.accuracy for row in found),
                    tuple(row.low for row in found),
                    tuple(row.high for row in found),
                    order,
                )
            )
    if not rows:
        return None
    said = "; ".join(f"{row.label} {words.percent(row.y[-1])}" for row in rows)
    alt = f"Accuracy against the strength of {kind}, 1 to 5, one curve a model. At 5: {said}."
    return shelf.svg(f"corruption-{kind}", alt, _plain(rows),
                     lambda: draw.lines(rows, f"strength of {kind}", "accuracy, %", whole_x=True))  # fmt: skip


def surface(shelf: Shelf, rows: list[Line], what: str) -> Figure | None:
    """Draw success rate or clean accuracy against poison rate, one curve a size of the stamp."""
    if not rows:
        return None
    said = "; ".join(f"{row.label} {words.percent(row.y[-1])}" for row in rows)
    alt = f"{what} against the share of poisoned training images, one curve a stamp size. At the largest share: {said}."
    axis = "poisoned training images, % (log scale)"
    return shelf.svg(
        f"surface-{what.split()[0]}", alt, _plain(rows), lambda: draw.lines(rows, axis, f"{what}, %", log_x=True)
    )


def learning_curves(shelf: Shelf, run: TrainingRun, title: str) -> tuple[Figure, Figure]:
    """Draw loss and accuracy over epochs, on training and on validation images."""
    epochs = tuple(float(point.epoch) for point in run.epochs)
    losses = [
        Line("training", epochs, tuple(p.train_loss for p in run.epochs), order=0),
        Line("validation", epochs, tuple(p.validation_loss for p in run.epochs), order=2),
    ]
    right = [
        Line("training", epochs, tuple(p.train_accuracy for p in run.epochs), order=0),
        Line("validation", epochs, tuple(p.validation_accuracy for p in run.epochs), order=2),
    ]
    robust = [p.validation_robust_accuracy for p in run.epochs]
    if all(value is not None for value in robust):
        what = JUDGED.get(str(run.recipe["recipe"]), "attacked")
        right.append(Line(f"validation, {what}", epochs, tuple(v for v in robust if v is not None), order=3))
    last = run.epochs[-1]
    alt = f"{title} model: {{}} over {len(epochs)} epochs. At the end {{}} on training, {{}} on validation images."
    return (
        shelf.svg(
            f"loss-{run.model}",
            alt.format("loss", f"{last.train_loss:.3f}", f"{last.validation_loss:.3f}"),
            _plain(losses),
            lambda: draw.lines(losses, "epoch", "cross-entropy loss", percent=False, whole_x=True),
        ),
        shelf.svg(
            f"accuracy-{run.model}",
            alt.format("accuracy", words.percent(last.train_accuracy), words.percent(last.validation_accuracy)),
            _plain(right),
            lambda: draw.lines(right, "epoch", "accuracy, %", whole_x=True),
        ),
    )


def class_bars(shelf: Shelf, view: View, model: str, title: str) -> Figure | None:
    """Draw precision, recall and F1 of each digit on clean images."""
    row = view.evaluation(model, "clean")
    if row is None:
        return None
    classes = row.scores.classes
    rows = [
        Bars("precision", tuple(c.precision or 0.0 for c in classes), 0),
        Bars("recall", tuple(c.recall for c in classes), 1),
        Bars("F1", tuple(c.f1 for c in classes), 2),
    ]
    worst = min(classes, key=lambda c: c.f1)
    lowest = f"Lowest F1: {words.percent(worst.f1)}, digit {worst.label}."
    alt = f"Precision, recall and F1 of each digit, {title} model. {lowest}"
    groups = [str(c.label) for c in classes]
    return shelf.svg(f"classes-{model}", alt, _plain(rows), lambda: draw.bars(groups, rows, "share, %"))


def attack_sheet(shelf: Shelf, row: Evasion, arrays: Arrays, title: str) -> Figure | None:
    """Draw original, perturbation and adversarial image of one image a digit."""
    names = [f"{row.epsilon:g}/sample_{part}" for part in ("x", "adv", "after")]
    if any(name not in arrays for name in names):
        return None
    x, found, after = (arrays[name] for name in names)

    def drawn() -> bytes:
        moved = found - x.astype(found.dtype) / 255
        return pictures.sheet([pictures.grey(x), pictures.signed(moved, row.epsilon), pictures.grey(found)])

    answers = " ".join(str(v) for v in after)
    alt = f"Ten digits, the perturbation of size ε {row.epsilon:g} and the result. The {title} model answers {answers}."
    key = [row.provenance.job, row.epsilon]
    return shelf.png(f"sheet-{row.model}-{row.attack}-{row.epsilon:g}", alt, key, drawn)


def grey_sheet(shelf: Shelf, name: str, key: str, arrays: Arrays, rows: Sequence[str], alt: str) -> Figure | None:
    """Draw a row of digits for each of the named arrays; None where one is missing."""
    if any(row not in arrays for row in rows):
        return None
    return shelf.png(name, alt, key, lambda: pictures.sheet([pictures.grey(arrays[row]) for row in rows]))


def found_sheet(shelf: Shelf, name: str, key: str, arrays: Arrays, alt: str) -> Figure | None:
    """Draw originals, changes and what an attack found; None where the job kept no pictures."""
    if "sample_adv" not in arrays:
        return None
    x, found = arrays["sample_x"], arrays["sample_adv"]
    moved = found - x.astype(found.dtype) / 255
    parts = [pictures.grey(x), pictures.signed(moved, 1.0), pictures.grey(found)]
    return shelf.png(name, alt, key, lambda: pictures.sheet(parts))
