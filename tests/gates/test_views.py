"""What NumPy gives as a view is one, what it gives as a copy is a copy: of every gate and every composition.

An array is written into after a function has made something of it, then what was made is written into.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import gatewise as gw
import gatewise.numpy
from gates.cases import Case, good_cases, quietly
from gates.test_composed import CALLS
from gatewise._gates import NAMES, Gate

NEW, NEWER = 3.5, 1.25
#: Functions that hand on what they were given, or show it, or copy it after all; `a` has two axes, `v` one.
SHOWN = [
    "+a", "a.T", "a.mT", "a[...]", "a[()]", "a[None]", "a[:, 0]", "a[[0]]", "a[a > 0]", "a[:, ::-1].reshape(-1)",
    "a[0, ...]", "a.T.ravel()", "a.T.ravel('F')", "a.T.ravel('K')", "a.astype(float)",
    "a.astype(float, copy=False)", "a.clip(-9, 9)", "a.conj()", "a.copy()", "a.diagonal()", "a.flatten()",
    "a.ravel()", "a.real", "a.repeat(1)", "a.reshape(-1)", "a.round(3)", "a.squeeze()", "a.swapaxes(0, 1)",
    "a.take([0])", "a.transpose(1, 0)", "a[1:].squeeze()", "a.sum(axis=())", "np.append(v, [])", "np.array(a)",
    "np.array(a, copy=None)", "np.array(a, order='F')", "np.array_split(v, 1)", "np.array_split(v, 2)",
    "np.asarray(a)", "np.asarray(a, order='F')", "np.ascontiguousarray(a)", "np.ascontiguousarray(a.T)",
    "np.asfortranarray(a)", "np.asfortranarray(a.T)", "np.atleast_1d(a)", "np.atleast_2d(v)", "np.atleast_3d(v)",
    "np.atleast_3d(a)", "np.block([a])", "np.broadcast_arrays(v, a[:1, :1])[0]", "np.broadcast_to(v, (2, 3))",
    "np.broadcast_to(a, a.shape)", "np.column_stack([v])", "np.concatenate([a])", "np.copy(a)",
    "np.cumsum(a, axis=0)", "np.delete(v, [])", "np.diag(a)", "np.diag(v)", "np.diagonal(a)", "np.diagonal(a.T, 1)",
    "np.diff(a, n=0)", "np.dstack([a])", "np.einsum('i->i', v)", "np.einsum('ij', a)", "np.einsum('ij->ji', a)",
    "np.einsum('ij->i', a)", "np.expand_dims(a, 0)", "np.flip(a)", "np.flip(a, ())", "np.fliplr(a)", "np.flipud(a)",
    "np.full_like(a, v)", "np.full((2, 3), v)", "np.hsplit(a, 3)", "np.hstack([v])", "np.linalg.diagonal(a)",
    "np.linalg.matrix_transpose(a)", "np.matrix_transpose(a)", "np.maximum(a, -99)", "np.meshgrid(v, v)[0]",
    "np.meshgrid(v, v, copy=False)[0]", "np.meshgrid(v, v, sparse=True)[1]", "np.moveaxis(a, 0, 1)",
    "np.nan_to_num(a)", "np.nan_to_num(a, copy=False)", "np.pad(v, 0)", "np.permute_dims(a)", "np.positive(a)",
    "np.ravel(a, 'F')", "np.real(a)", "np.real_if_close(a)", "np.repeat(a, 1)", "np.reshape(a, -1)",
    "np.reshape(a, (3, 2), order='F')", "np.resize(a, (2, 3))", "np.roll(a, 0)", "np.rollaxis(a, 1)",
    "np.rot90(a, 0)", "np.rot90(a, 1)", "np.rot90(a, 2)", "np.rot90(a, 4)", "np.split(v, 1)", "np.split(v, [1, 2])",
    "np.squeeze(a)", "np.squeeze(a[:1])", "np.stack([v])", "np.swapaxes(a, 0, 1)", "np.take(a, [0], axis=0)",
    "np.tile(a, 1)", "np.transpose(a)", "np.trim_zeros(v)", "np.triu(a)", "np.unstack(a)", "np.vsplit(a, 2)",
    "np.vstack([v])", "np.where(True, a, 0)",
]  # fmt: skip
A, V = np.array([[0.7, -1.3, 2.4], [0.9, -0.2, 1.6]]), np.array([0.4, 1.9, -0.6])


def plain(x: Any) -> Any:
    return x.value if type(x) is gw.Tensor else x


def arrays_in(x: Any) -> list[Any]:
    parts = x if isinstance(x, (list, tuple)) else [x]
    return [part for part in parts if type(plain(part)) is np.ndarray and plain(part).dtype.kind in "fc"]


def probed(call: Callable[..., Any], values: Sequence[Any]) -> list[Any]:
    """What is where after an array was written into, and then what a function made of it."""
    given = [x * 1.0 for x in values]
    made = arrays_in(quietly(call, *given))
    found: list[Any] = []
    for base in arrays_in(given):
        base[...] = NEW
        found += [np.array(plain(part)) for part in made]
    for part in made:
        try:
            part[...] = NEWER
        except (ValueError, DeprecationWarning):  # where a later NumPy gives what can only be read
            found.append("read-only")
        found += [np.array(plain(x)) for x in (*given, *made)]
    return found


def is_as_numpy_has_it(call: Callable[..., Any], values: Sequence[Any], told: Any) -> None:
    want, found = probed(call, values), []

    def f(*inputs: Any) -> Any:
        found.append(probed(call, inputs))
        return sum(np.sum(x) for x in inputs)

    gw.grad(f, range(len(values)))(*values)
    assert len(found[0]) == len(want), told
    for have, plainly in zip(found[0], want, strict=True):
        if isinstance(plainly, str) or isinstance(have, str):
            assert isinstance(have, str) == isinstance(plainly, str), f"{told}: {have} instead of {plainly}"
        else:
            np.testing.assert_allclose(have, plainly, rtol=1e-9, atol=1e-12, err_msg=str(told))


def floats(case: Case) -> bool:
    return bool(case.places) and all(np.asarray(x).dtype == float for x in case.values)


@pytest.mark.parametrize("gate", NAMES.values(), ids=lambda gate: gate.name)
def test_of_every_gate(gate: Gate) -> None:
    if gate.arbitrary:
        return  # what lies in new memory
    cases = [case for case in good_cases(gate) if floats(case)]
    for case in cases[:: max(1, len(cases) // 12)]:
        is_as_numpy_has_it(case.applied, case.values, case)


@pytest.mark.parametrize(("text", "values"), CALLS, ids=[text for text, _ in CALLS])
def test_of_every_composition(text: str, values: tuple[Any, ...]) -> None:
    call = eval(f"lambda a, b=None, c=None: {text}", {"np": gw.numpy, "gw": gw})  # noqa: S307
    is_as_numpy_has_it(call, values, text)


@pytest.mark.parametrize("text", SHOWN)
def test_of_what_shows_an_array_or_copies_it(text: str) -> None:
    call = eval(f"lambda a, v: {text}", {"np": gw.numpy})  # noqa: S307
    is_as_numpy_has_it(call, (A, V), text)
