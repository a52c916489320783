"""How much of NumPy and SciPy is answered: NumPy's own list of functions that can be overridden, name by name."""

from __future__ import annotations

import inspect
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from gatewise._gates import COMPOSED, GATES, NAMES, load_scipys, loaded_of_scipy
from gatewise._tensor import IN_PLACE, QUESTIONS

#: Why a name is not answered, where there is more to say than that it has no rule.
REASONS = {
    "days and dates": ("busday_count", "busday_offset", "datetime_as_string", "is_busday", "isnat"),
    "bits of whole numbers": (
        *("bitwise_count", "bitwise_left_shift", "bitwise_right_shift", "left_shift", "right_shift"),
        *("packbits", "unpackbits", "gcd", "lcm"),
    ),
    "writes files or text": ("save", "savetxt", "savez", "savez_compressed"),
    "takes apart sets": ("intersect1d", "setdiff1d", "setxor1d", "union1d", "unique_all", "unique_counts"),
    "counts into bins": ("histogram2d", "histogramdd"),
    "plans or asks": ("einsum_path",),
    "takes apart the bits of floats": ("ldexp", "nextafter"),
}


def overridable() -> Iterator[tuple[str, object]]:
    """The names of NumPy's main namespace, of `linalg` and of `fft`, each with its function."""
    for prefix, module in (("np", np), ("np.linalg", np.linalg), ("np.fft", np.fft)):
        for name in sorted(vars(module)):
            function = getattr(module, name)
            if isinstance(function, np.ufunc) or hasattr(function, "_implementation"):
                yield f"{prefix}.{name}", function


def answered_by(function: object) -> str:
    """What answers a call on a Tensor; empty where nothing does."""
    if function in GATES:
        return "a gate"
    if function in COMPOSED:
        return "gates put together"
    if function in IN_PLACE:
        return "an assignment"
    return "its value" if function in QUESTIONS else ""


class Count(NamedTuple):
    """What is answered of one list of functions, by what, and what is not."""

    of: str
    answered: Counter[str]
    missing: list[str]

    def __str__(self) -> str:
        whole = self.answered.total() + len(self.missing)
        by = ", ".join(f"{count} by {by}" for by, count in self.answered.most_common())
        return f"Of {whole} {self.of} {self.answered.total()} are answered ({self.answered.total() / whole:.0%}): {by}."


def count(of: str, functions: Iterable[tuple[str, object]]) -> Count:
    names = [(name, answered_by(function)) for name, function in functions]
    return Count(of, Counter(by for _, by in names if by), [name for name, by in names if not by])


def numpys() -> Count:
    return count(f"functions and ufuncs of NumPy {np.__version__} that can be overridden", overridable())


def reasons(missing: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Why there is no gate, and for which names."""
    told = {f"np.{name}": reason for reason, group in REASONS.items() for name in group}
    for reason in (*REASONS, "has no rule"):
        group = [name for name in missing if told.get(name, "has no rule") == reason]
        if group:
            yield reason, group


def scipys() -> Iterator[tuple[str, list[str], int]]:
    """Of those modules of SciPy's that functions have gates in: the names that are answered, and how many there are.

    Nothing where SciPy is not installed.
    """
    for module in loaded_of_scipy() if load_scipys() else ():
        public = [(name, getattr(module, name)) for name in sorted({*module.__all__}) if not name.startswith("_")]
        functions = [(name, f) for name, f in public if isinstance(f, np.ufunc) or inspect.isfunction(f)]
        answered = [name for name, f in functions if answered_by(f)]
        of = module.__name__.partition(".")[2]
        paths = [gate.path.removeprefix(f"{of}.") for gate in NAMES.values() if gate.path.startswith(f"{of}.")]
        yield of, [*answered, *(path for path in paths if "." in path)], len(functions)


def scipy_version() -> str:
    return str(sys.modules["scipy"].__version__)


def coverage() -> str:
    """The counts, and the names that are missing, with the reason."""
    counted = numpys()
    lines = [str(counted), "", "Where a gradient goes through one of these, an error names it:"]
    lines += [f"  {reason}: {', '.join(group)}" for reason, group in reasons(counted.missing)]
    for n, (of, answered, whole) in enumerate(scipys()):
        lines += ["", f"SciPy {scipy_version()}, counted apart:"] if not n else []
        lines.append(f"  scipy.{of}: {len(answered)} answered, of {whole} functions: {', '.join(answered)}")
    return "\n".join(lines)
