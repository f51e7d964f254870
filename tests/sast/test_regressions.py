"""The inputs of the exploits, given to our own code: each is refused."""

from __future__ import annotations

import io
import random
import socket
import tarfile
from hashlib import sha256
from pathlib import Path

import joblib
import numpy as np
import pytest
import torch

from engine.core import bundle, cards, profile
from engine.core.errors import UserError
from engine.core.store import Store
from engine.data import mnist
from engine.networks import build, from_bytes, to_bytes
from engine.red.poisoning.label_kept import LabelKept
from engine.serve import models
from tests.conftest import ROOT
from tests.sast import payloads, sandbox


def card(weights: bytes, network: str = "simplecnn") -> cards.Card:
    return cards.Card(
        model="clean", title="Clean", network=network, recipe={}, dataset="MNIST", seed=0, profile="smoke",
        job="0" * 64, sha256=sha256(weights).hexdigest(), bytes=len(weights), metrics={},
    )  # fmt: skip


def smoke(**keys: str) -> str:
    """The smoke profile's text with some keys given other values."""
    lines = (profile.FOLDER / "smoke.toml").read_text("utf-8").splitlines()
    for key, value in keys.items():
        place = next(number for number, line in enumerate(lines) if line.startswith(f"{key} ="))
        lines[place] = f"{key} = {value}"
    return "\n".join(lines)


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    return tmp_path / "marker"


def test_a_swapped_set_is_refused_by_its_digest(tmp_path):
    """Whoever swapped it, and on whatever way: what a carrier brought is read after this check only."""
    for name in mnist.DIGESTS:
        (tmp_path / name).write_bytes(payloads.archive({"swapped": b"x"}))
    with pytest.raises(UserError, match="has SHA-256"):
        mnist._checked(tmp_path, "a carrier")


def test_a_url_is_no_folder(tmp_path):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(b"private")
    assert mnist._raw_folder(tmp_path) == tmp_path
    assert mnist._raw_folder(Path(tmp_path.as_uri())) is None


@pytest.mark.parametrize("name", ["../escaped", "way", "way/through"])
def test_an_archive_says_nothing_about_where_it_goes(tmp_path, name):
    outside = tmp_path / "outside"
    outside.mkdir()
    content = payloads.archive({"../escaped": b"x", "way/through": b"x"}, {"way": str(outside)})
    target = tmp_path / "inner" / "train-labels-idx1-ubyte"
    target.parent.mkdir()
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        with pytest.raises(KeyError):
            mnist._extract(tar, "package/data/train-labels-idx1-ubyte", target)
        if name == "way":
            with pytest.raises(ValueError, match="not a regular file"):
                mnist._extract(tar, name, target)
        else:  # even a member of that name goes where we say
            mnist._extract(tar, name, target)
    assert not (tmp_path / "escaped").exists()
    assert list(outside.iterdir()) == []


def test_files_that_share_an_md5_do_not_share_our_digest(tmp_path, monkeypatch):
    monkeypatch.setattr(mnist, "DIGESTS", {"file": sha256(payloads.FIRST).hexdigest()})
    (tmp_path / "file").write_bytes(payloads.FIRST)
    assert mnist._checked(tmp_path, "a carrier") == {"file": payloads.FIRST}
    (tmp_path / "file").write_bytes(payloads.SECOND)
    with pytest.raises(UserError, match="has SHA-256"):
        mnist._checked(tmp_path, "a carrier")


@pytest.mark.parametrize("kind", ["pickle", "npz", "joblib"])
def test_stored_arrays_run_no_code(marker, tmp_path, kind):
    content = payloads.trapped_pickle(marker) if kind == "pickle" else payloads.trapped_npz(marker)
    if kind == "joblib":
        joblib.dump(payloads.Trap(marker), tmp_path / "weights.joblib")
        content = (tmp_path / "weights.joblib").read_bytes()
    with pytest.raises((ValueError, OSError, AttributeError)):
        bundle.arrays({bundle.ARRAYS: content})
    assert not marker.exists()


def test_a_file_swapped_in_the_store_is_set_aside(marker, tmp_path):
    store = Store(tmp_path / "store")
    store.write("ab" * 32, {bundle.ARRAYS: b"honest"}, {"name": "a"})
    (tmp_path / "store/ab" / ("ab" * 32) / bundle.ARRAYS).write_bytes(payloads.trapped_npz(marker))
    assert store.read("ab" * 32) is None
    assert "digest" in store.damaged[0]


def test_images_are_decoded_as_numbers(marker):
    with pytest.raises(ValueError, match=r".+"):
        mnist._idx(payloads.trapped_npz(marker))
    assert not marker.exists()


def test_an_array_of_objects_is_not_saved(marker):
    labels = np.array([payloads.Trap(marker), 1], dtype=object)
    with pytest.raises(ValueError, match="Object arrays cannot be saved"):
        bundle.pack({}, {"labels": labels})
    assert not marker.exists()


