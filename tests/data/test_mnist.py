from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import UserError
from engine.data import mnist

SMALL = {name: bytes([0, 0, 8, 1 if "labels" in name else 3]) for name in mnist.DIGESTS}


def idx(images: int, labels: bool) -> bytes:
    head = bytes([0, 0, 8, 1 if labels else 3]) + images.to_bytes(4, "big")
    return head + (bytes(range(images)) if labels else (28).to_bytes(4, "big") * 2 + bytes(images * 784))


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Four tiny IDX files, whose digests are made the expected ones."""
    contents = {name: idx(9 if "train" in name else 3, "labels" in name) for name in mnist.DIGESTS}
    monkeypatch.setattr(
        mnist, "DIGESTS", {name: mnist.sha256(content).hexdigest() for name, content in contents.items()}
    )
    return contents


def put(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("layout", ["", "raw", "MNIST/raw"])
def test_a_folder_of_the_users_is_read(tmp_path: Path, files: dict[str, bytes], layout: str) -> None:
    put(tmp_path / layout, files)
    digits = mnist.load(tmp_path)
    assert (digits.name, len(digits.train_y), len(digits.test_y)) == ("MNIST", 9, 3)
    assert digits.train_x.shape == (9, 1, 28, 28)
    assert digits.train_x.dtype == np.uint8


def test_a_wrong_digest_names_file_both_digests_and_carrier_and_deletes_nothing(
    tmp_path: Path, files: dict[str, bytes]
) -> None:
    put(tmp_path, files)
    target = tmp_path / "train-labels-idx1-ubyte"
    target.write_bytes(b"tampered")
    expected, found = mnist.DIGESTS[target.name], mnist.sha256(b"tampered").hexdigest()
    with pytest.raises(UserError) as caught:
        mnist.load(tmp_path)
    for part in (str(target), expected, found, f"the folder {tmp_path}", "--data"):
        assert part in str(caught.value)
    assert target.read_bytes() == b"tampered"


def test_a_missing_file_is_named(tmp_path: Path, files: dict[str, bytes]) -> None:
    put(tmp_path, files)
    (tmp_path / "t10k-images-idx3-ubyte").unlink()
    with pytest.raises(UserError, match="t10k-images-idx3-ubyte is missing"):
        mnist.load(tmp_path)


def unreachable(_scratch: Path) -> Path:
    raise mnist.CarrierError("not reachable")


def test_carriers_are_tried_in_order_and_each_failure_is_said(
    tmp_path: Path, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def tampered(scratch: Path) -> Path:
        return put(scratch / "raw", {**files, "train-labels-idx1-ubyte": b"evil"})

    monkeypatch.setattr(mnist, "_mirrors", tampered)
    monkeypatch.setattr(mnist, "_npm", lambda scratch: put(scratch, files))
    said: list[str] = []
    digits = mnist.load(tmp_path, said.append)
    assert digits.carrier == f"npm package {mnist.NPM_PACKAGE}"
    assert len(said) == 1
    assert "torchvision's mirrors" in said[0]
    assert mnist.sha256(b"evil").hexdigest() in said[0]
    assert mnist.load(tmp_path).carrier == "folder raw", "what was checked is kept"


def test_without_a_carrier_the_subset_is_used_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mnist, "_mirrors", unreachable)
    monkeypatch.setattr(mnist, "_npm", unreachable)
    said: list[str] = []
    digits = mnist.load(tmp_path, said.append)
    assert digits.name == "MNIST-5k subset"
    assert (len(digits.train_y), len(digits.test_y)) == (4000, 1000)
    assert np.bincount(digits.test_y).tolist() == [100] * 10
    assert "marked on every page" in said[-1]
    assert not (tmp_path / "MNIST").exists(), "the subset must not pose as the full set later"


def test_the_npm_archive_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pack(command: list[str], **_options: object) -> None:
        with tarfile.open(tmp_path / "evil.tgz", "w:gz") as tar:
            for name in mnist.DIGESTS:
                link = tarfile.TarInfo(f"package/data/{name}")
                link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
                tar.addfile(link, io.BytesIO())

    monkeypatch.setattr(subprocess, "run", pack)
    monkeypatch.setattr(mnist.shutil, "which", lambda _name: "npm")
    with pytest.raises(mnist.CarrierError, match="not a regular file"):
        mnist._npm(tmp_path)


def test_encode_and_decode(digits: mnist.Digits, blob: bytes) -> None:
    again = mnist.decode(blob)
    for part in ("train_x", "train_y", "test_x", "test_y"):
        assert np.array_equal(getattr(again, part), getattr(digits, part))
    assert (again.name, again.digests) == (digits.name, digits.digests)
    assert not again.train_x.flags.owndata, "a worker must not hold the images twice"


@settings(max_examples=30, deadline=None)
@given(st.integers(10, 300), st.integers(0, 5))
def test_stratified_is_even_sorted_and_repeatable(count: int, seed: int) -> None:
    labels = np.repeat(np.arange(10), 40)
    chosen = mnist.stratified(labels, count, seed)
    assert len(chosen) == len(set(chosen.tolist())) == count
    shares = np.bincount(labels[chosen], minlength=10)
    assert shares.max() - shares.min() <= 1
    assert np.array_equal(chosen, mnist.stratified(labels, count, seed))
    assert np.array_equal(chosen, np.sort(chosen))
