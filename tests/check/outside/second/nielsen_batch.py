"""network2.py rewritten for whole mini-batches: columns of x and y are the training examples."""
import numpy as np


def sigmoid(z):
    """The sigmoid function."""
    return 1.0 / (1.0 + np.exp(-z))


def sigmoid_prime(z):
    """Derivative of the sigmoid function."""
    return sigmoid(z) * (1 - sigmoid(z))


def backprop(weights, biases, x, y, lmbda=0.3):
    """Return a tuple ``(cost, nabla_w, nabla_b)``: the cross-entropy cost of the mini-batch, and
    layer-by-layer lists of arrays, similar to ``weights`` and ``biases``."""
    n = x.shape[1]
    nabla_b = [np.zeros(b.shape) for b in biases]
    nabla_w = [np.zeros(w.shape) for w in weights]
    # feedforward
    activation = x
    activations = [x]  # list to store all the activations, layer by layer
    zs = []  # list to store all the z vectors, layer by layer
    for b, w in zip(biases, weights):
        z = np.dot(w, activation) + b
        zs.append(z)
        activation = sigmoid(z)
        activations.append(activation)
    a = activations[-1]
    cost = -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a)) / n
    cost += 0.5 * (lmbda / n) * sum(np.sum(w**2) for w in weights)
    # backward pass
    delta = (activations[-1] - y) / n
    nabla_b[-1] = delta.sum(axis=1, keepdims=True)
    nabla_w[-1] = np.dot(delta, activations[-2].transpose())
    for l in range(2, len(weights) + 1):
        z = zs[-l]
        sp = sigmoid_prime(z)
        delta = np.dot(weights[-l + 1].transpose(), delta) * sp
        nabla_b[-l] = delta.sum(axis=1, keepdims=True)
        nabla_w[-l] = np.dot(delta, activations[-l - 1].transpose())
    nabla_w = [nw + (lmbda / n) * w for nw, w in zip(nabla_w, weights)]
    return cost, nabla_w, nabla_b
