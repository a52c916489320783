"""gatewise's verdict beside the checkers of other libraries, on one set of cases: python -m benchmarks.checkers.

Every checker gets the same function and the same gradient, and is called as its documentation shows, with its
defaults. The answers go into checkers.json, and the table made of them into docs/check.md.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

import gatewise as gw
from benchmarks.harness import Row, versions

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(__file__).with_name("checkers.json")
PAGE = ROOT / "docs" / "check.md"
BEGIN, END = "<!-- checkers: python -m benchmarks.checkers -->\n", "<!-- end of checkers -->"
PACKAGES = ("gatewise", "numpy", "torch", "jax", "autograd", "scipy")

RIGHT, WRONG, UNTOLD = "right", "wrong", "cannot tell"
Function = Callable[[ModuleType, Any], Any]


@dataclass(frozen=True)
class Case:
    """A function of one array (or number), a gradient for it, and whether that gradient is right.

    Both are written for a module that is NumPy or one with its names; `trap` says what is hard here.
    """

    name: str
    f: Function
    gradient: Function
    at: Any
    expected: str
    trap: str


def spread(count: int) -> Any:
    """Numbers between -2 and 2, none near 0."""
    return np.linspace(-2.0, 2.0, count + 1)[1:] + 1e-3


def off_in_one(xp: ModuleType, x: Any) -> Any:
    """The gradient of sum(tanh(x)), its largest entry a thousandth too large."""
    g = 1 - xp.tanh(x) ** 2
    return g * xp.where(g == xp.max(g), 1.001, 1.0)


def naive_variance(xp: ModuleType, x: Any) -> Any:
    return xp.mean(x * x) - xp.mean(x) ** 2


FAR = np.array([1e6 + 1.0, 1e6 + 2.0, 1e6 + 4.0])
MANY = spread(20_000)
POINTS = np.array([1.0, -2.0, 3.0])
SHORT = np.array([[0.3, -1.2, 0.7], [-0.4, 0.9, -2.1]], dtype=np.float32)


def dead_units(xp: ModuleType, x: Any) -> Any:
    return xp.sum(xp.maximum(x, 0.0) ** 2)


def apart(xp: ModuleType, x: Any) -> Any:
    """Two entries whose gradients differ by a factor of a million."""
    return xp.sum(xp.asarray([1e6, 1.0]) * x**2 / 2)


def upstream_in_place(xp: ModuleType, x: Any) -> Any:
    """The gradient of sum(x**2), by a backward pass that writes into the ones it starts from: twice too large."""
    if xp is not np:
        return 4 * x
    dout = np.ones_like(x)
    dout *= 2
    return dout * 2 * x


def corner_beside(xp: ModuleType, x: Any) -> Any:
    """A corner 1e-6 beside x, within the steps."""
    return xp.sin(x) + xp.abs(x - (1.0 + 1e-6))


CASES = (
    Case("1e-7 * x**2, gradient 0", lambda xp, x: 1e-7 * x**2, lambda xp, x: 0.0 * x, 3.0, WRONG, "small values"),
    Case("x**2, gradient 2x * 1.0009", lambda xp, x: x**2, lambda xp, x: 2 * x * 1.0009, 3.0, WRONG, "0.09 % off"),
    Case("sum(tanh(x)), 10 entries, one 0.1 % off", lambda xp, x: xp.sum(xp.tanh(x)), off_in_one, spread(10), WRONG,
         "one entry"),
    Case("sum(sin(x)), 500 float32 entries, twice the gradient", lambda xp, x: xp.sum(xp.sin(x)),
         lambda xp, x: 2 * xp.cos(x), spread(500).astype(np.float32), WRONG, "float32"),
    Case("abs(x) at 0, gradient 2", lambda xp, x: xp.abs(x), lambda xp, x: 2 + 0.0 * x, 0.0, WRONG, "a kink"),
    Case("sum(tanh(x)), 20,000 entries, all 0.1 % off", lambda xp, x: xp.sum(xp.tanh(x)),
         lambda xp, x: 1.001 * (1 - xp.tanh(x) ** 2), MANY, WRONG, "a big array"),
    Case("x**2 at 1e8", lambda xp, x: x**2, lambda xp, x: 2 * x, 1e8, RIGHT, "large values"),
    Case("sin(x) at 1e6", lambda xp, x: xp.sin(x), lambda xp, x: xp.cos(x), 1e6, RIGHT, "a large input"),
    Case("exp(x) at 30", lambda xp, x: xp.exp(x), lambda xp, x: xp.exp(x), 30.0, RIGHT, "large values"),
    Case("log(x) at 1e-7", lambda xp, x: xp.log(x), lambda xp, x: 1 / x, 1e-7, RIGHT, "the edge of the domain"),
    Case("relu(x) at 0, gradient 0", lambda xp, x: xp.maximum(x, 0.0), lambda xp, x: 0.0 * x, 0.0, RIGHT, "a kink"),
    Case("relu(x) at 1e-7", lambda xp, x: xp.maximum(x, 0.0), lambda xp, x: 1.0 * (x > 0), 1e-7, RIGHT,
         "next to a kink"),
    Case("0 * x, gradient 0", lambda xp, x: 0.0 * x, lambda xp, x: 0.0 * x, 2.0, RIGHT, "0 against 0"),
    Case("(x + 1e8) - 1e8", lambda xp, x: (x + 1e8) - 1e8, lambda xp, x: 1.0 + 0.0 * x, 1.0, RIGHT, "cancellation"),
    Case("1 - cos(x) at 1e-4", lambda xp, x: 1 - xp.cos(x), lambda xp, x: xp.sin(x), 1e-4, RIGHT, "cancellation"),
    Case("mean(x*x) - mean(x)**2 at 1e6", naive_variance, lambda xp, x: 2 * (x - xp.mean(x)) / 3, FAR, RIGHT,
         "cancellation"),
    Case("sin(x) in float32", lambda xp, x: xp.sin(x), lambda xp, x: xp.cos(x), np.float32(1.0), RIGHT, "float32"),
    Case("sin(x) + abs(x - 1.000001) at 1", corner_beside, lambda xp, x: xp.cos(x) - 1.0, 1.0, RIGHT,
         "a kink within the step"),
    Case("sum(relu(x)), 6 float32 entries", lambda xp, x: xp.sum(xp.maximum(x, 0)), lambda xp, x: 1.0 * (x > 0), SHORT,
         RIGHT, "float32"),
    Case("1e6 x0**2 / 2 + x1**2 / 2, gradient (1e6, 0)", apart, lambda xp, x: xp.asarray([1e6, 0.0]) * x,
         np.array([1.0, 1.0]), WRONG, "a small entry beside a large one"),
    Case("sum(x**2), its backward pass scales dout in place", lambda xp, x: xp.sum(x**2), upstream_in_place, POINTS,
         WRONG, "changed in place"),
    Case("sum(relu(x)**2), one unit dead", dead_units, lambda xp, x: 2 * xp.maximum(x, 0.0), POINTS, RIGHT,
         "a dead unit"),
    Case("sum(relu(x)**2), the mask forgotten", dead_units, lambda xp, x: 2 * x, POINTS, WRONG, "a dead unit"),
    Case("sum(tanh(x)), 20,000 entries", lambda xp, x: xp.sum(xp.tanh(x)), lambda xp, x: 1 - xp.tanh(x) ** 2, MANY,
         RIGHT, "a big array"),
)  # fmt: skip


def black_box(value: Callable[[Any], Any]) -> Function:
    """A function of NumPy arrays that gives a number, as one that JAX calls from outside."""

    def f(xp: ModuleType, x: Any) -> Any:
        if xp is np:
            return value(x)
        import jax

        return jax.pure_callback(lambda x: value(x).astype(x.dtype), jax.ShapeDtypeStruct((), x.dtype), x)

    return f


def by_gatewise(case: Case) -> str:
    """`gw.check`, which has a word for what cannot be told, and takes a kink whose gradient lies between its slopes."""
    report = gw.check(lambda x: case.f(np, x), case.at, gradient=lambda x: case.gradient(np, x))
    return RIGHT if report else UNTOLD if report.verdict == "undecidable" else WRONG


def by_torch(case: Case) -> str:
    """`torch.autograd.gradcheck` of a `torch.autograd.Function`."""
    import torch

    class Made(torch.autograd.Function):
        @staticmethod
        def forward(context: Any, x: Any) -> Any:
            context.save_for_backward(x)
            return torch.as_tensor(np.asarray(case.f(np, x.detach().numpy())))

        @staticmethod
        def backward(context: Any, upstream: Any) -> Any:
            (x,) = context.saved_tensors
            return upstream * torch.as_tensor(np.asarray(case.gradient(np, x.detach().numpy())))

    x = torch.tensor(np.asarray(case.at), requires_grad=True)
    return RIGHT if torch.autograd.gradcheck(Made.apply, (x,), raise_exception=False) else WRONG


def by_jax(case: Case) -> str:
    """`jax.test_util.check_grads` of a `custom_vjp` function, in the float32 that JAX has by default."""
    import jax
    import jax.numpy as jnp
    from jax.test_util import check_grads

    made = jax.custom_vjp(lambda x: case.f(jnp, x))
    made.defvjp(lambda x: (case.f(jnp, x), x), lambda x, upstream: (upstream * case.gradient(jnp, x),))
    return passes(lambda: check_grads(made, (jnp.asarray(case.at),), order=1, modes=["rev"]))


def by_autograd(case: Case) -> str:
    """`autograd.test_util.check_grads` of a primitive."""
    from autograd.extend import defvjp, primitive
    from autograd.test_util import check_grads

    made = primitive(lambda x: case.f(np, x))
    defvjp(made, lambda _, x: lambda upstream: upstream * case.gradient(np, x))
    return passes(lambda: check_grads(made, modes=["rev"], order=1)(case.at))


def by_scipy(case: Case) -> str:
    """`scipy.optimize.check_grad`, which gives a number: here 1e-6, as its documentation has it, is called small."""
    from scipy.optimize import check_grad

    def flat(f: Function) -> Callable[[Any], Any]:
        return lambda x: f(np, x.reshape(np.shape(case.at)))

    found = check_grad(
        lambda x: float(flat(case.f)(x)), lambda x: np.ravel(flat(case.gradient)(x)), np.ravel(np.asarray(case.at))
    )
    return RIGHT if found < 1e-6 else WRONG


def by_taylor(case: Case) -> str:
    """The Taylor-remainder test: |f(x + hv) - f(x) - h g.v| falls as h**2 while h is halved; 1.9 is the usual bound."""
    x = np.asarray(case.at, dtype=np.asarray(case.at).dtype)
    v = np.random.default_rng(0).uniform(0.5, 1.0, x.shape).astype(x.dtype)
    slope = float(np.sum(case.gradient(np, x) * v))
    here, steps = float(case.f(np, x)), [0.01 / 2**k for k in range(4)]
    left = np.array([abs(float(case.f(np, (x + h * v).astype(x.dtype))) - here - h * slope) for h in steps])
    with np.errstate(all="ignore"):
        rates = np.log2(left[:-1] / left[1:])
    return RIGHT if np.all(left == 0) or float(np.min(rates)) > 1.9 else WRONG


def passes(check: Callable[[], Any]) -> str:
    """Whether a checker that raises an error for a wrong gradient raises none."""
    try:
        check()
    except AssertionError:
        return WRONG
    return RIGHT


CHECKERS: dict[str, Callable[[Case], str]] = {
    "gatewise": by_gatewise,
    "torch gradcheck": by_torch,
    "jax check_grads": by_jax,
    "autograd check_grads": by_autograd,
    "scipy check_grad": by_scipy,
    "Taylor remainder": by_taylor,
}


def answer(checker: str, case: Case) -> str:
    """What one checker says of one case; `fails` where it cannot be called, `-` where it is not installed."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return CHECKERS[checker](case)
    except ImportError:
        return "-"
    except Exception as error:  # of another library, on what it does not take
        return f"fails ({type(error).__name__})"


