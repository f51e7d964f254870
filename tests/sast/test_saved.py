"""Saved files are judged by what is in them, and nothing in them runs."""

from __future__ import annotations

import io
import pickle

import joblib
import numpy as np
import pytest
import torch

from engine.core.errors import UserError
from engine.networks import build, to_bytes
from engine.sast import saved
from tests.sast import payloads


def written(write) -> bytes:
    buffer = io.BytesIO()
    write(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["pickle", "npz", "npy", "torch", "old torch", "second", "joblib"])
def test_a_trap_is_seen_and_not_sprung(tmp_path, kind):
    marker = tmp_path / "marker"
    trap = payloads.Trap(marker)
    content = {
        "pickle": payloads.trapped_pickle(marker),
        "npz": payloads.trapped_npz(marker),
        "npy": written(lambda file: np.save(file, np.array([trap], dtype=object))),
        "torch": written(lambda file: torch.save(trap, file)),
        "old torch": written(lambda file: torch.save(trap, file, _use_new_zipfile_serialization=False)),
        "second": pickle.dumps([1]) + payloads.trapped_pickle(marker),
        "joblib": written(lambda file: joblib.dump(trap, file)),
    }[kind]
    assert saved.judge("a.safetensors", content).holds == "may run code"
    assert not marker.exists()


@pytest.mark.parametrize("kind", ["safetensors", "npz", "npy", "pickle"])
def test_numbers_are_numbers(kind):
    content = {
        "safetensors": to_bytes(build("strided")),
        "npz": written(lambda file: np.savez(file, x=np.zeros(3))),
        "npy": written(lambda file: np.save(file, np.zeros(3))),
        "pickle": pickle.dumps({"a": [1, 2.5]}),
    }[kind]
    assert saved.judge("a.bin", content).holds == "numbers only"


@pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x03\x04broken", b"\x93NUMPYbroken"])
def test_what_cannot_be_read_is_not_called_clean(content):
    assert saved.judge("a.pt", content).holds == "not readable"


def test_a_safetensors_file_with_more_in_it_is_none():
    good = to_bytes(build("strided"))
    assert saved.safetensors_fault(good) == ""
    assert "no tensor" in saved.safetensors_fault(good + b"x")
    assert "overlap" in saved.safetensors_fault(good.replace(b'"data_offsets":[0,', b'"data_offsets":[4,', 1))


def test_a_scanner_that_sees_nothing_fails_the_build(tmp_path, monkeypatch):
    assert [row.control for row in saved.saved(tmp_path)] == [True]
    monkeypatch.setattr(saved, "pickle_fault", lambda _content: "")
    with pytest.raises(UserError, match="does not see"):
        saved.saved(tmp_path)
