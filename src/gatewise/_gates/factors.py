"""Systems of equations, and matrices taken apart.

The formulas of `cholesky`, `eigh`, `qr` and `svd` are those of M. Giles, "Collected matrix derivative results for
forward and reverse mode algorithmic differentiation" (2008), and of S. Walter and L. Lehmann, "Algorithmic
differentiation of linear algebra functions" (2010).
"""

import numpy as np

from gatewise._gates.choices import share
from gatewise._gates.families import custom, reduction
from gatewise._gates.fitting import conjugated, facing, kept_axes, one_or_all
from gatewise._gates.gate import Carrier
from gatewise._gates.live import dtype_of, plain, shape_of

PLENTY = np.array([[2.0, 0.5, 0.1], [0.3, 1.5, -0.2], [0.0, 0.4, 1.2]])
SHEETS = np.stack([PLENTY, PLENTY.T + np.eye(3)])
TALL = np.array([[1.0, 0.2], [-0.4, 1.3], [0.6, 0.5]])


def is_row(b):
    """Whether the right-hand side of a system is one vector, as NumPy 2 reads it."""
    return len(shape_of(b)) == 1


@custom(
    np.linalg.solve,
    sample=[
        ((PLENTY, np.array([1.0, 2.0, 3.0])), {}), ((PLENTY, np.arange(6.0).reshape(3, 2)), {}),
        ((SHEETS, np.array([1.0, 2.0, 3.0])), {}), ((SHEETS, np.arange(6.0).reshape(3, 2)), {}),
        ((PLENTY, np.arange(12.0).reshape(2, 3, 2)), {}),
    ],
    in_page=False,
    sizeless=True,
)  # fmt: skip
def solve(g, out, a, b):
    """The system is solved once more, turned on its side; the matrix gets minus that times the solution."""
    if is_row(b):
        down = np.linalg.solve(a.mT, np.expand_dims(g, -1))[..., 0]
        return -(np.expand_dims(down, -1) * np.expand_dims(out, -2)), down
    down = np.linalg.solve(a.mT, g)
    return -(down @ out.mT), down


def along_cofactors(g, out, x):
    return np.expand_dims(g * out, (-2, -1)) * np.linalg.inv(x).mT


@custom(
    np.linalg.det,
    printed=along_cofactors,
    sample=[((PLENTY,), {}), ((SHEETS,), {}), ((np.diag([2.0, 3.0]),), {})],
    at=[(([[0.0, 0.0], [0.0, 0.0]],), ([[0.0, 0.0], [0.0, 0.0]],))],
    in_page=False,
    sizeless=True,
)
def det(g, out, x):
    """The determinant grows along its cofactors: itself times the inverse turned on its side, where there is one."""
    if dtype_of(x).kind == "c" and np.all(plain(out)):
        return along_cofactors(g, out, x)  # the singular values of complex matrices have no second derivatives here
    singular = np.expand_dims(out == 0, (-2, -1))
    n, dtype = shape_of(x)[-1], dtype_of(x)
    regular = along_cofactors(g, out, np.where(singular, np.eye(n, dtype=dtype), x))
    # What is not singular is not taken apart: vectors of equal singular values have no derivative.
    along = cofactors(np.where(singular, x, np.diag(np.arange(1, n + 1, dtype=dtype))))
    return np.where(singular, np.expand_dims(g, (-2, -1)) * along, regular)


def cofactors(x):
    """The matrix of cofactors by the singular values, which are there where the inverse is not."""
    u, s, vh = np.linalg.svd(x)
    n = shape_of(s)[-1]
    others = np.prod(np.where(np.eye(n, dtype=bool), 1.0, np.expand_dims(s, -2)), axis=-1)
    turn = np.linalg.slogdet(u)[0] * np.linalg.slogdet(vh)[0]
    return conjugated((u * np.expand_dims(others, -2)) @ vh) * np.expand_dims(turn, (-2, -1))


def half_diagonal(x):
    """What is below the diagonal, and half of what is on it."""
    return np.tril(x) - 0.5 * x * np.eye(shape_of(x)[-1])


def to_read(x, upper=False):
    """The gradient of a symmetric matrix as that of the half of it that LAPACK reads, which stands for both.

    `x` is what comes back to a matrix each of whose entries counts for itself.
    """
    both = x + x.mT
    return half_diagonal(both).mT if upper else half_diagonal(both)


