import numpy as np


def softmax_loss_vectorized(W, X, y, reg):
    """
    Softmax loss function, vectorized version.

    Inputs:
    - W: array of shape (D, C), the weights
    - X: array of shape (N, D), a minibatch
    - y: array of shape (N,), y[i] = c means that X[i] has label c
    - reg: (float) strength of the penalty

    Returns the loss and the gradient with respect to W.
    """
    num_train = X.shape[0]
    rows = np.arange(num_train)

    scores = X.dot(W)
    scores -= np.max(scores, axis=1, keepdims=True)  # or exp blows up
    exp_scores = np.exp(scores)
    probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
    loss = np.sum(-np.log(probs[rows, y])) / num_train
    loss += reg * np.sum(W * W)

    dscores = probs.copy()
    dscores[rows, y] -= 1
    dscores /= num_train

    dW = X.T.dot(dscores)
    dW += 2 * reg * W
    return loss, dW