def measured() -> dict[str, Any]:
    """Every checker on every case, with the versions."""
    rows = [
        {"case": c.name, "trap": c.trap, "expected": c.expected, **{name: answer(name, c) for name in CHECKERS}}
        for c in CASES
    ]
    return {"versions": versions(PACKAGES), "rows": rows}


def false(row: dict[str, str], checker: str) -> bool:
    """Whether an answer is the opposite of what is so."""
    return {row["expected"], row[checker]} == {RIGHT, WRONG}


def table(data: dict[str, Any]) -> str:
    """The answers as Markdown; those that are false in bold."""
    rows, names = data["rows"], list(CHECKERS)
    lines = [["case", "the trap", "it is", *names]]
    for row in rows:
        told = [f"**{row[n]}**" if false(row, n) else row[n] for n in names]
        lines.append([f"`{row['case']}`", row["trap"], row["expected"], *told])
    lines.append(["**false answers**", "", "", *(str(sum(false(row, n) for row in rows)) for n in names)])
    body = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([body[0], "|" + " --- |" * len(lines[0]), *body[1:], "", f"With {data['versions']}."]) + "\n"


def stored() -> dict[str, Any]:
    """The answers as they were last measured."""
    data: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))
    return data


def written(page: str, data: dict[str, Any]) -> str:
    """The page with the table in its place."""
    before, rest = page.split(BEGIN, 1)
    return f"{before}{BEGIN}\n{table(data)}\n{END}{rest.split(END, 1)[1]}"


def checking() -> list[Row]:
    """Return one row a checker: how many of its answers are false, and how many cases it cannot tell."""
    data = measured()
    found = []
    for name in CHECKERS:
        answers = [row[name] for row in data["rows"]]
        wrong = sum(false(row, name) for row in data["rows"])
        other = sum(a not in (RIGHT, WRONG) for a in answers)
        bound = ("0 false", wrong == 0) if name == "gatewise" else ("", None)
        found.append(Row(f"gradient check: {name}", f"{wrong} of {len(answers)} false, {other} untold", *bound))
    return found


def main() -> None:
    """Measure, keep the answers, and write the table into the page."""
    data = measured()
    DATA.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), data), encoding="utf-8")
    print(table(data))


if __name__ == "__main__":
    main()
