"""Flat scripts as students and engineers write them: right ones, each with a mistake that can be planted in it.

`Written(name, text, (line, wrong line), status)`: the text is right, and `gatewise check` ends in `status`; with the
line replaced it is wrong, and must not end in 0.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

DATA = """\
import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(6, 3))
T = rng.normal(size=(6, 2))
"""
LINEAR = DATA + "W = rng.normal(size=(3, 2))\n"
NET = DATA + "W1 = rng.normal(size=(3, 4))\nW2 = rng.normal(size=(4, 2))\n"
PASS = """\
z = X @ W1
h = np.tanh(z)
y = h @ W2
loss = np.sum((y - T)**2)
dy = 2 * (y - T)
dW2 = h.T @ dy
dh = dy @ W2.T
dz = dh * (1 - h**2)
dW1 = X.T @ dz
"""


@dataclass(frozen=True)
class Written:
    name: str
    text: str
    planted: tuple[str, str] | None = None
    status: int = 0

    @property
    def wrong(self) -> str:
        assert self.planted is not None
        line, instead = self.planted
        assert self.text.count(line) == 1, (self.name, line)
        return self.text.replace(line, instead)


def script(name: str, head: str, text: str, planted: tuple[str, str] | None = None, status: int = 0) -> Written:
    return Written(name, head + textwrap.dedent(text), planted, status)


def linear(name: str, gradient: str, step: str = "") -> Written:
    """A linear layer with a gradient under another name."""
    text = f"Y = X @ W\nloss = np.sum((Y - T)**2)\ndY = 2 * (Y - T)\n{gradient} = X.T @ dY\n{step}\n"
    return Written(name, LINEAR + text, (f"{gradient} = X.T @ dY", f"{gradient} = 3 * X.T @ dY"))


IN_PASS = ("dW1 = X.T @ dz", "dW1 = 3 * X.T @ dz")

WRITTEN = [
    # ------------------------------------------------------------------------------------------------- names
    *(linear(f"named {name}", name) for name in (
        "dW", "grad_w", "W_grad", "gradW", "dL_dW", "dLdW", "dJdW", "dJ_dW", "dloss_dW", "dE_dW", "wgrad", "nabla_w",
        "gW", "nabla_W", "W_gradient", "grad_W", "dw",
    )),
    *(linear(f"used as {name}", name, f"W = W - 0.1 * {name}") for name in (
        "g", "delta_w", "w_g", "grad", "gradient", "update",
    )),
    script("a step with its own name", LINEAR, """\
        Y = X @ W
        loss = np.sum((Y - T)**2)
        dY = 2 * (Y - T)
        dW = X.T @ dY
        delta_W = -0.1 * dW
        W += delta_W
        """, ("dW = X.T @ dY", "dW = 3 * X.T @ dY")),
    # -------------------------------------------------------------------------------- dicts, lists, namespaces
    script("dicts params and grads", DATA, """\
        params = {"W1": rng.normal(size=(3, 4)), "W2": rng.normal(size=(4, 2))}
        grads = {}
        h = np.tanh(X @ params["W1"])
        y = h @ params["W2"]
        loss = np.sum((y - T)**2)
        dy = 2 * (y - T)
        grads["W2"] = h.T @ dy
        dh = dy @ params["W2"].T
        grads["W1"] = X.T @ (dh * (1 - h**2))
        for key in params:
            params[key] -= 0.01 * grads[key]
        """, ('grads["W1"] = X.T', 'grads["W1"] = 2 * X.T')),
    script("a dict gradients, keys with d", NET, PASS + """\
gradients = {"dW1": dW1, "dW2": dW2}
W1 = W1 - 0.1 * gradients["dW1"]
W2 = W2 - 0.1 * gradients["dW2"]
""", IN_PASS),
    script("lists of weights by layer", DATA, """\
        sizes = [3, 5, 4, 2]
        W = [rng.normal(size=(a, b)) * 0.5 for a, b in zip(sizes[:-1], sizes[1:])]
        a = [X]
        for k in range(3):
            a.append(np.tanh(a[-1] @ W[k]))
        loss = np.sum((a[-1] - T)**2)
        dW = [None] * 3
        delta = 2 * (a[-1] - T)
        for k in reversed(range(3)):
            delta = delta * (1 - a[k + 1]**2)
            dW[k] = a[k].T @ delta
            delta = delta @ W[k].T
        for k in range(3):
            W[k] -= 0.1 * dW[k]
        """, ("dW[k] = a[k].T @ delta", "dW[k] = a[k].T @ delta * (1 + k)")),
    script("a list grads beside a list params", NET, PASS + """\
