"""The images behind the figures: what is kept, and what became of each image."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from engine.core import bundle, unpack
from engine.core.records import Behind, Explored
from engine.measure.evaluate import evaluate
from engine.measure.gallery import behind, explore, follow, shortest
from engine.measure.kept import first_of_each
from engine.measure.sweep import sweep
from tests.conftest import context
from tests.measure.test_jobs import COMMON, FGSM, PGD

STAMP = {"poison_run": "engine.red.poisoning.badnets:Badnets", "poison_settings": {"share": 0.1, "target": 7}}


def held(index, sizes: dict, before=None) -> dict:
    """An attack's arrays; ``sizes`` says by ε which images are right after it."""
    index = np.array(index)
    before = np.ones(len(index), bool) if before is None else np.array(before, bool)
    found = {}
    for size, right in sizes.items():
        found |= {f"{size:g}/index": index, f"{size:g}/right": np.array(right, bool), f"{size:g}/right_before": before}
    return found


def attack(name: str, *arrays) -> tuple:
    return [SimpleNamespace(attack=name)], *arrays


def test_the_first_of_each_cell_are_kept() -> None:
    labels = np.array([1, 1, 1, 0, 1, 0])
    answers = np.array([1, 1, 7, 0, 1, 0])
    assert first_of_each(labels, answers, 2).tolist() == [3, 5, 0, 1, 2]
    assert sorted(first_of_each(labels, answers, 99).tolist()) == list(range(6))


def test_the_smallest_size_that_breaks_counts_with_all_who_broke_there() -> None:
    index = np.array([4, 7, 9, 12])
    one = attack("one", held([4, 7, 9, 12], {0.1: [1, 0, 1, 0], 0.3: [0, 0, 1, 0]}, [1, 1, 1, 0]))
    two = attack("two", held([4, 7], {0.1: [1, 0], 0.3: [0, 0]}))
    fates = follow(index, np.array([True, True, True, False]), [one, two], [], [0.3, 0.1])
    assert fates.epsilon.tolist() == [0.3, 0.1, np.inf, 0.0]
    assert fates.broke.tolist() == [[True, True, False, False], [True, True, False, False]]


def test_a_size_that_is_not_asked_for_does_not_count() -> None:
    one = attack("one", held([4], {0.2: [0], 0.3: [0]}))
    assert follow(np.array([4]), np.array([True]), [one], [], [0.3]).epsilon.tolist() == [0.3]


def test_the_largest_certificate_of_any_method_counts() -> None:
    rows = [SimpleNamespace(epsilon=e, method="m") for e in (0.1, 0.2)]
    arrays = {"index": np.array([4, 7]),
              "0.1/certified": np.array([True, True]), "0.2/certified": np.array([True, False]),
              "radius_index": np.array([7]), "radius": np.array([0.15], np.float32)}  # fmt: skip
    fates = follow(np.array([4, 7, 9]), np.ones(3, bool), [], [(rows, arrays)], [0.1])
    assert fates.proved.tolist() == pytest.approx([0.2, 0.15, 0.0])


def test_the_shortest_change_and_who_found_it() -> None:
    found = [attack(name, {"index": np.array(index), "size": np.array(size)}) for name, index, size in (
        ("a", [4, 7, 9], [2.0, np.inf, 0.0]), ("b", [4, 7], [1.0, np.inf]))]  # fmt: skip
    length, by = shortest(np.array([4, 7, 9, 12]), found)
    assert length[:3].tolist() == [1.0, np.inf, 0.0]
    assert np.isnan(length[3])
    assert by.tolist() == [1, -1, -1, -1]


def test_a_matrix_that_does_not_add_up_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        Behind(model="m", condition="clean", n=2, seed=0, dataset="d", confusion=((1,),), limit=1, kept=1, seconds=0.0,
               provenance=None)  # type: ignore[arg-type]  # fmt: skip
    with pytest.raises(ValueError, match="broken of 2"):
        Explored(model="m", n=2, seed=0, dataset="d", epsilons=(), attacks=(), smallest=(), methods=(), wrong=1,
                 broken=2, pictured=0, seconds=0.0, gradients=0, provenance=None)  # type: ignore[arg-type]  # fmt: skip


def test_the_pictures_are_those_of_the_evaluation(blob: bytes, trained: dict) -> None:
    needs = {"train/clean/seed0": trained}
    made = behind(context(blob, {**COMMON, **STAMP, "test_images": 100, "limit": 3}, needs))
    rows, arrays = unpack.records(made)["gallery"], bundle.arrays(made)
    spec = {**COMMON, **STAMP, "test_images": 100, "poison": "badnets", "own_poison": False}
    known = {row.condition: row for row in unpack.records(evaluate(context(blob, spec, needs)))["evaluation"]}
    for row in rows:
        assert row.confusion == known[row.condition].scores.confusion
        true, answer = (arrays[f"{row.condition}/{part}"] for part in ("true", "answer"))
        for label in range(10):
            for said in range(10):
                kept = int(((true == label) & (answer == said)).sum())
                assert kept == min(3, row.confusion[label][said])


def test_an_image_is_followed_through_real_attacks(blob: bytes, trained: dict) -> None:
    needs = {"train/clean/seed0": trained}
    swept = {name: sweep(context(blob, spec, needs)) for name, spec in (("attack/pgd", PGD), ("attack/fgsm", FGSM))}
    spec = {**COMMON, "images": 20, "epsilons": PGD["epsilons"], "settings": PGD["settings"]}
    made = explore(context(blob, spec, {**needs, **swept}))
    (row,), arrays = unpack.records(made)["gallery"], bundle.arrays(made)
    assert (row.n, row.attacks) == (20, ("pgd", "fgsm"))
    runs = [bundle.arrays(one) for one in swept.values()]
    for at, image in enumerate(arrays["index"].tolist()):
        fell = [size for size in PGD["epsilons"] for run in runs
                if not run[f"{size:g}/right"][run[f"{size:g}/index"].tolist().index(image)]]  # fmt: skip
        want = 0.0 if arrays["before"][at] != arrays["label"][at] else min(fell, default=np.inf)
        assert arrays["epsilon"][at] == want
        if arrays["after"][at] >= 0:
            assert arrays["after"][at] != arrays["label"][at]
            moved = np.abs(arrays["adv"][at].astype(int) - arrays["x"][at].astype(int)).max()
            assert moved <= 255 * arrays["epsilon"][at] + 1
    assert row.pictured == int((arrays["after"] >= 0).sum()) > 0
