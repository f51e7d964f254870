"""A small finished build, typed by hand, so that pages can be tested without running anything."""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import cache
from math import sqrt
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from engine.core.profile import load
from engine.core.records import (
    Boundary,
    Build,
    Change,
    Check,
    ClassScore,
    Colour,
    Component,
    Corruption,
    Epoch,
    Evaluation,
    Evasion,
    Extraction,
    Finding,
    Flow,
    Inversion,
    Latency,
    LevelCell,
    Membership,
    Minimal,
    Pending,
    Perturbation,
    Point,
    Poisoning,
    Provenance,
    Reading,
    ReferenceRating,
    Scan,
    Scores,
    Threat,
    TrainingRun,
    Trust,
    WorstCase,
)
from engine.models import MODELS
from engine.plan.catalogue import catalogue
from engine.report import site
from engine.report.view import View
from tests.report import example_certification, example_detection, example_gallery, example_lab, example_proof

SETTINGS = {
    "fgsm": {"carry": False},
    "noise": {"carry": False},
    "patch": {"steps": 20, "carry": False},
    "pgd": {"steps": 40, "step_ratio": 0.1, "carry": True},
}
N, PACKAGES = 1000, {"torch": "2.14.1"}
SCRIPT = "<script>alert('{{ 7 * 7 }}')</script>"

# What a build puts beside the pages, and pages link to.
FILES = {f"data/{name}": b"{}" for name in ("sast.sarif", "threat-dragon.json", "sbom.cdx.json")} | example_lab.FILES


def origin(name: str) -> Provenance:
    return Provenance(name=name, job=f"key of {name}", profile="standard", packages=PACKAGES, device="cpu", cores=2)


def bounds(successes: int, n: int = N) -> dict:
    rate, z = successes / n, 1.96
    centre = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    return {
        "n": n,
        "successes": successes,
        "accuracy": rate,
        "low": max(0.0, centre - half),
        "high": min(1.0, centre + half),
    }


def scores(right: int) -> Scores:
    """100 images a digit; every miss is a 3; at 900 right or fewer digit 8 is never predicted."""
    each = right // 9 if right <= 900 else right // 10
    rows = [[0] * 10 for _ in range(10)]
    for k in range(10):
        hits = 0 if k == 8 and right <= 900 else each
        rows[k][k] = hits
        rows[k][3] += 100 - hits
    columns = [sum(row[k] for row in rows) for k in range(10)]
    classes = tuple(
        ClassScore(
            label=k, support=100, predicted=columns[k],
            precision=rows[k][k] / columns[k] if columns[k] else None,
            recall=rows[k][k] / 100,
            f1=2 * rows[k][k] / (columns[k] + 100),
        )
        for k in range(10)
    )  # fmt: skip
    return Scores(
        confusion=tuple(tuple(row) for row in rows), classes=classes,
        macro_precision=sum(c.precision or 0 for c in classes) / 10,
        macro_recall=sum(c.recall for c in classes) / 10, macro_f1=sum(c.f1 for c in classes) / 10,
    )  # fmt: skip


def common(name: str) -> dict:
    return {"seed": 0, "dataset": "MNIST", "seconds": 12.5, "flags": (), "provenance": origin(name)}


def training(model: str) -> TrainingRun:
    epochs = tuple(
        Epoch(
            epoch=k, train_loss=0.4 / k, train_accuracy=1 - 0.1 / k, validation_loss=0.3 / k,
            validation_accuracy=1 - 0.08 / k,
            validation_robust_accuracy=0.3 * k if model in ("hardened", "certified") else None,
        )
        for k in (1, 2, 3)
    )  # fmt: skip
    return TrainingRun(
        model=model, network=MODELS[model].network, recipe={"recipe": MODELS[model].recipe, "epochs": 3},
        dataset="MNIST", seed=0, images=55000, validation_images=5000,
        poisoned_images=550 if model == "backdoored" else 0, parameters=1625866,
        epochs=epochs, kept_epoch=3, weights_sha256="ab" * 32, precision="bfloat16", seconds=120.0,
        gradients=165000, flags=(), provenance=origin(f"train/{model}/seed0"),
    )  # fmt: skip