@custom(
    np.linalg.cholesky,
    sample=[((PLENTY @ PLENTY.T,), {}), ((SHEETS @ SHEETS.mT,), {}), ((PLENTY @ PLENTY.T,), {"upper": True})],
    analytic=False,
    in_page=False,
)
def cholesky(g, out, x, *, upper=False):
    """Only the half that is read gets a gradient: found by solving with the factor from both sides."""
    factor, g = (out.mT, g.mT) if upper else (out, g)
    inner = np.linalg.solve(factor.mT, half_diagonal(factor.mT @ g))
    return to_read(np.linalg.solve(factor.mT, inner.mT).mT, upper)


def outputs_of(out, again):
    """The outputs of a gate; those of a recorded one are made again, as steps of the gradient's own circuit."""
    return again() if isinstance(out, Carrier) else out


def apart(values):
    """One over the differences of each two values, those of a value and itself left out."""
    gaps = np.expand_dims(values, -2) - np.expand_dims(values, -1)
    return 1 / np.where(np.eye(shape_of(values)[-1], dtype=bool), np.inf, gaps)


@custom(
    np.linalg.eigh,
    sample=[((x + x.mT,), {"UPLO": half}) for x in (PLENTY, SHEETS) for half in "LU"],
    analytic=False,
    in_page=False,
)
def eigh(g, out, x, *, UPLO="L"):
    """Eigenvalues move along their vectors; vectors turn towards each other by one over the gap between them."""
    values, vectors = outputs_of(out, lambda: np.linalg.eigh(x, UPLO))
    return through_eigh(g, values, vectors, UPLO.upper() == "U")


def through_eigh(g, values, vectors, upper):
    """The gradient of a symmetric matrix, of which one half is read, from those of its eigenvalues and vectors."""
    inner = 0.0 if g.get(0) is None else np.expand_dims(g.get(0), -1) * np.eye(shape_of(values)[-1])
    if g.get(1) is not None:
        inner = inner + apart(values) * (vectors.mT @ g.get(1))
    return to_read(vectors @ inner @ vectors.mT, upper)


@custom(
    np.linalg.eigvalsh,
    sample=[((x + x.mT,), {"UPLO": half}) for x in (PLENTY, SHEETS) for half in "LU"],
    analytic=False,
    in_page=False,
)
def eigvalsh(g, out, x, *, UPLO="L"):
    """Eigenvalues move along their vectors."""
    _, vectors = np.linalg.eigh(x, UPLO)
    return to_read((vectors * np.expand_dims(g, -2)) @ vectors.mT, UPLO.upper() == "U")


STRAIGHT = np.array([[2.0, 0.5, 0.1], [0.3, 3.5, -0.2], [0.2, 0.4, 6.2]])  #: its eigenvalues are real
TURNING = np.array([[1.0, -2.0, 0.3], [1.5, 0.4, 0.2], [0.1, 0.5, 2.0]])  #: two of its are not


def through_eig(g, values, vectors):
    """The gradient of a matrix from those of its eigenvalues and of its vectors, which LAPACK makes of length 1.

    The largest entry of each is real, so a vector that turns is turned back by as much. A cotangent c of z means that
    the loss moves by the real part of c dz (N. Boeddeker et al., "On the computation of complex-valued gradients with
    application to statistically optimum beamforming", 2017, in the other convention).
    """
    inner = 0.0 if g.get(0) is None else np.expand_dims(g.get(0), -1) * np.eye(shape_of(values)[-1])
    if g.get(1) is not None:
        down, along = g.get(1), np.sum(g.get(1) * vectors, axis=-2, keepdims=True)
        down = down - np.real(along) * np.conj(vectors)
        if dtype_of(vectors).kind == "c":
            size = np.abs(vectors)
            largest = size == np.max(size, axis=-2, keepdims=True)
            turn = np.imag(along) / np.sum(np.where(largest, np.real(vectors), 0.0), axis=-2, keepdims=True)
            down = down - 1j * turn * largest
        inner = inner + apart(values) * (vectors.mT @ down)
    return np.linalg.solve(vectors.mT, inner @ vectors.mT)


@custom(
    np.linalg.eig,
    sample=[((x,), {}) for x in (STRAIGHT, TURNING, np.stack([STRAIGHT.T, TURNING.T + 0.3]))],
    analytic=False, complex=True, in_page=False,
)  # fmt: skip
def eig(g, out, x):
    """Eigenvalues move by what the vectors and their inverse make of the move; vectors turn by one over the gaps."""
    values, vectors = outputs_of(out, lambda: np.linalg.eig(x))
    return through_eig(g, values, vectors)


