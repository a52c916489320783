"""In which rounds of a loop a wrong line goes wrong, and where first: told of a line that was found, however it was."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gatewise._check.bodies import simple
from gatewise._check.diagnosis import Mistake
from gatewise._check.mending import Located
from gatewise._check.names import keys_written
from gatewise._check.running import names_after
from gatewise._check.swapping import Functions
from gatewise._check.trials import Trial

Names = Mapping[str, Any]

SAME = 1e-9  #: relatively: what two ways of writing one gradient may differ by
MOST = 10_000  #: rounds that are looked at


def with_rounds(mistakes: Sequence[Mistake], found: Located, trial: Trial) -> list[Mistake]:
    """The mistakes, those in loops with the rounds in which they are made; the program is run once more for each."""
    return [with_round(m, found, trial) for m in mistakes]


def with_round(m: Mistake, found: Located, trial: Trial) -> Mistake:
    """One mistake, with its round where that is known."""
    code = trial.code
    s = statement_at(m, code) if isinstance(code, Functions) else None
    loops = loops_around(s, code.holder(s)[1]) if s is not None and isinstance(code, Functions) else []
    if s is None or not loops:
        return m
    scopes = trial.scopes(s)
    if not 1 < len(scopes) <= MOST:
        return m
    changed, wrong = changed_to(m, found, s), list[int]()
    if changed is not None:
        wrong = [k for k, names in enumerate(scopes) if differ(s, changed, names, code.space(s))]
    elif not isinstance(s, ast.AugAssign):  # what is added up is shown as it is at the end
        wrong = [k for k, names in enumerate(scopes) if gives(s, m, names, code.space(s))][:1]
    if not wrong:
        return m
    first = at_round(loops, scopes[wrong[0]]) or f"it is round {wrong[0] + 1} of {len(scopes)}"
    several = "all" if len(wrong) == len(scopes) else f"{len(wrong)} of {len(scopes)}"
    often = f"in {several} rounds, first" if changed is not None else "first"
    return dataclasses.replace(m, round=f"{often} where {first}")


def statement_at(m: Mistake, code: Functions) -> ast.stmt | None:
    """The statement that a mistake is in."""
    for _, node in code.nodes:
        for s in simple(node.body):
            here = s.lineno <= m.line <= (s.end_lineno or s.lineno)
            if here and (s.lineno != m.line or code.text(s) == m.text):
                return s
    return None


def loops_around(s: ast.stmt, node: ast.AST) -> list[ast.For]:
    """The loops that a statement stands in, the outer ones first."""
    return [each for each in ast.walk(node) if isinstance(each, ast.For) and any(s is n for n in ast.walk(each))]


def changed_to(m: Mistake, found: Located, s: ast.stmt) -> ast.stmt | None:
    """The statement as it should be, where that is known."""
    at_it = (f for f in (*found.found, *found.doubted) if f.statement is s)
    if (change := next((c for f in at_it if (c := f.change or f.mend()) is not None), None)) is not None:
        return change.node
    try:
        (made,) = ast.parse(m.cure.partition(" Write  ")[2]).body
    except (SyntaxError, ValueError):
        return None
    return ast.copy_location(made, s) if type(made) is type(s) else None


def differ(s: ast.stmt, changed: ast.stmt, names: Names, around: Names) -> bool:
    """Whether two statements give different values from where these names stand."""
    try:
        one = names_after(s, names, around)
        other = names_after(changed, names, around)
    except Exception:  # one of them cannot be run there
        return True
    return any(not is_same(one.get(key), other.get(key)) for key in top_names(s))


def gives(s: ast.stmt, m: Mistake, names: Names, around: Names) -> bool:
    """Whether a statement gives what the mistake gave."""
    try:
        after = names_after(s, names, around)
    except Exception:
        return m.gave is None
    return m.gave is not None and any(is_same(after.get(key), m.gave) for key in top_names(s))


def top_names(s: ast.stmt) -> set[str]:
    return {key.partition("[")[0] for key in keys_written(s)}


def is_same(a: object, b: object) -> bool:
    """Whether two values are equal but for rounding."""
    try:
        one, other = np.asarray(a, float), np.asarray(b, float)
    except (TypeError, ValueError):
        return a is b or type(a) is type(b)
    size = np.max(np.abs(other), initial=0.0)
    return one.shape == other.shape and bool(np.allclose(one, other, rtol=SAME, atol=SAME * size, equal_nan=True))


def at_round(loops: Sequence[ast.For], names: Names) -> str:
    """What the loops' names are in one round, as far as they are plain numbers."""
    told = [n.id for loop in loops for n in ast.walk(loop.target) if isinstance(n, ast.Name)]
    return ", ".join(f"{n} = {names[n]}" for n in told if isinstance(names.get(n), (int, str, np.integer)))
