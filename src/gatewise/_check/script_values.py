"""What is done with a gradient of a script after it is computed: it is clipped, or made the step itself."""

from __future__ import annotations

import ast
import re
from typing import Any

import numpy as np
import numpy.typing as npt

from gatewise._check.places import Place
from gatewise._check.script_claims import Claim, Pass


def as_computed(found: Pass, claim: Claim) -> Any:
    """The value of a gradient before it was clipped, or made the step itself."""
    values = list(claim.values)
    while len(values) > 1 and (
        is_clipped(found, claim, values[0], values[1][1]) or is_step_itself(found, claim, values[0][1], values[1][1])
    ):
        del values[0]
    return values[0][1]


def is_clipped(found: Pass, claim: Claim, now: tuple[int, Any], before: npt.ArrayLike) -> bool:
    """Whether a statement kept a gradient within bounds, or within a norm."""
    m, after = now
    if np.shape(after) != np.shape(before):
        return False
    trace = found.trace
    line = trace.lines[trace.moments[m].line]
    text = ast.unparse(line.node)
    a, b = np.asarray(after, float), np.asarray(before, float)
    if re.search("clip|minimum|maximum", text):
        bounds = np.unique(a[a != b])
        inside = a[a == b]
        within = inside.size == 0 or bounds.size == 0 or bool(np.all(np.abs(inside) <= np.abs(bounds).max()))
        if bounds.size <= 2 and np.all(bounds != 0) and within and bool(np.all(np.abs(a) <= np.abs(b))):
            return True
    made = {p.base for k in found.forward for p in trace.lines[k].touched.writes} - {claim.place.base}
    if any(r.base in made for r in line.touched.reads):  # it takes something of the forward pass: no norm of gradients
        return False
    by_norm = "norm" in text or "clip" in text or any(is_norm(found, r, claim) for r in line.touched.reads)
    ratio = ratio_of(a, b)
    return by_norm and ratio is not None and 0 < ratio <= 1


def is_norm(found: Pass, place: Place, claim: Claim) -> bool:
    """Whether a place holds one number that was made of this gradient."""
    versions = [(m, v) for m, v in found.history.get(place, []) if m not in found.behind and np.size(v) == 1]
    made = {m for m, _ in claim.values}
    return any(found.trace.behind({m}) & made for m, _ in versions) and place != claim.place


def is_step_itself(found: Pass, claim: Claim, after: npt.ArrayLike, before: npt.ArrayLike) -> bool:
    """Whether a gradient was made the step in its own place: `dW *= rate`, then `W -= dW`."""
    if np.shape(after) != np.shape(before) or ratio_of(np.asarray(after, float), np.asarray(before, float)) is None:
        return False
    for step in found.steps:
        if step.place == claim.target and np.shape(step.after) == np.shape(after):
            moved = np.asarray(step.after, float) - np.asarray(step.before, float)
            if np.allclose(np.abs(moved), np.abs(np.asarray(after, float)), rtol=1e-6, atol=1e-12):
                return True
    return False


def ratio_of(a: np.ndarray, b: np.ndarray) -> float | None:
    """The one number that makes the first array of the second; None where there is none."""
    k = int(np.argmax(np.abs(b))) if b.size else 0
    if not b.size or b.flat[k] == 0:
        return None
    ratio = float(a.flat[k] / b.flat[k])
    return ratio if np.allclose(a, ratio * b, rtol=1e-9, atol=0) else None
