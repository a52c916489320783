"""Derivatives made of `grad`, `vjp` and `jvp`: whole Jacobians, second derivatives, linear approximations.

They have the names and the signatures of JAX's.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from gatewise._circuit import Wire
from gatewise._derivatives import (
    Argnums,
    Derivative,
    by_all_arguments,
    demand_function,
    demand_plain_meaning,
    grad,
    jvp,
    output_and_aux,
    positions_of,
)
from gatewise._errors import ArgumentError
from gatewise._gates import without_mask
from gatewise._recording.structures import Path, closed, leaves, mapped, opened
from gatewise._sweep import given, zeros_for
from gatewise._tensor import Tensor
from gatewise._types import Function

FORWARD = 4  #: a row backward costs about this many columns forward, which are pushed all at once
ENTRIES = 1 << 22  #: so many numbers at most are moved at once on any wire


def jacobian(
    f: Function, argnums: Argnums = 0, has_aux: bool = False, holomorphic: bool = False, allow_int: bool = False
) -> Function:
    """Every derivative of every entry of what `f` returns, as a function of the same arguments.

    Of arrays, the result has the output's shape followed by the argument's; for several `argnums` it is a tuple. Of
    structures it is one of the output's structure, with one of the argument's in the place of each number or array.
    Columns are taken forward, all at once, or rows backward where those are far fewer. With `has_aux` the function
    returns `(output, aux)` and its Jacobian `(jacobian, aux)`. Raises `ArgumentError` for complex arguments.

    >>> import gatewise as gw
    >>> import numpy as np
    >>> gw.jacobian(lambda x: x * x)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    positions = positions_of(f, argnums)
    demand_plain_meaning(holomorphic, allow_int)

    @functools.wraps(f, assigned=("__name__", "__doc__"))
    def of_arguments(*args: object, **kwargs: object) -> Any:
        with (run := Derivative(f, args, positions, kwargs, output_and_aux if has_aux else None)):
            inputs = {(p, path): x for p in dict.fromkeys(positions) for path, x in leaves(run.inputs[p])}
            demand_real(inputs.values())
            blocks = blocks_of(run, inputs)

            def by_argument(path: Path, p: int) -> Any:
                return mapped(lambda place, x: block(blocks, path, (p, place), x), run.originals[p])

            def of_output(path: Path, _: object) -> Any:
                found = tuple(by_argument(path, p) for p in positions)
                return found[0] if isinstance(argnums, int) else found

            found = mapped(of_output, run.out)
            found = closed(found)
        return (found, run.aux_outside()) if has_aux else found

    return of_arguments


Places = dict[tuple[int, Path], Tensor]  #: the inputs that are differentiated by, each where it stands
Blocks = dict[tuple[Path, tuple[int, Path]], Any]  #: by output and by input, all derivatives of the one by the other


def demand_real(inputs: Iterable[Tensor]) -> None:
    for x in inputs:
        if np.iscomplexobj(x.value):
            raise ArgumentError(
                "a Jacobian was asked for at complex numbers.",
                "each of them moves in two directions.",
                "a function of their real and imaginary parts; gw.vjp and gw.jvp take complex numbers.",
            )


def block(blocks: Blocks, path: Path, place: tuple[int, Path], original: object) -> Any:
    """One block, a Tensor where the argument was one."""
    found = blocks[path, place]
    return Tensor(found) if type(original) is Tensor and type(found) is not Tensor else found


def blocks_of(run: Derivative, inputs: Places) -> Blocks:
    """All blocks, by columns or by rows."""
    outs = dict(leaves(run.out))
    moving = {path: x for path, x in outs.items() if type(x) is Tensor and x.bits & run.bit}
    columns, rows = (sum(int(np.size(x.value)) for x in xs) for xs in (inputs.values(), moving.values()))
    complex_rows = any(np.iscomplexobj(x.value) for x in moving.values())
    found = by_columns if complex_rows or columns <= FORWARD * rows else by_rows
    blocks = found(run, inputs, moving)
    for path, out in outs.items():
        if path not in moving:
            blocks.update({(path, place): np.zeros(np.shape(out) + np.shape(x.value)) for place, x in inputs.items()})
    return blocks


