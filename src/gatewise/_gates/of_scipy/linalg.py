"""SciPy's systems of equations, and matrices taken apart: the formulas are those of NumPy's (`factors`).

The exponential's is that of A. Al-Mohy and N. Higham, "Computing the Fréchet derivative of the matrix exponential"
(2009).
"""

import numpy as np
from scipy import linalg

from gatewise._errors import UnsupportedError
from gatewise._gates import factors
from gatewise._gates.composed.declaring import composed
from gatewise._gates.factors import PLENTY, SHEETS, TALL, outputs_of, through_eigh, through_qr, through_svd, to_read
from gatewise._gates.fitting import cast, kept_axes, one_or_all
from gatewise._gates.live import dtype_of, shape_of
from gatewise._gates.of_scipy.declaring import of_linalg

POSITIVE = PLENTY @ PLENTY.T
ROW, COLUMNS = np.array([1.0, 2.0, 3.0]), np.arange(6.0).reshape(3, 2)


def wide(x):
    """An array in a precision that LAPACK knows: SciPy takes half precision for single."""
    return cast(x, dtype=np.dtype("f4")) if dtype_of(x) == np.float16 else x


def matrix(name, x):
    """What is to be a matrix; SciPy takes a number for one, which has no rule."""
    if len(shape_of(x)) < 2:
        raise UnsupportedError.of(f"scipy.linalg.{name} of a number")
    return x


# ---------------------------------------------------------------------------------------------------------- systems


#: What part of a matrix is read, by what SciPy is told of it.
READ = {
    **dict.fromkeys((None, "gen", "general"), "all"),
    **dict.fromkeys(("sym", "symmetric", "pos", "positive definite", "her", "hermitian"), "half"),
    "diagonal": "diagonal",
    "upper triangular": "upper",
    "lower triangular": "lower",
}


def as_read(x, assume_a, lower):
    """The matrix that SciPy takes x for."""
    part = READ[assume_a]
    if part == "half":
        half = np.tril(x, -1) if lower else np.triu(x, 1)
        return half + half.mT + x * np.eye(shape_of(x)[-1])
    return x if part == "all" else only(x, part)


def only(x, part):
    """What stands in one part of a matrix."""
    return x * np.eye(shape_of(x)[-1]) if part == "diagonal" else (np.triu if part == "upper" else np.tril)(x)


def to_what_is_read(down, assume_a, lower):
    """The gradient of a matrix, given to the part of it that is read."""
    part = READ[assume_a]
    return down if part == "all" else to_read(down, not lower) if part == "half" else only(down, part)


def known_structure(name, assume_a):
    if assume_a not in READ:
        raise UnsupportedError.of(f"scipy.linalg.{name}(..., assume_a={assume_a!r})")
    return assume_a


def solve_arguments(
    a, b, lower=False, overwrite_a=False, overwrite_b=False, check_finite=True, assume_a=None, transposed=False
):
    """SciPy's arguments as operands and parameters: those that only say how fast are left out."""
    given = {"lower": lower, "assume_a": known_structure("solve", assume_a), "transposed": transposed}
    return (matrix("solve", a), b), given


def against(down, out, is_row):
    """Minus what came back times the solution, for each right-hand side, added up."""
    if is_row:
        return -(np.expand_dims(down, -1) * np.expand_dims(out, -2))
    return -(down @ out.mT)


def solved(a, b):
    """The solution of a system whose right-hand side may be one row."""
    return np.linalg.solve(a, np.expand_dims(b, -1))[..., 0] if len(shape_of(b)) == 1 else np.linalg.solve(a, b)


@of_linalg(
    linalg.solve,
    bind=solve_arguments,
    sample=[
        ((PLENTY, ROW), {}), ((PLENTY, COLUMNS), {}), ((SHEETS, COLUMNS), {}), ((PLENTY, ROW), {"transposed": True}),
        ((POSITIVE, COLUMNS), {"assume_a": "pos"}), ((POSITIVE, ROW), {"assume_a": "sym", "lower": True}),
        ((PLENTY, ROW), {"assume_a": "upper triangular"}), ((PLENTY, ROW), {"assume_a": "diagonal"}),
    ],
)  # fmt: skip
def linalg_solve(g, out, a, b, *, lower, assume_a, transposed):
    """The system is solved once more, turned on its side; the matrix gets minus that times the solution."""
    read = as_read(wide(a), assume_a, lower)
    row = len(shape_of(b)) == 1
    down = solved(read if transposed else read.mT, g)
    to_a = against(out, down, row) if transposed else against(down, out, row)
    return to_what_is_read(to_a, assume_a, lower), down


def triangle(x, lower, unit_diagonal):
    """The triangle that is read, with ones on its diagonal where that is not."""
    half = (np.tril if lower else np.triu)(x, (-1 if lower else 1) if unit_diagonal else 0)
    return half + np.eye(shape_of(x)[-1]) if unit_diagonal else half


