import numpy as np


def stiffness(kappa, dx):
    """-d/dx(kappa d/dx) with u = 0 on both ends; kappa lives on the n + 1 faces"""
    n = len(kappa) - 1
    A = np.zeros((n, n))
    for i in range(n):
        A[i, i] = (kappa[i] + kappa[i + 1]) / dx**2
        if i > 0:
            A[i, i - 1] = -kappa[i] / dx**2
        if i < n - 1:
            A[i, i + 1] = -kappa[i + 1] / dx**2
    return A


def solve_heat(kappa, u0, source, dx, dt, steps):
    """backward Euler"""
    n = len(u0)
    M = np.eye(n) + dt * stiffness(kappa, dx)
    u = [u0]
    for k in range(steps):
        u.append(np.linalg.solve(M, u[-1] + dt * source))
    return u, M


def inverse_problem(log_kappa, u0, source, u_obs, dx=0.2, dt=0.01, steps=6, alpha=1e-2):
    """J = 1/2 |u(T) - u_obs|^2 dx + alpha/2 |grad log kappa|^2,  and dJ/d(log kappa), dJ/du0, dJ/dsource"""
    kappa = np.exp(log_kappa)
    u, M = solve_heat(kappa, u0, source, dx, dt, steps)
    res = u[-1] - u_obs
    jump = np.diff(log_kappa)
    J = 0.5 * dx * res @ res + 0.5 * alpha * jump @ jump

    grad_kappa = np.zeros_like(kappa)
    grad_source = np.zeros_like(source)
    adj = dx * res
    for k in range(steps, 0, -1):
        p = np.linalg.solve(M.T, adj)
        grad_source += dt * p
        # M u[k] = u[k-1] + dt s   =>   dJ/dM = -p u[k]^T, face by face
        du = np.diff(np.concatenate(([0.0], u[k], [0.0])))
        dp = np.diff(np.concatenate(([0.0], p, [0.0])))
        grad_kappa -= dt * du * dp / dx**2
        adj = p
    grad_u0 = adj

    grad_log_kappa = grad_kappa * kappa
    grad_log_kappa[1:] += alpha * jump
    grad_log_kappa[:-1] -= alpha * jump
    return J, (grad_log_kappa, grad_u0, grad_source)
