"""Values written as statements: an assignment, an addition to what is there, entries written into an array."""

from __future__ import annotations

from itertools import permutations
from typing import Any, Literal

import numpy as np

from gatewise._circuit import Expr, FrozenCircuit, Said, Wire, placed, with_wires
from gatewise._gates import NAMES, added_at, names_an_entry_once, viewed, written, zeros_with
from gatewise._source.expressions import Expressions
from gatewise._source.lines import TextLine, assignment, changed, written_into
from gatewise._source.looking import dtype_of, is_gate, is_the_number, value_of
from gatewise._source.names import Names
from gatewise._source.shapes import Shapes
from gatewise._source.spelling import ATOM, UNARY, Text, as_text, infix, names_said, say

Style = Literal["code", "notes"]
#: By the function that makes a view, its gate.
LOOKED_AT_BY = {function: gate for gate in NAMES.values() if gate.views for function in (gate.function, gate.call)}


def order_for(node: Expr) -> tuple[int, ...] | None:
    """The axes, slowest first, of an array that `node` writes into through views; None where any order will do."""
    chain = node.parameters.get("chain", ())
    if node.gate.function is not written or not any(LOOKED_AT_BY[f].function in RESHAPED for f, _, _ in chain):
        return None
    numbers = np.zeros(np.shape(value_of(node.operands[0])))
    rows = tuple(range(numbers.ndim))
    for axes in (rows, rows[::-1], *permutations(rows)):
        laid = np.transpose(np.transpose(numbers, axes).copy(), np.argsort(axes))
        if np.may_share_memory(viewed(laid, chain), laid):
            return axes
    return rows  # there is no entry


#: What shows entries in one row, or copies them: it depends on how they lie.
RESHAPED = (np.reshape, np.ravel)


