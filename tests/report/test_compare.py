"""Two builds compared: hand-made pairs with known answers, then a build against itself and against a better one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.core import earlier
from engine.core.errors import UserError
from engine.core.records import Evasion
from engine.core.records.outcomes import Outcome
from engine.report import compare, outcomes
from engine.report.compare import Cell
from tests.report import example

N = 1000


def bits(right: np.ndarray, images: str = "same") -> Outcome:
    return Outcome(
        family="evasion", kind="evasion", model="clean", subject="pgd", norm="linf", epsilon=0.1, seed=0,
        n=len(right), images=images, right=np.packbits(right).tobytes().hex(),
    )  # fmt: skip


def cell(right: np.ndarray, images: str = "same", *, lower: bool = False) -> Cell:
    return Cell(int(right.sum()), len(right), lower, "job", bits(right, images))


KEY = ("evasion", "evasion", "clean", "pgd", "linf", 0.1, 0)


@pytest.mark.parametrize("n", [1, 7, 8, 9, 1000])
def test_bits_survive_packing(n: int) -> None:
    right = np.random.default_rng(n).random(n) < 0.5
    assert f"{bits(right).bits():0{n}b}" == "".join("1" if one else "0" for one in right)


def test_the_same_images_are_paired_and_the_count_is_known() -> None:
    before, now = np.ones(N, bool), np.ones(N, bool)
    before[:3], now[3:15] = False, False  # 3 gained, 12 lost
    (row,) = compare.rows({KEY: cell(before)}, {KEY: cell(now)})
    assert (row.paired, row.lost, row.gained) == (True, 12, 3)
    assert row.p == pytest.approx(2 * sum((1, 15, 105, 455)) / 2**15)
    assert row.verdict == "worse"
    assert compare.rows({KEY: cell(now)}, {KEY: cell(before)})[0].verdict == "better"


def test_what_is_lower_the_better_is_turned_round() -> None:
    none, every = np.zeros(N, bool), np.ones(N, bool)
    (row,) = compare.rows({KEY: cell(none, lower=True)}, {KEY: cell(every, lower=True)})
    assert (row.difference, row.verdict) == (1.0, "worse")


def test_other_images_are_not_paired() -> None:
    before, now = np.arange(N) < 900, np.arange(N) < 800
    (row,) = compare.rows({KEY: cell(before, "some")}, {KEY: cell(now, "others")})
    assert (row.paired, row.lost, row.verdict) == (False, 0, "worse")


def test_many_cells_ask_for_more() -> None:
    before, now = np.ones(20, bool), np.arange(20) >= 6  # six lost, p = 1/32
    one = compare.rows({KEY: cell(before)}, {KEY: cell(now)})
    keys = [(*KEY[:-1], seed) for seed in range(50)]
    many = compare.rows({key: cell(before) for key in keys}, {key: cell(now) for key in keys})
    assert one[0].verdict == "worse"
    assert {row.verdict for row in many} == {"noise"}


# End to end: pages and downloads of the example, compared with what an earlier rendering published.


def arrays(job: str) -> dict[str, np.ndarray]:
    """The example's arrays, with the images behind its cells of PGD on the clean model."""
    held = dict(example.arrays(job))
    for row in example.records()["evasion"]:
        if isinstance(row, Evasion) and row.provenance.job == job and row.attack == "pgd":
            size, place = f"{row.epsilon:g}", np.arange(row.n)
            held |= {f"{size}/index": place, f"{size}/right": place < row.successes}
    return held


def published(target: Path, rows: dict[str, tuple] | None = None, *, sealed: bool = True) -> Path:
    files = example.rendered(replace(example.view(rows), arrays=arrays))
    data = target / "docs/data"
    digests = {}
    for name, content in files.items():
        if name.startswith("data/"):
            path = target / "docs" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            digests[name.removeprefix("data/")] = sha256(content).hexdigest()
    if sealed:
        (data / "MANIFEST").write_text(json.dumps({"files": digests}))
    return data


def against(source: str | Path, rows: dict[str, tuple] | None = None) -> Any:
    return replace(example.view(rows), arrays=arrays, earlier=earlier.load(str(source)))


def changed(right: int) -> dict[str, tuple]:
    rows = example.records()
    worse = tuple(
        example.evasion("clean", "pgd", 0.1, right)
        if isinstance(row, Evasion) and (row.model, row.attack, row.epsilon) == ("clean", "pgd", 0.1) else row
        for row in rows["evasion"]
    )  # fmt: skip
    return rows | {"evasion": worse}


