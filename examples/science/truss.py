"""A plane truss by finite elements: thickness of the bars and height of the nodes for a stiff and light bridge.

Every bar is a 4 x 4 stiffness matrix, turned into the plane and added to the rows and columns of its two nodes. The
loss is the work of the loads (the compliance) plus a price for volume and a penalty for stresses above the limit.

Formulas: R. D. Cook et al., Concepts and Applications of Finite Element Analysis, 4th edition (2002), chapter 2; M.
P. Bendsoe, O. Sigmund, Topology Optimization (2003), chapter 4.
"""

from dataclasses import dataclass

import numpy as np


@dataclass
class Material:
    E: float = 210e9  # Young's modulus, Pa
    limit: float = 150e6  # stress, Pa


steel = Material()


def bridge(bays, span=4.0):
    """Nodes of the lower chord, then of the upper one; bars as pairs of nodes."""
    lower = [(span * i, 0.0) for i in range(bays + 1)]
    upper = [(span * i, 3.0) for i in range(1, bays)]
    nodes = np.array(lower + upper)
    top = {i: bays + i for i in range(1, bays)}
    bars = [(i, i + 1) for i in range(bays)]
    bars += [(top[i], top[i + 1]) for i in range(1, bays - 1)]
    bars += [(i, top[i]) for i in range(1, bays)]
    bars += [(0, top[1]), (bays, top[bays - 1])]
    bars += [(i + 1, top[i]) if i < bays / 2 else (i, top[i + 1]) for i in range(1, bays - 1)]
    return nodes, bars


def geometry(nodes, bar):
    i, j = bar
    dx, dy = nodes[j] - nodes[i]
    L = np.hypot(dx, dy)
    return L, dx / L, dy / L


def element(E, A, L, c, s):
    k = np.array(
        [
            [c * c, c * s, -c * c, -c * s],
            [c * s, s * s, -c * s, -s * s],
            [-c * c, -c * s, c * c, c * s],
            [-c * s, -s * s, c * s, s * s],
        ]
    )
    return E * A / L * k


def assemble(nodes, bars, areas):
    K = np.zeros((2 * len(nodes), 2 * len(nodes)))
    for bar, A in zip(bars, areas):
        i, j = bar
        dof = [2 * i, 2 * i + 1, 2 * j, 2 * j + 1]
        K[np.ix_(dof, dof)] += element(steel.E, A, *geometry(nodes, bar))
    return K


def solve(K, f, fixed):
    free = np.setdiff1d(np.arange(len(f)), fixed)
    u = np.zeros(len(f))
    u[free] = np.linalg.solve(K[np.ix_(free, free)], f[free])
    return u


def stresses(nodes, bars, u):
    sigma = []
    for bar in bars:
        i, j = bar
        L, c, s = geometry(nodes, bar)
        sigma.append(steel.E / L * np.dot([-c, -s, c, s], np.concatenate((u[2 * i : 2 * i + 2], u[2 * j : 2 * j + 2]))))
    return np.array(sigma)


def loss(design, nodes, bars, load):
    areas = 1e-4 * np.exp(design["log_area"])  # of cm^2
    nodes = nodes.copy()
    upper = nodes[:, 1] > 0
    nodes[upper, 1] = design["height"]

    right = np.flatnonzero(~upper)[-1]
    f = np.zeros(2 * len(nodes))
    f[3 : 2 * right : 2] = -load
    K = assemble(nodes, bars, areas)
    u = solve(K, f, fixed=[0, 1, 2 * right + 1])
    volume = sum(A * geometry(nodes, bar)[0] for bar, A in zip(bars, areas))
    over = np.maximum(np.abs(stresses(nodes, bars, u)) / steel.limit - 1, 0)
    return f @ u + 2e3 * volume + 50 * np.sum(over**2)


def problem(bays=8):
    nodes, bars = bridge(bays)
    design = {"log_area": np.log(30.0) * np.ones(len(bars)), "height": 3.0 * np.ones(bays - 1)}
    return design, nodes, bars, 4e4


small = {"bays": 4}


if __name__ == "__main__":
    from timeit import timeit

    import gatewise as gw

    design, *rest = problem()
    gradient = gw.grad(loss)(design, *rest)
    for key in design:
        up, down = dict(design), dict(design)
        up[key] = design[key] + 1e-5
        down[key] = design[key] - 1e-5
        difference = (loss(up, *rest) - loss(down, *rest)) / 2e-5
        print(f"{key}, all together: {gradient[key].sum():.8g}, by differences {difference:.8g}")
    for step in range(16):
        value, gradient = gw.value_and_grad(loss)(design, *rest)
        if step % 5 == 0:
            print(f"step {step}: {value:.2f}, heights {np.round(design['height'], 2)}")
        design = {key: design[key] - 1e-3 * gradient[key] for key in design}
    both = timeit(lambda: gw.value_and_grad(loss)(design, *rest), number=5)
    plain = timeit(lambda: loss(design, *rest), number=5)
    print(f"value and gradient take {both / plain:.1f} times as long as the value")