def in_the_order_of(values, others):
    """The places of the same numbers in another order: each next to the nearest that is left."""
    gaps = np.abs(np.expand_dims(plain(values), -1) - np.expand_dims(plain(others), -2))
    return np.argmin(gaps, axis=-1)


@custom(
    np.linalg.eigvals,
    sample=[((x,), {}) for x in (STRAIGHT, TURNING, np.stack([STRAIGHT.T, TURNING.T + 0.3]))],
    analytic=False, complex=True, in_page=False,
)  # fmt: skip
def eigvals(g, out, x):
    """Eigenvalues move by what the vectors and their inverse make of the move."""
    values, vectors = np.linalg.eig(x)
    order = in_the_order_of(out, values)  # LAPACK may find them in another one without the vectors
    vectors = np.take_along_axis(vectors, np.broadcast_to(np.expand_dims(order, -2), shape_of(vectors)), axis=-1)
    return through_eig({0: g}, values, vectors)


def back_to_columns(first, rest, g):
    """What comes back to the columns `first` where `rest`, which stands across them, is told by them alone."""
    return 0.0 if g is None else -(rest @ g.mT @ first)


@custom(
    np.linalg.qr,
    sample=[
        *(((x,), {"mode": mode}) for x in (PLENTY, TALL, TALL.T, SHEETS) for mode in ("reduced", "complete", "r")),
    ],
    analytic=False, in_page=False,
)  # fmt: skip
def qr(g, out, x, *, mode="reduced"):
    """What comes back to both factors, solved with the triangular one."""
    if mode == "r":
        q, r = np.linalg.qr(x)
        return through_qr({1: g}, q, r, x)
    q, r = outputs_of(out, lambda: np.linalg.qr(x, mode))
    return through_qr(g, q, r, x)


def through_qr(g, q, r, x):
    """The gradient of a matrix from those of its factors."""
    to_q, to_r = g.get(0), g.get(1)
    m, n = shape_of(x)[-2:]
    k = min(m, n)
    first = q[..., :k]
    down = 0.0 * first if to_q is None else to_q[..., :k]
    if to_q is not None and shape_of(q)[-1] > k:
        down = down + back_to_columns(first, q[..., k:], to_q[..., k:])
    square = r[..., :k, :k]
    across = 0.0 * square if to_r is None else np.triu(to_r[..., :k, :k])
    if n > k:  # the columns behind the square ones are q times what stands there
        behind = 0.0 * r[..., k:] if to_r is None else to_r[..., k:]
        down = down + x[..., k:] @ behind.mT
    mixed = np.tril(square @ across.mT - down.mT @ first)
    mixed = mixed + np.tril(mixed, -1).mT
    left = np.linalg.solve(square, (down + first @ mixed).mT).mT
    return left if n == k else np.concatenate([left, first @ behind], axis=-1)


@custom(
    np.linalg.svd,
    sample=[
        *(((x,), {"full_matrices": full}) for x in (PLENTY, TALL, TALL.T, SHEETS) for full in (True, False)),
        ((TALL,), {"compute_uv": False}), ((SHEETS,), {"compute_uv": False}),
    ],
    analytic=False, in_page=False,
)  # fmt: skip
def svd(g, out, x, *, full_matrices=True, compute_uv=True, hermitian=False):
    """Singular values move along their vectors; vectors turn by one over the gaps between squares."""
    if not compute_uv:
        u, _, vh = np.linalg.svd(x, full_matrices=False)
        return (u * np.expand_dims(g, -2)) @ vh
    return through_svd(g, *outputs_of(out, lambda: np.linalg.svd(x, full_matrices)))


def through_svd(g, whole_u, s, whole_vh):
    """The gradient of a matrix from those of its singular values and vectors."""
    k = shape_of(s)[-1]
    u, v = whole_u[..., :k], whole_vh.mT[..., :k]
    column = np.expand_dims(s, -1)
    inner = 0.0 if g.get(1) is None else np.expand_dims(g.get(1), -1) * np.eye(k)
    gaps, total = apart(s * s), 0.0
    if (to_u := g.get(0)) is not None:
        down = to_u[..., :k] + back_to_columns(u, whole_u[..., k:], to_u[..., k:])
        turn = u.mT @ down
        inner = inner + (gaps * (turn - turn.mT)) * np.expand_dims(s, -2)
        total = total + ((down - u @ turn) / np.expand_dims(s, -2)) @ v.mT
    if (to_vh := g.get(2)) is not None:
        to_v = to_vh.mT
        down = to_v[..., :k] + back_to_columns(v, whole_vh.mT[..., k:], to_v[..., k:])
        turn = v.mT @ down
        inner = inner + column * (gaps * (turn - turn.mT))
        total = total + u @ ((down - v @ turn) / np.expand_dims(s, -2)).mT
    return u @ inner @ v.mT + total


