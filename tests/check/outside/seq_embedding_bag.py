import numpy as np

PAD = 0


def sentiment_loss(emb, w, b, tokens, label, lam=0.1):
    """Mean of the word vectors, then logistic regression; tokens is (N, L), padded with PAD."""
    n = len(label)
    mask = (tokens != PAD).astype(float)            # N x L
    count = mask.sum(axis=1, keepdims=True)
    vecs = emb[tokens]                              # N x L x D
    doc = (vecs * mask[:, :, None]).sum(axis=1) / count
    logit = doc @ w + b
    prob = 1 / (1 + np.exp(-logit))
    nll = -np.mean(label * np.log(prob) + (1 - label) * np.log(1 - prob))
    loss = nll + lam * np.sum(w ** 2)

    # gradients
    d_logit = (prob - label) / n
    d_w = doc.T @ d_logit + 2 * lam * w
    d_b = d_logit.sum()
    d_doc = np.outer(d_logit, w)
    d_vecs = (d_doc / count)[:, None, :] * mask[:, :, None]
    d_emb = np.zeros_like(emb)
    np.add.at(d_emb, tokens, d_vecs)                # the same word may occur twice
    return loss, {"emb": d_emb, "w": d_w, "b": d_b}
