"""Every pair of a file, judged on inputs that were drawn for it: a row each."""

from __future__ import annotations

import ast
import functools
import inspect
import itertools
import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType, ModuleType
from typing import Any

import numpy as np

from gatewise._check.customs import IS_LABEL, IS_ONE_HOT, IS_STATE
from gatewise._check.guesses import Guess, guesses, to_be_written_into, wanted, with_one_hot_rows
from gatewise._check.halves import required
from gatewise._check.layers import Layer, value_and_gradient
from gatewise._check.methods import object_and_rest, told_of_method
from gatewise._check.pairs import Pair
from gatewise._check.report import ParameterReport, Report
from gatewise._check.shapes import facts_of
from gatewise._check.verdict import ONE_ENTRY, checked, checked_layer
from gatewise._errors import ArgumentError, GatewiseError
from gatewise._types import Function, Named, Value

FAILURES = 200  #: guesses that are tried, those included on which the backward half does not run
SHAPES, MISFITS = 3, 24  #: how many guesses are tried where no words tell the shapes; where gradients have others
OUTPUTS = frozenset(
    {"out", "output", "a", "A", "s", "S", "p", "y", "y_hat", "yhat", "probs", "prob", "sig", "activation", "h"}
)
UPSTREAM = ("d", "D", "g", "G", "u", "e", "delta", "up", "grad", "loss_grad", "nabla")


@dataclass(frozen=True)
class Row:
    """What came of one pair: the report, or why there is none; the inputs; and how the backward half was read."""

    pair: Pair
    report: Report | None = None
    guess: Guess | None = None
    why: str = ""
    reading: str = ""

    @property
    def verdict(self) -> str:
        """The verdict; "not run" where there is none, "undecidable" where an input has no gradient and needs one."""
        if self.report is None:
            return "not run" if self.guess is None else "undecidable"
        return "undecidable" if self.report.verdict == "right" and self.missing else self.report.verdict

    @property
    def missing(self) -> list[str]:
        """The inputs that have no gradient and need one: a function that is called a gradient may be of one alone."""
        if self.report is None or self.pair.is_gradient:
            return []
        known = self.report.data | IS_STATE | (self.guess.settings if self.guess is not None else frozenset())
        return [x for x in self.report.not_given if x not in known]


@dataclass(frozen=True)
class Way:
    """One way to read a pair: options of the check, and the way in words, empty where there is no other."""

    options: Mapping[str, Any]
    reading: str = ""