params = [W1, W2]
grads = [dW1, dW2]
for p, g in zip(params, grads):
    p -= 0.1 * g
""", IN_PASS),
    script("grads[0] without a name of its own", NET, """\
        params = [W1, W2]
        z = X @ params[0]
        h = np.tanh(z)
        y = h @ params[1]
        loss = np.sum((y - T)**2)
        dy = 2 * (y - T)
        grads = [None, None]
        grads[1] = h.T @ dy
        dz = dy @ params[1].T * (1 - h**2)
        grads[0] = X.T @ dz
        for p, g in zip(params, grads):
            p -= 0.1 * g
        """, ("grads[0] = X.T @ dz", "grads[0] = 2 * X.T @ dz")),
    script("attributes of an object", LINEAR, """\
        from types import SimpleNamespace
        net = SimpleNamespace(W=W, b=np.zeros(2))
        Y = X @ net.W + net.b
        loss = np.sum((Y - T)**2)
        dY = 2 * (Y - T)
        net.dW = X.T @ dY
        net.db = dY.sum(axis=0)
        net.W -= 0.1 * net.dW
        net.b -= 0.1 * net.db
        """, ("net.db = dY.sum(axis=0)", "net.db = dY.mean(axis=0)")),
    script("dicts in an object", LINEAR, """\
        class Layer:
            pass
        layer = Layer()
        layer.params = {"W": W, "b": np.zeros(2)}
        layer.grads = {}
        Y = X @ layer.params["W"] + layer.params["b"]
        cost = np.mean((Y - T)**2)
        dY = 2 * (Y - T) / Y.size
        layer.grads["W"] = X.T @ dY
        layer.grads["b"] = dY.sum(axis=0)
        """, ('layer.grads["W"] = X.T @ dY', 'layer.grads["W"] = X.T @ dY / 6')),
    script("parameters named in a loop", DATA, """\
        params, grads = {}, {}
        for i, (a, b) in enumerate([(3, 4), (4, 2)], start=1):
            params[f"W{i}"] = rng.normal(size=(a, b))
            params[f"b{i}"] = np.zeros(b)
        h = np.maximum(X @ params["W1"] + params["b1"], 0)
        y = h @ params["W2"] + params["b2"]
        loss = np.mean(np.sum((y - T)**2, axis=1))
        dy = 2 * (y - T) / len(X)
        grads["W2"], grads["b2"] = h.T @ dy, dy.sum(axis=0)
        dh = (dy @ params["W2"].T) * (h > 0)
        grads["W1"], grads["b1"] = X.T @ dh, dh.sum(axis=0)
        for i in (1, 2):
            params[f"W{i}"] -= 0.1 * grads[f"W{i}"]
            params[f"b{i}"] -= 0.1 * grads[f"b{i}"]
        """, ('dh = (dy @ params["W2"].T) * (h > 0)', 'dh = dy @ params["W2"].T')),
    # ---------------------------------------------------------------------------------------- loops and steps
    script("a training loop that prints", NET, "for step in range(30):\n" + textwrap.indent(PASS, "    ") + """\
    W1 -= 0.01 * dW1
    W2 -= 0.01 * dW2
    if step % 10 == 0:
        print(step, loss)
