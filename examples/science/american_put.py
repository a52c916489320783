"""American puts on a binomial tree: the smile of volatility that explains prices of the market.

The value of the option is rolled back through the tree in one array; at every node it is the greater of exercising at
once and of waiting. The volatility is a parabola in log-moneyness.

Formulas: J. C. Cox, S. A. Ross, M. Rubinstein, J. Financial Economics 7 (1979) 229-263.
"""

import math

import numpy as np


def american_put(S0, K, T, r, sigma, n):
    dt = T / n
    u = math.exp(sigma * math.sqrt(dt))
    d = 1 / u
    disc = math.exp(-r * dt)
    p = (math.exp(r * dt) - d) / (u - d)
    assert 0 < p < 1, "the tree has no risk-neutral probability: more steps are needed"

    j = np.arange(n + 1)
    V = np.maximum(K - S0 * u**j * d ** (n - j), 0.0)
    for i in range(n - 1, -1, -1):
        V[: i + 1] = disc * (p * V[1 : i + 2] + (1 - p) * V[: i + 1])
        S = S0 * u ** (2 * j[: i + 1] - i)
        exercise = K - S
        early = exercise > V[: i + 1]
        V[: i + 1][early] = exercise[early]
    return V[0]


def smile(theta, S0, K):
    level, skew, curvature = theta
    x = math.log(K / S0)
    return level + skew * x + curvature * x * x


def prices(theta, S0, strikes, T, r, n):
    out = np.zeros_like(strikes)
    for k, K in enumerate(strikes):
        out[k] = american_put(S0, K, T, r, smile(theta, S0, K), n)
    return out


def loss(theta, S0, strikes, quotes, T=0.5, r=0.03, n=100):
    model = prices(theta, S0, strikes, T, r, n)
    return ((model - quotes) ** 2).sum()


def problem(n=100, strikes=(85.0, 92.0, 97.0, 101.0, 104.0, 111.0)):
    strikes = np.array(strikes)
    quotes = prices(np.array([0.22, -0.12, 0.3]), 100.0, strikes, 0.5, 0.03, n)
    return np.array([0.3, 0.0, 0.0]), 100.0, strikes, quotes, 0.5, 0.03, n


small = {"n": 4, "strikes": (97.0, 103.0)}


if __name__ == "__main__":
    from timeit import timeit

    import gatewise as gw

    delta, vega = gw.grad(american_put, argnums=(0, 4))(100.0, 104.0, 0.5, 0.03, 0.25, 200)
    print(f"delta {delta:.6f}, vega {vega:.6f}")
    theta, *data = problem()
    value, gradient = gw.value_and_grad(loss)(theta, *data)
    for i, name in enumerate(["level", "skew", "curvature"]):
        step = 1e-6 * (np.arange(3) == i)
        difference = (loss(theta + step, *data) - loss(theta - step, *data)) / 2e-6
        print(f"{name}: {gradient[i]:.8g}, by differences {difference:.8g}")
    both = timeit(lambda: gw.value_and_grad(loss)(theta, *data), number=1)
    plain = timeit(lambda: loss(theta, *data), number=1)
    print(f"value and gradient take {both / plain:.1f} times as long as the value")
