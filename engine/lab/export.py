"""The lab's files and records, from the trained weights in the store. Kept by digest: done once a model."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from safetensors.numpy import load
from threadpoolctl import threadpool_limits

from engine.core.bundle import WEIGHTS
from engine.core.rates import wilson
from engine.core.records import Build, Pending, Skipped, TrainingRun
from engine.core.records.lab import Exported
from engine.core.seeds import derive
from engine.core.store import Store
from engine.data.mnist import Digits, stratified
from engine.lab import networks, weights
from engine.lab.networks import LAYERS, Array

VERSION = 1  # of the files; a new one makes every kept entry again
TRIED = 500  # test images on which rounding is judged, fewer where a build has fewer
OFFERED = 40  # test images that a reader can pick
FOLDER = "data/lab"


@dataclass(frozen=True)
class Lab:
    """Makes the lab's files of the models that have a title; ``cache`` is a folder for what was made."""

    digits: Digits
    store: Store
    titles: dict[str, str]
    cache: Path

    def made(self, rows: Iterable[Any], build: Build) -> tuple[tuple[Any, ...], dict[str, bytes]]:
        """Return a record a model, `Pending` where it is not trained yet, and files by their path below ``docs``."""
        records: list[Any] = []
        entries, files = [], {}
        for row in rows:
            if row.model not in self.titles or row.seed != build.seeds[0]:
                continue
            if isinstance(row, Pending | Skipped):
                records.append(_waiting(row))
            elif isinstance(row, TrainingRun) and row.network in LAYERS:
                found = self._model(row, min(TRIED, build.test_images))
                if found is not None:
                    record, entry, content = found
                    records.append(record)
                    told = {"model": row.model, "title": self.titles[row.model]}
                    entries.append(entry | told | {"bounded": row.recipe.get("recipe") == "interval"})
                    files[f"{FOLDER}/{entry['file']}"] = content
        offered, labels, places = self._offered(build.seeds[0])
        pictures = {"file": "digits.bin", "labels": labels, "places": places, "dataset": self.digits.name}
        manifest = {"version": VERSION, "models": entries, "stamp": _stamp(rows), "digits": pictures}
        files[f"{FOLDER}/digits.bin"] = offered.tobytes()
        files[f"{FOLDER}/manifest.json"] = (json.dumps(manifest, sort_keys=True) + "\n").encode()
        return tuple(records), files

    def _offered(self, seed: int) -> tuple[Array, list[int], list[int]]:
        """Return test images to pick from, as many of each digit, with their labels and places in the test set."""
        chosen = stratified(self.digits.test_y, OFFERED, derive("lab", "offered", seed))
        order = chosen[np.argsort(self.digits.test_y[chosen], kind="stable")]
        return self.digits.test_x[order], self.digits.test_y[order].tolist(), order.tolist()

    def _model(self, run: TrainingRun, tried: int) -> tuple[Exported, dict[str, Any], bytes] | None:
        """Return record, entry and file of a model, None where the store has no weights; kept between builds."""
        what = [VERSION, tried, run.model, run.network, run.weights_sha256, run.dataset, run.seed]
        name = sha256(json.dumps(what).encode()).hexdigest()
        kept, file = self.cache / f"{name}.json", self.cache / f"{name}.bin"
        if kept.is_file() and file.is_file():
            told, content = json.loads(kept.read_bytes()), file.read_bytes()
            if told.get("digest") == sha256(content).hexdigest():
                return self._record(run, told), told["entry"], content
        trained = self.store.read(run.provenance.job, (WEIGHTS,)) or {}
        if WEIGHTS not in trained:
            return None
        packed, judged = _judged(run, load(trained[WEIGHTS]), self.digits, tried)
        told = {"entry": packed.entry, "digest": sha256(packed.content).hexdigest(), **judged}
        self.cache.mkdir(parents=True, exist_ok=True)
        for target, content in ((file, packed.content), (kept, json.dumps(told).encode())):
            part = target.with_name(f".{target.name}.part")
            part.write_bytes(content)
            part.replace(target)
        return self._record(run, told), packed.entry, packed.content

    def _record(self, run: TrainingRun, told: dict[str, Any]) -> Exported:
        n, right, changed = told["n"], told["right"], told["changed"]
        low, high = wilson(right, n)
        changed_low, changed_high = wilson(changed, n)
        return Exported(
            model=run.model,
            norm="none",
            epsilon=0.0,
            n=n,
            seed=run.seed,
            dataset=run.dataset,
            successes=right,
            accuracy=right / n,
            low=low,
            high=high,
            seconds=told["seconds"],
            gradients=0,
            queries=2 * n,
            flags=(),
            provenance=run.provenance,
            network=run.network,
            precision="int8 by output row",
            weights_sha256=run.weights_sha256,
            file=f"lab/{told['entry']['file']}",
            bytes=told["entry"]["bytes"],
            full_accuracy=told["full"] / n,
            changed=changed,
            changed_rate=changed / n,
            changed_low=changed_low,
            changed_high=changed_high,
        )


def _judged(
    run: TrainingRun, trained: dict[str, Array], digits: Digits, tried: int
) -> tuple[weights.Packed, dict[str, Any]]:
    """Return the int8 file, and how it answers a stratified part of the test set beside the trained weights."""
    began = perf_counter()
    chosen = stratified(digits.test_y, tried, derive("lab", "tried", run.seed))
    images, labels = digits.test_x[chosen], digits.test_y[chosen]
    with threadpool_limits(1):  # workers have the other cores; more threads would take their time and save none
        full, small = (
            networks.logits(run.network, held, images).argmax(axis=1) for held in (trained, weights.rounded(trained))
        )
    right, before = int((small == labels).sum()), int((full == labels).sum())
    judged = {"n": len(labels), "right": right, "full": before, "changed": int((small != full).sum())}
    packed = weights.pack(run.model, run.network, trained)
    return packed, judged | {"seconds": perf_counter() - began}


def _waiting(row: Pending | Skipped) -> Pending | Skipped:
    return type(row)(**{**asdict(row), "family": "lab", "subject": "export"})


def _stamp(rows: Iterable[Any]) -> dict[str, int] | None:
    """Return the square of the backdoored model, as its training record tells it; None where none is trained."""
    keys = {"size": "trigger_size", "row": "trigger_row", "column": "trigger_column", "level": "trigger_level"}
    for row in rows:
        if isinstance(row, TrainingRun) and row.recipe.get("poison") == "badnets":
            return {name: int(row.recipe[key]) for name, key in keys.items()} | {"target": int(row.recipe["target"])}
    return None
