"""What kind of local linear map a gate has: un-broadcasting, kept axes, dtypes and masks are handled here, once.

An `elementwise` rule gives the local gradient along each input (or a function of the upstream gradient that is the
downstream itself); it is traced once on symbols and compiled into one plain function. A `reduction` rule gives the
weight of each entry in the total. A `linear` rule gives the adjoint, a thunk for each operand. A `custom` rule gives
the pullback as it is. A `stops` gate lets nothing through. All of them are written in plain NumPy and operators, so
that the same pullback works on numbers and on recordings.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import EllipsisType, NoneType
from typing import Any

import numpy as np

from gatewise._build import function as build_function
from gatewise._gates.gate import ABSENT, CONSTANT, GATES, Carrier, Derivation, Gate, Rule

# ---------------------------------------------------------------------- what pullbacks call, on numbers or recordings


def plain(x: Any) -> Any:
    """The plain value of a Tensor, or `x` itself."""
    return x.value if isinstance(x, Carrier) else x


def shape_of(x: Any) -> tuple[int, ...]:
    """The shape of the plain value of `x`."""
    return np.shape(plain(x))


def dtype_of(x: Any) -> np.dtype[Any]:
    """The dtype of the plain value of `x`; a Python float counts as float64."""
    value = plain(x)
    return value.dtype if isinstance(value, (np.ndarray, np.generic)) else np.dtype(type(value))


class Live:
    """A cotangent with a mask of its live entries; it is zero in all others.

    `mask` may be given as a function: most cotangents go to a leaf, where nobody reads the mask. What comes back to an
    array from picked entries stays in `pieces` until it is read, or a loop over n entries would add up n whole arrays;
    a mask of None then says that all is alive.
    """

    __slots__ = ("_g", "_mask", "like", "pieces")
    __array_ufunc__ = None

    def __init__(self, g: Any, mask: Any, pieces: list[Piece] | None = None, like: Any = None) -> None:
        self._g, self._mask, self.pieces, self.like = g, mask, pieces, like

    @classmethod
    def picked(cls, index: Any, g: Any, mask: Any, x: Any) -> Live:
        """What comes back to the array `x` from its entries at `index`."""
        pieces = [(index, g, mask)]
        return cls(None, lambda: mask_of(pieces, x), pieces, x)

    @property
    def g(self) -> Any:
        if self._g is None and self.pieces is not None:
            self._g = put_together(self.pieces, self.like)
        return self._g

    @property
    def mask(self) -> Any:
        found = worked_out(self._mask)
        if self.pieces is None:  # others may still be added to pieces
            self._mask = found
        return found

    @property
    def everywhere(self) -> bool:
        """Whether all entries are alive: the cotangent may as well be a plain array."""
        return self.pieces is not None and self._mask is None

    def __add__(self, other: Any) -> Any:
        theirs = other.pieces if type(other) is Live else None
        if theirs is not None and not self.everywhere and not is_recorded(self._g):
            return other.extended(self)
        if self.pieces is not None and not is_recorded(other._g if type(other) is Live else other):
            return self.extended(other)
        if type(other) is Live:
            return Live(self.g + other.g, (self._mask, other._mask))
        return self.g + other

    def extended(self, other: Any) -> Live:
        """Add another cotangent to this one, which nobody else refers to."""
        assert self.pieces is not None
        if type(other) is not Live:
            self.pieces.append((WHOLE, other, None))
            self._mask = None
        elif other.pieces is not None:
            self.pieces += other.pieces
        else:
            self.pieces.append((WHOLE, other.g, other._mask))
        self._g = None
        return self

    __radd__ = __add__


Piece = tuple[Any, Any, Any]  #: an index and what comes back from there, with its mask
WHOLE = object()  #: in the place of an index, the whole array


def is_recorded(g: Any) -> bool:
    return isinstance(g, Carrier)


def put_together(pieces: list[Piece], x: Any) -> Any:
    """The sum of all pieces, added up in the order in which they came."""
    (index, g, _), *others = pieces
    total = scattered(g, index, x) if index is not WHOLE else np.array(g) if others else g
    for index, g, _ in others:
        if index is WHOLE:
            total += g
        elif names_an_entry_once(index):
            total[index] += g
        else:
            total += scattered(g, index, x)
    return total


def mask_of(pieces: list[Piece], x: Any) -> Any:
    """Where any of the pieces is alive."""
    found = np.zeros(x.shape, bool)
    for index, _, mask in pieces:
        mask = worked_out(mask)
        if index is WHOLE:
            found |= True if mask is None else mask
        elif mask is None:
            found[index] = True
        else:
            np.logical_or.at(found, index, mask)
    return found


def scattered(g: Any, index: Any, x: Any) -> Any:
    """Zeros like `x`, with `g` added in at `index` as often as an entry is named."""
    zeros = np.zeros(x.shape, x.dtype)
    if names_an_entry_once(index):
        zeros[index] = g
    else:
        np.add.at(zeros, index, g)
    return zeros


def names_an_entry_once(index: Any) -> bool:
    """Slices, whole numbers, new axes and one mask never name an entry twice; whatever else there is may."""
    parts = index if isinstance(index, tuple) else (index,)
    others = [i for i in parts if not isinstance(i, (slice, int, np.integer, NoneType, EllipsisType))]
    return not others or (len(others) == 1 and isinstance(others[0], np.ndarray) and others[0].dtype == bool)


def worked_out(mask: Any) -> Any:
    """A mask that may be a function, or a pair of masks to be joined: pairs nest as deep as an array has uses."""
    if type(mask) is not tuple:
        return mask() if callable(mask) else mask
    waiting: list[Any] = [mask]
    found: Any = None
    while waiting:
        each = waiting.pop()
        if type(each) is tuple:
            waiting += each[::-1]
            continue
        each = each() if callable(each) else each
        found = each if found is None else found | each
    return found


class Showing(threading.local):
    """Whether a backward pass is being written down, `on`: it must hold for other inputs, so a float may have a mask.

    `exact`, it states the rules that eager sweeps go by, and not those of printed lines; `dead`, a switch says what
    it sends down a branch that was not taken, too.
    """

    on = False
    exact = False
    dead = False

    @contextmanager
    def __call__(self, *states: str) -> Iterator[None]:
        """These states, as long as a block lasts."""
        before = {state: getattr(self, state) for state in states}
        vars(self).update(dict.fromkeys(states, True))
        try:
            yield
        finally:
            vars(self).update(before)


showing = Showing()


def one_or_all(axes: Sequence[int]) -> int | tuple[int, ...]:
    """A single axis as a number, as one writes it."""
    return axes[0] if len(axes) == 1 else tuple(axes)


def sum_to(g: Any, shape: tuple[int, ...], total: Callable[..., Any] = np.sum) -> Any:
    """Undo a broadcast: sum over the axes that `shape` lacks or has stretched from 1."""
    lead = len(shape_of(g)) - len(shape)
    if lead < 0:  # NumPy writes an array with more axes, of length 1, into one with fewer
        return np.reshape(sum_to(g, shape[-lead:], total), shape)
    if lead:
        g = total(g, axis=one_or_all(range(lead)))
    have = shape_of(g)
    stretched = [axis for axis, n in enumerate(shape) if n == 1 != have[axis]]
    return total(g, axis=one_or_all(stretched), keepdims=True) if stretched else g


def fit(part: Any, x: Any, live: Any = None, scaled: bool = True) -> Any:
    """A contribution in the shape and dtype of its operand; dead entries are zeroed before they can reach a sum."""
    if live is not None and scaled:
        part = np.where(live, part, 0.0)
    if type(part) is np.ndarray and type(x) is np.ndarray and part.shape == x.shape and part.dtype == x.dtype:
        return part if live is None else Live(part, live)
    shape, value = shape_of(x), plain(x)
    if dtype_of(part).kind == "c" and dtype_of(x).kind != "c":
        part = np.real(part)
    if shape_of(part) != shape:
        part = sum_to(part, shape)
        if live is not None:
            whole = live
            live = lambda: sum_to(whole, shape, np.any)  # noqa: E731
    if isinstance(value, float):
        if not showing.on:  # a float needs no mask: it is alive, or gets nothing at all
            if live is not None and not showing.dead and not (live() if callable(live) else live):
                return None
            live = None
        if not isinstance(part, Carrier):
            part = float(part)
            return part if live is None else Live(part, live)
    if dtype_of(part) != dtype_of(x):
        part = cast(part, dtype=dtype_of(x))
    return part if live is None else Live(part, live)


def facing(x: Any) -> Any:
    """The direction in which the size of x grows: its sign, of a complex number the conjugate of its direction."""
    if isinstance(x, Symbol):
        return call_text("facing", x)
    return np.conj(np.sign(x)) if dtype_of(x).kind == "c" else np.sign(x)


def route(g: Any, slope: Any, x: Any, live: Any = None) -> Any:
    """What a switch sends down one branch: dead where `slope` is zero."""
    if dtype_of(slope) != bool:
        g, slope = slope * g, np.not_equal(slope, 0)
    if shape_of(slope) != shape_of(g):
        slope = np.broadcast_to(slope, shape_of(g))
    return fit(g, x, slope if live is None else slope & live)


def route1(g: Any, slope: Any) -> Any:
    """The same for floats: a dead branch gets nothing at all."""
    if slope or showing.dead:
        return g if slope is True else slope * g
    return None


def ties(x: Any, y: Any) -> Any:
    """1 where x is larger, 0 where y is, a half each where they tie."""
    return (x > y) + 0.5 * (x == y)


def real_power(x: Any, y: Any) -> Any:
    """`x ** y` for floats, NaN where Python would turn complex."""
    out = x**y
    return out if type(out) is not complex else math.nan


def wins(x: Any, y: Any) -> Any:
    """1 where x is the larger; two tied wires take half each, a tie with a constant passes nothing."""
    for one, other in ((x, y), (y, x)):
        if getattr(one, "absent", False):
            return Symbol("True", one.names | other.names)
    if getattr(x, "constant", False) or getattr(y, "constant", False):
        return x > y
    return call_text("ties", x, y) if isinstance(x, Symbol) else ties(x, y)


def known(slope: Any, out: Any) -> Any:
    """What a switch sends down a branch; NaN where its value is NaN, because nobody knows which branch that was."""
    if isinstance(slope, Symbol):
        return call_text("known", slope, out)
    if not isinstance(out, Carrier) and not np.any(np.isnan(out)):
        return slope  # the same, in one look
    return np.where(np.isnan(out), np.nan, slope)


def at_least(x: Any, low: Any) -> Any:
    """The larger of x and a bound, or x where there is no bound."""
    return x if getattr(low, "absent", False) else np.maximum(x, low)


def spread(g: Any, shape: tuple[int, ...]) -> Any:
    """`g` repeated to `shape`, in memory of its own."""
    if shape_of(g) == shape:
        return g
    if isinstance(g, Carrier):
        return np.broadcast_to(g, shape)  # type: ignore[call-overload]
    full = np.empty(shape, dtype_of(g))  # a fifth of the time of np.broadcast_to
    full[...] = g
    return full


def kept_axes(axis: Any, shape: tuple[int, ...]) -> list[int]:
    """The axes a reduction removes, counted from the front."""
    if not shape:
        return []  # NumPy takes axis 0 and -1 of a single number, which has none
    axes = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return sorted(int(a) % len(shape) for a in axes)


# -------------------------------------------------------------------------------------------- symbols: rules as text


class Symbol:
    """What an elementwise rule is traced on: operators and ufuncs write text, and the operands used are noted."""

    def __init__(
        self, text: str, names: frozenset[str] | None = None, constant: bool = False, absent: bool = False
    ) -> None:
        self.text, self.constant, self.absent = text, constant, absent
        self.names = frozenset({text}) if names is None else names

    def __neg__(self) -> Symbol:
        return Symbol(f"(-{self.text})", self.names)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: Any) -> Symbol:
        return call_text(f"np.{ufunc.__name__}", *operands)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Symbol:
        return call_text(f"np.{function.__name__}", *args)


def operand_text(x: Any) -> str:
    if isinstance(x, Symbol):
        return x.text
    if isinstance(x, float) and not math.isfinite(x):
        return "np.nan" if math.isnan(x) else "np.inf" if x > 0 else "(-np.inf)"
    return repr(x)


def names_of(*operands: Any) -> frozenset[str]:
    return frozenset().union(*(x.names for x in operands if isinstance(x, Symbol)))


def call_text(name: str, *operands: Any) -> Symbol:
    return Symbol(f"{name}({', '.join(map(operand_text, operands))})", names_of(*operands))


def infix_text(sign: str, x: Any, y: Any) -> Symbol:
    if sign == "**":  # a helper on floats, where Python's own power may turn complex
        return call_text("power", x, y)
    return Symbol(f"({operand_text(x)} {sign} {operand_text(y)})", names_of(x, y))


def _give_operators() -> None:
    arithmetic = {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "pow": "**", "and": "&"}
    comparisons = {"gt": ">", "lt": "<", "ge": ">=", "le": "<=", "eq": "==", "ne": "!="}
    for name, sign in (arithmetic | comparisons).items():
        setattr(Symbol, f"__{name}__", lambda x, y, sign=sign: infix_text(sign, x, y))
    for name, sign in arithmetic.items():
        setattr(Symbol, f"__r{name}__", lambda y, x, sign=sign: infix_text(sign, x, y))


_give_operators()

SCOPE = {"np": np, "fit": fit, "route": route, "route1": route1, "ties": ties, "known": known, "facing": facing, "True": True}
ARRAY_SCOPE = SCOPE | {"power": lambda x, y: x**y}
SCALAR_SCOPE = SCOPE | {"power": real_power}

# ----------------------------------------------------------------------------------------------------- the families


def as_tuple(x: Any) -> tuple[Any, ...]:
    return x if isinstance(x, tuple) else (x,)


class Elementwise:
    """The rule's body is the local gradient along each input, or a function of g that is the downstream itself."""

    name, leading = "elementwise", 1

    def derive(self, gate: Gate, kinds: Sequence[int], wanted: Sequence[int], scalar: bool) -> Derivation:
        """Trace the rule for these kinds of operands and compile one straight-line function."""
        slopes = self.slopes(gate, kinds)
        routes = gate.pattern == "routes"
        parts = [self.part(slopes[i], gate.operands[i], routes, scalar) for i in wanted]
        source = (
            f"def {gate.name}_pullback(g, out, operands, parameters{'' if scalar else ', live=None'}):\n"
            f"    {', '.join(gate.operands)}, = operands\n"
            f"    return ({''.join(f'{text}, ' for text, _ in parts)})\n"
        )
        back = build_function(source, SCALAR_SCOPE if scalar else ARRAY_SCOPE, f"{gate.name}_pullback")
        return back, frozenset().union(*(names for _, names in parts))

    def slopes(self, gate: Gate, kinds: Sequence[int]) -> tuple[Any, ...]:
        """The traced local gradients."""
        symbols = [
            Symbol(name, constant=kind in (CONSTANT, ABSENT), absent=kind == ABSENT)
            for name, kind in zip(gate.operands, kinds, strict=True)
        ]
        return as_tuple(gate.rule(Symbol("out"), *symbols))

    def part(self, slope: Any, operand: str, routes: bool, scalar: bool) -> tuple[str, frozenset[str]]:
        """The text of one contribution, and the names of the values it needs; a slope of None passes nothing."""
        if slope is None:
            return "None", frozenset()
        if routes:
            text = (
                f"route1(g, {operand_text(slope)})" if scalar else f"route(g, {operand_text(slope)}, {operand}, live)"
            )
            return text, names_of(slope)
        down = slope(Symbol("g")) if callable(slope) else times_upstream(slope)
        text = operand_text(down)
        if not scalar:
            text = f"fit({text}, {operand}, live, {text not in ('g', '(-g)')})"
        return text, names_of(down)


