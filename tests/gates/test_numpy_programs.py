"""Random programs over most of NumPy; `make fuzz` runs 100,000. What they found once stands here as small programs."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from fuzz_numpy import found_in, peer_here, told
from numpy_programs.judging import judged
from numpy_programs.kinks import kinks_found
from numpy_programs.operations import SMOOTH, WRITES
from numpy_programs.writing import write

import gatewise as gw
from gates.mutants import (
    Mutant,
    along_next_axis,
    every_part,
    first_taken,
    in_place,
    one_part,
    swapped,
    ties_to_both,
    ties_won,
    under,
    unmasked,
    wherever_named,
    whole_share,
)
from gatewise._cli.coverage import answered_by, overridable
from gatewise._gates import NAMES, choices, fitting
from gatewise._gates.fitting import fit

SQUARE = np.arange(1.0, 10.0).reshape(3, 3)


@pytest.mark.parametrize("start", range(1000, 1150, 30))
def test_random_programs_are_right_or_refused(start: int, counted: Callable[..., None]) -> None:
    found = list(found_in(range(start, start + 30), None))
    assert [told(program, verdict, None) for program, verdict in found if verdict.problems] == []
    refused = sum(bool(verdict.refused) for _, verdict in found)
    assert refused <= 5
    counted("programs over NumPy", programs=len(found), refused=refused)


def test_random_programs_agree_with_jax() -> None:
    peer = peer_here()
    if peer is None:
        pytest.skip("JAX is not installed")
    found = list(found_in(range(1000, 1010), peer))
    assert [told(program, verdict, peer) for program, verdict in found if verdict.problems] == []
    assert sum("peer: said" in verdict.notes for _, verdict in found) >= 4


def along_another_axis(name: str) -> Mutant:
    return Mutant(NAMES[name], "wrong axis", "", along_next_axis)


def of_one_part(name: str, k: int, change: Callable[[Any], Any]) -> Mutant:
    return Mutant(NAMES[name], "planted", "", one_part(k, change))


def not_stretched_back(name: str) -> Mutant:
    return Mutant(NAMES[name], "planted", "", under(wherever_named(fitting.sum_to, first_taken)))


def exchanged(name: str, i: int, j: int) -> Mutant:
    return Mutant(NAMES[name], "planted", "", rule=swapped(NAMES[name].rule, i, j))


#: Wrong rules, and what stands in the programs that have them.
PLANTED: dict[str, tuple[Mutant, str]] = {
    "a sign": (of_one_part("multiply", 0, lambda part: -part), " * "),
    "a factor": (of_one_part("solve", 0, lambda part: part * (1 + 1e-5)), "solve("),
    "an order": (of_one_part("cumsum", 0, lambda part: part[::-1]), "cumsum("),
    "a conjugate of fft": (of_one_part("fft", 0, np.conjugate), "fft("),
    "a conjugate of a matrix": (of_one_part("solve", 0, np.conjugate), "solve("),
    "a conjugate of an inverse": (of_one_part("inv", 0, np.conjugate), "inv("),
    "what is assigned": (of_one_part("assign", 1, lambda part: part * 0.999), "] = "),
    "the axis of std": (along_another_axis("std"), "std("),
    "the axis of median": (along_another_axis("median"), "median("),
    "the axis of max": (along_another_axis("max"), "max("),
    "the bounds of clip": (exchanged("clip", 1, 2), "clip("),
    "the factors of kron": (exchanged("kron", 0, 1), "kron("),
    "matrices that were stretched": (not_stretched_back("matmul"), " @ "),
    "systems that were stretched": (not_stretched_back("solve"), "solve("),
}


@cache
def written(seed: int) -> Any:
    return write(seed)


@pytest.mark.parametrize("name", PLANTED)
def test_a_wrong_rule_is_found(name: str) -> None:
    """Within 200 programs."""
    wrong, word = PLANTED[name]
    having = (program for program in map(written, range(200)) if word in program.text.partition("def f")[2])
    with in_place(wrong):
        assert any(judged(program, second=False).problems for program in having)


# ----------------------------------------------------------------------------------------------------- kinks and ties


def test_programs_on_kinks_pass_what_the_table_says() -> None:
    assert list(kinks_found(range(600))) == []


#: Wrong subgradients.
BENT = [
    Mutant(NAMES["maximum"], "all to both", "", deriving=ties_to_both),
    Mutant(NAMES["maximum"], "won from a constant", "", deriving=ties_won),
    Mutant(NAMES["clip"], "won from a bound", "", deriving=ties_won),
    Mutant(NAMES["max"], "all to each", "", under(wherever_named(choices.share, whole_share))),
    Mutant(NAMES["absolute"], "a slope at 0", "", rule=lambda out, x: 1 - 2 * (x < 0)),
    Mutant(NAMES["where"], "a dead branch", "", every_part(unmasked)),
    Mutant(NAMES["sign"], "leak", ""),
]


@pytest.mark.parametrize("wrong", BENT, ids=lambda wrong: wrong.name)
def test_a_wrong_subgradient_is_found(wrong: Mutant) -> None:
    with in_place(wrong):
        assert next(kinks_found(range(600)), "")


def test_the_operations_name_what_has_a_derivative() -> None:
    """Each function that gates answer stands in an operation, those that give truth values and whole numbers aside."""
    given = [row if isinstance(row, str) else row[0] for table in SMOOTH.values() for row in table]
    text = " ".join([*given, *(row[0] for row in WRITES)])
    asked = {name for name, function in overridable() if answered_by(function) in ("a gate", "gates put together")}
    silent = {name for name in asked if f"{name}(" not in text and not is_by_sign(name, text)}
    assert silent - set(WITHOUT) == set()


def is_by_sign(name: str, text: str) -> bool:
    return f".{name.rpartition('.')[2]}(" in text or f"{name}." in text


#: Functions that give truth values, whole numbers or constants, through which nothing goes back; and the newest gates.
WITHOUT = [
    f"np.{name}"
    for name in [
        "all",
        "allclose",
        "array2string",
        "frexp",
        "geomspace",
        "min_scalar_type",
        "spacing",
        "polydiv",
        "roots",
        "argmin",
        "array_equal",
        "array_equiv",
        "bitwise_and",
        "bitwise_invert",
        "bitwise_not",
        "bitwise_or",
        "bitwise_xor",
        "can_cast",
        "common_type",
        "empty_like",
        "equal",
        "histogram",
        "fft.hfft",
        "fft.ihfft",
        "histogram_bin_edges",
        "linalg.eig",
        "linalg.eigvals",
        "nanmedian",
        "nanpercentile",
        "nanquantile",
        "unravel_index",
        "flatnonzero",
        "floor_divide",
        "greater",
        "greater_equal",
        "invert",
        "isclose",
        "iscomplex",
        "isin",
        "isinf",
        "isnan",
        "isneginf",
        "isposinf",
        "isreal",
        "isrealobj",
        "less",
        "less_equal",
        "lexsort",
        "linalg.matrix_rank",
        "logical_and",
        "logical_not",
        "logical_or",
        "logical_xor",
        "may_share_memory",
        "nanargmax",
        "nanargmin",
        "not_equal",
        "ravel_multi_index",
        "shares_memory",
        "triu_indices_from",
    ]
]


# ------------------------------------------------------------------------------------------- what the programs found


def diagonal_of_a_base_that_moves(x: Any) -> Any:
    found = np.diagonal(x), np.linalg.diagonal(x), x.diagonal(), np.diag(x)
    x[1] = np.sin(x[0])
    return (x, *found)


def broadcast_of_a_base_that_moves(x: Any) -> Any:
    found = np.broadcast_to(x, (2, 3, 3)), *np.broadcast_arrays(x, np.ones((2, 1, 1)))
    x *= x
    return (x, *found)


def einsum_that_is_a_view(x: Any) -> Any:
    turned, diagonal = np.einsum("ij->ji", x), np.einsum("ii->i", x)
    turned[0] = turned[1] ** 2
    diagonal[:] = 2 * x[2]
    return x, turned, diagonal


def imaginary_part_of_a_base_that_moves(x: Any) -> Any:
    z = x + 2j * x
    part = z.imag
    z[0] = 1j * x[1] ** 2
    return np.real(z), part


def copies_that_stay(x: Any) -> Any:
    found = x.flatten(), np.take(x, 1, axis=1), *np.meshgrid(x[0], x[1]), np.conj(x)
    x *= 2
    return (x, *found)


def a_real_array_is_its_own_conjugate(x: Any) -> Any:
    same = x.conj()
    same[0] = x[1] * x[2]
    return x, same


def linspace_with_an_axis(x: Any) -> Any:
    return np.linspace(x, x.T * 2, 4, axis=-1), np.linspace(x[0], x, 3, endpoint=False, axis=1)


def polynomials_lose_leading_zeros(x: Any) -> Any:
    return (np.polymul(x[0] * (np.arange(3) > 0), x[1]),)


def single_numbers(x: Any) -> Any:
    t = np.sum(x) / 40
    pieces = [np.piecewise(t, [t > bound], [np.sin, lambda q: q * 0.5]) for bound in (1.0, 2.0)]
    return *pieces, np.repeat(t, 2, axis=-1), np.pad(t, 1), np.take(t, [0, -1], axis=-1)


def the_triangular_factor_alone(x: Any) -> Any:
    return (np.linalg.qr(x + 9 * np.eye(3), mode="r"), np.resize(x[:0], 3))


def running_products_under_a_mask(x: Any) -> Any:
    lifted = np.where(x > 4.5, x / 5, 1.0)
    total = np.cumprod(x / 4)
    return np.cumprod(lifted), np.where(total > 1, total, 0.5), np.cumprod(np.where(x[:1] > 2.5, x[:1], 0.3).T)


def a_number_added_up_along_an_axis(x: Any) -> Any:
    part = x[0][..., 1]
    x[0] = np.cumsum(part * 2, axis=0)[0] * x[1]
    return x, np.where(x > 20, np.cumprod(part, axis=0), x)


def no_entries_made_some(x: Any) -> Any:
    made = np.resize(x[:0], 3)
    made[1] = x[0, 0] ** 2
    return made, np.linalg.norm(x[:0], 1) + x, np.linalg.norm(x[:, :0], np.inf, keepdims=True) * x


def the_power_0_of_a_matrix(x: Any) -> Any:
    one = np.linalg.matrix_power(x, 0)
    one += x
    return (one,)


def sums_over_no_entries(x: Any) -> Any:
    none = x[0][x[0] > 90]
    return (
        np.einsum("...j,j->...", none, x[0, :1]),
        np.einsum("j,j->j", x[0, :1], none),
        np.einsum("ij,j->i", x[:, :1] ** 2, none * 2),
        np.einsum("ij,ij->", x[:, :0], x[:1, :1]) + np.sum(none * x[1, :1]),
        x**2,
    )


FOUND = [f for f in list(globals().values()) if getattr(f, "__code__", None) and f.__code__.co_varnames[:1] == ("x",)]


def total_of(f: Callable[..., Any]) -> Callable[..., Any]:
    def total(x: Any) -> Any:
        parts = f(x)
        return sum(np.sum(part * np.cos(np.arange(np.size(part)) + 1.0).reshape(np.shape(part))) for part in parts)

    return total


@pytest.mark.parametrize("f", FOUND, ids=lambda f: f.__name__)
def test_a_program_that_was_wrong_once(f: Callable[..., Any]) -> None:
    for have, want in zip(gw.vjp(f, SQUARE)[0], f(SQUARE.copy()), strict=True):
        np.testing.assert_array_equal(have, want, strict=True)
    total, along = total_of(f), np.cos(SQUARE)
    h = 1e-4
    slope = (total(SQUARE + h * along) - total(SQUARE - h * along)) / (2 * h)
    assert np.sum(gw.grad(total)(SQUARE) * along) == pytest.approx(slope, rel=1e-6)
    assert gw.jvp(total, (SQUARE,), (along,))[1] == pytest.approx(slope, rel=1e-6)
    twice = gw.grad(lambda x: np.sum(gw.grad(total)(x) * along))(SQUARE)
    np.testing.assert_allclose(twice, gw.hvp(total, (SQUARE,), (along,)), rtol=1e-12, atol=1e-12)


def test_what_comes_back_in_another_shape_is_loud() -> None:
    """It is summed over what was stretched; any other shape is a mistake of a rule's."""
    np.testing.assert_array_equal(fit(np.ones((2, 0)), np.ones((2, 1))), np.zeros((2, 1)))
    for part, x in ((np.ones(1), np.ones(0)), (np.ones((2, 1)), np.ones((2, 3))), (np.ones(3), np.ones(2))):
        with pytest.raises(ValueError, match="was not broadcast"):
            fit(part, x)


