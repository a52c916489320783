"""Kinds of programs whose lines were not told, or told wrongly: each right, and with mistakes of its kind."""

from __future__ import annotations

import pytest

from check.outsiders import changed, outcome, report_on

RNN = """\
import numpy as np


def rnn_loss(x, h0, Wx, Wh, target):
    n, steps, _ = x.shape
    h = np.zeros((n, steps, h0.shape[1]))
    prev = h0
    for t in range(steps):
        prev = np.tanh(x[:, t] @ Wx + prev @ Wh)
        h[:, t] = prev
    diff = h[:, -1] - target
    loss = 0.5 * np.sum(diff**2)
    dWx, dWh = np.zeros_like(Wx), np.zeros_like(Wh)
    dnext = diff
    for t in range(steps - 1, -1, -1):
        before = h[:, t - 1] if t > 0 else h0
        da = dnext * (1 - h[:, t] ** 2)
        dWx += x[:, t].T @ da
        dWh += before.T @ da
        dnext = da @ Wh.T
    dh0 = dnext
    return loss, {"h0": dh0, "Wx": dWx, "Wh": dWh, "target": -diff.sum(axis=0)}
"""
RNN_CALL = (
    "gw.check(m.rnn_loss, rng.normal(size=(2, 3, 2)), rng.normal(size=(2, 3)), 0.5 * rng.normal(size=(2, 3)),"
    " 0.5 * rng.normal(size=(3, 3)), rng.normal(size=3), leave_out='x')"
)

TRACK = """\
import numpy as np


def states(z, E, A, b, n):
    x = E @ z
    xs = [x]
    for _ in range(n):
        x = x + 0.2 * np.tanh(A @ x + b)
        xs.append(x)
    return xs


def track(z, E, A, b, ref):
    xs = states(z, E, A, b, len(ref))
    return sum(0.5 * np.sum((x - r) ** 2) for x, r in zip(xs[1:], ref))


def track_grad(z, E, A, b, ref):
    n = len(ref)
    xs = states(z, E, A, b, n)
    gA, gb = np.zeros_like(A), np.zeros_like(b)
    mu = np.zeros(len(b))
    for k in range(n, 0, -1):
        mu = mu + xs[k] - ref[k - 1]
        was = xs[k - 1]
        w = 0.2 * (1 - np.tanh(A @ xs[k - 1] + b) ** 2) * mu
        gA += np.outer(w, was)
        gb += w
        mu = mu + A.T @ w
    gE = np.outer(mu, z)
    gz = E.T @ mu
    return gz, gE, gA, gb
"""
TRACK_CALL = (
    "gw.check(m.track, rng.normal(size=2), 0.5 * rng.normal(size=(3, 2)), 0.5 * rng.normal(size=(3, 3)),"
    " rng.normal(size=3), ref=rng.normal(size=(4, 3)), gradient=m.track_grad, leave_out='ref')"
)

WINE = """\
import numpy as np

rng = np.random.RandomState(7)
raw = rng.rand(24, 5) * np.array([14, 4, 3, 100, 2]) + 3
quality = rng.randint(0, 3, size=24)
X = (raw - raw.mean(axis=0)) / raw.std(axis=0)
n = X.shape[0]
Y = np.zeros((n, 3))
Y[np.arange(n), quality] = 1
params = {"W1": rng.randn(5, 6) * 0.5, "b1": np.full((1, 6), 0.1), "W2": rng.randn(6, 3) * 0.5}
velocity = {k: np.zeros_like(v) for k, v in params.items()}
for epoch in range(3):
    a1 = np.tanh(X.dot(params["W1"]) + params["b1"])
    z2 = a1.dot(params["W2"])
    ex = np.exp(z2 - z2.max(axis=1, keepdims=True))
    probs = ex / ex.sum(axis=1, keepdims=True)
    loss = -np.sum(Y * np.log(probs)) / n
    grads = {}
    delta = (probs - Y) / n
    grads["W2"] = a1.T.dot(delta)
    delta = delta.dot(params["W2"].T) * (1 - a1**2)
    grads["W1"] = X.T.dot(delta)
    grads["b1"] = delta.sum(axis=0, keepdims=True)
    for k in params:
        velocity[k] = 0.9 * velocity[k] - 0.1 * grads[k]
        params[k] += velocity[k]
"""
HOUSES = """\
import numpy as np

np.random.seed(3)
data = np.random.rand(30, 4) * 10
y = data @ np.array([[0.3], [-0.2], [0.5], [0.1]])
features = (data - data.mean(axis=0)) / data.std(axis=0)
p = dict(w1=np.random.randn(4, 5) / 2, b1=np.random.randn(5) / 10, w2=np.random.randn(5, 1) / 2, b2=np.random.randn(1))
for it in range(2):
    h = 1 / (1 + np.exp(-(features @ p["w1"] + p["b1"])))
    error = h @ p["w2"] + p["b2"] - y
    mse = np.mean(error**2)
    d_pred = 2 * error / len(y)
    g = {}
    g["w2"] = h.T @ d_pred
    g["b2"] = d_pred.sum(axis=0)
    d_h = d_pred @ p["w2"].T
    d_in = d_h * h * (1 - h)
    g["w1"] = features.T @ d_in
    g["b1"] = d_in.sum(axis=0)
    for key in p:
        p[key] = p[key] - 0.05 * g[key]
"""

