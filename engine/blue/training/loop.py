"""The training loop, read from top to bottom. Recipes differ in their objective: what a batch is turned into."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.blue.training.average import Average
from engine.blue.training.precision import Precision, multiplying, precision
from engine.core.records.training import Epoch
from engine.measure.metrics import BATCH, Array, predict


@dataclass(frozen=True)
class Look:
    """What an objective made of a batch: mean loss, answers that were right, and gradients spent, in images.

    The gradient that follows from ``loss`` itself counts too.
    """

    loss: Tensor
    right: int
    gradients: int


@dataclass(frozen=True)
class Batch:
    """Float images (N, 1, 28, 28), labels (N,), where they stand in the training set (N,), share of training done."""

    x: Tensor
    y: Tensor
    place: Tensor
    share: float


# (model in training mode, batch) -> what to learn from it
Objective: TypeAlias = Callable[[nn.Module, Batch], Look]
# model -> accuracy under the recipe's own attack on validation images, gradients spent
Judge: TypeAlias = Callable[[nn.Module], tuple[float, int]]


@dataclass
class Fit:
    """What training leaves behind: the curve, the epoch that was kept, gradients spent, and how products were made."""

    epochs: list[Epoch] = field(default_factory=list)
    kept: int = 0
    gradients: int = 0
    precision: Precision = "float32"


@dataclass(frozen=True)
class Sets:
    """uint8 images (N, 1, 28, 28) and int64 labels (N,) to fit and to validate on."""

    x: Tensor
    y: Tensor
    validation_x: Tensor
    validation_y: Tensor


def sets(x: Array, y: Array, validation_x: Array, validation_y: Array, device: str) -> Sets:
    """Return the arrays as tensors on ``device``; images stay uint8."""
    return Sets(*(torch.tensor(part).to(device) for part in (x, y, validation_x, validation_y)))


def fit(
    model: nn.Module,
    data: Sets,
    settings: Any,
    progress: Callable[[float, str], None],
    objective: Objective | None = None,
    judge: Judge | None = None,
    clip: float | None = None,
) -> Fit:
    """Train in place with Adam and a one-cycle rate; keep the epoch that does best on validation.

    Best means highest robust validation accuracy where a recipe has a ``judge``, else highest
    validation accuracy. ``settings`` has ``epochs, batch, peak_rate`` and may have ``averaging``, the decay of a
    mean of weights which is then what is judged and kept. Without an ``objective`` the loss
    is cross-entropy on the images as they are. ``clip`` is the largest norm of a step's gradient. Seed torch before.
    """
    result = Fit(precision=precision(str(data.x.device)))
    averaging = getattr(settings, "averaging", 0.0)
    average = Average(model, averaging) if averaging else None
    outcome = average.model if average else model
    best, best_weights = -1.0, copy.deepcopy(model.state_dict())
    total = settings.epochs * (len(data.x) // settings.batch)
    optimiser = torch.optim.Adam(model.parameters(), fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, settings.peak_rate, total_steps=total)

    for epoch in range(settings.epochs):
        loss_sum = right = seen = 0.0
        for step, batch in enumerate(_batches(data, settings, epoch)):
            with multiplying(str(data.x.device), result.precision):
                look = (objective or plain)(model.train(), batch)
            optimiser.zero_grad()
            look.loss.backward()
            if clip is not None:
                nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimiser.step()
            schedule.step()
            if average:
                average.follow()
            loss, n = look.loss.item(), len(batch.y)
            loss_sum, right, seen = loss_sum + loss * n, right + look.right, seen + n
            result.gradients += look.gradients
            if step % 20 == 0:
                progress(batch.share, f"epoch {epoch + 1} of {settings.epochs}, loss {loss:.3f}")
        value = _judged(outcome, data, judge, result, loss_sum / seen, right / seen)
        if value >= best:
            best, result.kept, best_weights = value, epoch + 1, copy.deepcopy(outcome.state_dict())

    model.load_state_dict(best_weights)
    return result


def _batches(data: Sets, settings: Any, epoch: int) -> Iterator[Batch]:
    """Yield an epoch's batches in an order by chance; what is left at its end is too small for one and waits."""
    steps = len(data.x) // settings.batch
    order = torch.randperm(len(data.x))
    for step, chosen in enumerate(order.split(settings.batch)[:steps]):
        share = (epoch * steps + step) / (settings.epochs * steps)
        yield Batch(data.x[chosen].float() / 255, data.y[chosen], chosen, share)


def plain(model: nn.Module, batch: Batch) -> Look:
    """Return the cross-entropy on a batch as it is: the objective of training without a defence."""
    return learnt(model(batch.x), batch.y, len(batch.x))


def learnt(logits: Tensor, y: Tensor, gradients: int) -> Look:
    """Return the cross-entropy of ``logits`` (N, 10), with the gradients that it took in all."""
    return Look(F.cross_entropy(logits.float(), y), int((logits.argmax(1) == y).sum()), gradients)


def _judged(model: nn.Module, data: Sets, judge: Judge | None, result: Fit, loss: float, right: float) -> float:
    """Add the epoch that just ended to the curve and return what chooses; ``loss``, ``right`` are training means."""
    model.eval()
    validation_loss, validation_right = _validate(model, data)
    robust, spent = judge(model) if judge else (None, 0)
    result.gradients += spent
    point = Epoch(
        epoch=len(result.epochs) + 1,
        train_loss=loss,
        train_accuracy=right,
        validation_loss=validation_loss,
        validation_accuracy=validation_right,
        validation_robust_accuracy=robust,
    )
    result.epochs.append(point)
    return validation_right if robust is None else robust


@torch.no_grad()
def _validate(model: nn.Module, data: Sets) -> tuple[float, float]:
    """Return mean loss and accuracy on the validation images."""
    loss = right = 0.0
    for x, y in zip(data.validation_x.split(BATCH), data.validation_y.split(BATCH), strict=True):
        logits = model(x)
        loss += float(F.cross_entropy(logits, y, reduction="sum"))
        right += int((logits.argmax(1) == y).sum())
    return loss / len(data.validation_y), right / len(data.validation_y)


def accuracy(model: nn.Module, x: Tensor, y: Tensor) -> float:
    """Return the share of images (N, 1, 28, 28) that the model answers with their label."""
    return float((predict(model, x) == y.cpu().numpy()).mean())
