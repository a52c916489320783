"""What is given to the check as people have it: halves of layers, settings, lists, costs, several outputs, data."""

from __future__ import annotations

import linecache
import types

import numpy as np
import pytest

import gatewise as gw
from gatewise._cli.asked import status

N = np.random.default_rng(7).normal


def ends_in(report):
    return status(report.verdict, bool(report))


def module_of(source):
    """The functions of a file that holds this source."""
    path = f"<halves {hash(source)}>"
    linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
    space = {"np": np, "__name__": "halves"}
    exec(compile(source, path, "exec"), space)
    return types.SimpleNamespace(**{k: v for k, v in space.items() if not k.startswith("__")})


# ------------------------------------------------------------------------------------------------------------ halves

AFFINE = """\
def affine_forward(x, w, b):
    out = x @ w + b
    cache = (x, w, b)
    return out, cache
"""
RELU = "def relu_forward(x):\n    out = np.maximum(x, 0)\n    cache = x\n    return out, cache\n"
MASKED = "def forward(x):\n    mask = x > 0\n    return x * mask, mask\n"
SQUARED = "def cost_forward(w):\n    return np.sum(w * w), w\n"


@pytest.mark.parametrize(
    ("source", "name", "args"),
    [
        (AFFINE, "affine_forward", (N(size=(4, 3)), N(size=(3, 5)), N(size=5))),
        (RELU, "relu_forward", (N(size=(4, 3)),)),
        (MASKED, "forward", (N(size=(4, 3)),)),
        (SQUARED, "cost_forward", (N(size=3),)),
    ],
)
def test_a_forward_half_alone_asks_for_the_other(source, name, args):
    """A cache is no gradient; that of gatewise's own gradient is all that was looked at."""
    report = gw.check(getattr(module_of(source), name), *args)
    assert ends_in(report) == 3, report
    assert "backward=" in str(report)


SIGMOID = "def sig_fwd(x):\n    s = 1 / (1 + np.exp(-x))\n    return s, s\n"
AFFINE_BACK = "def affine_backward(dout, cache):\n    x, w, b = cache\n    return dout @ w.T, x.T @ dout, {}\n"
RELU_BACK = "def relu_backward(dout, cache):\n    return {}\n"
MASKED_BACK = "def backward(dout, mask):\n    return {}\n"
SIGMOID_BACK = "def sig_bwd(dout, s):\n    dx = {}\n    return dx\n"
ARGS = (N(size=(4, 3)), N(size=(3, 5)), N(size=5))
HALVES = [
    (AFFINE, "affine_forward", AFFINE_BACK, "dout.sum(0)", "dout.mean(0)", ARGS),
    (RELU, "relu_forward", RELU_BACK, "dout * (cache > 0)", "dout * (cache < 0)", ARGS[:1]),
    (MASKED, "forward", MASKED_BACK, "dout * mask", "dout", ARGS[:1]),
    (SIGMOID, "sig_fwd", SIGMOID_BACK, "dout * s * (1 - s)", "dout * s", ARGS[:1]),
]


@pytest.mark.parametrize(("source", "name", "backward", "right", "wrong", "args"), HALVES, ids=lambda x: None)
def test_the_backward_half_beside_it_is_used(source, name, backward, right, wrong, args):
    found = gw.check(getattr(module_of(source + backward.format(right)), name), *args)
    assert ends_in(found) == 0, found
    assert "backward" in found.source or "bwd" in found.source
    assert ends_in(gw.check(getattr(module_of(source + backward.format(wrong)), name), *args)) == 1


def test_a_function_whose_gradient_is_its_input():
    """(y, x) is the gradient of x * y; only what lies in its own place is a cache."""
    assert gw.check(lambda x, y: (x * y, (y, x)), 3.0, -4.0)


# --------------------------------------------------------------------------------------------- names, shapes, places


def loss_by_name(X, y, w, b):
    miss = X @ w + b - y
    db = 2 * np.mean(miss)
    dw = 2 * X.T @ miss / len(y)
    return np.mean(miss**2), db, dw


def loss_by_name_in_a_tuple(X, y, w, b):
    loss, db, dw = loss_by_name(X, y, w, b)
    return loss, (dw, db)


