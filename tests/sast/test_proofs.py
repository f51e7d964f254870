"""The three parts of a proof are looked up, not believed."""

from __future__ import annotations

import ast

import pytest

from engine.sast import answers
from engine.sast.proofs import place, proofs, there
from tests.conftest import ROOT


def everything(_test: str) -> bool:
    return True


UNPROVEN = {"server-debug"}  # said so on the page, with the reason


def test_every_finding_but_the_named_is_proven():
    made = proofs(ROOT, everything)
    assert {(p.path, p.rule) for p in made} == set(answers.by_rule())
    assert {p.rule for p in made if p.missing} == UNPROVEN


def test_a_fix_is_where_its_function_is_today(tmp_path):
    path = tmp_path / "a.py"
    path.write_text("def f():\n    pass\n\n\nclass A:\n    def g(self):\n        return 1\n")
    assert place(path, "f") == (1, 2)
    assert place(path, "A.g") == (6, 7)
    assert place(path, "A.h") == place(path, "h") == place(tmp_path / "b.py", "f") == (0, 0)


def test_a_part_that_is_not_there_is_missing(tmp_path):
    table = tmp_path / "answers.toml"
    head = '[[answer]]\nfile = "a.py"\nrules = ["B1"]\nours = "a.py"\ntext = "t"\n'
    table.write_text(head + 'anchor = "f"\nexploit = ["t.py::test_x"]\nregression = ["t.py::test_y"]\n')
    assert proofs(tmp_path, everything, table)[0].missing == ("exploit", "fix", "regression")
    (tmp_path / "a.py").write_text("def f(): ...\n")
    (tmp_path / "t.py").write_text("def test_x(): ...\n\n\ndef helper(): ...\n")
    assert proofs(tmp_path, everything, table)[0].missing == ("regression",)
    assert not there(tmp_path, "t.py::helper")
    table.write_text(head)
    assert proofs(tmp_path, everything, table)[0].missing == ("exploit", "fix", "regression")


@pytest.mark.parametrize(
    "proof", [p for p in proofs(ROOT, everything) if not p.missing], ids=lambda p: f"{p.path}:{p.rule}"
)
def test_a_case_named_in_a_proof_is_a_case_of_the_test(proof):
    for test in (*proof.exploit, *proof.regression):
        file, _, name = test.partition("::")
        function, _, case = name.partition("[")
        tree = ast.parse((ROOT / file).read_text("utf-8"))
        (node,) = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == function]
        marked = any("parametrize" in ast.unparse(mark) for mark in node.decorator_list)
        assert marked == bool(case), test
        if case:
            assert case.rstrip("]") in (ROOT / file).read_text("utf-8")


def test_a_test_that_did_not_pass_proves_nothing() -> None:
    first = next(p for p in proofs(ROOT, everything) if not p.missing)
    failed = first.exploit[0]
    rows = [p for p in proofs(ROOT, lambda test: test != failed) if failed in p.exploit]
    assert rows
    assert all("exploit" in row.missing for row in rows)
    assert all(set(p.missing) >= {"exploit", "regression"} for p in proofs(ROOT, lambda _test: False))
