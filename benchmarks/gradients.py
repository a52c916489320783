"""How each library of benchmarks/comparison.py takes a gradient, as its documentation shows, and what came of it."""

from __future__ import annotations

import io
import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from types import FunctionType
from typing import Any

import numpy as np

import gatewise as gw
from benchmarks import as_they_stand

SECONDS = 120  #: for one gradient: PyTorch compiles
Function = Callable[[Any], Any]


def by_gatewise(f: Function, x: Any) -> Any:
    return gw.grad(f)(x)


def by_autograd(f: Function, x: Any) -> Any:
    import autograd

    return autograd.grad(f)(x)


def by_mygrad(f: Function, x: Any) -> Any:
    import mygrad

    made = mygrad.tensor(x)
    f(made).backward()
    return made.grad


def by_tangent(f: Function, x: Any) -> Any:
    import tangent

    return tangent.grad(f)(x)


def by_jax(f: Function, x: Any) -> Any:
    import jax

    jax.config.update("jax_enable_x64", True)
    return np.asarray(jax.grad(f)(x))


def by_torch(f: Function, x: Any) -> Any:
    """`torch.compiler.wrap_numpy` under `torch.compile(fullgraph=True)`, as its page shows."""
    import torch

    torch._dynamo.reset()
    made = torch.tensor(x, requires_grad=True)
    torch.compile(torch.compiler.wrap_numpy(f), fullgraph=True)(made).backward()
    return made.grad.numpy()


def by_sympy(f: Function, x: Any) -> Any:
    """`f` of an array of symbols, `diff`, and the numbers put in."""
    import sympy

    symbols = sympy.symbols(f"x:{len(x)}", real=True)
    found = f(np.array(symbols))
    at = dict(zip(symbols, x.tolist()))
    return np.array([float(found.diff(one).subs(at)) for one in symbols])


def by_casadi(f: Function, x: Any) -> Any:
    """`f` of a column of symbols, with the support for NumPy that its release of 2026 has."""
    import casadi

    casadi.GlobalOptions.setNumpyMode(1)
    symbol = casadi.SX.sym("x", len(x))
    found = casadi.gradient(casadi.SX(f(symbol)), symbol)
    return np.asarray(casadi.Function("g", [symbol], [found])(x)).ravel()


GRADIENTS: dict[str, Callable[[Function, Any], Any]] = {
    "gatewise": by_gatewise,
    "autograd": by_autograd,
    "MyGrad": by_mygrad,
    "tangent": by_tangent,
    "JAX": by_jax,
    "PyTorch": by_torch,
    "SymPy": by_sympy,
    "CasADi": by_casadi,
}
#: Libraries with a NumPy of their own, which one may import in the place of NumPy.
OWN_NUMPY = {"autograd": "autograd.numpy", "MyGrad": "mygrad", "JAX": "jax.numpy", "gatewise": "gatewise.numpy"}


def with_numpy_of(f: FunctionType, name: str) -> FunctionType:
    """The program as if its file began with another `import ... as np`."""
    from importlib import import_module

    seen = {**f.__globals__, "np": import_module(name)}
    return FunctionType(f.__code__, seen, f.__name__, f.__defaults__, f.__closure__)


def numerical(f: Function, x: Any) -> Any:
    """The gradient by central differences at two steps, extrapolated."""

    def along(i: int, h: float) -> float:
        step = np.zeros_like(x)
        step[i] = h
        return float(f(x + step) - f(x - step)) / (2 * h)

    return np.array([(4 * along(i, 5e-5) - along(i, 1e-4)) / 3 for i in range(len(x))])


def answer(tool: str, f: Function, x: Any, true: Any) -> str:
    """`right`; `silently wrong` where other numbers came without a word; what is no number; or the error's name."""
    said = io.StringIO()
    try:
        with warnings.catch_warnings(), redirect_stdout(said), redirect_stderr(said), within(SECONDS):
            warnings.simplefilter("ignore")
            given = GRADIENTS[tool](f, x)
        found = np.asarray(given, dtype=float)
    except ImportError:
        return "-"
    except BaseException as error:  # of another library, on what it does not take
        if isinstance(error, KeyboardInterrupt):
            raise
        return type(error).__name__
    if given is None or not np.all(np.isfinite(found)):
        return "None" if given is None else "not finite"
    close = found.shape == true.shape and np.allclose(found, true, rtol=1e-6, atol=1e-6 * np.abs(true).max())
    return "right" if close else "silently wrong"


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """Raise `TimeoutError` where it takes longer."""

    def late(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def programs(tool: str) -> dict[str, dict[str, str]]:
    """What a library answers to every program, as it stands and with its own NumPy imported."""
    answers: dict[str, dict[str, str]] = {}
    for f in as_they_stand.PROGRAMS:
        true = numerical(f, as_they_stand.AT)
        answers[f.__name__] = {"as it stands": answer(tool, f, as_they_stand.AT.copy(), true)}
        if tool in OWN_NUMPY:
            own = with_numpy_of(f, OWN_NUMPY[tool])
            answers[f.__name__]["import changed"] = answer(tool, own, as_they_stand.AT.copy(), true)
    return answers


def counted(answers: dict[str, dict[str, str]], way: str) -> str:
    """`20 / 1`: how many are right, how many silently wrong; empty where there is no such way."""
    said = [each[way] for each in answers.values() if way in each]
    return f"{said.count('right')} / {said.count('silently wrong')}" if said else ""
