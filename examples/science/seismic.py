"""Full waveform inversion: the speed of sound under ground, from seismograms at the surface.

The acoustic wave equation on a grid, second order in time and space, with a Ricker wavelet as source and a sponge at
the sides that takes up what would be reflected. The unknowns are the speeds inside a body of known outline.

Formulas: A. Tarantola, Geophysics 49 (1984) 1259-1266; the sponge of C. Cerjan et al., Geophysics 50 (1985) 705-708;
N. Ricker, Geophysics 18 (1953) 10-40.
"""

import numpy as np


def ricker(t, f):
    a = (np.pi * f * (t - 1 / f)) ** 2
    return (1 - 2 * a) * np.exp(-a)


def sponge(nz, nx, width):
    damp = np.ones((nz, nx))
    for i in range(width):
        g = np.exp(-((0.15 * (width - i)) ** 2) / 10)
        damp[-1 - i, :] *= g
        damp[:, i] *= g
        damp[:, -1 - i] *= g
    return damp


def laplacian(u, h):
    lap = np.zeros_like(u)
    lap[1:-1, 1:-1] = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4 * u[1:-1, 1:-1]
    return lap / h**2


def forward(speed, source, wavelet, receivers, dt, h, damp):
    """Pressure at the receivers, steps x receivers."""
    nt = len(wavelet)
    record = np.zeros((nt, len(receivers[0])))
    u_old = np.zeros_like(speed)
    u = np.zeros_like(speed)
    for it in range(nt):
        u_new = 2 * u - u_old + (speed * dt) ** 2 * laplacian(u, h)
        u_new[source] += wavelet[it]
        u_new *= damp
        u *= damp
        u_new[0, :] = 0.0  # free surface
        record[it] = u_new[receivers]
        u_old, u = u, u_new
    return record


def build(theta, background, body):
    speed = background.copy()
    speed[body] = theta
    return speed


def loss(theta, survey):
    speed = build(theta, survey["background"], survey["body"])
    assert speed.max() * survey["dt"] / survey["h"] < 1 / np.sqrt(2), "unstable: shorten the time step"
    misfit = 0.0
    for source, observed in zip(survey["sources"], survey["observed"]):
        record = forward(
            speed, source, survey["wavelet"], survey["receivers"], survey["dt"], survey["h"], survey["damp"]
        )
        misfit += np.sum((record - observed) ** 2) / np.sum(observed**2)
    return misfit


def problem(nz=40, nx=50, nt=200):
    h, dt = 10.0, 2e-3
    background = np.full((nz, nx), 1800.0)
    background[nz // 2 :, :] = 2200.0
    z, x = np.mgrid[:nz, :nx]
    body = (np.abs(z - nz // 2) <= nz // 8) & (np.abs(x - nx // 2) <= nx // 8)
    survey = {
        "background": background,
        "body": body,
        "sources": [(2, nx // 4), (2, 3 * nx // 4)],
        "receivers": (np.full(len(range(2, nx, 3)), 1), np.arange(2, nx, 3)),
        "wavelet": ricker(np.arange(nt) * dt, 20.0),
        "damp": sponge(nz, nx, nx // 6),
        "dt": dt,
        "h": h,
    }
    truth = build(2600.0, background, body)
    survey["observed"] = [
        forward(truth, source, survey["wavelet"], survey["receivers"], dt, h, survey["damp"])
        for source in survey["sources"]
    ]
    return background[body] + 50.0, survey


small = {"nz": 8, "nx": 9, "nt": 5}


if __name__ == "__main__":
    from timeit import timeit

    import gatewise as gw

    theta, survey = problem()
    gradient = gw.grad(loss)(theta, survey)
    direction = np.random.default_rng(0).standard_normal(theta.shape)
    difference = (loss(theta + 0.01 * direction, survey) - loss(theta - 0.01 * direction, survey)) / 0.02
    print(f"{theta.size} speeds; along a direction {gradient @ direction:.9g}, by differences {difference:.9g}")
    rate = 20 / np.abs(gradient).max()
    for step in range(4):
        value, gradient = gw.value_and_grad(loss)(theta, survey)
        if step % 3 == 0:
            print(f"step {step:2}: misfit {value:.3e}, mean speed {theta.mean():.0f} m/s (in truth 2600)")
        theta = theta - rate * gradient
    both = timeit(lambda: gw.value_and_grad(loss)(theta, survey), number=1)
    plain = timeit(lambda: loss(theta, survey), number=1)
    print(f"value and gradient take {both / plain:.1f} times as long as the value")
