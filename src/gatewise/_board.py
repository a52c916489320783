"""What `gw.circuit()` returns: the circuit, its code, its picture and its numbers in one object."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import linecache
import os
import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from copy import copy
from functools import cached_property
from importlib.abc import Loader
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, Never

import numpy as np

from gatewise._advice import OF_CIRCUITS, advised
from gatewise._build import function
from gatewise._circuit import FrozenCircuit, SourcedWire, Stage, Wire
from gatewise._errors import (
    ArgumentError,
    GatewiseError,
    InputNameError,
    MissingNameError,
    SaveError,
    ScriptError,
    UnknownFunctionError,
    UnknownPaletteError,
    UnknownWireError,
)
from gatewise._gates import NAMES
from gatewise._gates.absent import instead_if_numpys
from gatewise._language import parse
from gatewise._record import block_rules, check, formulas, jsonable, record
from gatewise._recording.functions import normalised, read_by_python
from gatewise._recording.reading import text_in
from gatewise._recording.running import record as recorded
from gatewise._recording.scripts import record_script
from gatewise._saving import write_whole
from gatewise._source import GateText, Staged, gate_texts, staged
from gatewise._transforms import cut, fold, only
from gatewise._views import card, ledger  # each other view is loaded when it is asked for

if TYPE_CHECKING:
    from gatewise._views.groups import Fold

Wrt = str | Sequence[str] | None

#: What a circuit is saved as, by a file's ending: the options that each takes.
PICTURE = ("palette", "digits", "fold", "wrt")
FORMS = {
    ".svg": PICTURE,
    ".html": PICTURE,
    ".tex": (*PICTURE, "form"),
    ".png": PICTURE,
    ".json": (),
    ".dot": ("digits",),
}


class WireView:
    """One wire of a circuit: `name`, `value`, `gradient`, `shape`, `dtype`, `symbol`, `gate`, `inputs`, `uses`.

    `gate` is the name of the gate that made it (None for an input), `inputs` the names of the wires it was made from,
    `local` the local gradients by these names (a tuple where one wire was used several times), `uses` a `Use` for each
    place it goes to. Its arrays are copies.
    """

    def __init__(self, entry: dict[str, Any], index: Index) -> None:
        self.name: str = entry["name"]
        self.value, self.gradient = owned(entry["value"]), owned(entry["gradient"])
        self.shape: tuple[int, ...] = tuple(entry["shape"])
        self.dtype: str = entry["dtype"]
        self.symbol: str | None = entry["symbol"]
        self.gate: str | None = entry["gate"]
        self.expression: str = entry["expression"]
        incoming = index.incoming[entry["id"]]
        self.inputs = tuple(index.names[u["from"]] for u in incoming)
        self.uses = tuple(Use(index.names, u) for u in index.outgoing[entry["id"]])
        locals_: dict[str, list[Any]] = {}
        for use in incoming:
            locals_.setdefault(index.names[use["from"]], []).append(owned(use["local"]))
        self.local = {name: found[0] if len(found) == 1 else tuple(found) for name, found in locals_.items()}

    def __repr__(self) -> str:
        return f"<wire {self.name} = {self.value}, gradient {self.gradient}>"


class Use:
    """One use of a wire: `to` (name of the wire it helped to make), `port`, `local`, `contribution`, `blocked`."""

    def __init__(self, names: Sequence[str], entry: dict[str, Any]) -> None:
        self.to, self.port = names[entry["to"]], entry["port"]
        self.local, self.contribution = owned(entry["local"]), owned(entry["contribution"])
        self.blocked: bool = entry["blocked"]

    def __repr__(self) -> str:
        return f"<use by {self.to}, contribution {self.contribution}>"


class Index:
    """A record by name and by wire: `ids` by name, `names` by id, the uses `incoming` to and `outgoing` from each."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self.names = [w["name"] for w in facts["wires"]]
        self.ids = {name: k for k, name in enumerate(self.names)}
        self.incoming: list[list[dict[str, Any]]] = [[] for _ in self.names]
        self.outgoing: list[list[dict[str, Any]]] = [[] for _ in self.names]
        for use in facts["uses"]:
            self.incoming[use["to"]].append(use)
            self.outgoing[use["from"]].append(use)


