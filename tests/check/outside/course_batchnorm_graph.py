import numpy as np

def batchnorm_forward(x, gamma, beta, eps=1e-5):
    N = x.shape[0]
    mean = np.sum(x, axis=0) / N
    xc = x - mean
    var = np.sum(xc ** 2, axis=0) / N
    std = np.sqrt(var + eps)
    xn = xc / std
    out = gamma * xn + beta
    cache = (gamma, xc, std, xn)
    return out, cache

def batchnorm_backward(dout, cache):
    """Walk back through the graph on my sheet of paper, one node after the other."""
    gamma, xc, std, xn = cache
    N = dout.shape[0]

    dbeta = dout.sum(axis=0)
    dgamma = (dout * xn).sum(axis=0)
    dxn = gamma * dout

    # xn = xc / std: two children
    dxc = dxn / std
    dstd = -np.sum(dxn * xc, axis=0) / std ** 2
    dvar = 0.5 * dstd / std
    # var is a mean over the batch, xc goes in once more
    dxc += 2.0 / N * xc * dvar
    # x reaches xc directly and through the mean
    dmean = -np.sum(dxc, axis=0)
    dx = dxc + dmean / N
    return dx, dgamma, dbeta
