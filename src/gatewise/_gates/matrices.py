"""Products of matrices, and what comes of one matrix."""

import math

import numpy as np

from gatewise._errors import UnsupportedError
from gatewise._gates.families import custom, linear
from gatewise._gates.fitting import conjugated, sum_to
from gatewise._gates.live import dtype_of, shape_of


def products_in_rows(i, a, b):
    """Many products of vectors and matrices; operand i has an axis in front."""
    many, other = ((a, b), (b, a))[i]
    if len(shape_of(many)) not in (2, 3) or len(shape_of(other)) not in (1, 2):
        return NotImplemented
    if i == 1 and len(shape_of(b)) == 2:  # a vector on the right: its rows from the left
        return b @ (a.mT if len(shape_of(a)) == 2 else a)
    return a @ b


@linear(
    np.matmul,
    rows=products_in_rows,
    infix="@",
    vectors=True,
    sample=[((np.ones((3, 4)) + np.eye(3, 4), np.ones((4, 2))), {})],
    tame=True,
    sums=True,
    sizeless=True,
)
def matmul(g, a, b):
    """Each operand's gradient is what came back, times the other operand turned on its side."""
    return lambda: g @ b.mT, lambda: a.mT @ g


def as_rows(a):
    """All axes but the last in one."""
    *front, n = shape_of(a)
    return np.reshape(a, (math.prod(front), n))


def summed_first(b):
    """The order of axes that puts the last but one, which np.dot sums over, in front."""
    last = len(shape_of(b)) - 1
    return (last - 1, *range(last - 1), last)


def as_columns(b):
    """The summed axis down, all others across."""
    order = summed_first(b)
    n, *rest = (shape_of(b)[axis] for axis in order)
    return np.reshape(np.transpose(b, order), (n, math.prod(rest)))


def gradient_of_rows(g, a, b):
    across = as_columns(b)
    return np.reshape(np.reshape(g, (-1, shape_of(across)[1])) @ across.mT, shape_of(a))


def gradient_of_columns(g, a, b):
    down, order = as_rows(a).mT, summed_first(b)
    across = down @ np.reshape(g, (shape_of(down)[1], -1))
    laid_out = np.reshape(across, tuple(shape_of(b)[axis] for axis in order))
    return np.transpose(laid_out, tuple(int(axis) for axis in np.argsort(order)))


@linear(
    np.dot,
    rows=products_in_rows,
    vectors=True,
    sample=[((np.ones((3, 4)) + np.eye(3, 4), np.ones((4, 2))), {}), ((np.ones(3), np.ones(3)), {})],
    tame=True,
    sums=True,
    sizeless=True,
)
def dot(g, a, b):
    """The matrix product under its older name; many axes are laid out as rows and columns."""
    if len(shape_of(b)) > 2:
        return lambda: gradient_of_rows(g, a, b), lambda: gradient_of_columns(g, a, b)
    return lambda: g @ b.mT, lambda: a.mT @ g


@linear(
    np.outer, sample=[((np.array([1.0, 2.0, 3.0]), np.array([0.5, -1.0])), {})], tame=True, sums=True, sizeless=True
)
def outer(g, a, b):
    """Every product of an entry of a with an entry of b: each side collects what came back, weighted by the other."""
    return (
        lambda: np.reshape(g @ np.ravel(b), shape_of(a)),
        lambda: np.reshape(np.ravel(a) @ g, shape_of(b)),
    )


def subscripts_first(subscripts, *operands):
    """np.einsum takes its text before its operands, or a list of numbers behind each in place of a text."""
    if isinstance(subscripts, str):
        return operands, {"subscripts": subscripts}
    parts = [subscripts, *operands]
    terms = [in_letters(each) for each in parts[1::2]]
    output = f"->{in_letters(parts[-1])}" if len(parts) % 2 else ""
    return tuple(parts[0 : 2 * len(terms) : 2]), {"subscripts": ",".join(terms) + output}


