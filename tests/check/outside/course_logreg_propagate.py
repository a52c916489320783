import numpy as np

def sigmoid(z):
    s = 1 / (1 + np.exp(-z))
    return s

def propagate(w, b, X, Y, lambd):
    """
    Cost and gradient of (regularized) logistic regression.

    Arguments:
    w -- weights, of size (num_px, 1)
    b -- bias, a scalar
    X -- data of size (num_px, number of examples)
    Y -- true "label" vector of size (1, number of examples)
    """
    m = X.shape[1]

    # FORWARD PROPAGATION (FROM X TO COST)
    A = sigmoid(np.dot(w.T, X) + b)
    cost = (-1 / m) * np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))
    cost = cost + lambd / (2 * m) * np.sum(w ** 2)

    # BACKWARD PROPAGATION (TO FIND GRAD)
    dw = (1 / m) * np.dot(X, (A - Y).T)
    dw = dw + (lambd / m) * w
    db = (1 / m) * np.sum(A - Y)

    return cost, (dw, db)
