"""The carrier: what the user holds in place of a number or an array while derivatives are taken through it.

A Tensor always has its value. Here stands how it is looked at, how its value is read out, and what `backward()` leaves.
What needs a gate to be applied (operators, NumPy's protocols, ndarray's names) is given to it where it is defined.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from gatewise._circuit import Read, VariableWire, Wire, closed_bits, detached, lent, open_bits, port, tick
from gatewise._errors import (
    GateError,
    IntegerGradientError,
    KeptError,
    NoGradientError,
    ReadingError,
    user_names,
)
from gatewise._gates import Carrier, shape_of
from gatewise._sweep import Hooks, given, handed_out, outwards, sweep
from gatewise._tensor.asking import BACKWARD, described, is_kept, is_leaf, upstream_for, whole_number
from gatewise._types import Function, Value

if TYPE_CHECKING:
    import numpy.typing as npt


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

    __slots__ = ("__weakref__", "alias", "bits", "value", "wire")
    alias: Any  # what it looks at, or who looks at it, as assignment needs to know; None where nobody asked
    wire: Wire | None
    if TYPE_CHECKING:  # what the files above this one give to it

        def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: object, **parameters: object) -> Any: ...
        def __array_function__(self, function: Function, types: object, args: object, kwargs: object) -> Any: ...
        def __getitem__(self, index: object) -> Tensor: ...
        def __setitem__(self, index: object, value: object) -> None: ...
        def __divmod__(self, other: object) -> tuple[Tensor, Tensor]: ...
        def __rdivmod__(self, other: object) -> tuple[Tensor, Tensor]: ...
        def __abs__(self) -> Tensor: ...
        def __neg__(self) -> Tensor: ...
        def __pos__(self) -> Tensor: ...
        def __invert__(self) -> Tensor: ...
        def __add__(self, other: object) -> Tensor: ...
        def __radd__(self, other: object) -> Tensor: ...
        def __sub__(self, other: object) -> Tensor: ...
        def __rsub__(self, other: object) -> Tensor: ...
        def __mul__(self, other: object) -> Tensor: ...
        def __rmul__(self, other: object) -> Tensor: ...
        def __truediv__(self, other: object) -> Tensor: ...
        def __rtruediv__(self, other: object) -> Tensor: ...
        def __pow__(self, other: object) -> Tensor: ...
        def __rpow__(self, other: object) -> Tensor: ...
        def __matmul__(self, other: object) -> Tensor: ...
        def __rmatmul__(self, other: object) -> Tensor: ...
        def __mod__(self, other: object) -> Tensor: ...
        def __rmod__(self, other: object) -> Tensor: ...
        def __floordiv__(self, other: object) -> Tensor: ...
        def __rfloordiv__(self, other: object) -> Tensor: ...
        def __and__(self, other: object) -> Tensor: ...
        def __rand__(self, other: object) -> Tensor: ...
        def __or__(self, other: object) -> Tensor: ...
        def __ror__(self, other: object) -> Tensor: ...
        def __lt__(self, other: object) -> Tensor: ...
        def __le__(self, other: object) -> Tensor: ...
        def __gt__(self, other: object) -> Tensor: ...
        def __ge__(self, other: object) -> Tensor: ...
        def astype(self, dtype: npt.DTypeLike | None, copy: bool = True) -> Tensor: ...
        def reshape(self, *shape: int | tuple[int, ...]) -> Tensor: ...
        def transpose(self, *axes: int | tuple[int, ...]) -> Tensor: ...
        def flatten(self) -> Tensor: ...
        def fill(self, value: object) -> None: ...

        sum: Callable[..., Tensor]
        mean: Callable[..., Tensor]
        prod: Callable[..., Tensor]
        var: Callable[..., Tensor]
        std: Callable[..., Tensor]
        max: Callable[..., Tensor]
        min: Callable[..., Tensor]
        dot: Callable[..., Tensor]
        ravel: Callable[..., Tensor]
        swapaxes: Callable[..., Tensor]
        squeeze: Callable[..., Tensor]
        clip: Callable[..., Tensor]
        copy: Callable[..., Tensor]
        T: Tensor
        mT: Tensor  # noqa: N815  (NumPy's name)

    def __init__(self, value: object, wire: Wire | None = None, bits: int = 0) -> None:
        self.value, self.wire, self.bits = value, wire, bits
        self.alias = None

    def __hash__(self) -> int:
        """Dicts and sets find a number by its value, as in plain code; an array, or what is learned, is itself."""
        learned = self.bits & BACKWARD or type(self.wire) is VariableWire
        return object.__hash__(self) if learned or np.ndim(self.value) else hash(self.read("shown"))

    # ------------------------------------------------------------------------------------------------ looking at it

    @property  # type: ignore[misc]
    def __class__(self) -> type[Any]:
        """The class of the plain value, so that isinstance and np.isscalar answer as for it; `type` tells the truth."""
        whole = whole_number(self)
        return type(self.value if whole is None else whole)

    @property
    def shape(self) -> tuple[int, ...]:
        shape = shape_of(self.value)
        if lent.on_read is not None and shape and self.wire is not None and self.bits & lent.recording:
            lent.on_read(Read(self.wire, "shape", shape))  # of what a mask picked it is another with other inputs
        return shape

    @property
    def ndim(self) -> int:
        return len(shape_of(self.value))

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def dtype(self) -> np.dtype:
        return np.asarray(self.value).dtype

    @property
    def flags(self) -> Any:
        """How the array lies in memory, to be read alone."""
        return np.asarray(self.value)[...].flags

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
            raise NoGradientError(f"{described(self)} is a result.", why, "t.detach(), or gw.no_grad().")
        if self.bits & ~BACKWARD:
            why = "a derivative is being taken by it, or it is being recorded."
            raise NoGradientError(f"{described(self)} is an argument.", why, "x.detach() for a constant.")
        if requires_grad and self.dtype.kind not in "fc":
            raise IntegerGradientError.of(f"an array of {self.dtype}")
        self.bits = BACKWARD if requires_grad else 0
        if self.wire is None:
            self.wire = Wire(tick(), self.bits, self.value) if requires_grad else None
        else:
            self.wire.bits = self.bits
        return self

    def __len__(self) -> int:
        if self.ndim == 0:
            what = f"{described(self)} has no length."
            raise GateError.like(TypeError)(what, "it is a single number.", "use it as it is.")
        return self.shape[0]

    def __iter__(self) -> Iterable[Tensor]:
        if self.ndim == 0:
            what = f"cannot iterate over {described(self)}."
            raise GateError.like(TypeError)(what, "it is a single number.", "use it as it is.")
        return (self[i] for i in range(len(self.value)))

    def __repr__(self) -> str:
        name = next(iter(user_names(self)), None)
        self.read("shown")
        wire: Any = self.wire
        if wire is not None and wire.pullback is port:
            (wire,) = wire.parents
        gate = wire.pullback.gate if wire is not None and wire.pullback is not None else None
        parts = [f"{name} = " if name else "", np.array2string(np.asarray(self.value), prefix="Tensor(", threshold=20)]
        return "Tensor(" + "".join(parts) + (f", gate={gate.name}" if gate else "") + ")"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/plain": repr(self)}

    # ------------------------------------------------------------------------------------------- reading a value out

    def item(self, *place: Any) -> Value:
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

    def numpy(self) -> Value:
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
        behind: Any = (self.wire,)
        alone = Tensor(self.value, Wire(tick(), bits, self.value, (self.value,), behind, detached), bits)
        if lent.on_detach is not None:
            lent.on_detach(alone)
        return alone

    def __format__(self, spec: str) -> str:
        if spec:
            self.demand_one("a format is for a single number", "f'{t}', or t[0].")
        return format(np.asarray(self.read("shown")).item() if spec else str(self.read("shown")), spec)

    def __copy__(self) -> Tensor:
        return Tensor(self.value, self.wire, self.bits)

    def __bool__(self) -> bool:
        self.demand_one("yes or no is asked of a single number", "np.any(t) or np.all(t).")
        return bool(self.read("bool"))

    def demand_one(self, why: str, cure: str) -> None:
        if self.size != 1:
            raise GateError.like(ValueError)(f"{described(self)} holds {self.size} numbers.", why + ".", cure)

    def __float__(self) -> float:
        return float(self.given_or_read("float"))

    def __int__(self) -> int:
        return int(self.given_or_read("int"))

    def __index__(self) -> int:
        value = self.given_or_read("index")
        if isinstance(value, (float, np.floating)):
            raise ReadingError.not_whole(described(self), float(value))
        return operator.index(value)

    def __complex__(self) -> complex:
        return complex(self.given_or_read("complex"))

    def __trunc__(self) -> int:
        return int(self.given_or_read("int"))

    def __round__(self, digits: int | None = None) -> Value:
        return round(self.given_or_read("rounded number"), digits)

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> Any:
        self.forbid_losing_gradient("array")
        whole = whole_number(self)  # np.arange(n) with the user's int counts in ints
        value = self.read("array")
        return np.array(value if whole is None else whole, dtype=dtype)

    def given_or_read(self, how: str) -> Value:
        """The int a user gave for a number of the course still answers `range`, an axis, an index or a shape."""
        whole = whole_number(self)
        if whole is not None and how in ("int", "index"):
            self.read("index")
            return whole
        if self.size != 1 and how != "index":
            what = f"{described(self)} holds {self.size} numbers."
            raise GateError.like(TypeError)(what, f"a {how} is one number.", "one entry of it, t[0].item().")
        self.forbid_losing_gradient(how)
        return self.read(how)

    def placed(self) -> Value:
        """The plain value where it is a parameter, an index: a recording keeps the wire beside it."""
        if whole_number(self) is not None:
            return self.given_or_read("index")
        self.forbid_losing_gradient("index")
        return self.read("place")

    def read(self, how: str) -> Value:
        """The plain value, told to the recording that this Tensor belongs to."""
        if lent.on_read is not None and self.wire is not None and self.bits & lent.recording:
            lent.on_read(Read(self.wire, how, self.value))
        return self.value

    def forbid_losing_gradient(self, how: str, cure: str = "", of: int = -1) -> None:
        """Refuse to be read while a derivative, one `of` these, is being taken through this Tensor."""
        if self.bits & of & open_bits() & ~closed_bits():
            raise ReadingError.of(described(self), how, cure, in_function=bool(self.bits & ~BACKWARD))
        if is_kept(self) and lent.taking & ~closed_bits():
            raise KeptError.of(described(self))

    # ------------------------------------------------------------------------------------------------------ gradients

    @property
    def grad(self) -> Value:
        """What backward() left here: a float for a number, an array of this shape and dtype, or None."""
        wire = self.wire
        if wire is None or wire.grad is None:
            return None
        if type(wire.grad) is list:
            wire.grad = outwards(handed_out(wire.grad, self.value))
        return wire.grad

    @grad.setter
    def grad(self, value: object) -> None:
        if self.wire is not None:
            self.wire.grad = value if value is None else given(value, self.value)

    def backward(self, upstream: Value = None, retain_graph: bool = False) -> None:
        """Sweep backwards and leave in `.grad` of every Tensor you hold its gradient, added to what is there.

        `upstream` has this Tensor's shape; it may be left out where the Tensor is a single number. The saved values
        are let go of unless `retain_graph` is true. Raises `UpstreamError` and `NoGradientError`.
        """
        if self.wire is None or not self.bits & BACKWARD:
            raise NoGradientError.of(described(self))
        if self.bits & open_bits() & ~BACKWARD:
            raise ReadingError(
                f"backward() was called on {described(self)} inside a derivative.",
                "it leaves numbers in .grad, and the derivative being taken around it would be lost without a word.",
                "gw.grad or gw.vjp inside, which nest.",
            )
        g = upstream_for(self.value, upstream)
        sweep({self.wire: g}, BACKWARD, keep=True, release=not retain_graph)

    def register_hook(self, hook: Callable[[object], object]) -> Callable[[], None]:
        """Have `hook(gradient)` called when this Tensor's gradient is complete; what it returns replaces it.

        Returns a function that takes the hook away again.
        """
        if self.wire is None or not self.bits:
            raise NoGradientError.of(described(self))
        Hooks.any = True
        hooks = self.wire.hooks = {} if self.wire.hooks is None else self.wire.hooks
        key = object()
        hooks[key] = hook
        return lambda: hooks.pop(key, None)

    def __getattr__(self, name: str) -> Any:
        from gatewise._tensor.foreign import no_attribute  # for this error alone

        raise no_attribute(self, name)


#: What is computed with, in a net: a Tensor, or the array it stands for.
Values: TypeAlias = Tensor | np.ndarray


def give(**methods: object) -> None:
    """Give the Tensor these methods, by name."""
    for name, method in methods.items():
        setattr(Tensor, name, method)
