"""A gate: one declaration with all that is known of it, and the registry of gates.

A gate holds what its declaration says (function, rule, family, pattern, witnesses) and two tables of pullbacks
made from the rule on first use: one for plain floats, one for everything else.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gatewise._errors import GateError, UnsupportedError
from gatewise._types import Function, Parameters, Value

Back = Callable[..., Any]  #: (g, out, operands, parameters, live=None) -> for each wanted operand what it gets
Derivation = tuple[Back, frozenset[str]]  #: what sends gradients back, and the operands whose values it reads
#: (tangents, out, operands, parameters, live=None) -> the output's tangent: a number or an array, a `Live` one, or None
#: where nothing moves; `live` has a mask or None for each tangent.
Push = Callable[..., Any]
Rule = Callable[..., Any]
#: Inputs and their expected local gradients, numbers or nested lists; None stands at an input that is a constant.
Witness = tuple[tuple[Any, ...], tuple[Any, ...]]
Bound = tuple[Sequence[Any], Mapping[str, Any]]  #: operands, parameters

#: What an operand is, two bits each in a key: a plain constant, a wire nobody asked about, a wanted wire, None.
CONSTANT, UNASKED, WANTED, ABSENT = 0, 1, 2, 3

#: What a gate with a corner takes, and so where its slope jumps: what is told of ties goes by it.
CORNERS = {
    "larger": "the larger of two operands: where they are equal",
    "smaller": "the smaller of two operands: where they are equal",
    "largest": "the largest entry of an array: where several are",
    "smallest": "the smallest entry of an array: where several are",
    "positive": "what is above 0: at 0",
    "size": "the absolute value: at 0",
    "bounds": "what lies between two bounds: at each of them",
}

GATES: dict[Any, Gate] = {}  #: by the function (NumPy's or our own) whose derivative they are
NAMES: dict[str, Gate] = {}  #: by name, in the order they were declared


class Carrier:
    """What stands for a value and is recorded (the Tensor is one): the plain value, its wire, its derivatives' bits."""

    __slots__ = ()
    value: Any
    wire: Any
    bits: int

    def numpy(self) -> Value:
        """The plain value in memory of its own, read on purpose."""
        raise NotImplementedError

    def __gate__(self, gate: Gate, operands: Sequence[object], parameters: Parameters) -> Value:
        """The step of a gate whose operands and parameters are sorted already."""
        raise NotImplementedError

    if TYPE_CHECKING:

        def __init__(self, value: object, wire: object = None, bits: int = 0) -> None: ...

        def __array_function__(self, function: Function, types: object, args: object, kwargs: Parameters) -> Any: ...


def carriers_in(parameter: object) -> list[Carrier]:
    """The recorded values that a parameter is made of: those of an index."""
    if isinstance(parameter, Carrier):
        return [parameter]
    return [x for x in parameter if isinstance(x, Carrier)] if isinstance(parameter, tuple) else []


class Family:
    """What kind of local linear map a gate has."""

    name: str
    leading: int  # rule arguments before the operands

    batches = False  # whether what pushes one tangent pushes several in the rows of an array, too

    def derive(self, gate: Gate, kinds: Sequence[int], wanted: Sequence[int], scalar: bool) -> Derivation:
        """The pullback for operands of these kinds, and the operands whose values it reads."""
        raise NotImplementedError

    def ahead(self, gate: Gate, kinds: Sequence[int], wanted: Sequence[int], scalar: bool) -> Push | None:
        """What pushes the tangents of the wanted operands forward; None: the pullback is to be transposed."""
        return None


