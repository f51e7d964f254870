"""The insecure reference holds the flaws that it is there for."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from engine.core.records import Finding
from engine.sast import bandit, semgrep
from engine.sast.answers import BEFORE
from engine.sast.files import Tree

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / BEFORE).glob("*.py"))


@pytest.fixture(scope="module")
def found() -> list[Finding]:
    tree = Tree(ROOT, "before", (BEFORE,))
    return [*bandit.scan(tree)[1], *semgrep.scan(tree)[1]]


def test_the_references_four_bandit_findings(found):
    counts = Counter((Path(f.path).name, f.rule, f.cwe, f.severity) for f in found if f.tool == "bandit")
    assert counts["data_loader.py", "B311", 330, "low"] == 2
    assert counts["evaluation.py", "B614", 502, "medium"] == 1
    assert counts["demo.py", "B614", 502, "medium"] == 1
    rules = Counter(f.rule for f in found)
    assert (rules["B311"], rules["B614"]) == (2, 2)


def test_the_flaws_that_matter_to_machine_learning(found):
    assert {f.rule for f in found} >= {
        "pickle-load",
        "numpy-allow-pickle",
        "joblib-load",
        "yaml-unsafe-load",
        "torch-hub-load",
        "unverified-download",
        "uint8-wraparound",
        "art-estimator-without-clip-values",
        "gradio-share",
        "server-on-all-interfaces",
        "server-debug",
        "B202",
        "B324",
        "B602",
        "B306",
    }


def test_every_rule_of_ours_finds_something_there(found):
    assert {f.rule for f in found if f.tool == "semgrep"} == set(semgrep.own_rules())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_says_that_it_is_insecure_on_purpose(path):
    text = path.read_text("utf-8")
    assert text.startswith("# INSECURE ON PURPOSE.")
    ast.parse(text)


def test_nothing_imports_it():
    for path in [*(ROOT / "engine").rglob("*.py"), *ROOT.glob("*.py")]:
        if path in FILES:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            assert not any("sast.before" in name for name in names), path
