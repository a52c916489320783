"""A linear classifier with the softmax loss, two rows of data and three classes:

gatewise show examples/classifier.py:loss "W=[[0.2, -0.1, 0.4], [0.3, 0.5, -0.2]]" "b=[0.0, 0.1, -0.1]" \
    "X=[[1.0, 2.0], [-1.0, 0.5]]" "y=[1, 2]" --wrt W,b
"""

import numpy as np


def loss(W, b, X, y):
    scores = X @ W + b
    shares = np.exp(scores) / np.sum(np.exp(scores), axis=1, keepdims=True)
    right = shares[np.arange(2), y]
    loss = -np.mean(np.log(right))
    return loss