def evaluation(model: str, condition: str, right: int) -> Evaluation:
    return Evaluation(
        model=model, norm="none", epsilon=0.0, condition=condition, scores=scores(right), gradients=0, queries=N,
        **bounds(right), **common(f"evaluate/{model}/seed0"),
    )  # fmt: skip


def evasion(model: str, attack: str, epsilon: float, right: int, norm: str = "linf") -> Evasion:
    broken = 990 - right
    rate = bounds(broken, 990)
    return Evasion(
        model=model, attack=attack, settings=SETTINGS[attack], norm=norm, epsilon=epsilon,
        attacked=990, broken=broken, success_rate=rate["accuracy"], success_low=rate["low"],
        success_high=rate["high"], scores=scores(right), gradients=39600 if attack == "pgd" else 990, queries=990,
        perturbation=Perturbation(linf_max=epsilon, linf_mean=epsilon, l2_max=3.0, l2_mean=2.5, l0_mean=410.0),
        **bounds(right), **common(f"attack/{model}/{attack}/seed0"),
    )  # fmt: skip


def smallest(model: str, attack: str, norm: str, right: int) -> Minimal:
    return Minimal(
        model=model, attack=attack, settings={"steps": 50}, norm=norm, epsilon=1.5 if norm == "l2" else 25.0,
        attacked=990, found=950, tenths=(0.0, 0.4, 0.7, 1.0, 1.3, 1.6, 1.9, 2.2, None),
        curve=tuple(Point(size=k, accuracy=0.9 - k / 8, low=0.85 - k / 8, high=0.95 - k / 8) for k in range(6)),
        gradients=20000, queries=1000, **bounds(right), **common(f"minimal/{model}/{attack}/seed0"),
    )  # fmt: skip


def corruption(model: str, strength: int, right: int) -> Corruption:
    return Corruption(
        model=model, corruption="blur", strength=strength, amount=strength / 2, unit="pixels", norm="none",
        epsilon=0.0, gradients=0, queries=N, **bounds(right), **common(f"corruptions/{model}/seed0"),
    )  # fmt: skip


def membership(model: str, method: str, auc: float) -> Membership:
    return Membership(
        model=model, method=method, sees="labels" if method == "gap" else "scores", members=500, others=500,
        auc=auc, auc_low=auc - 0.03, auc_high=auc + 0.03, false_alarms=0.01, caught=0.02, caught_low=0.01,
        caught_high=0.04, member_accuracy=1.0, other_accuracy=0.99, gradients=0, queries=1000,
        seed=0, dataset="MNIST", seconds=1.0, provenance=origin("membership/seed0"),
    )  # fmt: skip


def extraction(answers: int, sees: str, right: int) -> Extraction:
    return Extraction(
        model="clean", sees=sees, answers=answers, agreement=right / N, agreement_low=right / N - 0.01,
        agreement_high=right / N + 0.01, victim_accuracy=0.992, norm="none", epsilon=0.0, gradients=1, queries=answers,
        **bounds(right), **common("extraction/seed0"),
    )  # fmt: skip


def inversion() -> Inversion:
    return Inversion(
        model="clean", sees="weights", confidence=0.999, norm="none", epsilon=0.0, gradients=5000, queries=0,
        **bounds(3, 10), **common("inversion/seed0"),
    )  # fmt: skip


def trial(study: str, poison: str, size: int, share: float, hits: int, seed: int = 0) -> Poisoning:
    row = poisoning("workshop", hits)
    name = f"{'surface' if study == 'surface' else 'poisons'}/seed{seed}"
    return replace(
        row, study=study, poison=poison, trigger_size=size, control=poison == "none", seed=seed, network="strided",
        poisoned_images=round(share * 12000), training_images=12000, provenance=origin(name),
    )  # fmt: skip


