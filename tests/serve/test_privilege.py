"""What root may not do, and that there is no way back."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.core.errors import UserError
from engine.serve import privilege
from tests.conftest import ROOT

root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to give up")


@pytest.mark.parametrize(
    ("uid", "host", "user", "allowed", "said"),
    [
        (0, "127.0.0.1", None, False, "running as root"), (0, "::1", None, False, "running as root"),
        (0, "127.0.0.1", "nobody", False, ""), (0, "0.0.0.0", "nobody", False, ""), (0, "0.0.0.0", None, True, ""),
        (1000, "127.0.0.1", None, False, ""), (1000, "0.0.0.0", None, False, ""),
    ],
)  # fmt: skip
def test_when_it_warns(
    monkeypatch: pytest.MonkeyPatch, uid: int, host: str, user: str | None, allowed: bool, said: str
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    found = privilege.check(host, user, allowed)
    assert found.startswith(said)
    assert bool(found) == bool(said)


def test_when_it_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(UserError, match=r"root must not serve 0\.0\.0\.0"):
        privilege.check("0.0.0.0", None, False)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(UserError, match="only root"):
        privilege.check("127.0.0.1", "nobody", False)


@pytest.mark.parametrize("name", ["root", "no-such-user"])
def test_a_user_with_roots_rights_or_none_is_refused(name: str) -> None:
    with pytest.raises(UserError, match=f"user '{name}'"):
        privilege.account(name)


CODE = """
import os, sys, tempfile
from pathlib import Path
from engine.serve import privilege
own, other = Path(sys.argv[1]), Path(sys.argv[2])
user = privilege.account("nobody")
privilege.hand_over(own, user)
privilege.drop(user); privilege.seal()
(own / "mine").write_text("x")
tried = [lambda: (other / "x").write_text("x"), lambda: os.setuid(0), lambda: os.setgid(0), lambda: os.setgroups([0]),
         lambda: os.seteuid(0), lambda: Path("/etc/shadow").read_text(), lambda: os.chown(own, 0, 0),
         lambda: (own / "kept").read_text()]
for number, attempt in enumerate(tried):
    try:
        attempt()
    except PermissionError:
        continue
    print("possible:", number)
status = Path("/proc/self/status").read_text()
wanted = ("Uid", "Gid", "Groups", "CapEff", "NoNewPrivs")
print(*[" ".join(line.split()) for line in status.splitlines() if line.startswith(wanted)], sep="|")
"""


@root
def test_after_dropping_nothing_of_root_is_left(tmp_path: Path) -> None:
    import pwd
    import shutil
    import tempfile

    base = Path(tempfile.mkdtemp())
    base.chmod(0o755)
    try:
        own, other = base / "own", base / "other"
        own.mkdir()
        other.mkdir()
        secret = base / "secret"
        secret.write_text("root's")
        secret.chmod(0o600)
        (own / "kept").symlink_to(secret)  # a link is not followed when the folder is handed over
        done = subprocess.run(
            [sys.executable, "-c", CODE, str(own), str(other)], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        nobody = pwd.getpwnam("nobody")
        uid, gid = f"{nobody.pw_uid} " * 4, f"{nobody.pw_gid} " * 4
        expected = {f"Uid: {uid}".strip(), f"Gid: {gid}".strip(), "Groups:", "CapEff: " + "0" * 16, "NoNewPrivs: 1"}
        assert set(done.stdout.strip().split("|")) == expected
        assert secret.stat().st_uid == 0
    finally:
        shutil.rmtree(base)


@root
def test_root_on_another_host_is_refused(tmp_path: Path) -> None:
    from engine.serve import auth

    accounts = tmp_path / "accounts"
    accounts.write_text(f"ann:{auth.scrypt('correct horse')}\n")
    accounts.chmod(0o600)
    command = [sys.executable, "-m", "engine.serve", "--host", "0.0.0.0", "--auth-file", str(accounts)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "root must not serve 0.0.0.0; give --user NAME" in done.stderr