def loss_in_a_list(X, y, w, b):
    loss, db, dw = loss_by_name(X, y, w, b)
    grads = [dw, db]
    return loss, grads


def wrong_by_name(X, y, w, b):
    loss, db, dw = loss_by_name(X, y, w, b)
    dw = dw / 2
    return loss, dw, db


DATA = (N(size=(5, 3)), N(size=5), N(size=3), 0.3)


@pytest.mark.parametrize("f", [loss_by_name, loss_by_name_in_a_tuple, loss_in_a_list])
def test_gradients_are_matched_by_name_and_shape(f):
    report = gw.check(f, *DATA)
    assert ends_in(report) == 0, report
    assert set(report.not_given) == {"X", "y"}
    assert {p.name: p.verdict for p in report.parameters} == {"w": "right", "b": "right"}


def test_a_wrong_one_is_found_under_its_name():
    report = gw.check(wrong_by_name, *DATA)
    assert {p.name: p.verdict for p in report.parameters} == {"w": "wrong", "b": "right"}


def test_values_without_names_are_matched_by_shape():
    X, y, w, b = DATA
    _, db, dw = loss_by_name(*DATA)
    f = lambda X, y, w, b: np.mean((X @ w + b - y) ** 2)  # noqa: E731
    assert ends_in(gw.check(f, X, y, w, b, gradient=(dw, db))) == 0
    assert ends_in(gw.check(f, X, y, w, b, gradient=(dw, 2 * db))) == 1


def test_lists_of_numbers_and_of_matrices():
    def f(ws, x):
        return ws[0] * x[0] + ws[1] * x[1] ** 2

    ws, x = [2.0, -3.0], [1.0, 4.0]
    assert gw.check(f, ws, x, gradient=([1.0, 16.0], [2.0, -24.0]))
    assert ends_in(gw.check(f, ws, x, gradient=([1.0, 16.0], [2.0, 24.0]))) == 1
    assert gw.check(f, ws, x, gradient=[[1.0, 16.0], [2.0, -24.0]])
    matrices = {"layers": [N(size=(3, 2)), N(size=(2, 3))]}

    def net(params):
        A, B = params["layers"]
        return np.sum(A @ B)

    A, B = matrices["layers"]
    ones = np.ones((3, 3))
    assert gw.check(net, matrices, gradient={"layers": [ones @ B.T, A.T @ ones]})
    assert ends_in(gw.check(net, matrices, gradient={"layers": [ones @ B.T, 2 * A.T @ ones]})) == 1


# --------------------------------------------------------------------------------------------------- settings and data


def conv(x, w, stride, pad):
    x = np.pad(x, pad)
    out = np.array([np.sum(x[k : k + len(w)] * w) for k in range(0, len(x) - len(w) + 1, stride)])
    return np.sum(out)


def conv_gradients(x, w, stride, pad):
    padded = np.pad(x, pad)
    dx, dw = np.zeros_like(padded), np.zeros_like(w)
    for k in range(0, len(padded) - len(w) + 1, stride):
        dw += padded[k : k + len(w)]
        dx[k : k + len(w)] += w
    return dx[pad:-pad], dw


def test_whole_numbers_beside_arrays_stay_whole():
    x, w = N(size=7), N(size=3)
    assert ends_in(gw.check(conv, x, w, 2, 1, gradient=conv_gradients)) == 0
    assert ends_in(gw.check(conv, x, w, stride=2, pad=1, gradient=conv_gradients)) == 0


def test_settings_are_no_parameters():
    def batchnorm(x, gamma, beta, bn_param):
        eps, mode = bn_param["eps"], bn_param["mode"]
        assert mode == "train"
        assert type(bn_param["steps"]) is int
        xhat = (x - x.mean(0)) / np.sqrt(x.var(0) + eps)
        return gamma * xhat + beta, (xhat, gamma, x.var(0) + eps)

    def backward(dout, cache):
        xhat, gamma, var = cache
        dx = gamma / np.sqrt(var) * (dout - dout.mean(0) - xhat * (dout * xhat).mean(0))
        return dx, (dout * xhat).sum(0), dout.sum(0)

    setting = {"mode": "train", "eps": 1e-5, "momentum": 0.9, "steps": 3, "axes": [0, 1]}
    args = N(size=(5, 3)), N(size=3), N(size=3), setting
    assert ends_in(gw.check(batchnorm, *args, backward=backward)) == 0