def by_columns(run: Derivative, inputs: Places, outs: Mapping[Path, Tensor]) -> Blocks:
    """Each entry of the arguments moved, as many of them at once as there is room for."""
    arrays = (wire.value for wire in run.order if not isinstance(wire.value, (tuple, list)))
    widest = max((int(np.size(value)) for value in arrays), default=1)
    step, count = max(1, ENTRIES // max(widest, 1)), sum(int(np.size(x.value)) for x in inputs.values())
    parts: dict[Path, list[Any]] = {path: [] for path in outs}
    for first in range(0, count, step):
        many = min(step, count - first)
        found = run.push(units(inputs, first, many), run.outer, many)
        for path, out in outs.items():
            zeros = np.zeros((many, *np.shape(out.value)), np.asarray(out.value).dtype)
            parts[path].append(without_mask(found.get(wire_of(out), zeros)))
    blocks: Blocks = {}
    for path, out in outs.items():
        columns = np.concatenate(parts[path]) if count else np.zeros((0, *np.shape(out.value)))
        columns, first = np.moveaxis(columns, 0, -1), 0
        for place, x in inputs.items():
            size = int(np.size(x.value))
            part = columns[..., first : first + size]
            blocks[path, place] = own(np.reshape(part, np.shape(out.value) + np.shape(x.value)))
            first += size
    return blocks


def wire_of(x: Tensor) -> Wire:
    assert x.wire is not None
    return x.wire


def own(part: object) -> Any:
    """A block in memory of its own."""
    return part if type(part) is Tensor else np.array(part)


def units(inputs: Places, first: int, many: int) -> dict[Wire, Any]:
    """For `many` entries from the `first` on, counted through all inputs, the tangent that moves this one alone."""
    along: dict[Wire, Any] = {}
    for x in inputs.values():
        size = int(np.size(x.value))
        if -many < first < size:
            unit = np.eye(many, size, first, np.asarray(x.value).dtype)
            along[wire_of(x)] = np.reshape(unit, (many, *np.shape(x.value)))
        first -= size
    return along


def by_rows(run: Derivative, inputs: Places, outs: Mapping[Path, Tensor]) -> Blocks:
    """Each entry of the outputs sent back."""
    blocks: Blocks = {}
    for path, out in outs.items():
        shape, rows = np.shape(out.value), []
        for place in np.ndindex(shape):
            unit = np.zeros(shape, np.asarray(out.value).dtype)
            unit[place] = 1
            rows.append(run.sweep({wire_of(out): given(unit[()], out.value)}))
        for place, x in inputs.items():
            parts = [without_mask(row.get(wire_of(x), zeros_for(x.value))) for row in rows]
            stacked = np.stack(parts) if parts else np.zeros((0, *np.shape(x.value)))
            blocks[path, place] = np.reshape(stacked, shape + np.shape(x.value))
    return blocks


def hessian(
    f: Function, argnums: Argnums = 0, has_aux: bool = False, holomorphic: bool = False, allow_int: bool = False
) -> Function:
    """The second derivatives of `f`, which returns a single number; for several `argnums` a tuple of tuples.

    The gradient is recorded once, and moved along all entries at once. Structures and `has_aux` as in `jacobian`.

    >>> import gatewise as gw
    >>> import numpy as np
    >>> gw.hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 3.0]))
    array([[6., 2.],
           [2., 0.]])
    """
    return jacobian(grad(f, argnums, has_aux, holomorphic, allow_int), argnums, has_aux)


def hvp(f: Function, primals: Sequence[object], tangents: Sequence[object]) -> Any:
    """The Hessian of `f` times `tangents`, without the Hessian: how the gradient moves along them.

    One value for each primal; of one primal that value alone.

    >>> import gatewise as gw
    >>> import numpy as np
    >>> gw.hvp(lambda x: np.sum(x**3), (np.array([1.0, 2.0]),), (np.array([1.0, 0.0]),))
    array([6., 0.])
    """
    positions = tuple(range(len(primals)))
    moved = jvp(grad(f, positions), tuple(primals), tuple(tangents))[1]
    return moved[0] if len(primals) == 1 else moved


def linearize(f: Function, *primals: object, has_aux: bool = False) -> Any:
    """The output of `f` at `primals`, and its linear approximation there, a function of tangents.

    The function is run once; each call of the approximation is a sweep over that run. With `has_aux` the function
    returns `(output, aux)`, and aux comes third.

    >>> import gatewise as gw
    >>> out, along = gw.linearize(lambda x: x * x, 3.0)
    >>> out, along(1.0), along(0.5)
    (9.0, 6.0, 3.0)
    """
    demand_function(f)
    with (run := by_all_arguments(f, primals, has_aux)):
        lower = run.outer
    return run.results(lambda *tangents: run.along(tangents, lower))


def elementwise_grad(f: Function, argnums: Argnums = 0) -> Function:
    """The derivative of each entry of the output by its own entry of the argument: of a function of single entries.

    >>> import gatewise as gw
    >>> import numpy as np
    >>> gw.elementwise_grad(np.tanh)(np.array([0.0]))
    array([1.])
    """
    return grad(lambda *args, **kwargs: np.sum(f(*args, **kwargs)), argnums)


def stop_gradient(x: object) -> Any:
    """The same value, or structure of values, as a constant: no derivative goes through it.

    Raises `ArgumentError` for an object that has `parameters()`.

    >>> import gatewise as gw
    >>> gw.grad(lambda x: x * gw.stop_gradient(x))(3.0)
    3.0
    """
    if callable(getattr(x, "parameters", None)):
        raise ArgumentError(
            f"stop_gradient was given a {type(x).__name__}.",
            "its parameters would go on moving.",
            "gw.stop_gradient of what it computes, or of its parameters.",
        )
    return closed(mapped(lambda _, part: part.detach() if type(part) is Tensor else part, opened(x)))
