"""What NumPy does not hand over: every row of docs/limits.md is loud, names variable and line, and has a cure."""

from __future__ import annotations

import linecache
import math
import re
from pathlib import Path

import numpy as np
import pytest

import gatewise as gw
from gatewise import _errors
from gatewise._errors import AssignmentError, GatewiseError, ReadingError, UnsupportedError

PAGE = Path(__file__).resolve().parents[2] / "docs" / "limits.md"
ROW = re.compile(
    r"^\| `(?P<wrong>.+?)` \| `(?P<error>\w+)`(?: from `(?P<cause>\w+)`)? \| (?P<right>.+) \|$", re.MULTILINE
)
ROWS = [tuple(row.groups()) for row in ROW.finditer(PAGE.read_text(encoding="utf-8"))]
WRONG = [row[0] for row in ROWS]


def names():
    return {
        "gw": gw,
        "np": np,
        "math": math,
        "t": gw.tensor(2.0),
        "v": gw.tensor([1.0, 2.0, 3.0]),
        "M": gw.tensor(np.ones((3, 3))),
        "buf": np.zeros(3),
        "A": np.ones((3, 3)),
        "rng": np.random.default_rng(0),
        "indices": np.array([0, 2]),
        "mask": np.array([True, False, True]),
    }


def run(statement, space):
    """Run one row as a user's file would, so that it has a line of its own."""
    import linecache

    file = f"<row {statement}>"
    linecache.cache[file] = (len(statement), None, [statement + "\n"], file)
    exec(compile(statement, file, "exec"), space)


def test_the_page_has_rows():
    assert len(ROWS) > 50
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert len(lines) == len(ROWS)
    assert len(set(WRONG)) == len(WRONG)


@pytest.mark.parametrize(("wrong", "error", "cause", "right"), ROWS, ids=WRONG)
def test_every_row_is_loud(wrong, error, cause, right):
    space = names()
    with pytest.raises(Exception) as caught:
        run(wrong, space)
    told = caught.value
    if cause is not None:
        assert type(told).__name__ == error
        told, error = told.__cause__, cause
    assert isinstance(told, getattr(_errors, error))
    assert type(told).__name__ == error
    message = str(told)
    assert f"line 1:  {wrong}" in message
    assert "why:" in message
    if error != "GateError":
        assert "instead:" in message
    if error in ("ReadingError", "AssignmentError"):
        assert re.match(r"(t|v|M|buf)\b", message), message
    np.testing.assert_array_equal(space["buf"], 0.0)
    np.testing.assert_array_equal(space["v"].numpy() if isinstance(space["v"], gw.Tensor) else 0, [1.0, 2.0, 3.0])


CODE = re.compile(r"`([^`]+)`")


@pytest.mark.parametrize(("wrong", "right"), [(row[0], row[3]) for row in ROWS], ids=WRONG)
def test_every_cure_runs(wrong, right):
    for statement in CODE.findall(right):
        if "..." not in statement and not statement.startswith("gatewise "):
            run(statement, names())


LOOPHOLES = [row for row in ROWS if row[1] in ("ReadingError", "ValueError")]


@pytest.mark.parametrize("wrong", [row[0] for row in LOOPHOLES])
def test_inside_a_derivative_it_is_right_or_our_own_error_is_raised(wrong):
    target = wrong if re.search(r"(?<!=)\[.*\] = |fill\(|: pass", wrong) else f"out = {wrong}"
    plain = names() | {"t": 2.0, "v": np.array([1.0, 2.0, 3.0])}

    def f(t, v):
        space = names() | {"t": t, "v": v}
        run(target, space)
        found.append((space.get("out"), space["buf"]))
        return t + np.sum(v)

    found = []
    try:
        gw.grad(f, argnums=(0, 1))(2.0, np.array([1.0, 2.0, 3.0]))
    except ReadingError:
        return
    run(target, plain)
    for out, want in zip(found[0], (plain.get("out"), plain["buf"]), strict=True):
        assert_same(out, want, wrong)


# Where no derivative is taken, the same lines give what plain NumPy gives.
PLAIN_ROWS = [
    wrong
    for wrong, error, _, _ in ROWS
    if error in ("ReadingError", "ValueError", "UnsupportedError")
    and not any(
        word in wrong
        for word in ("v[t]", "[1, 2, 3][t]", "range(t)", "np.zeros(t)", "(t, 1)", "buf[v]", "take(v)", "where=v")
    )
    and "where=buf" not in wrong
]  # not those that NumPy itself refuses, as it wants whole numbers or truth values there, nor those it warns of


def plain_results(v_and_t):
    found = {}
    for wrong in PLAIN_ROWS:
        space = names() | v_and_t()
        target = wrong if re.search(r"(?<!=)\[.*\] = |fill\(", wrong) else f"out = {wrong}"
        if wrong == "if v: pass":
            continue
        run(target, space)
        found[wrong] = (space.get("out"), space["buf"])
    return found


