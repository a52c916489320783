"""The formulas of a circuit as small trees, so that a page can recompute it after an input was edited.

A tree is a number (`"inf"`, `"-inf"` and `"nan"` as words), `["wire", id]`, `["d", id]` for the gradient that arrives
at a wire, or `[operation, argument, ...]`. The trees are read from the texts of the record, none of which is run.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from gatewise import _syntax
from gatewise._views.numbers import entries
from gatewise._views.sheet import Sheet, Use, Wire, read
from gatewise._views.text import plain

MOST_ENTRIES = 64  # of an array that a page computes with
_DTYPES = {"float64", "bool", "int64", "int32", "uint8"}

_INFIX: dict[type[ast.AST], str] = {
    ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide", ast.Pow: "power",
    ast.Mod: "remainder",
    ast.FloorDiv: "floor_divide", ast.MatMult: "matmul", ast.USub: "negative", ast.UAdd: "positive",
    ast.Not: "logical_not", ast.Gt: "greater", ast.GtE: "greater_equal", ast.Lt: "less", ast.LtE: "less_equal",
    ast.Eq: "equal", ast.NotEq: "not_equal",
}  # fmt: skip
_LOGIC: dict[type[ast.AST], str] = {ast.BitAnd: "logical_and", ast.BitOr: "logical_or", ast.Invert: "logical_not"}
_BITWISE = {"bitwise_and": "logical_and", "bitwise_or": "logical_or", "invert": "logical_not"}
_ELEMENTWISE = {
    *_INFIX.values(), *_LOGIC.values(),
    "absolute", "abs", "square", "reciprocal", "sqrt", "exp", "expm1", "log", "log1p", "sin", "cos", "tan",
    "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "arctan2", "hypot", "logaddexp", "maximum", "minimum",
    "where", "sign", "floor", "ceil", "rint", "trunc", "isfinite", "isnan", "copy", "zeros_like", "ones_like",
    "full_like", "sigmoid", "relu", "softplus",
}  # fmt: skip
_OTHER_NAMES = {"abs": "absolute", "positive": "copy"}
#: Functions with parameters: the operation's arguments in order, and what stands for one that is left out.
_WITH_PARAMETERS: dict[str, tuple[tuple[str, Any], ...]] = {
    **dict.fromkeys(("sum", "mean", "max", "min", "prod", "any", "all"), (("axis", None), ("keepdims", False))),
    **dict.fromkeys(("var", "std"), (("axis", None), ("keepdims", False), ("ddof", 0))),
    **dict.fromkeys(("argmax", "argmin"), (("axis", None), ("keepdims", False))),
    "reshape": (("shape", None),), "broadcast_to": (("shape", None),), "ravel": (), "transpose": (("axes", None),),
    "matrix_transpose": (), "swapaxes": (("axis1", None), ("axis2", None)), "expand_dims": (("axis", None),),
    "squeeze": (("axis", None),), "concatenate": (("axis", 0),), "stack": (("axis", 0),),
}  # fmt: skip
_TOTALS = {"sum", "mean", "max", "min", "prod", "var", "std"}
_MATRICES = {"matmul", "dot", "outer"}
_METHODS = {"sum", "mean", "max", "min", "prod", "var", "std", "any", "all", "reshape", "ravel", "transpose", "copy"}
_BOXING = {"where", "reshape", "transpose", "squeeze", "broadcast_to", "full_like", "copy"}
#: What a switch lets through along each operand; ties with a constant pass nothing.
_WINS = "({0} > {1}) + 0.5 * ({0} == {1})"
_BEATS = "{0} > {1}"


class NotCoveredError(Exception):
    """A text says something that a page does not compute."""


def formulas(record: Mapping[str, Any]) -> dict[str, Any]:
    """The trees of every gate of a record, or under `recording` the sentence that says which gate has none, and why.

    `forward` by id, `backward` in the order of the sweep as `[use, tree, gradient, how]`, `rules` what each block sends
    back as a whole, as `[from, to, tree, gradient, how]`, `locals` by use, `texts` by use (its local gradient in
    symbols, and its line of code), `boxed` the ids of numbers in arrays without axes, and `guards`: what must stay as
    it is recorded, each as `[tree, value, sentence]`.
    """
    sheet = read(record)
    try:
        return _Formulas(sheet, record).all()
    except NotCoveredError as reason:
        return {"recording": f"This circuit is shown as it was recorded: {reason}."}


class _Formulas:
    """Goes through a sheet gate by gate."""

    def __init__(self, sheet: Sheet, record: Mapping[str, Any]) -> None:
        self.sheet, self.record = sheet, record
        self.reader = _Reader(sheet)
        self.numbers = {(use.target, use.port): k for k, use in enumerate(sheet.uses)}

    def all(self) -> dict[str, Any]:
        """All trees. Raises `NotCoveredError`."""
        for wire in self.sheet.wires:
            self._check(wire)
        gates = [self.sheet.wires[id_] for id_ in self.record["forward"]]
        found: dict[str, Any] = {
            "forward": {str(wire.id): self._tried(wire, self._forward) for wire in gates},
            "backward": [],
            "rules": [self._tried(wire, self._rule) for wire in gates if _closes_block(wire)],
            "locals": {},
            "texts": {},
            "guards": [*self._guards()],
            "boxed": [wire.id for wire in self.sheet.wires if _is_boxed(wire)],
        }
        for wire in reversed(gates):
            self._tried(wire, lambda wire: self._backward(wire, found))
        return found

    def _check(self, wire: Wire) -> None:
        name = plain(wire.name)
        if math.prod(wire.shape) > MOST_ENTRIES:
            raise NotCoveredError(
                f"{name} has {math.prod(wire.shape)} entries, a page computes with up to {MOST_ENTRIES}"
            )
        if wire.dtype not in _DTYPES:
            raise NotCoveredError(f"{name} is {plain(wire.dtype)}, a page computes in float64")
        if wire.is_gate and len([each for each in self.sheet.wires if each.is_gate and each.step == wire.step]) > 1:
            raise NotCoveredError(f"{name} is one of several outputs of the gate {plain(wire.gate)}")

    def _tried(self, wire: Wire, read_one: Any) -> Any:
        """What `read_one` makes of a wire; what it cannot read is told with the gate."""
        try:
            return read_one(wire)
        except (NotCoveredError, SyntaxError, ValueError, RecursionError) as reason:
            why = str(reason) if isinstance(reason, NotCoveredError) else "its text cannot be read"
            made = f"{plain(wire.name)} = {plain(wire.expression)}"
            raise NotCoveredError(f"the gate {plain(wire.gate)} ({made}) is not recomputed, as {why}") from None

    # ------------------------------------------------------------------------------------------------------- forward

    def _forward(self, wire: Wire) -> Any:
        if wire.gate in ("softmax", "logsumexp") and wire.shape + self._operand(wire).shape:
            tree = [wire.gate, ["wire", self._operand(wire).id], self._axis_in_call(wire)]
            return ["reshape", tree, list(wire.shape)]
        if wire.gate == "dot" and any(
            len(self.sheet.wires[use.source].shape) > 2 for use in self.sheet.operands[wire.id]
        ):
            raise NotCoveredError("a page computes np.dot of at most two axes")
        return self.reader.read(wire.expression)

    def _operand(self, wire: Wire) -> Wire:
        return self.sheet.wires[self.sheet.operands[wire.id][0].source]

    def _axis_in_call(self, wire: Wire) -> Any:
        """The axis of a block called by its name: a keyword of its expression, unless it is the usual one."""
        call = self.reader.parsed(wire.expression)
        assert isinstance(call, ast.Call)
        usual = {"softmax": -1, "logsumexp": None}[wire.gate or ""]
        return next((_literal(k.value) for k in call.keywords if k.arg == "axis"), usual)

    def _guards(self) -> Iterator[list[Any]]:
        """What an edit must leave as it was recorded."""
        for wire in self.sheet.wires:
            name, tree = plain(wire.name), ["wire", wire.id]
            finite = ["all", ["isfinite", tree], None, False]
            if wire.kind == "input" and (wire.is_read or wire.dtype != "float64"):
                why = "was read by Python" if wire.is_read else f"holds {wire.dtype}"
                yield [tree, wire.value, f"{name} {why}: with another value, record again."]
            if wire.gate == "logsumexp":
                yield [finite, _all_finite(wire.value), f"{name} stops being finite, or starts to be: record again."]
            if _closes_block(wire):
                why = f"the rule of {plain(wire.block or '')} is for finite numbers"
                yield [finite, True, f"{name} is not finite, and {why}: record again."]
        for guard in self.record.get("guards", ()):
            yield self._branch(guard)

    def _branch(self, guard: Mapping[str, Any]) -> list[Any]:
        """What Python read, to choose what to run next. Raises `NotCoveredError` where it cannot be computed again."""
        text, value, line = guard["expression"], guard["value"], guard.get("line")
        place = f" at line {line}" if line else ""
        try:
            tree = self.reader.read(text or "")
        except (NotCoveredError, SyntaxError) as reason:
            what = f"Python chose{place} by a value that a page cannot compute again"
            raise NotCoveredError(what) from reason
        sentence = f"Python read {plain(text)} as {value}{place}: with another value, record again."
        return [["not_equal", tree, 0] if guard["how"] == "bool" else tree, value, sentence]

    # ------------------------------------------------------------------------------------------------------ backward

    def _backward(self, wire: Wire, found: dict[str, Any]) -> None:
        uses = self.sheet.operands[wire.id]
        lines = self._lines(wire, uses)
        for use in uses:
            number, source = self.numbers[use.target, use.port], self.sheet.wires[use.source]
            slope = self._slope_text(wire, use)
            if slope is None and use.local_text is not None and use.local is not None:
                found["locals"][str(number)] = self._local(use)
            if not self._is_wanted(wire, source) or wire.pattern == "stops":
                continue
            if slope is not None:
                self._add_switch(found, wire, use, number, slope)
                continue
            line = lines.get(use.port)
            if use.local_text == "0" and line is None:
                continue  # what an operand is taken for other than its value: full_like's shape
            found["backward"].append([number, *self._contribution(wire, use, line)])
            if use.local_text is not None and not wire.shape and not source.shape:
                found["texts"][str(number)] = [use.local_text, line or _line(wire, source, use.local_text, len(uses))]

    def _is_wanted(self, wire: Wire, source: Wire) -> bool:
        return source.has_gradient and wire.has_gradient and not source.is_read

    def _lines(self, wire: Wire, uses: Sequence[Use]) -> dict[int, str]:
        """The gate's lines of code by port; each is that of the next use of the wire it names."""
        found: dict[int, str] = {}
        for line in self.sheet.code.get(wire.id, ()):
            target = line.split(" = ", 1)[0]
            waiting = [use for use in uses if use.port not in found and f"d{self._name(use)}" == target]
            if waiting:
                found[waiting[0].port] = line
        return found

    def _name(self, use: Use) -> str:
        return self.sheet.wires[use.source].name

    def _contribution(self, wire: Wire, use: Use, line: str | None) -> list[Any]:
        """What comes back along a use, and how its mask of live entries goes along: `with` the gradient, or `moved`."""
        source, down = self.sheet.wires[use.source], ["d", wire.id]
        if wire.gate in ("max", "min"):
            axis = self._axis(wire)
            share = ["share", ["wire", source.id], ["wire", wire.id], axis]
            return [share, ["unreduce", down, ["wire", source.id], axis], "switch"]
        if wire.gate == "prod":
            axis = self._axis(wire)
            whole = ["unreduce", down, ["wire", source.id], axis]
            return [["multiply", ["others", ["wire", source.id], axis], whole], whole, "with"]
        if wire.gate == "getitem":
            _, _, *index = self.reader.read(wire.expression)
            return [["put", down, ["shape", *source.shape], *index], None, "routed"]
        if wire.gate == "logsumexp":
            return self._soft(self._axis(wire), ["wire", source.id], down)
        if wire.gate in ("sigmoid", "tanh"):  # the record has the exact slope, not that of the line that is printed
            return [["multiply", self._local(use), down], down, "with"]
        if line is None and use.local_text is None:
            raise NotCoveredError("the record has no line of code for its gradient")
        if line is None:
            return [["multiply", self._local(use), down], down, "with"]
        tree = self.reader.read(line.split(" = ", 1)[1], wire)
        if wire.gate in _TOTALS:
            return [tree, ["unreduce", down, ["wire", source.id], self._axis(wire)], "with"]
        if wire.pattern in ("mixes",):
            return [tree, None, "mixed"]
        if wire.pattern == "moves" or wire.gate in ("broadcast_to", "add_at"):
            return [tree, None, "moved"]
        while source.shape != wire.shape and tree[0] == "sum":  # the reader sums, after dead entries are zeroed
            tree = tree[1]
        return [tree, down, "with"]

    def _local(self, use: Use) -> Any:
        """The tree of a local gradient; where that is one number, the number itself, which its text rounds."""
        gate = self.sheet.wires[use.target].gate
        if gate in ("sigmoid", "tanh"):
            return _curve_slope(gate, ["wire", use.source], ["wire", use.target])
        tree, exact = self.reader.read(str(use.local_text)), entries(use.local)
        return exact[0] if isinstance(tree, int | float) and exact and isinstance(exact[0], int | float) else tree

    def _axis(self, wire: Wire) -> Any:
        if wire.gate == "logsumexp":
            return self._axis_in_call(wire) if self._operand(wire).shape else None
        return self.reader.read(wire.expression)[2]

    # -------------------------------------------------------------------------------------------------------- blocks

    def _rule(self, wire: Wire) -> list[Any]:
        """What a block that was written out gate by gate sends back to its operand."""
        exponentials = self._exponentials(wire)
        x = self._block_operand(wire, exponentials)
        return [x.id, wire.id, *self._block_tree(wire, x, exponentials)]

    def _block_tree(self, wire: Wire, x: Wire, exponentials: list[Wire]) -> list[Any]:
        out, down, operand = ["wire", wire.id], ["d", wire.id], ["wire", x.id]
        if wire.block == "sigmoid":
            return [["multiply", _curve_slope("sigmoid", operand, out), down], down, "with"]
        if wire.block == "softplus":
            return [["divide", down, ["add", 1, ["exp", ["negative", operand]]]], down, "with"]
        if wire.block == "logsumexp":
            return self._soft(self._axis(self._operand(wire)), operand, down)
        if wire.block == "softmax":
            axis = self._axis(self.sheet.wires[self.sheet.operands[wire.id][1].source])
            mean = ["sum", ["multiply", out, down], axis, True]
            return [["multiply", out, ["subtract", down, mean]], None, "mixed"]
        if wire.block == "cross_entropy":
            right = next(self._operand(each) for each in exponentials if len(each.shape) == 1)
            _, _, *index = self.reader.read(right.expression)
            shares = ["add", ["softmax", operand, 1], ["put", -1, ["shape", *x.shape], *index]]
            return [["multiply", shares, down], None, "mixed"]
        raise NotCoveredError(f"a page does not know the rule of {plain(wire.block or '')}")

    def _soft(self, axis: Any, operand: list[Any], down: list[Any]) -> list[Any]:
        """What a logsumexp sends back: shared as softmax shares."""
        whole = ["unreduce", down, operand, axis]
        return [["multiply", ["softmax", operand, axis], whole], whole, "with"]

    def _exponentials(self, wire: Wire) -> list[Wire]:
        """The exponentials that a block was written with."""
        waiting, found = [wire], list[Wire]()
        while waiting:
            for use in self.sheet.operands[waiting.pop().id]:
                inner = self.sheet.wires[use.source]
                (found if inner.gate == "exp" else waiting).append(inner)
        return found

    def _block_operand(self, wire: Wire, exponentials: list[Wire]) -> Wire:
        """What a block works on: the exponent, without the sign of `1 / (1 + exp(-x))` and without a shift."""
        x = self._operand(max(exponentials, key=lambda each: len(each.shape)))
        if wire.block == "sigmoid" and len(self.sheet.operands[wire.id]) == 1:
            return self._operand(x)
        is_shifted = wire.block in ("softmax", "cross_entropy") and x.gate == "subtract" and x.block_end == wire.id
        return self._operand(x) if is_shifted else x

    # ------------------------------------------------------------------------------------------------------ switches

    def _slope_text(self, wire: Wire, use: Use) -> str | None:
        """What a switch of numbers multiplies with along a use: the record has it only where the use is alive."""
        if wire.gate not in ("maximum", "minimum", "clip", "where", "relu") or wire.pattern != "routes":
            return None
        call = self.reader.parsed(wire.expression)
        if not isinstance(call, ast.Call) or call.keywords:
            raise NotCoveredError("its operands are not told one by one")
        texts = [ast.unparse(operand) for operand in call.args]
        port = min(use.port, len(texts) - 1)
        if wire.gate == "relu":
            return f"{texts[0]} > 0"
        if wire.gate == "where":
            chosen = self.reader.wires.get(texts[0])
            taken = texts[0] if chosen and chosen.dtype == "bool" else f"np.not_equal({texts[0]}, False)"
            return ("0", taken, f"np.logical_not({texts[0]})")[port]
        if wire.gate in ("maximum", "minimum"):
            mine, other = texts[port], texts[1 - port]
            return self._wins(mine, other) if wire.gate == "maximum" else self._wins(other, mine)
        x, low, high = texts
        above = "True" if low == "None" else self._wins(x, low)
        below = "True" if high == "None" else self._wins(high, x)
        at_least = x if low == "None" else f"np.maximum({x}, {low})"
        slopes = (
            _both(above, below),
            _both("" if low == "None" else self._wins(low, x), "True" if high == "None" else self._wins(high, low)),
            "" if high == "None" else self._wins(at_least, high),
        )
        return slopes[port]

    def _wins(self, one: str, other: str) -> str:
        exact = any(self._is_constant(text) for text in (one, other))
        return (_BEATS if exact else _WINS).format(one, other)

    def _is_constant(self, text: str) -> bool:
        if text.startswith("np.maximum("):
            return False
        wire = self.reader.wires.get(text)
        return wire is None or wire.kind == "constant" or (wire.is_gate and wire.pattern == "stops")

    def _add_switch(self, found: dict[str, Any], wire: Wire, use: Use, number: int, slope: str) -> None:
        tree = self.reader.read(slope)
        found["backward"].append([number, tree, ["d", wire.id], "switch"])
        if self.sheet.wires[use.source].shape != wire.shape:
            return
        found["locals"][str(number)] = tree
        if not wire.shape:
            operands = self.sheet.operands[wire.id]
            local, line = use.local_text, self._lines(wire, operands).get(use.port)
            if line is None or local is None:
                is_boxed = any(_is_boxed(self.sheet.wires[each.source]) for each in operands)
                local, product = _switch_texts(wire, slope, is_boxed)
                line = f"d{self._name(use)} = {product}"
            found["texts"][str(number)] = [local, line]


