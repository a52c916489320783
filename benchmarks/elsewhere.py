"""A helper in a file of its own, as larger programs have them: see benchmarks/as_they_stand.py."""

import numpy as np


def weighted(x):
    out = np.zeros(len(x))
    for i, a in enumerate(x):
        out[i] = a * (i + 1)
    return out
