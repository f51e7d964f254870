"""Hostile inputs: each is given to the insecure version and then, the same one, to our code."""

from __future__ import annotations

import io
import pickle
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np

# Wang, Feng, Lai, Yu, "Collisions for Hash Functions MD4, MD5, HAVAL-128 and RIPEMD", 2004,
# https://eprint.iacr.org/2004/199: two blocks that differ in six bytes and share their MD5.
FIRST = bytes.fromhex(
    "d131dd02c5e6eec4693d9a0698aff95c2fcab58712467eab4004583eb8fb7f89"
    "55ad340609f4b30283e488832571415a085125e8f7cdc99fd91dbdf280373c5b"
    "d8823e3156348f5bae6dacd436c919c6dd53e2b487da03fd02396306d248cda0"
    "e99f33420f577ee8ce54b67080a80d1ec69821bcb6a8839396f9652b6ff72a70"
)
SECOND = bytes.fromhex(
    "d131dd02c5e6eec4693d9a0698aff95c2fcab50712467eab4004583eb8fb7f89"
    "55ad340609f4b30283e4888325f1415a085125e8f7cdc99fd91dbd7280373c5b"
    "d8823e3156348f5bae6dacd436c919c6dd53e23487da03fd02396306d248cda0"
    "e99f33420f577ee8ce54b67080280d1ec69821bcb6a8839396f965ab6ff72a70"
)
MD5 = "79054025255fb1a26e4bc422aef54eb4"


class Trap:
    """An object whose pickle makes the file ``marker`` when it is read."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        return open, (str(self.marker), "x")


def trapped_pickle(marker: Path) -> bytes:
    return pickle.dumps(Trap(marker))


def trapped_npz(marker: Path) -> bytes:
    """An archive of honest images whose labels are an object array."""
    buffer = io.BytesIO()
    np.savez(buffer, images=np.zeros((2, 28, 28), np.uint8), labels=np.array([Trap(marker), 1], dtype=object))
    return buffer.getvalue()


def trapped_yaml(marker: Path) -> str:
    return f"schedule: !!python/object/apply:builtins.open ['{marker}', x]\n"


def expression(marker: Path) -> str:
    return f"__import__('pathlib').Path('{marker}').touch() or 0.1"


def archive(members: dict[str, bytes], links: dict[str, str] | None = None) -> bytes:
    """A gzipped tar with these files, links first, each under exactly the name given."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as bundle:
        for name, target in (links or {}).items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            bundle.addfile(info)
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            bundle.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


@contextmanager
def serving(content: bytes) -> Iterator[ThreadingHTTPServer]:
    """A server on this machine that answers every request with the same bytes, as a proxy does too."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
