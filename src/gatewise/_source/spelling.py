"""How one step is spelled in Python: operators with as few brackets as they need, calls, indices, numbers."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import takewhile
from typing import Any, NamedTuple

import numpy as np

from gatewise._circuit import Expr, Said, Wire
from gatewise._gates import HELPER, ONE, Gate, called, convert, one_over, pick
from gatewise._recording.operands import told_by_value
from gatewise._recording.structures import key_text
from gatewise._source.looking import is_plain_place, same_parameter, value_of, weak
from gatewise._tensor import FORWARDS, SIGNS, by_rows

ATOM, POWER, UNARY, PRODUCT, SUM, AND, OR, COMPARISON, LOWEST = 100, 90, 80, 70, 60, 50, 40, 30, 0
RANK = {
    "**": POWER,
    "*": PRODUCT,
    "/": PRODUCT,
    "@": PRODUCT,
    "%": PRODUCT,
    "//": PRODUCT,
    "+": SUM,
    "-": SUM,
    "&": AND,
    "|": OR,
}
PREFIX = {operator.neg: "-", operator.pos: "+", operator.invert: "~"}


class Text(NamedTuple):
    """A piece of source, how tightly it holds together, and the names in it that stand for values of the text."""

    text: str
    rank: int = ATOM
    names: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return self.text

    def at(self, rank: int) -> str:
        """The text, in brackets unless it holds together at least as tightly as `rank`."""
        return self.text if self.rank >= rank else f"({self.text})"


def names_said(piece: str | Text) -> frozenset[str]:
    """The names in a piece of source; a string that does not say them is a name, or has none."""
    if isinstance(piece, (Text, Said)):
        return piece.names
    return frozenset((piece,)) if piece.isidentifier() else frozenset()


def as_text(source: str) -> Text:
    """A piece of the user's source, or of ours, with how tightly it holds together."""
    return Text(source, HOLDS[source.holds] if isinstance(source, Said) else ATOM, names_said(source))


def say(form: str, *pieces: str | Text, rank: int = ATOM) -> Text:
    """A form with pieces in it, and the names in these."""
    return Text(form.format(*pieces), rank, frozenset().union(*map(names_said, pieces)))


def listed(form: str, pieces: Iterable[str | Text]) -> Said:
    """Pieces with commas between them, in a form."""
    given = [*pieces]
    return Said(form.format(", ".join(map(str, given))), frozenset().union(*map(names_said, given)))


HOLDS = {"atom": ATOM, "unary": UNARY, "loosely": LOWEST}


