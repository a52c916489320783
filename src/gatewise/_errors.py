"""One class per mistake a user can make: what happened, why, and what to write instead."""

from __future__ import annotations

import difflib
import linecache
import os
import sys
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice
from types import FrameType
from typing import Any, Self


class Running(threading.local):
    """What was refused in the function that this thread runs on Tensors: an `except` of its own may swallow it."""

    refused: list[GatewiseError] | None = None


running = Running()


class refusals:  # noqa: N801  (used as a function is, `with refusals() as met:`)
    """Collect what is refused inside; what flies out at the end is the business of the run around it too."""

    def __enter__(self) -> list[GatewiseError]:
        self.around, self.met = running.refused, list[GatewiseError]()
        running.refused = self.met
        return self.met

    def __exit__(self, kind: object, *_: object) -> None:
        running.refused = self.around
        if kind is not None and self.around is not None:
            self.around.extend(self.met)


class GatewiseError(Exception):
    """The parent of every error gatewise raises on purpose.

    `what` names the mistake with shapes, names and the user's line; `why` says why it cannot work;
    `cure` is what to write instead. `str` joins the three, a line each.

    >>> print(GatewiseError("x is a string.", "A gate needs numbers.", "Write x = 3."))
    x is a string.
      why:     A gate needs numbers.
      instead: Write x = 3.
    """

    def __init__(self, what: str, why: str = "", cure: str = "") -> None:
        self.what, self.why, self.cure = what, why, cure
        lines = [what]
        if why:
            lines.append("  why:     " + why)
        if cure:
            lines.append("  instead: " + cure)
        Exception.__init__(self, "\n".join(lines))
        if running.refused is not None and self.mirrored is None:
            running.refused.append(self)

    def __str__(self) -> str:
        return str(self.args[0])

    def __reduce__(self) -> Any:
        kind = type(self)
        return restored, (kind if self.mirrored is None else kind.__base__, self.mirrored, self.args, vars(self))

    mirrored: type[Exception] | None = None  # what plain NumPy or Python raises in this place

    @classmethod
    def like(cls, kind: type[Exception]) -> type[Self]:
        """Return this class, its errors instances of `kind` too: of what plain code raises there, and is ready for."""
        found: type[Self] = mirror(cls, kind)  # type: ignore[arg-type]
        return found

    def forgotten(self) -> Self:
        """Return this error, which is no refusal: gatewise has found another way itself."""
        if running.refused is not None and self in running.refused:
            running.refused.remove(self)
        return self


class LineError(GatewiseError):
    """A mistake that one line of the user's makes: that line stands below what is said first, found by the error.

    `below` follows the line: what was expected, say. `line` is given where the mistake was made earlier than it is
    told, or `what` has its line already.

    >>> print(LineError("x is a string.", "A gate needs numbers.", below="Expect: a number."))
    x is a string.
      line 1:  print(LineError("x is a string.", "A gate needs numbers.", below="Expect: a number."))
      Expect: a number.
      why:     A gate needs numbers.
    """

    def __init__(self, what: str, why: str = "", cure: str = "", below: str = "", line: str | None = None) -> None:
        told = what + (user_line() if line is None else line)
        super().__init__(told + (f"\n  {below}" if below else ""), why, cure)


@cache
def mirror(cls: Any, kind: type[Exception]) -> Any:
    """A class of errors that are also of the first kind of Python's or NumPy's own behind `kind`."""
    public = ("builtins", "numpy.exceptions", "numpy.linalg")
    base = next(base for base in kind.__mro__ if base.__module__ in public)
    if issubclass(cls, base):
        return cls
    facts = {"__module__": cls.__module__, "__qualname__": cls.__qualname__, "__doc__": cls.__doc__, "mirrored": base}
    try:
        return type(cls.__name__, (cls, base), facts)
    except TypeError:  # two classes of Python's that do not go together
        return cls


def restored(cls: type[GatewiseError], kind: type[Exception] | None, args: Any, facts: dict[str, Any]) -> GatewiseError:
    """An error as it was pickled."""
    error = (cls if kind is None else cls.like(kind)).__new__(cls if kind is None else cls.like(kind), *args)
    error.args = args
    vars(error).update(facts)
    return error


class BeyondError(LineError):
    """An `except` waits for what Python's floats raise where gatewise, as NumPy, goes on with inf or nan.

    Wrong:

    >>> import numpy as np, gatewise as gw
    >>> def ratio(x):
    ...     try:
    ...         return 1 / x
    ...     except ZeroDivisionError:
    ...         return x
    >>> gw.grad(ratio)(0.0)
    Traceback (most recent call last):
        ...
    gatewise._errors.BeyondError: reciprocal of x is inf, and not a ZeroDivisionError...

    Right:

    >>> gw.grad(lambda x: 1 / x if x != 0 else x)(0.0)
    1.0
    """

    @classmethod
    def note(cls, gate: str, operands: Sequence[str], value: float, error: Exception) -> None:
        """Remember that the function went on where plain code would not have."""
        if running.refused is not None:
            raised = type(error).__name__
            cls(
                f"{gate} of {' and '.join(operands)} is {value}, and not a {raised}.",
                f"an except in the function catches the {raised} of plain floats and gives another value.",
                "ask before, with if; or take inf for an answer: np.isfinite(y), np.where(...).",
            )


class ComplexGradientError(LineError):
    """A real input met a complex value; gatewise differentiates real functions.

    Wrong:

    >>> import numpy as np, gatewise as gw
    >>> gw.grad(lambda x: np.abs(x * 1j))(3.0)
    Traceback (most recent call last):
        ...
    gatewise._errors.ComplexGradientError: multiply of x and a complex is complex...

    Right:

    >>> gw.grad(np.abs)(3.0)
    1.0
    """