class Facts:
    """What a declaration may say of a gate beside function, rule, family and pattern; else what stands here holds."""

    name: str  #: the rule's, unless one rule serves several gates
    infix: str | None = None  #: the operator that means this gate
    symbol: str  #: what a picture writes into its circle
    text: str | None = None  #: how printed code spells it, where a call of the function does not
    at: Sequence[Witness] = ()  #: inputs with their expected local gradients
    printed: Any = None  #: the rule that printed code states, where the exact one is not the usual line
    spelled: Sequence[Callable[..., Any]] = ()  #: what users write that means this block
    written: Sequence[Rule | None] = ()  #: rule and printed rule of what was spelled, where they are others
    jvp: Rule | None = None  #: (tangents, out, *operands, **parameters) -> tangent, where transposing costs too much
    symmetric: bool = False  #: its slopes are a symmetric matrix: what it sends back is also what it pushes forward
    added: str | None = None  #: the operand that is added to the product of the others
    rows: Callable[..., Any] | None = None  #: (i, *operands, **parameters) -> value, operand i in the rows of an array
    still: Mapping[str, Any] = MappingProxyType({})  #: parameters by which what does not move is left out
    when: Callable[..., bool] | None = None  #: (*operands, **parameters): whether a spelling really is the block
    shift: Callable[..., Any] | None = None  #: (**parameters) -> axis along which adding a number changes nothing
    along: Callable[..., Any] | None = None  #: (**parameters) -> axis whose entries it mixes: others stay apart
    bind: Callable[..., Bound] | None = None  #: (args, kwargs) -> operands, parameters, where NumPy's order is odd
    call: Callable[..., Any]  #: (*operands, **parameters) -> value, likewise
    sample: Sequence[Any] = ()  #: calls to test it with, where draws from its domain do not say enough
    domain: tuple[float, float] = (-2.0, 2.0)
    way: Callable[..., Any] | None = None  #: (*operands, **parameters) -> which way it went, entry by entry
    fixed: Sequence[str] = ()  #: operands that it has no rule for: a gradient that would go to one is refused
    path: str = ""  #: how printed code calls a function that is not NumPy's: `special.expit`
    views: bool = False  #: its value may be a view of its first operand
    corner: str | None = None  #: where its slope jumps, a row of CORNERS; None where it is smooth, or a stair
    mistaken: str | None = None  #: the gate that people write where this one belongs, and this one for that
    arbitrary: bool = False  #: the entries of its value are whatever lay in memory
    sums: bool = False  #: it adds up: on the sizes of its operands it gives the size of what it rounds
    # Each of these follows from family and pattern where it is not said.
    tame: bool  #: its value and its slopes are finite wherever its operands are, overflow aside
    analytic: bool  #: it takes complex numbers, and has the derivative that real ones have
    commutes: bool  #: its two operands may change places
    complex: bool  #: its rule is right for complex numbers, though it is not analytic
    exact: bool  #: it hands entries on as they are, without rounding
    rearranges: bool  #: it puts the entries of one array in other places
    sizeless: bool  #: no size of an operand stands in the lines that compute it and its gradient, as in a mean's
    in_page: bool  #: the script of a page computes it by name; others by what they are made of


