"""Which models are offered, and which are refused."""

from __future__ import annotations

import json
import pickle
import socket
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from engine.core.errors import UserError
from engine.serve import models
from engine.serve.supervisor import listen
from tests.conftest import ROOT
from tests.ports import free
from tests.serve.conftest import RECIPE


def test_the_clean_model_comes_first_and_the_stamp_is_the_backdoors(folder: Path) -> None:
    served = models.load(folder)
    assert list(served) == ["clean", "backdoored"]
    assert models.choose(served, None) == "clean"
    assert models.stamp(served, "clean") == models.Stamp(3, 25, 25, 85, 7)


def test_without_a_backdoored_model_there_is_no_stamp(folder: Path) -> None:
    (folder / "backdoored.json").unlink()
    assert models.stamp(models.load(folder), "clean") is None


def test_altered_weights_are_refused_with_both_digests(folder: Path) -> None:
    path = folder / "clean.safetensors"
    changed = bytearray(path.read_bytes())
    changed[-1] ^= 1
    path.write_bytes(changed)
    with pytest.raises(UserError, match=r"clean\.safetensors has SHA-256 \w{64}, its card says \w{64}"):
        models.load(folder)


def test_a_card_cannot_name_code_to_run(folder: Path) -> None:
    path = folder / "clean.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"network": "os:system"}))
    with pytest.raises(UserError, match="unknown network 'os:system'"):
        models.load(folder)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error::ResourceWarning", "-m", "engine.serve", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False, input="")


def edit(folder: Path, **values: object) -> None:
    path = folder / "clean.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_a_pickle_with_a_matching_card_is_refused_and_does_not_run(folder: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    content = b"cposix\nsystem\n(S'touch " + str(ran).encode() + b"'\ntR."
    pickle.loads(content)
    assert ran.exists(), "the pickle is live"
    ran.unlink()
    (folder / "clean.safetensors").write_bytes(content)
    edit(folder, sha256=sha256(content).hexdigest(), bytes=len(content))
    with pytest.raises(UserError, match=r"clean\.safetensors is not a safetensors file of simplecnn"):
        models.load(folder)
    assert not ran.exists()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"sha256": "0" * 64}, "has SHA-256"),
        ({"model": "../clean"}, "is of another model"),
        ({"model": "backdoored"}, "is of another model"),
        ({"metrics": {"clean": 1.5}}, "metric outside"),
        ({"metrics": {"clean": float("nan")}}, "metric"),
        ({"bytes": 1}, "its card says 1"),
        ({"extra": 1}, "is damaged at extra"),
        ({"recipe": RECIPE | {"trigger_row": 26}}, "stamp that does not fit"),
        ({"recipe": RECIPE | {"target": 10}}, "stamp that does not fit"),
        ({"recipe": RECIPE | {"trigger_size": 0}}, "stamp that does not fit"),
    ],
)
def test_an_edited_card_is_refused_by_name(folder: Path, values: dict, said: str) -> None:
    edit(folder, **values)
    with pytest.raises(UserError, match=said) as raised:
        models.load(folder)
    assert "clean." in str(raised.value)


def test_a_huge_file_is_refused_unread(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (folder / "clean.safetensors").open("r+b") as file:
        file.truncate(1 << 40)  # a sparse file: reading it would fail on memory
    with pytest.raises(UserError, match="has 1099511627776 bytes"):
        models.load(folder)


@pytest.mark.parametrize("name", ["clean.safetensors", "clean.json"])
def test_a_link_out_of_the_folder_is_refused(folder: Path, tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    outside = tmp_path_factory.mktemp("outside") / name
    (folder / name).rename(outside)
    (folder / name).symlink_to(outside)
    with pytest.raises(UserError, match="leads out of"):
        models.load(folder)


def test_loading_writes_nothing(folder: Path) -> None:
    before = {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.iterdir()}
    for path in folder.iterdir():
        path.chmod(0o400)
    folder.chmod(0o500)
    try:
        models.load(folder)
    finally:
        folder.chmod(0o700)
    assert {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.iterdir()} == before


def at(models: Path, state: Path) -> list[str]:
    return ["--models", str(models), "--state", str(state / "state"), "--port", str(free())]


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 2, done.stderr
    lines = [line for line in done.stderr.strip().splitlines() if not line.startswith("warning: running as root")]
    assert len(lines) == 1, done.stderr
    return lines[0]


def test_no_model_says_how_to_train_one(tmp_path: Path) -> None:
    line = one_line(run(*at(tmp_path, tmp_path)))
    assert "there is no trained model yet" in line
    assert "build.py --only 'train/clean/*' --no-site" in line


def test_an_unknown_model_names_the_known(folder: Path) -> None:
    assert "unknown model 'best'; known: clean, backdoored" in one_line(run(*at(folder, folder), "--model", "best"))


def test_altered_weights_end_the_demo(folder: Path, tmp_path: Path) -> None:
    path = folder / "clean.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\1")
    assert "clean.safetensors has SHA-256" in one_line(run(*at(folder, tmp_path)))


def test_a_port_in_use_is_one_line() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert f"cannot listen on 127.0.0.1:{port}" in one_line(run("--port", str(port)))


def test_a_host_that_is_not_ours_is_one_line() -> None:
    with pytest.raises(UserError, match=r"cannot listen on 192\.0\.2\.1"):
        listen("192.0.2.1", free())


def test_training_is_offered_and_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.serve import __main__ as entry

    ran: list[list[str]] = []
    monkeypatch.setattr(entry, "ROOT", tmp_path)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _question: "y")

    def record(command: list[str], **_options: object) -> subprocess.CompletedProcess[bytes]:
        ran.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", record)
    entry.offer_training(tmp_path / "models", asked=False)
    assert ran == [[sys.executable, "build.py", "--only", "train/clean/*", "--no-site"]]
