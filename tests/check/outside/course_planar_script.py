# Week 3: planar data, one hidden layer, written out without functions
import numpy as np

np.random.seed(3)
m = 5                                   # number of training examples (columns!)
X = np.random.randn(2, m)
Y = np.array([[1, 0, 0, 1, 1]])

W1 = np.random.randn(4, 2)
b1 = np.random.randn(4, 1)
W2 = np.random.randn(1, 4)
b2 = np.random.randn(1, 1)

# FORWARD PROPAGATION
Z1 = np.dot(W1, X) + b1
A1 = np.tanh(Z1)
Z2 = np.dot(W2, A1) + b2
A2 = 1 / (1 + np.exp(-Z2))

logprobs = np.multiply(np.log(A2), Y) + np.multiply(np.log(1 - A2), 1 - Y)
cost = -np.sum(logprobs) / m

# BACKWARD PROPAGATION
dZ2 = A2 - Y
dW2 = (1 / m) * np.dot(dZ2, A1.T)
db2 = (1 / m) * np.sum(dZ2, axis=1, keepdims=True)
dZ1 = np.multiply(np.dot(W2.T, dZ2), 1 - np.power(A1, 2))
dW1 = (1 / m) * np.dot(dZ1, X.T)
db1 = (1 / m) * np.sum(dZ1, axis=1, keepdims=True)

print("cost", cost)
print("dW1", dW1)