class Filed:
    """The functions of a file that was run, with its text."""

    def __init__(self, module: ModuleType, body: Sequence[ast.stmt], text: str, given: Named) -> None:
        self.module, self.text, self.given = module, text, given
        self.functions = {n.name: n for n in body if isinstance(n, ast.FunctionDef)}
        self.classes = {n.name: n for n in body if isinstance(n, ast.ClassDef)}
        self.keys: dict[str, list[str]] = {}  #: of dicts of settings, as any function of the file reads them
        for node in self.functions.values():
            for name, fact in facts_of(node, text, wanted(node)).items():
                self.keys.setdefault(name, []).extend(fact.keys)

    def row(self, pair: Pair, **options: Any) -> Row:
        """The verdict on a pair, at the first inputs at which there is one."""
        if "." in pair.name:
            return self.method(pair, **options)
        if pair.methods is not None:
            return self.layer(pair, pair.methods, **options)
        f, node = getattr(self.module, pair.name), self.functions[pair.name]
        other = getattr(self.module, pair.backward) if pair.backward else None
        takes = inspect.signature(other).parameters if pair.is_gradient and other is not None else None
        said = list[Exception]()
        found = guesses(
            f, [node], self.text, {name: x for name, x in self.given.items() if name in arguments_of(node)},
            keys=self.keys, still=lambda name: takes is not None and name not in takes, said=said,
        )  # fmt: skip
        return self.judged(pair, found, said, partial(ways, pair, f, other), f, **options)

    def layer(self, pair: Pair, methods: tuple[str, str], **options: Any) -> Row:
        """The verdict on a class with both halves: made, run, its weights moved in place."""
        cls, node = getattr(self.module, pair.name), self.classes[pair.name]
        nodes = [n for name in ("__init__", methods[0]) if (n := method_of(cls, node, name)) is not None]

        def run(**values: Any) -> Any:
            made, inputs = object_and_rest(cls, values)
            return Layer(made, *methods).run(**inputs)

        return self.of_class(pair, nodes, run, **options)

    def method(self, pair: Pair, **options: Any) -> Row:
        """The verdict on a method of a class, `Class.method`: the object made, the method run."""
        owner, _, name = pair.name.partition(".")
        cls, node = getattr(self.module, owner), self.classes[owner]
        nodes = [n for each in ("__init__", name) if (n := method_of(cls, node, each)) is not None]

        def run(**values: Any) -> Any:
            made, inputs = object_and_rest(cls, values)
            return getattr(made, name)(**inputs)

        return self.of_class(pair, nodes, run, **options)

    def of_class(self, pair: Pair, nodes: Sequence[ast.FunctionDef], run: Function, **options: Any) -> Row:
        """The verdict on what needs an object: the values of its class and of the method are drawn together."""
        cls = getattr(self.module, pair.name.partition(".")[0])
        known = {name: x for name, x in self.given.items() if any(name in arguments_of(n) for n in nodes)}
        said = list[Exception]()
        words = ast.get_docstring(self.classes[cls.__name__]) or ""
        found = guesses(run, nodes, self.text, known, words, still=lambda _: pair.is_gradient, said=said)
        return self.judged(pair, found, said, None, cls, **options)

    def judged(
        self, pair: Pair, found: Iterator[Guess], said: Sequence[Exception], ways: Any, f: Any, **options: Any
    ) -> Row:
        """The row of the first guess with a verdict; where it is wrong and no words told the shapes, others are asked.

        One that is right at others is undecidable: which shapes are meant is not known.
        """
        first: Row | None = None
        why = ""
        strayed = set[tuple[str, tuple[int, ...]]]()  # the inputs whose gradient came in another shape than theirs
        fresh = (guess for guess in found if not strayed & shaped_inputs(guess))
        judged, ran = 0, False  # how many were, and whether it runs on shapes that people use
        for guess in itertools.islice(fresh, FAILURES):
            if judged == MISFITS:
                break
            try:
                row = (
                    self.layer_row(pair, guess, f, **options) if ways is None else best(ways, f, pair, guess, **options)
                )
            except Exception as error:
                why = why or in_one_line(error)
                if first is None and isinstance(error, ArgumentError):  # other numbers would not make it another pair
                    break
                continue
            judged += 1
            if row.verdict == "right" and judges_labels_alone(row):
                continue
            if row.verdict == "right" and judges_all_of(row, first):
                return row if first is None or is_misfit(first) else judged_both_ways(first, row)
            if row.verdict == "right" and not pair.is_gradient:  # what is called a gradient may be of one input alone
                continue
            strayed |= {(p.name, p.shape) for p in misfits(row)}
            first = row if first is None or (is_misfit(first) and not is_misfit(row)) else first
            ran |= guess.listed
            if guess.told or (judged > SHAPES and ran and not is_misfit(first)):
                break
        if first is not None and first.verdict == "wrong":
            first = self.in_one_hot(pair, first, ways, f, **options) or first
        heard = f"; {in_one_line(said[0])}" if said else ""
        return first or Row(pair, why=why or f"no inputs were found on which it runs{heard}")

    def in_one_hot(self, pair: Pair, first: Row, ways: Any, f: Any, **options: Any) -> Row | None:
        """The row at one-hot labels, where it is right there: for these `y - t` is the gradient of a softmax."""
        for name, guess in with_one_hot_rows(first.guess) if first.guess is not None and not first.guess.told else ():
            try:
                row = (
                    self.layer_row(pair, guess, f, **options) if ways is None else best(ways, f, pair, guess, **options)
                )
            except Exception:  # labels that are no rows
                continue
            if row.verdict == "right" and judges_all_of(row, first) and not judges_labels_alone(row):
                return in_words(row, name)
        return None

    def layer_row(self, pair: Pair, guess: Guess, cls: type, **options: Any) -> Row:
        made, inputs = object_and_rest(cls, to_be_written_into(guess.values))
        two = value_and_gradient(made, pair.methods) if pair.methods is not None else None
        if two is not None:
            asked = replace(guess, values=inputs)
            return replace(best(partial(ways, pair, *two), two[0], pair, asked, **options), guess=guess)
        if pair.methods is not None:
            report = checked_layer(Layer(made, *pair.methods, inputs), inputs, **options)
            return Row(pair, report, guess, reading=ONE_ENTRY if ONE_ENTRY in report.notes else "")
        method, told = told_of_method(made, pair.name.partition(".")[2], inputs)
        report = checked(method, [], inputs, **options, **told)
        if report.source.startswith("gatewise"):
            why = f"{pair.name} gives no gradient, and leaves none in the object."
            raise ArgumentError(why, "a gradient is judged beside its function.", "return it, or keep it as self.dW.")
        return Row(pair, report, guess)


