import numpy as np

_gen = np.random.RandomState(7)
A = _gen.uniform(0, 0.4, size=(8, 20)).astype(np.float32)      # ray lengths [cm]
COUNTS = _gen.poisson(6, size=8).astype(np.float32)

I0 = np.float32(40.0)
BETA = np.float32(1.5)
EPS2 = np.float32(1e-2)


def fwd_diff(f):
    gx = np.roll(f, -1, axis=1) - f
    gy = np.roll(f, -1, axis=0) - f
    return gx, gy


def fwd_diff_adj(px, py):
    return np.roll(px, 1, axis=1) - px + np.roll(py, 1, axis=0) - py


def objective(mu, A, counts):
    line = A @ mu.ravel()
    expected = I0 * np.exp(-line)
    data_term = np.sum(expected + counts * line)
    gx, gy = fwd_diff(mu)
    tv = np.sum(np.sqrt(gx**2 + gy**2 + EPS2))
    return data_term + BETA * tv


def gradient(mu, A, counts):
    # data part: backproject (measured - expected)
    trans = I0 * np.exp(-(A @ mu.ravel()))
    backproj = A.T @ (counts - trans)
    G = backproj.reshape(mu.shape)
    # TV part
    hx, hy = fwd_diff(mu)
    mag = np.sqrt(hx**2 + hy**2 + EPS2)
    G += BETA * fwd_diff_adj(hx / mag, hy / mag)
    return G
