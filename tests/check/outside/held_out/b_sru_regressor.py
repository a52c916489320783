import numpy as np


def sig(a):
    return 1 / (1 + np.exp(-a))


class SRU:
    """Simple recurrent unit with a highway output; sequences are (time, batch, dim)."""

    def __init__(self, dim, rng):
        init = lambda *shape: rng.normal(0, 0.6, size=shape)
        self.params = {"W": init(dim, dim), "Wf": init(dim, dim), "bf": init(dim), "vf": init(dim),
                       "Wr": init(dim, dim), "br": init(dim)}

    def forward(self, xs):
        P = self.params
        c = np.zeros(xs.shape[1:])
        self.steps, hs = [], []
        for x in xs:
            cand = x @ P["W"]
            f = sig(x @ P["Wf"] + P["vf"] * c + P["bf"])
            r = sig(x @ P["Wr"] + P["br"])
            c_prev, c = c, f * c + (1 - f) * cand
            hs.append(r * np.tanh(c) + (1 - r) * x)
            self.steps.append((x, cand, f, r, c_prev, c))
        return np.stack(hs)

    def backward(self, dhs):
        P = self.params
        G = {name: np.zeros_like(value) for name, value in P.items()}
        dc = np.zeros(dhs.shape[1:])
        for dh, (x, cand, f, r, c_prev, c) in zip(dhs[::-1], self.steps[::-1]):
            tc = np.tanh(c)
            dr = dh * (tc - x) * r * (1 - r)
            dc = dc + dh * r * (1 - tc ** 2)
            df = dc * (c_prev - cand) * f * (1 - f)
            dcand = dc * (1 - f)
            dc = dc * f + df * P["vf"]
            G["W"] += x.T @ dcand
            G["Wf"] += x.T @ df
            G["bf"] += df.sum(0)
            G["vf"] += (df * c_prev).sum(0)
            G["Wr"] += x.T @ dr
            G["br"] += dr.sum(0)
        return G

    def loss(self, xs, target):
        diff = self.forward(xs) - target
        steps, batch = xs.shape[:2]
        loss = 0.5 * np.sum(diff ** 2) / (steps * batch)
        return loss, self.backward(diff / (steps * batch))
