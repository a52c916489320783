"""Values that were read out of a Tensor, or written into one, and would have lost their gradient."""

from __future__ import annotations

import linecache
import os
import re
import sys
from types import FrameType

import numpy as np

from gatewise._errors.lines import (
    LineError,
    call_on_the_line,
    library_call,
    library_frame,
    user_frame,
    user_names,
    writes_an_item,
)


class ReadingError(LineError):
    """A value was read out of a Tensor in a way that loses its gradient without a word.

    Wrong:

    >>> import math, numpy as np, gatewise as gw
    >>> gw.grad(lambda t: float(t) ** 2)(3.0)
    Traceback (most recent call last):
        ...
    gatewise._errors.ReadingError: t was turned into a plain float...

    Right:

    >>> gw.grad(lambda t: t**2)(3.0)
    6.0

    Also wrong where gatewise does not see the code, in a class or another file: `out[i] = t`, `math.exp(t)`,
    `np.array([t, t])`, `np.full(3, t)`. Right there: `np.stack([t, t])`, `np.exp(t)`.
    """

    @classmethod
    def of(cls, tensor: str, how: str, cure: str = "", in_function: bool = False) -> ReadingError:
        """`how` is what Python asked for: float, int, index, array; `cure` what to write instead, where it is known.

        `in_function` says that a derivative of a function is being taken: what it sees is answered by the gates, so
        that a line with NumPy itself in it is one that gatewise does not see.
        """
        why = "a gradient is being taken through it, and it would be lost here without a word."
        if (frame := library_frame()) is not None:
            what = f"{tensor} was turned into a plain {how} by {library_call(frame)}."
            return cls(what, why, cure or library_cure(frame))
        called, function = call_on_the_line()
        if not cure and (cure := ungated_cure(called, function)):
            by = "" if called == how else f" by {called}"
            return cls(f"{tensor} was turned into a plain {how}{by}.", why, cure)
        return cls(
            f"{tensor} was turned into a plain {how}.",
            why,
            cure
            or (unseen_cure() if in_function else "")
            or (for_items() if in_function and writes_an_item() else "")
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


def for_items() -> str:
    """What to write where an array takes no Tensor because it was there before the call."""
    return (
        "np.array(x) in the function, for an array x that something else made: random numbers, a file, an object or a"
        f" dict from before the call; an object that keeps such arrays is made in the function{made_there()}."
    )


def made_there() -> str:
    """The line that makes the object whose method the user's line stands in; "" where it stands in none."""
    frame = user_frame()
    owner = None if frame is None else frame.f_locals.get("self")
    return "" if owner is None else f", {type(owner).__name__}(...)"


def ungated_cure(called: str, function: object) -> str:
    """What to write instead of what reaches no gate: a type that is called, a view by strides; "" for all else."""
    if function is float:
        return "x itself for float(x), in a return too; x.item() where it is only read."
    if function is int:
        return "int(x.item()), where no gradient is wanted; np.round(x) or np.floor(x) in the calculation."
    if isinstance(function, type) and issubclass(function, np.generic):
        if not issubclass(function, np.inexact):
            return f"{called}(x.item()), if no gradient is wanted."
        plain = function is np.float64
        return f"{'x itself, a float64, or ' if plain else ''}x.astype({called}) for {called}(x)."
    if function is np.lib.stride_tricks.as_strided:
        windows = called.replace("as_strided", "sliding_window_view")
        return f"{windows}(x, n) for the windows of n entries; x[indices], with an array of them, for another view."
    return ""


def unseen_cure() -> str:
    """What to write in a class or in another file, where the user's line has NumPy itself; "" where it has not."""
    frame, plain = user_frame(), sys.modules.get("numpy")
    if frame is None or frame.f_code.co_filename.startswith("<gatewise "):
        return ""
    code, names = frame.f_code, {**frame.f_globals, **frame.f_locals}
    in_class = "." in code.co_qualname.rpartition("<locals>.")[2]
    known = [name for name, held in names.items() if held is plain and (in_class or name in code.co_names)]
    if not known:
        return ""
    return (
        f"`import gatewise.numpy as {known[0]}` in {os.path.basename(code.co_filename)}, in place of NumPy itself:"
        " gatewise sees into the functions and plain classes of the function's own file, and of these into objects that"
        f" the function makes itself; an array that something else made takes no Tensor: make the object there"
        f"{made_there()}, or {known[0]}.array(x) of the array;"
        " np.exp(t) for math.exp(t); t.item(), t.numpy() or t.detach() to read it on purpose."
    )


def library_cure(frame: FrameType) -> str:
    """What to write instead of a call of a library's function, which knows plain arrays alone."""
    matrix, name = frame.f_locals.get("self"), frame.f_code.co_name
    if hasattr(matrix, "toarray") and name != "__init__":
        found = next(iter(user_names(matrix)), "S")
        return f"{found}.toarray(), a plain array, in its place: {found}.toarray() @ x."
    part = re.match(r"scipy\.(special|linalg|stats)\b", library_call(frame))
    if part is not None:
        return (
            f"gatewise.scipy.{part[1]} for scipy.{part[1]} in this file, if `gatewise gates` lists the function;"
            " or t.numpy() as its argument if no gradient is wanted."
        )
    of_numpy = {"numpy": "np", "numpy.linalg": "np.linalg"}
    homes = [short for m, short in of_numpy.items() if not name.startswith("_") and hasattr(sys.modules.get(m), name)]
    twin = f"{homes[0]}.{name}, or " if homes else ""
    return (
        f"{twin}the same in gates that `gatewise gates` lists; or t.numpy() as its argument if no gradient is wanted."
    )


def augmented_cure() -> str:
    """What to write instead of `self.x += t`, by the user's line."""
    frame = user_frame()
    line = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip() if frame is not None else ""
    found = re.match(r"""([\w.'"\[\]]+)(\[[^\]]*[:,][^\]]*\])?\s*(\*\*|//|[-+*/%@])=""", line)
    if found is None:
        return "the operation without out=."
    name, part, sign = found.groups()
    if part is not None:
        return f"{name}{part} {sign}= ... of a copy that the function made, np.array({name})."
    kept = made_there() if name.startswith("self.") else ""
    there = f" Or the object is made in the function{kept}." if kept else ""
    return f"{name} = {name} {sign} ..., a new array.{there}"


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
        dtype = getattr(target, "dtype", None)
        if dtype is not None and dtype.kind in "biu":
            what, why = f"{name} takes no floats.", f"it is an array of {dtype}, and NumPy refuses this too."
            return cls.like(TypeError)(what, why, f"{name} = {name} + t, which makes a new array.")
        return cls(
            f"{name} was the target of an operation on Tensors.",
            f"{names[0] if names else 'it'} is a plain array: it would take the values and lose the gradient.",
            f"{name} = {name} + t, or the operation without out=." if names else augmented_cure(),
        )
