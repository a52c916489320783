"""What becomes of a program: right, refused by an error of gatewise's, or wrong, with what was expected."""

from __future__ import annotations

import itertools
import linecache
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import gatewise as gw
from gatewise._errors import GatewiseError
from numpy_programs.writing import Program

EPSILON = 2.0**-49  #: how far inputs are moved to see how much rounding moves a derivative
#: These are computed in another order than NumPy's own: their last bits may differ.
ROUNDED = (
    "np.fft.",
    "multi_dot",
    "svdvals",
    "np.linalg.cond",
    "np.linalg.norm(",
    "polyval",
    "np.average",
    "matrix_norm",
    "vector_norm",
    "reduceat",
)


@dataclass
class Verdict:
    """What was found, the first problem first; `notes` count what could not be said, and why."""

    problems: list[str] = field(default_factory=list)
    refused: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return self.problems[0].partition(":")[0] if self.problems else "refused" if self.refused else "right"


def named_in(text: str, name: str) -> dict[str, Any]:
    """What a program's text names, with its source where errors look for it."""
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    space: dict[str, Any] = {"__name__": "programs"}
    exec(compile(text, name, "exec"), space)
    return space


class Functions:
    """The functions of a program's text, with its source where errors look for it."""

    def __init__(self, program: Program, text: str | None = None) -> None:
        space = named_in(text or program.text, f"<program {program.seed}>")
        self.all: Callable[..., tuple[Any, ...]] = space["f"]
        self.total: Callable[..., Any] = space["total"]


def judged(program: Program, second: bool = True, peer: Callable[[Program], Any] | None = None) -> Verdict:
    """Every comparison that can be made of one program; `peer` gives value and gradients, or raises."""
    verdict = Verdict()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            Judge(program, verdict).judge(second, peer)
        except GatewiseError as error:
            told = f"{type(error).__name__}: {str(error).splitlines()[0]}"
            if "cannot be computed" in told:  # a rule that fails is no refusal
                verdict.problems.append(f"rule: {told}")
            else:
                verdict.refused = told
        except Exception as error:
            verdict.problems.append(f"crash: {type(error).__name__}: {error}")
    return verdict


