"""The jobs: train on a poison, ask every detector, try every repair; and the detectors on the report's models."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch import nn

from engine.blue.detection.case import Case, Verdict
from engine.blue.detection.neural_cleanse import PART, neural_cleanse
from engine.blue.detection.read import Truth, detection, repair, tried
from engine.blue.repair.patient import Patient
from engine.blue.training.loop import sets
from engine.blue.training.standard import standard
from engine.core.bundle import Bundle, arrays, pack
from engine.core.jobs import Context
from engine.core.records.detection import Detection, Repair
from engine.core.registry import resolve
from engine.core.seeds import derive
from engine.data.mnist import Array, Digits, decode, stratified
from engine.measure import subject
from engine.networks import build
from engine.red.poisoning.poison import Poison, Poisoned
from engine.red.poisoning.trigger import SQUARE

SHOWN = 10  # triggers of Neural Cleanse kept for the picture


@dataclass(frozen=True)
class Bench:
    """A job's digits, and which of them train, validate, are the defender's own, and test."""

    context: Context
    digits: Digits
    kept: Array
    validation: Array
    trusted: Array
    test: Array

    def fit(self, x: Array, y: Array) -> tuple[nn.Module, int]:
        """Train one network from the start that the workshop's trainings have; return it and its gradients."""
        spec, digits = self.context.spec, self.digits
        torch.manual_seed(derive("workshop", spec["seed"]))
        model = build(spec["network"]).to(self.context.device)
        held = digits.train_x[self.validation], digits.train_y[self.validation]
        run = standard(model, sets(x, y, *held, self.context.device), spec["settings"], lambda _done, _what: None)
        return model.eval(), run.gradients

    def case(self, model: nn.Module, x: Array, y: Array, truth: Truth) -> tuple[Case, Array]:
        """Return what the detectors see, and which of the incoming images (first clean ones) carry the trigger."""
        digits, spec = self.digits, self.context.spec
        some = digits.test_x[subject.test_indices(digits, spec["incoming_images"])]
        labels = digits.test_y[subject.test_indices(digits, spec["incoming_images"])]
        shown = truth.trigger.stamp(some[labels != truth.target]) if truth.has_trigger else some[:0]
        own = digits.train_x[self.trusted], digits.train_y[self.trusted]
        stamped = np.arange(len(some) + len(shown)) >= len(some)
        return Case(model, x, y, *own, np.concatenate([some, shown]), spec["seed"]), stamped


def open_bench(context: Context) -> Bench:
    """Return the bench. Trusted images are the validation images and then digits that no training here uses."""
    subject.settle(context)
    digits, spec = decode(context.data), context.spec
    kept, validation = subject.split(digits, spec["train_images"], spec["validation_images"])
    free = np.setdiff1d(np.arange(len(digits.train_y)), np.concatenate([kept, validation]))
    more = np.random.default_rng(derive("trusted")).permutation(free)
    trusted = np.concatenate([validation, more])[: spec["trusted_images"]]
    return Bench(context, digits, kept, validation, trusted, subject.test_indices(digits, spec["test_images"]))


def yardstick(context: Context) -> Bundle:
    """Job: Neural Cleanse on a clean network that is never judged; what the smallest change must be below."""
    bench = open_bench(context)
    model, settings = subject.needed(context, 0, context.spec["network"]), context.spec["settings"]
    x, y = bench.digits.train_x[bench.kept], bench.digits.train_y[bench.kept]
    truth = _truth(bench, None, "none", np.zeros(len(y), bool))
    case, stamped = bench.case(model, x, y, truth)
    began = perf_counter()
    verdict = neural_cleanse(case, **settings, limit=0.0)
    facts = tried(context, case, truth, bench.digits.name)
    row = detection("neural_cleanse", verdict, truth, truth.answers(model)[1], stamped, **facts,
                    seconds=perf_counter() - began)  # fmt: skip
    return pack({"detection": [row]}, {"size": np.array([verdict.values[f"size {k}"] for k in range(SHOWN)])})