def times_upstream(slope: Any) -> Symbol:
    """local x upstream, without multiplications by 1."""
    g = Symbol("g")
    if isinstance(slope, Symbol):
        return Symbol(f"{slope.text} * g", slope.names)
    return g if slope == 1 else -g if slope == -1 else infix_text("*", slope, g)


class Reduction:
    """The rule's body is the weight of each entry in the total; `n` is the number of entries a total has."""

    name, leading = "reduction", 1

    def derive(self, gate: Gate, kinds: Sequence[int], wanted: Sequence[int], scalar: bool) -> Derivation:
        routes, rule = gate.pattern == "routes", gate.rule

        def back(g: Any, out: Any, operands: Any, parameters: Any, live: Any = None) -> Any:
            (x,) = operands
            shape, axis = shape_of(x), parameters.get("axis")
            if 0 in shape:
                return (None,)  # there is nothing to give a gradient to
            gone = kept_axes(axis, shape)
            if gone and len(shape_of(g)) != len(shape):
                if len(gone) < len(shape):  # what is left of a full reduction broadcasts by itself
                    g, out = np.expand_dims(g, one_or_all(gone)), np.expand_dims(out, one_or_all(gone))
                if live is not None:
                    live = np.expand_dims(live, one_or_all(gone))
            if live is not None:
                live = spread(live, shape)
            if (looked := parameters.get("where", True)) is not True:  # what was not looked at is dead
                looked = np.broadcast_to(looked, shape)
                live = looked if live is None else live & looked
            own = {key: value for key, value in parameters.items() if key in gate.parameters and key != "keepdims"}
            weight = rule(out, x, **own)
            if routes:
                return (route(spread(g, shape), weight, x, live),)
            unit = type(weight) is int and looked is True
            part = g if type(weight) is int else weight(g) if callable(weight) else weight * g
            return (fit(spread(part, shape), x, live, not unit),)

        return back, frozenset(gate.operands)


