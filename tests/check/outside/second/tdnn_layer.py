import numpy as np


class TDNN(object):
    """Time-delay layer (dilated 1d convolution) for acoustic frames, Kaldi-style offsets.

    input  : (frames, in_dim)
    output : (frames - context, out_dim), tanh
    """

    def __init__(self, weights, bias, offsets=(-2, 0, 1)):
        # weights: (n_offsets, in_dim, out_dim)
        self.weights = weights
        self.bias = bias
        self.offsets = offsets
        self.d_weights = np.zeros_like(weights)
        self.d_bias = np.zeros_like(bias)

    def _span(self, off, n_frames):
        lo = off - min(self.offsets)
        hi = n_frames - (max(self.offsets) - off)
        return lo, hi

    def forward(self, feats):
        self.feats = feats
        n_frames = feats.shape[0]
        n_out = n_frames - (max(self.offsets) - min(self.offsets))
        pre = np.zeros((n_out, self.bias.shape[0])) + self.bias
        for k, off in enumerate(self.offsets):
            lo, hi = self._span(off, n_frames)
            pre = pre + feats[lo:hi] @ self.weights[k]
        self.act = np.tanh(pre)
        return self.act

    def backward(self, d_act):
        n_frames = self.feats.shape[0]
        d_pre = d_act * (1.0 - self.act**2)
        d_feats = np.zeros_like(self.feats)
        self.d_weights = np.zeros_like(self.weights)
        self.d_bias = d_pre.sum(axis=0)
        for k, off in enumerate(self.offsets):
            lo, hi = self._span(off, n_frames)
            self.d_weights[k] = self.feats[lo:hi].T @ d_pre
            d_feats[lo:hi] += d_pre @ self.weights[k].T
        return d_feats
