"""Assignment 1, Part B -- SOLUTION. Do not hand out before the deadline.

Squared hinge loss (L2-SVM, Weston-Watkins), fully vectorized.
"""
import numpy as np


def l2svm_loss(W, b, X, y, reg):
    """
    Inputs:
    - W: (D, C) weights,  b: (C,) biases
    - X: (N, D) minibatch, y: (N,) labels with 0 <= y[i] < C
    - reg: regularization strength (not applied to b)

    Returns a tuple of the loss and (dW, db).
    """
    num_train = X.shape[0]
    rows = np.arange(num_train)

    scores = X.dot(W) + b
    correct = scores[rows, y].reshape(-1, 1)
    margins = np.maximum(0, scores - correct + 1.0)
    margins[rows, y] = 0  # the correct class is not counted

    data_loss = np.sum(margins**2) / num_train
    reg_loss = reg * np.sum(W * W)
    loss = data_loss + reg_loss

    # [2 pts] d(margin^2) = 2 margin; zero margins take care of themselves
    dscores = 2 * margins
    # [3 pts] every positive margin of a row pulls at the correct class
    dscores[rows, y] -= np.sum(dscores, axis=1)
    # [1 pt] average
    dscores /= num_train
    # [3 pts]
    dW = X.T.dot(dscores)
    db = np.sum(dscores, axis=0)
    # [1 pt]
    dW += 2 * reg * W

    return loss, (dW, db)
