import numpy as np


class MotifScan:
    """Scan one-hot DNA (batch, length, 4) with K motifs of given width, log-sum-exp over positions.

    The soft maximum over positions is nicer to train than max pooling:
        y[n, k] = T * log mean_l exp(score[n, l, k] / T)
    """

    def __init__(self, n_motifs, width, rng, temperature=0.7):
        self.width = width
        self.T = temperature
        self.W = 0.5 * rng.normal(size=(width, 4, n_motifs))
        self.b = 0.1 * rng.normal(size=n_motifs)

    def windows(self, seqs):
        L = seqs.shape[1] - self.width + 1
        return np.stack([seqs[:, l : l + self.width] for l in range(L)], axis=1)

    def forward(self, seqs):
        self.seqs = seqs
        self.win = self.windows(seqs)  # n, l, width, 4
        score = np.einsum("nlwa,wak->nlk", self.win, self.W) + self.b
        top = score.max(axis=1, keepdims=True)
        e = np.exp((score - top) / self.T)
        self.post = e / e.sum(axis=1, keepdims=True)
        return top[:, 0] + self.T * np.log(e.mean(axis=1))

    def backward(self, grad_y):
        # the T in front and the 1/T inside cancel
        grad_score = grad_y[:, None, :] * self.post
        grad_W = np.einsum("nlwa,nlk->wak", self.win, grad_score)
        grad_b = grad_score.sum(axis=(0, 1))

        grad_win = np.einsum("nlk,wak->nlwa", grad_score, self.W)
        grad_seqs = np.zeros(self.seqs.shape)
        for l in range(grad_win.shape[1]):
            grad_seqs[:, l : l + self.width] += grad_win[:, l]
        self.grads = {"W": grad_W, "b": grad_b}
        return grad_seqs, [grad_W, grad_b]