RBF = """\
import numpy as np


def rbf_net(centres, widths, weights, X, T):
    diff = X[:, None, :] - centres[None, :, :]
    sq = (diff**2).sum(axis=2)
    phi = np.exp(-sq / (2 * widths**2))
    err = phi @ weights - T
    cost = 0.5 * np.mean(err**2)
    d_out = err / len(X)
    d_weights = phi.T @ d_out
    d_arg = (d_out @ weights.T) * phi
    d_sq = -d_arg / (2 * widths**2)
    d_widths = (d_arg * sq / widths**3).sum(axis=0)
    d_diff = 2 * diff * d_sq[:, :, None]
    d_centres = -d_diff.sum(axis=0)
    return cost, {"centres": d_centres, "widths": d_widths, "weights": d_weights}
"""
RBF_CALL = (
    "gw.check(m.rbf_net, rng.normal(size=(4, 2)), 0.7 + 0.3 * rng.random(size=4), rng.normal(size=(4, 1)),"
    " rng.normal(size=(9, 2)), rng.normal(size=(9, 1)), leave_out=('X', 'T'))"
)

HINGE = """\
import numpy as np


def hinge(w, b, X, t, lam):
    slack = 1 - t * (X.dot(w) + b)
    active = slack > 0
    obj = 0.5 * lam * w.dot(w) + np.mean(np.where(active, slack, 0) ** 2)
    g = np.zeros(len(t))
    g[active] = -2 * t[active] * slack[active]
    g /= len(t)
    return obj, X.T.dot(g) + lam * w, g.sum()
"""
HINGE_CALL = (
    "gw.check(m.hinge, rng.normal(size=5), 0.2, X=rng.normal(size=(10, 5)), t=np.sign(rng.normal(size=10)), lam=0.1)"
)

NORM = """\
import numpy as np


def block(x, W, target):
    m = x.mean(axis=1, keepdims=True)
    s = np.sqrt(((x - m) ** 2).mean(axis=1, keepdims=True) + 1e-5)
    z = (x - m) / s
    y = x + np.tanh(z @ W)
    loss = np.sum((y - target) ** 2)
    gy = 2 * (y - target)
    ga = gy * (1 - np.tanh(z @ W) ** 2)
    gW = z.T @ ga
    gz = ga @ W.T
    gx = (gz - gz.mean(axis=1, keepdims=True) - z * (gz * z).mean(axis=1, keepdims=True)) / s
    gx = gx + gy
    return loss, gx, gW
"""
NORM_CALL = "gw.check(m.block, rng.normal(size=(3, 4)), rng.normal(size=(4, 4)), target=rng.normal(size=(3, 4)))"

PROGRAMS = {
    "rnn": (RNN, RNN_CALL),
    "track": (TRACK, TRACK_CALL),
    "wine": (WINE, "script"),
    "houses": (HOUSES, "script"),
    "rbf": (RBF, RBF_CALL),
    "hinge": (HINGE, HINGE_CALL),
    "norm": (NORM, NORM_CALL),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_as_they_stand_all_are_right(name):
    source, call = PROGRAMS[name]
    report = report_on(source, call)
    assert report.verdict == "right", report
    assert not report.mistakes


def lines_told(name, right, wrong):
    """The line that is made wrong, and what is said of it."""
    source, call = PROGRAMS[name]
    lines = [k for k, line in enumerate(source.splitlines(), 1) if line.strip() == right]
    assert len(lines) == 1, lines
    found = outcome(changed(source, lines[0], wrong), call)
    assert found.verdict == "wrong"
    assert not found.bad_cures
    return lines[0], found


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("rnn", "before = h[:, t - 1] if t > 0 else h0", "before = h[:, t - 1]"),
        ("rnn", "before = h[:, t - 1] if t > 0 else h0", "before = h[:, t - 1] if t > 0 else np.zeros_like(h0)"),
        ("rnn", "dnext = da @ Wh.T", "dnext = da @ (Wh.T if t > 0 else Wh)"),
        ("track", "was = xs[k - 1]", "was = xs[max(k - 1, 1)]"),
        ("track", "mu = mu + A.T @ w", "mu = mu + (A.T if k > 1 else A) @ w"),
        ("track", "mu = mu + A.T @ w", "mu = (mu if k > 1 else 0) + A.T @ w"),
    ],
)
def test_a_line_that_goes_wrong_in_its_last_round_alone_is_named_itself(name, right, wrong):
    line, found = lines_told(name, right, wrong)
    assert found.named == (line,)


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("wine", "delta = (probs - Y) / n", "delta = probs - Y"),
        ("wine", 'grads["b1"] = delta.sum(axis=0, keepdims=True)', 'grads["b1"] = delta.mean(axis=0, keepdims=True)'),
        ("wine", 'grads["W1"] = X.T.dot(delta)', 'grads["W1"] = raw.T.dot(delta)'),
        ("houses", "d_pred = 2 * error / len(y)", "d_pred = error / len(y)"),
        ("houses", "d_in = d_h * h * (1 - h)", "d_in = d_h * h"),
        ("houses", 'g["w1"] = features.T @ d_in', 'g["w1"] = features.T @ d_h'),
    ],
)
def test_parameters_may_stand_in_a_dict_of_a_script(name, right, wrong):
    line, found = lines_told(name, right, wrong)
    assert found.named == (line,)


def test_of_two_lines_that_could_lack_a_factor_the_first_that_is_off_its_name_is_named():
    line, found = lines_told("rbf", "d_sq = -d_arg / (2 * widths**2)", "d_sq = -d_arg / widths**2")
    assert found.named == (line,)


def test_lengths_in_the_ratio_of_a_missing_number_accuse_no_line():
    wrong = "g[active] = -t[active] * slack[active]"
    line, found = lines_told("hinge", "g[active] = -2 * t[active] * slack[active]", wrong)
    assert found.named in ((), (line,))
    assert line in (*found.named, *found.among)


def test_a_part_of_the_gradient_of_its_name_is_right_where_a_later_line_has_the_rest():
    line, found = lines_told("norm", "gx = gx + gy", "gx = gx * gy")
    assert found.named == (line,)
