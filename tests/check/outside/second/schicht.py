import numpy as np


class Dicht:
    """Vollverbundene Schicht mit Softplus und Spaltennormierung der Gewichte.

    Gewichtsnormierung (Salimans & Kingma): w_j = g_j * v_j / |v_j|
    Zeilen von x sind Beispiele.
    """

    def __init__(self, V, g, b):
        self.V = V
        self.g = g
        self.b = b

    def fprop(self, x):
        self.x = x
        self.norm = np.sqrt((self.V**2).sum(axis=0))
        self.U = self.V / self.norm            # Einheitsvektoren
        self.W = self.g * self.U
        self.a = x @ self.W + self.b
        self.y = np.maximum(self.a, 0) + np.log1p(np.exp(-np.abs(self.a)))
        return self.y

    def bprop(self, dy):
        # Softplus: Ableitung ist die Sigmoide
        da = dy / (1 + np.exp(-self.a))

        # lineare Abbildung
        dW = self.x.T @ da
        self.db = da.sum(axis=0)
        dx = da @ self.W.T

        # Gewichtsnormierung
        self.dg = (dW * self.U).sum(axis=0)
        dU = dW * self.g
        self.dV = (dU - self.U * (dU * self.U).sum(axis=0)) / self.norm
        return dx


if __name__ == "__main__":
    zufall = np.random.default_rng(0)
    schicht = Dicht(zufall.normal(size=(4, 3)), np.ones(3), np.zeros(3))
    print(schicht.fprop(zufall.normal(size=(2, 4))))
