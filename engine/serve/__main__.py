"""``python -m engine.serve``: the live demo on this machine."""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess  # nosec B404 -- the one call below passes a fixed list of arguments and no shell
import sys
import tempfile
from collections.abc import Sequence
from multiprocessing.util import get_temp_dir
from pathlib import Path

import limits

from engine.core.errors import UserError
from engine.serve import auth, privilege, supervisor
from engine.serve.settings import LOOPBACK, TRAIN, Settings

ROOT = Path(__file__).resolve().parents[2]
AUTH = "give --auth-file FILE (`python -m engine.serve.auth FILE NAME` writes one)"
FRONT = "put TLS and a reverse proxy in front: engine/serve/examples has examples for nginx and systemd"


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="engine.serve", description="Draw a digit, attack it, see what a model reads."
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    add("--port", type=_port, default=7860, help="default: 7860")
    add("--model", metavar="NAME", help="the model to start with (default: clean)")
    add("--models", type=Path, default=ROOT / "models", metavar="DIR", help="where weights and cards are")
    add("--show-scores", action="store_true", help="show the three largest scores; they help an attacker")
    add("--auth-file", type=Path, metavar="FILE", help="names and hashed passwords; needed on any other host")
    add("--allow-host", action="append", default=[], metavar="NAME", help="another name that the demo answers to")
    add("--behind-proxy", action="store_true", help="believe a proxy on this machine about visitors' addresses")
    add("--user", metavar="NAME", help="as root: become this user after binding")
    add("--allow-root", action="store_true", help="as root: stay root on a host that others reach")
    add("--state", type=Path, default=ROOT / ".demo", metavar="DIR", help="where the journal is (default: .demo)")
    add("--train", action="store_true", help="train the clean model first where there is none")
    add("--debug", action="store_true", help="show tracebacks")
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 65535:
        raise argparse.ArgumentTypeError(f"must be 1 to 65535, not {value}")
    return value


def offer_training(folder: Path, asked: bool) -> None:
    """Train the clean model where none has a card, if asked to or if the user says yes."""
    from engine.core import cards

    if cards.names(folder) or folder != ROOT / "models":
        return
    if not asked and sys.stdin.isatty():
        asked = input("There is no trained model yet. Train the clean one now? [y/N] ").strip().lower() in ("y", "yes")
    if asked:
        command = [sys.executable, *TRAIN]
        done = subprocess.run(command, cwd=ROOT, check=False)  # nosec B603 -- this interpreter, constant arguments
        if done.returncode:
            raise UserError("the training did not finish", "see the lines above")


def check_exposure(options: argparse.Namespace) -> dict[str, str]:
    """Return the accounts, empty for none; `UserError` where others could reach the demo without a password."""
    accounts = auth.read(options.auth_file) if options.auth_file else {}
    if options.host in LOOPBACK:
        return accounts
    if not accounts:
        raise UserError(f"{options.host} is reachable by others, so visitors need a password", f"{AUTH}; {FRONT}")
    print(f"note: others can reach {options.host}; {FRONT}", file=sys.stderr)
    return accounts


def names(options: argparse.Namespace) -> tuple[str, ...]:
    """Return the names that the demo answers to: this machine's own, the host it listens on, and those allowed."""
    own = () if options.host in ("0.0.0.0", "::") else (options.host,)  # nosec B104 -- only compared; nothing is bound here
    return tuple(dict.fromkeys((*LOOPBACK, *own, *options.allow_host)))


def serve(options: argparse.Namespace) -> int:
    """Check what was asked for, bind, give up rights, and supervise workers until interrupted."""
    accounts = check_exposure(options)
    warning = privilege.check(options.host, options.user, options.allow_root)
    user = privilege.account(options.user) if options.user else None
    if user:
        code = [Path(file) for file in (sys.executable, tempfile.__file__, limits.__file__, __file__)]
        privilege.check_reach(user, *code, options.models)
    with supervisor.listen(options.host, options.port) as listening:
        if warning:
            print(f"warning: {warning}", file=sys.stderr)
        offer_training(options.models, options.train)
        with tempfile.TemporaryDirectory(prefix="demo-") as scratch:
            state = _state(options.state)
            if user:
                privilege.hand_over(Path(scratch), user)
                privilege.hand_over(state, user)
                privilege.drop(user)
            get_temp_dir()  # multiprocessing removes its own folder at the very end, when ours is gone already
            tempfile.tempdir = os.environ["TMPDIR"] = scratch
            settings = Settings(
                models=options.models, model=options.model, show_scores=options.show_scores, hosts=names(options),
                journal=state / "journal.jsonl", scratch=Path(scratch), salt=secrets.token_bytes(32),
                accounts=accounts, behind_proxy=options.behind_proxy, debug=options.debug,
            )  # fmt: skip
            return supervisor.Supervisor(listening, settings, _say, lambda: _ready(options)).run()


def _state(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot make the folder {folder}: {error.strerror}", "choose another --state") from None
    return folder


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _ready(options: argparse.Namespace) -> None:
    host = f"[{options.host}]" if ":" in options.host else options.host
    print(f"demo: http://{host}:{options.port}/  Ctrl-C stops it", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; every error is one line and an exit code."""
    options = parse(arguments)
    try:
        return serve(options)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.code
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if options.debug:
            raise
        print(f"error: {type(error).__name__}: {error}; run again with --debug for the traceback", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