class StageView:
    """What the user wrote as one assignment: `name`, `line` (None for an expression), `text`, names of its `wires`."""

    def __init__(self, stage: Stage, names: Mapping[Wire, str]) -> None:
        self.name, self.line, self.text = stage.name, stage.line, stage.text
        self.wires = tuple(names[wire] for wire in stage.wires)

    def __repr__(self) -> str:
        place = "" if self.line is None else f" (line {self.line})"
        return f"<stage {self.name}{place}: {self.text}>"


class Circuit:
    """A recorded circuit with everything there is to see in it; `print` shows the ledger.

    >>> import gatewise as gw
    >>> c = gw.circuit("(x + y) * z", x=-2, y=5, z=-4)
    >>> c.value, c.gradients
    (-12.0, {'x': -4.0, 'y': -4.0, 'z': 3.0})
    """

    _frozen: FrozenCircuit
    _folded: bool

    def __init__(self, *_: Never, **__: Never) -> None:
        why = "a circuit is what a run of a function leaves."
        raise ArgumentError("gw.Circuit makes no circuit.", why, "gw.circuit(f, x=2.0).")

    @classmethod
    def _of(cls, frozen: FrozenCircuit, folded: bool = False) -> Circuit:
        """A circuit to look at; `folded` shows chains and blocks as one gate each."""
        circuit = cls.__new__(cls)
        circuit._frozen, circuit._folded = frozen, folded
        return circuit

    # ----------------------------------------------------------------------------------------------------- numbers

    @property
    def value(self) -> Any:
        """The output."""
        return owned(self._frozen.output.value)

    @property
    def gradients(self) -> dict[str, Any]:
        """The gradient of every input that was asked for, by name; None for one that Python read as a whole number."""
        read = read_by_python(self._frozen.reads)
        asked = [i.name for i in self._frozen.inputs if i.wanted or (i.kind == "input" and i.wire in read)]
        return {name: owned(self._facts["wires"][self._index.ids[name]]["gradient"]) for name in asked}

    @property
    def stages(self) -> tuple[StageView, ...]:
        """What the user wrote as one assignment each, in order."""
        return tuple(StageView(stage, self._frozen.names) for stage in self._frozen.stages)

    @property
    def wires(self) -> tuple[WireView, ...]:
        """All wires in tape order, inputs first."""
        return tuple(WireView(entry, self._index) for entry in self._facts["wires"])

    def __getattr__(self, name: str) -> Any:
        """Only what is not there comes here: say what does it."""
        if name.startswith("_") or "_frozen" not in self.__dict__:
            raise AttributeError(name)
        if hasattr(type(self), name):
            return object.__getattribute__(self, name)  # a property of ours that failed says so itself
        cure = OF_CIRCUITS.get(name, "") or (f'c["{name}"].' if name in self else "")
        known = [known for known in dir(type(self)) if not known.startswith("_")]
        raise MissingNameError.of("a circuit", name, cure, known)

    def __getitem__(self, name: str) -> WireView:
        return WireView(self._facts["wires"][self._id(name)], self._index)

    def __contains__(self, name: object) -> bool:
        return name in self._index.ids

    def __iter__(self) -> Iterator[WireView]:
        raise ArgumentError("a circuit is not a sequence.", "it holds wires, stages and gradients.", "c.wires.")

    @property
    def captured(self) -> dict[str, Any]:
        """The arrays the function took from outside, by the name printed code takes them under."""
        return {i.text: owned(i.wire.value) for i in self._frozen.inputs if i.kind == "captured"}

    # ------------------------------------------------------------------------------------------------------- views

    @cached_property
    def _facts(self) -> dict[str, Any]:
        """The record, with plain values: where all that is shown of wires is looked up."""
        return self._folded_if_asked(self._record)

    @cached_property
    def _index(self) -> Index:
        return Index(self._facts)

    @cached_property
    def _record(self) -> dict[str, Any]:
        """The record of every gate the user wrote."""
        return record(self._frozen, self._texts)

    @cached_property
    def _texts(self) -> dict[SourcedWire, GateText]:
        return gate_texts(self._frozen)

    @cached_property
    def _formulas(self) -> dict[str, Any]:
        """How the numbers of the record come about, for pages."""
        rules = block_rules(self._frozen) if self._folded else {}
        return formulas(self._frozen, self._facts, self._texts, rules)

    @cached_property
    def _checks(self) -> dict[str, dict[str, Any]]:
        return check(self._frozen)

    def _folded_if_asked(self, whole: dict[str, Any]) -> dict[str, Any]:
        return fold(whole, block_rules(self._frozen)) if self._folded else whole

    def _with_checks(self, checks: dict[str, dict[str, Any]]) -> dict[str, Any]:
        return jsonable(self._folded_if_asked({**self._record, "checks": checks}))

    @cached_property
    def _shown(self) -> dict[str, Any]:
        return self._with_checks(self._checks)

    def __str__(self) -> str:
        return ledger(self._shown)

    def __repr__(self) -> str:
        gradients = ", ".join(f"d{name} = {g}" for name, g in self.gradients.items())
        return f"<circuit {self._frozen.name} = {self.value}: {gradients}>"

    def card(self, name: str, digits: int | None = None) -> str:
        """Everything about one wire: forward, upstream, local, downstream, code, and the numerical check."""
        wire = self._wire(name)
        if wire in {i.wire for i in self._frozen.inputs} or not wire.bits & self._frozen.bit:
            return card(self._shown, name, digits=counted(digits))
        checks = self._checks | check(self._frozen, [wire])
        return card(self._with_checks(checks), name, digits=counted(digits))

    def code(self, style: Literal["code", "notes"] = "code") -> Staged:
        """The forward and backward pass as one Python function that runs on its own."""
        if style not in ("code", "notes"):
            why = "code is the backward pass as one writes it, notes keeps every local factor."
            raise ArgumentError(f"there is no style {style!r}.", why, 'code() or code("notes").')
        return staged(self._frozen, style)

    def svg(self, palette: str = "default", digits: int | None = None, fold: Fold = None, wrt: Wrt = None) -> str:
        """The picture, as SVG.

        `palette` is `default`, `green-red`, `dark` or `notes`; `digits` the decimals of every number (None: four
        significant digits); `fold` says what is drawn as one gate: None folds to at most 120 gates, True every block,
        call and repeat, False nothing, a number to that many gates, names those groups; `wrt` names the inputs whose
        gradients are shown. Raises `UnknownPaletteError`, `FoldError`, `UnknownWireError` and `ArgumentError`.
        """
        from gatewise._views.picture import picture

        return picture(self._with(wrt), palette=coloured(palette), digits=counted(digits), fold=fold)

    def html(self, palette: str = "default", digits: int | None = None, fold: Fold = None, wrt: Wrt = None) -> str:
        """One HTML file to walk through: picture, cards, table, inputs that can be changed; arguments as of `svg`."""
        from gatewise._views.page import page

        record, code = self._with(wrt), self._code_or_none()
        return page(record, self._formulas, palette=coloured(palette), digits=counted(digits), fold=fold, staged=code)

    def tex(
        self,
        palette: str = "default",
        digits: int | None = None,
        fold: Fold = None,
        wrt: Wrt = None,
        form: Literal["fragment", "standalone", "beamer"] = "fragment",
    ) -> str:
        r"""The picture as TikZ: a fragment to `\input`, a standalone document, or Beamer slides that walk."""
        from gatewise._views.tikz import tikz

        return tikz(self._with(wrt), palette=coloured(palette), digits=counted(digits), fold=fold, form=form)

    def derive(self, name: str | None = None, latex: bool = False, digits: int | None = None) -> str:
        """The chain rule in writing, from the output to one wire (None: to every input), with symbols and numbers.

        Markdown with LaTeX, or plain LaTeX. Raises `UnknownWireError`.
        """
        from gatewise._views.derivation import derivation

        return derivation(self._shown, name if name is None else self._name(name), latex=latex, digits=counted(digits))

    def dot(self, digits: int | None = None) -> str:
        """The circuit in Graphviz's language."""
        from gatewise._views.dot import dot

        return dot(self._shown, digits=counted(digits))

    def json(self) -> str:
        """The record as JSON."""
        return json.dumps(self._shown, ensure_ascii=False, allow_nan=False)

    def save(self, path: str | Path, **options: Any) -> None:
        """Write the circuit into a file, in the form its name asks for: .svg, .html, .tex, .png, .json or .dot.

        `options` are those of `svg`, `html`, `tex` and `dot`. A PNG needs `pip install 'gatewise[png]'`. Raises
        `SaveError` where the file cannot be written; then nothing is.
        """
        if not isinstance(path, (str, os.PathLike)):
            raise SaveError(f"{path!r} is not the name of a file.", "a name says what is written.", SAVED)
        if form_of(path) not in FORMS:
            what = f"{str(path)[:60]!a} does not say what to write."
            raise SaveError(what, f"a circuit is saved as {', '.join(FORMS)}.", SAVED)
        write_whole(path, self.drawn(form_of(path), **options))

    def drawn(self, suffix: str, **options: Any) -> bytes:
        """What `save` writes into a file with this ending, such as ".png". Raises `ArgumentError`."""
        form = form_of(f"circuit{suffix}")
        if form not in FORMS:
            why = f"there are {', '.join(FORMS)}."
            raise ArgumentError(f"nothing is drawn as {suffix!r}.", why, 'c.drawn(".svg").')
        for name in options:
            if name not in FORMS[form]:
                taken = ", ".join(FORMS[form]) or "no options"
                raise ArgumentError(f"a {form} file has no {name}.", f"it takes {taken}.", f"leave {name}= out.")
        draw: dict[str, Callable[..., str | bytes]] = {
            ".svg": self.svg,
            ".html": self.html,
            ".tex": self.tex,
            ".png": self._png,
            ".json": self.json,
            ".dot": self.dot,
        }
        content = draw[form](**options)
        return content.encode() if isinstance(content, str) else content

    def _png(self, **options: Any) -> bytes:
        try:
            from cairosvg import svg2png  # type: ignore[import-untyped, unused-ignore]
        except ImportError:
            why = "a PNG is drawn by CairoSVG, which is not installed."
            raise SaveError("No PNG was written.", why, "pip install 'gatewise[png]', or save as .svg.") from None
        drawn: bytes = svg2png(bytestring=self.svg(**options).encode(), scale=2)
        return drawn

    def _code_or_none(self) -> str | None:
        """The staged code, where the circuit has one: what was cut out of a script may not."""
        try:
            return self.code()
        except GatewiseError:
            return None

    def _with(self, wrt: Wrt) -> dict[str, Any]:
        """The record with the gradients that a picture is to show."""
        names = names_in(wrt)
        return self._shown if names is None else only(self._shown, [self._name(name) for name in names])

    def _name(self, name: str) -> str:
        found: str = self._index.names[self._id(name)]
        return found

    # -------------------------------------------------------------------------------------------------- other circuits

    def cut(self, name: str) -> Circuit:
        """The circuit with this wire made an input and everything to its left left out."""
        return Circuit._of(cut(self._frozen, self._wire(name)), self._folded)

    def fold(self) -> Circuit:
        """The circuit with chains of * and of +, and recognised blocks, as one gate each."""
        return Circuit._of(self._frozen, folded=True)

    def unfold(self) -> Circuit:
        """The circuit with every gate the user wrote."""
        return Circuit._of(self._frozen)

    def _id(self, name: str) -> int:
        """The place of a wire in the record. Raises `ArgumentError` and `UnknownWireError`."""
        if not isinstance(name, str):
            raise ArgumentError(f"{name!r} is not the name of a wire.", "wires go by name.", 'c["x"], or c.wires[0].')
        if name not in self._index.ids:
            raise UnknownWireError(name, self._index.names)
        return self._index.ids[name]

    def _wire(self, name: str) -> Wire:
        """The wire of the circuit that the record shows under this name."""
        shown = self._index.names[self._id(name)]
        return next(wire for wire, known in self._frozen.names.items() if known == shown)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        from gatewise._views.page import element

        return {"text/plain": str(self), "text/html": element(self._shown, self._formulas, staged=self._code_or_none())}


