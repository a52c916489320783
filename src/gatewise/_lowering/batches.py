"""A circuit recorded again, at another size of its batch, on rows that are drawn."""

from __future__ import annotations

import dataclasses
import inspect
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from gatewise._circuit import FrozenCircuit
from gatewise._lowering.errors import LoweringError
from gatewise._lowering.freed import Freed, Merging
from gatewise._lowering.lowered import Lowered, lower
from gatewise._program import Constant, Guard
from gatewise._recording import leaves, mapped, record


@dataclass(frozen=True)
class Again:
    """How a circuit was recorded."""

    function: Any
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    wrt: Sequence[str] | None
    upstream: Any

    def freed(self, lowered: Lowered, batch: Sequence[str], seeded: bool = False) -> Freed:
        """The circuit for any size of these arguments' first axis. Raises `LoweringError`."""
        if not (self.upstream is None or isinstance(self.upstream, str)):
            why = "what comes back to the output has a size too."
            raise LoweringError("the batch cannot be freed of an upstream array.", why, 'upstream="ones".')
        bound = lowered.signature.bind(*self.args, **self.kwargs)
        if unknown := [name for name in batch if name not in bound.arguments]:
            known = f"its inputs are {', '.join(bound.arguments)}."
            raise LoweringError(f"{unknown[0]} is no input of {lowered.name}.", known, "the name of one of these.")
        rows = [np.asarray(x) for name in batch for _, x in leaves(bound.arguments[name])]
        if len({x.shape[:1] for x in rows}) != 1 or not rows[0].ndim:
            told = ", ".join(str(x.shape) for x in rows)
            why = "the first axis of each counts the rows of the batch."
            raise LoweringError(f"the batch has the shapes {told}.", why, "arrays with as many rows as each other.")

        def recorded(n: int) -> Lowered:
            return with_fixed(lower(self.recorded(bound, batch, n), seeded), bound)

        return Freed(recorded, batch)

    def settled(self, lowered: Lowered, seeded: bool) -> Lowered:
        """The circuit with what was read out of an argument taken from there: recorded again, it is another array.

        Raises `LoweringError` where a value hangs on an argument in a way that was not recorded.
        """
        bound = lowered.signature.bind(*self.args, **self.kwargs)
        lowered = with_fixed(lowered, bound)
        other = lower(self.recorded(bound, (), 0), seeded)
        if [op.gate for op in other.program.ops] != [op.gate for op in lowered.program.ops]:
            return demand_no_copies(lowered)  # Python went another way
        return dataclasses.replace(lowered, program=Settling([lowered, other], (0, 0), lambda i: True).program())

    def recorded(self, bound: inspect.BoundArguments, batch: Sequence[str], n: int) -> FrozenCircuit:
        """The circuit with n drawn rows."""
        draw = np.random.default_rng(n)
        arguments = OrderedDict(
            (name, mapped(lambda _, x: rows_like(x, n, draw), x) if name in batch else moved(x, draw))
            for name, x in bound.arguments.items()
        )
        drawn = inspect.BoundArguments(bound.signature, arguments)
        with np.errstate(all="ignore"):
            return record(self.function, drawn.args, drawn.kwargs, wrt=self.wrt, upstream=self.upstream)


def with_fixed(lowered: Lowered, bound: inspect.BoundArguments) -> Lowered:
    """The circuit with what it was given that is none of its inputs."""
    known = {(i.parameter, *i.path) for i in lowered.inputs}
    given = {(name, *path): x for name, whole in bound.arguments.items() for path, x in leaves(whole)}
    return dataclasses.replace(lowered, fixed={path: x for path, x in given.items() if path not in known})


class Settling(Merging):
    """Two recordings of one function, at the same size, on other numbers."""

    def guard(self, each: Sequence[Guard]) -> Guard:
        """What Python read may be another number: that is what a guard is for."""
        return Guard(self.operand([guard.operand for guard in each]), each[0].value)

    def refuse(self, what: str) -> NoReturn:
        where = f" ({self.line})" if self.line else ""
        raise LoweringError(
            f"{self.many[0].name} cannot run elsewhere: {what}{where}.",
            "it was read out of an argument, and would be the recorded one's for ever.",
            "compute it by NumPy's functions of the argument; or give it as an argument.",
        )


def demand_no_copies(lowered: Lowered) -> Lowered:
    """The circuit, where no constant of it is an argument. Raises `LoweringError`."""
    given = [(i.text, i.wire.value) for i in lowered.inputs if np.ndim(i.wire.value)]
    for op in lowered.program.ops:
        for x in (*op.operands, *op.parameters.get("index", ())):
            value = x.value if isinstance(x, Constant) else x
            for text, array in given:
                if isinstance(value, np.ndarray) and value.size > 1 and np.array_equal(value, array):
                    what = f"a constant of {lowered.name} has the numbers of {text}."
                    why = "it may have been read out of it, and would be the recorded one's for ever."
                    raise LoweringError(what, why, "compute it by NumPy's functions of the argument.")
    return lowered


def moved(x: Any, draw: np.random.Generator) -> Any:
    """An argument a little further on; whole numbers among those that it has."""

    def one(_: object, x: Any) -> Any:
        if not isinstance(x, np.ndarray) or not x.size or x.dtype.kind not in "fiu":
            return x
        if x.dtype.kind == "f":
            return (x * draw.uniform(0.999, 1.001, x.shape)).astype(x.dtype)
        return draw.permuted(x.ravel()).reshape(x.shape) if x.ndim else x

    return mapped(one, x)


def rows_like(x: Any, n: int, draw: np.random.Generator) -> Any:
    """Rows that are drawn between those of an array: what was an argument is not to look like a constant."""
    x = np.asarray(x)
    low, high = (np.min(x), np.max(x)) if x.size else (0, 0)
    if low == high:
        what = f"an array of the batch has one number alone, {low}."
        raise LoweringError(what, "rows are drawn that are like it, and are to differ.", "a batch of several rows.")
    if x.dtype.kind in "iub":
        return draw.integers(low, int(high) + 1, (n, *x.shape[1:])).astype(x.dtype)
    one, other = (x[draw.integers(0, len(x), n)] for _ in range(2))
    share = draw.uniform(size=(n, *x.shape[1:]))
    mixed = share * one + (1 - share) * other
    return (mixed * draw.uniform(0.98, 1.02, mixed.shape)).astype(x.dtype)
