"""Fitting an SIR epidemic to weekly prevalence, discrete adjoint of forward Euler."""
import numpy as np


def simulate(beta, gamma, i0, nsteps, dt):
    S = np.zeros(nsteps + 1)
    I = np.zeros(nsteps + 1)
    S[0], I[0] = 1.0 - i0, i0
    for k in range(nsteps):
        infections = beta * S[k] * I[k]
        S[k + 1] = S[k] - dt * infections
        I[k + 1] = I[k] + dt * (infections - gamma * I[k])
    return S, I


def misfit_and_gradient(beta, gamma, i0, data, dt=0.5):
    n = len(data)
    S, I = simulate(beta, gamma, i0, n, dt)
    J = 0.5 * np.sum((I[1:] - data) ** 2)

    lamS, lamI = 0.0, 0.0
    J_beta, J_gamma = 0.0, 0.0
    for k in reversed(range(n)):
        # observation enters the adjoint of I at every step
        lamI = lamI + I[k + 1] - data[k]
        jump = dt * (lamI - lamS)
        J_beta += jump * S[k] * I[k]
        J_gamma -= dt * lamI * I[k]
        lamI = lamI + beta * S[k] * jump - dt * gamma * lamI
        lamS = lamS + beta * I[k] * jump
    # initial condition: S0 = 1 - i0, I0 = i0
    J_i0 = lamI - lamS
    return J, (J_beta, J_gamma, J_i0)