def trial(context: Context) -> Bundle:
    """Job: one training on ``poison`` ("none" for the control), every detector and every repair.

    Spec: the workshop's, with ``poison, poison_run, poison_settings, helped``, ``detectors`` and ``repairs``
    (name to function and settings), ``incoming_images, trusted_images``. Needs the second network and the yardstick.
    """
    bench, spec = open_bench(context), context.spec
    x, y = bench.digits.train_x[bench.kept], bench.digits.train_y[bench.kept]
    poison = _poison(context)
    made = poison.apply(x, y, derive("poisons", spec["seed"])) if poison else Poisoned(x, y, np.zeros(0, int))
    model, _ = bench.fit(made.x, made.y)
    truth = _truth(bench, poison, spec["poison"], np.isin(np.arange(len(y)), made.touched))
    case, stamped = bench.case(model, made.x, made.y, truth)
    before = truth.answers(model)
    rows: list[Detection | Repair] = []
    facts, verdicts = tried(context, case, truth, bench.digits.name), {}
    for name, verdict, seconds in _verdicts(context, case):
        rows.append(detection(name, verdict, truth, before[1], stamped, **facts, seconds=seconds))
        verdicts[name] = verdict
        context.progress(len(rows) / 7, name)
    patient = Patient(case, verdicts, bench.fit)
    for name, (run, settings, follows) in spec["repairs"].items():
        began = perf_counter()
        done = resolve(run)(patient, **settings)
        seconds = perf_counter() - began
        rows.append(repair(name, done, truth, before, follows, **facts, seconds=seconds))
        context.progress(len(rows) / 7, name)
    return pack({"detection": rows}, _pictures(verdicts, truth))


def examine(context: Context) -> Bundle:
    """Job: every detector on one of the report's models and a part of its training images.

    Spec: ``model, seed, network, train_images, validation_images, test_images, looked_at``, the poison and
    detectors as in `trial`. Needs the model and the yardstick.
    """
    bench, spec = open_bench(context), context.spec
    x, y = bench.digits.train_x[bench.kept], bench.digits.train_y[bench.kept]
    poison = _poison(context)
    made = poison.apply(x, y, derive(spec["model"], spec["seed"])) if poison else Poisoned(x, y, np.zeros(0, int))
    part = stratified(made.y, spec["looked_at"], derive("looked at"))
    model = subject.needed(context, 0, spec["network"])
    truth = _truth(bench, poison, spec["poison"], np.isin(part, made.touched))
    case, stamped = bench.case(model, made.x[part], made.y[part], truth)
    facts, success = tried(context, case, truth, bench.digits.name), truth.answers(model)[1]
    rows, verdicts = [], {}
    for name, verdict, seconds in _verdicts(context, case):
        rows.append(detection(name, verdict, truth, success, stamped, **facts, seconds=seconds))
        verdicts[name] = verdict
    return pack({"detection": rows}, _pictures(verdicts, truth))


def _verdicts(context: Context, case: Case) -> Iterator[tuple[str, Verdict, float]]:
    """Ask every detector; yield its answer and the seconds that it took."""
    limit = PART * float(arrays(list(context.needs.values())[1])["size"].min())
    for name, (run, settings) in context.spec["detectors"].items():
        given = {**settings, "limit": limit} if name == "neural_cleanse" else settings
        began = perf_counter()
        verdict: Verdict = resolve(run)(case, **given)
        yield name, verdict, perf_counter() - began


def _poison(context: Context) -> Poison | None:
    spec = context.spec
    if spec["poison"] == "none":
        return None
    settings = dict(spec["poison_settings"])
    if spec["helped"]:
        settings["model"] = subject.needed(context, 0, spec["network"])
    made: Poison = resolve(spec["poison_run"])(**settings)
    return made


def _truth(bench: Bench, poison: Poison | None, name: str, touched: Array) -> Truth:
    digits, target = bench.digits, bench.context.spec["target"]
    tests = digits.test_x[bench.test], digits.test_y[bench.test]
    if poison is None:  # the control is shown the square
        return Truth(name, True, target, SQUARE, touched, *tests)
    return Truth(name, False, poison.target, poison.trigger, touched, *tests)


def _pictures(verdicts: dict[str, Verdict], truth: Truth) -> dict[str, Any]:
    """Return the reversed changes on black, and what the true trigger makes of black."""
    found = verdicts["neural_cleanse"].arrays
    black = np.zeros((1, 1, 28, 28), np.uint8)
    return {
        "mask": found["mask"],
        "reversed": found["mask"] * found["pattern"],
        "true": truth.trigger.stamp(black)[0] if not truth.control else black[0],
    }
