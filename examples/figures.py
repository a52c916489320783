"""The three circuits that the course draws.

gatewise show examples/figures.py:compound x=-2 y=5 z=-4
gatewise show examples/figures.py:sigmoid_neuron w0=2 x0=-1 w1=-3 x1=-2 w2=-3
gatewise show examples/figures.py:patterns x=3 y=-4 z=2 w=-1
"""

import numpy as np


def compound(x, y, z):
    q = x + y
    f = q * z
    return f


def sigmoid_neuron(w0, x0, w1, x1, w2):
    score = w0 * x0 + w1 * x1 + w2
    f = 1 / (1 + np.exp(-score))
    return f


def patterns(x, y, z, w):
    f = 2 * (x * y + np.maximum(z, w))
    return f
