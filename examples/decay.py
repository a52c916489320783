"""Fit a decaying count rate with a background to measurements, by gradient descent on chi squared.

Run it: python examples/decay.py. Its circuit at one place:

gatewise show examples/decay.py:example rate=0.3 height=90.0 background=12.0
"""

import numpy as np

import gatewise as gw

TIMES = np.linspace(0.0, 10.0, 21)
rng = np.random.default_rng(7)
COUNTS = rng.poisson(100 * np.exp(-0.5 * TIMES) + 10).astype(float)


def chi_squared(parameters):
    expected = parameters["height"] * np.exp(-parameters["rate"] * TIMES) + parameters["background"]
    return np.sum((COUNTS - expected) ** 2 / COUNTS)


def example(rate, height, background):
    return chi_squared({"rate": rate, "height": height, "background": background})


def fit(parameters, steps=4000):
    """Descend from `parameters`, each with a step length that fits its size."""
    step = {"rate": 1e-4, "height": 0.5, "background": 0.1}
    chi_squared_and_gradient = gw.value_and_grad(chi_squared)
    for _ in range(steps):
        value, gradient = chi_squared_and_gradient(parameters)
        parameters = {name: p - step[name] * gradient[name] for name, p in parameters.items()}
    return value, parameters


if __name__ == "__main__":
    value, found = fit({"rate": 0.3, "height": 90.0, "background": 12.0})
    print(f"chi squared {value:.2f} for {len(TIMES) - 3} degrees of freedom")
    for name, p in found.items():
        print(f"{name:12}{p:8.3f}")
