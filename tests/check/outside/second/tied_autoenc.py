# deep autoencoder with tied weights, decoder uses W.T of the encoder (assignment 4, deep learning elective)
import numpy as np


def autoencoder_cost(Ws, enc_b, dec_b, X, beta=0.2):
    """
    Ws[l]   : (n_l, n_{l+1}) weight matrices, shared by encoder and decoder
    enc_b[l]: (n_{l+1},)     dec_b[l]: (n_l,)
    Hidden layers are tanh, the last decoder layer is linear.
    beta    : activity penalty on the code
    """
    depth = len(Ws)
    N = X.shape[0]

    # encoder
    H = [X]
    for l in range(depth):
        H.append(np.tanh(H[l] @ Ws[l] + enc_b[l]))
    code = H[-1]

    # decoder, G[l] is the reconstruction of H[l]
    G = [None] * depth + [code]
    for l in range(depth - 1, -1, -1):
        pre = G[l + 1] @ Ws[l].T + dec_b[l]
        G[l] = np.tanh(pre) if l > 0 else pre

    recon = G[0] - X
    cost = 0.5 * np.sum(recon**2) / N + 0.5 * beta * np.sum(code**2) / N

    gWs = [np.zeros_like(W) for W in Ws]
    g_enc = [np.zeros_like(b) for b in enc_b]
    g_dec = [np.zeros_like(b) for b in dec_b]

    # decoder backward: from the reconstruction towards the code
    delta = recon / N
    for l in range(depth):
        if l > 0:
            delta = delta * (1 - G[l] ** 2)
        g_dec[l] += delta.sum(axis=0)
        gWs[l] += delta.T @ G[l + 1]
        delta = delta @ Ws[l]

    # encoder backward
    delta = delta + beta * code / N
    for l in reversed(range(depth)):
        delta = delta * (1 - H[l + 1] ** 2)
        g_enc[l] += delta.sum(axis=0)
        gWs[l] += H[l].T @ delta
        delta = delta @ Ws[l].T
    return cost, gWs, g_enc, g_dec