def owned(value: Any) -> Any:
    """A value to hand out: an array of its own, in the layout that it has."""
    return copy(value)


def frozen_of(circuit: Circuit) -> FrozenCircuit:
    """What was recorded, which the circuit shows."""
    return circuit._frozen


def record_of(circuit: Circuit) -> dict[str, Any]:
    """The record that `json` writes, itself and not a copy: for views, which only read it."""
    return circuit._shown


SAVED = 'c.save("circuit.svg").'


def form_of(path: str | Path) -> str:
    """The ending of a file's name that says what is in it: `.html` for `.HTM`, too."""
    suffix = Path(path).suffix.lower()
    return ".html" if suffix == ".htm" else suffix


def names_in(wrt: Any) -> list[str] | None:
    """The names that `wrt` gives; None for all there are. Raises `ArgumentError`."""
    if wrt is None or isinstance(wrt, str):
        return None if wrt is None else [wrt]
    if isinstance(wrt, Collection) and all(isinstance(name, str) for name in wrt):
        return list(wrt)
    raise ArgumentError(f"wrt is {wrt!r}.", "wrt names inputs.", 'wrt="x", or wrt=["x", "y"].')


def coloured(palette: Any) -> str:
    """The palette that was asked for, by name. Raises `UnknownPaletteError`."""
    if isinstance(palette, str):
        return palette  # which of them there are is known where the picture is drawn
    from gatewise._views.palettes import PALETTES

    raise UnknownPaletteError(palette, list(PALETTES))


