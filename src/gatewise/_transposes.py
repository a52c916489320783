"""Derivatives made of `grad`, `vjp` and `jvp`: whole Jacobians, second derivatives, linear approximations.

They have the names and the signatures of JAX's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gatewise._derivatives import Argnums, demand_function, grad, jvp, positions_of, vjp
from gatewise._errors import ArgumentError
from gatewise._recording.structures import is_container, mapped
from gatewise._tensor import Tensor
from gatewise._types import Function

FORWARD = 4  #: a forward derivative costs about this many backward ones


def jacobian(f: Function, argnums: Argnums = 0) -> Function:
    """Every derivative of every entry of what `f` returns, as a function of the same arguments.

    The result has the output's shape followed by the argument's; for several `argnums` it is a tuple. Output and
    arguments are numbers or arrays. Rows are taken backward, or columns forward where those are far fewer. Raises
    `ArgumentError` for other structures.

    >>> import gatewise as gw
    >>> import numpy as np
    >>> gw.jacobian(lambda x: x * x)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    positions = positions_of(f, argnums)

    def of_arguments(*args: Any, **kwargs: Any) -> Any:
        chosen = [args[p] for p in positions]
        demand_arrays(chosen, "argument")

        def inner(*given: Any) -> Any:
            whole = list(args)
            for p, x in zip(positions, given, strict=True):
                whole[p] = x
            return f(*whole, **kwargs)

        out, pullback = vjp(inner, *chosen)
        demand_arrays([out], "output")
        count = sum(int(np.size(x)) for x in chosen)
        plain = not any(type(x) is Tensor for x in (*args, out))
        if plain and FORWARD * count < np.size(out):
            found = by_columns(inner, chosen, np.shape(out))
        else:
            found = by_rows(pullback, chosen, out)
        return found[0] if isinstance(argnums, int) else tuple(found)

    return of_arguments


def demand_arrays(values: Sequence[Any], what: str) -> None:
    for value in values:
        if is_container(value):
            raise ArgumentError(
                f"the {what} of a Jacobian is a {type(value).__name__}.",
                "its axes are those of the output, and of the argument.",
                "one array for each; gw.vjp and gw.jvp take structures.",
            )


def by_rows(pullback: Function, args: Sequence[Any], out: Any) -> list[Any]:
    """Each entry of the output sent back."""
    shape, rows = np.shape(out), []
    for place in np.ndindex(shape):
        unit = np.zeros(shape, np.asarray(getattr(out, "value", out)).dtype)
        unit[place] = 1
        rows.append(pullback(unit if shape else unit.dtype.type(1)))
    found = []
    for k, x in enumerate(args):
        parts = [row[k] for row in rows]
        whole = np.stack(parts) if parts else np.zeros((0, *np.shape(x)))
        found.append(np.reshape(whole, shape + np.shape(x)))
    return found


def by_columns(f: Function, args: Sequence[Any], shape: tuple[int, ...]) -> list[Any]:
    """Each entry of the arguments moved."""
    found = []
    for k, x in enumerate(args):
        columns = []
        for place in np.ndindex(np.shape(x)):
            tangents = [np.zeros_like(v) if np.ndim(v) else type(v)(0) for v in args]
            if np.ndim(x):
                tangents[k][place] = 1
            else:
                tangents[k] = type(x)(1)
            columns.append(jvp(f, tuple(args), tuple(tangents))[1])
        found.append(np.reshape(np.stack(columns, axis=-1), shape + np.shape(x)))
    return found


def hessian(f: Function, argnums: Argnums = 0) -> Function:
    """The second derivatives of `f`, which returns a single number; for several `argnums` a tuple of tuples.

    >>> import gatewise as gw
    >>> import numpy as np
    >>> gw.hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 3.0]))
    array([[6., 2.],
           [2., 0.]])
    """
    if isinstance(argnums, int):
        return jacobian(grad(f, argnums), argnums)

    def of_arguments(*args: Any, **kwargs: Any) -> Any:
        def row(p: int) -> Any:
            return jacobian(lambda *given: grad(f, p)(*given, **kwargs), argnums)(*args)

        return tuple(row(p) for p in argnums)

    return of_arguments


def hvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
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


def linearize(f: Function, *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """The output of `f` at `primals`, and its linear approximation there, a function of tangents.

    >>> import gatewise as gw
    >>> out, along = gw.linearize(lambda x: x * x, 3.0)
    >>> out, along(1.0), along(0.5)
    (9.0, 6.0, 3.0)
    """
    demand_function(f)
    out = vjp(f, *primals)[0]
    return out, lambda *tangents: jvp(f, primals, tangents)[1]


def elementwise_grad(f: Function, argnums: Argnums = 0) -> Function:
    """The derivative of each entry of the output by its own entry of the argument: of a function of single entries.

    >>> import gatewise as gw
    >>> import numpy as np
    >>> gw.elementwise_grad(np.tanh)(np.array([0.0]))
    array([1.])
    """
    return grad(lambda *args, **kwargs: np.sum(f(*args, **kwargs)), argnums)


def stop_gradient(x: Any) -> Any:
    """The same value, or structure of values, as a constant: no derivative goes through it.

    >>> import gatewise as gw
    >>> gw.grad(lambda x: x * gw.stop_gradient(x))(3.0)
    3.0
    """
    return mapped(lambda _, part: part.detach() if type(part) is Tensor else part, x)
