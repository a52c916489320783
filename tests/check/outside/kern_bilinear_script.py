# bilinear scorer  s_o = left' W_o right + bias_o,  independent logistic outputs, SGD with momentum
import numpy as np

gen = np.random.default_rng(21)
batch, n_left, n_right, n_out = 6, 3, 4, 2

left = gen.normal(size=(batch, n_left))
right = gen.normal(size=(batch, n_right))
labels = gen.integers(0, 2, size=(batch, n_out)).astype(float)

W = 0.5 * gen.normal(size=(n_out, n_left, n_right))
bias = 0.1 * gen.normal(size=n_out)
vel_W = np.zeros_like(W)
vel_bias = np.zeros_like(bias)

weight_decay = 0.05
learning_rate = 0.2
momentum = 0.9

for it in range(5):
    proj = np.einsum("bi,oij->boj", left, W)
    score = np.einsum("boj,bj->bo", proj, right) + bias
    # softplus(s) - s*y is the stable form of the cross-entropy
    loss = np.sum(np.logaddexp(0, score) - score * labels) / batch
    loss += 0.5 * weight_decay * np.sum(W**2)

    grad_score = 1 / (1 + np.exp(-score))
    grad_score -= labels
    grad_score /= batch
    grad_bias = grad_score.sum(axis=0)
    grad_proj = grad_score[:, :, None] * right[:, None, :]
    grad_right = np.einsum("bo,boj->bj", grad_score, proj)
    grad_W = np.einsum("bi,boj->oij", left, grad_proj)
    grad_W += weight_decay * W
    grad_left = np.einsum("boj,oij->bi", grad_proj, W)

    vel_W = momentum * vel_W - learning_rate * grad_W
    vel_bias = momentum * vel_bias - learning_rate * grad_bias
    W = W + vel_W
    bias = bias + vel_bias

print("final loss:", loss, " |grad_W|:", np.linalg.norm(grad_W))
