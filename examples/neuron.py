"""A neuron and its loss: `gatewise show examples/neuron.py:neuron w=2 x=-1 b=3 target=1`."""

import numpy as np


def neuron(w, x, b, target):
    score = w * x + b
    out = 1 / (1 + np.exp(-score))
    miss = out - target
    loss = miss * miss
    return loss
