"""What the course says to look at before a long run: seconds that save hours.

Each check is a function that looks at a `Subject` and returns a `Finding`: what it saw, and whether that is healthy.
Whatever they do to the model (steps, running statistics, random draws) is undone.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gatewise import data
from gatewise.nn import Module, functional
from gatewise.optim import Optimizer
from gatewise.train.gradient_checks import dead_layers, gradients
from gatewise.train.image_checks import input_scale, related_labels
from gatewise.train.learning_checks import overfitting, rate
from gatewise.train.looking import Finding as Finding
from gatewise.train.looking import Objective, Subject, undone
from gatewise.train.looking import Report as Report
from gatewise.train.loss_checks import expected_loss, first_loss, regularisation, scale_of_loss
from gatewise.train.scoring import Loss, classes_of, objective

IMAGES = 100  # looked at by most checks
TO_COMPARE = 2000  # images whose neighbours are asked for their class

CHECKS: tuple[Callable[[Subject], Finding | None], ...] = (
    input_scale, scale_of_loss, first_loss, regularisation, dead_layers, gradients, overfitting, rate,
)  # fmt: skip


def preflight(
    model: Module,
    X: np.ndarray,
    y: np.ndarray,
    *,
    loss: Loss = functional.cross_entropy,
    reg: float = 0.0,
    optimizer: Optimizer | None = None,
    expected: float | None = None,
    objective: Objective = objective,
    rng: int | np.random.Generator = 0,
) -> Report:
    """Look at a model, its images `X` (N, ...) and classes `y` before it is trained, as the course advises.

    Looked at are: the scale of the images, whether the labels have to do with them, the loss of equal scores and the
    first loss against ln C, regularisation, dead layers, gradients against differences, whether 20 images can be
    overfitted, and, with an `optimizer`, its rate. `expected` is the loss where all scores are 0; it is found for a
    softmax loss (ln C) and an SVM's (C - 1, or its mean over the classes). An `objective(model, scores, y, loss, reg)`
    of one's own takes the place of the loss plus `reg` times the sum of the squared weights.
    Model, optimiser and generators are as they were, afterwards.
    Raises `DataError` for labels and images that cannot be learned.

    >>> import numpy as np, gatewise as gw
    >>> rng = np.random.default_rng(0)
    >>> y = rng.integers(0, 3, 300)
    >>> X = (rng.standard_normal((300, 5)) + 2 * np.eye(3, 5)[y]).astype(np.float32)
    >>> preflight(gw.nn.Linear(5, 3), X, y).healthy
    True
    >>> print(preflight(gw.nn.Linear(5, 3), 1000 * X, y)["input scale"].healthy)
    False
    """
    classes = classes_of(model, X)
    X, y = data.checked(X, y, classes)
    chosen = np.random.default_rng(rng).permutation(len(X))
    few = chosen[:IMAGES]
    if expected is None:
        expected = expected_loss(loss, X[few], y[few], classes)
    subject = Subject(model, X[few], y[few], classes, loss, reg, optimizer, expected, objective)
    many = chosen[:TO_COMPARE]
    return Report(findings(subject, X[many], y[many]))


def findings(subject: Subject, X: np.ndarray, y: np.ndarray) -> list[Finding]:
    """What each check finds; each of them leaves the subject as it was."""
    with undone(subject):
        found = [related_labels(subject, X, y)]
    for check in CHECKS:
        with undone(subject):
            finding = check(subject)
        if finding is not None:
            found.append(finding)
    return found
