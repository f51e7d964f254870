"""The answer at the top of the home page: one sentence or three, and three large figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.report import advice, cells, words
from engine.report.attacks import shown_sizes
from engine.report.cells import Cell
from engine.report.sentence import Sentence, Told
from engine.report.view import ModelLike, View


@dataclass(frozen=True)
class Big:
    """A large figure: whose, under what, and whether it is good news. ``tone`` is good, bad or open."""

    model: ModelLike
    under: str
    cell: Cell
    tone: str


@dataclass(frozen=True)
class Headline:
    """``answer`` is the verdict in a few words, ``because`` the sentences that carry it."""

    answer: str
    because: Sentence
    epsilon: float
    figures: tuple[Big, ...]


def headline(view: View) -> Headline:
    """Return what a reader should know after ten seconds; every word follows from records."""
    models, epsilon = view.planned_models(), shown_sizes(view)[-1]
    plain = models[0]
    strong = _highest(models, lambda name: cells.worst(view, name, epsilon))
    proved = _highest(models, lambda name: cells.certified(view, name, epsilon))
    under, proof = f"worst attack, ε {epsilon:g}", f"proved, ε {epsilon:g}"
    shown = [Big(plain, under, cells.worst(view, plain.name, epsilon), "")]
    shown += [Big(strong[0], under, strong[1], "")] if strong and strong[0].name != plain.name else []
    shown += [Big(proved[0], proof, proved[1], "")] if proved else []
    figures = tuple(Big(one.model, one.under, one.cell, _tone(one.cell)) for one in shown)
    return Headline(_answer(view, plain, strong, proved), _because(view, plain, strong, proved), epsilon, figures)


def _highest(models: list[ModelLike], cell: Callable[[str], Cell]) -> tuple[ModelLike, Cell] | None:
    found = [(share, model, one) for model in models if (share := (one := cell(model.name)).share) is not None]
    return max(found, key=lambda each: each[0])[1:] if found else None


def _tone(cell: Cell) -> str:
    return "open" if cell.share is None else "good" if cell.share >= advice.HALF else "bad"


def _of(cell: Cell) -> Sentence:
    """Say of how many digits: attacks and proofs do not look at the same ones."""
    return Told(cell.text, cell.remake), f" of {words.count(cell.n)} digits"


def _answer(
    view: View, plain: ModelLike, strong: tuple[ModelLike, Cell] | None, proved: tuple[ModelLike, Cell] | None
) -> str:
    fallen, largest = advice.falls_at(view, plain.name)
    if largest is None:
        return f"Not known yet: the {plain.title.lower()} model was not attacked."
    if fallen is None:
        return "No attack tried so far brings it down."
    others = [each for each in (strong, proved) if each and each[0].name != plain.name]
    if not others:
        return "Not as trained. No defence is measured yet."
    held = any(_tone(cell) == "good" for _, cell in others)
    return "Not as trained. Defended, it holds." if held else "It is not safe, and no defence here changes that."


def _because(
    view: View, plain: ModelLike, strong: tuple[ModelLike, Cell] | None, proved: tuple[ModelLike, Cell] | None
) -> Sentence:
    fallen, _ = advice.falls_at(view, plain.name)
    said: list[str | Told] = []
    if fallen is not None:
        half = f" an attack leaves fewer than half of the answers of the {plain.title} model right. "
        said += ["At ", *advice.at(fallen), half]
    if strong and strong[0].name != plain.name:
        said += [f"The most robust model here is {strong[0].title}: ", *_of(strong[1]), " right in the worst case. "]
    if proved and proved[1].share:
        said += ["For ", *_of(proved[1]), f" the {proved[0].title} model’s right answer is proved."]
    return tuple(said)