class UnknownWireError(GatewiseError):
    """A circuit was asked for a wire it does not have.

    >>> print(UnknownWireError("qq", ["x", "y", "q"]))
    There is no wire qq in this circuit.
      why:     Its wires are x, y, q.
      instead: Did you mean q?
    """

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name = name
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        listed = ", ".join(_visible(each) for each in known[:20]) + (", ..." if len(known) > 20 else "")
        cure = f"Did you mean {_visible(near[0])}?" if near else "Ask for one of these."
        super().__init__(f"There is no wire {_visible(name)} in this circuit.", f"Its wires are {listed}.", cure)


class CutError(GatewiseError):
    """A circuit was to be cut inside a recognised block, which has one rule for all its gates.

    Wrong: `c.cut("e")` in `e = exp(-x); s = 1 / (1 + e)`. Right: `c.cut("s")`.

    >>> print(CutError("e", "sigmoid", ["s", "x"]))
    The circuit cannot be cut at e.
      why:     e lies inside the block sigmoid, whose gates have one rule together.
      instead: cut at s or x, where the block ends and begins.
    """

    def __init__(self, name: str, block: str, borders: Sequence[str]) -> None:
        super().__init__(
            f"The circuit cannot be cut at {_visible(name)}.",
            f"{_visible(name)} lies inside the block {block}, whose gates have one rule together.",
            f"cut at {' or '.join(map(_visible, borders))}, where the block ends and begins.",
        )


class UnknownPaletteError(GatewiseError):
    """A picture was asked for in a palette that does not exist.

    >>> print(UnknownPaletteError("drak", ["default", "dark"]))
    There is no palette 'drak'.
      why:     A picture is drawn in one of a few measured palettes.
      instead: Write palette="dark" (there are default, dark).
    """

    def __init__(self, name: object, known: Sequence[str]) -> None:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5) if isinstance(name, str) else []
        near = near or list(known[:1])
        why = "A picture is drawn in one of a few measured palettes."
        super().__init__(
            f"There is no palette {name!r}.", why, f'Write palette="{near[0]}" (there are {", ".join(known)}).'
        )


class FoldError(GatewiseError):
    """A picture was asked for with groups closed that it does not have, or with less than one gate.

    >>> print(FoldError("sigmiod", ["sigmoid", "softmax"]))
    There is no group 'sigmiod' to fold.
      why:     A group is a recognised block, the call of a function, a statement of several gates, or a repeat.
      instead: Fold 'sigmoid' (there are sigmoid, softmax).
    """

    def __init__(self, asked: object, known: Sequence[str]) -> None:
        if isinstance(asked, str):
            near = difflib.get_close_matches(asked, known, n=1, cutoff=0.5) or list(known[:1])
            shown = ", ".join(map(_visible, known[:8])) + (", ..." if len(known) > 8 else "")
            cure = f"Fold {near[0]!r} (there are {shown})." if near else "Fold nothing: no gates of it belong together."
            why = "A group is a recognised block, the call of a function, a statement of several gates, or a repeat."
            super().__init__(f"There is no group {asked!r} to fold.", why, cure)
        else:
            why = "fold is how many gates are drawn at most, or the names of groups to close."
            super().__init__(f"fold is {asked!r}.", why, 'Write fold=120, fold=True, fold=False or fold="sigmoid".')


class SaveError(GatewiseError):
    """A file cannot be written under this path.

    >>> import gatewise as gw
    >>> gw.circuit("x * y", x=3, y=4).save("circuit.docx")
    Traceback (most recent call last):
    gatewise._errors.SaveError: 'circuit.docx' does not say what to write.
      why:     a circuit is saved as .svg, .html, .tex, .png, .json, .dot.
      instead: c.save("circuit.svg").

    Right: `c.save("circuit.svg")`.
    """


def _visible(name: str) -> str:
    """A name with whatever a terminal would obey instead of print written out."""
    return name if name.isprintable() else ascii(name)


class ExpressionError(GatewiseError):
    """An expression cannot be read; the message shows the place.

    `text` is the expression, `column` the place in it counted from 0, `problem` the first line of the message,
    `steps` the work that reading took.

    Wrong: `"(x + y)z"`. Right: `"(x + y) * z"`.

    >>> print(ExpressionError("x + + y)", 7, "there is no ( that this ) belongs to"))
    there is no ( that this ) belongs to
        x + + y)
               ^
    """

    def __init__(self, text: str, column: int, problem: str, why: str = "", cure: str = "", steps: int = 0) -> None:
        self.text, self.column, self.problem, self.steps = text, column, problem, steps
        super().__init__(f"{problem}\n{_pointed(text, column)}" if text.strip() else problem, why, cure)


class InputNameError(GatewiseError):
    """A name cannot be the name of an input, or two names are one.

    Wrong: `lambda=3`. Right: `lambda_=3`.

    >>> print(InputNameError("'lambda' cannot be the name of an input.", "It is a word of Python.", "Call it lambda_."))
    'lambda' cannot be the name of an input.
      why:     It is a word of Python.
      instead: Call it lambda_.
    """


class ValueTextError(GatewiseError):
    """The text of an input's value is not a number, an array or a file.

    Wrong: `x=abc`. Right: `x=3`.

    >>> print(ValueTextError("x=abc", "this is not a number, an array or a file", "Write x=3."))
    x=abc: this is not a number, an array or a file
      instead: Write x=3.
    """

    def __init__(self, text: str, problem: str, cure: str, why: str = "") -> None:
        self.text, self.problem = text, problem
        start = _drawn(text if len(text) <= 60 else text[:60] + "...")
        super().__init__(f"{start}: {problem}", why, cure)


SHOWN_BEFORE, SHOWN_AFTER = 45, 25  # how much of a long line is shown around its caret


def _pointed(text: str, column: int) -> str:
    """The line of `text` that holds `column`, and a caret below the place; East Asian wide letters count two."""
    start = text.rfind("\n", 0, column) + 1
    end = text.find("\n", column)
    end = len(text) if end < 0 else end
    first, last = max(start, column - SHOWN_BEFORE), min(end, column + SHOWN_AFTER)
    before = ("..." if first > start else "") + _drawn(text[first:column])
    after = _drawn(text[column:last]) + ("..." if last < end else "")
    return f"    {before}{after}\n    {' ' * _width(before)}^"


