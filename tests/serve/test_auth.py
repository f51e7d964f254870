"""Password files, right and wrong passwords, and guessing."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from engine.core.errors import UserError
from engine.serve import auth
from engine.serve.settings import Limits
from engine.serve.throttle import Meter
from tests.conftest import ROOT
from tests.serve.direct import ask, echo

WORD = "correct horse"


def basic(name: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + b64encode(f"{name}:{password}".encode()).decode()}


@pytest.fixture
def login() -> Any:
    return auth.Login(echo, {"ann": auth.scrypt(WORD)}, Limits(), Meter(), lambda _reason: None)


def test_the_hash_is_scrypt_with_a_salt_of_its_own() -> None:
    first, second = auth.scrypt(WORD), auth.scrypt(WORD)
    assert first != second
    _, salt, found = first.split("$")
    expected = hashlib.scrypt(WORD.encode(), salt=bytes.fromhex(salt), n=2**14, r=8, p=1, dklen=32)
    assert bytes.fromhex(found) == expected
    assert auth.matches(WORD, first)
    assert not auth.matches(WORD + " ", first)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (basic("ann", WORD), 200), ({}, 401), (basic("ann", "wrong"), 401), (basic("bob", WORD), 401),
        (basic("ann", ""), 401), (basic("", ""), 401), (basic("bob", "nobody"), 401), (basic("ann", "x" * 10_000), 401),
        ({"authorization": "Basic"}, 401), ({"authorization": "Basic \xff"}, 401), ({"authorization": "Bearer x"}, 401),
        ([("authorization", basic("ann", WORD)["authorization"])] * 2, 401),
    ],
    ids=range(12),
)  # fmt: skip
def test_only_the_right_password_enters(login: Any, headers: Any, status: int) -> None:
    found, answered, _ = ask(login, headers=headers)
    assert found == status
    assert ("www-authenticate" in answered) == (status == 401)


def test_guessing_is_stopped_and_nobody_else_is(login: Any) -> None:
    found = [ask(login, headers=basic("ann", f"guess {number}"))[0] for number in range(20)]
    assert found == [401] * 10 + [429] * 10
    status, headers, _ = ask(login, headers=basic("ann", WORD))
    assert status == 429, "the right password would tell the guesser that it is right"
    assert 0 < int(headers["retry-after"]) <= 300
    assert ask(login, headers=basic("ann", WORD), client="127.0.0.2")[0] == 200


def test_a_visitor_inside_stays_inside_while_another_guesses_from_the_same_address(login: Any) -> None:
    assert ask(login, headers=basic("ann", WORD))[0] == 200
    for number in range(12):
        ask(login, headers=basic("ann", f"guess {number}"))
    assert ask(login, headers=basic("ann", WORD))[0] == 200


def test_health_needs_no_password(login: Any) -> None:
    assert ask(login, path="/healthz")[0] == 200
    assert ask(login, path="/")[0] == 401


def test_the_file_is_written_hashed_and_closed_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "accounts"
    for name, word in (("ann", "first password"), ("bob", "second password"), ("ann", WORD)):
        monkeypatch.setattr(sys, "stdin", io.StringIO(word + "\n"))
        assert auth.main([str(path), name]) == 0
    found = auth.read(path)
    assert sorted(found) == ["ann", "bob"]
    assert auth.matches(WORD, found["ann"])
    assert b"password" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    monkeypatch.setattr(sys, "stdin", io.StringIO("short\n"))
    assert auth.main([str(path), "cat"]) == 2
    assert auth.main([str(path), "a:b"]) == 2


@pytest.mark.parametrize("text", ["", "ann:secret\n", "ann\n", f"ann:{auth.NOBODY}\nann:{auth.NOBODY}\n", "\xff"])
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "accounts"
    path.write_text(text, "latin-1")
    path.chmod(0o600)
    with pytest.raises(UserError, match="password file"):
        auth.read(path)


def test_a_file_open_to_others_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "accounts"
    path.write_text(f"ann:{auth.NOBODY}\n")
    path.chmod(0o644)
    with pytest.raises(UserError, match="open to other users"):
        auth.read(path)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "demo.test"])
def test_any_host_but_loopback_needs_passwords_and_says_what_else(host: str) -> None:
    command = [sys.executable, "-m", "engine.serve", "--host", host, "--allow-root"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "visitors need a password; give --auth-file" in done.stderr
    assert "put TLS and a reverse proxy in front" in done.stderr