class Judge:
    """Judges one program."""

    def __init__(self, program: Program, verdict: Verdict) -> None:
        self.program, self.verdict = program, verdict
        self.functions = Functions(program)
        self.total = self.functions.total
        self.single = "float32" in program.text
        self.places = tuple(range(len(program.inputs)))
        draws = np.random.default_rng(program.seed)
        self.along, self.across = ([direction(x, draws) for x in program.inputs.values()] for _ in range(2))

    def judge(self, second: bool, peer: Callable[[Program], Any] | None) -> None:
        self.values_are_numpys()
        self.gradient = self.reverse(self.program.given())
        self.forward_is_reverse()
        if not all(np.isfinite(g).all() for g in self.gradient):
            self.wrong("not finite", f"gradient {self.gradient}")
        self.peer_says(peer)
        if second:
            self.orders_agree()

    def wrong(self, kind: str, told: str) -> None:
        self.verdict.problems.append(f"{kind}: {told}")

    # ---------------------------------------------------------------------------------------------------- first order

    def values_are_numpys(self) -> None:
        want = self.functions.all(*self.program.given())
        given = self.program.given()
        have, _ = gw.vjp(self.functions.all, *given)
        for name, one, other in zip(self.program.names, have, want, strict=True):
            if said := self.different(one, other):
                self.wrong("value", f"{name}: {said}")
                break
        for name, one, other in zip(self.program.inputs, given, self.program.inputs.values(), strict=True):
            if not np.array_equal(one, other):
                self.wrong("caller", f"{name} was changed")

    def different(self, have: Any, want: Any) -> str:
        if type(have) is not type(want):
            return f"{type(have).__name__} instead of {type(want).__name__}"
        one, other = np.asarray(have), np.asarray(want)
        if (one.dtype, one.shape) != (other.dtype, other.shape):
            return f"{one.dtype} {one.shape} instead of {other.dtype} {other.shape}"
        if np.array_equal(one, other):
            return ""
        size = max(1.0, float(np.max(np.abs(other))))
        rounded = any(name in self.program.text for name in ROUNDED)
        if np.max(np.abs(one - other)) <= (1e-5 if self.single else 1e-12 if rounded else 1e-14) * size:
            self.verdict.notes.append(
                "value: last bits of what is rounded otherwise" if rounded else "value: other last bits"
            )
            return ""
        return f"{have!r} instead of {want!r}"

    def reverse(self, given: Sequence[Any]) -> list[Any]:
        return list(gw.grad(self.total, self.places)(*given))

    def forward(self, given: Sequence[Any], factor: float = 1.0) -> Any:
        return gw.jvp(self.total, tuple(given), self.tangents(factor))[1]

    def tangents(self, factor: float = 1.0) -> tuple[Any, ...]:
        return tuple(like(x, x * factor) for x in self.along)

    def forward_is_reverse(self) -> None:
        have, want = self.forward(self.program.given()), dotted(self.gradient, self.along)
        size = dotted(self.gradient, self.along, np.abs)
        self.agree("forward", have, want, size, lambda x: dotted(self.reverse(x), self.along), way=self.forward)

    def agree(
        self,
        kind: str,
        have: Any,
        want: Any,
        size: float,
        again: Callable[[Sequence[Any]], Any],
        limit: float = 1e-12,
        way: Callable[[Sequence[Any], float], Any] | None = None,
    ) -> None:
        """Two results are equal to `limit` of their size, or as far as rounding moves them.

        How far that is: inputs are rounded otherwise and the result is taken `again`; the tangents of the `way` that
        gave it are multiplied by a number, and the result divided by it.
        """
        limit = 1e-4 if self.single else limit
        gap = largest([np.subtract(a, b) for a, b in zip(listed(have), listed(want), strict=True)])
        if gap <= limit * max(1.0, size):
            return
        moved = max(self.moved(again, want, k) for k in range(3))
        if way is not None:
            moved = max(moved, *(self.rescaled(way, have, factor) for factor in (0.3, 0.7, 1.1)))
        if gap <= 20 * moved:
            self.verdict.notes.append(f"{kind}: ill-conditioned")
        else:
            self.wrong(kind, f"off by {gap:.3g} of {size:.3g} (rounding {moved:.2g}): {have} instead of {want}")

    def moved(self, again: Callable[[Sequence[Any]], Any], want: Any, k: int) -> float:
        """How far a result goes when inputs are rounded otherwise."""
        draws = np.random.default_rng(k)
        given = [like(x, x * (1 + EPSILON * draws.uniform(-1, 1, np.shape(x)))) for x in self.program.inputs.values()]
        there = again(given)
        return largest([np.subtract(a, b) for a, b in zip(listed(there), listed(want), strict=True)])

    def rescaled(self, way: Callable[[Sequence[Any], float], Any], have: Any, factor: float) -> float:
        """How far a result that is linear in the tangents goes when they are rounded otherwise."""
        there = listed(way(self.program.given(), factor))
        return largest([np.subtract(a / factor, b) for a, b in zip(there, listed(have), strict=True)])

    def peer_says(self, peer: Callable[[Program], Any] | None) -> None:
        if peer is not None:
            try:
                value, want = peer(self.program)
            except Exception as error:
                self.verdict.notes.append(f"peer: {error}")
            else:
                plain = float(self.total(*self.program.given()))
                tight = 1e-9 if not self.single else 1e-4
                if abs(value - plain) > tight * max(1.0, abs(plain)):
                    self.verdict.notes.append("peer: JAX computes another value")
                elif not all(np.isfinite(g).all() for g in want):
                    self.verdict.notes.append("peer: JAX's gradient is not finite")
                else:
                    self.verdict.notes.append("peer: said")
                    self.agree("gradient", self.gradient, list(map(np.conj, want)), largest(want), self.reverse, tight)
                    return
        self.differences_say()

    def differences_say(self) -> None:
        if self.single:
            text = self.program.text.replace("float32", "float64")
            other = Functions(self.program, text).total
            want = gw.grad(other, self.places)(*self.program.given())
            self.agree("single", self.gradient, list(want), largest(want), self.reverse, 1e-4)
            return
        for tangents in (self.along, self.across):
            size = max(1.0, dotted(self.gradient, tangents, np.abs))
            self.slopes_say("differences", self.total, tangents, dotted(self.gradient, tangents), size)

    def slopes_say(
        self, kind: str, f: Callable[..., Any], tangents: Sequence[Any], have: float, size: float, limit: float = 1e-7
    ) -> None:
        """Differences in large steps, or in small ones: where a corner is near, the large ones go over it."""
        told = []
        for step in (4e-3, 1e-4):
            want, error = slope(lambda h: f(*self.at(h, tangents)), step)
            if error <= 1e-5 * size:
                if abs(have - want) <= limit * size + 10 * error:
                    self.verdict.notes.append(f"{kind}: said")
                    return
                told.append(f"{have} instead of {want} (+- {error:.1g})")
        if len(told) == 2:
            self.wrong(kind, told[-1])
        else:
            self.verdict.notes.append(f"{kind}: they do not settle")

    def at(self, h: float, tangents: Sequence[Any]) -> list[Any]:
        return [like(x, x + h * t) for x, t in zip(self.program.inputs.values(), tangents, strict=True)]

    # --------------------------------------------------------------------------------------------------- second order

    def orders_agree(self) -> None:
        given = self.program.given
        base = self.backward_twice(given())
        size = max(1.0, largest(base), largest(self.gradient))
        if not np.isfinite(size):
            self.wrong("second", f"not finite: {base}")
            return
        for kind, way in (("hvp", self.forward_over_reverse), ("reverse over forward", self.reverse_over_forward)):
            self.agree(kind, way(given()), base, size, self.backward_twice, way=way)
        crossed = self.backward_twice(given(), self.across)
        one, other = dotted(base, self.across), dotted(crossed, self.along)
        size = max(size, dotted(base, self.across, np.abs), dotted(crossed, self.along, np.abs))
        self.agree("symmetry", one, other, size, lambda x: dotted(self.backward_twice(x), self.across), 1e-10)
        self.hessian_agrees(base)
        if self.single:
            return
        self.slopes_say(
            "second differences", lambda *x: dotted(self.reverse(x), self.across), self.along, one, size, 1e-6
        )

    def hessian_agrees(self, base: Sequence[Any]) -> None:
        """All second derivatives at once: symmetric, and along the tangents what going back twice gives."""
        sizes = [np.size(x) for x in self.program.inputs.values()]
        if sum(sizes) > 12 or any(map(np.iscomplexobj, self.program.inputs.values())):
            return
        blocks = listed(gw.hessian(self.total, self.places)(*self.program.given()))
        whole = np.block([[np.reshape(b, (m, n)) for b, n in zip(listed(row), sizes, strict=True)]
                          for row, m in zip(blocks, sizes, strict=True)])  # fmt: skip
        size = max(1.0, float(np.max(np.abs(whole), initial=0.0)))
        again = self.backward_twice
        self.agree("hessian symmetry", [whole], [whole.T], size, lambda x: [whole], 1e-10)
        flat = np.concatenate([np.ravel(t) for t in self.along])
        parts = np.split(whole @ flat, np.cumsum(sizes)[:-1])
        have = [np.reshape(part, np.shape(b)) for part, b in zip(parts, base, strict=True)]
        self.agree("hessian", have, base, size * max(1, len(flat)), again)

    def backward_twice(self, given: Sequence[Any], tangents: Sequence[Any] | None = None) -> list[Any]:
        tangents = self.along if tangents is None else tangents

        def slope_along(*x: Any) -> Any:
            parts = zip(gw.grad(self.total, self.places)(*x), tangents, strict=True)
            return sum((np.sum(np.real(np.conj(g) * t)) for g, t in parts), 0.0)

        return list(gw.grad(slope_along, self.places)(*given))

    def forward_over_reverse(self, given: Sequence[Any], factor: float = 1.0) -> list[Any]:
        return listed(gw.hvp(self.total, tuple(given), self.tangents(factor)))

    def reverse_over_forward(self, given: Sequence[Any], factor: float = 1.0) -> list[Any]:
        tangents = self.tangents(factor)
        return list(gw.grad(lambda *x: gw.jvp(self.total, x, tangents)[1], self.places)(*given))