class Linear:
    """The rule's body is the adjoint, one thunk an operand; a gate that moves entries moves the mask by its rule."""

    name, leading = "linear", 1

    def __init__(self, vectors: bool = False) -> None:
        self.vectors = vectors  # a one-dimensional operand stands for a row (first) or a column (second)

    def derive(self, gate: Gate, kinds: Sequence[int], wanted: Sequence[int], scalar: bool) -> Derivation:
        rule, vectors = gate.rule, self.vectors
        mixes, routes = gate.pattern in ("mixes", "swaps"), gate.pattern == "routes"
        picks = routes and gate.parameters == ["index"]

        def back(g: Any, out: Any, operands: Any, parameters: Any, live: Any = None) -> Any:
            if isinstance(g, dict):
                return (gathered(rule, g, operands, parameters, mixes),)
            if picks and type(operands[0]) is np.ndarray and not (is_recorded(g) or is_recorded(live)):
                return (Live.picked(parameters["index"], g, live, operands[0]),)
            inner = [plain(x) for x in operands] if live is not None or routes else operands
            if vectors:
                parts = matrix_parts(rule, g, operands, wanted)
            else:
                thunks = as_tuple(rule(g, *operands, **parameters))
                parts = [fit(thunks[i](), operands[i]) for i in wanted]
            if not mixes and (routes or live is not None):
                parts = [
                    moved(rule, part, i, out, inner, parameters, live) for i, part in zip(wanted, parts, strict=True)
                ]
            return parts

        return back, frozenset(gate.operands) if mixes else frozenset()


