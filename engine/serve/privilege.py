"""Root gives its rights up: as root the demo warns on loopback, and elsewhere refuses unless told what to do."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import sys
from pathlib import Path

from engine.core.errors import UserError
from engine.serve.settings import LOOPBACK

NO_NEW_PRIVILEGES = 38  # PR_SET_NO_NEW_PRIVS, linux/prctl.h


def check(host: str, user: str | None, allow_root: bool) -> str:
    """Return a warning, "" for none.

    Raises:
        UserError: Root on a host that others reach, with neither ``--user`` nor ``--allow-root``; or ``--user``
            by somebody who is not root.
    """
    if os.geteuid() != 0:
        if user:
            raise UserError("only root can become another user", "leave out --user, or start as root")
        return ""
    if user or allow_root:
        return ""
    if host not in LOOPBACK:
        raise UserError(f"root must not serve {host}", "give --user NAME, which drops root's rights after binding")
    return "running as root; --user NAME would drop its rights after binding"


def account(name: str) -> pwd.struct_passwd:
    """Return a user; `UserError` for an unknown one and for root."""
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        raise UserError(f"unknown user {name!r}", "choose one that the system has, such as nobody") from None
    if found.pw_uid == 0:
        raise UserError(f"user {name!r} is root", "choose one without its rights")
    return found


def hand_over(path: Path, user: pwd.struct_passwd) -> None:
    """Give a folder, and the files in it, to the user; nobody else may enter it. Links are not followed."""
    for each in (path, *path.iterdir()):
        os.chown(each, user.pw_uid, user.pw_gid, follow_symlinks=False)
    path.chmod(0o700)


def check_reach(user: pwd.struct_passwd, *paths: Path) -> None:
    """Raise `UserError`, naming the first of these paths that the user cannot read, as with a Python in root's home."""
    pid = os.fork()
    if pid == 0:  # only here are the rights given up, and nothing is imported after it
        found = len(paths)
        with contextlib.suppress(BaseException):
            drop(user)
            found = next((number for number, path in enumerate(paths) if not os.access(path, os.R_OK)), len(paths) + 1)
        os._exit(found)
    number = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if number == len(paths) + 1:
        return
    what = str(paths[number]) if 0 <= number < len(paths) else "anything"
    raise UserError(f"user {user.pw_name!r} cannot read {what}", "make it and the folders above it readable to them")


def drop(user: pwd.struct_passwd) -> None:
    """Become this user for good: groups, group, user, in this order; then check that there is no way back."""
    os.setgroups([])
    os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
    os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
    os.environ.update(HOME=user.pw_dir, USER=user.pw_name, LOGNAME=user.pw_name)
    try:
        os.setuid(0)
    except PermissionError:
        return
    raise UserError(f"could not give up root's rights for {user.pw_name}", "do not run the demo as root", code=1)


def seal() -> None:
    """Forbid this process and its children to gain rights, as through a setuid program. Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