class Gate(Facts):
    """A function whose derivative is known by rule.

    `function` is NumPy's or a composition of our own (`own`: it can be unfolded into gates); `rule` and `family`
    make the pullbacks; `pattern` says what the gate does to gradients; `operands` and `parameters` are names;
    `doc` is the sentence a teacher would say. `scalar[key]` and `array[key]` are the pullbacks for operands of the
    kinds that `key` encodes. `printed` is the gate by the rule that printed code states; `as_written` the one of a
    block that was recognised in what the user wrote, whose own forward value may overflow.
    """

    printed: Gate
    as_written: Gate
    of_reals: bool  #: its rule is one for real numbers alone

    def __init__(self, function: Function, rule: Rule, family: Family, pattern: str, **facts: object) -> None:
        assert facts.keys() <= Facts.__annotations__.keys(), facts.keys()
        self.function, self.rule, self.family, self.pattern = function, rule, family, pattern
        self.operands, self.parameters, self.many = operands_and_parameters(rule, family.leading)
        self.defaults = rule.__kwdefaults__ or {}
        self.required = frozenset(self.parameters) - frozenset(self.defaults)
        self.arity = len(self.operands)
        ours = getattr(function, "__module__", None) == rule.__module__
        self.own = ours and not facts.keys() & {"text", "call"}
        self.views = self.of_reals = False
        self.closings: list[Any] = []  # (pattern, block) for each block that a step of this gate may close
        self.openers: set[Gate] = set()  # the gates that stand first in those patterns
        self.scalar, self.array = Derived(self, True), Derived(self, False)
        self.declared = self.printed = self.as_written = self
        # A dict of its own, facts last: what every step looks at lies at the same place in every gate's, where Python
        # finds it fastest (it does not in a dict that shares its keys with others).
        self.__dict__ = {**vars(self), **self.implied(facts), **facts, "printed": self}
        self.witnesses = self.at
        self.of_reals = not (self.analytic or self.complex)
        if "printed" in facts:
            self.printed = self.by(facts["printed"])
        if self.written:
            self.as_written = self.by(*self.written)
        GATES[function] = NAMES[self.name] = self

    def implied(self, facts: Mapping[str, object]) -> dict[str, object]:
        """What follows of a gate where its declaration is silent."""
        hands_on = self.pattern in ("moves", "routes")
        name = facts.get("name") or self.rule.__name__.rstrip("_")
        return {
            "name": name,
            "symbol": facts.get("infix") or name,
            "call": self.function,
            "tame": hands_on or self.pattern in ("stops", "distributes", "swaps"),
            "analytic": self.pattern not in ("routes", "stops") and not self.own,
            "commutes": self.pattern == "swaps",
            "complex": self.family.name in ("linear", "stops"),
            "exact": hands_on,
            "rearranges": self.pattern == "moves" and self.arity == 1,
            "sizeless": self.by_entry,
            "in_page": not self.own,
        }

    def by(self, rule: Any, printed: Rule | None = None) -> Gate:
        """The same gate by another rule."""
        other = object.__new__(Gate)
        other.__dict__ = {**vars(self)}
        other.rule = rule
        other.scalar, other.array = Derived(other, True), Derived(other, False)
        other.printed = other if printed is None else self.by(printed)
        return other

    def __call__(self, *args: object, **kwargs: object) -> Value:
        """Apply the gate: a step where a Tensor comes in, the plain function where none does."""
        carriers = [x for given in args for x in carriers_in(given)] or carriers_in(kwargs.get("index"))
        if carriers and self.path:
            return carriers[0].__array_function__(self.function, (), args, kwargs)
        operands, parameters = self.sorted(args, kwargs)
        if carriers:
            return carriers[0].__array_function__(self.function, (), operands, parameters)
        return self.call(*operands, **parameters)

    def sorted(self, args: Sequence[object], kwargs: Parameters) -> Bound:
        """Operands and parameters of a call by the gate's name, where a parameter may be given by position too."""
        if self.bind is None and len(args) == self.arity and self.required <= kwargs.keys() <= set(self.parameters):
            return args, kwargs
        try:
            if self.bind is not None:
                return self.bind(*args, **kwargs)
            given = self.signature.bind(*args, **kwargs).arguments
        except TypeError as error:
            what = f"gw.{self.name} cannot be called like this."
            raise GateError(what, f"its arguments do not fit: {error}.", f"gw.{self.name}{self.signature}.") from None
        return [given.pop(name) for name in self.operands], given

    def on(self, operands: Sequence[object], parameters: Parameters) -> Value:
        """The gate on operands that are sorted already: a step where one of them is recorded."""
        for x in operands:
            if isinstance(x, Carrier):
                return x.__gate__(self, operands, parameters)
        return self.call(*operands, **parameters)

    @property
    def by_entry(self) -> bool:
        """Whether each entry of what it gives is made of the entries in the same place."""
        return isinstance(self.function, np.ufunc) and self.function.signature is None

    @property
    def doc(self) -> str:
        return inspect.getdoc(self.declared.rule) or ""

    @property
    def signature(self) -> inspect.Signature:
        """How the gate is called by its name."""
        if self.bind is not None:
            return inspect.signature(self.bind)
        kind, without = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.empty
        names = [*self.operands, *self.parameters]
        return inspect.Signature([inspect.Parameter(n, kind, default=self.defaults.get(n, without)) for n in names])

    def __repr__(self) -> str:
        return f"<gate {self.name}>"


def operands_and_parameters(rule: Rule, leading: int) -> tuple[list[str], list[str], bool]:
    """The operands and parameters a rule names, and whether it takes any number of operands."""
    code = rule.__code__  # inspect.signature would take a millisecond of every import
    named, last = code.co_varnames, code.co_argcount + code.co_kwonlyargcount
    operands, parameters = named[leading : code.co_argcount], named[code.co_argcount : last]
    return list(operands), list(parameters), bool(code.co_flags & inspect.CO_VARARGS)