def in_letters(numbers):
    """The axes [0, 1, ...] of einsum as letters."""
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return "".join("..." if n is Ellipsis else letters[n] for n in numbers)


def einsum_of(*operands, subscripts):
    return np.einsum(subscripts, *operands)


def spelled_out(subscripts, shapes):
    """The letters of each operand and of the output, with ellipses written out as capitals of their own."""
    inputs, _, output = subscripts.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if "->" not in subscripts:
        letters = "".join(terms).replace(".", "")
        output = "..." * ("..." in inputs) + "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    free = [c for c in "ZYXWVUTSRQPONMLKJIHGFEDCBA" if c not in subscripts]
    widths = [len(shape) - len(term.replace("...", "")) if "..." in term else 0 for term, shape in zip(terms, shapes)]
    extra = "".join(free[: max(widths)])
    terms = [term.replace("...", extra[len(extra) - width :]) for term, width in zip(terms, widths)]
    return terms, output.replace("...", extra)


@linear(
    np.einsum,
    views=True,
    bind=subscripts_first,
    call=einsum_of,
    text="np.einsum({subscripts}, {*})",
    sample=[
        (("ij,jk->ik", np.ones((2, 3)), np.ones((3, 2))), {}),
        (("ii->i", np.ones((3, 3))), {}),
        (("ii", np.ones((3, 3))), {}),
        (("ij->j", np.ones((2, 3))), {}),
        (("ij->", np.ones((2, 3))), {}),
        (("ij,jk", np.ones((2, 3)), np.ones((3, 2))), {}),
        (("ij,jk,k->i", np.ones((2, 3)), np.ones((3, 4)), np.ones(4)), {}),
        (("ij,ij->ij", np.ones((1, 3)), np.ones((2, 3))), {}),
        (("...i,i", np.ones((2, 3)), np.ones(3)), {}),
        (("...ij,...jk->...ik", np.ones((1, 2, 3)), np.ones((4, 3, 2))), {}),
        (("i,->i", np.ones(3), 2.0), {}),
    ],
    tame=True,
    sums=True,
)
def einsum(g, *operands, subscripts):
    """A product over named axes: each operand's gradient is that product with the output's gradient in its place."""
    terms, output = spelled_out(subscripts, [shape_of(x) for x in operands])
    return tuple(lambda i=i: einsum_adjoint(i, g, operands, terms, output) for i in range(len(operands)))


def einsum_adjoint(i, g, operands, terms, output):
    """Axes that only operand i has are filled with ones; a letter it has twice is put on a diagonal by an identity."""
    sizes = {c: n for term, x in zip(terms, operands) for c, n in zip(term, shape_of(x)) if n != 1}
    others = [(t, x) for k, (t, x) in enumerate(zip(terms, operands)) if k != i]
    free = [c for c in "zyxwvutsrqponmlkjihgfedcba" if c not in "".join(terms) + output]
    wanted, parts = "", [(output, g), *others]
    for c, n in zip(terms[i], shape_of(operands[i])):
        if c in wanted:
            twin = free.pop()
            parts.append((c + twin, np.eye(n)))
            c = twin
        elif not any(c in t and n in (1, shape_of(x)[t.index(c)]) for t, x in [(output, g), *others]):
            parts.append((c, np.ones(sizes.get(c, n))))
        wanted += c
    return np.einsum(",".join(t for t, _ in parts) + "->" + wanted, *(x for _, x in parts))


@custom(
    np.linalg.inv,
    sample=[((np.array([[2.0, 0.5], [0.3, 1.5]]),), {}), ((np.eye(2) + np.arange(8.0).reshape(2, 2, 2),), {})],
    in_page=False,
    sizeless=True,
)
def inv(g, out, x):
    """The inverse meets what came back from both sides, with a minus sign."""
    return -(out.mT @ g @ out.mT)


