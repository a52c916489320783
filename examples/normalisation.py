"""Batch normalisation of four rows with two features, then scale, shift and a squared error:

gatewise show examples/normalisation.py:loss "x=[[1.0, 20.0], [2.0, 10.0], [3.0, 40.0], [6.0, 30.0]]" \
    "gamma=[1.0, 0.5]" "beta=[0.0, 0.1]" "target=[[0.0, 1.0], [0.0, 0.0], [1.0, 1.0], [1.0, 0.0]]" --wrt x,gamma,beta
"""

import numpy as np


def loss(x, gamma, beta, target):
    centred = x - np.mean(x, axis=0)
    variance = np.mean(centred**2, axis=0)
    normal = centred / np.sqrt(variance + 1e-5)
    out = gamma * normal + beta
    loss = np.mean((out - target) ** 2)
    return loss
