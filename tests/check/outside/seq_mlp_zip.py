import numpy as np

WEIGHT_DECAY = 0.02


def feedforward(weights, biases, x):
    activations = [x]
    for W, b in zip(weights[:-1], biases[:-1]):
        activations.append(np.tanh(W @ activations[-1] + b))
    logits = weights[-1] @ activations[-1] + biases[-1]
    return activations, logits


def backprop(weights, biases, x, y):
    """x: (features, samples), y: one-hot (classes, samples).
    Returns the cost and lists of gradients, in the order of the layers."""
    m = x.shape[1]
    activations, logits = feedforward(weights, biases, x)
    logits = logits - logits.max(axis=0)
    logp = logits - np.log(np.exp(logits).sum(axis=0))
    cost = -np.sum(y * logp) / m
    for W in weights:
        cost += 0.5 * WEIGHT_DECAY * np.sum(W * W)

    nabla_w, nabla_b = [], []
    delta = (np.exp(logp) - y) / m
    for W, a in zip(reversed(weights), reversed(activations)):
        nabla_w.insert(0, delta @ a.T + WEIGHT_DECAY * W)
        nabla_b.insert(0, delta.sum(axis=1, keepdims=True))
        delta = (W.T @ delta) * (1 - a * a)   # not used after the first layer
    return cost, nabla_w, nabla_b


def three_layers(W1, b1, W2, b2, W3, b3, x, y):
    cost, nabla_w, nabla_b = backprop([W1, W2, W3], [b1, b2, b3], x, y)
    dW1, dW2, dW3 = nabla_w
    db1, db2, db3 = nabla_b
    return cost, {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2, "W3": dW3, "b3": db3}
