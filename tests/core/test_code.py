from __future__ import annotations

from pathlib import Path

import pytest

from engine.core import code


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine/__init__.py").write_text("")
    (tmp_path / "engine/a.py").write_text("def f():\n    from engine import b\n    return b.x\n")
    (tmp_path / "engine/b.py").write_text("x = 1\n")
    (tmp_path / "engine/c.py").write_text("y = 1\n")
    monkeypatch.setattr(code, "ROOT", tmp_path)
    code._file.cache_clear()
    code._parsed.cache_clear()
    yield tmp_path
    code._file.cache_clear()
    code._parsed.cache_clear()


def digest(tree: Path) -> dict[str, str]:
    code._parsed.cache_clear()
    return code.closure(["engine.a"])


def test_closure_follows_imports_and_nothing_else(tree: Path) -> None:
    assert set(digest(tree)) == {"engine", "engine.a", "engine.b"}


def test_words_do_not_count(tree: Path) -> None:
    before = digest(tree)
    (tree / "engine/b.py").write_text('"""Words."""\n\n# more words\nx = 1  # here too\n')
    assert digest(tree) == before


def test_code_counts(tree: Path) -> None:
    before = digest(tree)
    (tree / "engine/b.py").write_text("x = 2\n")
    assert digest(tree)["engine.b"] != before["engine.b"]
    assert digest(tree)["engine.a"] == before["engine.a"]


def test_one_attack_reaches_no_other() -> None:
    reached = code.closure(["engine.red.evasion.fgsm", "engine.measure.sweep"])
    assert "engine.red.evasion.pgd" not in reached
    assert "engine.red.evasion.registry" not in reached
    assert "engine.core.run" not in reached
