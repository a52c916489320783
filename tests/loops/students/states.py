"""An array of states that is filled round by round."""

import numpy as np


def energy(V0, k, sources):
    V = np.zeros((len(sources) + 1, len(V0)))
    V[0] = V0
    for t in range(len(sources)):
        V[t + 1] = V[t] + k * (np.roll(V[t], 1) - 2 * V[t] + np.roll(V[t], -1)) + sources[t]
    return np.sum(V[-1] ** 2)


def inputs(T):
    rng = np.random.default_rng(T)
    return {"V0": rng.normal(size=6), "k": 0.1, "sources": rng.normal(size=(T, 6))}
