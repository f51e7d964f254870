from __future__ import annotations

from pathlib import Path

import pytest

from engine.core import profile
from engine.core.errors import UserError

STANDARD = (profile.FOLDER / "standard.toml").read_text()


@pytest.mark.parametrize("name", profile.available())
def test_profiles_load(name: str) -> None:
    assert profile.load(name).title


def test_standard_is_the_full_matrix() -> None:
    chosen = profile.load("standard")
    assert chosen.epsilons == (0.05, 0.1, 0.15, 0.2, 0.25, 0.3)
    assert (chosen.train_images, chosen.test_images) == (0, 0)
    assert chosen.pgd.steps == 40
    assert len(profile.load("full").seeds) == 3
    assert profile.load("full").attack_images == 0


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("attack_images =", "attack_imges =", "attack_im"),
        ("restarts = 1", "restarts = 1\nspeed = 1", "unknown key 'pgd.speed'"),
        ("share = 0.01", "share = 2.0", "'badnets.share'.*less than or equal to 1"),
        ("attack_images = 500", 'attack_images = "many"', "'attack_images'.*found 'many'"),
        ("[pgd]", "[pgd", "not valid TOML"),
        ("seeds = [0]", "seeds = [0, 0]", "seeds must be given once each"),
        ("images = [30, 60]", "images = [60]", "autoattack.images needs a count for each of epsilons"),
        ("whole = { clean = [0.3]", "whole = { clean = [0.2]", r"autoattack.whole has the sizes \[0.2\]"),
        ("epsilons = [0.05, 0.1,", "epsilons = [0.1, 0.05,", "epsilons must grow"),
    ],
)
def test_a_wrong_key_or_value_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in STANDARD
    path = tmp_path / "mine.toml"
    path.write_text(STANDARD.replace(old, new))
    with pytest.raises(UserError, match=f"mine.toml.*{said}"):
        profile.load(str(path))


def test_an_unknown_profile_lists_the_known() -> None:
    with pytest.raises(UserError, match="unknown profile 'smok'; known: full, smoke, standard"):
        profile.load("smok")
