"""The return of an exercise, where it gives back something else than the value and all gradients that are asked.

The rest of the paper can be marked all the same: the return is put back, and is a wrong line itself.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from gatewise import _syntax
from gatewise._check.blank import SEAL, backward_from, bare_code, digest, function_in
from gatewise._check.names import keys_written
from gatewise._check.papers import paper_of
from gatewise._source import staged

RETURNED = 3  #: the place of what is returned among the digests of a seal


@dataclass(frozen=True)
class PutBack:
    """A paper with the exercise's own return: its text, the line of the student's return, its code, what is wrong."""

    text: str
    line: int
    code: str
    note: str


def put_back(path: str, text: str) -> PutBack | None:
    """The paper with its return put back; None where that is right, or cannot be told from the rest."""
    try:
        body = function_in(text).body
    except SyntaxError:  # which is said by whoever reads it next
        return None
    value = own_value(text)
    end = body[-1]
    given = end.value if isinstance(end, ast.Return) else None
    there = codes_returned(given)
    if not value:
        return None
    own = own_return(path, text, value)
    wanted = codes_returned(own.value)[1:]
    left = [name for name in (value, *wanted) if name not in there]
    if left == [value] and len(there) == 1 + len(wanted):  # another value in its place, which is a change
        return None
    if there[:1] == [value] and (len(there) == 1 + len(wanted) or not left or in_one_name(given, wanted)):
        return None
    note = f"it leaves out {', '.join(left)}" if left else f"it is not {ast.unparse(own)}"
    code = ast.get_source_segment(text, end) or "" if isinstance(end, ast.Return) else "the return is gone"
    return PutBack(with_return(text, ast.unparse(own)), end.end_lineno or end.lineno, code, note)


def own_return(path: str, text: str, value: str) -> ast.Return:
    """The return of the exercise: as it stands in the solution, which the forward pass gives."""
    paper = paper_of(path, with_return(text, f"return {value}"))
    own = function_in(str(staged(paper.circuit))).body[-1]
    assert isinstance(own, ast.Return)
    return own


def with_return(text: str, code: str) -> str:
    """The text with this return in the place of its own, or below its last line; the others keep their numbers."""
    end, lines = function_in(text).body[-1], text.split("\n")
    first, last = end.lineno - 1, end.end_lineno or end.lineno
    if isinstance(end, ast.Return):
        lines[first:last] = [f"    {code}", *[""] * (last - first - 1)]
    else:
        lines.insert(last, f"    {code}")
    return "\n".join(lines)


def in_one_name(given: ast.expr | None, wanted: Sequence[str]) -> bool:
    """Whether the gradients are returned in one name, a dict or a call, so that they cannot be counted here."""
    rest = given.elts[1:] if isinstance(given, ast.Tuple) else []
    return (
        len(rest) == 1
        and isinstance(rest[0], (ast.Dict, ast.Call, ast.Name))
        and codes_returned(rest[0])[0] not in wanted
    )


def own_value(text: str) -> str:
    """The name of the forward pass that an exercise returns: the one that its seal knows; else the last."""
    first = backward_from(text) or 0
    forward = [node for node in function_in(text).body if node.lineno < first]
    names = [key for node in forward for key in keys_written(node)][::-1]
    seal = SEAL.search(text)
    told = seal[1].split()[RETURNED : RETURNED + 1] if seal is not None else []
    return next(
        (name for name in names if not told or digest(bare_code(name, _syntax.expression(name))) == told[0]), ""
    )


def codes_returned(given: ast.expr | None) -> list[str]:
    """What is returned, each by its code: the value, then the gradients."""
    if given is None:
        return []
    parts: Sequence[ast.expr] = given.elts if isinstance(given, (ast.Tuple, ast.List)) else [given]
    inner = [part.elts if isinstance(part, (ast.Tuple, ast.List)) else [part] for part in parts]
    return [ast.unparse(each) for part in inner for each in part]
