"""The pre-flight's trials: whether a few images can be learned by heart, and what a rate does in a few steps."""

from __future__ import annotations

import math

import numpy as np

from gatewise import optim
from gatewise._gates import plain
from gatewise.optim import Optimizer
from gatewise.train.looking import Finding, Subject, calm, undone
from gatewise.train.settings import held_by
from gatewise.train.tape import finite

TO_OVERFIT, LEARNED, LEARNED_NARROW = 20, 0.95, 0.6
TRIES = ((1e-3, 150), (1e-4, 150), (1e-2, 150), (1e-2, 1000))  # rates, and for how many steps each
TRIAL = 20  # steps with a rate, on one batch
FAR = 100.0  # how much higher a rate is tried where the one given hardly moves
# Of the loss: what a rate that is right takes off within the trial. A rule that divides by the size of the gradients
# moves each weight by about its rate a step, however steep the loss is, and is given longer.
HARDLY, HARDLY_SCALED = 0.06, 0.02
WORSE, PEAK = 1.05, 3.0  # times the first loss


def overfitting(subject: Subject) -> Finding:
    """A net that can learn at all learns twenty images by heart, without regularisation."""
    X, y = subject.X[:TO_OVERFIT], subject.y[:TO_OVERFIT]
    best = 0.0
    start = subject.model.state_dict()
    enough = LEARNED_NARROW if is_narrow(subject) else LEARNED
    for rate, steps in TRIES:
        subject.model.load_state_dict(start)
        best = max(best, learned(subject, X, y, optim.Adam(subject.model.parameters(), lr=rate), steps))
        if best >= enough:
            break
    said = f"{len(X)} images are learned by heart to {best:.0%}"
    cure = (
        "look for layers that pass nothing on, labels that contradict each other, and a loss that is not of the scores."
    )
    return Finding("overfitting 20 images", best >= enough, said, cure)


def is_narrow(subject: Subject) -> bool:
    """Whether some layer has fewer units than the classes have bits, and more than one: not all can be kept apart."""
    widths = [len(each.value) for _, each in subject.parameters if np.ndim(each.value) > 1][:-1]
    return 2 <= min(widths, default=subject.classes) < math.log2(subject.classes)


def learned(subject: Subject, X: np.ndarray, y: np.ndarray, optimizer: Optimizer, steps: int) -> float:
    """The best accuracy on the images that are learned, within so many steps."""
    subject.model.train()
    calm(subject.model)
    best = 0.0
    for _ in range(steps):
        optimizer.zero_grad()
        scores = subject.model(X)
        best = max(best, float(np.mean(np.argmax(plain(scores), axis=1) == y)))
        value = subject.objective(subject.model, scores, y, subject.loss, 0.0)
        if best >= LEARNED or not finite(value.value):
            break
        value.backward()
        optimizer.step()
    return best


def rate(subject: Subject) -> Finding | None:
    """Some steps on one batch at the rate given; where they hardly move the loss, some at a rate far higher."""
    if subject.optimizer is None:
        return None
    rates = [float(group["lr"]) for group in subject.optimizer.param_groups]
    if not held_by(subject.optimizer) & {id(parameter) for _, parameter in subject.parameters}:
        said = "the optimizer has none of the model's parameters, and moves nothing"
        return Finding("rate", False, said, "make it from model.parameters(), after the model was made.")
    losses = trial(subject, subject.optimizer, 1.0)
    first, last, peak = losses[0], losses[-1], max(losses)
    told = f"{max(rates):g}: the loss of one batch goes from {first:.4g} to {last:.4g} in {TRIAL} steps"
    if not all(map(math.isfinite, losses)) or last > WORSE * first or peak > PEAK * first:
        return Finding("rate", False, told, f"a lower rate, such as {max(rates) / FAR:g} to {max(rates) / 10:g}.")
    if max(losses) == min(losses):
        return Finding(
            "rate", False, f"{told}: nothing moves", "a rate above 0." if not max(rates) else "a higher rate."
        )
    least = HARDLY if isinstance(subject.optimizer, optim.SGD) else HARDLY_SCALED
    if first - last < least * first:
        far = trial(subject, subject.optimizer, FAR)
        gained, fine = far[0] - far[-1], all(map(math.isfinite, far)) and max(far) <= WORSE * far[0]
        if fine and gained > 10 * max(first - last, 1e-6 * first):
            cure = f"a higher rate: {FAR * max(rates):g} takes it to {far[-1]:.4g}."
            return Finding("rate", False, told, cure)
    return Finding("rate", True, told)


def trial(subject: Subject, optimizer: Optimizer, times: float) -> list[float]:
    """The loss of one batch before each of some steps, and after the last, at a multiple of the rate."""
    losses = []
    with undone(subject):
        subject.model.train()
        calm(subject.model)
        for group in optimizer.param_groups:
            group["lr"] *= times
        for _ in range(TRIAL):
            optimizer.zero_grad()
            value = subject.value(subject.X, subject.y, subject.reg)
            losses.append(float(value.item()))
            if not math.isfinite(losses[-1]):
                return losses
            value.backward()
            optimizer.step()
        losses.append(float(subject.value(subject.X, subject.y, subject.reg).item()))
    return losses
