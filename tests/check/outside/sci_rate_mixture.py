"""Branch lengths and rate classes from pairwise site patterns (JC69)."""
import numpy as np

# 1 where the two ends of branch b carry the same base in pattern s
SAME = np.array([[1, 1, 0, 1, 0], [1, 0, 0, 1, 1], [1, 1, 1, 0, 0], [1, 1, 0, 0, 1]])
PATTERN_COUNT = np.array([12, 5, 2, 3, 4])


def softmax(a):
    ea = np.exp(a - a.max())
    return ea / ea.sum()


def neg_log_lik(t, logits, log_rate, same, count):
    w = softmax(logits)
    rate = np.exp(log_rate)
    decay = np.exp(-4 / 3 * rate[:, None] * t[None, :])        # class x branch
    p_same = 0.25 + 0.75 * decay
    p_diff = 0.25 - 0.25 * decay
    log_p = np.log(p_same) @ same + np.log(p_diff) @ (1 - same)  # class x pattern
    joint = np.log(w)[:, None] + log_p
    top = joint.max(axis=0)
    site = top + np.log(np.exp(joint - top).sum(axis=0))
    nll = -np.dot(count, site)

    # E step gives the gradient
    resp = np.exp(joint - site)
    g_log_p = -resp * count
    g_logits = g_log_p.sum(axis=1) + count.sum() * w

    g_p_same = (g_log_p @ same.T) / p_same
    g_p_diff = (g_log_p @ (1 - same).T) / p_diff
    g_decay = 0.75 * g_p_same - 0.25 * g_p_diff
    g_rt = -4 / 3 * decay * g_decay
    g_t = (g_rt * rate[:, None]).sum(axis=0)
    g_log_rate = (g_rt * t).sum(axis=1) * rate
    return nll, (g_t, g_logits, g_log_rate)
