"""``python -m engine.serve``: the live demo on this machine."""

from __future__ import annotations

import argparse
import os
import socket
import subprocess  # nosec B404 -- the one call below passes a fixed list of arguments and no shell
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from engine.core.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
LOOPBACK = ("127.0.0.1", "localhost", "::1")


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
    add("--train", action="store_true", help="train the clean model first where there is none")
    add("--debug", action="store_true", help="show tracebacks")
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 65535:
        raise argparse.ArgumentTypeError(f"must be 1 to 65535, not {value}")
    return value


def check_free(host: str, port: int) -> None:
    """Raise `UserError` unless this process can listen there."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise UserError(
            f"cannot listen on {host}:{port}: {(error.strerror or str(error)).lower()}",
            "stop what uses it, or choose another with --port and --host",
        ) from None


def offer_training(folder: Path, asked: bool) -> None:
    """Train the clean model where none has a card, if asked to or if the user says yes."""
    from engine.core import cards
    from engine.serve.models import TRAIN

    if cards.names(folder) or folder != ROOT / "models":
        return
    if not asked and sys.stdin.isatty():
        asked = input("There is no trained model yet. Train the clean one now? [y/N] ").strip().lower() in ("y", "yes")
    if asked:
        command = [sys.executable, *TRAIN]
        done = subprocess.run(command, cwd=ROOT, check=False)  # nosec B603 -- this interpreter, constant arguments
        if done.returncode:
            raise UserError("the training did not finish", "see the lines above")


def serve(options: argparse.Namespace) -> None:
    """Load the models and serve until interrupted."""
    check_free(options.host, options.port)
    offer_training(options.models, options.train)
    # Read before Gradio is imported: without it the server itself looks up two outside hosts.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    from engine.serve import models

    served = models.load(options.models)
    chosen = models.choose(served, options.model)
    if options.host not in LOOPBACK:
        print(f"note: anyone who reaches {options.host} can use the demo", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="demo-") as scratch:
        os.environ["GRADIO_TEMP_DIR"] = scratch
        from engine.serve import app

        app.build(served, chosen, options.show_scores).launch(
            server_name=options.host,
            server_port=options.port,
            share=False,
            show_error=False,
            quiet=True,
            footer_links=[],
            run_history=False,
            enable_monitoring=False,
            ssr_mode=False,
            app_kwargs={"openapi_url": None},
            css=app.CSS,
            prevent_thread_lock=True,
        )
        print(f"demo: http://{options.host}:{options.port}/  Ctrl-C stops it", flush=True)
        _wait()


def _wait() -> None:
    import signal
    import threading

    stopped = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopped.set())
    stopped.wait()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; every error is one line and an exit code."""
    options = parse(arguments)
    try:
        serve(options)
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
    return 0


if __name__ == "__main__":
    sys.exit(main())
