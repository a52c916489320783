"""The carrier: what the user holds in place of a number or an array while derivatives are taken through it.

A Tensor takes part in NumPy by operators, `__array_ufunc__` and `__array_function__`; it always has its value. Three
ways lead into a gate: `apply1` and `apply2` for the common case, written out because they are the eager path, and
`apply` for everything: any number of operands, parameters, several outputs, captured arrays, recordings.
"""

from __future__ import annotations

import array
import inspect
import math
import operator
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import Any

import numpy as np

from gatewise._circuit import (
    CLOSED,
    Open,
    Read,
    SourcedWire,
    Step,
    VariableWire,
    Wire,
    closed_bits,
    lent,
    may_close,
    open_bits,
    recognise,
    step_wire,
    tick,
)
from gatewise._circuit import no_grad as no_grad
from gatewise._errors import (
    ArgumentError,
    AssignmentError,
    BeyondError,
    ComplexGradientError,
    GateError,
    GatewiseError,
    IntegerGradientError,
    KeptError,
    MethodError,
    NoGradientError,
    ReadingError,
    UnsupportedError,
    UpstreamError,
    to_numpy,
    user_line,
    user_names,
)
from gatewise._gates import GATES, NAMES, Carrier, Gate
from gatewise._gates.absent import instead, instead_of
from gatewise._gates.families import Stops, convert
from gatewise._gates.gate import ABSENT, CONSTANT, UNASKED, WANTED
from gatewise._gates.movement import pick
from gatewise._sweep import FLOATS, Hooks, detached, given, handed_out, ones_for, outdated, port, sweep

BACKWARD = 1  # the lowest bit belongs to backward()

attention = ~BACKWARD  #: wires with one of these bits take the general path: all of them under no_grad()
over = ~BACKWARD  #: the bits that nobody has lent: a Tensor with one of them was kept from a derivative that is over


def attend(general: int, ended: int) -> None:
    """Be told the two sets above; plain names are what the eager path reads fastest."""
    global attention, over
    attention, over = general, ended


Open.attend = attend