@of_linalg(
    linalg.solve_triangular,
    sample=[
        ((PLENTY, ROW), {}), ((PLENTY, COLUMNS), {"lower": True}), ((PLENTY, ROW), {"trans": 1}),
        ((PLENTY, COLUMNS), {"unit_diagonal": True, "trans": "T"}), ((SHEETS, COLUMNS), {"lower": True}),
    ],
)  # fmt: skip
def solve_triangular(g, out, a, b, *, trans=0, lower=False, unit_diagonal=False):
    """The triangle is solved once more, turned on its side; only what is read of the matrix gets a gradient."""
    read, turned = triangle(wide(a), lower, unit_diagonal), trans in (1, 2, "T", "C")
    row = len(shape_of(b)) == 1
    down = solved(read if turned else read.mT, g)
    to_a = against(out, down, row) if turned else against(down, out, row)
    return (np.tril if lower else np.triu)(to_a, (-1 if lower else 1) if unit_diagonal else 0), down


def factor_arguments(c_and_lower, b, overwrite_b=False, check_finite=True):
    """The factor comes with the word on which half of it is meant."""
    if not isinstance(c_and_lower, (tuple, list)) or len(c_and_lower) != 2:
        raise TypeError("a factor and whether it is the lower one")
    c, lower = c_and_lower
    return (c, b), {"lower": bool(lower)}


@of_linalg(
    linalg.cho_solve,
    bind=factor_arguments,
    call=lambda c, b, *, lower=False: linalg.cho_solve((c, lower), b),
    text="linalg.cho_solve(({c}, {lower}), {b})",
    sample=[
        (((PLENTY, True), ROW), {}),
        (((PLENTY, False), COLUMNS), {}),
        (((PLENTY, True), np.stack([COLUMNS, 2 * COLUMNS - 1])), {}),
    ],
)
def cho_solve(g, out, c, b, *, lower):
    """The system is solved once more; the factor gets what its product with itself would, times the factor."""
    c = wide(c)
    factor = np.tril(c) if lower else np.triu(c).mT
    down = solved(factor.mT, solved(factor, g))
    whole = against(down, out, len(shape_of(b)) == 1)
    to_factor = np.tril((whole + whole.mT) @ factor)
    return to_factor if lower else to_factor.mT, down


@of_linalg(
    linalg.inv,
    bind=lambda a, overwrite_a=False, check_finite=True, *, assume_a=None, lower=False: (
        (a,), {"assume_a": known_structure("inv", assume_a), "lower": lower}
    ),
    sample=[((PLENTY,), {}), ((SHEETS,), {}), ((POSITIVE,), {"assume_a": "pos", "lower": True})],
)  # fmt: skip
def linalg_inv(g, out, a, *, assume_a=None, lower=False):
    """What comes back meets the inverse, turned on its side, from both sides."""
    return to_what_is_read(-(out.mT @ g @ out.mT), assume_a, lower)


@of_linalg(linalg.det, printed=factors.along_cofactors, sample=[((PLENTY,), {}), ((SHEETS,), {})])
def linalg_det(g, out, a):
    """The determinant grows along its cofactors."""
    return factors.det.rule(g, out, wide(a))


# --------------------------------------------------------------------------------------------------- taken apart


@of_linalg(linalg.cholesky, sample=[((POSITIVE,), {}), ((POSITIVE,), {"lower": True}), ((SHEETS @ SHEETS.mT,), {})])
def linalg_cholesky(g, out, a, *, lower=False):
    """Only the half that is read gets a gradient: found by solving with the factor from both sides."""
    return factors.cholesky.rule(g, out, a, upper=not lower)


@composed(linalg.cho_factor)
def cho_factor(a, lower=False, overwrite_a=False, check_finite=True):
    n = shape_of(a)[-1]
    kept = np.tril(np.ones((n, n), bool)) if lower else np.triu(np.ones((n, n), bool))
    return np.where(kept, linalg_cholesky(a, lower=lower), a), lower  # the other half is left as it was


@of_linalg(
    linalg.eigh,
    sample=[((x + x.mT,), {"lower": lower, "driver": "evd"}) for x in (PLENTY, SHEETS) for lower in (True, False)]
    + [((PLENTY + PLENTY.T,), {"eigvals_only": True})],
    bind=lambda a, b=None, **options: eigh_arguments("eigh", a, b, options),
)
def linalg_eigh(g, out, a, *, lower, eigvals_only, driver):
    """Eigenvalues move along their vectors; vectors turn towards each other by one over the gap between them."""
    if eigvals_only:
        values, vectors = linalg_eigh(a, lower=lower)
        return through_eigh({0: g}, values, vectors, not lower)
    values, vectors = outputs_of(out, lambda: linalg_eigh(a, lower=lower, driver=driver))
    return through_eigh(g, values, vectors, not lower)


