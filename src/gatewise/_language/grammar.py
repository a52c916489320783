"""Tokens become statements: one pass from left to right, with lists of what waits for an operand.

Nothing recurses, and every token is looked at once: the work is proportional to the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType

import numpy as np

from gatewise._errors import ExpressionError
from gatewise._language.constants import VALUES, combined
from gatewise._language.mending import Elsewhere, Vocabulary, mended, unheard_of
from gatewise._language.names import (
    CONSTANTS,
    MODULES,
    another_name,
    cut_short,
    input_names,
    nearest,
    objection,
)
from gatewise._language.notations import LATEX, LATEX_CURE, translated
from gatewise._language.scanning import MisreadError, Token, Work, number_of, scan
from gatewise._language.tree import (
    BINDING,
    COMPARISONS,
    NEGATIVE,
    SUM,
    Assignment,
    Binary,
    Call,
    Constant,
    Name,
    Negative,
    Node,
    Number,
    python_text,
)
from gatewise._language.values import MAKERS

LONGEST = 10_000  #: characters
DEEPEST = 100  #: brackets, signs and powers inside one another
MOST_NODES = 5_000
# A statement that grows taller than this is given out in pieces: Python itself refuses to read much taller ones.
TALLEST = 150
MOST_AXES = 64
LONGEST_OFFER = 120
NO_GATES: Mapping[str, tuple[int, int]] = MappingProxyType({})
NO_SHAPES: Mapping[str, tuple[int, ...]] = MappingProxyType({})
# A gate's other spellings; abs is there twice, since a table may hold it under either of NumPy's names.
ALIASES = {
    "abs": "absolute", "absolute": "abs", "fabs": "absolute", "ln": "log", "σ": "sigmoid", "pow": "power",
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2",
    "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh",
}  # fmt: skip
NUMPY_SPELLINGS = {"abs": "abs"}  # written as typed, since np.abs is np.absolute
OVER_OPERANDS = {"max": "maximum", "min": "minimum"}
FLAGS = {"0": False, "1": True, "False": False, "True": True}
IN_A_FILE = "Write it as a Python function in a file: gatewise show FILE.py:FUNCTION."
WORDS = {
    **dict.fromkeys(("and", "or", "not"), "Write logical_and(x > 0, y > 0), logical_or or logical_not."),
    **dict.fromkeys(
        ("for", "while", "def", "return", "import", "from", "in", "is", "class", "assert", "del"), IN_A_FILE
    ),
    **dict.fromkeys(("if", "else"), "Write where(condition, a, b)."),
    "True": "Write 1.",
    "False": "Write 0.",
    "None": "Write a number.",
}
GATE_NAMES = "gates go by NumPy's names, and by sigmoid, relu, softmax and a few more."
ANOTHER = "Leave it out, or open a ( before it."
SIGNED = "Write products with their sign."
EXAMPLE = 'Write an expression such as "(x + y) * z".'
LISTED = "`gatewise gates` lists the gates"
NOT_HERE = "The expression language has names, numbers, + - * / @ **, calls and assignments."


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
        lines = [f"    {statement.target} = {python_text(statement.node)}" for statement in self.statements]
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
    vocabulary = Vocabulary(given, gates, frozenset(numpy_names), axis_names, _callables(gates), elsewhere, shapes)
    try:
        return _read(text, vocabulary, work)
    except MisreadError as misreading:
        problem, why, cure = _said(text, misreading, vocabulary, work)
        raise ExpressionError(text, min(misreading.column, len(text)), problem, why, cure, work.steps) from None


def _callables(gates: Mapping[str, tuple[int, int]]) -> Mapping[str, str]:
    """The gate behind every name that can be called, other spellings included."""
    own = {name: name for name in gates}
    spelled = {alias: name for alias, name in ALIASES.items() if name in gates}
    chained = {name: name for name, pair in OVER_OPERANDS.items() if pair in gates}
    return spelled | chained | own


def _said(text: str, misreading: MisreadError, vocabulary: Vocabulary, work: Work) -> tuple[str, str, str]:
    """The three parts of the message. What was meant is offered, where it is known and can be read."""
    inputs = vocabulary.inputs or ()
    found = translated(text, vocabulary.callables, inputs, [name for name in inputs if name not in vocabulary.shapes])
    if found.text != text and (meant := _canonical(found.text, vocabulary, work)):
        return found.what or misreading.problem, found.why or misreading.why, meant
    if found.what:
        cure = LATEX_CURE if found.what == LATEX[0] else EXAMPLE
        return found.what, found.why, cure
    meant = _meant(text, misreading.column, vocabulary, work) if misreading.joiner else ""
    if offer := meant or misreading.nearest:
        problem = f"{misreading.problem}{misreading.joiner or ': did you mean '}{offer}?"
        return problem, misreading.why, misreading.cure and (SIGNED if meant else misreading.cure)
    return misreading.problem, misreading.why, misreading.cure or EXAMPLE


def _canonical(text: str, vocabulary: Vocabulary, work: Work) -> str:
    """`text` as one would type it, with multiplication signs; empty where it cannot be read."""
    try:
        found = _read(mended(text, scan(text, work), vocabulary), vocabulary, work)
    except MisreadError:
        return ""
    *named, last = found.statements
    is_named = re.search(rf"(^|[;\n])\s*{re.escape(last.target)}\s*=(?!=)", text) is not None
    parts = [f"{each.target} = {python_text(each.node)}" for each in named]
    parts.append(f"{last.target} = {python_text(last.node)}" if is_named or named else python_text(last.node))
    line = re.sub(r"\btranspose\((\w+)\)", r"\1.T", "; ".join(parts).replace("np.", ""))
    line = re.sub(r"\((\d+)\.0\)", r"(\1)", line)  # log(2): the reader makes floats of numbers that meet gates alone
    return line if len(line) <= LONGEST_OFFER else ""


def _meant(text: str, column: int, vocabulary: Vocabulary, work: Work) -> str:
    """The mended line that holds `column`; empty where the mended text cannot be read either."""
    meant = mended(text, scan(text, work), vocabulary)
    try:
        _read(meant, vocabulary, work)
    except MisreadError:
        return ""
    lines = meant.split("\n")
    line = " ".join(lines[min(text.count("\n", 0, column), len(lines) - 1)].split())
    return line if len(line) <= LONGEST_OFFER else ""


def _read(text: str, vocabulary: Vocabulary, work: Work) -> Expression:
    if len(text) > LONGEST:
        raise MisreadError(LONGEST, f"the expression has {len(text)} characters; {LONGEST} is the limit")
    return _Reader(text, scan(text, work), vocabulary, work).expression()


Known = int | float | None  # the value of a part that is a number already


@dataclass(slots=True)
class _Operand:
    """A node under construction: its value where it is a number already, and its height."""

    node: Node
    value: Known
    height: int = 0


@dataclass(slots=True)
class _Operator:
    """An operator that waits for its right operand."""

    symbol: str
    binding: int
    column: int
    is_prefix: bool = False


@dataclass(slots=True)
class _Bracket:
    """An open parenthesis."""

    column: int


@dataclass(slots=True)
class _OpenCall(_Bracket):
    """The open parenthesis of a call, and what was read of the call so far."""

    gate: str
    name: Token
    from_module: bool
    operands: list[_Operand] = field(default_factory=list)
    options: dict[str, int | bool] = field(default_factory=dict)


class _Reader:
    """Reads the statements of one text."""

    def __init__(self, text: str, tokens: list[Token], vocabulary: Vocabulary, work: Work) -> None:
        self.text, self.tokens, self.vocabulary, self.work = text, tokens, vocabulary, work
        self.place = self.nodes = self.depth = 0
        self.waiting: list[_Operator | _Bracket] = []
        self.operands: list[_Operand] = []
        self.wants_value = True
        self.free: dict[str, None] = {}
        self.assigned: dict[str, Known] = {}
        self.called: set[str] = set()
        self.constants_used: set[str] = set()
        self.statements: list[Assignment] = []
        self.target = ""
        self.pieces = 0
        self.targets = {left.text for left, right in pairwise(tokens) if left.kind == "name" and right.kind == "="}
        typed = {token.text for token in tokens if token.kind == "name"}
        self.taken = {*typed, *(vocabulary.inputs or ()), *vocabulary.gates}

    # Statements

    def expression(self) -> Expression:
        """Read the whole text."""
        self.skip_separators()
        if self.token.kind == "end":
            raise MisreadError(0, "the expression is empty", cure=EXAMPLE)
        while self.token.kind != "end":
            self.statement()
            self.skip_separators()
        return Expression(self.text, tuple(self.free), tuple(self.statements), self.target, self.work.steps)

    def statement(self) -> None:
        start = self.token
        is_named = start.kind == "name" and self.tokens[self.place + 1].kind == "="
        self.target = self.named_target(start) if is_named else self.free_name("f")
        if is_named:
            self.place += 2
        result = self.value()
        self.skip_separators()
        if not is_named and self.token.kind != "end":
            raise MisreadError(start.start, "this value is not used", cure="Give it a name, such as q = x + y.")
        self.assigned[self.target] = result.value
        self.statements.append(Assignment(self.target, result.node))

    def named_target(self, token: Token) -> str:
        """The name left of `=`, where it is free."""
        name = token.text
        self.check_name(token)
        if name in self.assigned or name in (self.vocabulary.inputs or ()):
            raise MisreadError(
                token.start,
                f"{cut_short(name)} already has a value",
                cure=f"Use another name, such as {cut_short(name)}_2.",
            )
        if name in self.free or name in self.constants_used:
            raise self.too_early(token)
        self.refuse_called(token)
        return name

    def too_early(self, token: Token) -> MisreadError:
        """The complaint about a name that stands before the statement that gives it its value."""
        problem = f"{cut_short(token.text)} is used before it gets its value"
        why = "statements are run from left to right."
        return MisreadError(token.start, problem, why, "Put its statement first, or use another name.")

    def free_name(self, wish: str) -> str:
        """`wish`, moved aside where the text has that name."""
        while wish in self.taken:
            wish += "_"
        self.taken.add(wish)
        return wish

    def skip_separators(self) -> None:
        while self.token.kind == "separator":
            self.advance()

    @property
    def token(self) -> Token:
        return self.tokens[self.place]

    def advance(self) -> Token:
        token = self.tokens[self.place]
        self.place += 1
        self.work.steps += 1
        return token

    # Values

    def value(self) -> _Operand:
        """Read up to the end of the statement."""
        self.wants_value = True
        while self.wants_value or self.token.kind not in ("separator", "end"):
            if self.wants_value:
                self.take_value(self.advance())
            else:
                self.take_operator(self.advance())
        self.reduce(0)
        if self.waiting:
            raise MisreadError(self.waiting[-1].column, "this ( is never closed", cure="Close it with ).")
        return self.operands.pop()

    def take_value(self, token: Token) -> None:
        match token.kind:
            case "number":
                value, text = number_of(token)
                self.push(Number(value, text), value, token)
            case "name":
                self.take_name(token)
            case "(":
                self.open(_Bracket(token.start))
            case "operator" if token.text in "+-":
                self.open(_Operator(token.text, NEGATIVE, token.start, is_prefix=True))
            case ")" if (call := self.empty_call()) is not None:
                self.close_call(call)
            case _:
                raise self.missing_value(token)

    def empty_call(self) -> _OpenCall | None:
        """The call whose opening parenthesis is the last thing that was read."""
        last = self.waiting[-1] if self.waiting else None
        return last if isinstance(last, _OpenCall) and self.tokens[self.place - 2].kind == "(" else None

    def missing_value(self, token: Token) -> MisreadError:
        before = self.tokens[self.place - 2].text if self.place > 1 else ""
        after = f" after {before}" if before else ""
        here = " before " + cut_short(token.text) if token.text else ""
        cure = "Divide with one /." if before == token.text == "/" else "Write a name, a number or a call there."
        if token.kind == "[":
            cure = f"{NOT_HERE} Give an array as an input, or write a Python function."
        return MisreadError(token.start, f"expected a value{here or after}", cure=cure)

    def take_name(self, token: Token) -> None:
        from_module = token.text in MODULES and self.token.kind == "." and self.tokens[self.place + 1].kind == "name"
        if from_module:
            self.advance()
            token = self.advance()
        following = self.token.kind
        if following == "=" and self.tokens[self.place - 2].kind in "(,":
            self.take_option(token)
        elif following == "(" and (from_module or not self.is_value(token.text)):
            self.advance()
            self.open_call(token, from_module)
        elif from_module and token.text not in VALUES:
            raise MisreadError(
                token.start, f"{cut_short(token.text)} cannot be used here", cure="Write np.exp(x) or exp(x)."
            )
        else:
            self.take_value_name(token, from_module)

    def is_value(self, name: str) -> bool:
        """Whether `name`, with a parenthesis after it, is a value all the same."""
        if name in self.vocabulary.gates:
            return False
        return name in self.assigned or name in self.free or name in (self.vocabulary.inputs or ())

    def take_value_name(self, token: Token, from_module: bool) -> None:
        name = token.text
        if name in self.assigned and not from_module:
            self.push(Name(name), self.assigned[name], token)
        elif from_module or (name in CONSTANTS and name not in (self.vocabulary.inputs or ())):
            constant = CONSTANTS[name]
            self.constants_used.add(name)
            self.push(Constant(constant), VALUES[constant], token)
        else:
            self.check_name(token)
            self.check_not_own(token)
            self.check_known(token)
            self.refuse_called(token)
            self.free[name] = None
            self.push(Name(name), None, token)

    def check_name(self, token: Token) -> None:
        """Refuse a name that cannot be a Python variable."""
        if reason := objection(token.text):
            is_given = token.text in (self.vocabulary.inputs or ())
            cure = WORDS.get(token.text) if not is_given else None
            cure = cure or f"Call it {cut_short(another_name(token.text))}."
            raise MisreadError(token.start, f"{cut_short(token.text)} cannot be the name of a value", reason, cure)

    def check_not_own(self, token: Token) -> None:
        """Refuse `x = x * 2`: a name has one value."""
        if token.text == self.target:
            problem = f"{cut_short(token.text)} is used in the statement that gives it its value"
            raise MisreadError(token.start, problem, cure=f"Call the result {cut_short(token.text)}_2.")

    def check_known(self, token: Token) -> None:
        """Refuse a name without a value."""
        name, known = token.text, self.vocabulary.inputs
        is_gate = name in self.vocabulary.callables
        if (known is None and not is_gate) or (known is not None and name in known):
            return
        if is_gate:
            raise MisreadError(token.start, f"{name} is a gate and needs its operands", cure=f"Write {name}(...).")
        if name in self.targets:
            raise self.too_early(token)
        values = [*(known or ()), *self.assigned]
        self.work.steps += len(values)
        why = f"the names here are {cut_short(', '.join(values), 80)}." if values else "no input was given."
        cure = f"Give {cut_short(name)} a value, such as {cut_short(name)}=1."
        problem, near = f"unknown name {cut_short(name)}", nearest(name, values)
        raise MisreadError(token.start, problem, why, cure, ": did you mean ", near)

    def refuse_called(self, token: Token) -> None:
        """One name cannot be a value and a gate printed under that very name."""
        if token.text in self.called:
            raise MisreadError(
                token.start, f"{token.text} is a gate in this expression", cure=f"Call the value {token.text}_."
            )

    # Operators and brackets

    def take_operator(self, token: Token) -> None:
        match token.kind:
            case "operator":
                self.take_binary(token)
            case "comparison":
                self.take_comparison(token)
            case "superscript" if self.tokens[self.place - 2].kind != "superscript":
                self.take_superscript(token)
            case ",":
                self.next_operand(token)
            case ")":
                self.close(token)
            case "." if self.token.text == "T" and "transpose" in self.vocabulary.gates:
                self.transpose(self.advance())
            case _:
                raise self.missing_operator(token)

    def missing_operator(self, token: Token) -> MisreadError:
        """The complaint about a word that stands where an operator belongs."""
        word = cut_short(token.text)
        before = self.tokens[self.place - 2].text
        if token.kind == "=":
            return MisreadError(token.start, "expected an operator before =", "only one name stands left of =.")
        if token.kind == ".":
            why = "attributes are not part of the expression language."
            return MisreadError(
                token.start, "expected an operator before .", why, "Call a gate, such as sum(X), or X.T."
            )
        if token.kind == "[":
            cure = "Write a Python function to use indices."
            return MisreadError(token.start, "expected an operator before [", NOT_HERE, cure)
        why = f"{cut_short(before)} is a value here, not a gate." if token.kind == "(" and before.isidentifier() else ""
        cure = WORDS.get(token.text, "Close a ( with )." if token.kind == "]" else "")
        return MisreadError(token.start, f"expected an operator before {word}", why, cure, joiner=". Did you mean ")

    def take_binary(self, token: Token) -> None:
        binding, left, _ = BINDING[token.text]
        self.reduce(left)
        self.open(_Operator(token.text, binding, token.start))

    def take_comparison(self, token: Token) -> None:
        self.reduce(SUM)
        if not (self.waiting and isinstance(self.waiting[-1], _OpenCall)):
            cure = "Write it as an operand, such as where(x > 0, x, 0)."
            raise MisreadError(token.start, f"{token.text} stands only in a call, once in each operand", cure=cure)
        self.open(_Operator(token.text, BINDING[token.text][0], token.start))

    def take_superscript(self, token: Token) -> None:
        """`x²` binds tighter than anything around it."""
        base = self.operands.pop()
        exponent = int(token.text)
        power: Node = Number(abs(exponent), str(abs(exponent)))
        if exponent < 0:
            power = Negative(power)
        self.count_node(token.start)
        self.join("**", base, _Operand(power, exponent), token.start)

    def transpose(self, token: Token) -> None:
        """`X.T` binds tighter than anything around it."""
        operand = self.in_reach(self.operands.pop())
        self.count_node(token.start)
        node = Call("transpose", self.function("transpose", token), (operand.node,))
        self.operands.append(_Operand(node, None, operand.height + 1))

    def open(self, item: _Operator | _Bracket) -> None:
        """Let `item` wait for its operand."""
        self.depth += _nests(item)
        if self.depth > DEEPEST:
            cure = "Give an inner part a name: q = ...; f = ..."
            raise MisreadError(item.column, f"the expression is more than {DEEPEST} levels deep here", cure=cure)
        self.waiting.append(item)
        self.wants_value = True

    def reduce(self, floor: int) -> None:
        """Apply the waiting operators that bind at least as tightly as `floor`."""
        while self.waiting and isinstance(last := self.waiting[-1], _Operator) and last.binding >= floor:
            self.waiting.pop()
            self.depth -= _nests(last)
            right = self.operands.pop()
            if last.is_prefix:
                self.sign(last, right)
            else:
                self.join(last.symbol, self.operands.pop(), right, last.column)

    def sign(self, prefix: _Operator, operand: _Operand) -> None:
        if prefix.symbol == "+":
            self.operands.append(operand)
            return
        operand = self.in_reach(operand)
        value = None if operand.value is None else -operand.value
        self.count_node(prefix.column)
        self.operands.append(_Operand(Negative(operand.node), value, operand.height + 1))

    def join(self, symbol: str, left: _Operand, right: _Operand, column: int) -> None:
        left, right = self.in_reach(left), self.in_reach(right)
        self.count_node(column)
        node = Binary(symbol, left.node, right.node)
        value = self.known_value(symbol, left.value, right.value, column)
        self.operands.append(_Operand(node, value, 1 + max(left.height, right.height)))

    def known_value(self, symbol: str, left: Known, right: Known, column: int) -> Known:
        """What two numbers make; None where an operand is not a number yet."""
        if symbol == "@" and not (left is None and right is None):
            raise MisreadError(column, "@ multiplies arrays, and this is a number", cure="Write *.")
        if left is None or right is None:
            return None
        if symbol in COMPARISONS:
            cure = "Compare with an input: where(x > 0, x, 0)."
            raise MisreadError(column, "this compares two numbers", "its answer never changes.", cure)
        try:
            return combined(symbol, left, right)
        except ArithmeticError as impossible:
            raise MisreadError(column, str(impossible), cure="Write the number that is meant.") from None

    def in_reach(self, operand: _Operand) -> _Operand:
        """`operand`, put into a statement of its own where it is as tall as a statement may be."""
        if operand.height < TALLEST:
            return operand
        self.pieces += 1
        name = self.free_name(f"{self.target}_{self.pieces}")
        self.statements.append(Assignment(name, operand.node))
        return _Operand(Name(name), operand.value)

    def push(self, node: Node, value: Known, token: Token) -> None:
        self.count_node(token.start)
        self.operands.append(_Operand(node, value))
        self.wants_value = False

    def count_node(self, column: int) -> None:
        self.nodes += 1
        self.work.steps += 1
        if self.nodes > MOST_NODES:
            raise MisreadError(column, f"the expression has more than {MOST_NODES} parts")

    def next_operand(self, token: Token) -> None:
        """A comma: one operand of a call is complete."""
        bracket = self.innermost(token)
        if not isinstance(bracket, _OpenCall):
            why = "a comma stands only inside a call."
            raise MisreadError(token.start, "expected ) before ,", why, "Write one value, or a call: maximum(x, y).")
        bracket.operands.append(self.operands.pop())
        self.wants_value = True

    def close(self, token: Token) -> None:
        bracket = self.innermost(token)
        if isinstance(bracket, _OpenCall):
            bracket.operands.append(self.operands.pop())
            self.close_call(bracket)
        else:
            self.leave(bracket)

    def innermost(self, token: Token) -> _Bracket:
        """The open bracket that `token` belongs to, everything inside it applied."""
        self.reduce(0)
        if not self.waiting:
            before = self.tokens[self.place - 2]
            cure = "Write one value; statements are parted by ;." if token.text == "," else ANOTHER
            if token.text == "," and before.kind == "number":
                cure = "Write the point of a number as a point: 2.5."
            raise MisreadError(token.start, f"there is no ( that this {token.text} belongs to", cure=cure)
        bracket = self.waiting[-1]
        assert isinstance(bracket, _Bracket)  # reduce(0) leaves no operator on top
        return bracket

    def leave(self, bracket: _Bracket) -> None:
        self.waiting.pop()
        self.depth -= _nests(bracket)

    # Calls

    def open_call(self, token: Token, from_module: bool) -> None:
        name, callables = token.text, self.vocabulary.callables
        if name not in callables:
            raise self.unknown_gate(token)
        gate = callables[name]
        self.open(_OpenCall(self.tokens[self.place - 1].start, gate, token, from_module))

    def unknown_gate(self, token: Token) -> MisreadError:
        name, callables = token.text, self.vocabulary.callables
        self.work.steps += len(callables)
        if objection(name):
            return MisreadError(
                token.start, f"{cut_short(name)} cannot be called", objection(name), WORDS.get(name, IN_A_FILE)
            )
        if name in MAKERS:
            why = "an expression computes with its inputs, and makes no arrays."
            return MisreadError(token.start, f"{name} makes an array", why, f'Make it an input: "A={name}(3)".')
        if (instead := self.vocabulary.elsewhere(name)) is not None:  # nothing is guessed from its letters
            why = "an expression calls some of the gates, and it is none of them."
            return MisreadError(token.start, f"{cut_short(name)} has no gate", why, f"{instead or LISTED}.")
        if callable(getattr(np, name, None)):
            cure = "Write it in the gates that `gatewise gates` lists, or as a function in a file: FILE.py:FUNCTION."
            why = "an expression calls some of the gates, and it is none of them."
            return MisreadError(token.start, f"NumPy's {name} cannot be called here", why, cure)
        problem, cure = f"unknown gate {cut_short(name)}", f"{LISTED}."
        if (near := nearest(name, callables)) and not self.is_run_together(name):
            return MisreadError(token.start, problem, GATE_NAMES, cure, nearest=near)
        return MisreadError(token.start, problem, GATE_NAMES, cure, joiner=": did you mean ")

    def is_run_together(self, name: str) -> bool:
        """Whether a name is an input and a gate without a sign between them, `xsin`."""
        known = self.vocabulary.inputs or ()
        return any(name[:end] in known and name[end:] in self.vocabulary.callables for end in range(1, len(name)))

    def take_option(self, token: Token) -> None:
        """`axis=0` or `keepdims=1` inside a call."""
        call = self.waiting[-1] if self.waiting else None
        if not isinstance(call, _OpenCall):
            raise MisreadError(self.token.start, "expected an operator before =", "a statement starts with its name.")
        takers = self.vocabulary.axis_names
        if token.text not in ("axis", "keepdims") or (takers is not None and call.gate not in takers):
            cure = f"Write {call.gate}(x{', axis=0' if takers is None or call.gate in takers else ''})."
            raise MisreadError(token.start, f"{call.gate} takes no {cut_short(token.text)}=", cure=cure)
        if token.text in call.options:
            raise MisreadError(token.start, f"{token.text}= is given twice")
        self.advance()
        call.options[token.text] = self.option_value(token.text)
        self.end_option(call)

    def option_value(self, option: str) -> int | bool:
        token = self.advance()
        if option == "keepdims":
            if token.text not in FLAGS:
                raise MisreadError(token.start, "expected keepdims=0 or keepdims=1")
            return FLAGS[token.text]
        is_negative = token.text == "-"
        digits = self.advance() if is_negative and self.token.kind != "end" else token
        if digits.kind != "number" or not digits.text.isdigit() or number_of(digits)[0] >= MOST_AXES:
            why = f"an axis is a whole number, and an array has at most {MOST_AXES}."
            raise MisreadError(digits.start, "expected the number of an axis", why, "Write axis=0.")
        axis = int(number_of(digits)[0])
        return -axis if is_negative else axis

    def end_option(self, call: _OpenCall) -> None:
        """After an option come further options or the end of the call."""
        token = self.advance()
        if token.kind == ")":
            self.close_call(call)
        elif token.kind != ",":
            raise MisreadError(token.start, f"expected , or ) after {list(call.options)[-1]}=")
        elif not (self.token.kind == "name" and self.tokens[self.place + 1].kind == "="):
            raise MisreadError(self.token.start, "an operand stands before axis= and keepdims=")

    def close_call(self, call: _OpenCall) -> None:
        """Make the node of the innermost call, which is complete."""
        self.leave(call)
        self.check_operand_count(call)
        pair = OVER_OPERANDS.get(call.gate)
        operands = _as_floats([self.in_reach(operand) for operand in call.operands])
        if pair and len(operands) > 1:
            self.chain(pair, operands, call)
        else:
            self.call(call.gate, operands, call)
        self.wants_value = False

    def check_operand_count(self, call: _OpenCall) -> None:
        gates, count, name = self.vocabulary.gates, len(call.operands), call.name
        pair = OVER_OPERANDS.get(call.gate)
        if pair and count > 1 and pair in gates:
            self.check_chain(call, name)
            return
        low, high = gates.get(call.gate, (2, MOST_NODES))
        if not low <= count <= high:
            raise MisreadError(
                name.start,
                f"{name.text} takes {_operands(low, high)}, not {count}",
                cure=self.right_call(call, low, high),
            )

    def right_call(self, call: _OpenCall, low: int, high: int) -> str:
        """How a gate is called that was given too few or too many operands."""
        last = call.operands[-1].value if len(call.operands) > 1 else None
        takers = self.vocabulary.axis_names
        if isinstance(last, int) and low == 1 and (takers is None or call.gate in takers):
            return f"Write {call.name.text}(x, axis={last})."
        named = ", ".join(("x", "y", "z")[:low]) if low <= 3 else "x, ..."
        return f"Write {call.name.text}({named}{'' if low == high else ', ...'})."

    def check_chain(self, call: _OpenCall, name: Token) -> None:
        """`max(x, y)` compares its operands; an axis, or NumPy's own `np.max`, belongs to one array."""
        if call.options:
            cure = f"Write {name.text}(x, axis=0) of one array, or {name.text}(x, y) of two."
            problem = f"{name.text} of several operands takes no {next(iter(call.options))}="
            raise MisreadError(name.start, problem, cure=cure)
        if call.from_module:
            cure = f"Write {name.text}(x, y) to compare two."
            raise MisreadError(name.start, f"np.{name.text} takes one array, and its axis as axis=", cure=cure)

    def chain(self, gate: str, operands: list[_Operand], call: _OpenCall) -> None:
        """`max(x, y, z)` is `maximum(maximum(x, y), z)`."""
        self.call(gate, operands[:2], call)
        for operand in operands[2:]:
            self.call(gate, [self.in_reach(self.operands.pop()), operand], call)

    def call(self, gate: str, operands: list[_Operand], call: _OpenCall) -> None:
        self.count_node(call.column)
        node = Call(gate, self.function(gate, call.name), tuple(o.node for o in operands), tuple(call.options.items()))
        self.operands.append(_Operand(node, None, 1 + max((o.height for o in operands), default=0)))

    def function(self, gate: str, name: Token) -> str:
        """The text a gate is called with."""
        if gate in self.vocabulary.numpy_names:
            return "np." + NUMPY_SPELLINGS.get(name.text, gate)
        if gate in self.free or gate in self.assigned or gate == self.target:
            raise MisreadError(name.start, f"{gate} is a value in this expression", cure=f"Call the value {gate}_.")
        self.called.add(gate)
        return gate


def _nests(item: _Operator | _Bracket) -> bool:
    """Whether `item` makes what follows one level deeper."""
    return isinstance(item, _Bracket) or item.is_prefix or item.symbol == "**"


def _operands(low: int, high: int) -> str:
    """How many operands, in words."""
    if low == high:
        return "1 operand" if low == 1 else f"{low} operands"
    return f"{low} or more operands" if high >= MOST_NODES else f"{low} to {high} operands"


def _as_floats(operands: list[_Operand]) -> list[_Operand]:
    """Operands that are all numbers, each a float: NumPy would count whole numbers in 64 bits and wrap round."""
    if any(operand.value is None for operand in operands):
        return operands
    return [_as_float(operand) for operand in operands]


def _as_float(operand: _Operand) -> _Operand:
    if not isinstance(operand.value, int):
        return operand
    value = float(operand.value)
    number = Number(abs(value), repr(abs(value)))
    return _Operand(Negative(number) if value < 0 else number, value)