def method_of(cls: type, node: ast.ClassDef, name: str) -> ast.FunctionDef | None:
    """The text of a method, which a class it is made from may have; None where none of them is written in Python."""
    own = next((n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == name), None)
    found = getattr(cls, name, None)
    if own is not None or not inspect.isfunction(found):
        return own
    try:
        (inherited,) = ast.parse(textwrap.dedent(inspect.getsource(found))).body
    except (OSError, SyntaxError, ValueError):
        return None
    return inherited if isinstance(inherited, ast.FunctionDef) else None


def ways(pair: Pair, f: Function, other: Function | None, values: Named) -> list[Way]:
    """How the gradients of f may come: from itself, a backward half with a cache, or a function of its inputs."""
    if other is None:
        return [Way({})]
    names, inputs = required(other), [*values]
    first = f(**to_be_written_into(values))
    if isinstance(first, tuple) and len(first) > 1 and not pair.is_gradient:
        return [Way({"backward": other})]
    strangers = [name for name in names if name not in inputs]
    renamed = len(names) == len(inputs) > 1 and not any(map(is_upstream, strangers))
    if not strangers or renamed:
        found = taking(f, other, names if not strangers else inputs)
        read = f"{pair.backward} is minus the gradient of {pair.name}"
        return [Way({"gradient": turned(found)}, read)] if pair.is_force else [Way({"gradient": found})]
    return by_roles(f, other, inputs, first[0] if isinstance(first, tuple) else first)


def by_roles(f: Function, other: Function, inputs: Sequence[str], out: Value) -> list[Way]:
    """The ways of a function that takes an upstream gradient, or f's output, beside inputs of f.

    Raises `ArgumentError` where two of its arguments are neither.
    """
    names = required(other)
    strangers = [name for name in names if name not in inputs]
    up = [name for name in strangers if is_upstream(name)][:1]
    rest = [name for name in strangers if name not in up]
    weights = np.random.default_rng(SHAPES).normal(size=np.shape(out)) if np.ndim(out) else 1.0
    arriving = dict.fromkeys(up, weights)
    told = {"upstream": weights} if up and np.ndim(out) else {}
    if not rest:
        return [Way({"gradient": taking(f, other, names, arriving), **told})]
    if len(rest) > 1:
        what = f"{other.__name__} takes {' and '.join(rest)}."
        raise ArgumentError(what, f"{f.__name__} has no inputs of these names.", "give both the same names.")
    (name,) = rest
    found = taking(f, other, names, arriving, name)
    as_output = Way({"gradient": found, **told}, f"{name} is what {f.__name__} returns")
    if len(inputs) > 1 or len(names) > 1 + len(up):
        return [as_output]
    found = taking(f, other, [inputs[0] if n == name else n for n in names], arriving)
    as_input = Way({"gradient": found, **told}, f"{name} is the input of {f.__name__}")
    return [as_output, as_input] if name in OUTPUTS else [as_input, as_output]


def in_one_line(error: Exception) -> str:
    """An error in one line."""
    return f"{error.what} {error.why}" if isinstance(error, GatewiseError) else f"{type(error).__name__}: {error}"


def judges_labels_alone(row: Row) -> bool:
    """Whether labels alone are judged, though there is another array: their gradient is not what is asked for."""
    if row.report is None or row.guess is None:
        return False
    judged, arrays = {p.name for p in row.report.parameters}, {n for n, x in row.guess.values.items() if np.ndim(x)}
    return bool(judged) and judged <= IS_LABEL and bool(arrays - IS_LABEL - judged)


def judges_all_of(row: Row, first: Row | None) -> bool:
    """Whether a row judges all that another one does, and has several entries where one is wrong that has several."""
    if first is None or first.report is None:
        return True
    shapes = {p.name: p.shape for p in row.report.parameters} if row.report is not None else {}
    judged = [p for p in first.report.parameters if p.verdict in ("right", "wrong")]
    wrong = [p for p in judged if p.verdict == "wrong" and p.name in shapes]
    many = all(math.prod(p.shape) == 1 or math.prod(shapes[p.name]) > 1 for p in wrong)
    return many and all(p.name in shapes for p in judged)


