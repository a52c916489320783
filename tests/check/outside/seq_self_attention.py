import numpy as np


def softmax_rows(s):
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def attention_fwd(X, WQ, WK, WV, WO):
    """Causal single-head self attention with a skip connection. X is (batch, T, D)."""
    T = X.shape[1]
    scale = 1.0 / np.sqrt(WQ.shape[1])
    Q, K, V = X @ WQ, X @ WK, X @ WV
    S = scale * np.matmul(Q, K.transpose(0, 2, 1))
    S = np.where(np.tril(np.ones((T, T), dtype=bool)), S, -1e9)
    A = softmax_rows(S)
    C = np.matmul(A, V)
    Y = X + C @ WO
    return Y, {"X": X, "Q": Q, "K": K, "V": V, "A": A, "C": C, "W": (WQ, WK, WV, WO), "scale": scale}


def attention_bwd(dY, ctx):
    X, A, C = ctx["X"], ctx["A"], ctx["C"]
    Q, K, V = ctx["Q"], ctx["K"], ctx["V"]
    WQ, WK, WV, WO = ctx["W"]

    dX = dY.copy()                                           # skip connection
    dC = dY @ WO.T
    dWO = np.einsum("btk,btd->kd", C, dY)

    dA = np.matmul(dC, V.transpose(0, 2, 1))
    dV = np.matmul(A.transpose(0, 2, 1), dC)
    dS = A * (dA - np.sum(dA * A, axis=-1, keepdims=True))   # masked entries have A = 0
    dS = dS * ctx["scale"]

    dQ = np.matmul(dS, K)
    dK = np.matmul(dS.transpose(0, 2, 1), Q)

    dWQ = np.einsum("btd,btk->dk", X, dQ)
    dWK = np.einsum("btd,btk->dk", X, dK)
    dWV = np.einsum("btd,btk->dk", X, dV)
    dX += dQ @ WQ.T + dK @ WK.T + dV @ WV.T
    return dX, dWQ, dWK, dWV, dWO
