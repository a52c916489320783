"""Why data are preprocessed: the same net on the digits, and on the digits times 1,000.

python examples/scale.py             the tables
python examples/scale.py FIGURE.svg  and the figure of docs/training.md (with matplotlib)

One weight of it, gate by gate: gatewise show examples/scale.py:score w=0.5 x=2000 --upstream 1
"""

import sys

import numpy as np

import gatewise as gw
from gatewise import data, nn, optim, train
from gatewise.train.plots import save_curves

RATE = 0.1
RATES = [10.0**-k for k in range(1, 10)]
EPOCHS = 10


def score(w, x):
    s = w * x
    return s


def scores(W, X):
    return X @ W


def softmax_loss(W, X, y):
    return gw.cross_entropy(X @ W, y) / len(y)


def gate_by_gate():
    """The same upstream gradient on the scores, and the whole loss, with data 1 and 1,000 times as large."""
    rng = np.random.default_rng(0)
    X, W, y = rng.standard_normal((20, 5)), 0.1 * rng.standard_normal((5, 3)), rng.integers(0, 3, 20)
    upstream = rng.standard_normal((20, 3))
    once, often = (gw.circuit(scores, W, k * X, wrt="W", upstream=upstream).gradients["W"] for k in (1, 1000))
    whole = [gw.grad(softmax_loss)(W, k * X, y) for k in (1, 1000)]
    return np.linalg.norm(often) / np.linalg.norm(once), np.linalg.norm(whole[1]) / np.linalg.norm(whole[0])


def digits():
    split = data.split(data.digits(), validation=300)
    return split.each(data.per_channel(split.X_train))


def net(norm):
    rng = np.random.default_rng(0)
    between = [nn.BatchNorm1d(50)] if norm else []
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 50, rng=rng), *between, nn.ReLU(), nn.Linear(50, 10, rng=rng))


def trained(times, rate, norm=False):
    """The history of a run, or None where the loss left the range of numbers."""
    split = digits()
    model = net(norm)
    optimizer = optim.SGD(model.parameters(), lr=rate)
    X, X_val = times * split.X_train, times * split.X_val
    try:
        fitted = train.fit(
            model, X, split.y_train, X_val, split.y_val, optimizer=optimizer, epochs=EPOCHS, batch_size=50
        )
    except gw.GatewiseError:
        return None
    return fitted.history


def told(history):
    return "diverged" if history is None else f"{history.epochs[-1].validation_accuracy:.3f}"


if __name__ == "__main__":
    same_upstream, whole = gate_by_gate()
    print(f"data times 1,000, the same gradient on the scores:  dW is {same_upstream:.0f} times as large")
    print(f"data times 1,000, through the softmax loss:         dW is {whole:.0f} times as large")
    print(f"\nvalidation accuracy after {EPOCHS} epochs\n")
    print("rate     data    data times 1,000    and batch normalisation")
    runs = {}
    for rate in RATES:
        runs[rate] = trained(1, rate), trained(1000, rate), trained(1000, rate, norm=True)
        print(f"{rate:<8g} {told(runs[rate][0]):<8}{told(runs[rate][1]):<20}{told(runs[rate][2])}")
    good = [rate for rate in RATES if runs[rate][1] is not None]
    best = max(good, key=lambda rate: runs[rate][1].epochs[-1].validation_accuracy)
    print(f"\nthe rate {RATE:g}, which trains the data, leaves {told(runs[RATE][1])} on data times 1,000;")
    print(f"the rate {best:g} trains them to {told(runs[best][1])}; with batch normalisation {RATE:g} does, to "
          f"{told(runs[RATE][2])}.")  # fmt: skip
    if sys.argv[-1].endswith((".svg", ".png")):
        shown = {"data": runs[RATE][0], f"times 1,000, rate {best:g}": runs[best][1],
                 f"times 1,000, batch norm, rate {RATE:g}": runs[RATE][2]}  # fmt: skip
        save_curves({name: history for name, history in shown.items() if history is not None}, sys.argv[1])
