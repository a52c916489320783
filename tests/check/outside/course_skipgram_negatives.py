"""
word2vec homework: skip-gram with negative sampling, a whole batch of (center, outside) pairs at once.

V[i] is the vector of word i as a center word, U[i] as an outside word.
"""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def neg_sampling_loss_and_gradient(V, U, center_ids, outside_ids, neg_ids):
    B = center_ids.shape[0]

    v_c = V[center_ids]                              # (B, d)
    u_o = U[outside_ids]                             # (B, d)
    u_k = U[neg_ids]                                 # (B, K, d)
    pos = sigmoid(np.sum(u_o * v_c, axis=1))         # (B,)
    neg = sigmoid(-np.einsum("bkd,bd->bk", u_k, v_c))  # (B, K)
    loss = -(np.sum(np.log(pos)) + np.sum(np.log(neg))) / B

    grad_pos = (pos - 1) / B
    grad_neg = (1 - neg) / B

    grad_v_c = grad_pos[:, None] * u_o
    grad_v_c += np.einsum("bk,bkd->bd", grad_neg, u_k)

    gradV = np.zeros_like(V)
    np.add.at(gradV, center_ids, grad_v_c)

    gradU = np.zeros_like(U)
    np.add.at(gradU, outside_ids, grad_pos[:, None] * v_c)
    # the same word may have been drawn twice!
    np.add.at(gradU, neg_ids, grad_neg[:, :, None] * v_c[:, None, :])

    return loss, (gradV, gradU)
