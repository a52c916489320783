import numpy as np

LAMBDA = 0.5
EPSILON = 1e-8


def rica_cost(theta, X, n_components):
    # X is (dim, samples), as in the paper
    d, m = X.shape
    W_raw = theta.reshape(n_components, d)

    # project the rows to the unit ball
    rowNorm = np.sqrt(np.sum(W_raw**2, axis=1, keepdims=True) + EPSILON)
    W = W_raw / rowNorm

    S = W @ X
    R = W.T @ S - X
    sparsity = LAMBDA * np.sum(np.log(np.cosh(S))) / m
    reconstruction = 0.5 * np.sum(R**2) / m
    cost = sparsity + reconstruction

    # S enters twice, W three times
    S_grad = LAMBDA * np.tanh(S) / m
    R_grad = R / m
    S_grad += W @ R_grad
    W_grad = S @ R_grad.T
    W_grad += S_grad @ X.T

    # through the normalisation
    W_raw_grad = W_grad - W * np.sum(W_grad * W, axis=1, keepdims=True)
    W_raw_grad /= rowNorm
    return cost, W_raw_grad.ravel()
