"""When a build may leave the site as it stands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml

from engine.core import profile
from engine.core.facts import facts
from engine.core.records import Build
from engine.data.mnist import Digits
from engine.integrity import standing
from engine.integrity.manifest import seal
from engine.report import site
from tests.conftest import ROOT

WRITTEN = ("docs/index.md", "docs/report/method.md", "docs/data/sast.json", "site/index.html", "models/clean.json")
READ = ("build.py", "mkdocs.yml", "engine/plan/common.py", "templates/home.md.j2", "docs/css/report.css")


@dataclass
class Project:
    """A small one whose site was made from ``parts`` and sealed."""

    root: Path
    facts: Build
    parts: tuple[object, ...] = ("a", b"b")

    @property
    def memory(self) -> Path:
        return self.root / ".store/site.json"

    def stands(self) -> bool:
        return standing.stands(self.root, self.memory, standing.made_from(self.root, self.facts, self.parts))


@pytest.fixture
def project(tmp_path: Path, digits: Digits) -> Project:
    for name in (*WRITTEN, *READ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name, "utf-8")
    known = facts("smoke", profile.load("smoke"), digits, (1, 1), 2, ROOT)
    found = Project(tmp_path, known)
    for folder in standing.SEALED:
        seal(tmp_path / folder, {})
    standing.remember(tmp_path, found.memory, standing.made_from(tmp_path, known, found.parts))
    return found


def test_it_stands_while_nothing_changes(project: Project) -> None:
    assert project.stands()


def test_a_later_start_other_seconds_and_another_carrier_change_nothing(project: Project) -> None:
    old, new = project.facts.started, "2031-01-01T00:00:00+00:00"
    project.parts = (f"read at {old}",)
    made = standing.made_from(project.root, project.facts, project.parts)
    later = replace(project.facts, started=new, seconds=7.0, carrier="another")
    assert standing.made_from(project.root, later, (f"read at {new}",)) == made


@pytest.mark.parametrize("name", [*WRITTEN, *READ])
def test_any_changed_file_is_noticed(project: Project, name: str) -> None:
    (project.root / name).write_text("changed", "utf-8")
    assert not project.stands()


@pytest.mark.parametrize("name", WRITTEN)
def test_any_file_that_is_gone_is_noticed(project: Project, name: str) -> None:
    (project.root / name).unlink()
    assert not project.stands()


@pytest.mark.parametrize("name", ["docs/report/more.md", "docs/css/more.css", "site/more.html", "templates/more.j2"])
def test_any_new_file_is_noticed(project: Project, name: str) -> None:
    (project.root / name).write_text("new", "utf-8")
    assert not project.stands()


def test_other_facts_and_other_parts_are_noticed(project: Project) -> None:
    known, parts = project.facts, project.parts
    project.facts = replace(known, revision="another")
    assert not project.stands()
    project.facts, project.parts = known, (*parts[:1], b"c")
    assert not project.stands()
    project.parts = ("ab", b"")  # the same bytes, cut elsewhere
    assert not project.stands()


@pytest.mark.parametrize("content", ["", "{}", '{"made": 1', "[]"])
def test_a_memory_that_cannot_be_read_holds_nothing(project: Project, content: str) -> None:
    project.memory.write_text(content, "utf-8")
    assert not project.stands()


def test_what_pages_are_not_made_from_does_not_count(project: Project) -> None:
    (project.root / "README.md").write_text("another", "utf-8")
    (project.root / "engine/__pycache__").mkdir()
    (project.root / "engine/__pycache__/plan.pyc").write_bytes(b"x")
    assert project.stands()


def test_it_knows_what_a_build_writes() -> None:
    assert tuple(f"docs/{name}" for name in site.GENERATED) == standing.GENERATED
    assert site.FOLDER in standing.SEALED


def test_every_variable_that_mkdocs_reads_counts() -> None:
    class Reader(yaml.SafeLoader):
        """Reads ``!ENV`` as the list behind it."""

    named: list[str] = []

    def env(loader: yaml.SafeLoader, node: yaml.SequenceNode) -> str:
        named.extend(loader.construct_sequence(node)[:-1])
        return ""

    Reader.add_constructor("!ENV", env)
    yaml.load((ROOT / "mkdocs.yml").read_text("utf-8"), Reader)  # nosec B506 -- a safe loader
    assert named == list(site.VARIABLES)
