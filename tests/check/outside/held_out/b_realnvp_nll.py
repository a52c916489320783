"""Affine coupling flow (RealNVP), trained by maximum likelihood. Halves are swapped after each layer."""
import numpy as np


def flow_nll(layers, batch):
    n, dim = batch.shape
    half = dim // 2

    z = batch
    logdet = np.zeros(n)
    tape = []
    for p in layers:
        keep, move = z[:, :half], z[:, half:]
        t = np.tanh(keep @ p["Ws"] + p["bs"])
        s = p["scale"] * t
        es = np.exp(s)
        moved = move * es + keep @ p["Wt"]
        logdet = logdet + s.sum(axis=1)
        tape.append((keep, move, t, es))
        z = np.concatenate([moved, keep], axis=1)
    nll = np.mean(0.5 * (z * z).sum(axis=1) - logdet)

    gz = z / n
    grads = [None] * len(layers)
    for i in range(len(layers) - 1, -1, -1):
        p = layers[i]
        keep, move, t, es = tape[i]
        gmoved, gkeep = gz[:, :half], gz[:, half:]
        gs = gmoved * move * es - 1.0 / n
        gt = gs * p["scale"]
        gpre = gt * (1 - t * t)
        grads[i] = {
            "Ws": keep.T @ gpre,
            "bs": gpre.sum(axis=0),
            "scale": (gs * t).sum(axis=0),
            "Wt": keep.T @ gmoved,
        }
        gkeep = gkeep + gpre @ p["Ws"].T + gmoved @ p["Wt"].T
        gz = np.concatenate([gkeep, gmoved * es], axis=1)
    return nll, grads
