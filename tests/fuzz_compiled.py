"""Random programs compiled at one point and run at others, against eager: fuzz_compiled.py [N [FIRST]] [WAY].

Of each seed three programs: one as people write them (branches, loops, helpers, structures), one over most of NumPy,
one that writes into arrays and views; each by itself and with its gradient. Prints what disagrees; ends with 1 then.
Their arrays are small: with `--loops` what is elementwise is a native loop from one entry on, with `--records` four
operations are records. Then rounding differs, and what is ill-conditioned is told too: it is to be looked at.
"""

from __future__ import annotations

import linecache
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT), str(ROOT.parent / "src")]

import fuzz_assignment  # noqa: E402
import source.programs  # noqa: E402
from compile.alike import outcome, same  # noqa: E402
from numpy_programs.writing import write as write_numpy  # noqa: E402

import gatewise as gw  # noqa: E402
from gatewise._compile import groups, small  # noqa: E402
from gatewise._recording import leaves  # noqa: E402

Calls = list[tuple[tuple[Any, ...], dict[str, Any]]]


def defined(text: str, seed: int, name: str = "f") -> Callable[..., Any]:
    """A function of a program's text, with its lines where errors look for them."""
    file = f"<compiled {name} {seed}>"
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)
    space: dict[str, Any] = {"__name__": "programs"}
    exec(compile(text, file, "exec"), space)
    function: Callable[..., Any] = space[name]
    return function


def as_people_write(seed: int) -> tuple[Callable[..., Any], Calls]:
    program = source.programs.write(seed)
    calls = [(tuple(args), kwargs) for args, kwargs in (program.inputs, program.others, *program.elsewhere)]
    return defined(program.source, seed), calls


def over_numpy(seed: int) -> tuple[Callable[..., Any], Calls]:
    program = write_numpy(seed)
    draw = np.random.default_rng(seed)
    points = [
        tuple(x + size * draw.normal(size=np.shape(x)) for x in program.inputs.values()) for size in (0.0, 0.05, 0.3, 1)
    ]
    return defined(program.text, seed, "total"), [(point, {}) for point in points]


def that_write(seed: int) -> tuple[Callable[..., Any], Calls]:
    text = "import numpy as np\n\n" + fuzz_assignment.text_of(*fuzz_assignment.program(seed))
    p, q = fuzz_assignment.P, fuzz_assignment.Q
    points = [(p, q), (0.9 * p + 0.01, q - 0.02), (1.5 * p, -q), (-p, q)]
    return defined(text, seed), [(point, {}) for point in points]


def total_of(f: Callable[..., Any]) -> Callable[..., Any]:
    """A number made of all that a function returns."""

    def total(*args: Any, **kwargs: Any) -> Any:
        parts = [x for _, x in leaves(f(*args, **kwargs))]
        return sum([np.sum(np.tanh(x)) for x in parts if np.asarray(x).dtype.kind == "f"], 0.0)

    return total


def with_gradient(f: Callable[..., Any], args: tuple[Any, ...]) -> Callable[..., Any]:
    moving = [k for k, x in enumerate(args) if all(np.asarray(v).dtype.kind == "f" for _, v in leaves(x))]
    return gw.value_and_grad(total_of(f), argnums=tuple(moving)) if moving else total_of(f)


def copied(x: Any) -> Any:
    if isinstance(x, np.ndarray):
        return np.array(x, order="K")
    if isinstance(x, dict):
        return {key: copied(part) for key, part in x.items()}
    return type(x)(copied(part) for part in x) if isinstance(x, (list, tuple)) else x


def is_short(given: Any, f: Callable[..., Any]) -> bool:
    """Whether floats of single precision take part: among the arguments, or around a function."""
    around = [*f.__globals__.values(), *(cell.cell_contents for cell in f.__closure__ or ())]
    found = (*(x for _, x in leaves(given)), *around)
    return any(isinstance(x, (np.ndarray, np.generic)) and x.dtype == np.float32 for x in found)


#: What `explain` says, and what is counted by it.
WORDS = {
    "its numbers are others": "refused for its numbers",
    "native loop over": "with native loops",
    "native records": "with native records",
    "native code gave something else": "native code given up for its numbers",
}


def problems_of(seed: int, made: Callable[[int], Any], counts: Counter[str]) -> Iterator[str]:
    """What is wrong with the programs of a seed."""
    f, calls = made(seed)
    for target in (f, with_gradient(f, calls[0][0])):
        compiled = gw.compile(target)
        for args, kwargs in calls + calls[::-1]:
            mine, other = copied((args, kwargs)), copied((args, kwargs))
            have, want = outcome(compiled, *mine), outcome(target, *other)
            counts["calls"] += 1
            short = is_short((args, kwargs), f)
            if not same(have, want, short=short):
                yield f"{made.__name__} {seed}: {have!r} for {want!r} at {args!r:.300}"
            if not same(mine, other, exact=True):
                yield f"{made.__name__} {seed}: the arguments are changed in another way"
        told = compiled.explain()
        counts["paths"] += told.count("operations")
        counts["compiled" if "not compiled" not in told else "not compiled"] += 1
        for told_of, word in WORDS.items():
            counts[word] += told_of in told


def problems_of_captured(seed: int, made: Callable[[int], Any], counts: Counter[str]) -> Iterator[str]:
    """The same, with all arguments but the first found in a list around the function, anew before each call."""
    f, calls = made(seed)
    if any(kwargs or len(args) < 2 for args, kwargs in calls):
        return
    around: list[Any] = [None] * (len(calls[0][0]) - 1)

    def captures(first: Any) -> Any:
        return f(first, *around)

    for target in (captures, with_gradient(captures, calls[0][0][:1])):
        compiled = gw.compile(target)
        for (first, *others), _ in calls + calls[::-1]:
            told = []
            for each in (compiled, target):
                around[:] = [copied(x) for x in others]
                told.append((outcome(each, (copied(first),), {}), [*around]))
            counts["calls with captured arrays"] += 1
            short = is_short((first, others), f)
            if not same(told[0][0], told[1][0], short=short):
                yield f"{made.__name__} {seed}, captured: {told[0][0]!r} for {told[1][0]!r} at {(first, others)!r:.300}"
            if not same(told[0][1], told[1][1], exact=True):
                yield f"{made.__name__} {seed}: what it captures is changed in another way"
        counts["read anew"] += "read anew" in compiled.explain()


KINDS: tuple[Callable[[int], Any], ...] = (as_people_write, over_numpy, that_write)


def main(count: int, first: int) -> int:
    counts: Counter[str] = Counter()
    wrong = 0
    for seed in range(first, first + count):
        for made in KINDS:
            for problem in (*problems_of(seed, made, counts), *problems_of_captured(seed, made, counts)):
                wrong += 1
                print(problem[:1500])
    print(", ".join(f"{n:,} {word}" for word, n in counts.items()) + f": {wrong} problems")
    return 1 if wrong else 0


#: From how many entries on there are native loops, and from how many operations on records.
NATIVE = {"--loops": (1, sys.maxsize), "--records": (sys.maxsize, 4)}

if __name__ == "__main__":
    for word in NATIVE.keys() & set(sys.argv):
        groups.LEAST, small.LEAST = NATIVE[word]
    numbers = [int(a) for a in sys.argv[1:] if a not in NATIVE]
    sys.exit(main(numbers[0] if numbers else 1_000, numbers[1] if len(numbers) > 1 else 0))
