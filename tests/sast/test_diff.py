"""The diff against a slow, obvious model of it, and against cases whose answer is plain."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from engine.core.records import Finding
from engine.sast.diff import diff, normalise
from tests.sast.helpers import finding, states

findings = st.builds(
    finding,
    path=st.sampled_from(["code/a.py", "code/b.py"]),
    line=st.integers(1, 4),
    snippet=st.sampled_from(["pickle.load(file)", "torch.load(file)"]),
    rule=st.sampled_from(["B301", "B614"]),
    justification=st.sampled_from(["", "read above, in this file"]),
)
trees = st.lists(findings, max_size=8)


def key(row: Finding) -> tuple[str, str, str, str]:
    return row.tool, row.rule, row.path, normalise(row.snippet)


def test_a_second_copy_of_a_known_finding_is_new() -> None:
    known = finding(line=1)
    changes = diff([known], [known, finding(line=9)])
    assert sorted(states(changes)) == ["new", "unchanged"]
    assert next(c.after for c in changes if c.state == "new").line == 9


def test_one_fixed_and_one_new_of_a_rule_do_not_cancel() -> None:
    changes = diff([finding(snippet="pickle.load(a)")], [finding(snippet="pickle.load(b)")])
    assert sorted(states(changes)) == ["fixed", "new"]


def test_another_line_is_moved_and_another_file_too() -> None:
    assert states(diff([finding(line=1)], [finding(line=7)])) == ["moved"]
    assert states(diff([finding("code/a.py")], [finding("code/b.py")])) == ["moved"]


def test_layout_and_comments_do_not_count() -> None:
    changes = diff([finding(snippet="pickle.load(\n    file)")], [finding(snippet="pickle.load(file)  # ours")])
    assert states(changes) == ["unchanged"]


def test_a_reason_makes_it_suppressed_and_is_kept() -> None:
    (change,) = diff([finding()], [finding(justification="written by the line above")])
    assert change.state == "suppressed"
    assert change.after is not None
    assert change.after.justification == "written by the line above"


def test_a_fixed_finding_gets_its_answer() -> None:
    (change,) = diff([finding()], [], {("code/a.py", "B301"): "safetensors"})
    assert (change.state, change.answer) == ("fixed", "safetensors")


def test_the_place_chooses_between_copies() -> None:
    changes = diff([finding(line=1), finding(line=5)], [finding(line=5)])
    assert [(c.state, c.before.line) for c in changes if c.before] == [("fixed", 1), ("unchanged", 5)]


@given(trees, trees)
def test_every_finding_is_accounted_for_once(before: list[Finding], after: list[Finding]) -> None:
    changes = diff(before, after)
    assert Counter(c.before for c in changes if c.before) == Counter(before)
    assert Counter(c.after for c in changes if c.after) == Counter(after)


@given(trees, trees)
def test_no_finding_is_both_fixed_and_new(before: list[Finding], after: list[Finding]) -> None:
    changes = diff(before, after)
    fixed = Counter(key(c.before)[:2] + key(c.before)[3:] for c in changes if c.state == "fixed" and c.before)
    new = Counter(key(c.after)[:2] + key(c.after)[3:] for c in changes if c.state == "new" and c.after)
    assert not fixed & new


@given(trees, trees)
def test_pairs_within_a_path_are_a_multiset_intersection(before: list[Finding], after: list[Finding]) -> None:
    pairs = [(c.before, c.after) for c in diff(before, after) if c.before and c.after]
    within = Counter(key(old) for old, new in pairs if old.path == new.path)
    assert within == Counter(map(key, before)) & Counter(map(key, after))


@given(trees)
def test_a_tree_against_itself_has_nothing_new_or_fixed(rows: list[Finding]) -> None:
    assert set(states(diff(rows, rows))) <= {"unchanged", "suppressed"}


@given(trees, st.randoms(use_true_random=False))
def test_the_order_of_the_findings_changes_nothing(rows: list[Finding], random) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    other = [replace(row, line=row.line + 1) for row in rows]
    assert diff(rows, other) == diff(shuffled, other)
