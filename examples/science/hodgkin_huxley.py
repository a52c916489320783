"""Hodgkin-Huxley neuron: which conductances explain a membrane potential that was recorded?

The membrane current is the sum of a sodium, a potassium and a leak current; the gates m, h and n of the two channels
open and close at rates that depend on the voltage. Forward Euler, 0.01 ms a step.

Formulas and constants: A. L. Hodgkin, A. F. Huxley, J. Physiol. 117 (1952) 500-544, with the resting potential at -65
mV.
"""

import numpy as np

C_m = 1.0  # membrane capacitance, uF/cm^2
E_Na = 50.0  # reversal potentials, mV
E_K = -77.0
E_L = -54.387
dt = 0.01  # ms


def vtrap(x, y):
    """x / (exp(x / y) - 1), and its limit where x is near 0."""
    if abs(x / y) < 1e-6:
        return y * (1 - x / y / 2)
    return x / (np.exp(x / y) - 1)


def alpha_m(V):
    return 0.1 * vtrap(-(V + 40.0), 10.0)


def beta_m(V):
    return 4.0 * np.exp(-(V + 65.0) / 18.0)


def alpha_h(V):
    return 0.07 * np.exp(-(V + 65.0) / 20.0)


def beta_h(V):
    return 1.0 / (1.0 + np.exp(-(V + 35.0) / 10.0))


def alpha_n(V):
    return 0.01 * vtrap(-(V + 55.0), 10.0)


def beta_n(V):
    return 0.125 * np.exp(-(V + 65.0) / 80.0)


def simulate(g, I_ext):
    """Membrane potential (mV) at every step, from conductances g (mS/cm^2) and the current I_ext (uA/cm^2)."""
    T = len(I_ext)
    V = np.zeros(T + 1)
    m = np.zeros(T + 1)
    h = np.zeros(T + 1)
    n = np.zeros(T + 1)
    V[0] = -65.0
    m[0] = alpha_m(V[0]) / (alpha_m(V[0]) + beta_m(V[0]))
    h[0] = alpha_h(V[0]) / (alpha_h(V[0]) + beta_h(V[0]))
    n[0] = alpha_n(V[0]) / (alpha_n(V[0]) + beta_n(V[0]))

    for t in range(T):
        I_Na = g["Na"] * m[t] ** 3 * h[t] * (V[t] - E_Na)
        I_K = g["K"] * n[t] ** 4 * (V[t] - E_K)
        I_L = g["L"] * (V[t] - E_L)
        V[t + 1] = V[t] + dt * (I_ext[t] - I_Na - I_K - I_L) / C_m
        m[t + 1] = m[t] + dt * (alpha_m(V[t]) * (1 - m[t]) - beta_m(V[t]) * m[t])
        h[t + 1] = h[t] + dt * (alpha_h(V[t]) * (1 - h[t]) - beta_h(V[t]) * h[t])
        n[t + 1] = n[t] + dt * (alpha_n(V[t]) * (1 - n[t]) - beta_n(V[t]) * n[t])
    return V


def loss(g, I_ext, recorded):
    V = simulate(g, I_ext)
    return np.mean((V - recorded) ** 2)


def problem(steps=3000):
    I_ext = np.zeros(steps)
    I_ext[steps // 10 :] = 10.0
    recorded = simulate({"Na": 120.0, "K": 36.0, "L": 0.3}, I_ext)
    return {"Na": 110.0, "K": 38.0, "L": 0.35}, I_ext, recorded


small = {"steps": 6}


if __name__ == "__main__":
    from time import perf_counter

    import gatewise as gw

    g, I_ext, recorded = problem()
    times = [perf_counter()]
    value, gradient = gw.value_and_grad(loss)(g, I_ext, recorded)
    times.append(perf_counter())
    loss(g, I_ext, recorded)
    times.append(perf_counter())
    print(f"{len(I_ext)} steps, mean squared error {value:.4f} mV^2")
    for name in g:
        step = 1e-5 * g[name]
        up, down = dict(g), dict(g)
        up[name] += step
        down[name] -= step
        difference = (loss(up, I_ext, recorded) - loss(down, I_ext, recorded)) / (2 * step)
        print(f"d/dg_{name}: {gradient[name]:.8g}, by differences {difference:.8g}")
    both, plain = np.diff(times)
    print(f"value and gradient take {both / plain:.1f} times as long as the value")