def moved(rule: Any, part: Any, i: int, out: Any, operands: Any, parameters: Any, live: Any) -> Any:
    """`part` with the upstream gradient's mask, moved by the gate's own rule; a dead float gets nothing."""

    def mask() -> Any:
        ones = np.ones_like(out) if live is None else cast(live, dtype=np.dtype(float))
        return np.not_equal(as_tuple(rule(ones, *operands, **parameters))[i](), 0)

    if isinstance(plain(operands[i]), float) and not showing.on:
        return part if mask() else None
    return Live(part, mask)


def without_mask(g: Any) -> Any:
    """A cotangent alone."""
    return g.g if type(g) is Live else g


def gathered(rule: Any, pieces: dict[int, Any], operands: Any, parameters: Any, mixes: bool) -> Any:
    """What the one input of a step with several outputs gets; a float that only dead outputs came from gets nothing."""
    bare = {k: without_mask(piece) for k, piece in pieces.items()}
    down = as_tuple(rule(bare, *operands, **parameters))[0]()
    if down is None or mixes:
        return None if down is None else fit(down, operands[0])

    def mask() -> Any:
        return live_pieces(rule, pieces, map(plain, operands), parameters)

    part = fit(down, operands[0])
    if isinstance(plain(operands[0]), float) and not showing.on:
        return part if mask() else None
    return Live(part, mask)


