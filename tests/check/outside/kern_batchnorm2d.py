import numpy as np

# BatchNorm2d, NCHW, training mode. The backward is the simplified closed form.


def _c(v):
    """per-channel vector -> broadcastable to NCHW"""
    return v.reshape(1, -1, 1, 1)


def bn2d_forward(inp, gamma, beta, eps=1e-5):
    axes = (0, 2, 3)
    mean = inp.mean(axis=axes, keepdims=True)
    var = inp.var(axis=axes, keepdims=True)
    inv_std = 1.0 / np.sqrt(var + eps)
    norm = (inp - mean) * inv_std
    out = _c(gamma) * norm + _c(beta)
    return out, dict(norm=norm, inv_std=inv_std, gamma=gamma)


def bn2d_backward(grad_out, cache):
    norm, inv_std, gamma = cache["norm"], cache["inv_std"], cache["gamma"]
    n, _, h, w = grad_out.shape
    m = n * h * w
    grad_beta = grad_out.sum(axis=(0, 2, 3))
    grad_gamma = np.einsum("nchw,nchw->c", grad_out, norm)
    grad_inp = m * grad_out - _c(grad_beta) - norm * _c(grad_gamma)
    np.multiply(grad_inp, _c(gamma) * inv_std, out=grad_inp)
    grad_inp /= m
    return grad_inp, grad_gamma, grad_beta