@custom(
    np.linalg.slogdet,
    sample=[((np.array([[2.0, 0.5], [0.3, 1.5]]),), {}), ((np.eye(2) + np.arange(8.0).reshape(2, 2, 2),), {})],
    analytic=False,
    complex=True,
    in_page=False,
)
def slogdet(g, out, x):
    """The log of the determinant grows along the inverse, turned on its side; a sign of complex numbers turns."""
    down = g.get(1)
    if dtype_of(x).kind == "c" and g.get(0) is not None:
        turned = 1j * np.imag(g.get(0) * np.linalg.slogdet(x)[0])
        down = turned if down is None else down + turned
    return None if down is None else np.reshape(down, (*shape_of(down), 1, 1)) * np.linalg.inv(x).mT


def free_axes(count, summed):
    """The axes that are not summed over."""
    return [a for a in range(count) if a not in summed]


def axis_letters(a, b, axes):
    """The letters of the axes of two arrays, the same where they are summed over together, and of their product."""
    ranks = len(shape_of(a)), len(shape_of(b))
    left, right = paired(axes, ranks)
    letters = "abcdefghijklmnopqrstuvwxy"
    first = letters[: ranks[0]]
    second = list(letters[ranks[0] : sum(ranks)])
    for i, j in zip(left, right):
        second[j] = first[i]
    kept = [first[i] for i in free_axes(ranks[0], left)] + [second[j] for j in free_axes(ranks[1], right)]
    return [first, "".join(second)], "".join(kept)


def paired(axes, ranks):
    """The axes of each operand that np.tensordot sums over: so many of the last and the first, or those named."""
    if np.ndim(axes) == 0:
        n = int(axes)
        return list(range(ranks[0] - n, ranks[0])), list(range(n))
    return [[int(a) % rank for a in np.ravel(side)] for side, rank in zip(axes, ranks)]


@linear(
    np.tensordot,
    sample=[
        ((np.ones((2, 3)) + np.eye(2, 3), np.ones((3, 4))), {"axes": 1}), ((np.ones((2, 3)), np.ones((2, 3))), {}),
        ((np.ones((2, 3)), np.ones((2, 4))), {"axes": (0, 0)}), ((np.ones((2, 3)), np.ones(2)), {"axes": 0}),
        ((np.ones((2, 3, 4)), np.ones((4, 3))), {"axes": ([1, 2], [1, 0])}),
    ],
    tame=True,
    sums=True,
    in_page=False,
)  # fmt: skip
def tensordot(g, a, b, *, axes=2):
    """A product summed over named axes: each side's gradient is what came back, times the other side."""
    terms, output = axis_letters(a, b, axes)
    return tuple(lambda i=i: einsum_adjoint(i, g, (a, b), terms, output) for i in range(2))


def last_axes(a, b):
    """What np.inner sums over: the last axis of both, where both have one."""
    return (-1, -1) if shape_of(a) and shape_of(b) else 0


@linear(
    np.inner,
    sample=[
        ((np.ones((2, 3)) + np.eye(2, 3), np.ones((4, 3))), {}),
        ((np.array([1.0, 2.0]), np.array([0.5, 3.0])), {}),
    ],
    tame=True,
    sums=True,
    in_page=False,
    sizeless=True,
)
def inner(g, a, b):
    """A product summed over the last axis: each side's gradient is what came back, times the other side."""
    if len(shape_of(a)) == len(shape_of(b)) == 1 or not (shape_of(a) and shape_of(b)):
        return lambda: g * b, lambda: g * a
    terms, output = axis_letters(a, b, last_axes(a, b))
    return tuple(lambda i=i: einsum_adjoint(i, g, (a, b), terms, output) for i in range(2))


@linear(
    np.vdot,
    sample=[((np.ones((2, 3)) + np.eye(2, 3), np.ones((2, 3))), {})],
    tame=True,
    sums=True,
    analytic=False,
    complex=True,
    in_page=False,
    sizeless=True,
)
def vdot(g, a, b):
    """The product of all entries, a's conjugated: each side's gradient is the other side, times what came back."""
    return (
        lambda: np.reshape(conjugated(g * np.ravel(b)), shape_of(a)),
        lambda: np.reshape(g * conjugated(np.ravel(a)), shape_of(b)),
    )


