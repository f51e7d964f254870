"""A real demo in processes of its own, and a small client for its protocol."""

from __future__ import annotations

import http.client
import io
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.conftest import ROOT
from tests.ports import free


class Live:
    """A running demo and where its files are."""

    def __init__(self, process: subprocess.Popen[str], port: int, state: Path) -> None:
        self.process, self.port, self.state = process, port, state
        self.journal = state / "journal.jsonl"

    def family(self) -> list[int]:
        """Every process of the demo, the supervisor first."""
        import psutil

        root = psutil.Process(self.process.pid)
        return [root.pid, *(child.pid for child in root.children(recursive=True))]

    def worker(self) -> int:
        """The process that answers: the one that holds the journal open."""
        for pid in self.family():
            if str(self.journal) in opened(pid):
                return pid
        raise AssertionError("no worker holds the journal")

    def memory(self) -> int:
        """Resident bytes of the worker."""
        import psutil

        return int(psutil.Process(self.worker()).memory_info().rss)

    def client(self, **options: Any) -> Client:
        return Client(self.port, **options)


def opened(pid: int) -> list[str]:
    """What a process has open; its connections come and go while this looks."""
    found = []
    with suppress(OSError):
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                found.append(str(link.readlink()))
    return found


@contextmanager
def running(models: Path, state: Path, *arguments: str, environment: dict[str, str] | None = None) -> Iterator[Live]:
    """Start the demo, wait until it answers, and stop it; it has to end cleanly."""
    port = free()
    command = [sys.executable, "-m", "engine.serve", "--port", str(port), "--models", str(models)]
    command += ["--state", str(state), *arguments]
    env = {**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})}
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert f":{port}/" in process.stdout.readline()
            yield Live(process, port, state)
        finally:
            process.terminate()
            code = process.wait(60)
        assert code == 0, "SIGTERM ends the demo cleanly"


class Client:
    """Speaks to the demo as the page does, from an address of its own."""

    def __init__(self, port: int, address: str = "127.0.0.1", headers: dict[str, str] | None = None) -> None:
        self.port, self.address, self.extra = port, address, headers or {}
        self.session = secrets.token_hex(5)

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60, source_address=(self.address, 0))
        try:
            link.request(method, path, body, {**self.extra, **(headers or {})})
            answer = link.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            link.close()

    def post(self, path: str, value: Any) -> tuple[int, dict[str, str], bytes]:
        content = value if isinstance(value, bytes) else json.dumps(value).encode()
        return self.ask("POST", path, content, {"Content-Type": "application/json"})

    def blob(self, content: bytes, token: str = "drawing", **fields: str) -> tuple[int, dict[str, str], bytes]:
        values = {"type": "composite", "index": "", "id": token, "component_id": "4",
                  "session_hash": self.session, "fn_name": "accept_blobs", **fields}  # fmt: skip
        body, kind = form(values, {"file": ("composite.png", content)})
        return self.ask("POST", "/gradio_api/component_server/", body, {"Content-Type": kind})

    def join(self, *data: Any, fn_index: int = 0, **more: Any) -> tuple[int, dict[str, str], bytes]:
        call = {"data": list(data), "fn_index": fn_index, "trigger_id": 4, "session_hash": self.session, **more}
        return self.post("/gradio_api/queue/join", call)

    def stream(self) -> list[dict[str, Any]]:
        """Every message of this session until its calls are done."""
        status, _, content = self.ask("GET", f"/gradio_api/queue/data?session_hash={self.session}")
        assert status == 200, content
        return [json.loads(line[6:]) for line in content.decode().splitlines() if line.startswith("data: ")]

    def draw(self, content: bytes, model: str = "clean", stamp: bool = False, epsilon: float = 0) -> list[Any] | int:
        """What the page shows for a drawing, or the status of what was refused."""
        token = secrets.token_hex(8)
        for status, _, _ in (self.blob(content, token), self.join({"id": token}, model, stamp, epsilon)):
            if status != 200:
                return status
        done = [message for message in self.stream() if message["msg"] == "process_completed"]
        assert len(done) == 1
        assert done[0]["success"], done
        data: list[Any] = done[0]["output"]["data"]
        return data


def form(fields: dict[str, str], files: dict[str, tuple[str, bytes]]) -> tuple[bytes, str]:
    """A multipart body and its content type."""
    edge, out = secrets.token_hex(12), io.BytesIO()
    for name, value in fields.items():
        out.write(f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
    for name, (file, content) in files.items():
        disposition = f'Content-Disposition: form-data; name="{name}"; filename="{file}"'
        out.write(f"--{edge}\r\n{disposition}\r\nContent-Type: image/png\r\n\r\n".encode() + content + b"\r\n")
    out.write(f"--{edge}--\r\n".encode())
    return out.getvalue(), f"multipart/form-data; boundary={edge}"


def png(array: np.ndarray | None = None) -> bytes:
    """A PNG of an array, by default of a drawn one: a dark bar on white, as the pad sends it."""
    if array is None:
        array = np.full((280, 280), 255, np.uint8)
        array[50:230, 132:148] = 0
    out = io.BytesIO()
    Image.fromarray(array).save(out, "PNG")
    return out.getvalue()


def until(seconds: float, check: Any) -> Any:
    """Wait for a true value."""
    end = time.monotonic() + seconds
    while not (value := check()):
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.02)
    return value
