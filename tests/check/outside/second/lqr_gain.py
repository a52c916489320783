"""Tuning of a static state feedback u = -K x on a finite horizon (adjoint method)."""
import numpy as np


class FeedbackDesign:
    def __init__(self, A, B, Q, R, Qf, x0, N):
        self.A, self.B = A, B
        self.Q, self.R, self.Qf = Q, R, Qf
        self.x0 = x0  # columns: several initial states
        self.N = N

    def simulate(self, K):
        X = [self.x0]
        for k in range(self.N):
            u = -K @ X[k]
            X.append(self.A @ X[k] + self.B @ u)
        return X

    def cost(self, K):
        X = self.simulate(K)
        J = 0.0
        for k in range(self.N):
            u = -K @ X[k]
            J += 0.5 * np.sum(X[k] * (self.Q @ X[k])) + 0.5 * np.sum(u * (self.R @ u))
        J += 0.5 * np.sum(X[self.N] * (self.Qf @ X[self.N]))
        return J

    def sensitivity(self, K):
        """dJ/dK, costates lam[k] = dJ/dx[k]"""
        X = self.simulate(K)
        dJ_dK = np.zeros_like(K)
        lam = self.Qf @ X[self.N]
        for k in range(self.N - 1, -1, -1):
            u = -K @ X[k]
            dJ_du = self.R @ u + self.B.T @ lam
            dJ_dK -= dJ_du @ X[k].T
            lam = self.Q @ X[k] + self.A.T @ lam - K.T @ dJ_du
        return dJ_dK


# double integrator with drag, Ts = 0.1 s
Ts = 0.1
cart = FeedbackDesign(
    A=np.array([[1.0, Ts], [0.0, 1.0 - 0.5 * Ts]]),
    B=np.array([[0.5 * Ts**2, 0.0], [Ts, 0.3 * Ts]]),
    Q=np.diag([4.0, 0.5]),
    R=np.array([[0.2, 0.05], [0.05, 0.4]]),
    Qf=np.diag([10.0, 1.0]),
    x0=np.array([[1.0, 0.0, -0.5], [0.0, 1.0, 0.7]]),
    N=15,
)