def _curve_slope(gate: str, x: list[Any], out: list[Any]) -> list[Any]:
    """The slope of sigmoid or tanh without `1 - out`, which is 0 where out is rounded to 1."""
    if gate == "sigmoid":
        return ["multiply", out, _logistic(["negative", x])]
    twice = ["multiply", 2, x]
    return ["multiply", ["multiply", 4, _logistic(twice)], _logistic(["negative", twice])]


def _logistic(x: list[Any]) -> list[Any]:
    return ["divide", 1, ["add", 1, ["exp", ["negative", x]]]]


def _both(one: str, other: str) -> str:
    """The product of two slopes, one of which may be 1."""
    if "True" in (one, other):
        return other if one == "True" else one
    return f"({one}) * ({other})"


def _is_comparison(text: str) -> bool:
    return isinstance(_syntax.expression(text), ast.Compare)


def _product(factor: str, upstream: str) -> str:
    is_compound = isinstance(_syntax.expression(factor), ast.BinOp | ast.Compare)
    return f"({factor}) * {upstream}" if is_compound else f"{factor} * {upstream}"


def _switch_texts(wire: Wire, slope: str, is_boxed: bool) -> tuple[str, str]:
    """A switch's local gradient in symbols, and its product with the upstream gradient, as the record writes them."""
    upstream = f"d{wire.name}"
    if wire.gate == "where":
        return slope, f"{upstream} * {slope}"
    if is_boxed and _is_comparison(slope):
        return f"1.0 * ({slope})", f"{upstream} * ({slope})"
    return f"({slope}) * 1.0" if _is_comparison(slope) else slope, _product(slope, upstream)