print("done", loss)
""", IN_PASS),
    script("Adam, written out", LINEAR, """\
        m, v = np.zeros_like(W), np.zeros_like(W)
        beta1, beta2, lr, eps = 0.9, 0.999, 0.01, 1e-8
        for t in range(1, 50):
            Y = X @ W
            loss = np.mean((Y - T)**2)
            dW = 2 * X.T @ (Y - T) / Y.size
            m = beta1 * m + (1 - beta1) * dW
            v = beta2 * v + (1 - beta2) * dW**2
            m_hat = m / (1 - beta1**t)
            v_hat = v / (1 - beta2**t)
            W -= lr * m_hat / (np.sqrt(v_hat) + eps)
        """, ("dW = 2 * X.T", "dW = X.T")),
    script("Adam on an unnamed gradient", LINEAR, """\
        m, v = 0, 0
        for t in range(1, 50):
            Y = X @ W
            loss = np.mean((Y - T)**2)
            g = 2 * X.T @ (Y - T) / Y.size
            m = 0.9 * m + 0.1 * g
            v = 0.99 * v + 0.01 * g**2
            W -= 0.01 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.99**t)) + 1e-8)
        """, ("g = 2 * X.T", "g = X.T")),
    script("momentum and decay of the rate", LINEAR, """\
        velocity = np.zeros_like(W)
        lr, decay = 0.1, 0.01
        for epoch in range(20):
            Y = X @ W
            loss = 0.5 * np.sum((Y - T)**2) / len(X)
            dW = X.T @ (Y - T) / len(X)
            velocity = 0.9 * velocity - lr * dW
            W += velocity
            lr = lr / (1 + decay * epoch)
        """, ("dW = X.T @ (Y - T) / len(X)", "dW = X.T @ (Y - T)")),
    script("a momentum called delta", LINEAR, """\
        delta_W = np.zeros_like(W)
        for epoch in range(20):
            Y = X @ W
            loss = 0.5 * np.sum((Y - T)**2)
            grad_W = X.T @ (Y - T)
            delta_W = -0.01 * grad_W + 0.5 * delta_W
            W = W + delta_W
        """, ("grad_W = X.T @ (Y - T)", "grad_W = X.T @ (T - Y)")),
    Written(
        "a step in a function",
        NET + "def sgd(params, grads, lr):\n    for p, g in zip(params, grads):\n        p -= lr * g\n"
        + "for epoch in range(5):\n" + textwrap.indent(PASS, "    ") + "    sgd([W1, W2], [dW1, dW2], 0.1)\n",
        IN_PASS,
    ),
    Written(
        "a step in an object",
        NET + "class SGD:\n    def __init__(self, params, lr):\n        self.params, self.lr = params, lr\n"
        + "    def step(self, grads):\n        for p, g in zip(self.params, grads):\n            p -= self.lr * g\n"
        + "opt = SGD([W1, W2], 0.1)\nfor epoch in range(5):\n" + textwrap.indent(PASS, "    ")
        + "    opt.step([dW1, dW2])\n",
        IN_PASS,
    ),
    script("pairs in a loop", NET, PASS + """\
for param, dparam in [(W1, dW1), (W2, dW2)]:
    param -= 0.1 * dparam
""", IN_PASS),
    script("Adagrad over zip, as in the character net", NET, PASS + """\
mW1, mW2 = np.zeros_like(W1), np.zeros_like(W2)
for param, dparam, mem in zip([W1, W2], [dW1, dW2], [mW1, mW2]):
    mem += dparam * dparam
    param += -0.1 * dparam / np.sqrt(mem + 1e-8)
""", IN_PASS),
    script("one sample at a time", DATA, """\
        w = rng.normal(size=3)
        for epoch in range(3):
            for x, t in zip(X, T[:, 0]):
                s = x @ w
                loss = (s - t)**2
                ds = 2 * (s - t)
                dw = x * ds
                w -= 0.01 * dw
        """, ("dw = x * ds", "dw = x + ds")),
    script("a sum over samples, then a step", DATA, """\
        w = rng.normal(size=3)
        for epoch in range(3):
            loss = 0.0
            dw = np.zeros(3)
            for i in range(len(X)):
                miss = X[i] @ w - T[i, 0]
                loss += miss**2
                dw += 2 * miss * X[i]
            w -= 0.01 * dw
        """, ("dw += 2 * miss * X[i]", "dw = 2 * miss * X[i]")),
    script("the loss is computed after the step", LINEAR, """\
        for epoch in range(20):
            E = X @ W - T
            dW = 2 * X.T @ E
            W -= 0.01 * dW
            loss = np.sum(E**2)
        """, ("dW = 2 * X.T @ E", "dW = X.T @ E")),
    script("the step comes before its gradient is passed on", NET, """\
        z = X @ W1
        h = np.tanh(z)
        y = h @ W2
        loss = np.sum((y - T)**2)
        dy = 2 * (y - T)
        dW2 = h.T @ dy
        dh = dy @ W2.T
        W2 = W2 - 0.1 * dW2
        dW1 = X.T @ (dh * (1 - h**2))
        W1 = W1 - 0.1 * dW1
        """, ("dh = dy @ W2.T\nW2 = W2 - 0.1 * dW2", "W2 = W2 - 0.1 * dW2\ndh = dy @ W2.T")),
    # ------------------------------------------------------------------------------------------------ clipping
    script("clipped in a loop over a list", NET, PASS + """\
for d in [dW1, dW2]:
    np.clip(d, -5, 5, out=d)
W1 -= 0.1 * dW1
W2 -= 0.1 * dW2
""", IN_PASS),
    script("clipped by name", NET, PASS + "dW1 = np.clip(dW1, -1, 1)\nW1 -= 0.1 * dW1\nW2 -= 0.1 * dW2\n", IN_PASS),
    script("clipped by the norm", NET, PASS + """\
