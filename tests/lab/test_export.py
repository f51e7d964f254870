"""What a build writes for the lab."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from engine.core.bundle import WEIGHTS
from engine.core.records import Exported, Pending
from engine.lab import export, networks
from engine.lab.export import FOLDER, Lab
from engine.measure import metrics
from engine.report.lab import BUDGET, PAGE, first
from tests.report import example

TITLES = {"clean": "Clean", "backdoored": "Backdoored", "hardened": "Hardened", "certified": "Certified"}
SQUARE = {"trigger_size": 3, "trigger_row": 25, "trigger_column": 25, "trigger_level": 85}
BADNETS = {"poison": "badnets", "target": 7, **SQUARE}


class Held:
    """A store of weights by training job."""

    def __init__(self, weights: dict[str, bytes]) -> None:
        self.weights = weights

    def read(self, key: str, only: tuple[str, ...]) -> dict[str, bytes] | None:
        assert only == (WEIGHTS,)
        return {WEIGHTS: self.weights[key]} if key in self.weights else None


def trained(model: str, network: str, weights: bytes, **recipe: object):
    run = example.training(model)
    return replace(
        run, network=network, weights_sha256=sha256(weights).hexdigest(), recipe={**run.recipe, **recipe},
        provenance=replace(run.provenance, job=f"job of {model}"),
    )  # fmt: skip


@pytest.fixture
def rows(bundles: dict[str, bytes]) -> list:
    return [
        trained("clean", "simplecnn", bundles["simplecnn"]),
        trained("backdoored", "strided", bundles["strided"], **BADNETS),
        example.pending("training", "hardened", "adversarial"),
        trained("certified", "ramped", bundles["ramped"]),
        replace(trained("clean", "simplecnn", bundles["simplecnn"]), seed=1),
        replace(trained("clean", "strided", bundles["strided"]), model="surrogate"),
    ]


@pytest.fixture
def lab(digits, bundles: dict[str, bytes], tmp_path: Path) -> Lab:
    jobs = {"clean": "simplecnn", "backdoored": "strided", "certified": "ramped"}
    held = Held({f"job of {model}": bundles[network] for model, network in jobs.items()})
    return Lab(digits, held, TITLES, tmp_path / "kept")


def test_a_record_and_a_file_for_each_trained_model(lab: Lab, rows, digits) -> None:
    records, files = lab.made(rows, example.build())
    assert [(row.model, type(row)) for row in records] == [
        ("clean", Exported), ("backdoored", Exported), ("hardened", Pending), ("certified", Exported),
    ]  # fmt: skip
    assert records[2].family == "lab"
    manifest = json.loads(files[f"{FOLDER}/manifest.json"])
    assert [entry["model"] for entry in manifest["models"]] == ["clean", "backdoored", "certified"]
    assert [entry["bounded"] for entry in manifest["models"]] == [False, False, True]
    assert manifest["stamp"] == {"size": 3, "row": 25, "column": 25, "level": 85, "target": 7}
    for entry, row in zip(manifest["models"], (records[0], records[1], records[3]), strict=True):
        content = files[f"{FOLDER}/{entry['file']}"]
        assert row.bytes == entry["bytes"] == len(content)
        assert sha256(zlib.decompress(content)).hexdigest() == entry["sha256"]
    shown = np.frombuffer(files[f"{FOLDER}/digits.bin"], np.uint8).reshape(-1, 1, 28, 28)
    assert np.array_equal(shown, digits.test_x[manifest["digits"]["places"]])
    assert digits.test_y[manifest["digits"]["places"]].tolist() == manifest["digits"]["labels"]
    assert np.bincount(manifest["digits"]["labels"]).tolist() == [4] * 10


def test_the_cost_is_what_torch_sees(lab: Lab, rows, digits, bundles) -> None:
    from safetensors.numpy import load

    from engine.core.seeds import derive
    from engine.data.mnist import stratified
    from engine.lab.weights import rounded
    from engine.networks import from_bytes

    records, _ = lab.made(rows, example.build())
    chosen = stratified(digits.test_y, export.TRIED, derive("lab", "tried", 0))
    images, labels = digits.test_x[chosen], digits.test_y[chosen]
    for row, network in ((records[0], "simplecnn"), (records[3], "ramped")):
        small = save({name: np.asarray(value) for name, value in rounded(load(bundles[network])).items()})
        full, less = (metrics.predict(from_bytes(network, held), images) for held in (bundles[network], small))
        assert (row.n, row.successes, row.changed) == (500, int((less == labels).sum()), int((less != full).sum()))
        assert row.full_accuracy == pytest.approx((full == labels).mean())


def test_a_small_build_judges_on_few_images(lab: Lab, rows) -> None:
    records, _ = lab.made(rows, replace(example.build(), test_images=60))
    assert {row.n for row in records if isinstance(row, Exported)} == {60}


def test_what_was_made_is_kept(lab: Lab, rows, monkeypatch: pytest.MonkeyPatch) -> None:
    first = lab.made(rows, example.build())

    def never(*_arguments: object) -> np.ndarray:
        raise AssertionError("computed again")

    monkeypatch.setattr(networks, "logits", never)
    assert lab.made(rows, example.build()) == first


def test_two_models_of_the_same_weights_have_a_file_each(digits, bundles: dict[str, bytes], tmp_path: Path) -> None:
    rows = [trained(model, "strided", bundles["strided"]) for model in ("clean", "hardened")]
    held = Held({row.provenance.job: bundles["strided"] for row in rows})
    records, files = Lab(digits, held, TITLES, tmp_path).made(rows, example.build())
    assert [row.file for row in records] == ["lab/clean.bin", "lab/hardened.bin"]
    assert files[f"{FOLDER}/clean.bin"] == files[f"{FOLDER}/hardened.bin"]


def test_a_damaged_keepsake_is_made_again(lab: Lab, rows) -> None:
    _, first = lab.made(rows, example.build())
    for path in lab.cache.glob("*.bin"):
        path.write_bytes(path.read_bytes()[:-1] + b"!")
    _, second = lab.made(rows, example.build())
    assert second == first


def test_without_a_model_there_is_a_manifest_that_says_so(lab: Lab) -> None:
    waiting = [example.pending("training", "clean", "standard")]
    records, files = lab.made(waiting, example.build())
    assert [row.kind for row in records] == ["pending"]
    manifest = json.loads(files[f"{FOLDER}/manifest.json"])
    assert (manifest["models"], manifest["stamp"]) == ([], None)


def test_what_comes_first_fits_whatever_the_weights_are() -> None:
    """Weights that hardly shrink leave room for one model beside the page, others for two."""
    for clean, certified, wanted in ((1.24e6, 0.55e6, ["clean", "certified"]), (1.63e6, 0.86e6, ["clean"])):
        sizes = {"clean": int(clean), "hardened": 10, "certified": int(certified)}
        assert first(sizes) == wanted
        assert sum(sizes[name] for name in wanted) <= BUDGET
    assert first({"certified": 10}) == ["certified"]
    assert BUDGET + PAGE <= 2.5e6