def eigh_arguments(name, a, b, options):
    """SciPy's arguments as operands and parameters: another right-hand side, and some of the values, have no rule."""
    given = {key: value for key, value in options.items() if key not in ("overwrite_a", "overwrite_b", "check_finite")}
    wanted = {"lower": True, "eigvals_only": False, "driver": None}
    wanted = {key: given.pop(key, default) for key, default in wanted.items()}
    if given.get("type") == 1:
        del given["type"]
    if b is not None or any(value is not None for value in given.values()):
        raise UnsupportedError.of(f"scipy.linalg.{name}(..., {next(iter({'b': b} if b is not None else given))}=...)")
    return (a,), wanted


@composed(linalg.eigvalsh)
def eigvalsh(a, b=None, *, lower=True, **options):
    _, given = eigh_arguments("eigvalsh", a, b, options)
    return linalg_eigh(a, **given | {"lower": lower, "eigvals_only": True})


@of_linalg(
    linalg.svd,
    bind=lambda a, full_matrices=True, compute_uv=True, overwrite_a=False, check_finite=True, lapack_driver="gesdd": (
        (a,), {"full_matrices": full_matrices, "compute_uv": compute_uv}
    ),
    sample=[
        *(((x,), {"full_matrices": full}) for x in (PLENTY, TALL, TALL.T) for full in (True, False)),
        ((TALL,), {"compute_uv": False}), ((SHEETS,), {}),
    ],
)  # fmt: skip
def linalg_svd(g, out, a, *, full_matrices=True, compute_uv=True):
    """Singular values move along their vectors; vectors turn by one over the gaps between squares."""
    if not compute_uv:
        u, _, vh = np.linalg.svd(wide(a), full_matrices=False)
        return (u * np.expand_dims(g, -2)) @ vh
    return through_svd(g, *outputs_of(out, lambda: linalg_svd(a, full_matrices=full_matrices)))


@composed(linalg.svdvals)
def svdvals(a, overwrite_a=False, check_finite=True):
    return linalg_svd(a, compute_uv=False)


@of_linalg(
    linalg.qr,
    bind=lambda a, overwrite_a=False, lwork=None, mode="full", pivoting=False, check_finite=True: (
        (a,), {"mode": known_mode(mode, pivoting)}
    ),
    sample=[((x,), {"mode": mode}) for x in (PLENTY, TALL, TALL.T) for mode in ("full", "economic")],
)  # fmt: skip
def linalg_qr(g, out, a, *, mode="full"):
    """What comes back to both factors, solved with the triangular one."""
    q, r = outputs_of(out, lambda: linalg_qr(a, mode=mode))
    return through_qr(g, wide(q), wide(r), wide(a))


def known_mode(mode, pivoting):
    if pivoting or mode not in ("full", "economic"):
        raise UnsupportedError.of(f"scipy.linalg.qr(..., {'pivoting=True' if pivoting else f'mode={mode!r}'})")
    return mode


@of_linalg(
    linalg.expm,
    sample=[((0.5 * PLENTY,), {}), ((0.5 * SHEETS,), {}), ((np.diag([0.3, -0.2]),), {}), ((TALL[:2],), {})],
)
def expm(g, out, A):
    """The exponential of the matrix turned on its side, with what came back beside it: its upper right part."""
    if len(shape_of(A)) < 2:
        return np.reshape(out * g, shape_of(A))
    n = shape_of(A)[-1]
    top = np.concatenate([A.mT, g], axis=-1)
    both = np.concatenate([top, np.concatenate([0 * A, A.mT], axis=-1)], axis=-2)
    return expm(both)[..., :n, n:]


@composed(linalg.norm)
def matrix_norm(a, ord=None, axis=None, keepdims=False, check_finite=True):
    axes = len(shape_of(a)) if axis is None else np.size(axis)
    if axes == 2 and ord not in (None, "fro"):
        return np.linalg.norm(a, ord, axis, keepdims)
    return NotImplemented


@of_linalg(
    linalg.norm,
    sample=[
        *(((TALL[:, 1],), {"ord": o}) for o in (None, 1, 2, 3, np.inf)), ((TALL,), {}),
        ((TALL,), {"axis": 1, "keepdims": True}), ((TALL,), {"ord": 1, "axis": 0}),
    ],
    at=[(([0.0, 0.0],), ([0.0, 0.0],)), (([3.0, 4.0],), ([0.6, 0.8],))],
    analytic=False, in_page=False,
)  # fmt: skip
def linalg_norm(g, out, a, *, ord=None, axis=None, keepdims=False):
    """The gradient points along what is measured; where that is 0, it passes 0, at every order."""
    gone = one_or_all(kept_axes(axis, shape_of(a)))
    if not keepdims:
        g, out = np.expand_dims(g, gone), np.expand_dims(out, gone)
    return g * factors.norm.rule(out, a, ord=ord, axis=axis, keepdims=keepdims)
