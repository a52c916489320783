"""A slope from a polynomial through many values within one step: where noise leaves too little of a difference.

The bar is what the scatter around the polynomial allows. A polynomial is not taken where what is left over is more than
noise, or looks like a corner.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from gatewise._numerical.lines import EPS, Direction
from gatewise._numerical.noise import SAFETY

POINTS = 33
DEGREES = (1, 3, 5, 7, 9)
PLACES = 8  # parts of the step, between which corners are looked for
SURELY = 5.0  # standard deviations of a corner's size: more is a corner
SIGMAS = 4.0  # of a slope, that make its bar
LOOSE = 6.0  # standard deviations that one value may be off
FEW = 3  # values a stair: with fewer, rounding is not like noise, and its worst counts


@dataclass(frozen=True)
class Fit:
    """A slope by a polynomial, good to `bar`."""

    value: float
    bar: float


@cache
def nodes(side: int) -> np.ndarray:
    """Where f is asked, as parts of the step: closer together towards its ends, as Chebyshev's points are."""
    both = np.sin(np.linspace(-math.pi / 2, math.pi / 2, POINTS))
    return both if side == 0 else side * (1 + both) / 2


def fitted_slope(line: Direction, h: float, noise: float, side: int = 0) -> Fit | None:
    """The slope from values within +-h, or on one side; None where no polynomial of a low degree takes them."""
    here, asked = line.place(0.0), [float(t) for t in h * nodes(side)]
    places, values = np.array([line.place(t) - here for t in asked]), np.array([line.value(t) for t in asked])
    if not np.all(np.isfinite(values)) or len(set(places.tolist())) < POINTS:
        return None
    size = float(np.max(np.abs(values))) or 1.0
    quantum = noise / SAFETY / size + EPS
    y, u = (values - line.value(0.0)) / size, places / h
    few = len(set(values.tolist())) * FEW < POINTS
    earlier: tuple[float, float] | None = None
    for degree in DEGREES:
        one = Polynomial(u, y, degree)
        if float(np.max(np.abs(one.left))) > LOOSE * quantum or one.bent():
            continue
        bar = (
            max(SIGMAS * one.error, 0.0 if side else one.corner())
            + (quantum / 2 * one.worst if few else 0.0)
            + 4 * EPS * abs(one.slope)
        )
        if earlier is not None and abs(one.slope - earlier[0]) <= bar + earlier[1]:
            return Fit(one.slope * size / h, bar * size / h)
        earlier = one.slope, bar
    return None


class Polynomial:
    """The polynomial of a degree through many values: its slope at 0, and what it leaves over."""

    def __init__(self, u: np.ndarray, y: np.ndarray, degree: int) -> None:
        self.u = u
        self.basis, upper = np.linalg.qr(np.vander(u, degree + 1, increasing=True))
        weights = self.basis @ np.linalg.inv(upper)[1]  # of the values in the slope
        self.slope = float(weights @ y)
        self.left = y - self.basis @ (self.basis.T @ y)
        self.sigma = max(math.sqrt(float(self.left @ self.left) / (len(u) - degree - 1)), EPS / 4)
        self.error = self.sigma * float(np.linalg.norm(weights))  # one standard deviation of the slope
        self.worst = float(np.sum(np.abs(weights)))  # what errors of 1 may add up to in it

    def corner(self) -> float:
        """What a corner at x may have done to the slope without showing in what is left over."""
        hinge = np.abs(self.u)
        hinge = hinge - self.basis @ (self.basis.T @ hinge)
        size = float(hinge @ hinge)
        return abs(float(self.left @ hinge)) / size + self.sigma / math.sqrt(size)

    def bent(self) -> bool:
        """Whether what is left over has a corner in it."""
        corners = self.u[:: len(self.u) // PLACES][1:-1]
        hinges = np.abs(self.u[:, None] - corners)
        hinges = hinges - self.basis @ (self.basis.T @ hinges)
        return bool(np.any(np.abs(self.left @ hinges) > SURELY * self.sigma * np.linalg.norm(hinges, axis=0)))
