"""A network of long short-term memory with diagonal weights, that foretells the bits of the next character."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

import gatewise as gw
from benchmarks.gradbench.asked import Asked, Message, Way, listed


def sigmoid(x: Any) -> Any:
    """Compute the logistic function."""
    return 1 / (1 + np.exp(-x))


def cell(weight: Any, bias: Any, hidden: Any, memory: Any, given: Any) -> Any:
    """Compute the new hidden values and memory of one layer; weight and bias have a row for each of the four gates."""
    forget = sigmoid(given * weight[0] + bias[0])
    ingate = sigmoid(hidden * weight[1] + bias[1])
    outgate = sigmoid(given * weight[2] + bias[2])
    change = np.tanh(hidden * weight[3] + bias[3])
    memory = memory * forget + ingate * change
    return outgate * np.tanh(memory), memory


def loss(main: Any, extra: Any, state: Any, sequence: Any) -> Any:
    """Compute the mean loss of every bit foretold; `main` has a row of weights and one of biases for each layer."""
    layers, bits = len(main) // 2, sequence.shape[1]
    weights = main.reshape(2 * layers, 4, bits)
    hidden, memory = [state[2 * i] for i in range(layers)], [state[2 * i + 1] for i in range(layers)]
    total = 0.0
    for now, then in pairwise(sequence):
        value = now * extra[0]
        for i in range(layers):
            hidden[i], memory[i] = cell(weights[2 * i], weights[2 * i + 1], hidden[i], memory[i], value)
            value = hidden[i]
        told = value * extra[1] + extra[2]
        total = total + np.sum(then * (told - np.log(2 + np.sum(np.exp(told)))))
    return -total / ((len(sequence) - 1) * bits)


def read(given: Message) -> tuple[Any, ...]:
    """Return the parameters of the layers, those around them, the state at the start, and the characters."""
    return tuple(np.array(given[name], dtype=float) for name in ("main_params", "extra_params", "state", "sequence"))


def flat(gradients: Any) -> object:
    """Return both gradients, row after row, as one list."""
    return listed(np.concatenate([gradient.ravel() for gradient in gradients]))


def functions(way: Way) -> dict[str, Asked]:
    """Return the eval's functions."""
    return {"objective": Asked(read, way(loss), float), "jacobian": Asked(read, way(gw.grad(loss, (0, 1))), flat)}
