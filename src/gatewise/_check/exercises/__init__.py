"""The exercises that ship with gatewise: forward passes as plain functions, each with inputs to run it on."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gatewise._check.blank import function_from
from gatewise._check.exercises import circuits, networks
from gatewise._types import Function


@dataclass(frozen=True)
class Exercise:
    """One exercise: its name, what it is about, the forward pass, its inputs, and whose gradients are asked."""

    name: str
    about: str
    forward: Function
    inputs: Mapping[str, float | np.ndarray]
    wrt: tuple[str, ...]


def exercise(name: str, forward: Function, inputs: Mapping[str, float | np.ndarray], wrt: str) -> Exercise:
    """An exercise from its function, whose docstring says what it is about.

    It is built anew from its own text: frames of gatewise's files are not the user's, and would give no names.
    """
    twin = function_from(inspect.getsource(forward), forward.__name__, {"np": np})
    return Exercise(name, (forward.__doc__ or "").strip(), twin, inputs, tuple(wrt.split()))


EXERCISES = {
    each.name: each
    for each in (
        exercise("compound", circuits.compound, {"x": -2.0, "y": 5.0, "z": -4.0}, "x y z"),
        exercise("patterns", circuits.patterns, {"x": 3.0, "y": -4.0, "z": 2.0, "w": -1.0}, "x y z w"),
        exercise("neuron", circuits.neuron, circuits.NEURON_INPUTS, "w0 x0 w1 x1 w2"),
        exercise("staged", circuits.staged, {"x": 3.0, "y": -4.0}, "x y"),
        exercise("matrices", networks.matrices, networks.matrices_inputs(), "W X"),
        exercise("softmax", networks.softmax, networks.softmax_inputs(), "scores"),
        exercise("net", networks.net, networks.net_inputs(), "W1 b1 W2 b2"),
        exercise("batchnorm", networks.batchnorm, networks.batchnorm_inputs(), "x gamma beta"),
    )
}
