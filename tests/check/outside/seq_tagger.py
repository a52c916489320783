import numpy as np

# two sentences, the second one padded with -1 tags
WORDS = np.array([[3, 1, 4, 1], [2, 3, 0, 0]])
TAGS = np.array([[0, 2, 1, 2], [1, 0, -1, -1]])


class Embedding:
    def __init__(self, table):
        self.table = table

    def __call__(self, ids):
        self.ids = ids
        return self.table[ids]

    def back(self, grad):
        self.table_grad = np.zeros_like(self.table)
        np.add.at(self.table_grad, self.ids, grad)


class Recurrent:
    def __init__(self, W, U, b):
        self.W, self.U, self.b = W, U, b

    def __call__(self, seq):
        self.seq = seq
        self.states = [np.zeros((len(seq), len(self.b)))]
        for t in range(seq.shape[1]):
            self.states.append(np.tanh(seq[:, t] @ self.W + self.states[-1] @ self.U + self.b))
        return np.stack(self.states[1:], axis=1)

    def back(self, grad):
        self.W_grad, self.U_grad, self.b_grad = 0.0, 0.0, 0.0
        seq_grad = np.zeros_like(self.seq)
        later = 0.0
        for t in range(grad.shape[1] - 1, -1, -1):
            pre = (grad[:, t] + later) * (1 - self.states[t + 1] ** 2)
            self.W_grad += self.seq[:, t].T @ pre
            self.U_grad += self.states[t].T @ pre
            self.b_grad += pre.sum(0)
            seq_grad[:, t] = pre @ self.W.T
            later = pre @ self.U.T
        return seq_grad


def tag_loss(table, W, U, b, V):
    emb, rnn = Embedding(table), Recurrent(W, U, b)
    states = rnn(emb(WORDS))
    scores = states @ V
    prob = np.exp(scores - scores.max(-1, keepdims=True))
    prob /= prob.sum(-1, keepdims=True)
    real = TAGS >= 0
    loss = -np.log(prob[real, TAGS[real]]).sum() / real.sum()

    scores_grad = prob * real[:, :, None]
    scores_grad[real, TAGS[real]] -= 1
    scores_grad /= real.sum()
    V_grad = np.tensordot(states, scores_grad, axes=((0, 1), (0, 1)))
    emb.back(rnn.back(scores_grad @ V.T))
    return loss, (emb.table_grad, rnn.W_grad, rnn.U_grad, rnn.b_grad, V_grad)
