"""One step of an LSTM cell with a single unit; W, U and b hold one weight for each of its four parts:

gatewise show examples/memory.py:cell x=0.5 h=-0.2 c=0.8 "W=[0.6, -0.4, 0.3, 0.9]" "U=[0.1, 0.5, -0.3, 0.2]" \
    "b=[0.0, 1.0, 0.0, 0.0]"
"""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def cell(x, h, c, W, U, b):
    parts = W * x + U * h + b
    write = sigmoid(parts[0])
    keep = sigmoid(parts[1])
    read = sigmoid(parts[2])
    idea = np.tanh(parts[3])
    c_new = keep * c + write * idea
    h_new = read * np.tanh(c_new)
    return h_new