class Pushforward(NamedTuple):
    """What pushes tangents through a step, None where its pullback is transposed.

    `batches` says that it takes many at once, `rows` that it may, and is to be told how many there are.
    """

    push: Push | None
    batches: bool
    rows: bool


class Pullback:
    """How a wire sends its gradient back.

    `back(g, out, operands, parameters, live=None)` gives a part for each wanted operand. `positions` are those
    operands, `needs` the names of those whose values are read; `found` is the table it was derived in, and the key. A
    mark that stands at a wire in place of a gate's pullback has neither gate nor table. `forward` is what pushes
    tangents the other way, once it was asked for.
    """

    __slots__ = ("back", "forward", "found", "gate", "needs", "positions")

    def __init__(
        self,
        back: Back,
        gate: Gate | None = None,
        positions: Sequence[int] = (),
        needs: frozenset[str] = frozenset(),
        found: tuple[Derived, int] | None = None,
    ) -> None:
        self.back, self.gate, self.positions, self.needs, self.found = back, gate, positions, needs, found
        self.forward: Pushforward | None = None

    def pushing(self, moved: Sequence[bool] = ()) -> Pushforward:
        """What pushes tangents forward; `moved` says of which wanted operands there are any, where not of all."""
        assert self.found is not None
        table, key = self.found
        if moved:
            kinds = kinds_of(key)
            for position, there in zip(self.positions, moved, strict=True):
                kinds[position] = WANTED if there else UNASKED
            return table.forward(key_of(kinds))
        if self.forward is None:
            self.forward = table.forward(key)
        return self.forward

    def as_printed(self, masks: bool = False) -> Pullback:
        """The pullback that printed code states; with `masks` the one that knows dead entries, for floats too."""
        if self.found is None:
            return self
        table, key = self.found
        gate = table.gate.printed
        return (gate.scalar if table.scalar and not masks else gate.array)[key]

    def with_masks(self) -> Pullback:
        """The pullback that knows dead entries, for floats too."""
        if self.found is None:
            return self
        table, key = self.found
        return table.gate.array[key]


class Derived(dict[int, Pullback]):
    """Pullbacks by key, derived from the rule when first asked for: all of them at import would cost too much.

    `forwards` has by the same keys what goes the other way.
    """

    def __init__(self, gate: Gate, scalar: bool) -> None:
        super().__init__()
        self.gate, self.scalar = gate, scalar
        self.forwards: dict[int, Pushforward] = {}

    def forward(self, key: int) -> Pushforward:
        """What pushes the tangents of the wanted operands forward."""
        if key not in self.forwards:
            kinds = kinds_of(key)
            wanted = [position for position, kind in enumerate(kinds) if kind == WANTED]
            push = self.gate.family.ahead(self.gate, kinds, wanted, self.scalar)
            family, gate = self.gate.family, self.gate
            rows = family.name == "linear" and (gate.rows is not None or gate.rearranges)
            self.forwards[key] = Pushforward(push, push is not None and family.batches, rows)
        return self.forwards[key]

    def __missing__(self, key: int) -> Pullback:
        kinds = kinds_of(key)
        wanted = [position for position, kind in enumerate(kinds) if kind == WANTED]
        for operand in (self.gate.operands[i] for i in wanted if self.gate.fixed):
            if operand in self.gate.fixed:
                raise UnsupportedError.along(self.gate.path, operand)
        back, needs = self.gate.family.derive(self.gate, kinds, wanted, self.scalar)
        pullback = self[key] = Pullback(back, self.gate.declared, wanted, needs, (self, key))
        return pullback


def kinds_of(key: int) -> list[int]:
    """The kinds of operands that a key encodes, after its leading 1.

    >>> kinds_of(0b1_10_00) == [WANTED, CONSTANT]
    True
    """

    def backwards(key: int) -> Iterator[int]:
        while key > 1:
            yield key & 3
            key >>= 2

    return list(backwards(key))[::-1]


def key_of(kinds: Sequence[int]) -> int:
    """The key of operands of these kinds.

    >>> bin(key_of([WANTED, CONSTANT]))
    '0b11000'
    """
    key = 1
    for kind in kinds:
        key = key << 2 | kind
    return key
