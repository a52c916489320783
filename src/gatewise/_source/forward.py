"""The forward pass of a circuit as lines: one a stage, or several where the backward pass needs what is inside."""

from __future__ import annotations

import ast
import copy
import re
from collections import Counter
from functools import lru_cache

from gatewise._circuit import Expr, Stage, Wire, part_of, wires_in
from gatewise._source.guards import DEEPEST, Guards
from gatewise._source.lines import NONE, TextLine
from gatewise._source.spelling import Text
from gatewise._source.statements import Statements
from gatewise._tensor import METHODS


class Forward:
    """Writes the forward pass of one circuit."""

    def __init__(self, page: Statements, guards: Guards) -> None:
        self.circuit, self.page, self.names, self.say = page.circuit, page, page.names, page.say
        self.guards = guards

    def lines(self) -> list[TextLine]:
        """The forward pass: one line a stage, or several where the backward pass needs what is inside."""
        self.materialise()
        guards = self.guards.guards()
        self.guards.rows_in_order()
        self.guards.assertions(guards.get(0, ()))
        for number, stage in enumerate(self.circuit.stages, 1):
            self.stage_lines(number, stage)
            self.guards.assertions(guards.get(number, ()))
        lines, self.page.lines = self.page.lines, []
        return lines

    def materialise(self) -> None:
        """Give lines of their own to inner wires that are used twice, lie too deep, or are made by writing."""
        wires = [w for stage in self.circuit.stages for w in stage.wires]
        operands = {w: wires_in(self.circuit.steps[w]) for w in wires}
        used = Counter(x for found in operands.values() for x in found)
        steps = self.circuit.steps.values()
        inside = {x for made in steps for x in wires_in(tuple(made.parameters.values()))}  # an index is spelled by name
        heights: dict[Wire, int] = {}
        for wire in wires:
            heights[wire] = 1 + max((heights.get(x, 0) for x in operands[wire]), default=0)
            kept = wire in self.names.named or wire in self.names.needed or used[wire] > 1 or heights[wire] > DEEPEST
            if kept or self.say.is_statement(self.circuit.steps[wire]) or wire in inside:
                heights[wire] = 0
                if wire not in self.names.named:
                    self.names.needed.add(wire)

    def stage_lines(self, number: int, stage: Stage) -> None:
        """The lines of one stage."""
        written = [w for w in stage.wires if w in self.names.named or w in self.names.needed]
        steps = {self.circuit.steps[w]: w for w in reversed(written)}  # of several outputs the first
        quoted_above = stage.statement is not None and (
            len(steps) > 1 or users_line_differs(stage) or self.calls_helpers(stage)
        )
        if quoted_above:
            self.page.write(f"# {line_of_stage(stage)}")
        start = len(self.page.lines)
        for made, wire in reversed(steps.items()):
            start = len(self.page.lines)
            self.forward_line(stage, wire, made, quoted_above)
        if steps:
            self.page.lines[start].mark = f"({number})"

    def forward_line(self, stage: Stage, wire: Wire, node: Expr, quoted_above: bool) -> None:
        """One value of the forward pass."""
        if part_of(wire) is not None:
            names, text = self.port_names(node, stage), self.say.step(node)
            bound = frozenset(name for name in names.replace(",", " ").split())
            self.page.lines.append(TextLine(f"{names} = {text}", "", "", bound, NONE, text.names))
        elif not quoted_above and (said := self.as_the_user(stage, wire, node)) is not None:
            self.page.bind(self.names.forward_name(wire), said, self.page.shapes.said(node))
        else:
            self.page.assign(self.names.named.get(wire, self.circuit.names[wire]), node)

    def calls_helpers(self, stage: Stage) -> bool:
        """Whether gates of a stage stand in functions that its line calls."""
        return any(self.circuit.scopes.get(w) for w in stage.wires)

    def unused(self) -> str:
        """The name for what nobody uses."""
        return "_" if "_" not in self.circuit.names.values() else self.names.free("_unused")

    def port_names(self, node: Expr, stage: Stage) -> str:
        """The targets of a step with several outputs, `_` for those nobody uses."""
        names = {part_of(w): self.circuit.names[w] for w in stage.wires if self.circuit.steps[w] is node}
        unused, count = self.unused(), len(node.value)
        return ", ".join(names.get(k, unused) for k in range(count)) + ("," if count == 1 else "")

    def as_the_user(self, stage: Stage, wire: Wire, node: Expr) -> Text | None:
        """The user's own right-hand side, where it says exactly what the steps do."""
        said = stage.statement
        if said is None or said.in_place or wire is not stage.wires[-1] or self.circuit.names[wire] != stage.name:
            return None
        if self.say.is_statement(node):
            return None
        ours = self.say.step(node)
        same = ours.text.replace(" ", "") == as_we_write(said.value)
        return Text(right_side(stage), names=ours.names) if same else None


def line_of_stage(stage: Stage) -> str:
    """A stage as the user wrote it, a return as an assignment."""
    if stage.statement is None:
        return stage.name
    return f"{stage.name} = {right_side(stage)}" if stage.statement.returns else stage.text


def right_side(stage: Stage) -> str:
    """The user's text for the value of a stage."""
    if stage.statement.returns:
        return stage.text.removeprefix("return").strip()
    found = re.match(r"[^=!<>]*[^=!<>+*/@%&|^-]=(?!=)\s*(.*)", stage.text, re.DOTALL)
    return found[1] if found else stage.text


def users_line_differs(stage: Stage) -> bool:
    """Whether the target is called otherwise than the user called it: bound again."""
    target = stage.statement.target
    return target is not None and target.split(",")[0] != stage.name.split(",")[0] and "_" not in target.split(",")


@lru_cache(maxsize=1024)
def as_we_write(tree: ast.expr) -> str:
    """An expression of the user's as printed code says it, but for spaces: a method is the function of its name."""
    return ast.unparse(AsFunctions().visit(copy.deepcopy(tree))).replace(" ", "")


CALLED_ON_ARRAYS = frozenset({*METHODS, "reshape", "transpose"})


class AsFunctions(ast.NodeTransformer):
    """Writes `x.sum(axis=0)` as `np.sum(x, axis=0)`, an index of one as that one, and one kind of brackets in calls."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        func = node.func
        if (
            isinstance(func, ast.Attribute)
            and func.attr in CALLED_ON_ARRAYS
            and not (isinstance(func.value, ast.Name) and func.value.id == "np")
        ):
            node = ast.Call(
                ast.Attribute(ast.Name("np", ast.Load()), func.attr, ast.Load()),
                [func.value, *node.args],
                node.keywords,
            )
        if isinstance(node.func, ast.Attribute) and node.func.attr == "absolute":
            node.func.attr = "abs"
        node.args = [ast.Tuple(a.elts, ast.Load()) if isinstance(a, ast.List) else a for a in node.args]
        return node