def _drawn(text: str) -> str:
    """`text` with spaces for every kind of space, and a mark for what a terminal would obey instead of print."""
    spaced = (" " if letter.isspace() else letter for letter in text)
    return "".join("\ufffd" if unicodedata.category(letter).startswith("C") else letter for letter in spaced)


def _width(text: str) -> int:
    """How many columns `text` takes on a terminal."""
    marks = ("Mn", "Me")
    return sum(
        0 if unicodedata.category(letter) in marks else 1 + (unicodedata.east_asian_width(letter) in "WF")
        for letter in text
    )


# ------------------------------------------------------------------------------------------- where the user stands

PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
COMMAND_LINE = PACKAGE + "_cli" + os.sep


def user_frames() -> Iterator[FrameType]:
    """The frames that are neither gatewise's nor NumPy's, innermost first."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(COMMAND_LINE):
            return  # nobody's line: what was typed is in the message
        inner = name.startswith(PACKAGE) or (name.startswith("<gatewise ") and "_pullback" in name)
        if not inner and f"{os.sep}numpy{os.sep}" not in name:
            yield frame
        frame = frame.f_back


def user_frame() -> FrameType | None:
    """The innermost frame that is the user's; a library's where no other called it."""
    first = None
    for frame in user_frames():
        if not is_library(frame.f_code.co_filename):
            return frame
        first = first or frame
    return first


def library_frame() -> FrameType | None:
    """The frame of the function of a library (SciPy's, say) that the user's line called, if it did."""
    called = None
    for frame in user_frames():
        if not is_library(frame.f_code.co_filename):
            return called
        called = frame
    return None


def library_call(frame: FrameType) -> str:
    """What a library's function is called: `scipy.linalg.solve`, `csr_array.dot`, or `solve_ivp's inner`."""
    module, name = frame.f_globals.get("__name__", ""), frame.f_code.co_name
    if "self" in frame.f_locals:
        kind = type(frame.f_locals["self"]).__name__
        return kind if name in ("__init__", "__new__", "__call__") else f"{kind}.{name}"
    packages = [module.rsplit(".", n)[0] for n in range(module.count(".") + 1)]
    public = [each for each in packages if "._" not in each]
    for each in public:
        if not name.startswith("_") and hasattr(sys.modules.get(each), name):
            return f"{each}.{name}"
    return f"a function of {next(iter(public), module)}'s"


def user_line() -> str:
    """The user's line and its number, ready to follow a message; empty where there is none."""
    frame = user_frame()
    if frame is None:
        return ""
    line = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
    text = line.strip() if len(line.strip()) <= LONGEST_LINE else place_in(frame, line)
    if not text:
        return ""
    typed = frame.f_code.co_filename.startswith("<gatewise ")  # an expression: its lines are ours
    return f"\n  in:  {text}" if typed else f"\n  line {frame.f_lineno}:  {text}"


LONGEST_LINE = 100  # characters; of a longer line only the expression is shown that was being evaluated


def place_in(frame: FrameType, line: str) -> str:
    """The expression that a frame stands at, between dots, where it lies within the one line."""
    row, last, start, end = next(islice(frame.f_code.co_positions(), frame.f_lasti // 2, None))
    if start is None or row != frame.f_lineno or last != row:
        return line.strip()
    return f"... {line.encode()[start:end].decode(errors='replace')} ..."


def user_names(value: object) -> list[str]:
    """The names the user's innermost frame has for this very object; a library's frame (IPython's) has none."""
    frame = user_frame()
    if frame is not None and is_library(frame.f_code.co_filename):
        return []
    spaces = [frame.f_locals, frame.f_globals] if frame else []
    return [name for space in spaces for name, held in space.items() if held is value and name.isidentifier()]


# ------------------------------------------------------------------------------------- gates, Tensors and gradients


class GateError(LineError):
    """A gate was given what it cannot take.

    Wrong:

    >>> import numpy as np, gatewise as gw
    >>> X, W = gw.tensor(np.ones((5, 4))), gw.tensor(np.ones((5, 10)))
    >>> X @ W
    Traceback (most recent call last):
        ...
    gatewise._errors.GateError: matmul cannot take X (5, 4) and W (5, 10)...

    Right:

    >>> (X.T @ W).shape
    (4, 10)
    """

    @classmethod
    def subclass(cls, array: object) -> GateError:
        kind = type(array).__name__
        names = user_names(array)
        name = names[0] if names else "the array"
        what = f"{name} is a {kind}, not a plain array."
        plainly = f"{name}.toarray()" if hasattr(array, "toarray") else f"np.asarray({name})"
        return cls(what, f"a {kind} has an arithmetic of its own.", f"{plainly}, and @ for a matrix product.")

    @classmethod
    def of(
        cls,
        gate: str,
        operands: Sequence[str],
        shapes: Sequence[tuple[int, ...]],
        error: Exception,
    ) -> GateError:
        """From what NumPy or Python said of the plain values."""
        expect = expected_shapes(gate, shapes)
        what = f"{gate} cannot take {' and '.join(operands)}."
        own = cls.like(type(error))
        names = [operand.partition(" ")[0] for operand in operands]
        cure = fitting(gate, names, shapes) if expect and all(map(str.isidentifier, names)) else ""
        if gate in PRODUCTS and () in shapes:
            return own(what, "a matrix product is of arrays, and this is a number.", f"{' * '.join(names)}.")
        if type(error).__name__ == "AxisError" and shapes[0]:
            return own(what, f"{error}.", f"an axis from {-len(shapes[0])} to {len(shapes[0]) - 1}.")
        if not expect:
            return own(what, " ".join(str(error).split()))
        why = PAIRED if gate in PRODUCTS else BROADCAST
        return own(what, why, cure or "arrays of shapes that fit; print(x.shape) shows them.", expect)


PRODUCTS = ("matmul", "dot")
PAIRED = "a matrix product multiplies the rows of the first with the columns of the second, entry by entry."
BROADCAST = "axes are compared from the last one on, and one of size 1 is repeated."


def expected_shapes(gate: str, shapes: Sequence[tuple[int, ...]]) -> str:
    """`Expect ... Actual ...` for shapes that do not fit."""
    if len(shapes) != 2:
        return ""
    a, b = shapes
    if gate in PRODUCTS and a and b:
        inner = b[-2] if len(b) > 1 else b[0]
        return (
            f"Expect: columns of the first == rows of the second. Actual: {a[-1]} != {inner}." if a[-1] != inner else ""
        )
    for i, (m, n) in enumerate(zip(a[::-1], b[::-1], strict=False), start=1):
        if m != n and 1 not in (m, n):
            return f"Expect: sizes that are equal or 1 on axis {-i}. Actual: {m} != {n}."
    return ""


def fitting(gate: str, names: Sequence[str], shapes: Sequence[tuple[int, ...]]) -> str:
    """What fits in the place of two operands whose shapes do not: one of them turned, both swapped, or a product.

    >>> fitting("matmul", ["X", "W"], [(5, 4), (3, 4)])
    'X @ W.T, of shape (5, 3).'
    """
    (x, y), (a, b) = names, shapes
    if gate not in PRODUCTS and len(b) == 1 and len(a) == 2 and a[0] == b[0]:
        return f"{y}.reshape({b[0]}, 1), to add a column." if gate == "add" else f"{y}.reshape({b[0]}, 1)."
    if gate not in (*PRODUCTS, "multiply") or not 1 <= len(a) <= 2 or not 1 <= len(b) <= 2:
        return ""
    turned = [(f"{x} @ {y}", a, b), (f"{x} @ {y}.T", a, b[::-1]), (f"{x}.T @ {y}", a[::-1], b), (f"{y} @ {x}", b, a)]
    for text, left, right in turned:
        if left[-1] == right[0]:
            shape = left[:-1] + right[1:]
            return f"{text}, of shape {shape}." if shape else f"{text}, a number."
    return ""


class ReadingError(LineError):
    """A value was read out of a Tensor in a way that loses its gradient without a word.

    Wrong:

    >>> import math, numpy as np, gatewise as gw
    >>> gw.grad(lambda t: math.exp(t))(0.0)
    Traceback (most recent call last):
        ...
    gatewise._errors.ReadingError: t was turned into a plain float...

    Right:

    >>> gw.grad(lambda t: np.exp(t))(0.0)
    1.0

    Also wrong: `out[i] = t`, `np.array([t, t])`, `np.full(3, t)`. Right: `np.stack([t, t])`.
    """

    @classmethod
    def of(cls, tensor: str, how: str, cure: str = "") -> ReadingError:
        """`how` is what Python asked for: float, int, index, array; `cure` what to write instead, where it is known."""
        why = "a gradient is being taken through it, and it would be lost here without a word."
        if (frame := library_frame()) is not None:
            what = f"{tensor} was turned into a plain {how} by {library_call(frame)}."
            return cls(what, why, cure or library_cure(frame))
        return cls(
            f"{tensor} was turned into a plain {how}.",
            why,
            cure
            or "np.stack([...]) to collect values, np.stack([np.stack([...]), ...]) for rows of them,"
            " `captured @ t` for `captured.dot(t)`, np.exp(t) for math.exp(t);"
            " t.item(), t.numpy() or t.detach() to read it on purpose.",
        )

    @classmethod
    def not_whole(cls, tensor: str, value: float) -> ReadingError:
        return cls(
            f"{tensor} is {value!r}, a float, where a whole number is needed.",
            "an int given as an argument is taken as a float, and what is computed from it is one too.",
            "int(n) + 1 for n + 1, where n is the argument.",
        )


#: What takes the place of functions of SciPy's that NumPy does not have.
INSTEAD = {"expit": "gw.sigmoid(x)", "logsumexp": "gw.logsumexp(x)", "softmax": "gw.softmax(x)"}


def library_cure(frame: FrameType) -> str:
    """What to write instead of a call of a library's function, which knows plain arrays alone."""
    matrix, name = frame.f_locals.get("self"), frame.f_code.co_name
    if hasattr(matrix, "toarray") and name != "__init__":
        found = next(iter(user_names(matrix)), "S")
        return f"{found}.toarray(), a plain array, in its place: {found}.toarray() @ x."
    if name in INSTEAD:
        return INSTEAD[name] + "."
    of_numpy = {"numpy": "np", "numpy.linalg": "np.linalg"}
    homes = [short for m, short in of_numpy.items() if not name.startswith("_") and hasattr(sys.modules.get(m), name)]
    twin = f"{homes[0]}.{name}, or " if homes else ""
    return (
        f"{twin}the same in gates that `gatewise gates` lists; or t.numpy() as its argument if no gradient is wanted."
    )


class KeptError(LineError):
    """A Tensor was kept from a derivative that is over, and used in another one.

    Wrong:

    >>> import gatewise as gw
    >>> kept = []
    >>> def f(x):
    ...     kept.append(x * x)
    ...     return kept[0] * x
    >>> gw.grad(f)(3.0)
    27.0
    >>> gw.grad(f)(4.0)
    Traceback (most recent call last):
        ...
    gatewise._errors.KeptError: a Tensor was kept from a derivative that is over...

    Right: compute it again, or keep a plain value, `kept.append((x * x).numpy())`.

    >>> gw.grad(lambda x: x * x * x)(4.0)
    48.0
    """

    @classmethod
    def of(cls, tensor: str, line: str | None = None) -> KeptError:
        return cls(
            f"{tensor} was kept from a derivative that is over, and is used in another.",
            "what it was computed from does not move any more: its part of the gradient would be lost without a word.",
            "compute it again in the function; or keep t.detach() or t.numpy(), where a constant is meant.",
            line=line,
        )


class UnsupportedError(LineError):
    """A NumPy function has no gate, or an option of it has no rule.

    Wrong:

    >>> import numpy as np, gatewise as gw
    >>> v = gw.tensor([1.0, 2.0])
    >>> np.add.reduce(v)
    Traceback (most recent call last):
        ...
    gatewise._errors.UnsupportedError: np.add.reduce has no gate...

    Right:

    >>> np.sum(v).item()
    3.0
    """

    called = ""

    @classmethod
    def of(cls, name: str, instead: str = "") -> UnsupportedError:
        """`name` is what was called; `instead` says what gives the same, where that is known."""
        last = name.split(".")[-1]
        instead = INSTEAD.get(last, instead)
        frame = library_frame()
        error = cls(
            f"{name}{f', which {library_call(frame)} calls,' if frame else ''} has no gate.",
            "gatewise knows the derivative of each gate by rule, and there is none for this.",
            f"{instead or 'write it in gates that `gatewise gates` lists'};"
            " or call it on t.numpy() if no gradient is wanted.",
        )
        error.called = name
        return error


class MethodError(UnsupportedError, AttributeError):
    """A method of NumPy's arrays was called that no gate stands behind.

    Wrong:

    >>> import numpy as np, gatewise as gw
    >>> v = gw.tensor([1.0, -2.0])
    >>> v.conj()
    Traceback (most recent call last):
        ...
    gatewise._errors.MethodError: Tensor.conj has no gate...

    Right: a method whose function `gatewise gates` lists.

    >>> v.sum().item()
    -1.0
    """

    def __init__(self, *parts: str) -> None:
        LineError.__init__(self, *parts)


class MissingNameError(GatewiseError, AttributeError):
    """A name was asked for that gatewise, or a circuit of it, does not have.

    Wrong:

    >>> import gatewise as gw
    >>> gw.circuit("x * y", x=2.0, y=3.0).backward()
    Traceback (most recent call last):
        ...
    gatewise._errors.MissingNameError: a circuit has no backward...

    Right:

    >>> gw.circuit("x * y", x=2.0, y=3.0).gradients
    {'x': 3.0, 'y': 2.0}
    """

    @classmethod
    def of(cls, owner: str, name: str, cure: str, known: Sequence[str] = ()) -> MissingNameError:
        """`cure` is what does it; where nothing is known to, the nearest of `known` is offered."""
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
        cure = cure or (
            f"Did you mean {near[0]}?" if near else f"dir({'gw' if owner == 'gatewise' else 'c'}) lists what there is."
        )
        return cls(f"{owner} has no {_visible(name)}.", WHYS.get(owner, ""), cure)


WHYS = {
    "gatewise": "functions are plain NumPy; gatewise has what NumPy has not: gradients, circuits, nets.",
    "a circuit": "it holds one run, with every value and gradient in it already.",
}


class AssignmentError(LineError):
    """An array was to be changed in place.

    Wrong:

    >>> import numpy as np, gatewise as gw
    >>> t, buf = gw.tensor([1.0, 2.0]), np.zeros(2)
    >>> t[0] = 5.0
    Traceback (most recent call last):
        ...
    gatewise._errors.AssignmentError: t (2,) was to be changed in place...
    >>> buf += t
    Traceback (most recent call last):
        ...
    gatewise._errors.AssignmentError: buf was the target of an operation on Tensors...

    Right:

    >>> np.where([True, False], 5.0, t).tolist()
    [5.0, 2.0]
    >>> buf = buf + t
    """

    @classmethod
    def item(cls, tensor: str) -> AssignmentError:
        return cls(
            f"{tensor} was to be changed in place.",
            "its value is saved for the backward pass, and another name may refer to it.",
            "np.where(mask, new, old) or np.concatenate([...]) to build the array you want.",
        )

    @classmethod
    def augmented(cls, tensor: str, sign: str) -> AssignmentError:
        return cls(
            f"{tensor} was to be changed in place by {sign}=.",
            "its value is saved for the backward pass, and another name may refer to it.",
            f"name = name {sign} ..., which makes a new array.",
        )

    @classmethod
    def into(cls, target: object) -> AssignmentError:
        names = user_names(target)
        name = names[0] if names else "a plain array"
        return cls(
            f"{name} was the target of an operation on Tensors.",
            f"{name} is a plain array: it would take the values and lose the gradient.",
            f"{name} = {name} + t, or the operation without out=." if names else "the operation without out=.",
        )


class IntegerGradientError(LineError):
    """A gradient was asked for of whole numbers, which have no slope.

    Wrong:

    >>> import numpy as np, gatewise as gw
    >>> gw.grad(np.sum)(np.array([1, 2]))
    Traceback (most recent call last):
        ...
    gatewise._errors.IntegerGradientError: an argument of int64 was to get a gradient...

    Right:

    >>> gw.grad(np.sum)(np.array([1.0, 2.0]))
    array([1., 1.])
    """

    @classmethod
    def of(cls, what: str) -> IntegerGradientError:
        return cls(
            f"{what} was to get a gradient.",
            "whole numbers are data: they cannot be moved a little, so they have no slope.",
            "x.astype(float), or requires_grad=False (leave the name out of wrt or argnums).",
        )


class NoGradientError(LineError):
    """backward() was called on a value that depends on no Tensor with a gradient.

    Wrong:

    >>> import gatewise as gw
    >>> x = gw.tensor(3.0, requires_grad=False)
    >>> x.backward()
    Traceback (most recent call last):
        ...
    gatewise._errors.NoGradientError: x carries no gradient...

    Right:

    >>> x = gw.tensor(3.0)
    >>> (x * x).backward()
    """

    @classmethod
    def of(cls, tensor: str) -> NoGradientError:
        return cls(
            f"{tensor} carries no gradient.",
            "it was made of constants, under no_grad(), or after detach().",
            "make an input with gw.tensor(x).",
        )


class UpstreamError(LineError):
    """An output that is not a single number needs an upstream gradient of its shape.

    Wrong:

    >>> import numpy as np, gatewise as gw
    >>> x = gw.tensor(np.ones(3))
    >>> (x * x).backward()
    Traceback (most recent call last):
        ...
    gatewise._errors.UpstreamError: the output has shape (3,), so it has no single gradient...

    Right:

    >>> (x * x).sum().backward()
    >>> (x * x).backward(np.ones(3))
    """

    shape: tuple[int, ...] | None = None  # of the output that has no upstream gradient

    @classmethod
    def missing(cls, shape: tuple[int, ...]) -> UpstreamError:
        error = cls(
            f"the output has shape {shape}, so it has no single gradient.",
            "each of its entries has a gradient of its own; upstream says how much each counts.",
            f"sum the output, or give upstream= an array of shape {shape} (ones for the gradient of the sum).",
        )
        error.shape = shape
        return error

    @classmethod
    def no_number(cls, shape: tuple[int, ...]) -> UpstreamError:
        """For `grad`, which takes no upstream gradient."""
        error = cls(
            f"the function returned an array of shape {shape}, which has no single gradient.",
            "each of its entries has a gradient of its own; grad takes the slope of one number.",
            "return np.sum(...) of it for the gradient of the sum; or out, pullback = gw.vjp(f, x), and pullback(g)"
            f" with a g of shape {shape} that says how much each entry counts.",
        )
        error.shape = shape
        return error

    @classmethod
    def shaped(cls, have: tuple[int, ...], want: tuple[int, ...]) -> UpstreamError:
        return cls(
            f"Expect: upstream of the output's shape {want}. Actual: {have}.",
            "the upstream gradient has one entry for each entry of the output.",
            f"give an array of shape {want}.",
        )


class ReleasedError(LineError):
    """backward() was called twice on one circuit.

    Wrong:

    >>> import gatewise as gw
    >>> x = gw.tensor(3.0)
    >>> y = x * x
    >>> y.backward()
    >>> y.backward()
    Traceback (most recent call last):
        ...
    gatewise._errors.ReleasedError: backward() was called a second time on the same circuit...

    Right:

    >>> y = x * x
    >>> y.backward(retain_graph=True)
    >>> y.backward()
    """


class ChangedError(LineError):
    """A value was changed in place, by an optimiser, before backward() went through what was computed with it.

    Wrong:

    >>> import gatewise as gw
    >>> import gatewise.optim as optim
    >>> w = gw.tensor([1.0, 2.0])
    >>> optimizer = optim.SGD([w], lr=0.1)
    >>> loss, again = (w * w).sum(), (w * w).sum()
    >>> loss.backward()
    >>> optimizer.step()
    >>> again.backward()
    Traceback (most recent call last):
        ...
    gatewise._errors.ChangedError: w was changed in place after it was used...

    Right:

    >>> again = (w * w).sum()
    >>> again.backward()
    """

    @classmethod
    def of(cls, name: str, changes: int) -> ChangedError:
        times = "once" if changes == 1 else f"{changes} times"
        return cls(
            f"{_visible(name)} was changed in place after it was used, before backward() came back to it.",
            f"what was recorded holds its old numbers (it was changed {times} in all); the gradient would be of another"
            " point.",
            "backward() first, then optimizer.step(); or compute the loss again.",
        )


class LossError(LineError):
    """A loss was given scores and targets that do not belong together.

    Wrong:

    >>> import numpy as np
    >>> import gatewise.nn.functional as F
    >>> F.mse_loss(np.ones((4, 1)), np.ones(4))
    Traceback (most recent call last):
        ...
    gatewise._errors.LossError: mse_loss cannot compare the shapes (4, 1) and (4,)...

    Right:

    >>> float(F.mse_loss(np.ones(4), np.ones(4)))
    0.0
    """

    @classmethod
    def shapes(cls, loss: str, one: tuple[int, ...], other: tuple[int, ...]) -> LossError:
        return cls(
            f"{loss} cannot compare the shapes {one} and {other}.",
            "NumPy would pair every entry with every other, and the loss would be of that table.",
            f"the same shape twice: scores.reshape({other}), or target.reshape({one}).",
        )

    @classmethod
    def classes(cls, loss: str, scores: tuple[int, ...], found: str) -> LossError:
        return cls(
            f"{loss} cannot take these scores and classes.",
            "each row has one right class.",
            f"F.{loss}(scores, y), y a vector with the number of the right column of each row.",
            f"Expect: scores (N, C), classes (N,), whole numbers from 0 to C - 1. Actual: scores {scores}, {found}.",
        )

    @classmethod
    def unknown_reduction(cls, reduction: object) -> LossError:
        what = f"There is no reduction {reduction!r}."
        return cls(what, "a loss is one number, or one a row.", 'reduction="mean", "sum" or "none".')


class LayerError(LineError):
    """A layer or an optimiser was made with settings that it cannot have, or given what does not fit it.

    Wrong:

    >>> import gatewise.nn as nn
    >>> nn.Dropout(1.5)
    Traceback (most recent call last):
        ...
    gatewise._errors.LayerError: Dropout got p=1.5...

    Right:

    >>> nn.Dropout(0.5)
    Dropout(p=0.5)
    """

    @classmethod
    def setting(cls, layer: str, name: str, value: object, expect: str) -> LayerError:
        return cls(f"{layer} got {name}={value!r}.", f"{name} is {expect}.", f"a {name} that is {expect}.")


class StateError(LineError):
    """A saved state does not fit what it is loaded into.

    Wrong:

    >>> import numpy as np
    >>> import gatewise.nn as nn
    >>> nn.Linear(2, 1).load_state_dict({"weight": np.ones((3, 1))})
    Traceback (most recent call last):
        ...
    gatewise._errors.StateError: The state does not fit Linear(in_features=2, out_features=1, bias=True)...

    Right:

    >>> keys = nn.Linear(2, 1).load_state_dict(nn.Linear(2, 1).state_dict())
    """

    @classmethod
    def of(cls, owner: str, problems: Sequence[str]) -> StateError:
        shown = "; ".join(_visible(each) for each in problems[:5]) + ("; ..." if len(problems) > 5 else "")
        why = "a state has one array for each name, of that name's shape."
        return cls(f"The state does not fit {owner}.", why, "the state of a model of the same layers.", shown)


class ArgumentError(LineError):
    """Arguments do not fit the function they were given for.

    Wrong:

    >>> import gatewise as gw
    >>> gw.grad(lambda x: x * x, argnums=1)(3.0)
    Traceback (most recent call last):
        ...
    gatewise._errors.ArgumentError: argnums says argument 1, but 1 came...

    Right:

    >>> gw.grad(lambda x: x * x)(3.0)
    6.0
    """

    @classmethod
    def of_library(cls, value: object) -> ArgumentError:
        """An argument that is another library's array."""
        name = next(iter(user_names(value)), "")
        library, kind = type(value).__module__.partition(".")[0], type(value).__name__
        what = f"{name or 'an argument'} is a {library} {kind}."
        why = "gatewise differentiates NumPy, and the two do not mix."
        return cls(what, why, f"{to_numpy(value, name)} in its place.")


#: Libraries whose arrays do not mix with gatewise's, and how each gives a NumPy array.
LIBRARIES = {
    **dict.fromkeys(("pandas", "polars", "xarray"), "{}.to_numpy()"),
    **dict.fromkeys(("torch", "tensorflow"), "{}.numpy()"),
    **dict.fromkeys(("jax", "jaxlib"), "np.asarray({})"),
    "cupy": "{}.get()",
    "mxnet": "{}.asnumpy()",
}


def to_numpy(value: object, name: str = "") -> str:
    """How another library's array is made NumPy's; empty for whatever is none."""
    library = type(value).__module__.partition(".")[0]
    if library not in LIBRARIES or not hasattr(value, "shape"):
        return ""
    name = name or ("t" if library in ("torch", "tensorflow") else "X")
    return LIBRARIES[library].format(f"{name}.detach()" if getattr(value, "requires_grad", False) else name)


class UnknownInputError(GatewiseError):
    """An input was named that the function does not have.

    >>> print(UnknownInputError("z", ["x", "y"], "f"))
    f has no input z.
      why:     Its inputs are x, y.
      instead: Leave z out.
    """

    def __init__(self, name: str, known: Sequence[str], owner: str) -> None:
        self.name = name
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
        listed = ", ".join(_visible(each) for each in known)
        cure = f"Did you mean {_visible(near[0])}?" if near else f"Leave {_visible(name)} out."
        why = f"Its inputs are {listed}." if known else "It has no inputs."
        super().__init__(f"{_visible(owner)} has no input {_visible(name)}.", why, cure)


class UnknownOutputError(GatewiseError):
    """A script has no value of this name to lead the circuit to.

    >>> print(UnknownOutputError("los", ["scores", "loss"], "net.py"))
    net.py has no output los.
      why:     Its values made from the inputs are scores, loss.
      instead: Did you mean loss?
    """

    def __init__(self, name: str, known: Sequence[str], path: str) -> None:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        listed = ", ".join(_visible(each) for each in known)
        why = f"Its values made from the inputs are {listed}." if known else "It makes nothing from its inputs."
        cure = f"Did you mean {_visible(near[0])}?" if near else "Give the name of one of these."
        super().__init__(f"{_visible(path)} has no output {_visible(name)}.", why, cure)


class ScriptError(GatewiseError):
    """A file cannot be read, is not Python, or computes nothing from its inputs.

    Wrong: a script that only prints. Right: `x = 3` on one line, `f = x * x` on the next.

    >>> print(ScriptError("notes.py cannot be read.", "there is no such file.", "give the path of a Python file."))
    notes.py cannot be read.
      why:     there is no such file.
      instead: give the path of a Python file.
    """


class UnknownFunctionError(GatewiseError):
    """A file has no function of this name.

    >>> print(UnknownFunctionError("lose", ["loss"], "net.py"))
    net.py has no function lose.
      why:     It has loss.
      instead: Did you mean loss?
    """

    def __init__(self, name: str, known: Sequence[str], path: str) -> None:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        listed = ", ".join(_visible(each) for each in known) or "no function"
        cure = f"Did you mean {_visible(near[0])}?" if near else "Give the name of one of these."
        super().__init__(f"{_visible(path)} has no function {_visible(name)}.", f"It has {listed}.", cure)


# ------------------------------------------------------------------------------------------------------- training


class DataError(LineError):
    """Images or labels cannot be learned from: labels out of range, lengths that differ, entries that are no numbers.

    Wrong:

    >>> import numpy as np
    >>> from gatewise.course import TwoLayerNet
    >>> net = TwoLayerNet(4, 10, 3, rng=0)
    >>> net.loss(np.ones((2, 4)), np.array([0, 3]))
    Traceback (most recent call last):
        ...
    gatewise._errors.DataError: a label is 3, and there are 3 classes...

    Right:

    >>> loss, grads = net.loss(np.ones((2, 4)), np.array([0, 2]))
    """


class TrainingError(GatewiseError):
    """A training run was asked for that cannot be made: settings that make no sense, or a run that does not fit.

    >>> print(TrainingError("epochs is 0.", "nothing would be trained.", "epochs=10."))
    epochs is 0.
      why:     nothing would be trained.
      instead: epochs=10.
    """


class DivergedError(GatewiseError):
    """The loss, a gradient or a weight turned non-finite while training; the step was not applied.

    >>> print(DivergedError("step 12: the loss is nan.", "the weights grew until exp overflowed.", "a lower rate."))
    step 12: the loss is nan.
      why:     the weights grew until exp overflowed.
      instead: a lower rate.
    """


# ----------------------------------------------------------------------------------------- data sets and checkpoints


class UnknownDataSetError(GatewiseError):
    """A data set was named that gatewise does not know.

    Wrong:

    >>> import gatewise.data
    >>> gatewise.data.load("cifar")
    Traceback (most recent call last):
        ...
    gatewise._errors.UnknownDataSetError: There is no data set 'cifar'...

    Right:

    >>> gatewise.data.load("digits").X_train.shape
    (1437, 1, 8, 8)
    """

    def __init__(self, name: object, known: Sequence[str]) -> None:
        near = difflib.get_close_matches(str(name), known, n=1, cutoff=0.5)
        listed = ", ".join(known)
        super().__init__(
            f"There is no data set {name!r}.",
            f"gatewise knows {listed}.",
            f"Did you mean {near[0]}?" if near else "Name one of these, or hand over arrays of your own.",
        )


class MissingDataError(GatewiseError):
    """A data set is not on this machine and cannot be fetched.

    Wrong:

    >>> import gatewise.data
    >>> gatewise.data.cifar10("no/such/folder")
    Traceback (most recent call last):
        ...
    gatewise._errors.MissingDataError: CIFAR-10 is not in 'no/such/folder'...

    Right: `gatewise.data.cifar10("DIR")`, where DIR or a folder in it holds the files; `gatewise.data.digits()` needs
    none.
    """


class DataFileError(GatewiseError):
    """A file of a data set is damaged, cut short, or not what its name says.

    Wrong: a half downloaded `data_batch_1`. Right: the file whose checksum its authors' copy has.

    >>> print(DataFileError.of("data/data_batch_1", "31,035,704 bytes", "1,024"))
    'data/data_batch_1' is not the file it should be.
      why:     Expected: 31,035,704 bytes. Found: 1,024.
      instead: fetch the data set again; nothing was read from this file.
    """

    @classmethod
    def of(cls, path: object, expected: str, found: str) -> DataFileError:
        return cls(
            f"{shown_path(path)} is not the file it should be.",
            f"Expected: {expected}. Found: {found}.",
            "fetch the data set again; nothing was read from this file.",
        )


class CheckpointError(GatewiseError):
    """A checkpoint cannot be read, or something was to be saved that a checkpoint cannot hold.

    Wrong:

    >>> from gatewise.train import checkpoints
    >>> checkpoints.save("net.checkpoint", {"model": object()})
    Traceback (most recent call last):
        ...
    gatewise._errors.CheckpointError: state['model'] is an object, which a checkpoint cannot hold...

    Right: dicts, lists and tuples of arrays, numbers, strings, booleans and None, as `state_dict()` gives them.
    """


def shown_path(path: object) -> str:
    """A path in quotes, with whatever a terminal would obey written out; of a long one the end."""
    text = str(path)
    return ascii(text if len(text) <= 120 else "..." + text[-117:])


# ----------------------------------------------------------------------------------------------- the command line


class CommandError(GatewiseError):
    """What was typed on the command line cannot be done.

    >>> print(CommandError("--json stands alone.", "It prints the whole record.", "leave out --code."))
    --json stands alone.
      why:     It prints the whole record.
      instead: leave out --code.
    """


class UnknownGateError(GatewiseError):
    """The page of a gate was asked for that does not exist.

    >>> print(UnknownGateError("sigmod", "sigmoid"))
    There is no gate sigmod.
      instead: Did you mean sigmoid?
    """

    def __init__(self, name: str, near: str | None, instead: str = "") -> None:
        cure = f"Did you mean {near}?" if near else f"{instead}." if instead else "`gatewise gates` lists them."
        super().__init__(f"There is no gate {_visible(name)}.", cure=cure)


class UserCodeError(GatewiseError):
    """The user's own code raised an ordinary exception; the message has its type, text, file and line.

    Wrong: `def f(x): return x / undefined`. Right: `def f(x): return x / 2`.

    >>> print(UserCodeError.of(ZeroDivisionError("division by zero")))
    ZeroDivisionError: division by zero
    """

    @classmethod
    def of(cls, error: BaseException, path: str = "") -> UserCodeError:
        """`error` as Python caught it, with its traceback; `path` is the file, where that has no line of it."""
        said = " ".join(str(error).split())
        what = f"{type(error).__name__}: {_visible(said)}" if said else type(error).__name__
        if isinstance(error, SyntaxError) and error.filename and error.lineno:
            place: tuple[str, int] | None = (error.filename, error.lineno)
            what = f"{type(error).__name__}: {_visible(error.msg)}"
        else:
            place = cls.frame_of(error)
        if place is None:
            return cls(f"{what}\n  {_visible(path)}" if path else what)
        file, line = place
        text = linecache.getline(file, line).strip()
        where = "in the expression" if file.startswith("<gatewise ") else f"{_visible(file)}, line {line}"
        return cls(f"{what}\n  {where}:  {_drawn(text)}")

    @classmethod
    def frame_of(cls, error: BaseException) -> tuple[str, int] | None:
        """File and line of the user's innermost frame in the traceback; None where none of it is the user's.

        Frames of other packages that the user's code called are passed over.
        """
        found = None
        traceback = error.__traceback__
        inside = False  # whether the user's code has been reached, called by us
        while traceback is not None:
            file = traceback.tb_frame.f_code.co_filename
            ours = file.startswith((PACKAGE, "<frozen "))
            inside = inside or ours
            if inside and not ours and not is_library(file):
                found = file, traceback.tb_lineno
            traceback = traceback.tb_next
        return found


STANDARD = os.path.dirname(os.__file__) + os.sep


def is_library(file: str) -> bool:
    """Whether a file is Python's own or an installed package's, and so none of the user's."""
    installed = f"{os.sep}site-packages{os.sep}" in file or file.startswith((STANDARD, "<frozen "))
    return installed or (file.startswith("<gatewise ") and "_pullback" in file)