def like(x: Any, values: Any) -> Any:
    """Values as x is: a number for a number, an array for an array."""
    return np.array(values) if isinstance(x, np.ndarray) else type(x)(values)


def direction(x: Any, draws: np.random.Generator) -> Any:
    """A random tangent of x."""
    drawn = draws.uniform(-1, 1, np.shape(x))
    return like(x, drawn + 1j * draws.uniform(-1, 1, np.shape(x)) if np.iscomplexobj(x) else drawn)


def listed(x: Any) -> list[Any]:
    return list(x) if isinstance(x, (list, tuple)) else [x]


def largest(parts: Sequence[Any]) -> float:
    return max((float(np.max(np.abs(part), initial=0.0)) for part in parts), default=0.0)


def dotted(gradients: Sequence[Any], tangents: Sequence[Any], of: Callable[[Any], Any] = lambda x: x) -> float:
    return float(sum(np.sum(np.real(of(np.conj(g) * t))) for g, t in zip(gradients, tangents, strict=True)))


def slope(f: Callable[[float], Any], step: float) -> tuple[float, float]:
    """The derivative of f at 0 by extrapolated differences, and how far the last two extrapolations are apart."""
    rows = [(float(f(h)) - float(f(-h))) / (2 * h) for h in (step, step / 2, step / 4, step / 8)]
    last = []
    factor = 4.0
    while len(rows) > 1:
        rows = [(factor * b - a) / (factor - 1) for a, b in itertools.pairwise(rows)]
        factor *= 4
        last.append(rows[-1])
    return last[-1], abs(last[-1] - last[-2])
