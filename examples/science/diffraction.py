"""Coherent diffraction imaging: the complex object behind diffraction patterns that only recorded intensities.

A probe is moved over an object whose transmission is known to be 1 outside a support. The detector far away sees the
squared magnitude of the Fourier transform of the wave behind the object; a beam stop hides its centre. The unknowns
are the absorption and the phase shift at every pixel of the support.

Formulas: J. R. Fienup, Applied Optics 21 (1982) 2758-2769; the amplitude metric of M. Guizar-Sicairos, J. R. Fienup,
Optics Express 16 (2008) 7264-7278.
"""

import numpy as np


def disc(n, radius):
    y, x = np.mgrid[:n, :n] - (n - 1) / 2
    return x**2 + y**2 <= radius**2


def gaussian_probe(n, width):
    y, x = np.mgrid[:n, :n] - (n - 1) / 2
    r2 = x**2 + y**2
    return np.exp(-r2 / (2 * width**2)) * np.exp(1j * 0.02 * r2)


def transmission(theta, support):
    """exp(-absorption + i phase) on the support, 1 elsewhere."""
    absorption, phase = theta
    obj = np.ones(support.shape, dtype=complex)
    obj[support] = np.exp(-(absorption**2) + 1j * phase)
    return obj


def far_field(obj, probe, shift):
    wave = obj * np.roll(probe, shift, axis=(0, 1))
    return np.fft.fftshift(np.fft.fft2(wave, norm="ortho"))


def roughness(obj):
    dy = np.abs(np.diff(obj, axis=0)) ** 2
    dx = np.abs(np.diff(obj, axis=1)) ** 2
    return np.sqrt(dy[:, :-1] + dx[:-1, :] + 1e-6).sum()


def loss(theta, measured, shifts, probe, support, stop, weight=1e-3):
    obj = transmission(theta, support)
    total = 0.0
    for amplitude, shift in zip(measured, shifts):
        field = far_field(obj, probe, shift)
        misfit = np.abs(field) - amplitude
        misfit[stop] = 0
        total += np.sum(misfit**2)
    return total / len(shifts) + weight * roughness(obj)


def problem(n=32, radius=9.0, seed=0):
    rng = np.random.default_rng(seed)
    support = disc(n, radius)
    stop = disc(n, 1.5)
    probe = gaussian_probe(n, n / 5)
    shifts = [(0, 0), (n // 8, 0), (-n // 8, 0), (0, n // 8), (0, -n // 8)]
    y, x = np.mgrid[:n, :n] / n
    truth = np.stack([0.3 + 0.1 * np.cos(9 * x), 0.8 * np.sin(7 * y + 3 * x)])[:, support]
    obj = transmission(truth, support)
    measured = [np.abs(far_field(obj, probe, shift)) for shift in shifts]
    start = np.stack([np.full(support.sum(), 0.3), 0.1 * rng.standard_normal(support.sum())])
    return start, measured, shifts, probe, support, stop


small = {"n": 8, "radius": 1.0}


if __name__ == "__main__":
    from timeit import timeit

    import gatewise as gw

    theta, *data = problem()
    value, gradient = gw.value_and_grad(loss)(theta, *data)
    direction = np.random.default_rng(1).standard_normal(theta.shape)
    difference = (loss(theta + 1e-5 * direction, *data) - loss(theta - 1e-5 * direction, *data)) / 2e-5
    print(
        f"{theta.size} unknowns; along a direction {np.sum(gradient * direction):.9g}, by differences {difference:.9g}"
    )
    speed = np.zeros_like(theta)
    for step in range(101):
        value, gradient = gw.value_and_grad(loss)(theta, *data)
        if step % 25 == 0:
            print(f"step {step:3}: {value:.5f}")
        speed = 0.9 * speed - 0.2 * gradient
        theta = theta + speed
    both = timeit(lambda: gw.value_and_grad(loss)(theta, *data), number=5)
    plain = timeit(lambda: loss(theta, *data), number=5)
    print(f"value and gradient take {both / plain:.1f} times as long as the value")
