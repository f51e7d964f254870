"""The test images behind the figures: those in each cell of a confusion matrix, and a set followed one by one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import torch

from engine.core.bundle import Bundle, arrays, pack
from engine.core.jobs import Context
from engine.core.records.gallery import Behind, Explored
from engine.core.registry import resolve
from engine.core.unpack import records
from engine.measure import kept, metrics, subject
from engine.measure.metrics import Array
from engine.red.evasion.pgd import pgd
from engine.red.poisoning.poison import Poison


def behind(context: Context) -> Bundle:
    """Job: keep pictures of each cell of a model's confusion matrices, on clean and on stamped images.

    Spec: ``model, seed, network, test_images, poison_run, poison_settings, limit``. Arrays, for each condition:
    ``x`` uint8 (k, 28, 28), ``index``, ``true`` and ``answer`` (k,), by cell and, within one, by index.
    """
    spec = context.spec
    seen = subject.load(context, spec["test_images"])
    poison: Poison = resolve(spec["poison_run"])(**spec["poison_settings"])
    rows: list[Behind] = []
    pictures: dict[str, Array] = {}
    for condition, images in (("clean", seen.x), ("stamped", poison.trigger.stamp(seen.x))):
        began = perf_counter()
        answers = metrics.predict(seen.model, images)
        parts = kept.behind(images, seen.index, seen.y, answers, spec["limit"])
        pictures |= {f"{condition}/{name}": part for name, part in parts.items()}
        rows.append(
            Behind(
                model=spec["model"],
                condition=condition,  # type: ignore[arg-type]
                n=len(images),
                seed=spec["seed"],
                dataset=seen.dataset,
                confusion=metrics.scores(seen.y, answers).confusion,
                limit=spec["limit"],
                kept=len(parts["x"]),
                seconds=perf_counter() - began,
                provenance=context.provenance(),
            )
        )
    return pack({"gallery": rows}, pictures)


@dataclass(frozen=True)
class Fates:
    """What became of each image of a set: arrays over images (n,), and ``broke``, bool (attacks, n).

    ``epsilon`` is the smallest size of the sweep that broke it: 0 where it was wrong before, infinite where it
    stands. ``broke`` says by which attacks at that size; ``proved`` is the largest certified ε.
    """

    epsilon: Array
    broke: Array
    proved: Array


def explore(context: Context) -> Bundle:
    """Job: needs a model, its attacks of a size, those for the smallest L2 change and its certificates.

    Spec: ``model, seed, network, images, epsilons, settings``. PGD looks once more, at each image's own smallest ε,
    for a picture of what broke it. Arrays beside those of `Fates`: ``index, label, before, x, l2, l2_by``, and
    ``adv`` uint8 (n, 28, 28) with ``after`` (n,), -1 where PGD found nothing.
    """
    began, spec = perf_counter(), context.spec
    seen = subject.load(context, spec["images"])
    before = metrics.predict(seen.model, seen.x)
    families: dict[str, list[tuple[list[Any], dict[str, Array]]]] = {"evasion": [], "minimal": [], "certification": []}
    for bundle in list(context.needs.values())[1:]:
        ((family, rows),) = [(name, rows) for name, rows in records(bundle).items() if rows]
        families[family].append((rows, arrays(bundle)))
    fates = follow(seen.index, before == seen.y, families["evasion"], families["certification"], spec["epsilons"])
    length, by = shortest(seen.index, families["minimal"])
    found, after, gradients = _pictures(context, seen, fates.epsilon)
    row = Explored(
        model=spec["model"],
        n=len(seen.y),
        seed=spec["seed"],
        dataset=seen.dataset,
        epsilons=tuple(spec["epsilons"]),
        attacks=tuple(rows[0].attack for rows, _ in families["evasion"]),
        smallest=tuple(rows[0].attack for rows, _ in families["minimal"]),
        methods=tuple(rows[0].method for rows, _ in families["certification"]),
        wrong=int((fates.epsilon == 0).sum()),
        broken=int((np.isfinite(fates.epsilon) & (fates.epsilon > 0)).sum()),
        pictured=int((after >= 0).sum()),
        seconds=perf_counter() - began,
        gradients=gradients,
        provenance=context.provenance(),
    )
    made = {"index": seen.index, "label": seen.y, "before": before, "x": seen.x[:, 0], "l2": length, "l2_by": by}
    made |= {"epsilon": fates.epsilon, "broke": fates.broke, "proved": fates.proved, "adv": found, "after": after}
    return pack({"gallery": [row]}, made)


def follow(
    index: Array,
    right: Array,
    attacked: list[tuple[list[Any], dict[str, Array]]],
    certified: list[tuple[list[Any], dict[str, Array]]],
    epsilons: Iterable[float],
) -> Fates:
    """Return the fates of the images ``index`` (n,), of which ``right`` were read right before any attack.

    An attack that was not given an image says nothing of it. Only the sizes of ``epsilons`` count.
    """
    epsilon = np.where(right, np.inf, 0.0)
    broke = np.zeros((len(attacked), len(index)), bool)
    for size in sorted(epsilons):
        fell = np.array([_fell(index, held, size) for _, held in attacked]).reshape(broke.shape)
        new = fell.any(axis=0) & np.isinf(epsilon)
        broke[:, new], epsilon[new] = fell[:, new], size
    proved = np.zeros(len(index))
    for rows, held in certified:
        for row in rows:
            good = set(held["index"][held[f"{row.epsilon:g}/certified"]].tolist())
            proved = np.maximum(proved, np.where([image in good for image in index.tolist()], row.epsilon, 0.0))
        radius = dict(zip(held["radius_index"].tolist(), held["radius"].tolist(), strict=True))
        proved = np.maximum(proved, [radius.get(image, 0.0) for image in index.tolist()])
    return Fates(epsilon, broke, proved)


def _fell(index: Array, held: dict[str, Array], size: float) -> Array:
    """Return which images an attack broke at ``size``, bool (n,); False where it was not given the image."""
    if f"{size:g}/index" not in held:
        return np.zeros(len(index), bool)
    bad = held[f"{size:g}/right_before"] & ~held[f"{size:g}/right"]
    return np.isin(index, held[f"{size:g}/index"][bad])


def shortest(index: Array, minimal: list[tuple[list[Any], dict[str, Array]]]) -> tuple[Array, Array]:
    """Return each image's smallest L2 change over the attacks (infinite: none found), and whose it is (-1: nobody's).

    NaN where no attack was given the image.
    """
    length, by = np.full(len(index), np.nan), np.full(len(index), -1)
    for place, (_, held) in enumerate(minimal):
        sizes = dict(zip(held["index"].tolist(), held["size"].tolist(), strict=True))
        for at, image in enumerate(index.tolist()):
            size = sizes.get(image, np.nan)
            if np.isnan(length[at]) or size < length[at]:
                length[at] = size
                by[at] = place if np.isfinite(size) and size > 0 else -1
    return length, by


def _pictures(context: Context, seen: subject.Subject, epsilon: Array) -> tuple[Array, Array, int]:
    """Return what PGD finds for each image at its own smallest ε: pictures (n, 28, 28), answers (n,), gradients."""
    x, spec = torch.from_numpy(seen.x.astype(np.float32) / np.float32(255)), context.spec
    found, after, gradients = seen.x[:, 0].copy(), np.full(len(seen.y), -1), 0
    for size in spec["epsilons"]:
        at = np.flatnonzero(epsilon == size)
        if not len(at):
            continue
        result = pgd(
            seen.model, x[at], torch.from_numpy(seen.y[at]), epsilon=size, seed=spec["seed"], **spec["settings"]
        )
        answers = metrics.predict(seen.model, result.x.numpy())
        fell = answers != seen.y[at]
        found[at[fell]] = kept.pixels(result.x.numpy()[fell, 0])
        after[at[fell]], gradients = answers[fell], gradients + result.gradients
    return found, after, gradients
