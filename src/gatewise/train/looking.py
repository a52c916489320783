"""What a check of the pre-flight is given, and what it gives: a `Subject`, a `Finding`, and all of them a `Report`."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatewise._tensor import Tensor
from gatewise.nn import Module, Parameter
from gatewise.optim import Optimizer
from gatewise.train.scoring import Loss

#: (model, scores, y, loss, reg) to what is made small
Objective = Callable[[Module, Any, np.ndarray, Loss, float], Tensor]


@dataclass(frozen=True)
class Finding:
    """What one check saw: `healthy` or not, and where not, what to do."""

    check: str
    healthy: bool
    said: str
    cure: str = ""

    def __str__(self) -> str:
        head = f"{self.check}: {self.said}"
        return head if self.healthy else f"{head}\n  instead: {self.cure}"


@dataclass(frozen=True)
class Report:
    """All findings, in the order of the checks. Empty `warnings` mean that nothing speaks against the run.

    >>> report = Report([Finding("input scale", True, "mean 0.0, deviation 1.0")])
    >>> report.healthy, str(report)
    (True, 'input scale: mean 0.0, deviation 1.0')
    """

    findings: list[Finding]

    @property
    def warnings(self) -> list[Finding]:
        return [finding for finding in self.findings if not finding.healthy]

    @property
    def healthy(self) -> bool:
        return not self.warnings

    def __getitem__(self, check: str) -> Finding:
        return next(finding for finding in self.findings if finding.check == check)

    def __str__(self) -> str:
        return "\n".join(map(str, self.findings))


@dataclass(frozen=True)
class Subject:
    """What is looked at: a model, a few of its images, its loss and its optimiser."""

    model: Module
    X: np.ndarray
    y: np.ndarray
    classes: int
    loss: Loss
    reg: float
    optimizer: Optimizer | None
    expected: float | None  # the loss where all scores are 0
    objective: Objective

    def value(self, X: np.ndarray, y: np.ndarray, reg: float = 0.0) -> Tensor:
        """The loss, regularised, with its tape."""
        return self.objective(self.model, self.model(X), y, self.loss, reg)

    @property
    def parameters(self) -> list[tuple[str, Parameter]]:
        return list(self.model.named_parameters())


@contextmanager
def undone(subject: Subject) -> Iterator[None]:
    """Put model, optimiser and generators back as they were."""
    model, optimizer = subject.model, subject.optimizer
    training = {name: module.training for name, module in model.named_modules()}
    kept, drawn = model.state_dict(), model.random_state()
    steps = {} if optimizer is None else copy.deepcopy(optimizer.state_dict())
    gradients = [(parameter, parameter.grad) for parameter in model.parameters()]
    try:
        with np.errstate(all="ignore"):
            yield
    finally:
        model.load_state_dict(kept)
        if optimizer is not None:
            optimizer.load_state_dict(steps)
        model.load_random_state(drawn)
        for name, module in model.named_modules():
            module.training = training[name]
        for parameter, gradient in gradients:
            parameter.grad = gradient


def calm(model: Module) -> None:
    """Switch off what is drawn anew in every step, so that what is left is the net's."""
    for module in model.modules():
        if "Dropout" in type(module).__name__:
            module.train(False)


def clear(subject: Subject) -> None:
    for _, parameter in subject.parameters:
        parameter.grad = None