norm = np.sqrt(np.sum(dW1**2) + np.sum(dW2**2))
if norm > 1.0:
    dW1 *= 1.0 / norm
    dW2 *= 1.0 / norm
W1 -= 0.1 * dW1
W2 -= 0.1 * dW2
""", IN_PASS),
    script("clipped in a dict", NET, PASS + """\
grads = {"W1": dW1, "W2": dW2}
for key in grads:
    grads[key] = np.clip(grads[key], -0.5, 0.5)
W1 -= 0.1 * grads["W1"]
W2 -= 0.1 * grads["W2"]
""", IN_PASS),
    # ---------------------------------------------------------------------------------- masks and bound-again names
    script("a mask in place", NET, """\
        h = np.maximum(X @ W1, 0)
        y = h @ W2
        loss = np.sum((y - T)**2)
        dy = 2 * (y - T)
        dW2 = h.T @ dy
        dh = dy @ W2.T
        dh[h <= 0] = 0
        dW1 = X.T @ dh
        """, ("dh[h <= 0] = 0", "dh[h >= 0] = 0")),
    script("a name that is bound again on the way", NET, """\
        h = X @ W1
        h = np.maximum(h, 0)
        y = h @ W2
        loss = np.sum((y - T)**2)
        grad = 2 * (y - T)
        dW2 = h.T @ grad
        grad = grad @ W2.T
        grad = grad * (h > 0)
        dW1 = X.T @ grad
        """, ("grad = grad * (h > 0)", "grad = grad * (h < 0)")),
    script("weights scaled after they are drawn", LINEAR, """\
        W = W / np.sqrt(3)
        W *= 0.5
        Y = X @ W
        loss = np.sum((Y - T)**2)
        dW = 2 * X.T @ (Y - T)
        """, ("dW = 2 * X.T", "dW = X.T")),
    script("dscores is divided in a second line", DATA, """\
        labels = np.array([0, 1, 1, 0, 1, 0])
        W = rng.normal(size=(3, 2))
        scores = X @ W
        scores -= np.max(scores, axis=1, keepdims=True)
        probs = np.exp(scores)
        probs /= np.sum(probs, axis=1, keepdims=True)
        loss = -np.mean(np.log(probs[range(6), labels]))
        dscores = probs.copy()
        dscores[range(6), labels] -= 1
        dscores /= 6
        dW = X.T @ dscores
        """, ("dscores /= 6", "dscores /= 3")),
    # --------------------------------------------------------------------------------------------- no gradients
    script("a grid spacing", "import numpy as np\n", """\
        x = np.linspace(0.0, 1.0, 11)
        dx = x[1] - x[0]
        u = np.sin(np.arange(11.0))
        loss = np.sum(u**2) * dx
        du = 2 * u * dx
        """, ("du = 2 * u * dx", "du = 2 * u")),
    script("a literal grid spacing", "import numpy as np\n", """\
        dx = 0.1
        u = np.array([0.1, 0.4, -0.2, 0.3])
        slope = (u[1:] - u[:-1]) / dx
        energy = 0.5 * np.sum(slope**2) * dx
        dslope = slope * dx
        du = np.zeros(4)
        du[1:] += dslope / dx
        du[:-1] -= dslope / dx
        """, ("du[:-1] -= dslope / dx", "du[:-1] += dslope / dx")),
    script("an equation in time", "import numpy as np\n", """\
        dx, dt = 0.1, 0.001
        u = np.sin(np.linspace(0, 3, 12))
        for n in range(5):
            du = (u[2:] - 2 * u[1:-1] + u[:-2]) / dx**2
            u[1:-1] = u[1:-1] + dt * du
        energy = np.sum(u**2) * dx
        """),
    script("a pendulum", "import numpy as np\n", """\
        dt = 0.01
        theta, omega = 0.5, 0.0
        for n in range(20):
            domega = -9.81 * np.sin(theta)
            omega = omega + dt * domega
            theta = theta + dt * omega
        energy = 0.5 * omega**2 - 9.81 * np.cos(theta)
        """),
    script("a gradient that is compared in the script", LINEAR, """\
        Y = X @ W
        loss = np.sum((Y - T)**2)
        dW = 2 * X.T @ (Y - T)
        grad_norm = np.linalg.norm(dW)
        history = []
        history.append(grad_norm)
        losses = [loss]
        assert dW.shape == W.shape
        """, ("dW = 2 * X.T", "dW = 3 * X.T")),
]  # fmt: skip