def worst(model: str, epsilon: float, right: int) -> WorstCase:
    return WorstCase(
        model=model, norm="linf", epsilon=epsilon, attacks=("fgsm", "pgd"), attacked=990,
        broken_by={"fgsm": 100, "pgd": 990 - right}, only_by={"fgsm": 0, "pgd": 890 - right if right < 890 else 0},
        gradients=0, queries=0, **bounds(right), **common(f"worst/{model}/seed0"),
    )  # fmt: skip


def trust(model: str, epsilon: float, passed: bool) -> Trust:
    checks = (
        Check(name="budget", passed=True, value=epsilon, limit=epsilon, evidence=f"The largest change is {epsilon}."),
        Check(name="black box", passed=passed, value=0.0 if passed else 0.2, limit=0.05, evidence="Square: 70 %."),
    )
    return Trust(
        model=model, attack="pgd", norm="linf", epsilon=epsilon, n=200, seed=0, dataset="MNIST", sound=passed,
        checks=checks, seconds=3.0, gradients=8000, queries=200, provenance=origin(f"trust/{model}/seed0"),
    )  # fmt: skip


def reading(procedure: str, right: int) -> Reading:
    return Reading(
        model="clean", norm="linf", epsilon=0.1, procedure=procedure, how="As it says.", gradients=0, queries=N,
        **bounds(right), **common("claims/seed0"),
    )  # fmt: skip


def poisoning(model: str, hits: int) -> Poisoning:
    rate, clean = bounds(hits, 900), bounds(990)
    return Poisoning(
        model=model, norm="none", epsilon=0.0, poison="badnets", trigger="square", trigger_size=3, target=7,
        study="model", network="simplecnn",
        control=model == "clean", label_kept=False, poisoned_images=550 if model == "backdoored" else 0,
        training_images=55000, hits=hits, success_rate=rate["accuracy"], success_low=rate["low"],
        success_high=rate["high"], base_hits=2, base_rate=2 / 900, clean_accuracy=clean["accuracy"],
        clean_low=clean["low"], clean_high=clean["high"], gradients=0, queries=1800,
        **bounds(900 - hits, 900), **common(f"evaluate/{model}/seed0"),
    )  # fmt: skip


def finding(path: str, line: int, snippet: str, justification: str = "") -> Finding:
    return Finding(
        tool="bandit", rule="B301", severity="medium", confidence="high", cwe=502, path=path, line=line,
        end_line=line, column=1, message="Unpickling runs code.", help="", snippet=snippet,
        justification=justification,
    )  # fmt: skip


def threats() -> tuple:
    from tests.report import example_threats

    common_threat = {
        "component": "demo", "description": "It looks like the demo.", "matrix_level": "medium",
        "override_reason": "", "advised": ("Log drawings.",), "atlas": ("AML.T0043",), "owasp": ("ML01:2023",),
        "nist": ("NISTAML.022",), "notes": "",
    }  # fmt: skip
    levels = ("low", "medium", "high")
    return (
        Boundary(id="machine", title="User's machine", description="All of it."),
        Boundary(id="outside", title="Outside", description="Everybody else."),
        Component(
            id="demo", title="Demo server", shape="process", boundary="machine", description="Answers.", column=0, row=1
        ),
        Component(
            id="visitor", title="Visitor", shape="external", boundary="outside", description="Draws.", column=0, row=0
        ),
        Flow(source="visitor", target="demo", data="drawing", crosses=True),
        *(LevelCell(likelihood=a, impact=b, level=max(a, b, key=levels.index)) for a in levels for b in levels),
        ReferenceRating(category="spoofing", likelihood="medium", impact="low", level="medium", matrix_level="medium"),
        *example_threats.rows(),
        *(
            Threat(
                id=f"T{k}", category=category, title=f"Threat {k} & <b>", likelihood="medium", impact="medium",
                level="high" if category == "tampering" else "medium", **example_threats.standing(k),
                **{**common_threat, "override_reason": "Worse here." if category == "tampering" else ""},
            )
            for k, category in enumerate((
                "spoofing", "tampering", "repudiation", "information disclosure", "denial of service",
                "elevation of privilege",
            ))
        ),
    )  # fmt: skip


