import numpy as np


def rhs(u, p):
    a, b, c, d = p
    x, y = u
    return np.array([a * x - b * x * y, -c * y + d * x * y])


def rhs_u_transposed(u, p, w):
    """(df/du)^T w"""
    a, b, c, d = p
    x, y = u
    return np.array([(a - b * y) * w[0] + d * y * w[1], -b * x * w[0] + (d * x - c) * w[1]])


def rhs_p_transposed(u, p, w):
    """(df/dp)^T w"""
    x, y = u
    return np.array([x * w[0], -x * y * w[0], -y * w[1], x * y * w[1]])


def misfit(p, u0, obs, dt=0.05, every=4):
    """Lotka-Volterra by the midpoint rule; sum of squares at every 4th step. J, dJ/dp, dJ/du0 by the discrete adjoint."""
    n_steps = every * len(obs)
    us = [u0]
    for n in range(n_steps):
        k1 = rhs(us[n], p)
        k2 = rhs(us[n] + 0.5 * dt * k1, p)
        us.append(us[n] + dt * k2)

    J = 0.0
    for i in range(len(obs)):
        r = us[(i + 1) * every] - obs[i]
        J += 0.5 * r @ r

    # adjoint, backwards in time
    lam = np.zeros(2)
    grad_p = np.zeros(4)
    for n in range(n_steps - 1, -1, -1):
        if (n + 1) % every == 0:
            lam = lam + us[n + 1] - obs[(n + 1) // every - 1]
        u = us[n]
        mid = u + 0.5 * dt * rhs(u, p)
        k2_bar = dt * lam
        mid_bar = rhs_u_transposed(mid, p, k2_bar)
        grad_p += rhs_p_transposed(mid, p, k2_bar)
        k1_bar = 0.5 * dt * mid_bar
        grad_p += rhs_p_transposed(u, p, k1_bar)
        lam = lam + mid_bar + rhs_u_transposed(u, p, k1_bar)
    grad_u0 = lam
    return J, (grad_p, grad_u0)
