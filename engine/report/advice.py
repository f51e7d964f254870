"""The verdict on each model and the recommendations, both computed from records."""

from __future__ import annotations

from dataclasses import dataclass

from engine.core.records import Bracket, Change, Comparison, Evasion, Scan, Threat, WorstCase
from engine.report import words
from engine.report.sentence import Sentence, told
from engine.report.view import ModelLike, View

HALF = 0.5  # a model that answers fewer than half of the attacked images right has fallen
LEARNT = 0.5  # a stamp that brings the target this much more often than chance is a backdoor


@dataclass(frozen=True)
class Verdict:
    """``tone`` is good, bad or open; ``line`` is one sentence or two."""

    tone: str
    line: Sentence


@dataclass(frozen=True)
class Advice:
    """A recommendation, the finding that it rests on, and the page that shows it."""

    title: str
    because: Sentence
    page: str


def falls_at(view: View, model: str) -> tuple[Evasion | WorstCase | None, float | None]:
    """Return the record of the smallest ε at which some attack leaves fewer than half right, and the largest ε."""
    rows: list[Evasion | WorstCase] = [*view.worst(model)]
    rows += [row for attack in view.planned_attacks() for row in view.sweep(model, attack.name)]
    fallen = sorted((row for row in rows if row.accuracy < HALF), key=lambda row: (row.epsilon, row.accuracy))
    return (fallen[0] if fallen else None), max((row.epsilon for row in rows), default=None)


def at(row: Evasion | WorstCase) -> Sentence:
    """Return a record's size as ``ε 0.1``, with the link."""
    return "ε ", told(row, f"{row.epsilon:g}")


def backdoor(view: View, model: str) -> bool:
    """Tell whether the stamp brings the target far more often than the same images without it."""
    row = view.trigger(model)
    return row is not None and row.success_rate - row.base_rate > LEARNT


def verdict(view: View, model: ModelLike) -> Verdict:
    """Return what a reader should take away about a model."""
    fallen, largest = falls_at(view, model.name)
    if largest is None:
        return Verdict("open", ("Not attacked yet.",))
    if backdoor(view, model.name):
        also = (" It also falls to small changes of the image at ", *at(fallen), ".") if fallen else ()
        return Verdict("bad", ("Has a backdoor: the stamp decides the answer.", *also))
    if fallen is not None:
        return Verdict("bad", ("Falls at ", *at(fallen), ": fewer than half of the attacked digits are read right."))
    return Verdict("good", _standing(view, model.name, largest))


def _standing(view: View, model: str, largest: float) -> Sentence:
    """Say how much the attacks leave at the largest size and, of the same digits, how much is proved."""
    both = view.first(Bracket, model=model, epsilon=largest, seed=view.seed)
    if both:
        left = told(both, words.percent(both.standing_rate, both.n))
        proof = told(both, words.percent(both.certified_rate, both.n))
        return f"At ε {largest:g} no attack broke ", left, f" of {words.count(both.n)} digits; ", proof, " are proved."
    row = next((row for row in view.worst(model) if row.epsilon == largest), None)
    if row is None:
        return (f"No attack tried so far brings it below one half, up to ε {largest:g}.",)
    right = told(row, words.percent(row.accuracy, row.n))
    return "Reads ", right, f" of {words.count(row.n)} digits right in the worst case at ε {largest:g}."


def recommendations(view: View) -> list[Advice]:
    """Return advice in the order of weight; each follows from figures of this build."""
    return [*_hardening(view), *_poisoning(view), *_software(view), *_threats(view)]


def _hardening(view: View) -> list[Advice]:
    found = [_best_defence(view), _proof(view)]
    fallen, _ = falls_at(view, "clean")
    if fallen is not None:
        found.append(
            Advice(
                "Do not publish clean accuracy alone",
                (
                    "The clean model falls below one half at ",
                    *at(fallen),
                    ". Give robust accuracy with its ε, n and interval.",
                ),
                "attacks.md",
            )
        )
    return [advice for advice in found if advice is not None]