def _line(wire: Wire, source: Wire, local: str, operands: int) -> str:
    """The line of code for a local gradient, as the record writes it where the use is alive."""
    upstream = f"d{wire.name}"
    literal = _literal_operand(wire)
    if local in ("1", "-1"):
        text = upstream if local == "1" else f"-{upstream}"
    elif literal and (_is_number(local) or local == f"1 / {literal}"):
        text = f"{upstream} / {literal}" if wire.gate == "divide" else f"{literal} * {upstream}"
    elif local.startswith("1.0 / ") and wire.gate in ("divide", "log", "log1p"):
        text = f"{upstream} / {local.removeprefix('1.0 / ')}"
    elif operands > 2 and wire.gate == "multiply":  # a folded chain
        text = f"{local} * {upstream}"
    elif local.endswith(" * 1.0"):
        text = local.removesuffix("1.0") + upstream
    elif local.endswith(" * 1.0)"):
        text = local.removesuffix("1.0)") + f"{upstream})"
    else:
        text = _product(local, upstream)
    return f"d{source.name} = {text}"


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _literal_operand(wire: Wire) -> str:
    """The number that a gate multiplies with or divides by, as it stands in its expression; empty where it has none."""
    body = _syntax.expression(wire.expression)
    if not isinstance(body, ast.BinOp) or not isinstance(body.op, ast.Mult | ast.Div):
        return ""
    sides = ((body.right, body.left), (body.left, body.right))
    return next((ast.unparse(a) for a, b in sides if isinstance(b, ast.Name) and _is_number(ast.unparse(a))), "")


