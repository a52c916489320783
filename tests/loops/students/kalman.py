"""A Kalman filter, with the sum of the squared innovations."""

import numpy as np


def kalman(A, C, Q, R, x, P, ys):
    loss = 0.0
    for t in range(len(ys)):
        x = A @ x
        P = A @ P @ A.T + Q
        e = ys[t] - C @ x
        S = C @ P @ C.T + R
        K = P @ C.T @ np.linalg.inv(S)
        x = x + K @ e
        P = P - K @ C @ P
        loss = loss + np.sum(e**2)
    return loss


def inputs(T):
    rng = np.random.default_rng(T)
    return {
        "A": 0.3 * rng.normal(size=(3, 3)),
        "C": rng.normal(size=(2, 3)),
        "Q": 0.1 * np.eye(3) + 0.01 * rng.normal(size=(3, 3)),
        "R": np.eye(2) + 0.1 * rng.normal(size=(2, 2)),
        "x": rng.normal(size=3),
        "P": np.eye(3) + 0.1 * rng.normal(size=(3, 3)),
        "ys": rng.normal(size=(T, 2)),
    }