def is_misfit(row: Row) -> bool:
    """Whether a gradient came in another shape than its input: the inputs may have been meant in other shapes.

    So may they where what is called a gradient is none of the first input.
    """
    if row.report is None or row.guess is None:
        return False
    strayed = row.pair.is_gradient and next(iter(row.guess.values)) in row.report.not_given
    return strayed or bool(misfits(row))


def misfits(row: Row) -> list[ParameterReport]:
    """The inputs whose gradient came in another shape than theirs."""
    return [p for p in row.report.parameters if "has shape" in p.note] if row.report is not None else []


def shaped_inputs(guess: Guess) -> set[tuple[str, tuple[int, ...]]]:
    """The inputs by name and shape."""
    return {(name, np.shape(x)) for name, x in guess.values.items() if not isinstance(x, (dict, str))}


def is_upstream(name: str) -> bool:
    """Whether an argument is called what arrives from above: `dout`, `grad_output`, `upstream`, `delta`, `g`.

    >>> is_upstream("dout"), is_upstream("x")
    (True, False)
    """
    return (
        name in UPSTREAM
        or name.lower().startswith(("d_", "dout", "grad", "up", "delta"))
        or (name[:1] in ("d", "D") and len(name) <= 4)
    )


def taking(
    f: Function, other: Function, places: Sequence[str], arriving: Named = MappingProxyType({}), out: str = ""
) -> Function:
    """`other` as a function of f's inputs: `arriving` is its upstream gradient, `out` its name for f's output."""
    signature = inspect.signature(f)
    settings = [name for name, p in inspect.signature(other).parameters.items() if p.default is not p.empty]

    def gradient(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs).arguments
        values = {**bound, **{name: np.array(x) if np.ndim(x) else x for name, x in arriving.items()}}
        if out:
            found = f(*args, **kwargs)
            values[out] = found[0] if isinstance(found, tuple) else found
        return other(
            *(values[place] for place in places), **{name: values[name] for name in settings if name in values}
        )

    gradient.__name__ = other.__name__
    gradient.__signature__ = signature  # type: ignore[attr-defined]
    gradient.__wrapped__ = other  # type: ignore[attr-defined]
    return gradient


def turned(gradient: Function) -> Function:
    """A force with its sign turned: the gradient of its energy."""

    @functools.wraps(gradient)
    def found(*args: Any, **kwargs: Any) -> Any:
        force = gradient(*args, **kwargs)
        return tuple(-g for g in force) if isinstance(force, tuple) else -force

    return found


def best(ways: Any, f: Function, pair: Pair, guess: Guess, **options: Any) -> Row:
    """The row of the way that is right, where one is; of the first that there is a verdict on otherwise."""
    rows = []
    for way in ways(guess.values):
        report = checked(f, [], to_be_written_into(guess.values), **{**options, **way.options})
        rows.append(Row(pair, report, guess, reading=way.reading))
        if report.verdict == "right":
            return rows[-1]
    return rows[0]


def judged_both_ways(first: Row, row: Row) -> Row:
    """What is said of a pair that is wrong at some inputs, and right at others: wrong, where their shapes are alike."""
    assert first.guess is not None
    assert row.guess is not None
    if first.guess.shapes == row.guess.shapes:
        return in_words(row, one_hot[0]) if (one_hot := one_hot_in(row.guess)) else first
    why = f"wrong at {first.guess.typed} and right at {row.guess.typed}: which shapes are meant is not told"
    return Row(first.pair, None, row.guess, why)


def one_hot_in(guess: Guess) -> list[str]:
    """The labels of a guess that have one-hot rows."""
    labels = {name: np.asarray(x) for name, x in guess.values.items() if name in IS_LABEL | IS_ONE_HOT}
    return [n for n, x in labels.items() if x.ndim == 2 and np.all((x == 0) | (x == 1)) and np.all(x.sum(axis=1) == 1)]


def in_words(row: Row, name: str) -> Row:
    """A row that is right at one-hot labels, which is said."""
    return replace(row, reading="; ".join(filter(None, [row.reading, f"{name} has one-hot rows"])))


def arguments_of(node: ast.FunctionDef) -> list[str]:
    return [a.arg for a in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]]