def _best_defence(view: View) -> Advice | None:
    """Recommend the model that gains most in the worst case at the largest size, or none."""
    rows = view.select(Comparison, condition="worst", seed=view.seed)
    if not rows:
        return None
    size = max(row.epsilon for row in rows)
    best = max((row for row in rows if row.epsilon == size), key=lambda row: row.after_accuracy)
    cost = view.first(Comparison, condition="clean", after=best.after, seed=view.seed)
    title = view.models[best.after].title
    if best.change_low <= 0 or cost is None:
        return Advice(
            "Do not rely on this hardening",
            (f"In the worst case at ε {size:g} no defended model is clearly better than the clean one.",),
            "protection.md",
        )
    return Advice(
        f"Use the {title} model where inputs may be hostile",
        (
            f"In the worst case at ε {size:g} it reads ",
            told(best, words.percent(best.after_accuracy, best.n)),
            f" of {words.count(best.n)} digits right, the clean model ",
            told(best, words.percent(best.before_accuracy, best.n)),
            "; on clean images it differs by ",
            told(cost, words.points(cost.change)),
            ".",
        ),
        "protection.md",
    )


def _proof(view: View) -> Advice | None:
    """Recommend the model of which most is proved, where that is a model one could use."""
    rows = view.select(Bracket, seed=view.seed)
    if not rows:
        return None
    size = max(row.epsilon for row in rows)
    best = max((row for row in rows if row.epsilon == size), key=lambda row: row.certified)
    title = view.models[best.model].title
    if best.certified_rate < HALF:
        return Advice(
            "Do not claim a guarantee",
            (
                f"At ε {size:g} at most ",
                told(best, words.percent(best.certified_rate, best.n)),
                " of the digits are proved for any model. Attacks give upper bounds only.",
            ),
            "certification.md",
        )
    return Advice(
        f"Where you need a guarantee, use the {title} model",
        (
            f"At ε {size:g} no change can turn ",
            told(best, words.percent(best.certified_rate, best.n)),
            f" of its answers to {words.count(best.n)} digits, whoever looks for it; no attack here broke ",
            told(best, words.percent(best.standing_rate, best.n)),
            ".",
        ),
        "certification.md",
    )


def _poisoning(view: View) -> list[Advice]:
    bad, control = view.trigger("backdoored"), view.trigger("clean")
    honest, clean = view.evaluation("backdoored", "clean"), view.evaluation("clean", "clean")
    if not (bad and control and honest and clean and backdoor(view, "backdoored")):
        return []
    return [
        Advice(
            "Check where training data comes from",
            (
                f"{words.count(bad.poisoned_images)} stamped images of {words.count(bad.training_images)} "
                "give the stamp a success rate of ",
                told(bad, words.percent(bad.success_rate, bad.n)),
                "; on the clean model it is ",
                told(control, words.percent(control.success_rate, control.n)),
                ".",
            ),
            "poisoning.md",
        ),
        Advice(
            "Do not look for backdoors with test accuracy",
            (
                "The backdoored model is ",
                told(honest, words.points(honest.accuracy - clean.accuracy)),
                " from the clean one on clean images.",
            ),
            "poisoning.md",
        ),
    ]


def _software(view: View) -> list[Advice]:
    changes = view.select(Change)
    left = [c for c in changes if c.after is not None and c.state != "suppressed"]
    hidden = [c for c in changes if c.state == "suppressed"]
    fixed = [c for c in changes if c.state == "fixed"]
    if not view.select(Scan):
        return []
    if left:
        return [
            Advice(
                "Mend the open findings",
                (f"The scanners report {words.many(len(left), 'finding')} in this project's own code.",),
                "sast.md",
            )
        ]
    return [
        Advice(
            "Keep both scanners in every build",
            (
                f"They find {words.many(len(fixed), 'flaw')} in the insecure version and none open in ours; "
                f"{words.many(len(hidden), 'suppression')} there, each with a written reason.",
            ),
            "sast.md",
        )
    ]


def _threats(view: View) -> list[Advice]:
    high = [threat for threat in view.select(Threat) if threat.level == "high"]
    if not high:
        return []
    kinds: list[str] = sorted({threat.category for threat in high})
    kind = "kind" if len(kinds) == 1 else "kinds"
    return [
        Advice(
            "Treat the high threats first",
            (f"Rated high: {words.many(len(high), 'threat')}, of the {kind} {words.names(kinds)}.",),
            "stride.md",
        )
    ]