@linear(
    np.kron,
    sample=[
        ((np.ones((2, 3)) + np.eye(2, 3), np.array([[1.0, 2.0], [0.5, -1.0]])), {}),
        ((np.array([1.0, 2.0]), np.array([0.5, 3.0, 1.0])), {}), ((np.ones((2, 2)), np.array([0.5, 3.0])), {}),
    ],
    tame=True,
    sums=True,
    in_page=False,
)  # fmt: skip
def kron(g, a, b):
    """Each entry of one side meets the whole other side: it collects what came back from there, weighted by it."""
    rank = max(len(shape_of(a)), len(shape_of(b)))
    left, right = ((1,) * (rank - len(shape_of(x))) + shape_of(x) for x in (a, b))
    apart = np.reshape(g, tuple(n for pair in zip(left, right) for n in pair))
    along_a, along_b = tuple(range(0, 2 * rank, 2)), tuple(range(1, 2 * rank, 2))
    wide_a = np.reshape(a, tuple(n for size in left for n in (size, 1)))
    wide_b = np.reshape(b, tuple(n for size in right for n in (1, size)))
    return (
        lambda: np.reshape(np.sum(apart * wide_b, axis=along_b), shape_of(a)),
        lambda: np.reshape(np.sum(apart * wide_a, axis=along_a), shape_of(b)),
    )


def crossed(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """np.cross of three numbers and three; two of two have been leaving NumPy since 2.0."""
    a, b = (x if hasattr(x, "shape") else np.asarray(x) for x in (a, b))
    places = dict(zip(("axisa", "axisb", "axisc"), (axisa, axisb, axisc) if axis is None else (axis,) * 3))
    sizes = [shape_of(x)[place] for x, place in ((a, places["axisa"]), (b, places["axisb"])) if shape_of(x)]
    if 2 in sizes:
        raise UnsupportedError.of("np.cross of vectors that have not three entries")
    return (a, b), {} if set(places.values()) == {-1} else places


@linear(
    np.cross,
    bind=crossed,
    sample=[
        ((np.array([1.0, 2.0, 3.0]), np.array([0.5, -1.0, 2.0])), {}),
        ((np.ones((2, 3)) + np.eye(2, 3), np.array([0.5, -1.0, 2.0])), {}),
        ((np.ones((3, 2)) + np.eye(3, 2), np.ones((3, 2))), {"axis": 0}),
        ((np.ones((3, 2)) + np.eye(3, 2), np.ones((2, 3))), {"axisa": 0}),
        ((np.ones((2, 3, 3)) + np.eye(3), np.ones((3, 3)) + np.eye(3)), {"axis": 1}),
        ((np.ones((3, 1)) + np.eye(3, 1), np.ones((2, 3, 4))), {"axisa": 0, "axisb": 1, "axisc": 0}),
    ],
    tame=True,
    sums=True,
    in_page=False,
)  # fmt: skip
def cross(g, a, b, *, axisa=-1, axisb=-1, axisc=-1):
    """Turning round: the other side crosses what came back, once before it and once behind it."""
    a, b, g = (np.moveaxis(x, axis, -1) for x, axis in ((a, axisa), (b, axisb), (g, axisc)))
    return (  # rows that were repeated are added up before their entries go back to where they were
        lambda: np.moveaxis(sum_to(np.cross(b, g), shape_of(a)), -1, axisa),
        lambda: np.moveaxis(sum_to(np.cross(g, a), shape_of(b)), -1, axisb),
    )


@linear(
    np.vecdot, sample=[((np.ones((2, 3)) + np.eye(2, 3), np.array([0.5, -1.0, 2.0])), {})], tame=True, sums=True,
    analytic=False, in_page=False,
)  # fmt: skip
def vecdot(g, a, b):
    """The product of vectors, row by row, a's conjugated: each side's gradient is the other, times what came back."""
    return lambda: conjugated(np.expand_dims(g, -1) * b), lambda: np.expand_dims(g, -1) * conjugated(a)
