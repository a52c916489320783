"""Random programs lowered at one point and run at others: python -m lowering.random_programs ENGINE [N [FIRST]].

Value and gradients at the recorded inputs, and at others where the guards hold; a second derivative is one of the
programs. Prints what differs; ends with 1 then.
"""

from __future__ import annotations

import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
from fuzz_compiled import as_people_write, copied, over_numpy, that_write
from program.test_programs import close, of_a_circuit

import gatewise as gw
from gatewise._errors import GatewiseError
from gatewise._lowering import LoweringError
from gatewise._recording import leaves
from lowering.engines import engine, run_by


def total_of(f: Any) -> Any:
    """One number of all that a function returns."""

    def total(*args: Any, **kwargs: Any) -> Any:
        parts = [x for _, x in leaves(f(*args, **kwargs))]
        return sum([np.sum(np.tanh(x)) for x in parts if np.asarray(x).dtype.kind == "f"], 0.0)

    return total


def slope_of(f: Any, args: Any) -> Any:
    """The squared gradient along the first float, whose gradient is a second derivative."""
    first = next(k for k, x in enumerate(args) if all(np.asarray(v).dtype.kind == "f" for _, v in leaves(x)))

    def slope(*args: Any, **kwargs: Any) -> Any:
        found = gw.grad(total_of(f), argnums=first)(*args, **kwargs)
        return sum([np.sum(g * g) for _, g in leaves(found)], 0.0)

    return slope


def circuits(seed: int, made: Any) -> Iterator[tuple[str, Any, Any]]:
    """(what, the circuit at the first point, circuits at the others)."""
    f, calls = made(seed)
    targets = [("value", total_of(f))]
    if made is over_numpy:
        targets.append(("slope", slope_of(f, calls[0][0])))
    for what, target in targets:
        recorded = []
        for args, kwargs in calls[:3]:
            args, kwargs = copied((args, kwargs))
            try:
                with np.errstate(all="ignore"):
                    recorded.append(gw.circuit(target, *args, **kwargs))
            except (GatewiseError, StopIteration, ValueError):  # what cannot be recorded is another test's
                recorded.append(None)
        if recorded[0] is not None:
            yield what, recorded[0], [each for each in recorded[1:] if each is not None]


def problems_of(seed: int, made: Any, on: Any, jitted: bool, counts: Counter[str]) -> Iterator[str]:
    for what, board, others in circuits(seed, made):
        circuit = board._frozen
        names = [i.name for i in circuit.inputs if i.kind == "input"]
        short = any(np.asarray(w.value).dtype == np.float32 for w in circuit.wires)
        within = np.dtype(np.float32 if short else float)
        for at, other in enumerate((board, *others)):
            given = {i.name: i.wire.value for i in other._frozen.inputs if i.kind == "input"}
            if list(given) != names or any(
                np.shape(given[i.name]) != np.shape(i.wire.value) for i in circuit.inputs if i.name in given
            ):
                continue
            if any(np.iscomplexobj(x) for call in made(seed)[1][:1] for _, x in leaves(call)):
                counts["complex numbers among the arguments"] += 1
                continue
            try:
                have = run_by(on, board, jitted, [given[name] for name in names])
            except LoweringError as error:
                counts[f"refused: {error.what.partition(': ')[2][:40]}"] += 1
                continue
            except Exception as error:
                yield f"{made.__name__} {seed} {what} at {at}: {type(error).__name__}: {error!s:.200}"
                continue
            if not have.pop("holds", True):
                counts["guards broken"] += 1
                continue
            counts[f"{what} compared {'elsewhere' if at else 'here'}"] += 1
            for key, value in of_a_circuit(other).items():
                if not loosely(have[key], value, within):
                    yield f"{made.__name__} {seed} {what} at {at}: {key} is {have[key]!r:.200}, not {value!r:.200}"


def loosely(one: Any, other: Any, within: Any) -> bool:
    """Equal to a thousand roundings: sums of random programs cancel."""
    a, b = np.asarray(one, float), np.asarray(other, float)
    if a.shape != b.shape or not np.array_equal(np.isfinite(a), np.isfinite(b)):
        return False
    finite = np.isfinite(b)
    size = max(float(np.max(np.abs(b[finite]), initial=0.0)), 1.0)
    return close(a, b, within) or bool(np.all(np.abs(a - b)[finite] <= 1e4 * np.finfo(within).eps * size))


def main(name: str, count: int, first: int) -> int:
    warnings.simplefilter("ignore")
    on, counts, wrong = engine(name), Counter[str](), 0
    for seed in range(first, first + count):
        for made in (as_people_write, over_numpy, that_write):
            for problem in problems_of(seed, made, on, name == "jax", counts):
                wrong += 1
                print(problem)
    print(", ".join(f"{n:,} {word}" for word, n in counts.items()) + f": {wrong} problems")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *(int(x) for x in [*sys.argv[2:], *["100", "0"][len(sys.argv) - 2 :]])))
