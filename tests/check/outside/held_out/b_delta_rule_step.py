# One decoding step of a DeltaNet-like layer: the state S is a fast weight matrix that is
# corrected towards v at the (unit) key, then read out at q.
# b = batch, v = value dim, k = key dim
from numpy import einsum, exp, sqrt


def delta_step(S, q, k, v, beta_logit):
    knorm = sqrt(einsum('bk,bk->b', k, k))[:, None]
    kn = k / knorm
    beta = 1. / (1. + exp(-beta_logit))
    err = v - einsum('bvk,bk->bv', S, kn)
    u = beta[:, None] * err
    S_new = S + einsum('bv,bk->bvk', u, kn)
    y = einsum('bvk,bk->bv', S_new, q)
    cache = (S, S_new, q, kn, knorm, beta, err, u)
    return y, S_new, cache


def delta_step_backward(dy, dS_new, cache):
    S, S_new, q, kn, knorm, beta, err, u = cache

    # readout
    dq = einsum('bvk,bv->bk', S_new, dy)
    dSn = dS_new + einsum('bv,bk->bvk', dy, q)

    # rank one write
    du = einsum('bvk,bk->bv', dSn, kn)
    dkn = einsum('bvk,bv->bk', dSn, u)
    derr = beta[:, None] * du
    dbeta = einsum('bv,bv->b', du, err)
    dbeta_logit = dbeta * beta * (1. - beta)

    # err = v - S kn
    dv = derr
    dS = dSn - einsum('bv,bk->bvk', derr, kn)
    dkn = dkn - einsum('bvk,bv->bk', S, derr)

    # kn = k / |k|
    dk = (dkn - kn * einsum('bk,bk->b', kn, dkn)[:, None]) / knorm
    return dS, dq, dk, dv, dbeta_logit