def literal(value: object, speller: Speller) -> str:
    """A default as it stands in a signature."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key_text(key)}: {literal(part, speller)}" for key, part in value.items()) + "}"
    if isinstance(value, (tuple, list)):
        text = ", ".join(literal(part, speller) for part in value)
        return f"[{text}]" if isinstance(value, list) else f"({text}{',' if len(value) == 1 else ''})"
    plain = value is None or isinstance(value, (bool, int, float, str, np.ndarray, np.generic))
    return speller.parameter(value) if plain else "None"


def is_default(value: object, default: object) -> bool:
    """Whether a parameter has the value that it has anyhow."""
    return value is default or (
        type(value) is type(default) and isinstance(value, (bool, int, str)) and value == default
    )


def infix(sign: str, left: Text, right: Text, grouped: bool = False) -> Text:
    """`left sign right`. With `grouped` a left operand that is a product keeps its brackets: a local gradient."""
    rank = RANK.get(sign, COMPARISON)
    names = left.names | right.names
    if sign == "**":
        return Text(f"{left.at(ATOM)}**{right.at(ATOM)}", POWER, names)
    first = left.at(rank + (1 if (grouped and rank == PRODUCT) or rank == COMPARISON else 0))
    return Text(f"{first} {sign} {right.at(rank + 1)}", rank, names)


def number_literal(value: object) -> Text:
    """A plain number as a literal that gives the same value and type."""
    if isinstance(value, np.generic):
        return Text(f"np.{value.dtype.name}({number_literal(value.item()).text})")
    if isinstance(value, float) and not math.isfinite(value):
        return Text("np.nan") if math.isnan(value) else Text("np.inf") if value > 0 else Text("-np.inf", UNARY)
    text = repr(value)
    return Text(text, UNARY if text.startswith("-") else ATOM)


class Speller:
    """Spells steps. `texts` are the user's spellings of parameters, by id; `named` gives the name of a wire inside one.

    `free` gives a name that nobody has, to functions that printed code defines; `defined` the lines of such a
    function; `hidden` says whether a name that Python knows stands for something else in the text.
    """

    defined: Callable[[Expr], Iterable[str]]

    def __init__(
        self,
        texts: Mapping[object, str],
        named: Callable[[Wire], str | None],
        free: Callable[[str], str],
        hidden: Callable[[str], bool],
    ) -> None:
        self.texts: dict[Any, str] = dict(texts)
        self.named, self.free, self.hidden = named, free, hidden
        self.uses_math, self.defines = False, True  # `defines`: own gates are functions of the text, parameters inside
        self.own = ""  # what stands before their names where they are not
        self.omits = True  # parameters that a gate has anyhow
        self.modules: dict[str, str] = {}  # of SciPy's, that the text needs: what they are called there
        self.numbers: set[float] = set()  # those that are written by their value, and not as the user typed them
        self.functions: dict[str, Any] = {}  # own gates that need a definition: name -> step

    def plain(self, value: object) -> Text:
        """A plain value: its text, a literal, or an array that can be told by its value."""
        if id(value) in self.texts and not isinstance(value, (int, float, bool)):
            return Text(self.texts[id(value)], ATOM, names_said(self.texts[id(value)]))
        if isinstance(value, np.ndarray):
            return Text(self.array(value))
        return self.number(value)

    def number(self, value: object) -> Text:
        """A number by its value."""
        if isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool):
            self.numbers.add(float(value))
        return number_literal(value)

    def array(self, value: Any) -> str:
        """An array without a name: told by its value, or written out."""
        self.numbers |= {float(n) for n in np.shape(value)}
        if (told := told_by_value(np.asarray(value))) is not None:
            return told
        if not value.size:
            return f"np.zeros({value.shape}, dtype=np.{value.dtype.name})"
        if value.dtype.kind == "f" and value.dtype != float:
            return f"np.array({nested(value)}, dtype=np.{value.dtype.name})"
        return f"np.array({nested(value)})"

    def parameter(self, value: object) -> str:
        """A parameter: the user's spelling, or its value."""
        if isinstance(value, Wire):
            return self.named(value) or self.parameter(value.value)
        if not isinstance(value, (bool, int, float, str)) and id(value) in self.texts:
            return self.texts[id(value)]
        if isinstance(value, tuple):
            return listed("({},)" if len(value) == 1 else "({})", map(self.parameter, value))
        if isinstance(value, list):
            return listed("[{}]", map(self.parameter, value))
        if isinstance(value, np.dtype):
            return f"np.{value.name}" if value.name != "bool" else "bool"
        if isinstance(value, np.ndarray):
            return self.array(value)
        return repr(value) if isinstance(value, str) or value is None else self.number(value).text

    def part(self, value: Any) -> str:
        """One part of an index; a tuple inside one is an array of positions."""
        if not isinstance(value, tuple):
            return self.index(value)
        return listed("({},)" if len(value) == 1 else "({})", [self.index(value)])

    def index(self, value: Any, alone: bool = False) -> str:
        """What stands between brackets; `alone` as an argument of a call."""
        if alone and any(isinstance(part, slice) for part in (value if isinstance(value, tuple) else (value,))):
            return listed("np.s_[{}]", [self.index(value)])
        if isinstance(value, Wire):
            return self.parameter(value)
        text = None if isinstance(value, (bool, int, float)) else self.texts.get(("index", id(value)))
        text = self.texts.get(id(value)) if text is None and not isinstance(value, (bool, int, float, tuple)) else text
        if isinstance(value, tuple):
            text = listed("{}", map(self.part, value)) if text is None else text
            if value and (not alone or text.isidentifier()):
                return text
            return listed("({},)" if len(value) == 1 and text[-1] != "," else "({})", [text])
        if text is not None:
            return text
        if isinstance(value, slice):
            parts = ["" if p is None else self.slice_part(value_of(p)) for p in (value.start, value.stop, value.step)]
            return ":".join(parts[:2] if value.step is None else parts)
        if value is Ellipsis:
            return "..."
        return "None" if value is None else self.parameter(value)

    def slice_part(self, value: object) -> str:
        """One number of a slice."""
        return self.number(value).text if isinstance(value, int) else str(value)

    def step(self, step: Expr, operands: Sequence[Text], values: Sequence[Any], grouped: bool = False) -> Text:
        """One step on operands that are spelled already; `values` are their plain values."""
        text, names = self.on(step, operands, values, grouped), frozenset().union(*(x.names for x in operands))
        for name, value in step.parameters.items():
            if not isinstance(value, (bool, int, str, np.dtype)) and value is not None:
                names |= names_said(self.index(value) if name == "index" else self.parameter(value))
        return Text(text.text, text.rank, names)

    def on(self, step: Expr, operands: Sequence[Text], values: Sequence[Any], grouped: bool) -> Text:
        """The text of a step."""
        gate, forward = step.gate, step.forward
        if gate is HELPER:
            return Text(f"{called(forward)}({', '.join(o.text for o in operands)})")
        function = gate.function
        if forward is one_over:
            return infix("/", Text(step.typed.get(ONE, "1.0")), operands[0])
        if forward in SIGNS:
            return infix(SIGNS[forward], operands[0], operands[1], grouped)
        if forward is by_rows:
            return Text(f"{operands[0].at(ATOM)}.copy()")
        if forward in PREFIX:
            return Text(PREFIX[forward] + operands[0].at(UNARY), UNARY)
        if (
            gate.infix in FORWARDS
            and gate.infix != "**"
            and any(isinstance(v, (np.ndarray, np.generic)) for v in values)
        ):
            return infix(gate.infix, operands[0], operands[1], grouped)  # the ufunc gives the same bits
        if function is pick:
            return Text(f"{operands[0].at(ATOM)}[{self.index(step.parameters['index'])}]")
        if function is np.matrix_transpose or (function is np.transpose and not step.parameters.get("axes")):
            if np.ndim(values[0]) == 0:
                return Text(f"np.transpose({operands[0].text})")
            turned = "T" if np.ndim(values[0]) <= 2 or function is np.transpose else "mT"
            return Text(f"{operands[0].at(ATOM)}.{turned}")
        if function is convert:
            dtype = self.parameter(step.parameters["dtype"])
            is_array = isinstance(values[0], np.ndarray)  # a number may be written as a plain one
            return Text(f"{operands[0].at(ATOM)}.astype({dtype})" if is_array else f"{dtype}({operands[0].text})")
        if function is np.where and grouped and not any(np.shape(v) for v in values):
            condition, one, other = operands
            return Text(f"{one.at(OR)} if {condition.at(OR)} else {other.at(OR)}", LOWEST)
        return Text(self.call(step, operands))

    def call(self, step: Expr, operands: Sequence[Text]) -> str:
        """A step spelled as a call."""
        gate, forward = step.gate, step.forward
        parameters = {
            n: self.parameter(v)
            for n, v in step.parameters.items()
            if not (self.omits and is_default(v, gate.defaults.get(n, step)))
        }
        texts = [o.text for o in operands]
        if gate.function in (np.concatenate, np.stack):
            texts = [f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"]
        elif gate.text is not None and "{" in gate.text:
            text = self.with_module(gate.text) if gate.path else gate.text
            return text.replace("{*}", ", ".join(texts)).format(
                **dict(zip(gate.operands, (o.at(UNARY) for o in operands), strict=False)),
                **dict(gate.defaults) | parameters,
            )
        if gate.own and self.defines:
            arrays = [f"{name}={self.index(step.parameters[name], alone=True)}" for name in array_parameters(step)]
            return f"{self.function_name(step)}({', '.join([*texts, *arrays])})"
        if getattr(forward, "__module__", None) == "math":
            self.uses_math = True
            return f"math.{forward.__name__}({', '.join(texts)})"
        name = "abs" if forward is operator.abs and not self.hidden("abs") else self.function_path(gate)
        first = () if gate.own else takewhile(lambda key: key in POSITIONAL and key in parameters, gate.parameters)
        positional = tuple(first)
        arguments = texts + [f"{key}={value}" for key, value in parameters.items() if key not in positional]
        arguments[len(texts) : len(texts)] = [parameters[key] for key in positional]
        return f"{name}({', '.join(arguments)})"

    def function_path(self, gate: Gate) -> str:
        """`np.sum`, `special.expit`: what a gate's function is called in the text, which imports what that needs."""
        name = self.with_module(gate.path) if gate.path else name_in_numpy(gate)
        return name if name != gate.name else self.own + name

    def with_module(self, path: str) -> str:
        """A call of a function of SciPy's, its module under a name that stands for nothing else in the text."""
        module, dot, rest = path.partition(".")
        if module not in self.modules:
            self.modules[module] = self.free(f"{module}_") if self.hidden(module) else module
        return f"{self.modules[module]}{dot}{rest}"

    def function_name(self, step: Expr) -> str:
        """The name of the function that printed code defines for an own gate with these parameters and shapes."""
        for name, other in self.functions.items():
            if same_rule(other, step) and (
                same_kinds(other, step) or list(self.defined(other)) == list(self.defined(step))
            ):
                return name
        name = self.free(step.gate.name)
        self.functions[name] = step
        return name


#: Parameters that one writes without their names, where they come first.
POSITIONAL = ("shape", "axes", "indices_or_sections", "axis1", "axis2")


def array_parameters(step: Expr) -> list[str]:
    """The parameters of a step that hold arrays: arguments of the function that printed code defines for it."""
    return [name for name, value in step.parameters.items() if not is_plain_place(value)]


def same_kinds(a: Expr, b: Expr) -> bool:
    """Whether two steps are given operands of the same shapes and dtypes: the text of a function may speak of them."""
    return [(np.shape(v), weak(v)) for v in map(value_of, a.operands)] == [
        (np.shape(v), weak(v)) for v in map(value_of, b.operands)
    ]


def same_rule(a: Expr, b: Expr) -> bool:
    """Whether two steps are one gate with the same parameters; those that hold arrays are arguments of its function."""
    arrays = array_parameters(a)
    if a.gate is not b.gate or a.parameters.keys() != b.parameters.keys() or arrays != array_parameters(b):
        return False
    return all(same_parameter(a.parameters[key], b.parameters[key]) for key in a.parameters if key not in arrays)


def name_in_numpy(gate: Gate) -> str:
    """`np.sum`, `np.linalg.inv`; a gate whose function is ours goes by its own name."""
    module = getattr(gate.function, "__module__", None) or "numpy"
    if not module.startswith("numpy"):
        return gate.name
    inner = [part for part in module.split(".")[1:] if not part.startswith("_")]
    return ".".join(["np", *inner, {"absolute": "abs"}.get(gate.function.__name__, gate.function.__name__)])


def nested(value: Any) -> str:
    """An array as nested lists, written out."""
    if np.ndim(value) == 0:
        return number_literal(value.item()).text
    return "[" + ", ".join(nested(part) for part in value) + "]"
