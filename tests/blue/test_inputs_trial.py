"""The jobs of the input defences on a real small model, and their place in profile and plan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.blue.inputs.cost import cost
from engine.blue.inputs.registry import DEFENCES
from engine.blue.inputs.trial import bare, trial
from engine.core import bundle, profile, unpack
from engine.core.errors import UserError
from engine.core.jobs import Surroundings
from engine.core.records.inputs import InputDefence
from engine.measure.sweep import check_ball
from engine.plan import plan
from tests.conftest import ROOT, context

SPEC = {
    "model": "clean", "seed": 0, "network": "simplecnn", "images": 30, "epsilons": [0.1, 0.2],
    "effort": {"steps": 10, "adaptive_steps": 10, "step_ratio": 0.2, "eot_draws": 2, "queries": 20},
}  # fmt: skip
SQUEEZING = {"defence": "squeezing", "defence_run": DEFENCES["squeezing"].run, "settings": {"bits": 1}}


@pytest.fixture(scope="module")
def attacked(blob: bytes, trained: dict) -> dict:
    return bare(context(blob, SPEC, {"train/clean/seed0": trained}))


def tried(blob: bytes, trained: dict, attacked: dict, **changes: object) -> dict:
    needs = {"train/clean/seed0": trained, "inputs/clean/none/seed0": attacked}
    return trial(context(blob, {**SPEC, **SQUEEZING, **changes}, needs))


@pytest.fixture(scope="module")
def rows(blob: bytes, trained: dict, attacked: dict) -> list[InputDefence]:
    return unpack.records(tried(blob, trained, attacked))["inputs"]


def test_the_bare_model_is_its_own_control(attacked: dict) -> None:
    rows, held = unpack.records(attacked)["inputs"], bundle.arrays(attacked)
    assert [(row.attacker, row.epsilon) for row in rows] == [
        ("none", 0.0), ("adaptive", 0.1), ("worst", 0.1), ("adaptive", 0.2), ("worst", 0.2),
    ]  # fmt: skip
    assert all((row.lost, row.gained, row.p) == (0, 0, 1.0) for row in rows)
    assert rows[0].accuracy > rows[1].accuracy > rows[3].accuracy
    assert rows[2].successes == rows[1].successes - rows[2].only_search
    for size in (0.1, 0.2):
        assert held[f"adaptive/{size:g}/right"].sum() == next(row.successes for row in rows if row.epsilon == size)
    check_ball(held["0.1/adversarial"], held["0.2/adversarial"], 0.3)


def test_the_worst_is_no_better_than_any(rows: list[InputDefence]) -> None:
    by = {(row.attacker, row.epsilon): row for row in rows}
    assert len(by) == 9
    for size in (0.1, 0.2):
        worst = by["worst", size]
        assert all(worst.successes <= by[who, size].successes for who in ("blind", "naive", "adaptive"))
    for who in ("blind", "naive", "adaptive", "worst"):
        assert by[who, 0.2].successes <= by[who, 0.1].successes <= by["none", 0.0].successes


def test_a_quantiser_fools_the_naive_more_than_the_adaptive(rows: list[InputDefence]) -> None:
    by = {(row.attacker, row.epsilon): row for row in rows}
    assert by["naive", 0.2].accuracy > by["adaptive", 0.2].accuracy


def test_pairs_add_up(rows: list[InputDefence], attacked: dict) -> None:
    bare_rows = {(r.attacker, r.epsilon): r.successes for r in unpack.records(attacked)["inputs"]}
    for row in rows:
        assert row.successes - row.bare_successes == row.gained - row.lost
        who = row.attacker if row.attacker in ("none", "worst") else "adaptive"
        assert row.bare_successes == bare_rows[who, row.epsilon]


def test_twice_is_the_same_apart_from_times(blob: bytes, trained: dict, attacked: dict, rows: list) -> None:
    again = unpack.records(tried(blob, trained, attacked))["inputs"]
    assert [replace(row, seconds=0.0) for row in again] == [replace(row, seconds=0.0) for row in rows]


def test_other_images_than_the_bare_models_are_refused(blob: bytes, trained: dict, attacked: dict) -> None:
    with pytest.raises(UserError, match="other images"):
        tried(blob, trained, attacked, images=20)


def test_pictures_are_kept(blob: bytes, trained: dict, attacked: dict) -> None:
    held = bundle.arrays(tried(blob, trained, attacked))
    assert {"sample_clean", "sample_clean_seen", "sample_attacked", "sample_attacked_seen"} == {
        name for name in held if name.startswith("sample_")
    }
    assert np.isin(held["sample_attacked_seen"], (0, 1)).all(), "one bit"


def test_every_defence_is_timed(blob: bytes, trained: dict) -> None:
    told = {"squeezing": {"run": SQUEEZING["defence_run"], "settings": {"bits": 2}},
            "noise": {"run": DEFENCES["noise"].run, "settings": {"sigma": 0.2, "draws": 4}}}  # fmt: skip
    spec = {"model": "clean", "seed": 0, "network": "simplecnn", "warmup": 1, "repeats": 3, "defences": told}
    rows = unpack.records(cost(context(blob, spec, {"train/clean/seed0": trained})))["inputs"]
    by = {(row.defence, row.part): row.median_ms for row in rows}
    assert set(by) == {("none", "answer"), *((name, part) for name in told for part in ("defence", "answer"))}
    assert by["noise", "answer"] > 2 * by["none", "answer"], "four draws are four passes"
    assert by["squeezing", "defence"] < by["none", "answer"]


def made(**changes: object):
    smoke = profile.load("smoke")
    around = Surroundings({"torch": "1"}, "cpu", "data")
    return plan(replace(smoke, inputs=replace(smoke.inputs, **changes)), around, (60000, 10000))


def test_every_defence_meets_both_models() -> None:
    jobs = made(jpeg_quality=30, noise_sigma=0.2, noise_draws=3).jobs
    for model in ("clean", "hardened"):
        for entry in DEFENCES:
            job = jobs[f"inputs/{model}/{entry.name}/seed0"]
            assert job.needs == (f"train/{model}/seed0", f"inputs/{model}/none/seed0")
            assert len(job.cells) == 1 + 4 * 2
    assert jobs["inputs/clean/jpeg/seed0"].spec["settings"] == {"quality": 30}
    assert jobs["inputs/clean/noise/seed0"].spec["settings"] == {"sigma": 0.2, "draws": 3}


def test_a_setting_of_one_defence_reruns_that_one() -> None:
    before, after = made(), made(squeezing_bits=3)
    again = {name for name in before.jobs if before.keys[name] != after.keys[name]}
    assert again == {"inputs/clean/squeezing/seed0", "inputs/hardened/squeezing/seed0", "inputs/cost/seed0"}


@pytest.mark.parametrize("line", ["squeezing_bits = 0", "noise_sigma = 2.0", "jpeg_quality = 100", "eot_draws = 0"])
def test_a_bad_setting_in_a_profile_names_its_key(line: str, tmp_path) -> None:
    text = (ROOT / "engine/profiles/smoke.toml").read_text("utf-8")
    key = line.partition(" ")[0]
    lines = [line if old.startswith(key) else old for old in text.splitlines()]
    (tmp_path / "bad.toml").write_text("\n".join(lines), "utf-8")
    with pytest.raises(UserError, match=rf"inputs\.{key}"):
        profile.load(str(tmp_path / "bad.toml"))
