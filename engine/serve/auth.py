"""Passwords: a file of scrypt hashes, and the guard that asks for one.

``python -m engine.serve.auth FILE NAME`` asks for a password and writes the line. HTTP's Basic scheme sends the
password with each request, so TLS has to be put in front wherever the network is not trusted.
"""

from __future__ import annotations

import asyncio
import getpass
import hashlib
import hmac
import os
import re
import secrets
import sys
from base64 import b64decode
from binascii import Error
from collections.abc import Mapping
from pathlib import Path

from limits import parse
from starlette.types import ASGIApp, Receive, Scope, Send

from engine.core.errors import UserError
from engine.serve.asgi import Told, client, header, refuse
from engine.serve.settings import Limits
from engine.serve.throttle import FREE, Meter

N, R, P, SALT = 1 << 14, 8, 1, 16  # 16 MiB and some 50 ms a guess
LINE = re.compile(r"(?P<name>[\w.-]{1,32}):(?P<hash>scrypt\$[0-9a-f]{32}\$[0-9a-f]{64})", re.ASCII)
SHORTEST, LONGEST = 10, 256
REMEMBERED = 1024
HINT = "write it with `python -m engine.serve.auth FILE NAME`"


def scrypt(password: str, salt: bytes | None = None) -> str:
    """Return ``scrypt$salt$hash`` of a password, RFC 7914 with N=2^14, r=8, p=1."""
    salt = salt if salt is not None else secrets.token_bytes(SALT)
    return f"scrypt${salt.hex()}${hashlib.scrypt(password.encode(), salt=salt, n=N, r=R, p=P, dklen=32).hex()}"


NOBODY = scrypt("nobody", bytes(SALT))


def matches(password: str, stored: str) -> bool:
    """Tell whether a password has this hash, in a time that does not depend on where they differ."""
    return hmac.compare_digest(scrypt(password, bytes.fromhex(stored.split("$")[1])), stored)


def read(path: Path) -> dict[str, str]:
    """Return name → hash; `UserError` for a missing, readable-by-others, empty or malformed file."""
    try:
        mode, text = path.stat().st_mode, path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read the password file {path}: {error}", HINT) from None
    if mode & 0o077:
        raise UserError(f"the password file {path} is open to other users", f"run `chmod 600 {path}`")
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        match = LINE.fullmatch(line.strip())
        if not match or match["name"] in found:
            raise UserError(f"line {number} of the password file {path} is not a new name and a scrypt hash", HINT)
        found[match["name"]] = match["hash"]
    if not found:
        raise UserError(f"the password file {path} is empty", HINT)
    return found


class Login:
    """Asks for a name and a password. Ten wrong ones lock the address out for five minutes (429).

    A password that was right is remembered as a keyed hash, so that a page with eighty files is not eighty scrypts.
    """

    def __init__(self, app: ASGIApp, accounts: Mapping[str, str], limits: Limits, meter: Meter, told: Told) -> None:
        self.app, self.accounts, self.meter, self.told = app, accounts, meter, told
        self.one, self.every = parse(limits.client_logins), parse(limits.everyone_logins)
        self.key, self.known = os.urandom(32), set[bytes]()
        self.turn = asyncio.Semaphore(1)  # one scrypt at a time: guesses share one core and 16 MiB

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401 or 429 until the password is right. The health routes are open."""
        if scope["type"] != "http" or scope["path"] in FREE:
            return await self.app(scope, receive, send)
        given = header(scope, b"authorization")
        seal = hmac.digest(self.key, given[0], "sha256") if len(given) == 1 else b""
        if seal in self.known:
            return await self.app(scope, receive, send)
        who = client(scope)
        ask = (b"www-authenticate", b'Basic realm="demo", charset="UTF-8"')
        if not given:
            return await refuse(send, 401, "a password is needed", ask)
        async with self.turn:  # the count is read within the turn, so that guesses at once do not slip past it
            if wait := self._blocked(who):
                self.told("locked out")
                return await refuse(send, 429, "too many wrong passwords", (b"retry-after", str(wait).encode()))
            right = len(given) == 1 and await asyncio.to_thread(self.right, given[0])
            if not right:
                self.meter.hit(self.one, "login", who)
                self.meter.hit(self.every, "login")
        if not right:
            self.told("wrong password")
            return await refuse(send, 401, "name or password is wrong", ask)
        if len(self.known) < REMEMBERED:
            self.known.add(seal)
        return await self.app(scope, receive, send)

    def _blocked(self, who: str) -> int:
        return self.meter.blocked(self.one, "login", who) or self.meter.blocked(self.every, "login")

    def right(self, value: bytes) -> bool:
        """Check an Authorization header; an unknown name takes as long as a known one."""
        scheme, _, coded = value.partition(b" ")
        try:
            name, _, password = b64decode(coded.strip(), validate=True).decode().partition(":")
        except (Error, ValueError):
            return False
        if scheme.lower() != b"basic" or len(password) > LONGEST:
            return False
        same = matches(password, self.accounts.get(name, NOBODY))
        return same and name in self.accounts


def main(arguments: list[str]) -> int:
    """Add or replace one account, asking for its password."""
    if len(arguments) != 2 or not re.fullmatch(r"[\w.-]{1,32}", arguments[1], re.ASCII):
        print("usage: python -m engine.serve.auth FILE NAME", file=sys.stderr)
        return 2
    path, name = Path(arguments[0]), arguments[1]
    password = getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if not SHORTEST <= len(password) <= LONGEST:
        print(f"error: a password has {SHORTEST} to {LONGEST} characters", file=sys.stderr)
        return 2
    try:
        accounts = read(path) if path.exists() else {}
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.code
    accounts[name] = scrypt(password)
    part = path.with_name(path.name + ".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.writelines(f"{who}:{stored}\n" for who, stored in sorted(accounts.items()))
    part.replace(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
