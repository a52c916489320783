"""How much of NumPy is answered: its own list of functions that can be overridden, and of ufuncs, name by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from gatewise._gates import COMPOSED, GATES
from gatewise._tensor import IN_PLACE, QUESTIONS

#: Why a name is not answered, where there is more to say than that it has no rule.
REASONS = {
    "days and dates": ("busday_count", "busday_offset", "datetime_as_string", "is_busday", "isnat"),
    "bits of whole numbers": (
        *("bitwise_count", "bitwise_left_shift", "bitwise_right_shift", "left_shift", "right_shift"),
        *("packbits", "unpackbits", "gcd", "lcm"),
    ),
    "writes files or text": ("array2string", "save", "savetxt", "savez", "savez_compressed"),
    "takes apart sets": ("intersect1d", "setdiff1d", "setxor1d", "union1d", "unique_all", "unique_counts"),
    "counts into bins": ("histogram2d", "histogramdd"),
    "plans or asks": ("einsum_path", "min_scalar_type", "ix_"),
}


def overridable() -> Iterator[tuple[str, Any]]:
    """The names of NumPy's main namespace, of `linalg` and of `fft`, each with its function."""
    for prefix, module in (("np", np), ("np.linalg", np.linalg), ("np.fft", np.fft)):
        for name in sorted(vars(module)):
            function = getattr(module, name)
            if isinstance(function, np.ufunc) or hasattr(function, "_implementation"):
                yield f"{prefix}.{name}", function


def answered_by(function: Any) -> str:
    """What answers a call on a Tensor; empty where nothing does."""
    if function in GATES:
        return "a gate"
    if function in COMPOSED:
        return "gates put together"
    if function in IN_PLACE:
        return "an assignment"
    return "its value" if function in QUESTIONS else ""


def coverage() -> str:
    """The count, and the names that are missing, with the reason."""
    names = [(name, answered_by(function)) for name, function in overridable()]
    counts = Counter(by for _, by in names if by)
    missing = [name for name, by in names if not by]
    share = 100 * (len(names) - len(missing)) / len(names)
    lines = [
        f"Of {len(names)} functions and ufuncs of NumPy {np.__version__} that can be overridden (linalg and fft too),",
        f"{len(names) - len(missing)} are answered ({share:.0f} %): "
        + ", ".join(f"{count} by {by}" for by, count in counts.most_common())
        + ".",
        "",
        "Where a gradient goes through one of these, an error names it:",
    ]
    told = {f"np.{name}": reason for reason, group in REASONS.items() for name in group}
    for reason in (*REASONS, "has no rule"):
        group = [name for name in missing if told.get(name, "has no rule") == reason]
        if group:
            lines.append(f"  {reason}: {', '.join(group)}")
    return "\n".join(lines)
