"""The whole way through build.py, as a user runs it, in copies of the project."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.core.rates import wilson
from engine.core.records import FAMILIES, TIMES
from engine.integrity.publish import verify
from tests.conftest import ROOT
from tests.core.test_run import scheduler

pytestmark = pytest.mark.slow
TAKEN = ("engine", "templates", "docs", "build.py", "mkdocs.yml", "models")
LIMIT = 1500  # seconds; a slow machine needs ten minutes for a build beside another test
PARTS = {"provenance"}  # of the build as a whole: it tells the time of day


@dataclass(frozen=True)
class Copy:
    """A copy of the project with a store of its own; the data folder is shared."""

    root: Path
    data: Path

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "build.py", "--profile", "smoke", "--data", str(self.data), *arguments]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments), cwd=self.root, capture_output=True, text=True, timeout=LIMIT, check=False
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a build that Ctrl-C stops, even where these tests run in the background, which ignores it."""
        before = signal.signal(signal.SIGINT, signal.SIG_DFL)
        try:
            return subprocess.Popen(
                self.command(*arguments), cwd=self.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                start_new_session=True,
            )  # fmt: skip
        finally:
            signal.signal(signal.SIGINT, before)

    def stored(self) -> dict[str, dict[str, object]]:
        """Everything in the store by key: files byte by byte, records without times."""
        found = {}
        for manifest in sorted((self.root / ".store").glob("??/*/manifest.json")):
            files = {p.name: p.read_bytes() for p in manifest.parent.iterdir() if p != manifest}
            records = without_times(json.loads(files.pop("records.json")))
            found[manifest.parent.name] = {"records": records, **files}
        return found

    def published(self) -> dict[str, object]:
        """The downloads without times and without the build's own record."""
        read = {}
        for family in FAMILIES.keys() - PARTS:
            read[family] = without_times(json.loads((self.root / f"docs/data/{family}.json").read_bytes()))
        return read


def without_times(value: object) -> object:
    if isinstance(value, dict):
        return {k: without_times(v) for k, v in value.items() if k not in TIMES}
    return [without_times(v) for v in value] if isinstance(value, list) else value