def test_flags_and_lists_of_whole_numbers():
    def f(x, flags, order, axis=0):
        y = x[order] if flags["sorted"] else x
        return np.sum(np.mean(y * [1.0, 2.0, 3.0, 4.0], axis=axis) ** 2)

    assert ends_in(gw.check(f, N(size=4), {"sorted": True, "verbose": False}, [2, 0, 1, 3])) == 0
    assert ends_in(gw.check(f, N(size=4), {"sorted": False}, (2, 0, 1, 3), axis=0)) == 0


def test_whole_numbers_alone_are_still_moved():
    assert gw.check(lambda x, y: (x * y, (y, x)), 3, -4)
    assert ends_in(gw.check(lambda x, y: (x * y, (y, -x)), 3, -4)) == 1
    assert gw.check(lambda x, y: (x**y, (y * x ** (y - 1), x**y * np.log(x))), 3.0, 2)


@pytest.mark.parametrize("name", ["X", "y", "data", "target", "labels", "inputs", "y_true"])
def test_data_needs_no_gradient(name):
    space: dict = {"np": np}
    exec(f"def f({name}, w):\n    return np.sum({name} * w), {{'w': {name} * 1.0}}\n", space)
    report = gw.check(space["f"], N(size=3), N(size=3))
    assert ends_in(report) == 0, report
    assert report.not_given == (name,)


def test_a_parameter_needs_one():
    report = gw.check(lambda w, v, X: (np.sum(w * v * X), {"w": v * X}), N(size=3), N(size=3), N(size=3))
    assert ends_in(report) == 3
    assert str(report).startswith("right for w; v was not given")


# --------------------------------------------------------------------------------------- several outputs, and a cost


def lstm_step(x, h, c):
    a = np.tanh(x + h)
    next_c = c * a + x
    next_h = a * np.tanh(next_c)
    return next_h, next_c, (a, c, next_c)


def lstm_back(dh, dc, cache):
    a, c, next_c = cache
    t = np.tanh(next_c)
    dc = dc + dh * a * (1 - t**2)
    da = dh * t + dc * c
    dz = da * (1 - a**2)
    return dz + dc, dz, dc * a


def test_several_outputs_have_several_upstreams():
    args = N(size=(2, 3)), N(size=(2, 3)), N(size=(2, 3))
    assert ends_in(gw.check(lstm_step, *args, backward=lstm_back)) == 0
    wrong = lambda dh, dc, cache: lstm_back(dh, 0 * dc, cache)  # noqa: E731
    assert ends_in(gw.check(lstm_step, *args, backward=wrong)) == 1

    def in_a_pair(x, h, c):
        next_h, next_c, cache = lstm_step(x, h, c)
        return (next_h, next_c), cache

    assert ends_in(gw.check(in_a_pair, *args, backward=lstm_back)) == 0
    assert ends_in(gw.check(in_a_pair, *args, backward=lambda douts, cache: lstm_back(*douts, cache))) == 0
    upstream = (np.ones((2, 3)), np.zeros((2, 3)))
    assert ends_in(gw.check(lstm_step, *args, backward=lstm_back, upstream=upstream)) == 0


def test_a_cost_has_no_upstream():
    def cost(w, x):
        return np.sum((w - x) ** 2), (w, x)

    args = N(size=3), N(size=3)
    assert (
        ends_in(gw.check(cost, *args, backward=lambda cache: (2 * (cache[0] - cache[1]), 2 * (cache[1] - cache[0]))))
        == 0
    )
    assert ends_in(gw.check(cost, *args, backward=lambda w, x: (2 * (w - x), 2 * (x - w)))) in (0, 1)
    assert (
        ends_in(
            gw.check(
                cost,
                *args,
                backward=lambda dout, cache: (2 * (cache[0] - cache[1]) * dout, 2 * (cache[1] - cache[0]) * dout),
            )
        )
        == 0
    )
    assert ends_in(gw.check(cost, *args, backward=lambda cache: (cache[0] - cache[1], cache[1] - cache[0]))) == 1
    assert (
        ends_in(
            gw.check(
                cost,
                *args,
                backward=lambda cache, dout=1.0: (2 * dout * (cache[0] - cache[1]), 2 * dout * (cache[1] - cache[0])),
            )
        )
        == 0
    )


