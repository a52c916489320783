import numpy as np


def logsumexp(a, axis):
    mx = np.max(a, axis=axis, keepdims=True)
    return np.squeeze(mx, axis) + np.log(np.sum(np.exp(a - mx), axis=axis))




def crf_nll(emit, trans, start, stop, tags):
    """Negative log likelihood of one sentence. emit (L, K); trans[i, j]: from tag i to tag j."""
    L, K = emit.shape

    # gold path
    gold = start[tags[0]] + emit[0, tags[0]]
    for t in range(1, L):
        gold += trans[tags[t - 1], tags[t]] + emit[t, tags[t]]
    gold += stop[tags[-1]]

    # forward algorithm
    alpha = [start + emit[0]]
    for t in range(1, L):
        alpha.append(logsumexp(alpha[-1][:, None] + trans, 0) + emit[t])
    logZ = logsumexp(alpha[-1] + stop, 0)
    nll = logZ - gold

    # backward algorithm
    beta = [None] * L
    beta[L - 1] = stop.copy()
    for t in range(L - 2, -1, -1):
        beta[t] = logsumexp(trans + (emit[t + 1] + beta[t + 1])[None, :], 1)

    # expected minus observed counts
    d_emit = np.zeros((L, K))
    d_trans = np.zeros((K, K))
    for t in range(L):
        d_emit[t] = np.exp(alpha[t] + beta[t] - logZ)
        if t > 0:
            d_trans += np.exp(alpha[t - 1][:, None] + trans + (emit[t] + beta[t])[None, :] - logZ)
    d_start = d_emit[0].copy()
    d_stop = d_emit[L - 1].copy()

    for t in range(L):
        d_emit[t, tags[t]] -= 1.0
        if t > 0:
            d_trans[tags[t - 1], tags[t]] -= 1.0
    d_start[tags[0]] -= 1.0
    d_stop[tags[-1]] -= 1.0
    return nll, (d_emit, d_trans, d_start, d_stop)