def children_seconds() -> float:
    """Processor time of all processes that this one has started and waited for."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def copy(folder: Path, data: Path) -> Copy:
    """Copy what a build needs, without what earlier builds generated."""
    for name in TAKEN:
        source = ROOT / name
        skipped = shutil.ignore_patterns("__pycache__", "report", "data", "index.md", "*.safetensors", "*.json")
        if name != "docs" and name != "models":
            skipped = shutil.ignore_patterns("__pycache__")
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=skipped)
        else:
            shutil.copy(source, folder / name)
    return Copy(folder, data)


@pytest.fixture(scope="module")
def data() -> Path:
    """MNIST from any carrier, kept between runs of the tests."""
    folder = ROOT / ".data"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Copy:
    """A finished smoke build."""
    place = copy(tmp_path_factory.mktemp("built"), data)
    done = place.run()
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Smoke profile" in done.stdout
    return place


@pytest.fixture
def fresh(tmp_path: Path, data: Path) -> Copy:
    return copy(tmp_path / "fresh", data)


def test_every_cell_is_measured_and_the_site_stands(built: Copy) -> None:
    kinds = {row["kind"] for rows in built.published().values() for row in rows}  # type: ignore[attr-defined]
    assert "pending" not in kinds
    assert {"evaluation", "latency", "training", "evasion", "poisoning", "colour", "scan", "threat"} <= kinds
    assert (built.root / "site/index.html").is_file()
    assert (built.root / "site/data/sast.sarif").is_file()
    assert verify(built.root, built.root / "site") == []
    cards = sorted(path.stem for path in (built.root / "models").glob("*.json"))
    assert cards == ["backdoored", "certified", "clean", "hardened", "poisoned", "trades"]


def test_running_again_runs_nothing_and_is_quick(built: Copy) -> None:
    before, began = built.stored(), children_seconds()
    done = built.run()
    assert done.returncode == 0, done.stderr
    assert children_seconds() - began < 30, "of processor time, since other tests run beside it; see bench/"
    assert "0%" not in done.stderr
    assert "it stands as it was written" in done.stderr
    assert built.stored() == before


def test_a_changed_template_runs_no_job(built: Copy) -> None:
    page = built.root / "templates/conclusion.md.j2"
    page.write_text(page.read_text("utf-8") + "\nOne more line.\n", "utf-8")
    done = built.run()
    assert done.returncode == 0, done.stderr
    assert "0%" not in done.stderr
    assert "One more line." in (built.root / "site/report/conclusion/index.html").read_text("utf-8")


def test_a_build_that_is_worse_than_an_earlier_one_fails_only_at_the_gate(built: Copy, tmp_path: Path) -> None:
    """The earlier build is this one with every corrupted image read right, and without its outcomes by image."""
    earlier = shutil.copytree(built.root / "docs/data", tmp_path / "earlier")
    for name in ("MANIFEST", "outcomes.json"):
        (earlier / name).unlink()
    path = earlier / "corruptions.json"
    rows = json.loads(path.read_bytes())
    for row in rows:
        low, high = wilson(row["n"], row["n"])
        row |= {"successes": row["n"], "accuracy": 1.0, "low": low, "high": high}
    path.write_text(json.dumps(rows), "utf-8")
    shut = built.run("--compare", str(earlier), "--gate")
    assert shut.returncode == 1, shut.stderr
    assert "error: the gate is shut, worse than" in shut.stdout + shut.stderr
    assert "worse" in (built.root / "site/report/compare/index.html").read_text("utf-8")
    assert built.run("--compare", str(earlier)).returncode == 0
    assert built.run("--compare", str(built.root / "docs/data"), "--gate").returncode == 0


def wait_for(process: subprocess.Popen[str], place: Copy, entries: int) -> None:
    """Wait until the store holds this many finished jobs and another is on its way."""
    for _ in range(LIMIT * 5):
        if len(list(place.root.glob(".store/??/*/manifest.json"))) >= entries:
            return
        assert process.poll() is None, process.stdout.read() if process.stdout else ""
        time.sleep(0.2)
    pytest.fail("no job finished")


@pytest.fixture
def cluster() -> Iterator[str]:
    with scheduler(2) as (address, _):
        yield address


def test_a_killed_build_goes_on_on_a_cluster_and_ends_the_same(built: Copy, fresh: Copy, cluster: str) -> None:
    process = fresh.start()
    wait_for(process, fresh, 3)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    left = fresh.stored()
    assert 3 <= len(left) < len(built.stored())
    done = fresh.run("--scheduler", cluster)
    assert done.returncode == 0, done.stderr[-3000:]
    after = fresh.stored()
    assert {key: after[key] for key in left} == left
    assert after == built.stored(), "two builds differ in more than their times"
    assert fresh.published() == built.published()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_build_ends_cleanly_and_leaves_a_site(fresh: Copy, how: signal.Signals) -> None:
    process = fresh.start()
    wait_for(process, fresh, 2)
    process.send_signal(how)
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 130, said
    assert "the same command goes on from here" in said
    assert "Traceback" not in said
    home = (fresh.root / "site/index.html").read_text("utf-8")
    assert "Unfinished build" in home
    assert "not run yet" in home
    with pytest.raises(ProcessLookupError):
        for _ in range(50):
            os.killpg(process.pid, 0)
            time.sleep(0.2)


def one_line(done: subprocess.CompletedProcess[str], code: int = 2) -> str:
    assert done.returncode == code, done.stderr
    lines = [line for line in done.stderr.splitlines() if not line.startswith("MNIST")]
    assert len(lines) == 1, done.stderr
    return lines[0]


def test_only_and_no_site_train_one_model_and_publish_its_card(fresh: Copy) -> None:
    done = fresh.run("--only", "train/clean/*", "--only", "poison/*", "--no-site")
    assert done.returncode == 0, done.stderr
    assert len(fresh.stored()) == 2
    assert [path.stem for path in (fresh.root / "models").glob("*.json")] == ["clean"]
    assert not (fresh.root / "docs/index.md").exists()
    assert not (fresh.root / "site").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--profile", "huge"), "unknown profile 'huge'; known: full, smoke, standard"),
        (("--only", "attack/*/magic/*"), "no job is called 'attack/*/magic/*'; see `python build.py --list`"),
        (("--explain", "nothing"), "no job is called 'nothing'"),
        (("--only", "poison/*", "--semgrep-config", "no/such/file.yaml"), "emgrep"),
    ],
)
def test_bad_input_is_one_line(built: Copy, arguments: tuple[str, ...], said: str) -> None:
    line = one_line(built.run(*arguments))
    assert line.startswith("error: ")
    assert said in line


@pytest.mark.parametrize("arguments", [("--workers", "0"), ("--seed", "-1"), ("--device", "tpu"), ("--nothing",)])
def test_wrong_options_end_with_usage(built: Copy, arguments: tuple[str, ...]) -> None:
    done = built.run(*arguments)
    assert done.returncode == 2
    assert "error: " in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_damaged_data_names_the_file_and_deletes_nothing(built: Copy, tmp_path: Path) -> None:
    raw = tmp_path / "MNIST/raw"
    raw.mkdir(parents=True)
    (raw / "train-images-idx3-ubyte").write_bytes(b"not MNIST")
    place = Copy(built.root, tmp_path)
    line = one_line(place.run("--list"))
    assert "train-images-idx3-ubyte" in line
    assert "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db" in line
    assert (raw / "train-images-idx3-ubyte").read_bytes() == b"not MNIST"


def test_a_damaged_store_entry_is_said_and_made_again(built: Copy) -> None:
    before = built.stored()
    victim = next(built.root.glob(".store/??/*/arrays.npz"))
    victim.write_bytes(victim.read_bytes()[:-1] + b"?")
    done = built.run()
    assert done.returncode == 0, done.stderr
    assert f"store entry {victim.parent.name[:12]} is damaged" in done.stderr
    assert built.stored() == before


def test_list_and_explain(built: Copy) -> None:
    done = built.run("--list")
    assert done.returncode == 0
    assert all(line.startswith("stored") for line in done.stdout.splitlines())
    why = built.run("--explain", "attack/clean/pgd/seed0")
    assert "nothing that it depends on has changed" in why.stdout
    attack = built.root / "engine/red/evasion/fgsm.py"
    text = attack.read_text("utf-8")
    attack.write_text(text.replace("del seed", "seed = None"), "utf-8")
    try:
        assert "code engine.red.evasion.fgsm changed" in built.run("--explain", "attack/clean/fgsm/seed0").stdout
        stale = [line.split()[3] for line in built.run("--list").stdout.splitlines() if line.startswith("to run")]
        models = ("clean", "poisoned", "backdoored", "hardened", "trades", "certified")
        again = [f"{job}/seed0" for m in models for job in (f"attack/{m}/fgsm", f"worst/{m}/linf", f"bracket/{m}")]
        again += [f"compare/{m}/seed0" for m in ("hardened", "trades", "certified")]
        again += [f"explore/{m}/seed0" for m in models]
        assert sorted(stale) == sorted([*again, "claims/seed0"])
    finally:
        attack.write_text(text, "utf-8")
