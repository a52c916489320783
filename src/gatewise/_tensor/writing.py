"""NumPy's functions that write into an array: each ends in an assignment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gatewise._errors import AssignmentError, GateError
from gatewise._gates import names_an_entry_once, plain, shape_of
from gatewise._tensor.asking import described
from gatewise._tensor.assigning import assign, demand_writeable
from gatewise._tensor.carrier import Tensor
from gatewise._types import Index, Value


def looked_up(x: object) -> Value:
    """The plain values of a mask or of places: a recording notes that they were looked at."""
    return np.asarray(x.read("array") if type(x) is Tensor else x)


def entry_at(place: Index, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The index of one entry, by its place among all."""
    return tuple(map(int, np.unravel_index(place, shape)))


def is_target(out: object) -> bool:
    """Whether `out=` names a Tensor to be written into."""
    return Tensor in map(type, out) if isinstance(out, tuple) else type(out) is Tensor


def into_some(out: Value, result: Value, where: Any) -> Value:
    """Write a result into those entries of what `out=` names where `where` is true: the others keep what they have."""
    return into(out, np.where(where, result, out[0] if isinstance(out, tuple) else out))


def into(out: Value, result: Value, stretched: bool = True) -> Value:
    """Write a result, or several, into what `out=` names; nothing is named by None. It may be `stretched` over it."""
    if isinstance(out, tuple) and len(out) > 1:
        return tuple(part if each is None else into(each, part) for each, part in zip(out, result, strict=True))
    target = out[0] if isinstance(out, tuple) else out
    if type(target) is not Tensor:
        raise AssignmentError.into(target)
    have, want = np.asarray(plain(result)), np.asarray(plain(target))
    fitting = goes_into(have.shape, want.shape) if stretched else have.shape == want.shape
    castable = np.can_cast(have.dtype, want.dtype, "same_kind")
    if not fitting or not castable:
        what = f"{described(target)} cannot take a result of shape {have.shape} and {have.dtype}."
        kind = TypeError if fitting else ValueError
        raise GateError.like(kind)(what, "what is written into has the result's shape and kind.")
    assign(target, ..., result)
    return target


def goes_into(shape: tuple[int, ...], place: tuple[int, ...]) -> bool:
    """Whether a result of this shape goes into an array of that one."""
    if len(shape) > len(place):
        return False
    return all(n in (1, m) for n, m in zip(shape[::-1], place[::-1], strict=False))


def at(ufunc: np.ufunc, target: Tensor, index: Index, *values: Any) -> None:
    """`np.add.at(x, index, values)`: as often as an entry is named."""
    if names_an_entry_once(plain_index(index)):
        target[index] = ufunc(target[index], *values)
        return
    places = np.arange(int(np.prod(target.shape))).reshape(target.shape)[plain_index(index, noted)]
    if not values:
        for place in np.ravel(places):
            entry = entry_at(place, target.shape)
            target[entry] = ufunc(target[entry])
        return
    (other,) = values
    other = np.ravel(np.broadcast_to(other, places.shape))
    if ufunc in (np.add, np.subtract):
        from gatewise._gates import GATES, added_at

        row = np.reshape(target, (-1,))
        signed = other if ufunc is np.add else -other
        total = GATES[added_at](row, signed, index=np.ravel(places))
        assign(target, ..., np.reshape(total, target.shape))
        return
    for k, place in enumerate(np.ravel(places)):
        entry = entry_at(place, target.shape)
        target[entry] = ufunc(target[entry], other[k])


def plain_index(index: object, one: Callable[[object], object] = plain) -> Any:
    return tuple(map(one, index)) if type(index) is tuple else one(index)


def noted(x: object) -> Any:
    """A part of an index as plain numbers, looked up where it is a Tensor."""
    return looked_up(x) if type(x) is Tensor else x


def copyto(dst: Any, src: Value, casting: str = "same_kind", where: Any = True) -> None:
    if np.ndim(src) > dst.ndim:
        src = np.reshape(src, shape_of(src)[-dst.ndim :]) if dst.ndim else np.reshape(src, ())
    if where is True:
        assign(dst, ..., src)
    else:
        assign(dst, ..., np.where(where, src, dst))


def put(a: Value, ind: object, v: Value, mode: str = "raise") -> None:
    a, places = with_an_axis(a), np.ravel(looked_up(ind))
    size = int(np.prod(a.shape))
    if mode != "raise":
        places = places % size if mode == "wrap" else np.clip(places, 0, size - 1)
    values = np.resize(np.arange(shape_of(np.ravel(v))[0]), len(places)) if shape_of(v) else None
    where = np.unravel_index(places % size if mode == "raise" and np.all(np.abs(places) <= size) else places, a.shape)
    assign(a, where, v if values is None else np.ravel(v)[values])


def with_an_axis(array: Any) -> Value:
    """An array; of one without axes the view that has one."""
    if array.shape:
        return array
    demand_writeable(array, array)
    return np.reshape(array, (1,))


def marked(array: object, mask: object) -> tuple[Any, tuple[Any, ...]]:
    """An array with an axis, and its places where a mask is true."""
    return with_an_axis(array), np.nonzero(np.atleast_1d(looked_up(mask)))


def place(arr: Any, mask: object, vals: Value) -> None:
    arr, found = marked(arr, mask)
    order = np.resize(np.arange(shape_of(np.ravel(vals))[0]), len(found[0]))
    assign(arr, found, np.ravel(vals)[order])


def putmask(a: Value, mask: object, values: Value) -> None:
    a, found = marked(a, mask)
    flat = np.ravel_multi_index(found, a.shape)
    row = np.ravel(values)
    assign(a, found, row[flat % shape_of(row)[0]])


def fill_diagonal(a: Value, val: Value, wrap: bool = False) -> None:
    order = np.zeros(a.shape, int)
    np.fill_diagonal(order, np.arange(1, order.size + 1), wrap=wrap)
    found = np.nonzero(order)
    row = np.ravel(val)
    assign(a, found, row[(order[found] - 1) % shape_of(row)[0]])


def put_along_axis(arr: Any, indices: Index, values: Value, axis: int = -1) -> None:
    indices = looked_up(indices)
    whole = np.arange(int(np.prod(arr.shape))).reshape(arr.shape)
    if axis is None:
        found = np.unravel_index(indices, arr.shape)
    else:
        found = np.unravel_index(np.take_along_axis(whole, indices, axis), arr.shape)
    assign(arr, found, values)


#: By NumPy's function what writes into its first argument.
IN_PLACE: dict[Any, Callable[..., None]] = {
    np.copyto: copyto,
    np.put: put,
    np.place: place,
    np.putmask: putmask,
    np.fill_diagonal: fill_diagonal,
    np.put_along_axis: put_along_axis,
}