class Statements:
    """Writes lines; the style "notes" keeps every local factor."""

    def __init__(self, circuit: FrozenCircuit, style: Style, names: Names | None = None) -> None:
        self.circuit, self.style = circuit, style
        self.names = names or Names(circuit)
        self.say = Expressions(circuit, self.names, self.assign)
        self.shapes = Shapes(circuit)
        self.sized_by: Wire | None = None  # in a loop, the value whose gradient is written
        self.lines: list[TextLine] = []
        self.kept: list[Any] = []  # what the speller knows by its id
        self.said: set[str] = set()  # the assertions that were made

    def write(self, code: str) -> None:
        """One more line, that no value hangs on."""
        self.lines.append(TextLine(code))

    def bind(self, name: str, value: Text | str, said: str = "") -> None:
        """`name = value`."""
        self.lines.append(assignment(name, value, said))

    def alter(self, name: str, sign: str, value: Text, said: str = "") -> None:
        """`name += value` and its like."""
        self.lines.append(changed(name, sign, value, said))

    def enter(self, name: str, form: str, *pieces: str | Text) -> None:
        """A line that writes into the array of a name."""
        self.lines.append(written_into(name, say(form, *pieces)))

    def assign(
        self, name: str, root: object, *, like: Wire | None = None, fresh: bool = False, order: str = ""
    ) -> None:
        """`name = root`, in several statements where the value is made by writing into an array.

        `like` is the wire whose gradient this is; with `fresh` the result must share memory with nothing, and a copy
        keeps the `order` of its entries.
        """
        x = self.say.resolved(root)
        if self.say.is_statement(x):
            self.fill(name, x, like)
        elif (parts := self.into(x)) is not None:
            left, sign, right = parts
            self.assign(name, left, like=like, fresh=True)
            self.change(name, sign, right)
        elif like is not None and (spread := self.spread_over(x, like)) is not None:
            self.bind(name, say("np.full_like({}, {})", self.names.forward_name(like), self.say.spell(spread)))
        elif (product := self.local_times_upstream(x)) is not None:
            self.bind(name, product)
        else:
            self.name_shape(x, like)
            text = self.say.spell(x)
            self.bind(name, self.owned(text, x, like, fresh, order), self.shapes.said(x))

    def owned(self, text: Text, x: object, like: Wire | None, fresh: bool, order: str) -> Text:
        """An expression for a gradient: one that must share memory with nothing, and would, is copied.

        The gradient of a number is one, that nobody can change; an array without axes may stand for it.
        """
        named = not isinstance(x, Expr) or x in self.say.d_texts
        if like is not None and not isinstance(like.value, np.ndarray):
            return Text(f"+{text.at(UNARY)}", UNARY, text.names) if (fresh or not named) and self.shares(x) else text
        return Text(f"{text.at(ATOM)}.copy({order})", ATOM, text.names) if fresh and self.shares(x) else text

    def change(self, name: str, sign: str, right: object) -> None:
        """`name += right` and its like, on an array that has this name alone."""
        other = self.say.resolved(right)
        if sign == "+" and self.is_scatter(other):
            self.add_into(name, other.parameters["index"], other.operands[0])
        else:
            self.alter(name, sign, self.say.spell(right))

    @property
    def truth_type(self) -> str:
        """The name of the type of truth values, which the user may have taken."""
        return "np.bool" if "bool" in self.names.taken else "bool"

    def name_shape(self, x: object, like: Wire | None) -> None:
        """A shape that is that of a forward value is told by it."""
        if (
            is_gate(x, np.reshape, np.broadcast_to)
            and like in self.names.named
            and isinstance(value_of(like), np.ndarray)
        ):
            shape = x.parameters["shape"]
            if isinstance(shape, tuple) and shape == np.shape(like.value) and self.names.named[like].isidentifier():
                told = self.names.named[like]
                self.say.speller.texts[id(shape)] = Said(f"{told}.shape", names_said(told))
                self.kept.append(shape)

    def fill(self, name: str, node: Expr, like: Wire | None) -> None:
        """Zeros, or an array, with something written into its places."""
        if is_gate(node, added_at):
            self.assign(name, node.operands[0], like=like, fresh=True)
            self.add_into(name, node.parameters["index"], node.operands[1])
            return
        if node.gate.function is written:
            base = self.say.resolved(node.operands[0])
            value, order = value_of(base), order_for(node)
            kept = isinstance(value, np.ndarray) and not value.flags.c_contiguous and not self.say.backward
            like = None if like is not None and not isinstance(like.value, np.ndarray) else like  # written into next
            self.assign(name, node.operands[0], like=like, fresh=True, order='"K"' if kept else "")
            if order is not None and not (self.say.is_statement(base) and order_for(base) == order):
                self.lay_out(name, order)
            self.put_into(name, node)
            return
        index, shape, dtype = node.parameters["index"], tuple(node.parameters["shape"]), dtype_of(node)
        if like is not None and like in self.names.named and np.shape(like.value) == shape and dtype_of(like) == dtype:
            self.bind(name, say("np.zeros_like({})", self.names.forward_name(like)))
        else:
            kind = "" if dtype == float else f", {self.truth_type}" if dtype == bool else f", np.{dtype.name}"
            self.bind(name, say("np.zeros({}{})", self.size(shape), kind))
        if self.each_once(index) or (dtype == bool and node.operands[0] is True):
            value = self.say.spell(self.unspread(node.operands[0]))
            self.enter(name, "{}[{}] = {}", name, self.say.speller.index(index), value)
        else:
            self.add_into(name, index, node.operands[0])

    def size(self, shape: tuple[int, ...]) -> str:
        """A shape: in a loop that of the value whose gradient is written, where it is the same; else in numbers."""
        wire = self.sized_by
        if wire is not None and np.shape(wire.value) == shape and isinstance(wire.value, np.ndarray):
            told = self.names.forward_name(wire)
            return Said(f"{told}.shape", names_said(told))
        return self.say.speller.parameter(shape)

    def lay_out(self, name: str, axes: tuple[int, ...]) -> None:
        """`name = name.copy("F")`: with its entries in an order, where it has not been made a copy like that."""
        rows = tuple(range(len(axes)))
        if axes not in (rows, rows[::-1]):
            if not self.lines[-1].code.endswith('.copy("K")'):
                back = tuple(map(int, np.argsort(axes)))
                self.bind(name, say("np.transpose(np.transpose({}, {}).copy(), {})", name, str(axes), str(back)))
            return
        copied = ".copy()" if axes == rows else '.copy("F")'
        if not self.lines[-1].code.endswith((copied, '.copy("K")')):
            self.bind(name, say("{}{}", name, copied))

    def put_into(self, name: str, node: Expr) -> None:
        """`name[index] = values`, through the views that the user wrote into."""
        base, values = node.operands
        target, looked_at = as_text(name), value_of(base)
        for function, parameters, which in node.parameters.get("chain", ()):
            view = Expr(LOOKED_AT_BY[function], function, (base,), parameters, looked_at)
            target, looked_at = self.say.speller.step(view, [target], [looked_at]), function(looked_at, **parameters)
            if which is not None:
                target = Text(f"{target.at(ATOM)}[{which}]", ATOM, target.names)
                looked_at = looked_at[which]
        index = self.say.speller.index(node.parameters["index"])
        place = Text(target.at(ATOM), ATOM, target.names)
        self.enter(name, "{}[{}] = {}", place, index, self.say.spell(self.unspread(values)))

    def unspread(self, x: object) -> Any:
        """What is spread over the places it is written to: assignment spreads by itself."""
        inner = self.say.resolved(x)
        return inner.operands[0] if is_gate(inner, np.broadcast_to) and inner not in self.say.d_texts else x

    def add_into(self, name: str, index: Any, values: Any) -> None:
        """`name[index] += values`, through np.add.at where an entry may be named twice."""
        values = self.unspread(values)
        if not self.each_once(index):
            place = self.say.speller.index(index, alone=True)
            self.enter(name, "np.add.at({}, {}, {})", name, place, self.say.spell(values))
        elif is_the_number(values) and values < 0:
            self.enter(name, "{}[{}] -= {}", name, self.say.speller.index(index), self.say.speller.plain(-values))
        else:
            self.enter(name, "{}[{}] += {}", name, self.say.speller.index(index), self.say.spell(values))

    def each_once(self, index: object) -> bool:
        """Whether an index surely names no entry twice: slices, positions, one mask, np.arange beside rows as long."""
        if names_an_entry_once(with_wires(index, placed)):
            return True
        parts = index if isinstance(index, tuple) else (index,)
        arrays = [(i, value_of(i)) for i in parts if np.ndim(value_of(i))]
        rows = [a for i, a in arrays if isinstance(a, np.ndarray) and self.is_arange(i)]
        return bool(rows) and all(np.ndim(a) == 1 and len(a) == len(rows[0]) for _, a in arrays)

    def is_arange(self, x: object) -> bool:
        """Whether printed code says that an array is np.arange."""
        text = self.say.speller.parameter(x)
        return text.startswith("np.arange(") or any(
            line.startswith(f"{text} = np.arange(") for line in self.circuit.setup
        )

    def into(self, x: object) -> tuple[Any, str, Any] | None:
        """For `a * b` where a is made by writing into an array, or b is and is added: a, the sign, b."""
        if not isinstance(x, Expr) or x in self.say.d_texts:
            return None
        sign, operands = x.gate.infix, x.operands
        if (
            sign not in ("+", "-", "*", "/")
            or np.shape(value_of(operands[0])) != np.shape(x.value)
            or dtype_of(operands[0]) != dtype_of(x)
        ):
            return None
        left, right = self.say.resolved(operands[0]), self.say.resolved(operands[1])
        made = self.once(operands[0]) and (self.say.is_statement(left) or self.into(left) is not None)
        if made or (
            sign == "+"
            and self.once(operands[1])
            and self.is_scatter(right)
            and np.shape(right.value) == np.shape(x.value)
        ):
            return operands[0], sign, operands[1]
        return None

    def is_scatter(self, x: object) -> bool:
        """Whether a value is zeros with something written in, used once."""
        return self.say.is_statement(x) and is_gate(x, zeros_with) and self.once(x)

    def once(self, x: object) -> bool:
        """Whether a value is used in one place only."""
        return not isinstance(x, (Expr, Wire)) or (self.say.backward and self.say.counts[x] <= 1)

    def accumulate(self, name: str, root: object, like: Wire) -> None:
        """`name += root`."""
        x = self.say.resolved(root)
        while is_gate(x, np.broadcast_to) and np.shape(like.value) == np.shape(x.value) and x not in self.say.d_texts:
            x = self.say.resolved(x.operands[0])  # += spreads by itself
        if self.is_scatter(x):
            self.add_into(name, x.parameters["index"], x.operands[0])
        elif (
            is_gate(x, np.add)
            and x not in self.say.d_texts
            and self.once(x)
            and any(self.is_scatter(self.say.resolved(y)) for y in x.operands)
        ):
            for y in x.operands:
                self.accumulate(name, y, like)
        elif (product := self.local_times_upstream(x)) is not None:
            self.alter(name, "+", product)
        elif is_gate(x, np.negative) and x not in self.say.d_texts and self.once(x):
            self.alter(name, "-", self.say.spell(x.operands[0]), self.shapes.said(x))
        else:
            self.name_shape(x, like)
            self.alter(name, "+", self.say.spell(x), self.shapes.said(x))

    def local_times_upstream(self, x: object) -> Text | None:
        """In the notes' style: the local gradient in brackets, times the upstream one, and what they are called."""
        if self.style != "notes" or not self.say.backward or (found := self.factors(x)) is None:
            return None
        local, upstream = found
        factor = local.text if local.text.isidentifier() else f"({local.text})"
        return say("{} * {}    # local {}, upstream {}", factor, upstream, local, upstream)

    def factors(self, x: object) -> tuple[Text, Text] | None:
        """A contribution taken apart into local gradient and upstream gradient, where it is their product."""
        if isinstance(x, (Expr, Wire)) and x in self.say.d_texts:
            return Text("1"), self.say.d_texts[x]
        if not is_gate(x, np.multiply, np.divide, np.negative):
            return None
        function = x.gate.function
        upstream = x.operands[1 if function is np.multiply else 0]
        if not isinstance(upstream, Wire) or upstream not in self.say.d_texts:
            return None
        if function is np.multiply:
            return self.say.spell(x.operands[0]), self.say.d_texts[upstream]
        return Text("-1") if function is np.negative else infix(
            "/", Text("1"), self.say.spell(x.operands[1])
        ), self.say.d_texts[upstream]

    def spread_over(self, x: object, like: Wire) -> object:
        """What is spread over all of a wire's shape, where its gradient is only that."""
        if (
            not is_gate(x, np.broadcast_to)
            or x in self.say.d_texts
            or like not in self.names.named
            or dtype_of(x) != dtype_of(like)
        ):
            return None
        return x.operands[0] if np.shape(x.value) == np.shape(like.value) else None

    def is_made_anew(self, x: np.ndarray) -> bool:
        """Whether an array is written as what makes it: np.zeros(...)."""
        return "(" in self.say.speller.plain(x).text

    def shares(self, x: object) -> bool:
        """Whether an expression is another array's name, or a view of one."""
        x = self.say.resolved(x)
        if not isinstance(value_of(x), np.ndarray) or (isinstance(x, np.ndarray) and self.is_made_anew(x)):
            return False
        if not isinstance(x, Expr) or x in self.say.d_texts:
            return True
        if is_gate(x, np.broadcast_to):
            return True
        view = x.gate.rearranges or (is_gate(x, np.einsum) and len(x.operands) == 1)
        return view and self.shares(x.operands[0])
