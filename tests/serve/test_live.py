"""The whole demo, in processes of its own, attacked over its socket."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.core import cards
from engine.core.bundle import WEIGHTS
from engine.networks import from_bytes
from engine.serve import auth, journal
from engine.serve.sketch import decode
from tests.conftest import ROOT
from tests.serve.conftest import RECIPE, card
from tests.serve.live import Client, Live, png, running
from tests.serve.test_auth import basic
from tests.serve.test_sketch import bomb

pytestmark = pytest.mark.slow
GIB = 1 << 30
# Loaded by every Python process of the demo: writes down each name and address that it looks up or connects to.
WATCH = """
import os, sys
def hook(event, values):
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.connect", "socket.sendto"):
        target = values[1] if event in ("socket.connect", "socket.sendto") else values[0]
        with open(os.environ["DEMO_WATCH"], "a") as out:
            out.write(f"{event} {target!r}\\n")
sys.addaudithook(hook)
"""


def write_models(folder: Path, weights: bytes) -> Path:
    cards.write(folder, card("clean", weights, {"recipe": "standard"}), weights)
    cards.write(folder, card("backdoored", weights, RECIPE), weights)
    return folder


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("watch")
    (folder / "sitecustomize.py").write_text(WATCH)
    return folder


@pytest.fixture(scope="module")
def live(trained: dict, watched: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    models = write_models(tmp_path_factory.mktemp("models"), trained[WEIGHTS])
    environment = {"PYTHONPATH": str(watched), "DEMO_WATCH": str(watched / "seen")}
    with running(models, tmp_path_factory.mktemp("state"), environment=environment) as started:
        yield started


def entries(live: Live) -> list[dict]:
    return [json.loads(line) for line in live.journal.read_text().splitlines()]


def patient(client: Client, content: bytes) -> tuple[list, float]:
    """What a polite client gets, who waits as long as it is told to, and how long all that took."""
    began = time.perf_counter()
    for _ in range(30):
        found = client.draw(content)
        if not isinstance(found, int):
            return found, time.perf_counter() - began
        assert found in (429, 503)
        time.sleep(1)
    raise AssertionError("never answered")


def test_a_drawing_is_answered_and_written_down(live: Live, trained: dict) -> None:
    image = decode(png())
    assert image is not None
    network = from_bytes("simplecnn", trained[WEIGHTS])
    expected = int(network(torch.from_numpy(image.astype(np.float32) / 255)).argmax())
    found = live.client().draw(png())
    assert isinstance(found, list)
    assert f"<b>{expected}</b>" in found[1]
    line = [entry for entry in entries(live) if entry["event"] == "answer"][-1]
    assert (line["digit"], line["model"], line["stamp"], line["epsilon"]) == (expected, "clean", False, 0.0)
    assert set(line) == {"n", "time", "event", "client", "outcome", "model", "digit", "stamp", "epsilon", "seal"}
    assert "127.0.0" not in live.journal.read_text()


def test_no_answer_holds_a_score(live: Live, trained: dict) -> None:
    client = live.client()
    network = from_bytes("simplecnn", trained[WEIGHTS])
    image = decode(png())
    assert image is not None
    scores = network(torch.from_numpy(image.astype(np.float32) / 255)).softmax(1)[0].tolist()
    client.blob(png(), "t")
    client.join({"id": "t"}, "clean", False, 0)
    stream = client.ask("GET", f"/gradio_api/queue/data?session_hash={client.session}")[2]
    pages = [client.ask("GET", path)[2] for path in ("/", "/config", "/gradio_api/info", "/healthz", "/readyz")]
    text = b"\n".join([re.sub(rb"base64,[^\\\"]+", b"", stream), *pages]).decode()
    assert "confidences" not in text
    assert "Scores" not in text
    times = re.compile(rb'"(?:duration|avg_time|cache_duration|average_duration|rank_eta|time_limit)":[0-9.e-]+')
    said = times.sub(b"", stream).decode()  # how long it took may look like a score
    for score in scores:
        if score > 1e-4:
            assert f"{score:.4f}"[1:] not in said
    done = [json.loads(line[6:]) for line in stream.decode().splitlines() if "process_completed" in line]
    assert len(done[0]["output"]["data"]) == 2, "picture and words, nothing else"


def test_a_foreign_name_or_page_gets_nothing(live: Live) -> None:
    client = live.client()
    assert client.ask("GET", "/", headers={"Host": "evil.test"})[0] == 421
    assert client.ask("POST", "/gradio_api/queue/join", b"{}", {"Origin": "http://evil.test"})[0] == 403
    status, headers, _ = client.ask("GET", "/")
    assert status == 200
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert not [name for name in headers if name.startswith("access-control") or name == "server"]


def raw(port: int, *parts: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as link:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # refused before all was sent
            for part in parts:
                link.sendall(part)
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while more := link.recv(65536):
                answer += more
        return answer


def test_oversized_and_malformed_input_leaves_no_trace(live: Live) -> None:
    client, before = live.client(), live.memory()
    assert client.blob(bomb(13_000))[0] == 422
    assert client.blob(png()[:200])[0] == 422
    assert client.blob(png(), index="20000000")[0] == 422
    assert client.blob(png(), type="layer", index="20000000")[0] == 422
    assert client.join({"id": "t"}, "clean", False, float("nan"))[0] == 422
    assert client.join({"composite": "text"}, 5, [], {})[0] == 422
    top = f"POST /gradio_api/queue/join HTTP/1.1\r\nHost: 127.0.0.1:{live.port}\r\nConnection: close\r\n".encode()
    announced = raw(live.port, top + b"Content-Length: 40000000\r\n\r\n", *[b"x" * 1_000_000] * 40)
    assert not announced or b" 413 " in announced.splitlines()[0]
    piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    chunked = raw(live.port, top + b"Transfer-Encoding: chunked\r\n\r\n", *[piece] * 610)
    assert not chunked or b" 413 " in chunked.splitlines()[0]
    for path in ("/", "/assets/x", "/gradio_api/upload", "/healthz"):
        top = (
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 2000000\r\n\r\n".encode()
        )
        assert b" 413 " in raw(live.port, top)
    assert live.memory() - before < 64 << 20
    assert isinstance(client.draw(png()), list)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(["GET", "POST", "HEAD", "PUT", "OPTIONS"]),
    st.sampled_from(
        ["/", "/theme.css", "/assets/x", "/gradio_api/queue/join", "/gradio_api/queue/data", "/gradio_api/upload",
         "/gradio_api/component_server/", "/gradio_api/run/look", "/gradio_api/file=x", "/config", "/readyz"]
    ),
    st.text(st.sampled_from("abc/.%&=?0"), max_size=12), st.binary(max_size=300),
    st.sampled_from(["application/json", "multipart/form-data; boundary=x", "text/plain", "multipart/form-data"]),
)  # fmt: skip
def fuzz(live: Live, method: str, path: str, tail: str, body: bytes, kind: str) -> None:
    status = live.client(address="127.0.0.9").ask(method, path + tail, body, {"Content-Type": kind})[0]
    assert status < 500 or status == 503, (method, path, tail)


def test_no_request_is_an_error_and_none_makes_it_grow(live: Live) -> None:
    worker = live.worker()
    fuzz(live)
    before = live.memory()
    fuzz(live)
    assert live.memory() - before < 32 << 20
    assert live.worker() == worker, "it did not die of it"


def test_a_flood_leaves_a_polite_client_its_answer(live: Live, record_property: pytest.RecordProperty) -> None:
    content, counts, peak = png(), dict[int, int](), [live.memory()]
    stop = threading.Event()

    def hostile(number: int) -> None:
        client = live.client(address=f"127.0.1.{number}")
        for _ in range(100):
            client.blob(content, "t")
            status = client.join({"id": "t"}, "clean", True, 0.3)[0]
            counts[status] = counts.get(status, 0) + 1

    def watch() -> None:
        while not stop.wait(0.2):
            peak.append(live.memory())

    began = time.monotonic()
    crowd = [threading.Thread(target=hostile, args=(number,)) for number in range(1, 6)]
    watcher = threading.Thread(target=watch)
    for thread in (*crowd, watcher):
        thread.start()
    waits = [patient(live.client(address="127.0.2.1"), content)[1] for _ in range(8)]
    for thread in crowd:
        thread.join(90)
    stop.set()
    watcher.join()
    p95 = sorted(waits)[-1] if len(waits) < 20 else statistics.quantiles(waits, n=20)[-1]
    figures = {"seconds": round(time.monotonic() - began, 1), "answers": counts, "peak MiB": max(peak) >> 20,
               "polite p50 s": round(statistics.median(waits), 2), "polite p95 s": round(p95, 2)}  # fmt: skip
    print(figures)
    record_property("flood", str(figures))
    assert sum(counts.values()) == 500
    assert set(counts) <= {200, 429, 503}
    assert max(peak) < GIB
    assert p95 < 20


def test_nothing_outside_is_looked_up(live: Live, watched: Path) -> None:
    assert isinstance(live.client(address="127.0.3.1").draw(png()), list)
    seen = (watched / "seen").read_text().splitlines() if (watched / "seen").exists() else []
    allowed = re.compile(r"socket\.connect '|.*127\.0\.0\.1|.*'localhost'|.*b?'/")  # own unix sockets, own name
    assert [line for line in seen if not allowed.match(line)] == []


def test_a_killed_worker_is_back_within_five_seconds_and_its_journal_whole(live: Live) -> None:
    client = live.client(address="127.0.4.1")
    client.draw(png())
    time.sleep(0 if len(live.family()) >= 4 else 5)
    old, before = live.worker(), journal.verify(live.journal).count
    os.kill(old, 9)
    began = time.monotonic()
    assert client.ask("GET", "/readyz")[0] == 200
    assert time.monotonic() - began < 5
    assert live.worker() != old
    assert isinstance(client.draw(png()), list)
    assert journal.verify(live.journal).count >= before + 2
    assert [entry["event"] for entry in entries(live)].count("start") == 2


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def account(folder: Path) -> Path:
    accounts = folder / "accounts"
    accounts.write_text(f"ann:{auth.scrypt('correct horse')}\n")
    accounts.chmod(0o600)
    return accounts


def others_can_read_this_python() -> bool:
    paths = {Path(sys.executable).resolve(), Path(os.__file__).resolve(), Path(journal.__file__).resolve()}
    return all(parent.stat().st_mode & 0o001 for path in paths for parent in path.parents)


@pytest.mark.parametrize("user", ["", "nobody"])
def test_on_all_addresses_with_passwords(trained: dict, open_folder: Path, user: str) -> None:
    if user and os.geteuid() != 0:
        pytest.skip("only root has rights to give up")
    if user and not others_can_read_this_python():
        pytest.skip("this Python is where only root may read, so no other user can run it")
    models = write_models(open_folder / "models", trained[WEIGHTS])
    arguments = ["--host", "0.0.0.0", "--auth-file", str(account(open_folder))]
    arguments += ["--user", user] if user else ["--allow-root"]
    with running(models, open_folder / "state", *arguments) as live:
        assert live.client().draw(png()) == 401
        guesses = [live.client(headers=basic("ann", f"{n}")).ask("GET", "/")[0] for n in range(20)]
        assert guesses == [401] * 10 + [429] * 10
        inside = live.client(address="127.0.0.2", headers=basic("ann", "correct horse"))
        assert isinstance(inside.draw(png()), list)
        assert inside.ask("GET", "/", headers={"Host": "evil.test"})[0] == 421
        if user:
            held_by(live, pwd.getpwnam(user).pw_uid)
            assert (open_folder / "state").stat().st_uid == pwd.getpwnam(user).pw_uid
    assert journal.verify(open_folder / "state/journal.jsonl").count >= 3


def held_by(live: Live, uid: int) -> None:
    """Every process of the demo is this user's, with no capability left."""
    for pid in live.family():
        status = Path(f"/proc/{pid}/status").read_text()
        assert re.search(rf"Uid:\s+{uid}\s+{uid}\s+{uid}", status)
        assert re.search(r"CapEff:\s+0+\n", status)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to give up")
def test_a_user_who_cannot_read_the_models_is_named_with_them(folder: Path) -> None:
    command = [sys.executable, "-m", "engine.serve", "--user", "nobody", "--models", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 2
    assert "error: user 'nobody' cannot read " in done.stderr