# ------------------------------------------------------------------------------------------------------- as they come


def svm_loss(W, X, y, reg):
    scores = X @ W
    margins = np.maximum(scores - scores[np.arange(len(y)), y][:, None] + 1, 0)
    margins[np.arange(len(y)), y] = 0
    mask = (margins > 0) * 1.0
    mask[np.arange(len(y)), y] = -mask.sum(axis=1)
    dW = X.T @ mask / len(y) + 2 * reg * W
    return margins.sum() / len(y) + reg * np.sum(W * W), dW


@pytest.mark.parametrize("labels", [np.array([0, 1, 2, 1, 0]), [0, 1, 2, 1, 0]])
def test_a_loss_of_the_course_with_labels_and_a_rate(labels):
    report = gw.check(svm_loss, N(size=(4, 3)), N(size=(5, 4)), labels, 0.1)
    assert ends_in(report) == 0, report


def test_a_list_of_parameters_and_a_list_of_gradients():
    def loss(params, X, y, off=1.0):
        miss = X @ params[0] + params[1] - y
        return np.sum(miss**2), [2 * X.T @ miss, 2 * miss.sum(axis=0)]

    def wrong(params, X, y):
        value, (dW, db) = loss(params, X, y)
        return value, [dW, 0.5 * db]

    args = [N(size=(4, 2)), N(size=2)], N(size=(5, 4)), N(size=(5, 2))
    assert ends_in(gw.check(loss, *args)) == 0
    assert ends_in(gw.check(wrong, *args)) == 1


def test_what_is_no_gradient_by_name_and_shape():
    source = (
        "def f(W, X):\n    scores = X @ W\n    accuracy = float(np.mean(scores > 0))\n"
        "    return np.sum(scores**2), accuracy\n"
    )
    report = gw.check(module_of(source).f, N(size=(4, 3)), N(size=(5, 4)))
    assert ends_in(report) == 3
    assert "gatewise's own" in str(report)


NAIVE = """\
def conv_forward_naive(x, w, conv_param):
    s = conv_param["stride"]
    out = np.array([x[i * s : i * s + len(w)] @ w for i in range((len(x) - len(w)) // s + 1)])
    return out, (x, w, conv_param)
def conv_backward_naive(dout, cache):
    x, w, conv_param = cache
    s = conv_param["stride"]
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in range(len(dout)):
        dx[i * s : i * s + len(w)] += dout[i] * w
        dw += dout[i] * x[i * s : i * s + len(w)]
    return dx, dw
"""


def test_halves_with_settings():
    args = N(size=7), N(size=3), {"stride": 2, "pad": 0}
    assert ends_in(gw.check(module_of(NAIVE).conv_forward_naive, *args)) == 0
    assert ends_in(gw.check(module_of(NAIVE.replace("dw += ", "dw = ")).conv_forward_naive, *args)) == 1


def test_halves_with_several_outputs_beside_each_other():
    source = (
        "def step_forward(x, h):\n    a = np.tanh(x + h)\n    b = a * h\n    cache = (a, h)\n    return a, b, cache\n"
        "def step_backward(da, db, cache):\n    a, h = cache\n    da = da + db * h\n    dx = da * (1 - a**2)\n"
        "    dh = dx + db * a\n    return dx, dh\n"
    )
    args = N(size=3), N(size=3)
    assert ends_in(gw.check(module_of(source).step_forward, *args)) == 0
    assert ends_in(gw.check(module_of(source.replace("dx + db * a", "dx")).step_forward, *args)) == 1


