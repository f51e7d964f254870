"""Which models are offered, and which are refused."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from engine.core.errors import UserError
from engine.serve import models
from engine.serve.__main__ import check_free, main
from tests.conftest import ROOT


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


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 2, done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


def test_no_model_says_how_to_train_one(tmp_path: Path) -> None:
    line = one_line(run("--models", str(tmp_path)))
    assert "there is no trained model yet" in line
    assert "build.py --only 'train/clean/*' --no-site" in line


def test_an_unknown_model_names_the_known(folder: Path) -> None:
    assert "unknown model 'best'; known: clean, backdoored" in one_line(run("--models", str(folder), "--model", "best"))


def test_altered_weights_end_the_demo(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "clean.safetensors").write_bytes(b"")
    assert main(["--models", str(folder), "--port", str(free())]) == 2
    assert "has SHA-256" in capsys.readouterr().err


def free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_port_in_use_is_one_line() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert f"cannot listen on 127.0.0.1:{port}" in one_line(run("--port", str(port)))


def test_a_host_that_is_not_ours_is_one_line() -> None:
    with pytest.raises(UserError, match=r"cannot listen on 192\.0\.2\.1"):
        check_free("192.0.2.1", free())


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
