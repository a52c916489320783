# backprop through the little character model, one line of the forward pass at a time
import numpy as np

g = np.random.RandomState(42)
vocab, dim, hidden = 6, 2, 5
xb = np.array([[0, 0, 3], [0, 3, 1], [3, 1, 5], [1, 5, 2]])   # three characters of context
yb = np.array([3, 1, 5, 0])
n = xb.shape[0]

emb_table = g.randn(vocab, dim)
W1 = g.randn(3 * dim, hidden) * 0.5
b1 = g.randn(hidden) * 0.3
W2 = g.randn(hidden, vocab) * 0.8
b2 = g.randn(vocab) * 0.3

# forward
emb = emb_table[xb]
cat = emb.reshape(n, -1)
pre = cat @ W1 + b1
h = np.tanh(pre)
logits = h @ W2 + b2
counts = np.exp(logits)
total = counts.sum(1, keepdims=True)
probs = counts / total
logprobs = np.log(probs)
loss = -logprobs[np.arange(n), yb].mean()

# backward
dlogprobs = np.zeros_like(logprobs)
dlogprobs[np.arange(n), yb] = -1.0 / n
dprobs = dlogprobs / probs
dcounts = dprobs / total
dtotal = -(dprobs * counts / total**2).sum(1, keepdims=True)
dcounts += dtotal
dlogits = dcounts * counts
dW2 = h.T @ dlogits
db2 = dlogits.sum(0)
dh = dlogits @ W2.T
dpre = dh * (1 - h**2)
dW1 = cat.T @ dpre
db1 = dpre.sum(0)
dcat = dpre @ W1.T
demb = dcat.reshape(emb.shape)
demb_table = np.zeros_like(emb_table)
np.add.at(demb_table, xb, demb)
