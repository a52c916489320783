import numpy as np
from random import shuffle


def svm_loss_naive(W, X, y, reg, delta=1.0):
    """
    Structured SVM loss function, naive implementation (with loops).
    Squared hinge (L2-SVM) because the inline question asks for it.

    W: (D, C), X: (N, D), y: (N,)
    Returns loss, gradient w.r.t. W
    """
    dW = np.zeros(W.shape)
    num_classes = W.shape[1]
    num_train = X.shape[0]
    loss = 0.0
    for i in range(num_train):
        scores = X[i].dot(W)
        correct_class_score = scores[y[i]]
        for j in range(num_classes):
            if j == y[i]:
                continue
            margin = scores[j] - correct_class_score + delta
            if margin > 0:
                loss += margin ** 2
                dW[:, j] += 2 * margin * X[i]
                dW[:, y[i]] -= 2 * margin * X[i]

    # average instead of sum
    loss /= num_train
    dW /= num_train

    # regularization, not for the bias row (last one)
    loss += reg * np.sum(W[:-1] * W[:-1])
    dW[:-1] += 2 * reg * W[:-1]
    return loss, dW