def _closes_block(wire: Wire) -> bool:
    """Whether a wire is what a block gives that was written out gate by gate."""
    return wire.block_end == wire.id and wire.gate != wire.block


def _is_boxed(wire: Wire) -> bool:
    """Whether NumPy gives an array without axes here, not a number: a dead one then goes on, as zero."""
    return not wire.shape and wire.gate in _BOXING


def _all_finite(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_all_finite, value))
    return not isinstance(value, str) and math.isfinite(value)


class _Reader:
    """Makes trees of Python text, against a list of what is allowed."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet

    @cached_property
    def wires(self) -> dict[str, Wire]:
        """The wires by name."""
        return {wire.name: wire for wire in self.sheet.wires}

    def parsed(self, text: str) -> ast.expr:
        """The syntax tree of an expression."""
        return _syntax.expression(text)

    def read(self, text: str, gate: Wire | None = None) -> Any:
        """The tree of an expression; in the backward code of a gate, `d` and its name is its gradient."""
        self.upstream = None if gate is None else gate
        if gate is not None and f"d{gate.name}" in self.wires:
            raise NotCoveredError(f"d{gate.name} is both a wire and a gradient in its code")
        return self._tree(self.parsed(text))

    def _tree(self, node: ast.expr) -> Any:
        visit = {
            ast.Constant: self._constant, ast.Name: self._name, ast.BinOp: self._infix, ast.UnaryOp: self._infix,
            ast.Compare: self._comparison, ast.IfExp: self._choice, ast.Call: self._call,
            ast.Attribute: self._attribute, ast.Subscript: self._subscript,
        }.get(type(node))  # fmt: skip
        if visit is None:
            raise NotCoveredError(f"a page does not compute {plain(ast.unparse(node), 40)}")
        return visit(node)

    def _constant(self, node: Any) -> Any:
        if isinstance(node.value, bool):
            return int(node.value)
        if isinstance(node.value, int | float):
            return node.value if _all_finite(node.value) else "inf"
        raise NotCoveredError(f"{plain(repr(node.value), 40)} is no number")

    def _name(self, node: Any) -> Any:
        if self.upstream is not None and node.id == f"d{self.upstream.name}":
            return ["d", self.upstream.id]
        if node.id in self.wires:
            return ["wire", self.wires[node.id].id]
        raise NotCoveredError(f"{plain(node.id, 40)} is not in the record")

    def _infix(self, node: Any) -> Any:
        operands = [node.operand] if isinstance(node, ast.UnaryOp) else [node.left, node.right]
        trees = [self._tree(each) for each in operands]
        if type(node.op) in _LOGIC:
            return [self._logic(_LOGIC[type(node.op)], trees), *trees]
        if type(node.op) not in _INFIX:
            raise NotCoveredError(f"a page does not compute {plain(ast.unparse(node), 40)}")
        if isinstance(node.op, ast.USub) and isinstance(trees[0], int | float):
            return -trees[0]
        if isinstance(node.op, ast.USub) and trees[0] == "inf":
            return "-inf"
        return [_OTHER_NAMES.get(_INFIX[type(node.op)], _INFIX[type(node.op)]), *trees]

    def _logic(self, name: str, trees: Sequence[Any]) -> str:
        """& | ~ on truth values are and, or, not; on whole numbers they are something else."""
        wires = [self.sheet.wires[tree[1]] for tree in trees if isinstance(tree, list) and tree[0] == "wire"]
        if any(wire.dtype != "bool" for wire in wires):
            raise NotCoveredError("bitwise operations on whole numbers are not computed in a page")
        return name

    def _comparison(self, node: Any) -> Any:
        if len(node.ops) != 1 or type(node.ops[0]) not in _INFIX:
            raise NotCoveredError(f"a page does not compute {plain(ast.unparse(node), 40)}")
        return [_INFIX[type(node.ops[0])], self._tree(node.left), self._tree(node.comparators[0])]

    def _choice(self, node: Any) -> Any:
        return ["where", self._tree(node.test), self._tree(node.body), self._tree(node.orelse)]

    def _attribute(self, node: Any) -> Any:
        text = ast.unparse(node)
        if text in ("np.inf", "np.nan", "math.inf", "math.nan"):
            return text.split(".")[1]
        if text in ("np.pi", "np.e", "math.pi", "math.e"):
            return getattr(math, text.split(".")[1])
        if node.attr == "T":
            return ["transpose", self._tree(node.value), None]
        if node.attr == "mT":
            return ["swapaxes", self._tree(node.value), -1, -2]
        raise NotCoveredError(f"a page does not compute {plain(text, 40)}")

    def _subscript(self, node: Any) -> Any:
        return ["pick", self._tree(node.value), *self._index(node.slice)]

    def _index(self, node: ast.expr) -> list[Any]:
        """The parts of an index: a slice, `newaxis`, `rest` for the dots, or the tree of a whole number or an array."""
        if isinstance(node, ast.Tuple):
            return [part for each in node.elts for part in self._index(each)]
        if isinstance(node, ast.Slice):
            return [
                ["slice", *(None if part is None else _literal(part) for part in (node.lower, node.upper, node.step))]
            ]
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "slice":
            bounds = [_literal(part) for part in node.args]
            return [["slice", *([None, *bounds, None] if len(bounds) == 1 else [*bounds, None])[:3]]]
        if isinstance(node, ast.Constant) and node.value in (None, ...):
            return [["newaxis"] if node.value is None else ["rest"]]
        if ast.unparse(node) == "np.newaxis":
            return [["newaxis"]]
        tree = self._tree(node)
        for part in _wires_in(tree):
            if self.sheet.wires[part].dtype == "bool" or self.sheet.wires[part].dtype.startswith("float"):
                raise NotCoveredError("which entries it takes depends on values")
        return [["at", tree]]

    def _call(self, node: Any) -> Any:
        text = ast.unparse(node.func)
        if text == "scatter":
            index = next(k.value for k in node.keywords if k.arg == "index")
            return ["put", self._tree(node.args[0]), ["shape", *_whole(_literal(node.args[1]))], *self._index(index)]
        if text == "add_at":
            index = next(k.value for k in node.keywords if k.arg == "index")
            base, more = (self._tree(each) for each in node.args)
            return ["add", base, ["put", more, ["like", base], *self._index(index)]]
        module, _, name = text.rpartition(".")
        if module in ("np", "") and name not in self.wires:
            return self._function(_OTHER_NAMES.get(name, name), node.args, node.keywords)
        if isinstance(node.func, ast.Attribute) and module in self.wires and name in _METHODS:
            arguments = node.args
            if name in ("reshape", "transpose") and len(arguments) > 1:
                arguments = [ast.Tuple(arguments, ast.Load())]
            return self._function(_OTHER_NAMES.get(name, name), [node.func.value, *arguments], node.keywords)
        if isinstance(node.func, ast.Attribute) and name == "astype" and ast.unparse(node.args[0]) == "np.float64":
            return ["copy", self._tree(node.func.value)]
        raise NotCoveredError(f"a page does not compute {plain(text, 40)}")

    def _function(self, name: str, arguments: Sequence[ast.expr], keywords: Sequence[ast.keyword]) -> Any:
        name = _BITWISE.get(name, name)
        given = {str(keyword.arg): keyword.value for keyword in keywords}
        if name in _WITH_PARAMETERS:
            return self._with_parameters(name, arguments, given)
        if name == "clip" and len(arguments) == 3 and not given:
            return self._clip(arguments)
        if name == "einsum" and not given and isinstance(arguments[0], ast.Constant):
            return ["einsum", _subscripts(arguments[0].value, len(arguments) - 1), *map(self._tree, arguments[1:])]
        if name in ("array", "asarray", "arange", "eye", "ones", "bool") and not given:
            return self._made(name, arguments)
        if name == "float64" and len(arguments) == 1 and not given:
            return self._tree(arguments[0])
        if name in _MATRICES and not given:
            return [name, *map(self._tree, arguments)]
        if name not in _ELEMENTWISE or given:
            raise NotCoveredError(f"a page does not compute {plain(name, 40)}")
        return [name, *map(self._tree, arguments)]

    def _with_parameters(self, name: str, arguments: Sequence[ast.expr], given: Mapping[str, ast.expr]) -> Any:
        parameters = _WITH_PARAMETERS[name]
        first, *rest = arguments
        if name in ("concatenate", "stack"):
            if not isinstance(first, ast.Tuple | ast.List):
                raise NotCoveredError("its parts are not told one by one")
            operand: Any = ["parts", *map(self._tree, first.elts)]
        else:
            operand = self._tree(first)
        if len(rest) > len(parameters) or not set(given) <= {key for key, _ in parameters}:
            raise NotCoveredError(f"a page does not compute {name} with these parameters")
        values = dict(parameters)
        values |= {key: _literal(each) for (key, _), each in zip(parameters, rest, strict=False)}
        values |= {key: _literal(each) for key, each in given.items()}
        return [name, operand, *values.values()]

    def _clip(self, arguments: Sequence[ast.expr]) -> Any:
        tree = self._tree(arguments[0])
        for name, bound in zip(("maximum", "minimum"), arguments[1:], strict=True):
            if not (isinstance(bound, ast.Constant) and bound.value is None):
                tree = [name, tree, self._tree(bound)]
        return tree

    def _made(self, name: str, arguments: Sequence[ast.expr]) -> Any:
        if name in ("array", "asarray", "bool"):
            return ["array", _json_numbers(_literal(arguments[0]))]
        (count,) = map(_literal, arguments)
        if name == "arange":
            return ["array", [type(count)(k) for k in range(math.ceil(count))]]  # np.arange(3.0) counts in floats
        if name == "ones":
            return ["broadcast_to", 1, _whole(count)]
        return ["array", [[int(row == column) for column in range(count)] for row in range(count)]]


def _wires_in(tree: Any) -> Iterator[int]:
    if isinstance(tree, list) and tree:
        if tree[0] == "wire":
            yield tree[1]
        else:
            for part in tree[1:]:
                yield from _wires_in(part)


def _literal(node: ast.expr) -> Any:
    """A number, True, False, None, or tuples and lists of them as lists."""
    if isinstance(node, ast.Tuple | ast.List):
        return [_literal(each) for each in node.elts]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = _literal(node.operand)
        if isinstance(value, int | float):
            return -value
    if isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, int | float)):
        return node.value
    raise NotCoveredError(f"{plain(ast.unparse(node), 40)} is not written out")


def _whole(shape: Any) -> list[int]:
    return shape if isinstance(shape, list) else [shape]


def _json_numbers(value: Any) -> Any:
    """A number or nested lists of numbers, as JSON has them."""
    if isinstance(value, list):
        return [_json_numbers(each) for each in value]
    if value is None or not math.isfinite(value):
        raise NotCoveredError(f"{value} is no number")
    return int(value) if isinstance(value, bool) else value


def _subscripts(text: Any, count: int) -> str:
    """The letters of an einsum with its output written out."""
    if not isinstance(text, str) or "." in text:
        raise NotCoveredError("a page computes einsum by letters only")
    left, arrow, out = text.replace(" ", "").partition("->")
    if not arrow:
        letters = left.replace(",", "")
        out = "".join(sorted(letter for letter in set(letters) if letters.count(letter) == 1))
    if len(left.split(",")) != count:
        raise NotCoveredError("its letters do not go with its operands")
    return f"{left}->{out}"