def test_second_derivatives_of_the_size_of_a_complex_number() -> None:
    hessian = gw.grad(gw.grad(lambda x: np.abs(x + 2j)))(0.5)
    assert hessian == pytest.approx(4 / (0.25 + 4) ** 1.5, rel=1e-14)


@pytest.mark.parametrize("f", [lambda z: z**3, lambda z: 1 / z, lambda z: z**z, np.arctan, np.reciprocal])
def test_powers_of_pythons_complex_numbers_at_both_orders(f: Callable[..., Any]) -> None:
    z, h = 1.8 + 0.45j, 1e-5
    first = gw.grad(lambda q: np.real(f(q)))
    turned = lambda q: np.real((0.3 + 0.2j) * first(q))  # noqa: E731
    for g, total in ((first(z), lambda q: np.real(f(q))), (gw.grad(turned)(z), turned)):
        along = [(total(z + d) - total(z - d)) / (2 * h) for d in (h, 1j * h)]
        assert g == pytest.approx(along[0] + 1j * along[1], rel=1e-7)


def test_a_complex_number_moves_with_a_real_operand_forward() -> None:
    def f(a: Any, b: Any) -> Any:
        return np.sum(np.real((1 + 0.3j) * np.linalg.solve(a + 9j * np.eye(1), b)))

    given, along = (np.array([[0.6]]), np.array([-1.9])), (np.array([[0.2]]), np.array([0.5]))
    want = sum(np.sum(g * t) for g, t in zip(gw.grad(f, (0, 1))(*given), along, strict=True))
    assert gw.jvp(f, given, along)[1] == pytest.approx(want, rel=1e-12)


def test_the_direction_of_a_complex_number_has_no_rule() -> None:
    with pytest.raises(gw.GatewiseError, match="is given complex numbers"):
        gw.grad(lambda x: np.real(np.sign(x + 1j)))(0.4)


def test_an_imaginary_part_is_written_into() -> None:
    def f(x: Any) -> Any:
        z = x + 1j * x
        z.imag[0] = x[1]
        return np.sum(np.real(z * z))

    value, gradient = gw.value_and_grad(f)(SQUARE)
    assert value == pytest.approx(f(SQUARE.copy()), rel=1e-14)
    for place in np.ndindex(SQUARE.shape):
        step = np.zeros_like(SQUARE)
        step[place] = 1e-5
        assert gradient[place] == pytest.approx((f(SQUARE + step) - f(SQUARE - step)) / 2e-5, abs=1e-8)


def test_a_determinant_of_equal_singular_values_has_second_derivatives() -> None:
    hessian = gw.hessian(np.linalg.det)(2 * np.eye(3)).reshape(9, 9)
    assert hessian[0, 4] == pytest.approx(2, rel=1e-14)
    np.testing.assert_allclose(hessian, hessian.T, atol=1e-14)