def live_pieces(rule: Any, pieces: dict[int, Any], operands: Any, parameters: Any) -> Any:
    """Where the one input of a step with several outputs is alive: nowhere that only an unused output came from."""
    alive = {k: g.mask.astype(float) if type(g) is Live else np.ones_like(g) for k, g in pieces.items()}
    return np.not_equal(as_tuple(rule(alive, *operands, **parameters))[0](), 0)


def matrix_parts(rule: Any, g: Any, operands: Any, wanted: Sequence[int]) -> list[Any]:
    """The adjoints of a matrix product, with the axes that NumPy adds to vectors put in and taken out."""
    a, b = operands
    if not shape_of(a) or not shape_of(b):  # np.dot with a scalar multiplies
        return [fit((b, a)[i] * g, operands[i]) for i in wanted]
    column, row = len(shape_of(b)) == 1, len(shape_of(a)) == 1
    if column:
        b, g = np.expand_dims(b, 1), np.expand_dims(g, -1)
    if row:
        a, g = np.expand_dims(a, 0), np.expand_dims(g, -2)
    parts = [sum_to_matrix(rule(g, a, b)[i](), (a, b)[i]) for i in wanted]
    added = [0 if row else None, 1 if column else None]
    return [
        part if added[i] is None else fit(np.squeeze(part, added[i]), operands[i])
        for i, part in zip(wanted, parts, strict=True)
    ]


