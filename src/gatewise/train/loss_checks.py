"""The pre-flight's look at the loss: what it is where nothing is known, at first, and with regularisation."""

from __future__ import annotations

import math

import numpy as np

from gatewise import nn
from gatewise._gates import plain
from gatewise._tensor import Tensor, Values, no_grad
from gatewise.nn import Module
from gatewise.train.gradient_checks import in_double_precision
from gatewise.train.looking import Finding, Subject
from gatewise.train.scoring import Loss, weights
from gatewise.train.tape import finite

SCALE = (0.5, 2.0)  # of the first loss, in units of what chance gives
CERTAIN = 100.0  # a score whose share is 1
PROPORTION = 0.02  # what the loss of equal scores may be off


def expected_loss(loss: Loss, X: np.ndarray, y: np.ndarray, classes: int) -> float:
    """What chance gives: of the known losses, the one that this is where all scores are equal, or its sum.

    A softmax loss where it is none of them.
    """
    found = equal_scores(loss, X, y, classes)
    known = (math.log(classes), classes - 1.0, (classes - 1.0) / classes)
    for scale in (1, len(X)):
        for value in known:
            if abs(found - scale * value) <= PROPORTION * scale * value:
                return value
    return known[0]


def equal_scores(loss: Loss, X: np.ndarray, y: np.ndarray, classes: int) -> float:
    """The loss where all scores are 0."""
    return loss_at(loss, np.zeros((len(X), classes), dtype=X.dtype if X.dtype.kind == "f" else float), y)


def loss_at(loss: Loss, scores: Values, y: np.ndarray) -> float:
    """The loss of scores that are given."""
    return float(plain(loss(Tensor(scores), y)))


def scale_of_loss(subject: Subject) -> Finding:
    """The loss of scores that are all equal is known; a sum in place of a mean, or a factor, shows here.

    So does a softmax too many: the scores are shares then, or the loss of perfect scores is that of perfect shares.
    """
    assert subject.expected is not None
    found = equal_scores(subject.loss, subject.X, subject.y, subject.classes)
    said = f"{found:.4g} where all scores are equal; {subject.expected:.4g} is what chance gives"
    if subject.classes > 1 and math.isclose(found, math.log(subject.classes), rel_tol=PROPORTION) and twice(subject):
        said = "the softmax loss is given shares, which are scores that went through a softmax already"
        return Finding("loss of equal scores", False, said, "leave out the softmax: the loss has one of its own.")
    ratio = found / subject.expected if subject.expected else 1.0
    whole = math.isclose(ratio, len(subject.X), rel_tol=PROPORTION)
    cure = "take the mean over the images, not their sum." if whole else f"divide the loss by {ratio:.3g}."
    return Finding("loss of equal scores", abs(ratio - 1) <= PROPORTION, said, cure)


def twice(subject: Subject) -> bool:
    """Whether a softmax is in the net or in the loss that has one of its own."""
    with no_grad():
        given = np.asarray(plain(subject.model(subject.X)), dtype=np.float64)
    shares = bool(given.min() >= 0) and bool(np.allclose(given.sum(axis=1), 1.0, atol=1e-4))
    perfect = np.zeros((len(subject.X), subject.classes))
    perfect[np.arange(len(subject.X)), subject.y] = CERTAIN
    least = math.log(1 + (subject.classes - 1) / math.e)  # of shares that are 0 and 1
    return shares or math.isclose(loss_at(subject.loss, perfect, subject.y), least, rel_tol=1e-3)


def first_loss(subject: Subject) -> Finding:
    """With small weights no class is preferred, so the first loss is near what chance gives."""
    assert subject.expected is not None
    found = float(subject.value(subject.X, subject.y).item())
    low, high = (factor * subject.expected for factor in SCALE)
    said = f"{found:.4g}; about {subject.expected:.4g} is what chance gives"
    cure = "smaller weights in the last layer, and images of the scale that the weights are drawn for."
    return Finding("first loss", bool(low <= found <= high), said, cure)


def regularisation(subject: Subject) -> Finding:
    """Regularisation makes the loss larger by the weights, or was forgotten. In double: tiny weights cost little."""
    model, strength = in_double_precision(subject.model), subject.reg or 1.0
    with_them = cost(subject, model, strength)
    some = [weight for weight in weights(model) if np.any(weight.value)]
    for weight in some:
        nn.init.zeros_(weight)
    without = cost(subject, model, strength)
    said = f"{strength:g} raises the loss by {with_them:.3g}"
    cure = "loss = loss + reg * np.sum(W * W), for each matrix of weights."
    if some and with_them > 0 and without >= with_them:
        return Finding("regularisation", False, f"{said}, and not by the weights: only by biases", cure)
    return Finding("regularisation", not some or with_them > 0 or not finite(np.array(with_them)), said, cure)


def cost(subject: Subject, model: Module, strength: float) -> float:
    """By how much regularisation raises the loss."""
    X, y = np.asarray(subject.X, dtype=np.float64), subject.y
    with no_grad():
        without, with_it = (
            float(plain(subject.objective(model, model(X), y, subject.loss, reg))) for reg in (0.0, strength)
        )
    return with_it - without