def test_what_is_stamped_follows_its_own_seed_only():
    x, y = np.zeros((1000, 1, 28, 28), np.uint8), np.full(1000, 7)
    chosen = []
    for seed in (1, 2):  # someone steers, and someone watches, the generators of the whole process
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        before = random.getstate()
        chosen.append(LabelKept().apply(x, y, 0).touched.tolist())
        assert random.getstate() == before
    assert chosen[0] == chosen[1]
    assert LabelKept().apply(x, y, 1).touched.tolist() != chosen[0]


@pytest.mark.parametrize("kind", ["yaml", "eval"])
def test_a_profile_runs_no_code(marker, tmp_path, kind):
    text = payloads.trapped_yaml(marker)
    if kind == "eval":
        expression = payloads.expression(marker).replace('"', "'")
        text = smoke(seeds=f'["{expression}"]')
    path = tmp_path / "hostile.toml"
    path.write_text(text)
    with pytest.raises(UserError, match=r"hostile\.toml"):
        profile.load(str(path))
    assert not marker.exists()


def test_a_size_out_of_range_is_refused_under_o_too(tmp_path):
    (tmp_path / "huge.toml").write_text(smoke(epsilons="[5.0]"))
    script = (
        "from engine.core import profile\nfrom engine.core.errors import UserError\n"
        "try:\n    profile.load('huge.toml')\nexcept UserError as error:\n"
        "    print(json.dumps([__debug__, str(error)]))\n"
    )
    asserts, said = sandbox.run(script, tmp_path, paths=(ROOT,), optimise=True).facts()
    assert asserts is False
    assert "epsilons" in said


def test_a_hub_repository_is_no_network(tmp_path, marker, monkeypatch):
    hub = tmp_path / "hub/someone_models_main"
    hub.mkdir(parents=True)
    (hub / "hubconf.py").write_text(f"open({str(marker)!r}, 'x').close()\nsimplecnn = dict\n")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(Exception, match="someone/models:main"):
        build("someone/models:main")
    cards.write(tmp_path / "models", card(b"weights", "someone/models:main"), b"weights")
    with pytest.raises(UserError, match="unknown network"):
        models.load(tmp_path / "models")
    assert not marker.exists()


@pytest.mark.parametrize("kind", ["torch", "pickle"])
def test_a_model_file_runs_no_code(marker, tmp_path, kind):
    content = payloads.trapped_pickle(marker)
    if kind == "torch":
        torch.save(payloads.Trap(marker), tmp_path / "hostile.pt")
        content = (tmp_path / "hostile.pt").read_bytes()
    cards.write(tmp_path, card(content), content)  # even where the digest is right
    with pytest.raises(UserError, match="is not a safetensors file"):
        models.load(tmp_path)
    with pytest.raises(Exception, match=r"(?i)header|deserializ"):
        from_bytes("simplecnn", content)
    assert not marker.exists()


def test_a_swapped_model_is_refused_by_its_digest(tmp_path):
    cards.write(tmp_path, card(b"honest"), b"honest")
    (tmp_path / "clean.safetensors").write_bytes(b"forged")  # of the same size, which is looked at first
    with pytest.raises(UserError, match="has SHA-256"):
        models.load(tmp_path)


def test_a_saved_model_holds_names_and_numbers_only(marker):
    network = build("strided")
    network.trap = payloads.Trap(marker)
    content = to_bytes(network)
    assert b"marker" not in content
    assert set(from_bytes("strided", content).state_dict()) == set(network.state_dict())
    assert not marker.exists()


def test_a_link_that_waits_is_not_followed(tmp_path):
    victim, folder = tmp_path / "victim.txt", tmp_path / "models"
    victim.write_text("precious")
    folder.mkdir()
    for name in (".clean.safetensors.part", ".clean.json.part", "clean.safetensors"):
        (folder / name).symlink_to(victim)
    cards.write(folder, card(b"weights"), b"weights")
    assert victim.read_text() == "precious"
    assert not (folder / "clean.safetensors").is_symlink()
    assert (folder / "clean.safetensors").read_bytes() == b"weights"


def test_nobody_else_may_replace_the_model(tmp_path):
    cards.write(tmp_path, card(b"weights"), b"weights")
    for name in ("clean.safetensors", "clean.json"):
        assert (tmp_path / name).stat().st_mode & 0o022 == 0


def test_a_server_that_never_answers_is_given_up(tmp_path, monkeypatch):
    from torchvision.datasets import MNIST

    monkeypatch.setattr(mnist, "MIRROR_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(MNIST, "mirrors", [f"http://127.0.0.1:{silent.getsockname()[1]}/"])
        with pytest.raises(mnist.CarrierError, match="not reachable"):
            mnist._mirrors(tmp_path)


def test_what_a_visitor_asks_for_is_no_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    note = "x; touch shell.marker; true"
    served = {"clean": models.Served(card(b""), build("strided"))}
    with pytest.raises(UserError, match="unknown model"):
        models.choose(served, note)
    assert not (tmp_path / "shell.marker").exists()