MOST_DIGITS = 17  # a float has no more


def counted(digits: Any) -> int | None:
    """The number of digits that was asked for. Raises `ArgumentError` where there is no such number."""
    if digits is None or (type(digits) is int and 1 <= digits <= MOST_DIGITS):
        return digits
    raise ArgumentError(f"digits is {digits!r}.", f"a number is shown with 1 to {MOST_DIGITS} digits.", "digits=4.")


def circuit(
    f: Callable[..., Any] | str | Path,
    /,
    *args: Any,
    wrt: Sequence[str] | str | None = None,
    upstream: Any = None,
    output: str | None = None,
    **kwargs: Any,
) -> Circuit:
    """Run `f` once on these inputs and return its circuit, with every value and gradient in it.

    `f` is a Python function in plain NumPy, an expression (`"(x + y) * z"`), or the path of a script. Inputs are given
    by position or name; Python ints are taken as floats. `wrt` names the inputs whose gradients are wanted (None: all
    floats given). An output that is not a single number needs `upstream`, an array of its shape, or "ones". For a
    script, `output` names the value the circuit leads to, and `upstream` may be the name of a gradient the script
    assigns.

    >>> import gatewise as gw
    >>> gw.circuit(lambda x, y: x * y, x=4, y=-3).gradients
    {'x': -3.0, 'y': 4.0}
    """
    return circuit_of(f, args, kwargs, wrt, upstream, output)