def sum_to_matrix(part: Any, x: Any) -> Any:
    return fit(part, x)


class Custom:
    """The rule is the pullback: (g, out, operands, parameters) -> what each operand gets."""

    name, leading = "custom", 2

    def derive(self, gate: Gate, kinds: Sequence[int], wanted: Sequence[int], scalar: bool) -> Derivation:
        rule, along = gate.rule, gate.along

        def back(g: Any, out: Any, operands: Any, parameters: Any, live: Any = None) -> Any:
            if isinstance(g, dict):
                g = {k: without_mask(piece) for k, piece in g.items()}
            downs = as_tuple(rule(g, out, *operands, **parameters))
            # Printed code leaves this mask out: the rule passes 0 to dead lanes, where their values are numbers.
            kept = live
            if along is None or (showing.on and not showing.exact):
                kept = None
            elif live is not None:
                kept = lanes(live, along(**parameters))
            return [None if downs[i] is None else fit(downs[i], operands[i], kept) for i in wanted]

        return back, frozenset(gate.operands)


def lanes(live: Any, axis: Any) -> Any:
    """The mask of a gate that mixes the entries of each lane: a lane is alive where one of its entries is."""
    return np.broadcast_to(np.any(live, axis=axis, keepdims=True), shape_of(live))


class Stops:
    """Nothing goes back: the function is flat wherever it has a derivative."""

    name, leading = "stops", 0

    def derive(self, gate: Gate, kinds: Sequence[int], wanted: Sequence[int], scalar: bool) -> Derivation:
        def back(g: Any, out: Any, operands: Any, parameters: Any, live: Any = None) -> Any:
            return [None] * len(wanted)

        return back, frozenset()


# ---------------------------------------------------------------------------------------------------- declaring gates

Declare = Callable[[Rule], Gate]


def elementwise(function: Any, *, pattern: str = "scales", **facts: Any) -> Declare:
    """Declare a gate by the local gradient along each input."""
    return lambda rule: Gate(function, rule, Elementwise(), pattern, **facts)


def reduction(function: Any, *, pattern: str = "spreads", **facts: Any) -> Declare:
    """Declare a gate by the weight of each entry in the total."""
    return lambda rule: Gate(function, rule, Reduction(), pattern, **facts)


def linear(function: Any, *, pattern: str = "mixes", vectors: bool = False, **facts: Any) -> Declare:
    """Declare a gate by its adjoint."""
    return lambda rule: Gate(function, rule, Linear(vectors), pattern, **facts)


def custom(function: Any, *, pattern: str = "mixes", **facts: Any) -> Declare:
    """Declare a gate by its pullback."""
    return lambda rule: Gate(function, rule, Custom(), pattern, **facts)


def stops(function: Any, **facts: Any) -> Declare:
    """Declare a gate that lets no gradient through; its value is the way it went, unless `way` is None."""
    return lambda rule: Gate(function, rule, Stops(), "stops", **{"way": function, **facts})


def cast(x: Any, dtype: Any) -> Any:
    """`x` in another dtype; a gate, so that it is recorded too."""
    return GATES[convert](x, dtype=dtype)


def convert(x: Any, dtype: Any) -> Any:
    """`x.astype(dtype)`, for scalars too."""
    return x.astype(dtype) if isinstance(x, (np.ndarray, np.generic)) else np.dtype(dtype).type(x)