@cache
def build() -> Build:
    return Build(
        profile="standard", title="Standard", about="The full matrix.", dataset="MNIST",
        dataset_digests={"t10k-images-idx3-ubyte": "0f" * 32}, carrier="folder", packages=PACKAGES,
        machine="Test CPU, Linux", cores=2, python="3.11.7", revision="0123456789ab",
        started="2026-01-02T03:04:05+00:00", seconds=1500.0, seeds=(0,), train_images=60000, test_images=10000,
        attack_images=N, jobs_total=9, jobs_done=8, settings=asdict(load("smoke")),
    )  # fmt: skip


def pending(family: str, model: str, subject: str, epsilon: float = 0.0, norm: str = "") -> Pending:
    norm = norm or ("linf" if epsilon else "none")
    return Pending(
        family=family, name=f"{subject}/{model}", model=model, subject=subject, norm=norm, epsilon=epsilon, seed=0,
        reason="not run yet",
    )  # fmt: skip


def records() -> dict[str, tuple]:
    """Every family's records; the folder is the caller's own, the records are made once."""
    return dict(_records())


@cache
def _records() -> dict[str, tuple]:
    from tests.report import example_inputs, example_protection  # they use the helpers above

    scan = {"version": "1.9.4", "rules": 0, "config": "", "files": 3, "lines": 99}
    return {
        "training": tuple(training(model) for model in ("clean", "backdoored", "hardened", "certified")),
        "evaluation": (
            evaluation("clean", "clean", 990), evaluation("clean", "stamped", 981),
            evaluation("backdoored", "clean", 990), evaluation("backdoored", "stamped", 99),
            evaluation("hardened", "clean", 900), pending("evaluation", "hardened", "stamped"),
            Latency(
                model="clean", seed=0, batch=1, warmup=5, repeats=40, threads=1, median_ms=1.5, p95_ms=1.9,
                provenance=origin("latency/clean/seed0"),
            ),
        ),
        "evasion": (
            evasion("clean", "fgsm", 0.1, 873), evasion("clean", "fgsm", 0.3, 180),
            evasion("clean", "pgd", 0.1, 702), evasion("clean", "pgd", 0.3, 0),
            evasion("backdoored", "pgd", 0.1, 63), pending("evasion", "backdoored", "pgd", 0.3),
            worst("clean", 0.1, 700), worst("clean", 0.3, 0), pending("evasion", "hardened", "worst", 0.3),
            evasion("hardened", "pgd", 0.1, 954), evasion("hardened", "pgd", 0.3, 909),
            evasion("clean", "noise", 0.1, 989), evasion("clean", "patch", 25.0, 800, "l0"),
            evasion("clean", "patch", 49.0, 300, "l0"), pending("evasion", "hardened", "patch", 25.0, "l0"),
        ),
        "minimal": (
            smallest("clean", "deepfool", "l2", 600), pending("minimal", "hardened", "deepfool", 1.5, "l2"),
            smallest("clean", "jsma", "l0", 500),
        ),
        "corruptions": (
            corruption("clean", 1, 980), corruption("clean", 2, 900), pending("corruptions", "hardened", "blur"),
        ),
        "certification": example_certification.rows(),
        "privacy": (
            membership("clean", "gap", 0.5), membership("clean", "loss", 0.52), membership("overfitted", "loss", 0.9),
            extraction(100, "labels", 700), extraction(100, "scores", 750), inversion(),
        ),
        "protection": example_protection.records(),
        "inputs": example_inputs.records(),
        "trust": (
            trust("clean", 0.1, True), trust("clean", 0.3, False), pending("trust", "hardened", "pgd", 0.1),
        ),
        "claims": (
            reading("pgd-clipped", 800), reading("pgd-unclipped", 300), reading("pgd-wrapped", 120),
            reading("pgd-correct", 702), reading("fgsm-correct", 870), reading("fgsm-retrained", 980),
            reading("retrained-clean", 512), reading("skew", 985),
        ),
        "poisoning": (
            Colour(colour="red", rgb=(255, 0, 0), mean_grey=85, luma_grey=76),
            poisoning("clean", 2), poisoning("backdoored", 900), poisoning("hardened", 4),
            trial("poisons", "none", 3, 0.0, 2), trial("poisons", "none", 3, 0.0, 4, 1),
            trial("poisons", "badnets", 3, 0.01, 890), trial("poisons", "badnets", 3, 0.01, 895, 1),
            trial("surface", "badnets", 1, 0.001, 5), trial("surface", "badnets", 1, 0.01, 300),
            trial("whole", "none", 3, 0.0, 2), trial("whole", "badnets", 3, 0.01, 895),
            trial("surface", "badnets", 3, 0.001, 50), trial("surface", "badnets", 3, 0.01, 890),
        ),
        "sast": (
            Scan(tool="bandit", tree="before", paths=("old",), findings=2, suppressed=0, **scan),
            Scan(tool="bandit", tree="after", paths=("new",), findings=0, suppressed=1, **scan),
            Change(state="fixed", before=finding("old/a.py", 3, SCRIPT), after=None, answer="Uses safetensors."),
            Change(state="suppressed", before=None, after=finding("new/b.py", 9, "pickle.load(f)", "Our own file."),
                   answer=""),
            *example_proof.records(),
        ),
        "detection": example_detection.records(),
        "lab": example_lab.records(),
        "gallery": example_gallery.records(),
        "threats": threats(),
        "provenance": (build(),),
    }  # fmt: skip


