"""A reference for programs that write into arrays: every read and every write is a copy, and nothing is shared.

An array is a table of cells by their numbers. NumPy's own rules say, on arrays of these numbers, which cells a view
shows and whether a result is a view at all. A cell holds a value and its slopes along all inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


class Dual:
    """Values with their slopes along every input, in the last axis: numbers, or what an array held when it was read."""

    def __init__(self, value: Any, slopes: Any) -> None:
        self.value, self.slopes = np.asarray(value, float), np.asarray(slopes, float)

    def mapped(self, function: Callable[[Any], Any], derivative: Callable[[Any], Any]) -> Dual:
        return Dual(function(self.value), derivative(self.value)[..., None] * self.slopes)


def dual(x: Any, inputs: int) -> Dual:
    """A copy of what anything holds now."""
    if isinstance(x, Cells):
        return x.read()
    if isinstance(x, Dual):
        return x
    if isinstance(x, (list, tuple)):
        parts = [dual(each, inputs) for each in x]
        return Dual(np.stack([p.value for p in parts]), np.stack([p.slopes for p in parts]))
    return Dual(x, np.zeros((*np.shape(x), inputs)))


class Copying:
    """All cells of one run, and NumPy's functions on them."""

    def __init__(self, inputs: int) -> None:
        self.inputs = inputs
        self.values: list[Any] = []  # by number: a value and its slopes

    # ------------------------------------------------------------------------------------------------------- arrays

    def new(self, held: Dual, like: Any = None) -> Cells:
        """A new array; it lies in memory as the plain result does that NumPy gives."""
        numbers = np.empty_like(like if like is not None else held.value, dtype=np.int64)
        start = len(self.values)
        numbers[...] = np.arange(start, start + held.value.size).reshape(held.value.shape)
        slopes = held.slopes.reshape(-1, self.inputs)
        self.values.extend(zip(held.value.ravel().tolist(), slopes.copy(), strict=True))
        return Cells(self, numbers)

    def result(self, held: Dual, *layouts: Any) -> Any:
        """What NumPy gives for a result: an array, or a number."""
        if held.value.ndim == 0:
            return held
        like = np.add(*layouts) if len(layouts) == 2 else layouts[0] if layouts else None
        return self.new(held, like if like is not None and like.shape == held.value.shape else None)

    def binary(self, x: Any, y: Any, out: Any, value: Callable[..., Any], slopes: Callable[..., Any]) -> Any:
        a, b = dual(x, self.inputs), dual(y, self.inputs)
        found = value(a.value, b.value)
        by_a, by_b = (np.broadcast_to(s, found.shape)[..., None] for s in slopes(a.value, b.value))
        held = Dual(found, by_a * aligned(a, found.ndim) + by_b * aligned(b, found.ndim))
        if out is None:
            return self.result(held, layout(x, a), layout(y, b))
        out[...] = held
        return out

    def unary(self, x: Any, out: Any, value: Callable[[Any], Any], derivative: Callable[[Any], Any]) -> Any:
        held = dual(x, self.inputs).mapped(value, derivative)
        if out is None:
            return self.result(held, layout(x, held))
        out[...] = held
        return out

    # ----------------------------------------------------------------------------------------------- NumPy's functions

    def add(self, x: Any, y: Any, out: Any = None) -> Any:
        return self.binary(x, y, out, np.add, lambda a, b: (1.0, 1.0))

    def subtract(self, x: Any, y: Any, out: Any = None) -> Any:
        return self.binary(x, y, out, np.subtract, lambda a, b: (1.0, -1.0))

    def multiply(self, x: Any, y: Any, out: Any = None) -> Any:
        return self.binary(x, y, out, np.multiply, lambda a, b: (b, a))

    def divide(self, x: Any, y: Any, out: Any = None) -> Any:
        return self.binary(x, y, out, np.divide, lambda a, b: (1 / b, -a / b**2))

    def sin(self, x: Any, out: Any = None) -> Any:
        return self.unary(x, out, np.sin, np.cos)

    def cos(self, x: Any, out: Any = None) -> Any:
        return self.unary(x, out, np.cos, lambda v: -np.sin(v))

    def tanh(self, x: Any, out: Any = None) -> Any:
        return self.unary(x, out, np.tanh, lambda v: 1 - np.tanh(v) ** 2)

    def sum(self, x: Any) -> Dual:
        held = dual(x, self.inputs)
        return Dual(held.value.sum(), held.slopes.reshape(-1, self.inputs).sum(axis=0))

    def where(self, mask: Any, x: Any, y: Any) -> Any:
        return self.binary(x, y, None, lambda a, b: np.where(mask, a, b), lambda a, b: (1.0 * mask, 1.0 - mask))

    def outer(self, x: Any, y: Any) -> Any:
        a, b = (dual(z, self.inputs) for z in (x, y))
        a = Dual(a.value.reshape(-1, 1), a.slopes.reshape(-1, 1, self.inputs))
        return self.multiply(a, Dual(b.value.reshape(-1), b.slopes.reshape(-1, self.inputs)))

    def concatenate(self, parts: Sequence[Any]) -> Cells:
        held = [dual(x, self.inputs) for x in parts]
        like = np.concatenate([layout(x, h) for x, h in zip(parts, held, strict=True)])
        return self.new(Dual(np.concatenate([h.value for h in held]), np.concatenate([h.slopes for h in held])), like)

    def zeros(self, shape: Any, order: Any = "C") -> Cells:
        return self.new(dual(np.zeros(shape), self.inputs), np.zeros(shape, order=order))

    def copyto(self, x: Cells, values: Any, where: Any = True) -> None:
        if where is True:
            x[...] = values
        else:
            x[...] = self.where(where, values, x)

    def put(self, x: Cells, places: Any, values: Any) -> None:
        for place, value in zip(places, values, strict=True):
            x[np.unravel_index(place % x.numbers.size, x.numbers.shape)] = value

    def place(self, x: Cells, mask: Any, values: Any) -> None:
        for n, index in enumerate(map(tuple, np.argwhere(mask))):
            x[index] = values[n % len(values)]

    def fill_diagonal(self, x: Cells, value: Any) -> None:
        marked = np.zeros(x.numbers.shape, bool)
        np.fill_diagonal(marked, True)
        x[marked] = value

    def at(self, function: Callable[..., Any], x: Cells, index: Any, values: Any) -> None:
        places = x.numbers[index]
        held = dual(values, self.inputs)
        whole = np.broadcast_to(held.value, places.shape), np.broadcast_to(held.slopes, (*places.shape, self.inputs))
        for n, number in enumerate(places.ravel()):
            one = Cells(self, places.reshape(-1)[n : n + 1])
            step = Dual(whole[0].reshape(-1)[n : n + 1], whole[1].reshape(-1, self.inputs)[n : n + 1])
            function(one, step, out=one)
            assert one.numbers[0] == number

    def array(self, x: Any) -> Any:
        return x.shown(lambda numbers: numbers.copy("K")) if isinstance(x, Cells) else np.array(x)

    def einsum(self, subscripts: str, x: Cells) -> Any:
        return x.shown(lambda numbers: np.einsum(subscripts, numbers))

    arange = staticmethod(np.arange)

    def __getattr__(self, name: str) -> Any:
        """A function that only moves entries, or shows them."""
        function = getattr(np, name)
        return lambda x, *args, **kwargs: x.shown(lambda numbers: function(numbers, *args, **kwargs))


