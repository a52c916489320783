"""One attention head over three places, with keys and queries of two numbers, and a squared error:

gatewise show examples/attention.py:loss "Q=[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]" \
    "K=[[1.0, 0.5], [-0.5, 1.0], [0.0, -1.0]]" "V=[[1.0, 2.0], [0.0, -1.0], [3.0, 0.5]]" \
    "target=[[1.0, 1.0], [0.0, 0.0], [1.0, 0.0]]" --wrt Q,K,V
"""

import numpy as np


def loss(Q, K, V, target):
    scores = Q @ K.T / 2**0.5
    weights = np.exp(scores) / np.sum(np.exp(scores), axis=1, keepdims=True)
    out = weights @ V
    loss = np.mean((out - target) ** 2)
    return loss