def test_a_build_against_itself_is_all_noise(tmp_path: Path) -> None:
    view = against(published(tmp_path))
    found = compare.compared(view)
    assert len(found) > 20
    assert {(row.verdict, round(row.p, 9), row.difference) for row in found} == {("noise", 1.0, 0.0)}
    assert {row.paired for row in found} == {True, False}
    said: list[str] = []
    assert not compare.gate(view, True, said.append)
    assert said[0].endswith(f"0 better, {len(found)} noise, 0 worse")
    page = example.rendered(view)["report/compare.md"].decode()
    assert "Every file had the digest" in page
    assert str(tmp_path) not in page, "the place on this machine is not published"
    assert f'<span class="state noise">{len(found)} noise</span>' in page


def test_a_worse_cell_shuts_the_gate_and_is_named(tmp_path: Path) -> None:
    view = against(published(tmp_path, changed(900)))  # it was better: 900 then, 702 now
    said: list[str] = []
    assert compare.gate(view, True, said.append)
    assert "clean pgd linf 0.1 seed 0" in said[1]
    assert "\n" not in said[1]
    assert not compare.gate(view, False, said.append), "only --gate stops a build"
    (row,) = [row for row in compare.compared(view) if row.verdict != "noise"]
    assert (row.verdict, row.before, row.now) == ("worse", 0.9, 0.702)
    rows = json.loads(example.rendered(view)["data/comparison.json"])
    assert [each["verdict"] for each in rows].count("worse") == 1


def test_an_unfinished_build_compares_what_it_has(tmp_path: Path) -> None:
    rows = example.records() | {"evasion": (example.pending("evasion", "clean", "pgd", 0.1),)}
    view = against(published(tmp_path), rows)
    assert not [row for row in compare.compared(view) if row.key[0] == "evasion"]
    assert "Cells that only the earlier build has: " in example.rendered(view)["report/compare.md"].decode()


def test_outcomes_that_contradict_their_record_are_not_published() -> None:
    view = replace(example.view(changed(900)), arrays=arrays)
    assert {o.epsilon for o in outcomes.published(view) if (o.model, o.subject) == ("clean", "pgd")} == {0.3}


@pytest.mark.parametrize("place", [".", "docs", "docs/data"])
def test_a_folder_is_found_from_above(tmp_path: Path, place: str) -> None:
    published(tmp_path)
    assert earlier.load(str(tmp_path / place)).build.profile == "standard"


def test_without_a_manifest_the_page_says_so(tmp_path: Path) -> None:
    view = against(published(tmp_path, sealed=False))
    assert "its digests were not checked" in example.rendered(view)["report/compare.md"].decode()


def broken(data: Path, name: str, content: str) -> str:
    (data / name).write_text(content)
    return str(data)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("evasion.json", "[]", "evasion.json is not what MANIFEST says"),
        ("MANIFEST", "[]", "MANIFEST is no manifest"),
        ("MANIFEST", "{", "MANIFEST is no manifest"),
        ("provenance.json", "[]", "provenance.json is not what"),
    ],
)
def test_a_tampered_source_is_one_line(tmp_path: Path, name: str, content: str, said: str) -> None:
    with pytest.raises(UserError, match=said) as caught:
        earlier.load(broken(published(tmp_path), name, content))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("evasion.json", '[{"kind": "evasion", "colour": 1}]'),
        ("evasion.json", "not JSON"),
        ("outcomes.json", '[{"n": 3}]'),
        ("provenance.json", "{}"),
        ("provenance.json", "[]"),
    ],
)
def test_another_schema_is_one_line(tmp_path: Path, name: str, content: str) -> None:
    with pytest.raises(UserError, match=rf"{name}") as caught:
        earlier.load(broken(published(tmp_path, sealed=False), name, content))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("source", ["nowhere", "ftp://127.0.0.1/", "http://", "http://127.0.0.1:99999/"])
def test_a_missing_source_is_one_line(source: str) -> None:
    with pytest.raises(UserError) as caught:
        earlier.load(source)
    assert "\n" not in str(caught.value)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_args: object) -> None:
        pass


class Silent(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        threading.Event().wait(2)

    def log_message(self, *_args: object) -> None:
        pass


class Refusing(Silent):
    def do_GET(self) -> None:
        self.send_error(503)


@pytest.fixture
def serve() -> Iterator[Any]:
    running = []

    def start(handler: Any) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        running.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def test_a_published_site_is_read(tmp_path: Path, serve: Any) -> None:
    published(tmp_path)
    address = serve(partial(Quiet, directory=str(tmp_path / "docs")))
    assert {row.verdict for row in compare.compared(against(address))} == {"noise"}
    with pytest.raises(UserError, match="holds no provenance"):
        earlier.load(f"{address}/report")


def test_a_silent_or_refusing_site_is_one_line(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(earlier, "SECONDS", 0.2)
    with pytest.raises(UserError, match=r"did not answer within 0\.2 s"):
        earlier.load(serve(Silent))
    with pytest.raises(UserError, match="status 503"):
        earlier.load(serve(Refusing))
    with pytest.raises(UserError, match="cannot read"):
        earlier.load("http://127.0.0.1:1")
