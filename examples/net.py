"""A two-layer net with a softmax loss, in plain NumPy. Its backward pass as code:

gatewise show examples/net.py:loss "X=10 * randn(5, 4)" "y=[0, 1, 2, 2, 1]" "W1=0.1 * randn(4, 10)" "b1=zeros(10)" \
    "W2=0.1 * randn(10, 3)" "b2=zeros(3)" --rng 0 --wrt W1,b1,W2,b2 --code

Run as a script, it checks that backward pass against numerical derivatives.
"""

import numpy as np

import gatewise as gw


def loss(X, y, W1, b1, W2, b2, reg=0.05):
    N = X.shape[0]
    layer1_out = X.dot(W1) + b1
    relu_out = np.maximum(0, layer1_out)
    scores = relu_out.dot(W2) + b2
    stable_scores = scores - np.max(scores, axis=1, keepdims=True)
    correct_score = stable_scores[np.arange(N), y]
    data_loss = -np.sum(np.log(np.exp(correct_score) / np.sum(np.exp(stable_scores), axis=1)))
    loss = data_loss / N + reg * np.sum(W1 * W1) + reg * np.sum(W2 * W2)
    return loss


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    X, y = 10 * rng.standard_normal((5, 4)), np.array([0, 1, 2, 2, 1])
    W1, W2 = 0.1 * rng.standard_normal((4, 10)), 0.1 * rng.standard_normal((10, 3))
    c = gw.circuit(loss, X, y, W1, np.zeros(10), W2, np.zeros(3), wrt=["W1", "b1", "W2", "b2"])
    print(c.code())
    print(str(c).splitlines()[-1])