def circuit_of(
    f: Callable[..., Any] | str | Path,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    wrt: Any,
    upstream: Any,
    output: str | None,
) -> Circuit:
    """`circuit`, for inputs of any name."""
    names = names_in(wrt)
    wrt = names if names is None else [normalised(name) for name in names]
    kwargs = as_python_reads(kwargs)
    text = str(f) if isinstance(f, (str, Path)) else ""
    found = FILE.fullmatch(text)
    if output is not None and (found is None or found["function"] is not None):
        why = "a function's output is what it returns, an expression's its last assignment."
        raise ArgumentError("output= is for scripts.", why, "leave output= out.")
    if found is None:
        if isinstance(f, (str, Path)):
            refuse_as_expression(text, args, kwargs)
            kwargs = {name: as_array(name, value) for name, value in kwargs.items()}
            f = expression_function(text, kwargs)
        return Circuit._of(recorded(f, args, kwargs, wrt=wrt, upstream=upstream))
    with in_folder_of(found["path"]):
        if found["function"] is None:
            return Circuit._of(record_script(text, kwargs, wrt=wrt, output=output, upstream=upstream))
        with function_in_file(found["path"], found["function"]) as function:
            return Circuit._of(recorded(function, args, kwargs, wrt=wrt, upstream=upstream))