class Tensor(Carrier):
    """A value that remembers how it was made; use it as the NumPy array or number it stands for.

    `shape`, `dtype`, `T`, `mT`, `grad` and ndarray's methods are there. Read a value out with `item()`, `numpy()` or
    `detach()`; the implicit ways (`float(t)`, `np.asarray(t)`) raise `ReadingError` where they would lose a gradient.

    >>> import gatewise as gw
    >>> x = gw.tensor(3.0)
    >>> y = x * x
    >>> y.backward()
    >>> x.grad
    6.0
    """

    __slots__ = ("__weakref__", "bits", "value", "wire")
    __hash__ = object.__hash__

    def __init__(self, value: Any, wire: Wire | None = None, bits: int = 0) -> None:
        self.value, self.wire, self.bits = value, wire, bits

    # ------------------------------------------------------------------------------------------------ looking at it

    @property  # type: ignore[misc]
    def __class__(self) -> type[Any]:
        """The class of the plain value, so that isinstance and np.isscalar answer as for it; `type` tells the truth."""
        whole = whole_number(self)
        return type(self.value if whole is None else whole)

    @property
    def shape(self) -> tuple[int, ...]:
        shape: tuple[int, ...] = np.shape(self.value)
        if lent.on_read is not None and shape and self.wire is not None and self.bits & lent.recording:
            lent.on_read(Read(self.wire, "shape", shape))  # of what a mask picked it is another with other inputs
        return shape

    @property
    def ndim(self) -> int:
        return np.ndim(self.value)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.asarray(self.value).dtype

    @property
    def requires_grad(self) -> bool:
        """Whether a derivative is being taken through this Tensor; parameters are frozen by setting it to False."""
        return bool(self.bits & open_bits())

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Have `backward()` give this Tensor a gradient from now on, or not; only where a computation starts."""
        if self.wire is not None and not is_leaf(self):
            why = "whether a gradient reaches it follows from what it was computed from."
            raise NoGradientError(f"{described(self)} is a result.{user_line()}", why, "t.detach(), or gw.no_grad().")
        if self.bits & ~BACKWARD:
            why = "a derivative is being taken by it, or it is being recorded."
            raise NoGradientError(f"{described(self)} is an argument.{user_line()}", why, "x.detach() for a constant.")
        if requires_grad and self.dtype.kind != "f":
            raise IntegerGradientError.of(f"an array of {self.dtype}", user_line())
        self.bits = BACKWARD if requires_grad else 0
        if self.wire is None:
            self.wire = Wire(tick(), self.bits, self.value) if requires_grad else None
        else:
            self.wire.bits = self.bits
        return self

    def __len__(self) -> int:
        if self.ndim == 0:
            what = f"{described(self)} has no length.{user_line()}"
            raise GateError.like(TypeError)(what, "it is a single number.", "use it as it is.")
        return self.shape[0]

    def __iter__(self) -> Iterable[Tensor]:
        if self.ndim == 0:
            what = f"cannot iterate over {described(self)}.{user_line()}"
            raise GateError.like(TypeError)(what, "it is a single number.", "use it as it is.")
        return (self[i] for i in range(len(self.value)))

    def __repr__(self) -> str:
        name = next(iter(user_names(self)), None)
        wire: Any = self.wire
        if wire is not None and wire.pullback is port:
            wire = wire.parents
        gate = wire.pullback.gate if wire is not None and wire.pullback is not None else None
        parts = [f"{name} = " if name else "", np.array2string(np.asarray(self.value), prefix="Tensor(", threshold=20)]
        return "Tensor(" + "".join(parts) + (f", gate={gate.name}" if gate else "") + ")"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": repr(self)}

    # ------------------------------------------------------------------------------------------- reading a value out

    def item(self, *place: Any) -> Any:
        """The value as a Python number; the Tensor must hold exactly one, unless the `place` of an entry is given."""
        if place:
            number = np.asarray(self.value).item(*place)
            self.entry(place).read("taken")
            return number
        self.demand_one("item() takes a single number", "t[0].item(), or t.tolist() for all of them.")
        return np.asarray(self.read("taken")).item()

    def entry(self, place: tuple[Any, ...]) -> Tensor:
        """The entry that `item(*place)` gives: a position among all, or one along each axis."""
        place = place[0] if isinstance(place[0], tuple) else place
        entry: Tensor = self[place] if len(place) == self.ndim else np.ravel(self)[place[0]]
        return entry

    def numpy(self) -> Any:
        """The value as an array of its own."""
        return np.array(self.read("taken"))

    def tolist(self) -> Any:
        """The value as nested Python lists; an error where a derivative is being taken through it."""
        if self.bits & ~BACKWARD:
            self.forbid_losing_gradient(
                "list", "list(t), whose entries carry it; t.numpy().tolist() for plain numbers."
            )
        return np.asarray(self.read("taken")).tolist()

    def detach(self) -> Tensor:
        """The same value as a Tensor that no derivative goes through."""
        if not (bits := self.bits & lent.recording):
            return Tensor(self.value)
        alone = Tensor(self.value, Wire(tick(), bits, self.value, (self.value,), self.wire, detached), bits)
        if lent.on_detach is not None:
            lent.on_detach(alone)
        return alone

    def __format__(self, spec: str) -> str:
        if spec:
            self.demand_one("a format is for a single number", "f'{t}', or t[0].")
        return format(np.asarray(self.value).item() if spec else str(self.value), spec)

    def __copy__(self) -> Tensor:
        return Tensor(self.value, self.wire, self.bits)

    def __deepcopy__(self, memo: Any) -> Any:
        if self.wire is None or self.bits & ~BACKWARD or not is_leaf(self):
            return np.copy(self)  # a copy that forgot where it came from would lose its gradient without a word
        return twin(*self.state())

    def __reduce_ex__(self, protocol: Any) -> Any:
        kind = lent_to(self)
        self.forbid_losing_gradient("pickle", "t.numpy() or t.detach(), which can be pickled.", of=kind)
        return (twin, self.state()) if kind == ~BACKWARD else (Tensor, (self.value,))

    def state(self) -> tuple[Any, ...]:
        """What a copy of a leaf has: value, the whole number it was given as, gradient, name, changes."""
        wire: Any = self.wire
        name, version = getattr(wire, "name", None), getattr(wire, "version", None)
        return self.value, whole_number(self), self.bits, self.grad, name, version

    def __bool__(self) -> bool:
        self.demand_one("yes or no is asked of a single number", "np.any(t) or np.all(t).")
        return bool(self.read("bool"))

    def demand_one(self, why: str, cure: str) -> None:
        if self.size != 1:
            raise GateError.like(ValueError)(
                f"{described(self)} holds {self.size} numbers.{user_line()}", why + ".", cure
            )

    def __float__(self) -> float:
        return float(self.given_or_read("float"))

    def __int__(self) -> int:
        return int(self.given_or_read("int"))

    def __index__(self) -> int:
        value = self.given_or_read("index")
        if isinstance(value, (float, np.floating)):
            raise ReadingError.not_whole(described(self), float(value), user_line())
        return operator.index(value)

    def __complex__(self) -> complex:
        return complex(self.given_or_read("complex"))

    def __trunc__(self) -> int:
        return int(self.given_or_read("int"))

    def __round__(self, digits: int | None = None) -> Any:
        return round(self.given_or_read("rounded number"), digits)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        self.forbid_losing_gradient("array")
        whole = whole_number(self)  # np.arange(n) with the user's int counts in ints
        value = self.read("array")
        return np.array(value if whole is None else whole, dtype=dtype)

    def given_or_read(self, how: str) -> Any:
        """The int a user gave for a number of the course still answers `range`, an axis, an index or a shape."""
        whole = whole_number(self)
        if whole is not None and how in ("int", "index"):
            self.read("index")
            return whole
        if self.size != 1 and how != "index":
            what = f"{described(self)} holds {self.size} numbers.{user_line()}"
            raise GateError.like(TypeError)(what, f"a {how} is one number.", "one entry of it, t[0].item().")
        self.forbid_losing_gradient(how)
        return self.read(how)

    def placed(self) -> Any:
        """The plain value where it is a parameter, an index: a recording keeps the wire beside it."""
        if whole_number(self) is not None:
            return self.given_or_read("index")
        self.forbid_losing_gradient("index")
        return self.read("place")

    def read(self, how: str) -> Any:
        """The plain value, told to the recording that this Tensor belongs to."""
        if lent.on_read is not None and self.wire is not None and self.bits & lent.recording:
            lent.on_read(Read(self.wire, how, self.value))
        return self.value

    def forbid_losing_gradient(self, how: str, cure: str = "", of: int = -1) -> None:
        """Refuse to be read while a derivative, one `of` these, is being taken through this Tensor."""
        if self.bits & of & open_bits() & ~closed_bits():
            raise ReadingError.of(described(self), how, user_line(), cure)
        if is_kept(self) and lent.taking & ~closed_bits():
            raise KeptError.of(described(self), user_line())

    # ------------------------------------------------------------------------------------------------- NumPy protocols

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: Any, **parameters: Any) -> Any:
        if method != "__call__":
            return unsupported(f"{qualified(ufunc)}.{method}", getattr(ufunc, method), operands, parameters)
        gate = GATES.get(ufunc)
        if gate is None or parameters:
            options = "".join(f", {key}=" for key in parameters)
            name = qualified(ufunc) + (f"(...{options})" if options else "")
            return unsupported(name, ufunc, operands, parameters)
        if gate in UNHURRIED:
            return apply(gate, ufunc, operands, {})
        if len(operands) == 1:
            return apply1(gate, ufunc, operands[0])
        return apply2(gate, ufunc, *operands) if len(operands) == 2 else apply(gate, ufunc, operands, {})

    def __array_function__(self, function: Any, types: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if function in ORDERS and (len(args) > ORDERS[function] or "order" in kwargs):
            return in_order(function, *args, **kwargs)
        gate = GATES.get(function)
        if gate is None:
            if (question := QUESTIONS.get(function)) is not None:
                return question(*args, **kwargs)
            return unsupported(qualified(function), function, args, kwargs)
        if kwargs.get("out") is not None:
            return unsupported(f"{qualified(function)}(..., out=...)", function, args, kwargs)
        try:
            operands, parameters = bound(gate, args, kwargs)
        except UnsupportedError as error:
            return unsupported(error.forgotten().called, function, args, kwargs)
        return apply(gate, gate.call, operands, parameters)

    # ------------------------------------------------------------------------------------------------------ gradients

    @property
    def grad(self) -> Any:
        """What backward() left here: a float for a number, an array of this shape and dtype, or None."""
        wire = self.wire
        if wire is None or wire.grad is None:
            return None
        if type(wire.grad) is list:
            wire.grad = handed_out(wire.grad, self.value)
        return wire.grad

    @grad.setter
    def grad(self, value: Any) -> None:
        if self.wire is not None:
            self.wire.grad = value if value is None else given(value, self.value)

    def backward(self, upstream: Any = None, retain_graph: bool = False) -> None:
        """Sweep backwards and leave in `.grad` of every Tensor you hold its gradient, added to what is there.

        `upstream` has this Tensor's shape; it may be left out where the Tensor is a single number. The saved values
        are let go of unless `retain_graph` is true. Raises `UpstreamError` and `NoGradientError`.
        """
        if self.wire is None or not self.bits & BACKWARD:
            raise NoGradientError.of(described(self), user_line())
        if self.bits & open_bits() & ~BACKWARD:
            raise ReadingError(
                f"backward() was called on {described(self)} inside a derivative.{user_line()}",
                "it leaves numbers in .grad, and the derivative being taken around it would be lost without a word.",
                "gw.grad or gw.vjp inside, which nest.",
            )
        g = upstream_for(self.value, upstream)
        sweep({self.wire: g}, BACKWARD, keep=True, release=not retain_graph)

    def register_hook(self, hook: Callable[[Any], Any]) -> Callable[[], None]:
        """Have `hook(gradient)` called when this Tensor's gradient is complete; what it returns replaces it.

        Returns a function that takes the hook away again.
        """
        if self.wire is None or not self.bits:
            raise NoGradientError.of(described(self), user_line())
        Hooks.any = True
        hooks = self.wire.hooks = {} if self.wire.hooks is None else self.wire.hooks
        key = object()
        hooks[key] = hook
        return lambda: hooks.pop(key, None)

    # --------------------------------------------------------------------------------------------------- assignment

    def __setitem__(self, index: Any, value: Any) -> None:
        if not may_change(self):
            raise not_changed(self)
        place, new = unwrapped(index), plain(value)

        def write(array: Any) -> None:
            what = f"{described(self)} cannot be changed like this.{user_line()}"
            try:
                if (kind := np.asarray(new).dtype).kind not in "fiub":
                    raise GateError(what, f"it holds floats, and {kind} are no real numbers.", "real numbers.")
                array[place] = new
            except (IndexError, TypeError, ValueError) as error:
                raise GateError.like(type(error))(what, str(error)) from None

        change(self, write)

    # ------------------------------------------------------------------------------------------------ ndarray's names

    @property
    def T(self) -> Any:
        return np.transpose(self)

    @property
    def mT(self) -> Any:
        return np.matrix_transpose(self)

    def __getitem__(self, index: Any) -> Any:
        return apply(NAMES["getitem"], pick, (self,), {"index": index})

    def __divmod__(self, y: Any) -> Any:
        return self // y, self % y

    def __rdivmod__(self, x: Any) -> Any:
        return x // self, x % self

    def __abs__(self) -> Any:
        return apply1(NAMES["absolute"], operator.abs, self)

    def __pos__(self) -> Any:
        return apply1(NAMES["positive"], operator.pos, self)

    def __neg__(self) -> Any:
        return apply1(NAMES["negative"], operator.neg, self)

    def __invert__(self) -> Any:
        return apply(NAMES["invert"], operator.invert, (self,), {})

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        try:
            kind = np.dtype(dtype)
        except TypeError as error:
            what = f"{dtype!r} is no dtype.{user_line()}"
            raise GateError.like(TypeError)(what, str(error), "np.float32, np.float64.") from None
        return apply(NAMES["astype"], convert, (self,), {"dtype": kind})

    def reshape(self, *shape: Any, **options: Any) -> Any:
        return np.reshape(self, shape[0] if len(shape) == 1 else shape, **options)

    def transpose(self, *axes: Any) -> Any:
        return np.transpose(self, None if not axes else axes[0] if len(axes) == 1 else axes)

    def flatten(self, order: str = "C") -> Any:
        return np.ravel(self, order=order)  # type: ignore[call-overload]

    def fill(self, value: Any) -> None:
        self[...] = value

    def _written_over(self, value: Any) -> None:
        cure = "with gw.no_grad(): t[...] = value, which changes it in place."
        raise AssignmentError(f"{described(self)} has no data of its own to set.{user_line()}", OF_NUMPY, cure)

    data = property(fset=_written_over)  # reading it leads to __getattr__

    def __getattr__(self, name: str) -> Any:
        if name in ELSEWHERE:
            raise MethodError(f"Tensor.{name} does not exist.{user_line()}", OF_NUMPY, ELSEWHERE[name])
        if name.startswith("_") or not (hasattr(np.ndarray, name) or hasattr(float, name)):
            raise AttributeError(f"'Tensor' object has no attribute '{name}'", name=name, obj=self)
        raise MethodError.of(f"Tensor.{name}", user_line(), instead_of(name))


OF_NUMPY = "a Tensor has the names of NumPy's arrays."
IN_PLACE = "with gw.no_grad(): t[...] = new, or t += change; init.zeros_(t) and its like."

#: What is written here in place of names that PyTorch's tensors have.
ELSEWHERE = {
    "float": "t.astype(np.float32).",
    "double": "t.astype(np.float64).",
    "half": "t.astype(np.float16).",
    "long": "t.numpy().astype(int).",
    "int": "t.numpy().astype(int).",
    "bool": "t.numpy().astype(bool).",
    "type": "t.astype(dtype); t.dtype to read it.",
    **dict.fromkeys(
        ["to", "cpu", "cuda"], "leave it out: all is computed by NumPy; t.astype(dtype) for another dtype."
    ),
    "contiguous": "leave it out.",
    "data": "t.numpy() to read it; with gw.no_grad(): t -= ... or t[...] = ... to change it.",
    "clone": "t.copy(), which gradients go through; t.numpy() for a plain array.",
    "numel": "t.size.",
    "dim": "t.ndim.",
    "view": "t.reshape(...).",
    "permute": "t.transpose(...).",
    "t": "t.T.",
    "unsqueeze": "np.expand_dims(t, axis).",
    **dict.fromkeys(["matmul", "mm", "bmm"], "t @ other."),
    **{name: f"np.{name}(t)." for name in ("abs", "exp", "log", "sqrt", "tanh", "sin", "cos")},
    **{name: f"gw.{name}(t)." for name in ("relu", "sigmoid", "softmax")},
    "pow": "t ** n.",
    "norm": "np.sqrt(np.sum(t * t)).",
    **dict.fromkeys(["add_", "sub_", "mul_", "div_", "copy_", "fill_", "zero_", "normal_", "uniform_"], IN_PLACE),
}


def _method(function: Any, name: str) -> Callable[..., Any]:
    def method(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        for foreign, ours in (("dim", "axis"), ("keepdim", "keepdims")):
            if foreign in kwargs:
                what = f"Tensor.{name} was called with {foreign}={kwargs[foreign]!r}.{user_line()}"
                raise GateError(what, OF_NUMPY, f"t.{name}({ours}={kwargs[foreign]!r}).")
        return function(self, *args, **kwargs)

    method.__name__, method.__doc__ = name, f"As `np.{name}(self, ...)`."
    return method


#: ndarray's methods that are NumPy's functions of the same name.
METHODS = (
    *("sum", "mean", "prod", "var", "std", "max", "min", "any", "all", "argmax", "argmin"),
    *("dot", "ravel", "swapaxes", "squeeze", "clip", "copy"),
)
for _name in METHODS:
    setattr(Tensor, _name, _method(getattr(np, _name), _name))


# --------------------------------------------------------------------------------------------------- applying a gate


def apply2(gate: Gate, forward: Callable[[Any, Any], Any], x: Any, y: Any) -> Any:
    """One step with two operands, Tensors or Python numbers."""
    parents: Any
    if type(x) is Tensor:
        a = x.value
        if type(y) is Tensor:
            b = y.value
            if bits := x.bits:
                if y.bits:
                    key, bits, parents = 0b11010, bits | y.bits, (x.wire, y.wire)
                else:
                    key, parents = 0b11000 if y.wire is STOPPED else 0b11001, x.wire
            else:
                key, bits, parents = 0b10010 if x.wire is STOPPED else 0b10110, y.bits, y.wire
        elif type(y) in FLOATS:
            b, key, bits, parents = y, 0b11000, x.bits, x.wire
        else:
            return apply(gate, forward, (x, y), {})
    elif type(x) in FLOATS:
        a, b, key, bits, parents = x, y.value, 0b10010, y.bits, y.wire
    else:
        return apply(gate, forward, (x, y), {})
    if bits & attention or (gate.closings and type(x) is Tensor and bits and may_close(gate, x.wire)):
        return apply(gate, forward, (x, y), {})
    try:
        out = forward(a, b)
    except Exception as error:
        out = recovered(error, gate, forward, (x, y), (a, b))
    if not bits:
        return Tensor(out)
    if type(out) not in FLOATS:
        if out.dtype.kind != "f":
            is_float(out, gate, (x, y))
            return Tensor(out, STOPPED)
        return Tensor(out, Wire(tick(), bits, out, (a, b), parents, gate.array[key]), bits)
    return Tensor(out, Wire(tick(), bits, out, (a, b), parents, gate.scalar[key]), bits)


def apply1(gate: Gate, forward: Callable[[Any], Any], x: Tensor) -> Any:
    """One step with one operand, a Tensor."""
    a, bits = x.value, x.bits
    if not bits or bits & attention:
        return apply(gate, forward, (x,), {})
    try:
        out = forward(a)
    except Exception as error:
        out = recovered(error, gate, forward, (x,), (a,))
    pullback = (gate.scalar if type(out) in FLOATS else gate.array)[0b110]
    if gate.closings and may_close(gate, x.wire):
        block = recognise(gate, (x.wire,), (a,), {}, out)
        if block is not None:
            return Tensor(out, block_wire(bits, out, (a,), x.wire, pullback, block), bits)
    return Tensor(out, Wire(tick(), bits, out, (a,), x.wire, pullback), bits)


STOPPED = Wire(0, 0, None)  #: the wire of what a gate that stops gradients gave: a constant, as ties are concerned


def is_stopped(wire: Wire | None) -> bool:
    """Whether a value came of a gate that stops gradients, so that it counts as a constant."""
    if type(wire) is SourcedWire and wire.step is not None:
        return type(wire.step.gate.family) is Stops
    return wire is STOPPED


def block_wire(
    bits: int, out: Any, saved: Any, behind: Any, pullback: Any, block: Any, step: Step | None = None
) -> SourcedWire:
    """The wire of a step that closes a block: it goes by the block's rule, and remembers the gate the user wrote."""
    values, parents, rule, sources = block
    return SourcedWire(
        tick(), bits, out, values, parents, rule, sources=sources, written=(saved, behind, pullback), step=step
    )


