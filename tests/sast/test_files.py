"""The listing that the scans are held against."""

import pytest

from engine.core.errors import UserError
from engine.sast.files import Source, Tree, sources
from tests.sast.helpers import tree


def test_lists_python_files_of_folders_and_single_files(tmp_path):
    tree(tmp_path, {"b.py": "", "a.py": "", "tests/t.py": "", "rules/r.py": "", "rules.py": "", "n.txt": ""})
    (tmp_path / "build.py").write_text("")
    got = Tree(tmp_path, "after", ("code", "build.py"), ("code/rules",)).files()
    assert got == ("build.py", "code/a.py", "code/b.py", "code/rules.py", "code/tests/t.py")


def test_a_missing_path_and_an_empty_tree_are_errors(tmp_path):
    with pytest.raises(UserError, match="does not exist"):
        Tree(tmp_path, "after", ("nowhere",)).files()
    (tmp_path / "code").mkdir()
    with pytest.raises(UserError, match="no Python file"):
        Tree(tmp_path, "after", ("code",)).files()


def test_a_file_that_is_not_text_is_named(tmp_path):
    made = tree(tmp_path, {"a.py": ""})
    (tmp_path / "code" / "a.py").write_bytes(b"x = '\xff\xfe'\n")
    with pytest.raises(UserError, match=r"code/a\.py"):
        sources(made)


def test_snippet_drops_common_indent_only():
    source = Source("a.py", ("def f():", "    g(", "        1,", "    )", ""))
    assert source.snippet(2, 4) == "g(\n    1,\n)"
    assert source.snippet(1, 1) == "def f():"
