import numpy as np

np.random.seed(0)

PAD = 0
ids = np.array([[3, 1, 4, 1], [5, 2, 0, 0], [2, 5, 3, 0], [1, 1, 0, 0], [4, 5, 2, 3]])
labels = np.array([0, 2, 1, 0, 2])
VOCAB, DIM, CLASSES = 6, 3, 3
SMOOTH = 0.1
LR = 0.5

emb = np.random.randn(VOCAB, DIM)
w_out = np.random.randn(DIM, CLASSES)
b_out = np.zeros(CLASSES)

mask = (ids != PAD).astype(float)
lengths = mask.sum(axis=1, keepdims=True)
n = len(ids)
onehot = np.eye(CLASSES)[labels]
soft = (1 - SMOOTH) * onehot + SMOOTH / CLASSES

for it in range(4):
    # forward: mean of the embeddings that are not padding
    tok = emb[ids] * mask[:, :, None]
    bag = tok.sum(axis=1) / lengths
    h = np.tanh(bag)
    scores = h @ w_out + b_out
    scores = scores - scores.max(axis=1, keepdims=True)
    log_probs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    loss = -np.sum(soft * log_probs) / n

    # backward
    d_scores = (np.exp(log_probs) - soft) / n
    d_w_out = h.T @ d_scores
    d_b_out = d_scores.sum(axis=0)
    d_h = d_scores @ w_out.T
    d_bag = d_h * (1 - h**2)
    d_bag = d_bag / lengths
    d_tok = d_bag[:, None, :] * mask[:, :, None]
    d_emb = np.zeros_like(emb)
    np.add.at(d_emb, ids, d_tok)

    print(it, loss)
    emb -= LR * d_emb
    w_out -= LR * d_w_out
    b_out -= LR * d_b_out
