"""The certification job and the bracket, on real models and with forged certificates."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.blue.certification.bracket import ContradictionError, bracket, fallen
from engine.blue.certification.certify import certify, holds, radii
from engine.core import unpack
from engine.core.bundle import arrays, pack
from engine.measure.sweep import sweep
from engine.measure.worst import Run
from tests.conftest import context
from tests.measure.test_jobs import FGSM, PGD
from tests.report import example_certification

SIZES = [0.05, 0.1, 0.3]
SPEC = {
    "model": "certified",
    "seed": 0,
    "network": "ramped",
    "images": 100,
    "epsilons": SIZES,
    "method": "interval",
    "method_run": "engine.blue.certification.interval:interval",
    "half_images": 20,
    "halvings": 8,
}
NEED = "train/certified/seed0"


@pytest.fixture(scope="module")
def proofs(blob: bytes, proven: dict) -> dict:
    other = {"method": "linear", "method_run": "engine.blue.certification.linear:linear"}
    return {name: certify(context(blob, {**SPEC, **more}, {NEED: proven}))
            for name, more in (("interval", {}), ("linear", other))}  # fmt: skip


@pytest.fixture(scope="module")
def attacks(blob: bytes, proven: dict) -> dict:
    own = {"model": "certified", "network": "ramped"}
    return {name: sweep(context(blob, {**spec, **own, "images": [images] * 3}, {NEED: proven}))
            for name, spec, images in (("fgsm", FGSM, 100), ("pgd", PGD, 50))}  # fmt: skip


def job(blob: bytes, needs: dict, images: int = 50):
    spec = {"model": "certified", "seed": 0, "images": images, "epsilons": SIZES}
    return unpack.records(bracket(context(blob, spec, needs)))["certification"]


def without(attack: dict, size: float) -> dict:
    """The same bundle as if the attack had not been run at one of its sizes."""
    rows = [row for row in unpack.records(attack)["evasion"] if row.epsilon != size]
    return pack(
        {"evasion": rows}, {name: held for name, held in arrays(attack).items() if not name.startswith(f"{size:g}/")}
    )


def forged(proof: dict, size: float, images: set[int] | None = None) -> dict:
    """The same bundle, with these images, or every one, certified at one size."""
    held = arrays(proof)
    chosen = np.ones(len(held["index"]), bool) if images is None else np.isin(held["index"], list(images))
    held[f"{size:g}/certified"] |= chosen
    return pack(unpack.records(proof), held)


def test_certificates_shrink_with_the_size(proofs) -> None:
    for bundle in proofs.values():
        rows = unpack.records(bundle)["certification"]
        assert [row.epsilon for row in rows] == SIZES
        assert rows[0].right >= rows[0].successes >= rows[1].successes >= rows[2].successes
        assert rows[0].n == 100
        assert rows[1].successes > 50
    first, second = (unpack.records(bundle)["certification"] for bundle in proofs.values())
    assert all(a.successes <= b.successes for a, b in zip(first, second, strict=True))


def test_half_of_the_digits_is_a_median_of_radii(proofs) -> None:
    held = arrays(proofs["interval"])
    rows = unpack.records(proofs["interval"])["certification"]
    assert len(held["radius"]) == 20
    assert rows[0].half == pytest.approx(np.median(held["radius"]))
    place = np.isin(held["index"], held["radius_index"])
    step = 2**-8
    for size in SIZES:
        proved = held[f"{size:g}/certified"][place]
        assert proved[held["radius"] > size + step].all()
        assert not proved[held["radius"] < size - step].any()


def test_radii_are_found_by_halving() -> None:
    true = torch.tensor([0.0, 0.2, 0.55, 0.9])

    def bound(_x, y, epsilon):
        grown = (epsilon.flatten()[:, None] - true[y.long(), None]).expand(-1, 10)
        return torch.where(grown < 0, -1.0, 1.0)

    x, y = torch.zeros(4, 1, 28, 28), torch.arange(4)
    found = radii(bound, x, y, np.array([True, True, True, False]), 10)
    assert found == pytest.approx([0.0, 0.2, 0.55, 0.0], abs=2e-3)
    assert holds(bound, x, y, 0.3).tolist() == [False, False, True, True]
    assert holds(bound, x[:0], y[:0], 0.3).tolist() == []


def test_the_bracket_holds_on_a_real_model(blob, proofs, attacks) -> None:
    rows = job(blob, {**attacks, **proofs})
    assert [(row.epsilon, row.n) for row in rows] == [(size, 50) for size in SIZES]
    for row in rows:
        assert row.certified <= row.standing
        assert row.certified_low <= row.certified_rate <= row.certified_high
        assert row.standing_low <= row.standing_rate <= row.standing_high
    assert rows[1].certified > 20
    assert rows[0].methods == ("interval", "linear")
    assert rows[0].attacks == ("fgsm", "pgd")


def test_the_upper_end_is_what_every_attack_left(blob, proofs, attacks) -> None:
    runs = [Run(unpack.records(bundle)["evasion"], arrays(bundle)) for bundle in attacks.values()]
    index = set(arrays(attacks["pgd"])["0.1/index"].tolist())
    for row in job(blob, {**attacks, **proofs}):
        assert row.standing == len(index - fallen(runs, row.epsilon))
    assert fallen(runs, 0.05) <= fallen(runs, 0.1) <= fallen(runs, 0.3)


def test_what_the_strongest_attack_was_not_given_does_not_count(blob, proofs, attacks) -> None:
    """The faster attack saw twice the images; "not broken" by it alone is no robust accuracy."""
    wide = {row.n for row in job(blob, {"fgsm": attacks["fgsm"], **proofs}, images=100)}
    both = {row.n for row in job(blob, {**attacks, **proofs}, images=100)}
    assert (wide, both) == ({100}, {50})


def test_each_size_counts_the_images_that_its_attacks_were_given_there(blob, proven, proofs, attacks) -> None:
    own = {"model": "certified", "network": "ramped", "epsilons": [0.1, 0.3], "images": [20, 40], "attack": "few"}
    few = sweep(context(blob, {**PGD, **own}, {NEED: proven}))
    rows = job(blob, {**attacks, "few": few, **proofs}, images=100)
    assert {row.epsilon: row.n for row in rows} == {0.05: 20, 0.1: 20, 0.3: 40}
    rows = job(blob, {"fgsm": attacks["fgsm"], "few": without(few, 0.3), **proofs}, images=100)
    assert {row.epsilon: row.n for row in rows} == {0.05: 20, 0.1: 20, 0.3: 20}, "what fell at 0.1 stays fallen"


def test_a_forged_certificate_stops_the_job(blob, proofs, attacks) -> None:
    runs = [Run(unpack.records(bundle)["evasion"], arrays(bundle)) for bundle in attacks.values()]
    image = min(fallen(runs, 0.3) - fallen(runs, 0.1))
    with pytest.raises(ContradictionError, match=rf"certified, ε 0.3: certified but broken, test images \[{image}\]"):
        job(blob, {**attacks, **proofs, "linear": forged(proofs["linear"], 0.3, {image})})


def test_a_certificate_counts_at_every_smaller_size(blob, proofs, attacks) -> None:
    """Broken at 0.05 and certified at 0.3 is a contradiction at both."""
    held = arrays(attacks["fgsm"])
    assert not held["0.05/right"].all(), "else there is nothing to contradict"
    with pytest.raises(ContradictionError, match=r"ε 0.05"):
        job(blob, {**attacks, **proofs, "interval": forged(proofs["interval"], 0.3)})


def test_an_image_outside_the_counted_ones_contradicts_as_well(blob, proofs, attacks) -> None:
    only = {"fgsm": attacks["fgsm"], "interval": forged(proofs["interval"], 0.05)}
    with pytest.raises(ContradictionError):
        job(blob, only, images=10)


@pytest.mark.parametrize(("proved", "stands", "said"), [(6, 5, "6 certified, 5 standing"), (5, 2000, "2000 standing")])
def test_a_record_with_its_ends_crossed_cannot_be_made(proved: int, stands: int, said: str) -> None:
    good = example_certification.bracket("certified", 0.1, 5, 6)
    with pytest.raises(ValueError, match=said):
        replace(good, certified=proved, standing=stands)
    with pytest.raises(ValueError, match="were broken"):
        replace(good, contradictions=1)


def test_more_certified_than_right_cannot_be_recorded() -> None:
    with pytest.raises(ValueError, match="only 4 right"):
        example_certification.certified("clean", "interval", 0.1, 5, right=4)
