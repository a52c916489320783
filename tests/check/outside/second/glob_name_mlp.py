import numpy as np

# makemore part 4 ("become a backprop ninja"), numpy only. weights are globals as in the lecture notebook

block_size = 3
n_embd, n_hidden, vocab = 4, 7, 9

g = np.random.default_rng(2147483647)
C = g.normal(size=(vocab, n_embd))
W1 = g.normal(size=(n_embd * block_size, n_hidden)) * (5 / 3) / (n_embd * block_size) ** 0.5
W2 = g.normal(size=(n_hidden, vocab)) * 0.5
b2 = g.normal(size=vocab) * 0.1
bngain = 1.0 + 0.1 * g.normal(size=(1, n_hidden))
bnbias = 0.1 * g.normal(size=(1, n_hidden))


def forward_backward(Xb, Yb):
    n = Xb.shape[0]
    emb = C[Xb]
    embcat = emb.reshape(n, -1)
    hprebn = embcat @ W1
    bnmeani = hprebn.mean(0, keepdims=True)
    bndiff = hprebn - bnmeani
    bnvar = (bndiff**2).sum(0, keepdims=True) / (n - 1)  # Bessel
    bnvar_inv = (bnvar + 1e-5) ** -0.5
    bnraw = bndiff * bnvar_inv
    hpreact = bngain * bnraw + bnbias
    h = np.tanh(hpreact)
    logits = h @ W2 + b2
    counts = np.exp(logits - logits.max(1, keepdims=True))
    probs = counts / counts.sum(1, keepdims=True)
    loss = -np.log(probs[range(n), Yb]).mean()

    # -----------------
    dlogits = probs.copy()
    dlogits[range(n), Yb] -= 1
    dlogits /= n
    dh = dlogits @ W2.T
    dW2 = h.T @ dlogits
    db2 = dlogits.sum(0)
    dhpreact = (1.0 - h**2) * dh
    dbngain = (bnraw * dhpreact).sum(0, keepdims=True)
    dbnbias = dhpreact.sum(0, keepdims=True)
    dbnraw = bngain * dhpreact
    # batchnorm in one line, see the derivation on paper
    dhprebn = bnvar_inv / n * (n * dbnraw - dbnraw.sum(0) - n / (n - 1) * bnraw * (dbnraw * bnraw).sum(0))
    dembcat = dhprebn @ W1.T
    dW1 = embcat.T @ dhprebn
    demb = dembcat.reshape(emb.shape)
    dC = np.zeros_like(C)
    for k in range(Xb.shape[0]):
        for j in range(Xb.shape[1]):
            dC[Xb[k, j]] += demb[k, j]
    return loss, dC, dW1, dW2, db2, dbngain, dbnbias