class At:
    """`np.add`, with its `at`."""

    def __init__(self, copying: Copying, function: Callable[..., Any]) -> None:
        self.copying, self.function = copying, function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    def at(self, x: Any, index: Any, values: Any) -> None:
        self.copying.at(self.function, x, index, values)


def copying(inputs: int) -> Any:
    """NumPy as the reference has it."""
    made: Any = Copying(inputs)
    for name in ("add", "subtract", "multiply"):
        setattr(made, name, At(made, getattr(made, name)))
    return made


def aligned(x: Dual, axes: int) -> Any:
    """The slopes of a value with as many axes as a result has, spread by NumPy from there."""
    shape = (1,) * (axes - x.value.ndim) + x.value.shape
    return x.slopes.reshape(*shape, x.slopes.shape[-1])


def layout(x: Any, held: Dual) -> Any:
    """An array of numbers that lies in memory as `x` does."""
    return x.numbers if isinstance(x, Cells) else np.zeros(held.value.shape, np.int64)


class Cells:
    """An array: which cells it shows, and where."""

    __array_ufunc__ = None

    def __init__(self, store: Any, numbers: Any) -> None:
        self.store, self.numbers = store, numbers

    def read(self) -> Dual:
        found = [self.store.values[n] for n in self.numbers.ravel()]
        inputs, shape = self.store.inputs, self.numbers.shape
        slopes = np.array([s for _, s in found]).reshape(*shape, inputs)
        return Dual(np.array([v for v, _ in found]).reshape(shape), slopes)

    def shown(self, function: Callable[[Any], Any]) -> Any:
        """What a function of NumPy's makes of this array: a view, a copy, a number, or several."""
        made = function(self.numbers)
        if isinstance(made, (list, tuple)):
            return [self.one(part) for part in made]
        return self.one(made)

    def one(self, numbers: Any) -> Any:
        if not isinstance(numbers, np.ndarray):
            return Dual(*self.store.values[numbers])
        if np.may_share_memory(numbers, self.numbers):
            return Cells(self.store, numbers)
        return self.store.new(Cells(self.store, numbers).read(), numbers)

    def __getitem__(self, index: Any) -> Any:
        return self.shown(lambda numbers: numbers[index])

    def __setitem__(self, index: Any, values: Any) -> None:
        held = dual(values, self.store.inputs)  # all of it is read before anything is written
        places = np.asarray(self.numbers[index])
        lead = max(0, held.value.ndim - places.ndim)
        value = np.broadcast_to(held.value.reshape(held.value.shape[lead:]), places.shape)
        slopes = held.slopes.reshape((*held.value.shape[lead:], self.store.inputs))
        slopes = np.broadcast_to(slopes, (*places.shape, self.store.inputs))
        for n, number in enumerate(places.ravel()):
            self.store.values[number] = (float(value.ravel()[n]), slopes.reshape(-1, self.store.inputs)[n].copy())

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self.numbers)))

    def __gt__(self, bound: float) -> Any:
        return self.read().value > bound

    shape = property(lambda self: self.numbers.shape)
    size = property(lambda self: self.numbers.size)
    T = property(lambda self: self.shown(lambda n: n.T))
    real = property(lambda self: self)
    flat = property(lambda self: Flat(self))

    def fill(self, value: Any) -> None:
        self[...] = value

    def sum(self) -> Dual:
        total: Dual = self.store.sum(self)
        return total

    def copy(self) -> Any:
        return self.shown(lambda n: n.copy())

    def astype(self, kind: Any, copy: bool = True) -> Any:
        return self.shown(lambda n: n.astype(np.int64, copy=copy))

    def __getattr__(self, name: str) -> Any:
        """A method that only moves entries, or shows them."""
        return lambda *args, **kwargs: self.shown(lambda n: getattr(n, name)(*args, **kwargs))


