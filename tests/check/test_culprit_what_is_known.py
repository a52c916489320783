"""What tells wrong lines apart: what the forward pass had, which entries are wrong, and what comes back each time."""

from __future__ import annotations

import pytest

from check.outsiders import changed, report_on


def of(source: str, line: int, wrong: str, call: str):
    """What is said where one line is another: the lines named, those it is one of, and the report."""
    assert report_on(source, call).verdict == "right"
    report = report_on(changed(source, line, wrong), call)
    assert report.verdict == "wrong"
    return [m.line for m in report.mistakes], [s.line for s in report.suspects], report


WEIGHTED = """\
import numpy as np

def loss(z, t):
    pos = t == 1
    a = np.where(pos, 0.25, 0.75)
    p = 1 / (1 + np.exp(-z))
    q = np.where(pos, p, 1 - p)
    return np.sum(-a * (1 - q)**2 * np.log(q))

def grad(z, t):
    pos = t == 1
    p = 1 / (1 + np.exp(-z))
    q = np.where(pos, p, 1 - p)
    sign = np.where(pos, 1.0, -1.0)
    a = np.where(pos, 0.25, 0.75)
    dq = 2 * (1 - q) * np.log(q) - (1 - q)**2 / q
    return a * dq * sign * p * (1 - p)
"""
OF_WEIGHTED = "gw.check(m.loss, rng.normal(size=(4, 3)), (rng.random((4, 3)) < 0.4).astype(int), gradient=m.grad)"


def test_a_constant_of_the_forward_pass_that_is_another_one_is_named_and_no_line_that_uses_it():
    named, _, report = of(WEIGHTED, 15, "a = np.where(pos, 0.75, 0.25)", OF_WEIGHTED)
    assert named == [15]
    assert set(report.mistakes[0].should.ravel()) == {0.25, 0.75}
    assert of(WEIGHTED, 17, "return a * dq * sign * (1 - p)", OF_WEIGHTED)[0] == [17]


VECTOR = """\
import numpy as np

def f(h, x):
    a, b, c = np.exp(h)
    return np.sum(a * np.tanh(b * x)) + c**2

def grad(h, x):
    a, b, c = np.exp(h)
    ga = np.sum(np.tanh(b * x)) * a
    gb = np.sum(a * (1 - np.tanh(b * x)**2) * x) * b
    gc = 2 * c * c
    return np.array([ga, gb, gc])
"""


@pytest.mark.parametrize(("line", "wrong"), [(10, "gb = np.sum(a * (1 - np.tanh(b * x)) * x) * b"), (11, "gc = c * c")])
def test_lines_that_make_right_entries_of_a_wrong_gradient_are_no_suspects(line, wrong):
    call = 'gw.check(m.f, np.array([0.3, -0.4, 0.2]), rng.normal(size=5), gradient=m.grad, leave_out="x")'
    named, among, _ = of(VECTOR, line, wrong, call)
    assert named == [line] or (not named and set(among) <= {line, 12})


TERMS = """\
import numpy as np

def f(u, r):
    d = 1.0 / u
    q = (r - d) / (u - d)
    v = q * u + r * d
    d_bar = r
    q_bar = u
    u_bar = 0.0
    u_bar += q
    r_bar = d + q_bar / (u - d)
    d_bar = d_bar + q_bar * (r - u) / (u - d)**2
    u_bar += -q_bar * (r - d) / (u - d)**2 - d_bar / u**2
    return v, (u_bar, r_bar)
"""


def test_a_term_that_was_at_hand_and_is_not_added_names_the_line_of_the_sum():
    named, _, _ = of(TERMS, 13, "u_bar += -q_bar * (r - d) / (u - d)**2", "gw.check(m.f, 1.7, 0.6)")
    assert named == [13]


LAYERS = """\
import numpy as np

class Affine:
    def __init__(self, W):
        self.W = W

    def there(self, x):
        self.x = x
        return x @ self.W

    def back(self, d):
        self.dW = self.x.T @ d
        return d @ self.W.T

class Leaky:
    def there(self, x):
        self.x = x
        return np.where(x > 0, x, 0.2 * x)

    def back(self, d):
        return np.where(self.x > 0, d, 0.2 * d)

class Net:
    def __init__(self, rng):
        self.layers = [Affine(rng.normal(size=(3, 4))), Leaky(), Affine(rng.normal(size=(4, 2)))]
        self.params = {"W1": self.layers[0].W, "W2": self.layers[2].W}

    def loss(self, X):
        a = X
        for layer in self.layers:
            a = layer.there(a)
        d = 2 * a
        for layer in reversed(self.layers):
            d = layer.back(d)
        return np.sum(a**2), {"W1": self.layers[0].dW, "W2": self.layers[2].dW}
"""


@pytest.mark.parametrize(
    ("line", "wrong"),
    [(12, "self.dW = 2 * self.x.T @ d"), (21, "return np.where(self.x > 0, d, 0)")],
)
def test_arrays_that_parameters_share_with_layers_are_seen_there(line, wrong):
    call = '(lambda net: gw.check(net.loss, rng.normal(size=(5, 3)), parameters=net.params, leave_out="X"))(m.Net(rng))'
    assert of(LAYERS, line, wrong, call)[0] == [line]


