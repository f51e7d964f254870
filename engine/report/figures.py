"""The report's figures: which data they show, and what they say to those who cannot see them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cache as once
from hashlib import sha256
from pathlib import Path

from engine.core.code import closure
from engine.core.records import Evasion, TrainingRun
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
    return json.dumps(closure(["engine.report.draw", "engine.report.pictures", "engine.report.theme"]))


def _plain(rows: list[Line] | list[Bars]) -> list[dict[str, object]]:
    return [asdict(row) for row in rows]


def security_curves(shelf: Shelf, view: View, attack: str, title: str) -> Figure | None:
    """Draw accuracy against ε for every model under one attack; None while nothing is measured."""
    rows = []
    for order, model in enumerate(view.planned_models()):
        sweep, clean = view.sweep(model.name, attack), view.evaluation(model.name, "clean")
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
    said = "; ".join(f"{row.label} {words.percent(row.y[-1])} at ε {row.x[-1]:g}" for row in rows)
    alt = f"Accuracy against the size of a {title} attack, one curve a model with its 95 % band. {said}."
    return shelf.svg(f"curves-{attack}", alt, _plain(rows), lambda: draw.lines(rows, "L∞ size ε", "accuracy, %"))


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
        right.append(Line("validation, attacked", epochs, tuple(v for v in robust if v is not None), order=3))
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
