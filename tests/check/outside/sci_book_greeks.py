# European options book, Black-Scholes, no dividends
import math

import numpy as np

POS = {
    "und": np.array([0, 0, 1, 1, 0]),
    "strike": np.array([95.0, 110.0, 50.0, 44.0, 100.0]),
    "tau": np.array([0.5, 1.2, 0.8, 2.0, 0.3]),
    "cp": np.array([1, -1, 1, -1, -1]),               # +1 call, -1 put
    "qty": np.array([10.0, 4.0, -7.0, 12.0, 5.0]),
}

_erf = np.vectorize(math.erf)


def N(x):
    return 0.5 * (1.0 + _erf(x / math.sqrt(2.0)))


def n_pdf(x):
    return np.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi)


def book(spot, vol, rate, pos):
    S, K, T = spot[pos["und"]], pos["strike"], pos["tau"]
    cp, qty = pos["cp"], pos["qty"]
    sqT = np.sqrt(T)
    df = np.exp(-rate * T)
    d1 = (np.log(S / K) + (rate + 0.5 * vol**2) * T) / (vol * sqT)
    d2 = d1 - vol * sqT
    price = cp * (S * N(cp * d1) - K * df * N(cp * d2))
    value = np.sum(qty * price)

    # greeks per option
    delta = cp * N(cp * d1)
    vega = S * n_pdf(d1) * sqT
    rho = cp * K * T * df * N(cp * d2)

    # aggregate
    book_delta = np.bincount(pos["und"], weights=qty * delta, minlength=len(spot))
    book_vega = qty * vega
    book_rho = np.sum(qty * rho)
    return value, (book_delta, book_vega, book_rho)