class Flat:
    def __init__(self, cells: Cells) -> None:
        self.cells = cells

    def __setitem__(self, index: Any, value: Any) -> None:
        for place in np.atleast_1d(np.arange(self.cells.size)[index]):
            self.cells[np.unravel_index(place, self.cells.shape)] = value


def _give_operators() -> None:
    for name, function in {"add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide"}.items():

        def forwards(x: Any, y: Any, function: str = function) -> Any:
            return getattr(store_of(x, y), function)(x, y)

        def backwards(y: Any, x: Any, function: str = function) -> Any:
            return getattr(store_of(x, y), function)(x, y)

        def in_place(x: Any, y: Any, function: str = function) -> Any:
            return getattr(store_of(x, y), function)(x, y, out=x)

        for kind in (Cells, Dual):
            setattr(kind, f"__{name}__", forwards)
            setattr(kind, f"__r{name}__", backwards)
        setattr(Cells, f"__i{name}__", in_place)
    for kind in (Cells, Dual):
        kind.__neg__ = lambda x: x * -1.0  # type: ignore[attr-defined]
        kind.__array_ufunc__ = None  # type: ignore[attr-defined]


def store_of(*xs: Any) -> Any:
    found = next((x.store for x in xs if isinstance(x, Cells)), None)
    return found if found is not None else Copying(next(x.slopes.shape[-1] for x in xs if isinstance(x, Dual)))


_give_operators()


def run(function: Callable[..., Any], store: Any, inputs: Sequence[Any]) -> tuple[float, list[Any]]:
    """The value of a program and its gradients, by copying."""
    sizes, start, given = [np.size(x) for x in inputs], 0, []
    for x, size in zip(inputs, sizes, strict=True):
        slopes = np.zeros((*np.shape(x), store.inputs))
        slopes.reshape(size, store.inputs)[np.arange(size), np.arange(start, start + size)] = 1.0
        given.append(store.new(Dual(x, slopes)))
        start += size
    out = function(*given)
    parts = np.split(out.slopes, np.cumsum(sizes)[:-1])
    return float(out.value), [part.reshape(np.shape(x)) for part, x in zip(parts, inputs, strict=True)]