STATES = """\
import numpy as np

def f(U, V, b, xs):
    h, kept, total = np.zeros(3), [], 0.0
    for x in xs:
        z = 1 / (1 + np.exp(-(U @ h + b)))
        kept.append((h, z, x))
        h = z * h + (1 - z) * np.tanh(x)
        total += np.sum((V @ h)**2)
    dU, dV, db, dh = np.zeros_like(U), np.zeros_like(V), np.zeros_like(b), np.zeros(3)
    for k in range(len(xs) - 1, -1, -1):
        p, z, x = kept[k]
        now = z * p + (1 - z) * np.tanh(x)
        dV += 2 * np.outer(V @ now, now)
        dh = dh + 2 * V.T @ (V @ now)
        dz = dh * (p - np.tanh(x)) * z * (1 - z)
        dU += np.outer(dz, p)
        db += dz
        dh = dh * z
        dh += U.T @ dz
    return total, (dU, dV, db)
"""


def test_a_line_of_a_loop_is_known_by_the_same_uses_each_time():
    call = (
        "gw.check(m.f, rng.normal(size=(3, 3)), rng.normal(size=(2, 3)), rng.normal(size=3), rng.normal(size=(3, 3)),"
        ' leave_out="xs")'
    )
    assert of(STATES, 19, "dh = dh", call)[0] == [19]


DEBLUR = """\
import numpy as np
rs = np.random.RandomState(5)
f = rs.rand(4, 5)
u = f + 0.3 * rs.randn(4, 5)
lam = 0.35
res = u - f
ux = np.roll(u, -1, axis=1) - u
mag = np.sqrt(ux**2 + 0.01)
energy = 0.5 * np.sum(res**2) + lam * np.sum(mag)
px = ux / mag
div = px - np.roll(px, 1, axis=1)
grad_u = res - lam * div
u = u - 0.05 * grad_u
"""


def test_the_lines_of_a_script_are_those_of_the_output_that_was_judged():
    """An image called f is no output; a scale that is left out to the end is missing there or before: none is named."""
    named, among, _ = of(DEBLUR, 12, "grad_u = res - div", "script")
    assert not named
    assert {11, 12} <= set(among)
    assert of(DEBLUR, 11, "div = px - np.roll(px, -1, axis=1)", "script")[0] == [11]


LISTS = """\
import numpy as np
rng = np.random.default_rng(7)
W = rng.normal(size=(4, 3))
x = rng.normal(size=(3, 5))
y = rng.uniform(size=(4, 5))
a = np.tanh(W @ x)
C = 0.5 * np.sum((a - y)**2) / x.shape[1]
delta = (a - y) * (1 - a**2)
dW = delta @ x.T / x.shape[1]
W -= 0.1 * dW
"""


def test_a_number_that_nothing_is_made_of_is_the_loss():
    assert report_on(LISTS, "script").name == "C"
    assert of(LISTS, 9, "dW = delta @ x.T", "script")[0] != [8]


def test_a_cure_of_another_convention_is_not_shown():
    """`dZ = A - Y` with 1/m in each gradient: the line is named, and no cure that would have 1/m in dZ."""
    source = """\
import numpy as np
rng = np.random.default_rng(3)
X = rng.normal(size=(4, 6))
Y = np.array([[1, 0, 1, 1, 0, 0]])
m = X.shape[1]
W = rng.normal(size=(1, 4))
b = np.zeros((1, 1))
lambd = 0.7
A = 1 / (1 + np.exp(-(W @ X + b)))
cost = -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / m + lambd / (2 * m) * np.sum(W**2)
dZ = A - Y
dW = dZ @ X.T / m + lambd / m * W
db = np.sum(dZ, axis=1, keepdims=True) / m
"""
    named, _, report = of(source, 12, "dW = dZ @ X.T / m + lambd * W", "script")
    assert named == [12]
    assert "X.T + " not in report.mistakes[0].cure


def test_the_step_beside_is_found():
    source = """\
import numpy as np

def f(w, x):
    s = np.zeros(len(x) + 1)
    for t in range(len(x)):
        s[t + 1] = np.tanh(w * s[t] + x[t])
    dw = ds = 0.0
    dx = np.zeros(len(x))
    ds = 1.0
    for t in range(len(x) - 1, -1, -1):
        dz = ds * (1 - s[t + 1]**2)
        dw += dz * s[t]
        dx[t] = dz
        ds = dz * w
    return s[-1], (dw, dx)
"""
    assert of(source, 12, "dw += dz * s[t + 1]", "gw.check(m.f, 0.8, np.array([0.3, -0.2, 0.5]))")[0] == [12]
    assert of(source, 11, "dz = ds * (1 - s[t]**2)", "gw.check(m.f, 0.8, np.array([0.3, -0.2, 0.5]))")[0] == [11]
