"""A stiff chemical reactor: activation energies from concentrations in a batch that heats itself.

A -> B is slow, B + B -> B + C and B + C -> A + C are many orders of magnitude faster (the scheme of Robertson), with
rate constants of Arrhenius and a heat balance. Implicit Euler on steps that grow geometrically, each solved by
Newton's method.

Formulas: H. H. Robertson, in Numerical Analysis: an Introduction (1966) 178-182; H. S. Fogler, Elements of Chemical
Reaction Engineering, chapter 11; E. Hairer, G. Wanner, Solving Ordinary Differential Equations II, section IV.1.
"""

import numpy as np

R = 8.314  # J/(mol K)
T0 = 300.0  # K
heat = 25.0  # temperature rise of complete conversion, K
loss_rate = 1e-3  # of heat to the jacket, 1/s


def arrhenius(k0, E, T):
    return k0 * np.exp(-E / R * (1 / T - 1 / T0))


def rates(y, log_k, E):
    a, b, c, T = y
    k = [arrhenius(10 ** log_k[i], 1e3 * E[i], T) for i in range(3)]
    return np.array([k[0] * a, k[1] * b * b, k[2] * b * c])


def rhs(y, log_k, E):
    r1, r2, r3 = rates(y, log_k, E)
    return np.array([-r1 + r3, r1 - r2 - r3, r2, heat * r2 - loss_rate * (y[3] - T0)])


def jacobian(y, log_k, E):
    _, b, c, T = y
    r = rates(y, log_k, E)
    k1, k2, k3 = (arrhenius(10.0**p, 1e3 * e, T) for p, e in zip(log_k, E))
    q = r * 1e3 * E / (R * T**2)  # dr/dT
    return np.array(
        [
            [-k1, k3 * c, k3 * b, -q[0] + q[2]],
            [k1, -2 * k2 * b - k3 * c, -k3 * b, q[0] - q[1] - q[2]],
            [0.0, 2 * k2 * b, 0.0, q[1]],
            [0.0, 2 * heat * k2 * b, 0.0, heat * q[1] - loss_rate],
        ]
    )


def implicit_euler(y0, times, log_k, E):
    ys = np.empty((len(times), len(y0)))
    ys[0] = y0
    eye = np.eye(len(y0))
    scale = np.array([1.0, 1e-4, 1.0, 100.0])
    for n in range(1, len(times)):
        h = times[n] - times[n - 1]
        y = ys[n - 1].copy()
        for _ in range(12):
            residual = y - ys[n - 1] - h * rhs(y, log_k, E)
            delta = np.linalg.solve(eye - h * jacobian(y, log_k, E), residual)
            y -= delta
            if np.linalg.norm(delta / scale) < 1e-9:
                break
        ys[n] = y
    return ys


def loss(theta, times, t_obs, observed):
    log_k, E = theta[:3], theta[3:]
    ys = implicit_euler([1.0, 0.0, 0.0, T0], times, log_k, E)
    a = np.interp(np.log(t_obs), np.log(times[1:]), ys[1:, 0])
    T = np.interp(np.log(t_obs), np.log(times[1:]), ys[1:, 3])
    return np.sum(((a - observed[0]) / 0.01) ** 2 + ((T - observed[1]) / 0.5) ** 2)


def problem(steps=60):
    times = np.append(0.0, np.geomspace(1e-4, 1e3, steps))
    t_obs = np.geomspace(0.5, 900.0, 12)
    true = np.array([-1.398, 7.477, 4.0, 40.0, 20.0, 30.0])
    ys = implicit_euler([1.0, 0.0, 0.0, T0], times, true[:3], true[3:])
    observed = [np.interp(np.log(t_obs), np.log(times[1:]), ys[1:, k]) for k in (0, 3)]
    return np.array([-1.35, 7.5, 4.05, 35.0, 22.0, 33.0]), times, t_obs, observed


small = {"steps": 2}


if __name__ == "__main__":
    from timeit import timeit

    import gatewise as gw

    theta, *data = problem()
    value, gradient = gw.value_and_grad(loss)(theta, *data)
    print(f"misfit {value:.4f}")
    for i, name in enumerate(["log k1", "log k2", "log k3", "E1", "E2", "E3"]):
        step = 1e-5 * (np.arange(6) == i)
        difference = (loss(theta + step, *data) - loss(theta - step, *data)) / 2e-5
        print(f"{name}: {gradient[i]:.8g}, by differences {difference:.8g}")
    both = timeit(lambda: gw.value_and_grad(loss)(theta, *data), number=3)
    plain = timeit(lambda: loss(theta, *data), number=3)
    print(f"value and gradient take {both / plain:.1f} times as long as the value")
