"""The table of what this project does instead."""

from pathlib import Path

import pytest

from engine.core.errors import UserError
from engine.sast import answers, bandit, semgrep
from engine.sast.files import Tree

ROOT = Path(__file__).resolve().parents[2]


def test_every_flaw_has_an_answer_and_every_answer_a_flaw():
    tree = Tree(ROOT, "before", (answers.BEFORE,))
    flaws = {(f.path, f.rule) for tool in (bandit, semgrep) for f in tool.scan(tree)[1]}
    assert set(answers.by_rule()) == flaws


def test_answers_point_at_what_exists():
    for entry in answers.entries():
        assert (ROOT / entry.ours).exists(), entry.ours


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("[[answer]", "cannot read"),
        ('[[answer]]\nfile = "a.py"\nrules = []\nours = "x"\ntext = "t"', "rules"),
        ('[[answer]]\nfile = "a.py"\nrules = ["B1"]\nours = "x"', "text"),
        ('[[answer]]\nfile = "a.py"\nrules = ["B1", "B1"]\nours = "x"\ntext = "t"', "twice"),
    ],
)
def test_a_wrong_table_is_one_clear_line(tmp_path, text, match):
    table = tmp_path / "answers.toml"
    table.write_text(text)
    with pytest.raises(UserError, match=match):
        answers.by_rule(table)
