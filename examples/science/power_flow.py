"""AC power flow by Newton's method: what do set points of generators cost, with the losses of the lines in them?

The voltages of all buses solve S = V conj(Y V), where Y is the matrix of the network's complex admittances. Given are
the voltage magnitude and power at generators, the power at loads, and the angle at one bus (the slack bus), which
makes up for the losses. Per unit, base 100 MVA.

Formulas: W. F. Tinney, C. E. Hart, IEEE Trans. Power Apparatus and Systems 86 (1967) 1449-1460; the derivatives of S
as in R. D. Zimmerman, MATPOWER Technical Note 2 (2010). The network has the layout of the five-bus system of Stagg
and El-Abiad.
"""

import numpy as np

SLACK, PV, PQ = 3, 2, 1

# type of bus, load P, load Q
buses = [(SLACK, 0.0, 0.0), (PV, 0.2, 0.1), (PQ, 0.45, 0.15), (PQ, 0.4, 0.05), (PQ, 0.6, 0.1)]

# from, to, resistance, reactance, line charging
lines = [
    (0, 1, 0.02, 0.06, 0.06),
    (0, 2, 0.08, 0.24, 0.05),
    (1, 2, 0.06, 0.18, 0.04),
    (1, 3, 0.06, 0.18, 0.04),
    (1, 4, 0.04, 0.12, 0.03),
    (2, 3, 0.01, 0.03, 0.02),
    (3, 4, 0.08, 0.24, 0.05),
]


def admittance_matrix(scale):
    """Y of the network, with the series impedance of every line scaled (1 is as listed)."""
    n = len(buses)
    Y = np.zeros((n, n), dtype=complex)
    for k, (i, j, r, x, b) in enumerate(lines):
        y = 1 / (scale[k] * (r + 1j * x))
        Y[i, i] += y + 0.5j * b
        Y[j, j] += y + 0.5j * b
        Y[i, j] -= y
        Y[j, i] -= y
    return Y


def jacobian(Y, V):
    """dS/d(angle) and dS/d(magnitude), complex."""
    current = Y @ V
    diag_V = np.diag(V)
    diag_I = np.diag(current)
    diag_unit = np.diag(V / np.abs(V))
    dS_dVa = 1j * diag_V @ np.conj(diag_I - Y @ diag_V)
    dS_dVm = diag_V @ np.conj(Y @ diag_unit) + np.conj(diag_I) @ diag_unit
    return dS_dVa, dS_dVm


def newton(Y, S_set, V0, pv, pq, tol=1e-10, max_iterations=20):
    pvpq = np.r_[pv, pq]
    Va = np.angle(V0)
    Vm = np.abs(V0)
    V = V0
    for _ in range(max_iterations):
        mismatch = V * np.conj(Y @ V) - S_set
        F = np.r_[mismatch[pvpq].real, mismatch[pq].imag]
        if np.max(np.abs(F)) < tol:
            return V
        dS_dVa, dS_dVm = jacobian(Y, V)
        J11 = dS_dVa[np.ix_(pvpq, pvpq)].real
        J12 = dS_dVm[np.ix_(pvpq, pq)].real
        J21 = dS_dVa[np.ix_(pq, pvpq)].imag
        J22 = dS_dVm[np.ix_(pq, pq)].imag
        J = np.vstack([np.hstack([J11, J12]), np.hstack([J21, J22])])
        dx = -np.linalg.solve(J, F)
        Va[pvpq] += dx[: len(pvpq)]
        Vm[pq] += dx[len(pvpq) :]
        V = Vm * np.exp(1j * Va)
    raise RuntimeError("power flow did not converge")


def loss(settings, scale):
    """Cost of generation an hour plus a penalty for voltages outside 0.95 to 1.05."""
    kind = np.array([bus[0] for bus in buses])
    load = np.array([complex(bus[1], bus[2]) for bus in buses])
    pv, pq = np.flatnonzero(kind == PV), np.flatnonzero(kind == PQ)

    magnitude = np.ones(len(buses))
    magnitude[kind != PQ] = settings["V"]
    generation = np.zeros(len(buses), dtype=complex)
    generation[pv] = settings["P"]

    Y = admittance_matrix(scale)
    V = newton(Y, generation - load, magnitude.astype(complex), pv, pq)

    P_slack = (V * np.conj(Y @ V)).real[0]
    P = np.append(P_slack, settings["P"])
    a, b = np.array([60.0, 35.0]), np.array([200.0, 175.0])
    cost = np.sum(a * P**2 + b * P)
    outside = np.maximum(np.abs(V) - 1.05, 0) + np.maximum(0.95 - np.abs(V), 0)
    return cost + 1e4 * np.sum(outside**2)


def problem():
    return {"V": np.array([1.06, 1.04]), "P": np.array([0.4])}, np.ones(len(lines))


small = {}


if __name__ == "__main__":
    from timeit import timeit

    import gatewise as gw

    settings, scale = problem()
    gradient = gw.grad(loss)(settings, scale)
    up, down = ({"V": settings["V"], "P": settings["P"] + step} for step in (1e-6, -1e-6))
    difference = (loss(up, scale) - loss(down, scale)) / 2e-6
    print(f"cost of one more unit from the generator: {gradient['P'][0]:.8g}, by differences {difference:.8g}")
    by_line = gw.grad(loss, argnums=1)(settings, scale)
    for (i, j, *_), slope in zip(lines, by_line):
        print(f"line {i}-{j}: {slope:8.4f} for an impedance twice as high, to first order")
    for step in range(61):
        cost, gradient = gw.value_and_grad(loss)(settings, scale)
        if step % 20 == 0:
            print(f"step {step}: cost {cost:.4f}, V {settings['V'].round(4)}, P {settings['P'].round(4)}")
        settings = {"V": settings["V"] - 2e-5 * gradient["V"], "P": settings["P"] - 2e-3 * gradient["P"]}
    both = timeit(lambda: gw.value_and_grad(loss)(settings, scale), number=5)
    plain = timeit(lambda: loss(settings, scale), number=5)
    print(f"value and gradient take {both / plain:.1f} times as long as the value")