def refuse_as_expression(text: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """Raise the error for what cannot be an expression and its inputs: another kind of file, inputs in a dict."""
    is_folder = os.path.isdir(text) and not text.isidentifier() and not kwargs
    if is_folder or re.fullmatch(r"[^\s()*+=]+\.(ipynb|csv|txt|npy|m|R|jl)", text):
        kind = "a notebook" if text.endswith(".ipynb") else "no Python file"
        cure = 'gw.circuit("net.py:f", x=1.0), or the function itself, gw.circuit(f, x=1.0).'
        raise ScriptError(
            f"{text} is {kind}.", "a circuit is made of a function, an expression or a Python file.", cure
        )
    if any(isinstance(each, dict) for each in args):
        why = "an expression takes its inputs by name."
        raise ArgumentError("an expression was given a dict.", why, f'gw.circuit("{text}", **inputs).')


def as_array(name: str, value: Any) -> Any:
    """A list of numbers as the array that an expression computes with. Raises `ArgumentError` where it is none."""
    if isinstance(value, str):
        raise ArgumentError(f"{name} is {value!r}, a string.", "an expression computes with numbers.", f"{name}=1.0.")
    if not isinstance(value, (list, tuple)):
        return value
    try:
        array = np.array(value)
    except ValueError:
        array = np.array(None)
    if array.dtype.kind not in "fiub":
        why = "an expression computes with numbers and arrays of numbers, all rows of one length."
        raise ArgumentError(
            f"{name} is a {type(value).__name__} that is no array.", why, f"{name}=np.array([1.0, 2.0])."
        )
    return array


def as_python_reads(given: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs under their names as Python reads them. Raises `InputNameError` for two that are one."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        if (plain := normalised(name)) in found:
            what = f"The input {name!r} is given twice."
            raise InputNameError(what, f"Python reads it as {plain}.", "Give one of them another name.")
        found[plain] = value
    return found


FILE = re.compile(r"(?P<path>.*\.py)(?::(?P<function>\w+))?")


@contextlib.contextmanager
def in_folder_of(path: str) -> Iterator[None]:
    """The folder of a file first on Python's path while it runs, as Python itself has it: its neighbours are found."""
    before = list(sys.path)
    sys.path.insert(0, os.path.dirname(os.path.realpath(path)))
    try:
        yield
    finally:
        sys.path[:] = before


@contextlib.contextmanager
def function_in_file(path: str, name: str) -> Iterator[Callable[..., Any]]:
    """The function `name` of a Python file, which is run, and which counts as imported as long as this lasts."""
    if not Path(path).is_file():
        raise ScriptError(f"{path} cannot be read.", "there is no such file.", "give the path of a Python file.")
    text_in(path)  # says what is wrong with its encoding, where something is
    spec = importlib.util.spec_from_file_location(Path(path).stem, path)
    assert spec is not None
    assert spec.loader is not None  # as for every path that ends in .py
    module = importlib.util.module_from_spec(spec)
    linecache.checkcache(path)
    before = sys.modules.get(module.__name__)
    sys.modules[module.__name__] = module
    try:
        run_file(spec.loader, module, path)
        yield function_of(module, name, path)
    finally:
        del sys.modules[module.__name__]
        if before is not None:
            sys.modules[module.__name__] = before


def run_file(loader: Loader, module: ModuleType, path: str) -> None:
    """Run a module's file. Raises `UserCodeError` for what it raises."""
    try:
        loader.exec_module(module)
    except GatewiseError:
        raise
    except Exception as error:
        raise advised(error, path) from error


def function_of(module: ModuleType, name: str, path: str) -> Callable[..., Any]:
    """The function `name` of a module. Raises `UnknownFunctionError`."""
    found = getattr(module, name, None)
    if not callable(found):
        known = [n for n, v in vars(module).items() if callable(v) and not n.startswith("_")]
        raise UnknownFunctionError(name, known, path)
    function: Callable[..., Any] = found
    return function


def expression_function(text: str, given: Mapping[str, Any]) -> Callable[..., Any]:
    """The function that an expression says."""
    shapes = {name: np.shape(value) for name, value in given.items() if isinstance(value, np.ndarray)}
    parsed = parse(text, list(given) or None, OPERANDS, NUMPY, AXES, instead_if_numpys, shapes)
    scope = {"np": np} | {name: gate for name, gate in NAMES.items() if gate.own}
    return function(parsed.source(), scope, parsed.output)


#: The gates that expressions can call, with the operands they take.
CALLABLE = {
    n: g
    for n, g in NAMES.items()
    if g.required <= {"axis", "keepdims", "ddof"} and (g.bind is None or not g.parameters) and g.text is None
}
OPERANDS = {name: (gate.arity, gate.arity) for name, gate in CALLABLE.items()}
NUMPY = [name for name, gate in CALLABLE.items() if not gate.own]
AXES = [name for name, gate in CALLABLE.items() if "axis" in gate.parameters]
