import numpy as np


def softmax(Z):
    T = np.exp(Z - np.max(Z, axis=0, keepdims=True))
    return T / np.sum(T, axis=0, keepdims=True)


def forward_propagation(X, Y, W1, b1, W2, b2, lambd=0.7):
    """
    LINEAR -> TANH -> LINEAR -> SOFTMAX, with L2 regularization

    X -- data, shape (n_x, m)
    Y -- one-hot labels, shape (n_y, m)
    """
    m = X.shape[1]

    Z1 = np.dot(W1, X) + b1
    A1 = np.tanh(Z1)
    Z2 = np.dot(W2, A1) + b2
    A2 = softmax(Z2)

    cross_entropy_cost = -np.sum(Y * np.log(A2)) / m
    L2_regularization_cost = lambd / (2 * m) * (np.sum(np.square(W1)) + np.sum(np.square(W2)))
    cost = cross_entropy_cost + L2_regularization_cost

    cache = {"X": X, "Y": Y, "A1": A1, "A2": A2, "W1": W1, "W2": W2, "lambd": lambd}
    return cost, cache


def backward_propagation(cache):
    X, Y, A1, A2 = cache["X"], cache["Y"], cache["A1"], cache["A2"]
    W1, W2, lambd = cache["W1"], cache["W2"], cache["lambd"]
    m = X.shape[1]

    dZ2 = A2 - Y
    dW2 = 1.0 / m * np.dot(dZ2, A1.T) + lambd / m * W2
    db2 = 1.0 / m * np.sum(dZ2, axis=1, keepdims=True)

    dA1 = np.dot(W2.T, dZ2)
    dZ1 = np.multiply(dA1, 1 - np.power(A1, 2))
    dW1 = 1.0 / m * np.dot(dZ1, X.T) + lambd / m * W1
    db1 = 1.0 / m * np.sum(dZ1, axis=1, keepdims=True)

    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}