def arrays(job: str) -> dict[str, np.ndarray]:
    """Pictures for the sheets: the same ten flat images everywhere."""
    x = np.full((10, 28, 28), 100, np.uint8)
    digits = np.arange(10)
    found = {
        "x": x, "wrapped": x + 90, "correct": x,
        "sample_x": x, "sample_stamped": x + 20, "sample_label": digits, "sample_before": digits,
        "sample_after": np.full(10, 7), "poison_x": x, "poison_stamped": x + 20, "poison_label_before": digits,
        "poison_label_after": np.full(10, 7), "drawn": x / np.float32(255), "labels": digits, "answers": digits,
        "sample_adv": x / np.float32(255) + np.float32(0.1),
        "badnets/before": x[:5], "badnets/after": x[:5] + 20, "badnets/label_before": digits[:5],
        "badnets/label_after": np.full(5, 7),
    }  # fmt: skip
    found |= example_detection.arrays() | example_gallery.arrays()
    for size in ("0.1", "0.3"):
        found |= {
            f"{size}/sample_x": x, f"{size}/sample_adv": x / np.float32(255) + np.float32(0.1),
            f"{size}/sample_label": digits, f"{size}/sample_before": digits, f"{size}/sample_after": digits[::-1],
        }  # fmt: skip
    return found if job else {}


def view(rows: dict[str, tuple] | None = None) -> View:
    return View(records=rows or records(), arrays=arrays, build=build(), **catalogue())


@cache
def drawn() -> TemporaryDirectory[str]:
    """Figures that this process has drawn, kept until it ends."""
    return TemporaryDirectory(prefix="figures")


def rendered(shown: View | None = None, extra: dict[str, bytes] | None = None) -> dict[str, bytes]:
    """The files of a site, of the example where nothing else is to be shown."""
    return site.render(shown or view(), cache=Path(drawn().name), extra=extra)