LAYERS = """
def loss(layers, X):
    values = [X]
    for layer in layers:
        values.append(np.tanh(values[-1] @ layer["W"] + layer["b"]))
    d, grads = values[-1], []
    for layer, out, inp in zip(layers[::-1], values[:0:-1], values[-2::-1]):
        d = d * (1 - out**2)
        grads.insert(0, {"W": inp.T @ d, "b": d.sum(0)})
        d = d @ layer["W"].T
    return 0.5 * np.sum(values[-1] ** 2), grads
"""
PAIRS = LAYERS.replace('layer["W"]', "layer[0]").replace('layer["b"]', "layer[1]")
PAIRS = PAIRS.replace('{"W": inp.T @ d, "b": d.sum(0)}', "(inp.T @ d, d.sum(0))")
NESTED = [
    (LAYERS, "dict"),
    (LAYERS.replace('{"W": inp.T @ d, "b"', '{"dW": inp.T @ d, "db"'), "dict"),
    (PAIRS, "tuple"),
    (PAIRS.replace(", grads\n", ", tuple(grads)\n"), "tuple"),
]


@pytest.mark.parametrize(("source", "kind"), NESTED)
def test_gradients_in_the_structure_of_one_argument(source, kind):
    made = [(N(size=(3, 3)), N(size=3)), (N(size=(3, 3)), N(size=3))]
    layers = made if kind == "tuple" else [{"W": W, "b": b} for W, b in made]
    assert ends_in(gw.check(module_of(source).loss, layers, N(size=(4, 3)))) == 0
    assert ends_in(gw.check(module_of(source.replace("d.sum(0)", "d.mean(0)")).loss, layers, N(size=(4, 3)))) == 1
    report = gw.check(module_of(source.replace("d.sum(0)", "d")).loss, layers, N(size=(4, 3)))
    assert ends_in(report) == 1
    assert "the gradient has shape (4, 3)" in str(report)


def test_gradients_of_the_entries_of_a_dict_by_their_names():
    source = (
        "def loss(params, X, y):\n    d = X @ params['w'] + params['c'] - y\n"
        "    return 0.5 * np.sum(d**2), {'dw': X.T @ d, 'dc': d.sum(0)}\n"
    )
    args = {"w": N(size=(3, 2)), "c": N(size=2)}, N(size=(5, 3)), N(size=(5, 2))
    assert ends_in(gw.check(module_of(source).loss, *args)) == 0
    assert ends_in(gw.check(module_of(source.replace("d.sum(0)", "d.mean(0)")).loss, *args)) == 1


@pytest.mark.parametrize(
    "returned",
    ["scores, X.T @ d", "accuracy, X.T @ d", "accuracy, dW", "scores, accuracy, dW", "{'W': dW, 'scores': scores}"],
)
def test_values_beside_gradients_are_no_gradients(returned):
    source = (
        "def loss(W, X, y):\n    scores = X @ W\n    d = scores - y\n    accuracy = np.mean(np.abs(d) < 1)\n"
        f"    dW = X.T @ d\n    return 0.5 * np.sum(d**2), {returned}\n"
    )
    args = N(size=(3, 3)), N(size=(5, 3)), N(size=(5, 3))
    assert ends_in(gw.check(module_of(source).loss, *args)) == 0
    assert ends_in(gw.check(module_of(source.replace("X.T @ d", "X.T @ scores")).loss, *args)) == 1


def test_a_value_that_may_be_a_gradient_is_not_put_aside():
    source = "def f(w, v):\n    r = w * v\n    p = v.copy()\n    return np.sum(r), p, w\n"
    assert ends_in(gw.check(module_of(source).f, N(size=3), N(size=3))) == 0
    assert ends_in(gw.check(module_of(source.replace("p = v.copy()", "p = 2 * v")).f, N(size=3), N(size=3))) == 1


def test_a_backward_half_may_write_into_its_cache():
    source = (
        "def sigmoid_forward(x):\n    out = 1 / (1 + np.exp(-x))\n    return out, out\n"
        "def sigmoid_backward(dout, out):\n    out *= 1 - out\n    out *= dout\n    return out\n"
    )
    assert ends_in(gw.check(module_of(source).sigmoid_forward, N(size=(3, 2)))) == 0
    assert ends_in(gw.check(module_of(source.replace("1 - out", "1 + out")).sigmoid_forward, N(size=(3, 2)))) == 1


@pytest.mark.parametrize("g", [[np.ones((3, 1)), np.ones(2)], [[1.0, 2.0], [3.0]]])
def test_a_ragged_gradient_is_an_error_that_says_so(g):
    with pytest.raises(gw.GatewiseError, match="several shapes"):
        gw.check(lambda W: np.sum(W**2), N(size=(3, 1)), gradient={"W": g})