def apply(gate: Gate, forward: Callable[..., Any], operands: Sequence[Any], parameters: Mapping[str, Any]) -> Any:
    """One step: any operands, parameters and outputs; captured arrays are copied where the rule needs them."""
    closed, recording = closed_bits() if CLOSED.get() else 0, lent.recording
    values: list[Any] = []
    parents: list[Any] = []
    key, bits = 1, 0
    for i, x in enumerate(operands):
        kind = 0
        if type(x) is Tensor:
            own = x.bits & ~closed
            if own & over and not own & lent.taking:
                x = standing_in(x, closed)
                operands, own = [*operands[:i], x, *operands[i + 1 :]], x.bits
            bits |= own
            if own & ~recording:
                kind = WANTED
                parents.append(x.wire)
            else:
                kind = CONSTANT if is_stopped(x.wire) else UNASKED
            x = x.value
        elif x is None:
            kind = ABSENT
        elif type(x) not in FLOATS and (not isinstance(x, PLAIN) or getattr(x, "__array_priority__", 0) > 0):
            demand_plain(x)
        key = key << 2 | kind
        values.append(x)
    plain_parameters = {name: unwrapped(value) for name, value in parameters.items()} if parameters else {}
    if recording:
        bits |= bits_inside(parameters.values()) & recording
    try:
        out = forward(*values, **plain_parameters)
    except Exception as error:
        out = recovered(error, gate, forward, operands, values, plain_parameters)
    several = isinstance(out, (tuple, list))
    if not parents or type(gate.family) is Stops or not (several or is_float(out, gate, operands)):
        parents, bits = [], bits & recording
    if not bits:
        stopped = STOPPED if type(gate.family) is Stops else None
        return Tensor(out, stopped) if not several else regrouped(out, [Tensor(v, stopped) for v in out])
    if bits & Open.recordings & ~recording:
        raise GateError(
            f"{gate.name} ran in another thread.{user_line()}",
            "a circuit records the thread it was started in.",
            "compute in one thread inside gw.circuit.",
        )
    if not parents:
        key &= ~((4 ** len(values) - 1) // 3 * 2)  # nobody is wanted
    scalar = not several and type(out) in FLOATS and all(type(v) in FLOATS for v in values)
    pullback = (gate.scalar if scalar else gate.array)[key]
    needs = pullback.needs  # type: ignore[attr-defined]
    for i, x in enumerate(operands):
        if not isinstance(x, IMMUTABLE) and (gate.many or gate.operands[i] in needs):
            values[i] = np.array(x)
    saved = (*values, plain_parameters) if gate.parameters else tuple(values)
    behind = parents[0] if len(parents) == 1 else tuple(parents)
    wire: Wire
    step = None
    if bits & recording and lent.on_step is not None:
        step = lent.on_step(gate, forward, operands, values, parameters, plain_parameters)
    sources = [x.wire if type(x) is Tensor else None for x in operands]
    block = recognise(gate, sources, values, plain_parameters, out) if gate.closings and parents else None
    if block is not None:
        wire = block_wire(bits, out, saved, behind, pullback, block, step)
    elif step is not None:
        wire = SourcedWire(tick(), bits, out, saved, behind, pullback if parents else None, sources=sources, step=step)
    else:
        wire = Wire(tick(), bits, out, saved, behind, pullback if parents else None)
    if not several:
        return Tensor(out, wire, bits)
    return regrouped(out, [one_port(v, k, wire, bits) for k, v in enumerate(out)])


#: What nobody else can change: a Tensor owns its memory. All else (arrays, lists) is copied when a rule will need it.
IMMUTABLE = (Tensor, type(None), int, float, complex, np.generic)
#: Gates that the two fast ways do not know: they stop gradients, or have several outputs.
UNHURRIED = {g for g in NAMES.values() if type(g.family) is Stops or getattr(g.function, "nout", 1) > 1}


def standing_in(x: Tensor, closed: int) -> Tensor:
    """A Tensor kept from a derivative that is over, as those being taken now have it.

    It is a constant to all but them; a sweep of theirs that comes to it would lose its part without a word.
    """
    bits = lent.taking & ~closed
    if not bits:
        return Tensor(x.value, STOPPED if is_stopped(x.wire) else None)
    if lent.recording:
        raise KeptError.of(described(x), user_line())
    return Tensor(x.value, Wire(tick(), bits, x.value, (described(x), user_line()), (), kept_over), bits)


def kept_over(g: Any, out: Any, values: Any, live: Any = None) -> Any:
    """What stands at a wire from a derivative that is over."""
    raise KeptError.of(*values)


kept_over.positions = ()  # type: ignore[attr-defined]
kept_over.gate = None  # type: ignore[attr-defined]


def is_kept(x: Any) -> bool:
    """Whether a value is a Tensor of derivatives that are all over."""
    return type(x) is Tensor and bool(x.bits & over) and not x.bits & ~over


PLAIN = (np.ndarray, np.generic, float, int, complex, list, tuple, str)


def demand_plain(x: Any) -> None:
    """Refuse what has an arithmetic of its own: a matrix, a sparse one, a Series."""
    if isinstance(x, np.ndarray) or hasattr(x, "toarray") or hasattr(x, "__array__"):
        raise GateError.subclass(x, user_line())


def regrouped(out: Any, parts: list[Any]) -> Any:
    """Several outputs in the list, tuple or named tuple that NumPy gives them in."""
    return type(out)(*parts) if hasattr(out, "_fields") else type(out)(parts)


def one_port(value: Any, k: int, wire: Wire, bits: int) -> Tensor:
    """One output of a step with several; a whole number or a truth value is a constant."""
    if np.asarray(value).dtype.kind != "f":
        bits &= lent.recording
    if not bits:
        return Tensor(value)
    return Tensor(value, Wire(tick(), bits, value, (k,), wire, port), bits)


def is_float(out: Any, gate: Gate, operands: Sequence[Any]) -> bool:
    """Whether `out` can carry a gradient; a complex one is an error."""
    if type(out) in FLOATS:
        return True
    kind = np.asarray(out).dtype.kind
    if kind in "fbiu":
        return kind == "f"
    if kind == "c":
        complex_output(gate, operands)
    raise GateError(
        f"{gate.name} of {' and '.join(described(x) for x in operands)} gives {np.asarray(out).dtype}.{user_line()}",
        "a gradient needs numbers of NumPy's own: floats.",
        "make arrays of floats first, with np.array(..., dtype=float).",
    )


def complex_output(gate: Gate, operands: Sequence[Any]) -> Any:
    raise ComplexGradientError(
        f"{gate.name} of {' and '.join(described(x) for x in operands)} is complex.{user_line()}",
        "gatewise differentiates real functions of real inputs.",
        "compute real and imaginary parts apart, with real arrays.",
    )


def recovered(
    error: Exception,
    gate: Gate,
    forward: Callable[..., Any],
    operands: Sequence[Any],
    values: Sequence[Any],
    parameters: Mapping[str, Any] = {},
) -> Any:
    """Where Python's floats raise, NumPy's inf or nan, still a Python float; any other error is explained."""
    if isinstance(error, ArithmeticError) and all(type(v) in FLOATS for v in values):
        with np.errstate(all="ignore"), suppress(OverflowError):  # an int may be too large for any float
            beyond = float(forward(*map(np.float64, values), **parameters))
            BeyondError.note(gate.name, [described(x) for x in operands], beyond, error, user_line)
            return beyond
    if isinstance(error, (MemoryError, Warning, GatewiseError)):
        raise error
    if isinstance(error.__cause__, GatewiseError):  # NumPy's words for an error of ours
        raise error.__cause__ from None
    raise GateError.of(
        gate.name, [described(x) for x in operands], [np.shape(v) for v in values], error, user_line()
    ) from None


def unwrapped(parameter: Any) -> Any:
    """A parameter without Tensors, and without anything that somebody else may change."""
    kind = type(parameter)
    if kind is int or kind is str or parameter is None:
        return parameter
    if kind is Tensor:
        value = parameter.placed()
        return value.copy().view(Kept) if isinstance(value, np.ndarray) else value
    if kind is slice:
        bounds = (parameter.start, parameter.stop, parameter.step)
        if all(type(b) is int or b is None for b in bounds):
            return parameter
        return slice(*(operator.index(b) if hasattr(b, "__index__") else b for b in bounds))
    if isinstance(parameter, (tuple, list)):
        parts = [unwrapped(p) for p in parameter]
        same = kind is tuple and all(map(operator.is_, parts, parameter))  # a list may change later
        return parameter if same else parts if isinstance(parameter, list) else tuple(parts)
    if isinstance(parameter, (np.generic, np.dtype, bool, type, Kept)):
        return parameter
    if isinstance(parameter, (array.array, memoryview)) or hasattr(parameter, "__array__"):
        return np.array(parameter).view(Kept)
    if hasattr(parameter, "__index__"):
        return operator.index(parameter)
    return parameter


class Kept(np.ndarray):
    """An array among a step's parameters, copied once: from then on it is known by its identity."""


def bits_inside(parameters: Iterable[Any]) -> int:
    """The bits of Tensors inside parameters: an index that is being recorded."""
    bits = 0
    for p in parameters:
        if type(p) is Tensor:
            bits |= p.bits
        elif type(p) in (tuple, list):
            bits |= bits_inside(p)
    return bits


def whole_number(t: Tensor) -> Any:
    """The int or the array of ints that the user gave where gatewise took it as floats."""
    wire = t.wire
    return (
        wire.values[0]
        if type(wire) is SourcedWire and wire.step is None and wire.pullback is None and wire.values
        else None
    )


def described(x: Any) -> str:
    """How a message speaks of a value: by the user's name where there is one, and its shape."""
    if not isinstance(x, (Tensor, np.ndarray)):
        return repr(x) if isinstance(x, (int, float, str)) else f"a {type(x).__name__}"
    names = user_names(x)
    shape = np.shape(x.value if type(x) is Tensor else x)
    name = getattr(x.wire, "name", None) if type(x) is Tensor else None
    label = name or next(iter(names), None) or ("a Tensor" if type(x) is Tensor else "an array")
    return f"{label} {shape}" if shape else label


def qualified(function: Any) -> str:
    """What a function is called: `np.linalg.eig`, `scipy.special.expit`; one of ours goes by the name of its gate."""
    if isinstance(function, np.ufunc):
        homes = {"np": np, "scipy.special": sys.modules.get("scipy.special")}
        home = next((f"{h}." for h, m in homes.items() if getattr(m, function.__name__, None) is function), "")
        return home + function.__name__
    module = getattr(function, "__module__", "") or "numpy"
    if not module.startswith("numpy"):
        return GATES[function].name if function in GATES else str(function.__name__)
    module = module.removeprefix("numpy").strip(".")
    return ".".join(part for part in ("np", module if not module.startswith("_") else "", function.__name__) if part)


def unsupported(name: str, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """A call that no gate stands for: an error, unless no Tensor in it carries anything; then NumPy answers."""
    target = kwargs.get("out")
    target = target[0] if isinstance(target, tuple) else target
    if (
        bits_inside((*args, *kwargs.values())) & (open_bits() | lent.recording) & ~closed_bits()
        or type(target) is Tensor
    ):
        if type(target) is Tensor:
            raise AssignmentError.item(described(target), user_line())
        if target is not None:
            raise AssignmentError.into(target, user_line())
        raise UnsupportedError.of(name, user_line(), instead(name))
    try:
        out = function(*map(stripped, args), **{key: stripped(value) for key, value in kwargs.items()})
    except ValueError as error:
        if "read-only" not in str(error):
            raise
        raise AssignmentError.item(described(next(x for x in args if type(x) is Tensor)), user_line()) from None
    return out if target is not None else carried(out, args)


def stripped(x: Any) -> Any:
    """An argument without Tensors, whose memory can only be read; arrays stay the ones they are."""
    if type(x) is Tensor:
        whole = whole_number(x)
        if whole is not None or not isinstance(x.value, np.ndarray):
            return x.value if whole is None else whole
        view = x.value.view()
        view.flags.writeable = False
        return view
    return type(x)(map(stripped, x)) if type(x) in (tuple, list) else x


def carried(out: Any, args: Sequence[Any]) -> Any:
    """A result of NumPy's as a Tensor, in memory of its own, so that its methods know the other Tensors."""
    if isinstance(out, (tuple, list)):
        return regrouped(out, [carried(part, args) for part in out])
    if isinstance(out, np.ndarray) and (out.base is not None or any(out is x for x in args)):
        out = np.array(out)
    return Tensor(out) if isinstance(out, (np.ndarray, np.floating)) else out


@cache
def signature(gate: Gate) -> inspect.Signature:
    """How the gate's function is called; older NumPy versions do not tell it for functions written in C."""
    try:
        return inspect.signature(gate.function)
    except ValueError:
        return inspect.Signature([inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY) for name in gate.operands])


def bound(gate: Gate, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Sequence[Any], dict[str, Any]]:
    """Sort the arguments of a NumPy call into a gate's operands and parameters; options without a rule are errors."""
    if gate.bind is not None:
        try:
            operands, parameters = gate.bind(*args, **kwargs)
        except TypeError:
            options = "".join(f", {key}=..." for key in kwargs)
            raise UnsupportedError.of(f"{qualified(gate.function)}(...{options})", user_line()) from None
        return operands, dict(parameters)
    if len(args) == gate.arity and all(key in gate.parameters for key in kwargs):
        return args, dict(kwargs)
    try:
        call = signature(gate).bind(*args, **kwargs)
    except TypeError as error:
        why = f"its arguments do not fit {gate.name}: {error}."
        what = f"{qualified(gate.function)} cannot be called like this.{user_line()}"
        raise GateError.like(TypeError)(what, why) from None
    operands, parameters = [], {}
    for (name, value), position in zip(call.arguments.items(), range(len(call.arguments)), strict=True):
        if name in ("args", "kwargs", "xs"):
            raise UnsupportedError.of(qualified(gate.function), user_line())
        default = signature(gate).parameters[name].default
        if position < gate.arity:
            operands.append(value)
        elif name in gate.parameters:
            parameters[name] = value
        elif name == "order" and value == "C" and all(lies_by_rows(x) for x in operands):
            continue
        elif value is not default and not any(value is each for each in IGNORED.get(name, ())):
            raise UnsupportedError.of(f"{qualified(gate.function)}(..., {name}=...)", user_line())
    if len(operands) < gate.arity and not gate.many:
        raise UnsupportedError.of(f"{qualified(gate.function)} with {len(operands)} operand", user_line())
    return operands, parameters


IGNORED: dict[str, tuple[Any, ...]] = {
    "order": ("K",),
    "subok": (True, False),
    "optimize": (True, False),
    "copy": (None,),
}

#: Functions that read entries in an order, and the place of that argument.
ORDERS = {np.ravel: 1, np.reshape: 2}


def in_order(function: Any, *args: Any, **kwargs: Any) -> Any:
    """`np.ravel` or `np.reshape` in another order than by rows: by rows, of the array with its axes turned."""
    place = ORDERS[function]
    order = args[place] if len(args) > place else kwargs.pop("order")
    a, *rest = args[:place] if args else [kwargs.pop("a")]
    if order == "C":
        return function(a, *rest, **kwargs)
    value = np.asarray(plain(a))
    try:
        function(value, *rest, order=order, **kwargs)
    except (TypeError, ValueError) as error:
        raise GateError.of(function.__name__, [described(a)], [value.shape], error, user_line()) from None
    axes = axes_in_order(value, order)
    if function is np.ravel or axes == tuple(range(value.ndim)):
        return function(np.transpose(a, axes), *rest, **kwargs)
    shape = rest[0] if rest else kwargs.pop("shape", None) or kwargs.pop("newshape")
    backwards = tuple(shape)[::-1] if isinstance(shape, (tuple, list)) else shape
    return np.transpose(np.reshape(np.transpose(a, axes), backwards, **kwargs))


def axes_in_order(value: np.ndarray[Any, Any], order: Any) -> tuple[int, ...]:
    """The order of axes, slowest first, in which the entries of an array are read."""
    axes = tuple(range(value.ndim))
    if order == "F" or (order == "A" and value.flags.fnc):
        return axes[::-1]
    return axes if order != "K" else tuple(sorted(axes, key=lambda axis: -abs(value.strides[axis])))


def lies_by_rows(x: Any) -> bool:
    return bool(np.asarray(plain(x)).flags.c_contiguous)


#: Functions that only ask about a Tensor and are answered by a plain value.
QUESTIONS: dict[Any, Callable[..., Any]] = {
    np.shape: lambda a: a.shape,
    np.ndim: lambda a: a.ndim,
    np.size: lambda a, axis=None: a.size if axis is None else a.shape[axis],
    np.result_type: lambda *xs: np.result_type(*(x.value if type(x) is Tensor else x for x in xs)),
    np.iscomplexobj: lambda x: np.iscomplexobj(x.value),
    np.array_repr: lambda x, *a, **k: repr(x),
    np.array_str: lambda x, *a, **k: str(x.value),
}


# ------------------------------------------------------------------------------------------------------- operators


def power_of(x: Any, y: Any) -> Any:
    """`x ** y`, NaN where Python's floats would turn complex."""
    out = x**y
    return out if type(out) is not complex else math.nan


def one_over(x: Any) -> Any:
    """`1.0 / x`: the reciprocal as the course writes it."""
    return 1.0 / x


#: The Python operator behind each sign.
FORWARDS: dict[str, Callable[..., Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "**": power_of,
    "@": operator.matmul, "%": operator.mod, "//": operator.floordiv, "&": operator.and_, "|": operator.or_,
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
SIGNS = {forward: sign for sign, forward in FORWARDS.items()}
DUNDERS = {
    "+": "add", "-": "sub", "*": "mul", "/": "truediv", "**": "pow", "@": "matmul", "%": "mod", "//": "floordiv",
    "&": "and", "|": "or",
}  # fmt: skip
WITHOUT_GATE = {"^": "xor", "<<": "lshift", ">>": "rshift"}
COMPARISONS = {">": "gt", ">=": "ge", "<": "lt", "<=": "le", "==": "eq", "!=": "ne"}


def _give_operators() -> None:
    for sign, name in DUNDERS.items():
        gate, forward = next(g for g in NAMES.values() if g.infix == sign), FORWARDS[sign]
        if gate in UNHURRIED:
            setattr(Tensor, f"__{name}__", lambda x, y, gate=gate, forward=forward: apply(gate, forward, (x, y), {}))
            setattr(Tensor, f"__r{name}__", lambda y, x, gate=gate, forward=forward: apply(gate, forward, (x, y), {}))
        else:
            setattr(Tensor, f"__{name}__", operator_of(gate, forward))
            setattr(Tensor, f"__r{name}__", reflected(gate, forward))
        setattr(
            Tensor,
            f"__i{name}__",
            lambda x, y, gate=gate, forward=forward, name=name: augmented(gate, forward, name, x, y),
        )
    for sign, name in COMPARISONS.items():
        gate, forward = next(g for g in NAMES.values() if g.infix == sign), FORWARDS[sign]
        setattr(Tensor, f"__{name}__", lambda x, y, gate=gate, forward=forward: apply(gate, forward, (x, y), {}))
    for sign, name in WITHOUT_GATE.items():
        function = getattr(operator, name)
        setattr(Tensor, f"__{name}__", lambda x, y, sign=sign, f=function: unsupported(sign, f, (x, y), {}))
        setattr(Tensor, f"__r{name}__", lambda y, x, sign=sign, f=function: unsupported(sign, f, (x, y), {}))
    Tensor.__rtruediv__ = divided_by  # type: ignore[attr-defined]


def operator_of(gate: Gate, forward: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda x, y: apply2(gate, forward, x, y)


def reflected(gate: Gate, forward: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda y, x: apply2(gate, forward, x, y)


def divided_by(y: Tensor, x: Any) -> Any:
    """`x / y`; `1 / y` is the gate reciprocal."""
    if type(x) in (int, float) and x == 1:
        return apply1(RECIPROCAL, one_over, y)
    return apply2(DIVIDE, operator.truediv, x, y)


RECIPROCAL, DIVIDE = NAMES["reciprocal"], NAMES["divide"]


def augmented(gate: Gate, forward: Callable[..., Any], name: str, x: Tensor, y: Any) -> Any:
    """`x += y`: under no_grad() it changes a parameter in place; else it rebinds a number, as Python does.

    On an array it would change what other names refer to, and a parameter would be left as it was without a word.
    """
    if may_change(x):
        in_place, other = getattr(operator, f"i{name}"), plain(y)

        def write(array: Any) -> None:
            try:
                in_place(array, other)
            except Exception as error:
                recovered(error, gate, forward, (x, y), (array, other))

        change(x, write)
        return x
    if x.shape or (type(x.wire) is VariableWire and x.bits & ~closed_bits() & BACKWARD):
        raise not_changed(x, gate.infix)
    return apply(gate, forward, (x, y), {}) if gate in UNHURRIED else apply2(gate, forward, x, y)


_give_operators()


# ------------------------------------------------------------------------------------------------ making and asking


def tensor(x: Any, requires_grad: bool = True) -> Tensor:
    """A Tensor that owns a copy of `x` and, unless told otherwise, gets a gradient from `backward()`.

    `x` is a number, an array or nested lists. A Python int, alone or in lists, is taken as a float; an array of
    integers is data and gets no gradient: asking for one raises `IntegerGradientError`.

    >>> import gatewise as gw
    >>> w = gw.tensor([1.0, -2.0])
    >>> (w * w).sum().backward()
    >>> w.grad
    array([ 2., -4.])
    """
    if type(x) is float and requires_grad:
        return Tensor(x, Wire(tick(), BACKWARD, x), BACKWARD)
    if type(x) is Tensor:
        if x.bits & ~BACKWARD or not is_leaf(x):
            x.forbid_losing_gradient(
                "tensor of its own", "t as it is; gw.tensor(t.detach()) where a constant is meant."
            )
        x = x.value
    bits = BACKWARD if requires_grad else 0
    if requires_grad and isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind != "f":
        raise IntegerGradientError.of(f"an array of {x.dtype}", user_line())
    return leaf(x, bits)


def copied(x: Any) -> Any:
    """What a Tensor of its own is made of: of a leaf its value, but no result that a derivative is taken through."""
    if type(x) is not Tensor:
        return x
    x.forbid_losing_gradient("tensor of its own", "t as it is; t.detach() where a constant is meant.", of=lent_to(x))
    return x.value


def lent_to(t: Tensor) -> int:
    """The derivatives that a copy of a Tensor's value would be lost to: a leaf's copy may be another parameter."""
    return ~BACKWARD if is_leaf(t) or t.wire is None else -1


def leaf(x: Any, bits: int, name: str | None = None) -> Tensor:
    """A Tensor of its own memory at the left edge of a circuit."""
    value, whole = own_value(x)
    if not isinstance(value, float) and value.dtype.kind != "f":
        bits &= lent.recording
    if not bits and whole is None:
        return Tensor(value)
    wire = SourcedWire(tick(), bits, value, (whole,) if whole is not None else ())
    wire.name = name
    return Tensor(value, wire, bits)


def variable(value: Any, requires_grad: bool = True, name: str | None = None) -> Tensor:
    """A Tensor that owns a copy of an array, for layers: its wire counts the changes made to it."""
    array = np.array(value)
    bits = BACKWARD if requires_grad else 0
    return Tensor(array, VariableWire(tick(), bits, array, name), bits)


def twin(value: Any, whole: Any, bits: int, gradient: Any, name: str | None, version: int | None) -> Tensor:
    """A copy of a leaf, from its state."""
    if version is not None:
        made = variable(value, bool(bits), name)
        made.wire.version = version  # type: ignore[union-attr]
    else:
        own = np.array(value) if isinstance(value, np.ndarray) else value
        source = (
            SourcedWire(tick(), bits, own, () if whole is None else (whole,)) if bits or whole is not None else None
        )
        if source is not None:
            source.name = name
        made = Tensor(own, source, bits)
    made.grad = gradient
    return made


def change(t: Tensor, write: Callable[[Any], None]) -> None:
    """Change a Tensor in place: `write` is given its array, the Tensor's own memory.

    Where something else still refers to that memory (a tape that was not swept, a view, a detached Tensor), a copy is
    made first, so no number changes under anybody's hands; and a tape that holds the Tensor itself says that it is
    outdated when it is swept.
    """
    wire = t.wire
    if wire is None or not is_leaf(t):
        raise NoGradientError(
            f"{described(t)} cannot be changed in place.{user_line()}",
            "only the values that a computation starts from are: parameters, and what gw.tensor made.",
            "optim.SGD(model.parameters(), lr=0.1).",
        )
    array = t.value
    if type(array) is not np.ndarray or array.base is not None or not array.flags.c_contiguous or shared(t):
        array = np.array(t.value, order="C")
    write(array)
    if type(wire) is not VariableWire or wire_shared(t):
        name = getattr(wire, "name", None)
        new = VariableWire(tick(), wire.bits, t.value, name, getattr(wire, "version", 0))
        new.grad, new.hooks, t.wire = wire.grad, wire.hooks, new
        wire.values = (name or next(iter(user_names(t)), None) or "a Tensor", new.version + 1)
        wire.pullback, wire = outdated, new
    wire.version += 1
    wire.value = t.value = array if isinstance(t.value, np.ndarray) else type(t.value)(array)


def is_leaf(t: Tensor) -> bool:
    """Whether a computation starts from this Tensor: it has a wire that no gate made."""
    return t.wire is not None and t.wire is not STOPPED and t.wire.pullback is None and step_wire(t.wire) is None


def may_change(t: Tensor) -> bool:
    """Whether the user may change a Tensor in place here: a parameter, frozen or not, under no_grad()."""
    off = closed_bits() & BACKWARD and not lent.recording and not t.bits & ~BACKWARD
    return bool(off) and is_leaf(t) and (bool(t.bits) or type(t.wire) is VariableWire)


def not_changed(t: Tensor, sign: str | None = None) -> AssignmentError:
    """Why a Tensor is not changed in place, by `sign` and = or by an item, and what to write instead."""
    learned = not lent.recording and not t.bits & ~BACKWARD and is_leaf(t)
    if not learned or closed_bits() & BACKWARD:
        return (
            AssignmentError.augmented(described(t), sign, user_line())
            if sign
            else AssignmentError.item(described(t), user_line())
        )
    return AssignmentError(
        f"{described(t)} was to be changed in place{f' by {sign}=' if sign else ''}.{user_line()}",
        "it wants a gradient, and its value is saved for the backward pass.",
        f"with gw.no_grad(): t {sign}= ..., for an update by hand; t = t {sign} ... for a new array."
        if sign
        else "with gw.no_grad(): t[index] = ...; or np.where(mask, new, t) for a new array.",
    )


def plain(x: Any) -> Any:
    """What a Tensor holds; anything else as it is."""
    return x.value if type(x) is Tensor else x


def value_references(t: Tensor) -> int:
    value = t.value
    return sys.getrefcount(value)


def wire_references(t: Tensor) -> int:
    wire = t.wire
    return sys.getrefcount(wire)


def shared(t: Tensor) -> bool:
    """Whether anything but the Tensor and its wire refers to its array; the caller has one name for it."""
    return value_references(t) > UNSHARED + 1


def wire_shared(t: Tensor) -> bool:
    """Whether anything but the Tensor refers to its wire; the caller has one name for it."""
    return wire_references(t) > WIRE_UNSHARED + 1


UNSHARED = value_references(variable(0.0))
WIRE_UNSHARED = wire_references(variable(0.0))


def gradient_of(t: Tensor) -> Any:
    """The gradient of a leaf to be read only, without the copy that `t.grad` may have to make; or None."""
    if t.wire is None or t.wire.grad is None:
        return None
    return t.wire.grad[0] if type(t.wire.grad) is list else t.wire.grad


def own_value(x: Any) -> tuple[Any, Any]:
    """The value a leaf holds, and the whole number it was given as, if it was."""
    if isinstance(x, bool) or x is None or isinstance(x, (str, bytes)):
        raise GateError(
            f"{x!r} is not a number or an array.{user_line()}",
            "a Tensor holds floats.",
            "pass a number, a list or an array.",
        )
    if isinstance(x, int):
        try:
            return float(x), x
        except OverflowError:
            problem = f"a whole number of {len(str(x)) if x < 10**4000 else 'thousands of'} digits is no float."
            cure = "a smaller number, or its logarithm."
            raise GateError(problem + user_line(), "floats end near 1.8e308.", cure) from None
    if isinstance(x, (float, np.generic)):
        return x, None
    if isinstance(x, np.ndarray):
        if x.__array_priority__ > 0:
            raise GateError.subclass(x, user_line())
        if x.dtype.kind not in "fiubc":
            what = f"an array of {x.dtype} is not an array of numbers.{user_line()}"
            raise GateError(what, "a Tensor holds floats.", "pass numbers.")
        return np.array(x), None
    try:
        array = np.array(x)
    except Exception as error:
        if to_numpy(x):
            raise ArgumentError.of_library(x) from error
        if isinstance(error, GatewiseError):  # a Tensor in the list, which would be read
            raise
        if isinstance(error.__cause__, GatewiseError):
            raise error.__cause__ from None
        if isinstance(x, (list, tuple)):
            what = f"a {type(x).__name__} whose parts differ in length is no array.{user_line()}"
            raise GateError(
                what, "an array has rows of one length.", "lists of one length, or a Tensor for each."
            ) from None
        raise
    if array.dtype.kind in "iu":
        return array.astype(float), array
    if array.dtype.kind not in "fb":
        what = f"a {type(x).__name__} of {array.dtype} is not a number or an array.{user_line()}"
        raise GateError(what, "a Tensor holds floats.", "pass numbers.")
    return array, None


def upstream_for(value: Any, upstream: Any) -> Any:
    """The cotangent to start with: ones for a single number, otherwise what the user gives, checked for shape."""
    shape = np.shape(value)
    if upstream is None:
        if shape:
            raise UpstreamError.missing(shape, user_line())
        return ones_for(value)
    g = np.asarray(upstream.value if type(upstream) is Tensor else upstream)
    if g.shape != shape:
        raise UpstreamError.shaped(g.shape, shape, user_line())
    if g.dtype.kind not in "fiub":
        what = f"the upstream gradient is {g.dtype}.{user_line()}"
        raise UpstreamError(what, "a gradient is made of real numbers.", "give floats.")
    return float(g) if isinstance(value, float) else np.array(g, dtype=np.asarray(value).dtype)