def through_pinv(g, p, x):
    """The gradient of a matrix of which `p` is the pseudo-inverse."""
    m, n = shape_of(x)[-2:]
    inside = p.mT @ (p @ g.mT) @ (np.eye(n) - p @ x)
    outside = (np.eye(m) - x @ p) @ g.mT @ p @ p.mT
    return inside + outside - p.mT @ g @ p.mT


@custom(np.linalg.pinv, sample=[((x,), {}) for x in (PLENTY, TALL, TALL.T, SHEETS)], analytic=False, in_page=False)
def pinv(g, out, x, *, rcond=None):
    """The inverse meets what came back from both sides, and what it leaves out on either side comes in."""
    return through_pinv(g, out, x)


@custom(
    np.linalg.lstsq,
    sample=[
        ((TALL, np.array([1.0, 2.0, 4.0])), {}), ((TALL, np.array([[1.0, 0.3], [2.0, 0.1], [4.0, -1.0]])), {}),
        ((TALL.T, np.array([1.0, 2.0])), {}), ((PLENTY, np.array([1.0, 2.0, 4.0])), {}),
    ],
    analytic=False, in_page=False,
)  # fmt: skip
def lstsq(g, out, a, b, *, rcond=None):
    """The solution is the pseudo-inverse times b; what is left over shrinks along the solution."""
    found, residuals, _, _ = outputs_of(out, lambda: np.linalg.lstsq(a, b, rcond))
    solution, left = (np.reshape(x, (shape_of(x)[0], -1)) for x in (found, b))
    p = np.linalg.pinv(a)
    to_a = to_b = None
    if g.get(0) is not None:
        down = np.reshape(g.get(0), shape_of(solution))
        to_a, to_b = through_pinv(down @ left.mT, p, a), p.mT @ down
    if g.get(1) is not None and shape_of(residuals)[0]:
        rest = 2 * (left - a @ solution) * g.get(1)
        to_a, to_b = added(to_a, -(rest @ solution.mT)), added(to_b, rest)
    if g.get(3) is not None:
        u, _, vh = np.linalg.svd(a, full_matrices=False)
        to_a = added(to_a, (u * g.get(3)) @ vh)
    return to_a, None if to_b is None else np.reshape(to_b, shape_of(b))


def added(before, part):
    """The sum of what came so far, if anything did, and another part."""
    return part if before is None else before + part


@reduction(
    np.linalg.norm,
    sample=[
        *(((TALL[:, 1],), {"ord": o}) for o in (None, 0, 1, 2, 3, -1, 0.5, np.inf, -np.inf)),
        *(((TALL,), {"ord": o, "axis": axis}) for o in (None, 1, 3, np.inf) for axis in (0, 1, -1)),
        ((TALL,), {"ord": "fro"}), ((SHEETS,), {"ord": "fro", "axis": (1, 2)}),
        ((TALL,), {"axis": 1, "keepdims": True}),
    ],
    at=[(([0.0, 0.0],), ([0.0, 0.0],)), (([3.0, 4.0],), ([0.6, 0.8],))],
    analytic=False,
    complex=True,
    in_page=False,
    sizeless=True,
)  # fmt: skip
def norm(out, x, *, ord=None, axis=None, keepdims=False):
    """The gradient points along what is measured; where that is 0, it passes 0, at every order."""
    if ord in (None, 2, "fro"):
        return conjugated(x) / np.where(out == 0, np.inf, out)
    if ord == 0:
        return 0 * x
    if ord == 1:
        return facing(x)
    if abs(ord) == np.inf:
        return share(np.abs(x) == out, one_or_all(kept_axes(axis, shape_of(x)))) * facing(x)
    safe = np.where(x == 0, 1.0, np.abs(x)) if ord < 1 else np.abs(x)
    return facing(x) * (safe / np.where(out == 0, np.inf, out)) ** (ord - 1)
