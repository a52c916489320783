import numpy as np


class MixedPool2D(object):
    """ alpha * max + (1 - alpha) * average over size x size windows, no overlap. NHWC. """

    def __init__(self, alpha, size=2):
        self.alpha = alpha
        self.size = size

    def forward(self, inputs):
        self.inputs = inputs
        n, h, w, c = inputs.shape
        s = self.size
        self.maxed = np.zeros((n, h // s, w // s, c))
        self.meaned = np.zeros_like(self.maxed)
        for row in range(h // s):
            for col in range(w // s):
                patch = inputs[:, row * s:(row + 1) * s, col * s:(col + 1) * s, :]
                self.maxed[:, row, col, :] = patch.max(axis=(1, 2))
                self.meaned[:, row, col, :] = patch.mean(axis=(1, 2))
        return self.alpha * self.maxed + (1 - self.alpha) * self.meaned

    def backward(self, upstream):
        s = self.size
        self.d_alpha = np.sum(upstream * (self.maxed - self.meaned))
        d_max = self.alpha * upstream
        d_mean = (1 - self.alpha) * upstream
        d_inputs = np.zeros_like(self.inputs)
        for row in range(upstream.shape[1]):
            for col in range(upstream.shape[2]):
                rows, cols = slice(row * s, (row + 1) * s), slice(col * s, (col + 1) * s)
                patch = self.inputs[:, rows, cols, :]
                winner = patch == self.maxed[:, row:row + 1, col:col + 1, :]
                d_patch = winner * d_max[:, row:row + 1, col:col + 1, :]
                d_patch = d_patch + d_mean[:, row:row + 1, col:col + 1, :] / (s * s)
                d_inputs[:, rows, cols, :] = d_patch
        return d_inputs


def pool_forward(inputs, alpha):
    layer = MixedPool2D(alpha)
    return layer.forward(inputs), layer


def pool_backward(upstream, layer):
    d_inputs = layer.backward(upstream)
    return d_inputs, layer.d_alpha
