import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoid_gradient(z):
    return sigmoid(z) * (1 - sigmoid(z))


def nn_cost_function(Theta1, Theta2, X, y, lam=1.0):
    """
    Neural network with one hidden layer. The first column of each Theta belongs to the
    bias unit and is not regularised. y holds the labels 0 .. K-1.
    """
    m = X.shape[0]
    K = Theta2.shape[0]
    J = 0
    Delta1 = np.zeros(Theta1.shape)
    Delta2 = np.zeros(Theta2.shape)

    for i in range(m):
        # forward propagation for example i
        a1 = np.concatenate(([1], X[i]))
        z2 = Theta1.dot(a1)
        a2 = np.concatenate(([1], sigmoid(z2)))
        z3 = Theta2.dot(a2)
        a3 = sigmoid(z3)

        yi = np.zeros(K)
        yi[y[i]] = 1
        J = J - np.sum(yi * np.log(a3) + (1 - yi) * np.log(1 - a3))

        # back propagation for example i
        delta3 = a3 - yi
        delta2 = Theta2.T.dot(delta3)[1:] * sigmoid_gradient(z2)
        Delta2 = Delta2 + np.outer(delta3, a2)
        Delta1 = Delta1 + np.outer(delta2, a1)

    J = J / m
    J = J + lam / (2 * m) * (np.sum(Theta1[:, 1:] ** 2) + np.sum(Theta2[:, 1:] ** 2))

    Theta1_grad = Delta1 / m
    Theta2_grad = Delta2 / m
    Theta1_grad[:, 1:] += lam / m * Theta1[:, 1:]
    Theta2_grad[:, 1:] += lam / m * Theta2[:, 1:]
    return J, (Theta1_grad, Theta2_grad)
