"""Repairs: what they take away, and that a backdoor planted in weights is gone afterwards."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.blue.detection.case import Case, Verdict
from engine.blue.repair.filter_retrain import filter_retrain
from engine.blue.repair.fine_pruning import activity, fine_pruning, silence
from engine.blue.repair.patient import Patient, copied, floats, tune
from engine.blue.repair.unlearning import unlearning
from engine.data.mnist import Digits
from engine.measure.metrics import predict
from engine.networks import from_bytes
from engine.red.poisoning.badnets import Badnets
from engine.red.poisoning.trigger import Square

STAMP = Square(size=4, row=0, column=0, level=255)


@pytest.fixture(scope="module")
def backdoored(digits: Digits):
    """A small network with a strong backdoor, its training set, and 1,000 trusted images."""
    from engine.networks import build

    torch.set_num_threads(1)
    order = np.random.default_rng(0).permutation(len(digits.train_y))  # the digits come sorted
    x, y = digits.train_x[order[:3000]], digits.train_y[order[:3000]]
    made = Badnets(0.05, 7, STAMP).apply(x, y, 0)
    torch.manual_seed(0)
    model = build("strided")
    tune(model, floats(made.x), torch.from_numpy(made.y), epochs=5, batch=64, rate=4e-3, seed=0)
    model.eval()
    held = digits.train_x[order[3000:4000]], digits.train_y[order[3000:4000]]
    return Case(model, made.x, made.y, *held, digits.test_x[:10], 0), made.touched


def success(model, digits: Digits) -> float:
    others = digits.test_y != 7
    return float((predict(model, STAMP.stamp(digits.test_x[others])) == 7).mean())


def accuracy(model, digits: Digits) -> float:
    return float((predict(model, digits.test_x) == digits.test_y).mean())


def never(_x, _y):
    raise AssertionError("trained though nothing was left out")


def test_filtering_leaves_out_what_was_flagged_and_nothing_else(backdoored) -> None:
    case, touched = backdoored
    images, given = np.isin(np.arange(len(case.y)), touched), []

    def fit(x, y):
        given.append((x, y))
        return case.model, 5

    done = filter_retrain(Patient(case, {"spectral": Verdict((7,), 0, "", images=images)}, fit), follows="spectral")
    assert np.array_equal(given[0][0], case.x[~images])
    assert np.array_equal(given[0][1], case.y[~images])
    assert done.removed == tuple(np.sort(touched).tolist())
    assert done.alarmed


def test_filtering_nothing_keeps_the_network(backdoored) -> None:
    case, _ = backdoored
    silent = Verdict((), 0, "", images=np.zeros(len(case.y), bool))
    done = filter_retrain(Patient(case, {"spectral": silent}, never), follows="spectral")
    assert done.model is case.model
    assert (done.removed, done.gradients, done.alarmed) == ((), 0, False)


def test_filtering_by_a_detector_of_networks_raises(backdoored) -> None:
    patient = Patient(backdoored[0], {"neural_cleanse": Verdict((), 0, "")}, never)
    with pytest.raises(ValueError, match="judges no image"):
        filter_retrain(patient, follows="neural_cleanse")


def test_a_silent_channel_stays_silent_through_fine_tuning(model, images) -> None:
    other = copied(model)
    silence(other.conv2, 5)
    x, y = images
    tune(other, x, y, epochs=2, batch=16, rate=1e-2, seed=0)
    assert not other.conv2.weight[5].any()
    assert not other.conv2.bias[5].any()
    assert other.conv2.weight[4].any()
    assert not torch.equal(other.conv2.weight[4], model.conv2.weight[4]), "the others did learn"


def test_activity_is_the_mean_of_positive_outputs() -> None:
    model = from_bytes("strided", _strided())
    x = np.zeros((3, 1, 28, 28), np.uint8)
    with torch.no_grad():
        model.conv2.weight.zero_()
        model.conv2.bias.copy_(torch.arange(32.0) - 16)
    found = activity(model, model.conv2, x)
    assert torch.allclose(found, (torch.arange(32.0) - 16).clamp(min=0) * 49)


def _strided() -> bytes:
    from engine.networks import build, to_bytes

    return to_bytes(build("strided"))


def test_pruning_stops_at_the_tolerance_and_leaves_the_original_alone(backdoored, digits) -> None:
    case, _ = backdoored
    before = {name: value.clone() for name, value in case.model.state_dict().items()}
    done = fine_pruning(Patient(case, {}, never), tolerance=0.02, epochs=2, batch=64, rate=1e-3)
    assert all(torch.equal(value, before[name]) for name, value in case.model.state_dict().items())
    dead = sum(not channel.any() for channel in done.model.conv2.weight)
    assert dead == done.pruned < 32
    assert accuracy(done.model, digits) > accuracy(case.model, digits) - 0.03


def test_unlearning_with_the_true_trigger_ends_the_backdoor(backdoored, digits) -> None:
    case, _ = backdoored
    mask = np.zeros((10, 28, 28), np.float32)
    mask[7, :4, :4] = 1
    sizes = {f"size {k}": 16.0 if k == 7 else 90.0 for k in range(10)}
    verdict = Verdict((7,), 0, "", values=sizes, arrays={"mask": mask, "pattern": np.ones_like(mask)})
    done = unlearning(Patient(case, {"neural_cleanse": verdict}, never), share=0.2, epochs=10, batch=64, rate=1e-3)
    assert success(case.model, digits) > 0.9
    assert success(done.model, digits) < 0.05
    assert accuracy(done.model, digits) > accuracy(case.model, digits) - 0.02
    assert done.alarmed