def test_where_no_derivative_is_taken_each_gives_what_numpy_gives():
    def tensors():
        return {
            "t": gw.tensor(2.0, requires_grad=False),
            "v": gw.tensor([1.0, 2.0, 3.0], requires_grad=False),
            "M": gw.tensor(np.ones((3, 3)), requires_grad=False),
        }

    def numbers():
        return {"t": 2.0, "v": np.array([1.0, 2.0, 3.0]), "M": np.ones((3, 3))}

    for (row, (out, buf)), (plain_out, plain_buf) in zip(
        plain_results(tensors).items(), plain_results(numbers).values(), strict=True
    ):
        np.testing.assert_array_equal(buf, plain_buf, err_msg=row)
        assert_same(out, plain_out, row)


def assert_same(out, plain, row):
    if isinstance(plain, tuple):
        for one, other in zip(out, plain, strict=True):
            assert_same(one, other, row)
    elif plain is not None:
        out = out.value if isinstance(out, gw.Tensor) else out
        assert np.asarray(out).dtype == np.asarray(plain).dtype, row
        if plain.dtype != object if isinstance(plain, np.ndarray) else True:
            np.testing.assert_array_equal(out, plain, err_msg=row)


def test_the_same_under_no_grad_and_for_data_nobody_differentiates():
    w, x = gw.tensor(2.0), gw.tensor([1.0, 2.0])
    with gw.no_grad():
        assert float(w) == 2.0
        buf = np.zeros(2)
        buf[0] = w
        buf += x
        np.testing.assert_array_equal(buf, [3.0, 2.0])
        np.testing.assert_array_equal(np.array([w, w]), [2.0, 2.0])
    with pytest.raises(ReadingError):
        float(w)

    def loss(w, X, y):
        buf = np.zeros(2)
        buf += X
        buf[:] = X
        order = np.argsort(X)
        assert isinstance(np.asarray(X), np.ndarray)
        assert [float(each) for each in X] == [4.0, 3.0]
        return np.sum(w * buf) + w * np.cumsum(X[order])[1] + w * y[0]

    assert gw.grad(loss)(2.0, np.array([4.0, 3.0]), np.array([1, 2])) == 7.0 + 7.0 + 1.0


def test_results_of_gates_that_stop_gradients_may_be_read():
    x = gw.tensor([1.5, -2.5, 0.5])
    assert int(np.floor(x)[0]) == 1
    assert np.asarray(np.sign(x)).tolist() == [1.0, -1.0, 1.0]
    assert int(np.argmax(x)) == 0
    assert np.asarray(np.isnan(x)).tolist() == [False] * 3
    assert np.asarray(x > 0).tolist() == [True, False, True]
    assert int(gw.tensor(7.0) // 2) == 3
    assert np.arange(3)[x > 0].tolist() == [0, 2]


def test_reading_on_purpose():
    x = gw.tensor(2.5)
    v = gw.tensor([1.0, 2.0])
    assert (x.item(), type(x.item())) == (2.5, float)
    assert f"{x:.3f} {x} {v}" == "2.500 2.5 [1. 2.]"
    assert v.tolist() == [1.0, 2.0]
    assert v.numpy() is not v.value
    assert x > 2
    assert x != 3
    assert 2.0 in v
    assert x.detach().requires_grad is False
    assert (x.detach() * x).requires_grad is True


@pytest.mark.parametrize(
    "make", [lambda t: np.array([t, 1]), lambda t: np.asarray([[t]]), lambda t: np.array({"a": t})]
)
def test_no_array_of_objects_is_ever_made_of_tensors(make):
    try:
        made = make(gw.tensor(2.0))
    except GatewiseError:
        return
    assert isinstance(made.item(), dict)  # a dict is one object; NumPy does not look inside


def test_object_arrays_are_not_data():
    boxes = np.array([gw.tensor(1.0, requires_grad=False), None], dtype=object)
    with pytest.raises(GatewiseError):
        gw.tensor(boxes)
    with pytest.raises(GatewiseError):
        gw.tensor([None, 1.0])
    with pytest.raises(GatewiseError):
        gw.tensor(np.ones(2)) * np.array([1, "a"], dtype=object)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # 2 and 3 are outside arcsin's domain
def test_every_numpy_function_without_a_gate_is_loud_on_a_tensor_with_a_gradient():
    """All functions that can be overridden, with one array: gates answer with Tensors, others with an error of ours."""
    v = gw.tensor([1.0, 2.0, 3.0])
    loud = 0
    for name in dir(np):
        function = getattr(np, name)
        if not hasattr(function, "_implementation") and not isinstance(function, np.ufunc):
            continue
        arity = function.nin if isinstance(function, np.ufunc) else 1
        try:
            out = function(*[v] * arity)
        except UnsupportedError:
            loud += 1
            continue
        except (GatewiseError, TypeError):  # TypeError: it wants more than one argument
            continue
        for part in out if isinstance(out, (tuple, list)) else [out]:
            counted = isinstance(part, (np.ndarray, np.generic)) and part.dtype.kind in "biu"
            assert counted or isinstance(part, (gw.Tensor, bool, int, str, tuple, np.dtype, type)), name
    assert loud > 10


def test_the_name_is_found_in_locals_closures_and_globals():
    inner = gw.tensor(1.0)
    with pytest.raises(ReadingError, match=r"^inner was turned"):
        math.exp(inner)
    with pytest.raises(ReadingError, match=r"^inner was turned"):
        (lambda: math.exp(inner))()
    with pytest.raises(ReadingError, match=r"^AT_MODULE_LEVEL \(2,\) was turned"):
        np.asarray(AT_MODULE_LEVEL)
    with pytest.raises(ReadingError, match=r"^a Tensor was turned"):
        math.exp(inner * 2)
    with pytest.raises(AssignmentError, match=r"^BUFFER was the target"):
        np.add(AT_MODULE_LEVEL, 1, out=BUFFER)


AT_MODULE_LEVEL = gw.tensor([1.0, 2.0])
BUFFER = np.zeros(2)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda x: np.matrix(np.eye(2)) * x, "matrix"),
        (lambda x: x + np.matrix(np.eye(2)), "matrix"),
        (lambda x: gw.tensor(np.matrix(np.eye(2))), "matrix"),
        (lambda x: gw.tensor(np.ma.array([1.0, 2.0], mask=[True, False])), "MaskedArray"),
        (lambda x: x * np.ma.array([1.0, 2.0], mask=[True, False]), "MaskedArray"),
    ],
)
@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_arrays_with_an_arithmetic_of_their_own_are_refused(make, words):
    with pytest.raises(GatewiseError, match=words):
        make(gw.tensor(np.ones((2, 2))))


