"""An expression is read: its text becomes Python text, or one clear error that offers what was meant."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from gatewise._errors import ExpressionError
from gatewise._language.building import Assignment
from gatewise._language.complaints import EXAMPLE
from gatewise._language.latex import LATEX, LATEX_CURE
from gatewise._language.mending import Elsewhere, Vocabulary, mended, unheard_of
from gatewise._language.names import input_names
from gatewise._language.notations import translated
from gatewise._language.reading import Reader
from gatewise._language.scanning import MisreadError, Work, scan

LONGEST = 10_000  #: characters
LONGEST_OFFER = 120
NO_GATES: Mapping[str, tuple[int, int]] = MappingProxyType({})
NO_SHAPES: Mapping[str, tuple[int, ...]] = MappingProxyType({})
SIGNED = "Write products with their sign."


@dataclass(frozen=True)
class Expression:
    """An expression that was read: its inputs, its statements and the name of its result.

    `inputs` are the free names in the order they first appear; `output` is the target of the last statement;
    `steps` counts the work reading took.
    """

    text: str
    inputs: tuple[str, ...]
    statements: tuple[Assignment, ...]
    output: str
    steps: int = field(default=0, compare=False)

    def source(self) -> str:
        """Return the expression as the text of one Python function, made from the checked nodes alone.

        >>> print(parse("q = x + y; f = q * z").source())
        def f(x, y, z):
            q = x + y
            f = q * z
            return f
        """
        lines = [f"    {statement.target} = {statement.text}" for statement in self.statements]
        return "\n".join([f"def {self.output}({', '.join(self.inputs)}):", *lines, f"    return {self.output}"])


def parse(
    text: str,
    inputs: Collection[str] | None = None,
    gates: Mapping[str, tuple[int, int]] = NO_GATES,
    numpy_names: Collection[str] = (),
    axis_names: Collection[str] | None = None,
    elsewhere: Elsewhere = unheard_of,
    shapes: Mapping[str, tuple[int, ...]] = NO_SHAPES,
) -> Expression:
    """Read an expression such as `"q = x + y; f = q * z"`.

    `inputs` are the names the caller has values for; without them every free name becomes an input.
    `gates` maps the names that can be called to their least and greatest number of operands; those in
    `numpy_names` are printed with `np.`, and those in `axis_names` (all, where it is not given) take `axis=` and
    `keepdims=`. `elsewhere` says what to write for a function that is no gate; `shapes` are those of inputs that are
    arrays, for what is offered. Raises `ExpressionError`, which points at the place in the text, and `InputNameError`.

    >>> parse("1 / (1 + exp(-x))", gates={"exp": (1, 1)}, numpy_names={"exp"}).inputs
    ('x',)
    """
    work = Work()
    given = None if inputs is None else input_names(inputs)
    vocabulary = Vocabulary(given, gates, frozenset(numpy_names), axis_names, elsewhere, shapes)
    try:
        return read_expression(text, vocabulary, work)
    except MisreadError as misreading:
        problem, why, cure = message(text, misreading, vocabulary, work)
        raise ExpressionError(text, min(misreading.column, len(text)), problem, why, cure, work.steps) from None


def message(text: str, misreading: MisreadError, vocabulary: Vocabulary, work: Work) -> tuple[str, str, str]:
    """The three parts of the message. What was meant is offered, where it is known and can be read."""
    found = translated(text, vocabulary)
    if found.text != text and (meant := canonical(found.text, vocabulary, work)):
        return found.what or misreading.problem, found.why or misreading.why, meant
    if found.what:
        cure = LATEX_CURE if found.what == LATEX[0] else EXAMPLE
        return found.what, found.why, cure
    meant = meant_by(text, misreading.column, vocabulary, work) if misreading.joiner else ""
    if offer := meant or misreading.nearest:
        problem = f"{misreading.problem}{misreading.joiner or ': did you mean '}{offer}?"
        return problem, misreading.why, misreading.cure and (SIGNED if meant else misreading.cure)
    return misreading.problem, misreading.why, misreading.cure or EXAMPLE


def canonical(text: str, vocabulary: Vocabulary, work: Work) -> str:
    """`text` as one would type it, with multiplication signs; empty where it cannot be read."""
    try:
        found = read_expression(mended(text, scan(text, work), vocabulary), vocabulary, work)
    except MisreadError:
        return ""
    *named, last = found.statements
    is_named = re.search(rf"(^|[;\n])\s*{re.escape(last.target)}\s*=(?!=)", text) is not None
    parts = [f"{each.target} = {each.text}" for each in named]
    parts.append(f"{last.target} = {last.text}" if is_named or named else last.text)
    line = re.sub(r"\btranspose\((\w+)\)", r"\1.T", re.sub(r"\bnp\.(?:linalg\.|fft\.)?", "", "; ".join(parts)))
    line = re.sub(r"\((\d+)\.0\)", r"(\1)", line)  # log(2): the reader makes floats of numbers that meet gates alone
    return line if len(line) <= LONGEST_OFFER else ""


def meant_by(text: str, column: int, vocabulary: Vocabulary, work: Work) -> str:
    """The mended line that holds `column`; empty where the mended text cannot be read either."""
    meant = mended(text, scan(text, work), vocabulary)
    try:
        read_expression(meant, vocabulary, work)
    except MisreadError:
        return ""
    lines = meant.split("\n")
    line = " ".join(lines[min(text.count("\n", 0, column), len(lines) - 1)].split())
    return line if len(line) <= LONGEST_OFFER else ""


def read_expression(text: str, vocabulary: Vocabulary, work: Work) -> Expression:
    if len(text) > LONGEST:
        raise MisreadError(LONGEST, f"the expression has {len(text)} characters; {LONGEST} is the limit")
    statements, inputs, output = Reader(scan(text, work), vocabulary, work).everything()
    return Expression(text, inputs, statements, output, work.steps)
