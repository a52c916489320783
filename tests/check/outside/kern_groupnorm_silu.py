"""GroupNorm + SiLU, fp32 reference. Layout (N, C, L)."""
import numpy as np

f32 = np.float32


def forward(x, scale, shift, groups=2, eps=1e-5):
    N, C, L = x.shape
    xg = x.reshape(N, groups, -1)
    xg = xg - xg.mean(-1, keepdims=True)
    inv = f32(1) / np.sqrt((xg**2).mean(-1, keepdims=True) + f32(eps))
    z = (xg * inv).reshape(N, C, L)
    a = z * scale[:, None] + shift[:, None]
    s = f32(1) / (f32(1) + np.exp(-a))
    return a * s, (z, inv, a, s, scale, groups)


def backward(gout, ctx):
    z, inv, a, s, scale, groups = ctx
    N, C, L = z.shape

    # silu
    ga = s * (f32(1) + a * (f32(1) - s))
    ga *= gout

    # affine
    gshift = ga.sum(axis=(0, 2))
    gscale = (ga * z).sum(axis=(0, 2))
    gz = ga * scale[:, None]

    # group norm
    gz = gz.reshape(N, groups, -1)
    zg = z.reshape(N, groups, -1)
    gx = gz - gz.mean(-1, keepdims=True)
    gx -= zg * (gz * zg).mean(-1, keepdims=True)
    gx *= inv
    return gx.reshape(N, C, L), gscale, gshift
