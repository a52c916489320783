# Uebung 5: Netz mit Dropout, Regression. Die Masken kommen von aussen, damit man den Gradienten pruefen kann.
import numpy as np

p = 0.8       # Wahrscheinlichkeit, dass ein Neuron bleibt
slope = 0.1   # leaky relu

def leaky(z):
    return np.where(z > 0, z, slope * z)

def dleaky(z):
    return np.where(z > 0, 1.0, slope)

def verlust(W1, b1, W2, b2, W3, b3, X, t, M1, M2):
    n = X.shape[0]

    z1 = X @ W1 + b1
    a1 = leaky(z1)
    h1 = a1 * M1 / p      # inverted dropout
    z2 = h1 @ W2 + b2
    a2 = leaky(z2)
    h2 = a2 * M2 / p
    out = h2 @ W3 + b3
    E = 0.5 * np.sum((out - t) ** 2) / n

    d_out = (out - t) / n
    d_W3 = h2.T @ d_out
    d_b3 = d_out.sum(0)
    d_h2 = d_out @ W3.T
    d_a2 = d_h2 * M2 / p
    d_z2 = d_a2 * dleaky(z2)
    d_W2 = h1.T @ d_z2
    d_b2 = d_z2.sum(0)
    d_h1 = d_z2 @ W2.T
    d_a1 = d_h1 * M1 / p
    d_z1 = d_a1 * dleaky(z1)
    d_W1 = X.T @ d_z1
    d_b1 = d_z1.sum(0)

    return E, {"W1": d_W1, "b1": d_b1, "W2": d_W2, "b2": d_b2, "W3": d_W3, "b3": d_b3}
