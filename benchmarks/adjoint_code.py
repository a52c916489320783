"""What gatewise and tangent-ad print for functions with loops: python -m benchmarks.adjoint_code [FILE.py ...].

Without files, the loops of tests/loops/students. A file has functions, and `inputs`: of its one function a callable
that gives the arguments by name for `T` rounds, or a dict of those by the names of its functions. Needs
`pip install tangent-ad==0.4.0`, which differentiates the text of a function. Each function is differentiated along all
its floats, at 5 rounds; what was printed then runs at 17, with nothing but NumPy (gatewise's) or with its library
(tangent's). docs/loops.md has the table.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import gatewise as gw

STUDENTS = Path(__file__).parent.parent / "tests" / "loops" / "students"
RECORDED, OTHER = 5, 17
CLOSE = 1e-6  # of the largest entry: the truth is made of differences

Given = dict[str, Any]
Printed = tuple[str, Callable[[Given], list[Any]]]  # the text, and what it gives for other arguments


def floats(given: Given) -> list[str]:
    return [name for name, value in given.items() if np.asarray(value).dtype.kind == "f"]


def copied(given: Given) -> Given:
    return {name: np.array(value) if isinstance(value, np.ndarray) else value for name, value in given.items()}


def differences(f: Callable[..., Any], given: Given) -> list[Any]:
    """Central differences of plain NumPy, by two steps, so that the error is of fourth order."""

    def along(name: str, index: tuple[int, ...]) -> float:
        def moved(step: float) -> float:
            there = copied(given) | {name: np.array(given[name], dtype=float)}
            there[name][index] += step
            return float(f(**{n: v.item() if np.ndim(v) == 0 and n == name else v for n, v in there.items()}))

        near, far = ((moved(h) - moved(-h)) / (2 * h) for h in (1e-4, 2e-4))
        return (4 * near - far) / 3

    return [
        np.array([along(name, i) for i in np.ndindex(np.shape(given[name]))]).reshape(np.shape(given[name]))
        for name in floats(given)
    ]


def by_gatewise(f: Callable[..., Any], given: Given) -> Printed:
    text = str(gw.circuit(f, **copied(given)).code())
    namespace: dict[str, Any] = {}
    exec(compile(text, "<printed>", "exec"), namespace)
    printed = next(v for name, v in namespace.items() if name.endswith("_and_gradients"))

    def gradients(there: Given) -> list[Any]:
        found = printed(**copied(there))[1]
        return list(found) if isinstance(found, tuple) else [found]

    return text, gradients


def by_tangent(f: Callable[..., Any], given: Given) -> Printed:
    import tangent

    derivative = tangent.grad(f, wrt=tuple(n for n, name in enumerate(given) if name in floats(given)))

    def gradients(there: Given) -> list[Any]:
        found = derivative(*copied(there).values())
        return list(found) if isinstance(found, tuple) else [found]

    return inspect.getsource(derivative), gradients


def told(gradients: Callable[[Given], list[Any]], f: Callable[..., Any], given: Given) -> str:
    """How what was printed does there: right, wrong by how much, or the error it gives."""
    try:
        found = gradients(given)
    except Exception as error:  # whatever the printed code raises is its answer
        return f"{type(error).__name__}"
    off = 0.0
    for one, other in zip(found, differences(f, given), strict=True):
        if np.shape(one) != np.shape(other):
            return f"wrong: shape {np.shape(one)} for {np.shape(other)}"
        off = max(off, float(np.max(np.abs(one - other)) / (np.max(np.abs(other)) or 1.0)))
    return "right" if off < CLOSE else f"wrong by {off:.2g}"


def cell(printing: Callable[..., Printed], f: Callable[..., Any], inputs: Callable[[int], Given]) -> str:
    """What one tool printed, what that needs, and what it gives at both counts."""
    try:
        text, gradients = printing(f, inputs(RECORDED))
    except Exception as error:  # as told() does
        return f"refused: {type(error).__name__}"
    lines = sum(bool(line.strip()) and not line.strip().startswith("#") for line in text.splitlines())
    at = [told(gradients, f, inputs(T)) for T in (RECORDED, OTHER)]
    return f"{lines} lines, {'with tangent' if 'tangent.' in text else 'NumPy alone'}: {at[0]}, {at[1]}"


def functions(file: Path) -> Iterator[tuple[Callable[..., Any], Callable[[int], Given]]]:
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec, file
    assert spec.loader, file
    module = sys.modules[file.stem] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    inputs = module.inputs
    if isinstance(inputs, dict):
        yield from ((getattr(module, name), given) for name, given in inputs.items())
    else:
        own = [v for v in vars(module).values() if inspect.isfunction(v) and v.__module__ == module.__name__]
        yield next(f for f in reversed(own) if f is not inputs), inputs


def main(files: list[Path]) -> None:
    print("| function | gatewise | tangent-ad |\n| --- | --- | --- |")
    for file in files:
        for f, inputs in functions(file):
            cells = (cell(printing, f, inputs) for printing in (by_gatewise, by_tangent))
            print(f"| `{f.__name__}` | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        main([Path(name) for name in sys.argv[1:]] or sorted(f for f in STUDENTS.glob("*.py") if f.stem != "__init__"))
