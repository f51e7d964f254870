"""The built site below a sub-path, as GitHub Pages serves it: text compressed, to be kept for ten minutes."""

from __future__ import annotations

import functools
import gzip
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SUB = "/somewhere/"
TEXT = {".html", ".css", ".js", ".mjs", ".json", ".svg", ".xml", ".csv", ".txt"}


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder below `SUB`, answers an unknown address with 404.html, and writes no log."""

    protocol_version = "HTTP/1.1"  # connections are kept, as those of Pages are

    def translate_path(self, path: str) -> str:
        return super().translate_path(path.removeprefix(SUB.rstrip("/")))

    def do_GET(self) -> None:
        file = Path(self.translate_path(self.path.split("?")[0]))
        file = file / "index.html" if file.is_dir() and self.path.split("?")[0].endswith("/") else file
        if file.is_dir() or not self.path.startswith(SUB):
            return super().do_GET()
        code, file = (200, file) if file.is_file() else (404, Path(self.directory) / "404.html")
        body = file.read_bytes()
        self.send_response(code)
        if file.suffix in TEXT and "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, 6)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", self.guess_type(str(file)))
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")
        self.end_headers()
        self.wfile.write(body)
        return None

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path, port: int = 0) -> Iterator[str]:
    """Serve ``folder`` and give its address; ``port`` 0 takes a free one."""
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}{SUB}"
        finally:
            server.shutdown()
            thread.join()