class Tank:
    """A class of a user's that is not seen through, for its slots: it fills a buffer that NumPy made."""

    __slots__ = ("level", "rate")

    def __init__(self, rate):
        self.rate, self.level = rate, np.zeros(4)

    def filled(self):
        level = np.zeros(4)
        for k in range(4):
            level[k] = self.rate * k
        return level.sum()

    def kept(self):
        self.level[0] = self.rate
        return self.level.sum()


@pytest.mark.parametrize("method", ["filled", "kept"])
def test_a_buffer_in_a_class_names_the_import_that_cures_it_and_its_file(method):
    def loss(rate):
        return getattr(Tank(rate), method)()

    with pytest.raises(GatewiseError, match=r"`import gatewise\.numpy as np` in test_reading_out\.py") as caught:
        gw.grad(loss)(2.0)
    assert "= self.rate" in str(caught.value)


def test_a_number_read_where_numpy_is_not_used_is_told_no_import():
    def loss(rate):
        return float(rate) ** 2

    with pytest.raises(GatewiseError) as caught:
        gw.grad(loss)(2.0)
    assert "import" not in str(caught.value)


def test_the_line_is_found_in_a_folder_that_is_called_numpy():
    text = "import math\ndef f(t):\n    return math.sinh(t)\n"
    space, file = {}, "/home/me/numpy/wave.py"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    exec(compile(text, file, "exec"), space)
    with pytest.raises(ReadingError, match=r"(?s)line 3:  return math\.sinh\(t\)"):
        space["f"](gw.tensor(1.0))


@pytest.mark.parametrize(
    ("line", "told", "cure"),
    [
        ("np.float64(t)", "by np.float64", "x itself, a float64, or x.astype(np.float64)"),
        ("np.float32(t)", "by np.float32", "x.astype(np.float32) for np.float32(x)"),
        ("np.int64(t)", "by np.int64", "np.int64(x.item()), if no gradient is wanted"),
        ("np.lib.stride_tricks.as_strided(v, (2, 2), (8, 8))", "by np.lib.stride_tricks.as_strided", "sliding_window"),
    ],
)
def test_what_numpy_hands_to_nobody_is_named(line, told, cure):
    with pytest.raises(ReadingError) as caught:
        run(line, names())
    assert told in caught.value.what
    assert cure in caught.value.cure


def test_windows_and_casts_are_what_the_errors_say():
    windows = np.lib.stride_tricks.sliding_window_view
    np.testing.assert_array_equal(gw.grad(lambda x: np.sum(windows(x, 2) ** 2))(np.arange(3.0)), [0.0, 4.0, 4.0])
    assert gw.grad(lambda x: x.astype(np.float32) * x)(3.0) == 6.0


@pytest.mark.parametrize(
    ("read", "cure"),
    [
        (lambda x: float(np.sum(x) + 1), "x itself for float(x), in a return too"),
        (lambda x: np.sum(x) * int(x[0]), "int(x.item())"),
    ],
)
def test_a_builtin_that_reads_is_answered_for_itself(read, cure):
    with pytest.raises(ReadingError) as met:
        gw.grad(read)(np.ones(2))
    assert cure in str(met.value)
    assert "np.stack" not in str(met.value)
