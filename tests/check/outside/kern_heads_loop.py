import numpy as np

# multi-head self attention, one head after the other (slow, but I can follow it)
# shapes: x (T, D), all weights (D, D)


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def mha_forward(x, Wq, Wk, Wv, Wo, num_heads=2):
    T, D = x.shape
    hd = D // num_heads
    Q = x @ Wq
    K = x @ Wk
    V = x @ Wv
    probs, heads = [], []
    for h in range(num_heads):
        s = slice(h * hd, (h + 1) * hd)
        A = softmax(Q[:, s] @ K[:, s].T / np.sqrt(hd))
        probs.append(A)
        heads.append(A @ V[:, s])
    concat = np.concatenate(heads, axis=1)
    out = concat @ Wo
    cache = {"x": x, "Q": Q, "K": K, "V": V, "probs": probs, "concat": concat, "hd": hd}
    cache["W"] = (Wq, Wk, Wv, Wo)
    return out, cache


def mha_backward(dout, cache):
    x, Q, K, V = cache["x"], cache["Q"], cache["K"], cache["V"]
    Wq, Wk, Wv, Wo = cache["W"]
    hd = cache["hd"]

    dWo = cache["concat"].T @ dout
    dconcat = dout @ Wo.T

    dQ, dK, dV = np.zeros_like(Q), np.zeros_like(K), np.zeros_like(V)
    for h, A in enumerate(cache["probs"]):
        s = slice(h * hd, (h + 1) * hd)
        dhead = dconcat[:, s]
        dV[:, s] = A.T @ dhead
        dA = dhead @ V[:, s].T
        dS = A * (dA - np.sum(dA * A, axis=1, keepdims=True))
        dS /= np.sqrt(hd)
        dQ[:, s] = dS @ K[:, s]
        dK[:, s] = dS.T @ Q[:, s]

    dWq = x.T @ dQ
    dWk = x.T @ dK
    dWv = x.T @ dV
    dx = dQ @ Wq.T
    dx += dK @ Wk.T
    dx += dV @ Wv.T
    return dx, dWq, dWk, dWv, dWo
