"""The verdict on each model and the recommendations, both computed from records."""

from __future__ import annotations

from dataclasses import dataclass

from engine.core.records import Change, Scan, Threat
from engine.report import words
from engine.report.view import ModelLike, View

HALF = 0.5  # a model that answers fewer than half of the attacked images right has fallen
LEARNT = 0.5  # a stamp that brings the target this much more often than chance is a backdoor


@dataclass(frozen=True)
class Verdict:
    """``tone`` is good, bad or open; ``line`` is one sentence."""

    tone: str
    line: str


@dataclass(frozen=True)
class Advice:
    """A recommendation, the finding that it rests on, and the page that shows it."""

    title: str
    because: str
    page: str


def falls_at(view: View, model: str) -> tuple[float | None, float | None]:
    """Return the smallest ε at which some attack leaves fewer than half right, and the largest tested."""
    worst: dict[float, float] = {}
    for row in [row for attack in view.planned_attacks() for row in view.sweep(model, attack.name)]:
        worst[row.epsilon] = min(row.accuracy, worst.get(row.epsilon, 1.0))
    worst |= {row.epsilon: row.accuracy for row in view.worst(model)}
    fallen = [epsilon for epsilon, right in sorted(worst.items()) if right < HALF]
    return (fallen[0] if fallen else None), (max(worst) if worst else None)


def backdoor(view: View, model: str) -> bool:
    """Tell whether the stamp brings the target far more often than the same images without it."""
    row = view.trigger(model)
    return row is not None and row.success_rate - row.base_rate > LEARNT


def verdict(view: View, model: ModelLike) -> Verdict:
    """Return what a reader should take away about a model."""
    fallen, largest = falls_at(view, model.name)
    if largest is None:
        return Verdict("open", "Not attacked yet.")
    if backdoor(view, model.name):
        also = f" It also falls to small changes of the image at ε {fallen:g}." if fallen else ""
        return Verdict("bad", f"Has a backdoor: the stamp decides the answer.{also}")
    if fallen is not None:
        return Verdict("bad", f"Falls at ε {fallen:g}: fewer than half of the attacked digits are read right.")
    return Verdict("good", f"Stands up to every attack tried here, up to ε {largest:g}.")


def recommendations(view: View) -> list[Advice]:
    """Return advice in the order of weight; each follows from figures of this build."""
    return [*_hardening(view), *_poisoning(view), *_software(view), *_threats(view)]


def _hardening(view: View) -> list[Advice]:
    found = []
    clean, hardened = view.evaluation("clean", "clean"), view.evaluation("hardened", "clean")
    ours, theirs = view.sweep("hardened", "pgd"), view.sweep("clean", "pgd")
    if ours and theirs and clean and hardened:
        size, better = ours[-1].epsilon, ours[-1].accuracy - theirs[-1].accuracy
        cost = clean.accuracy - hardened.accuracy
        if better > 0:
            found.append(
                Advice(
                    "Use the hardened model where inputs may be hostile",
                    f"At ε {size:g} it reads {words.percent(ours[-1].accuracy, ours[-1].n)} of the digits right "
                    f"under PGD, the clean model {words.percent(theirs[-1].accuracy, theirs[-1].n)}; "
                    f"on clean images it differs by {words.points(-cost)}.",
                    "protection.md",
                )
            )
        else:
            found.append(
                Advice(
                    "Do not rely on this hardening",
                    f"At ε {size:g} it does not read more digits right than the clean model.",
                    "protection.md",
                )
            )
    fallen, _ = falls_at(view, "clean")
    if fallen is not None:
        found.append(
            Advice(
                "Do not publish clean accuracy alone",
                f"The clean model falls below one half at ε {fallen:g}. "
                "Give robust accuracy with its ε, n and interval.",
                "attacks.md",
            )
        )
    return found


def _poisoning(view: View) -> list[Advice]:
    bad, control = view.trigger("backdoored"), view.trigger("clean")
    honest, clean = view.evaluation("backdoored", "clean"), view.evaluation("clean", "clean")
    if not (bad and control and honest and clean and backdoor(view, "backdoored")):
        return []
    return [
        Advice(
            "Check where training data comes from",
            f"{words.count(bad.poisoned_images)} stamped images of {words.count(bad.training_images)} "
            f"give the stamp a success rate of {words.percent(bad.success_rate, bad.n)}; on the clean model it is "
            f"{words.percent(control.success_rate, control.n)}.",
            "poisoning.md",
        ),
        Advice(
            "Do not look for backdoors with test accuracy",
            f"The backdoored model is {words.points(honest.accuracy - clean.accuracy)} from the clean one "
            "on clean images.",
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
                f"The scanners report {len(left)} findings in this project's own code.",
                "sast.md",
            )
        ]
    return [
        Advice(
            "Keep both scanners in every build",
            f"They find {len(fixed)} flaws in the insecure version and none in ours; "
            f"{len(hidden)} are suppressed, each with a written reason.",
            "sast.md",
        )
    ]


def _threats(view: View) -> list[Advice]:
    high = [threat for threat in view.select(Threat) if threat.level == "high"]
    if not high:
        return []
    named = words.names(sorted({threat.category for threat in high}))
    return [
        Advice(
            "Treat the high threats first",
            f"{len(high)} threats are rated high, in the categories {named}.",
            "stride.md",
        )
    ]
