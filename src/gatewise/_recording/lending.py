"""What a function does to the dicts and lists it is given: it gets containers of its own, and the caller the changes.

A derivative is taken of the arguments as they were given, so the function's containers are not those that gradients
are collected by. What it writes into them reaches the caller's when the derivative is over, as plain values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import is_
from typing import Any

from gatewise._errors import ArgumentError
from gatewise._recording.structures import entries_of, is_container, kind_of, like
from gatewise._tensor import Tensor
from gatewise._types import Function, Operands, Parameters


class Lending:
    """The containers lent to a function, each with the caller's own and what was in it."""

    def __init__(self) -> None:
        self.lent: list[tuple[Any, Any, list[Any], dict[str, Any]]] = []  # the caller's, the function's, both contents
        self.givers: dict[int, tuple[Any, Any]] = {}  # by id of what the function got: that, and the caller's own
        self.seen: dict[int, Any] = {}  # by id: the containers that were made plain, kept so that no id comes again

    def lend(self, given: object, tensors: object) -> object:
        """`tensors`, which has the structure of `given`, in containers of its own."""
        if not is_container(given):
            own = lent_out(tensors)
            self.givers[id(own)] = own, given
            return own
        pairs = zip(entries_of(given), entries_of(tensors), strict=True)
        own = like(given, [self.lend(part, tensor) for (_, part), (_, tensor) in pairs])
        self.givers[id(own)] = own, given
        if not isinstance(given, tuple):
            self.lent.append((given, own, contents(own), dict(facts_of(own))))
        return own

    def lend_all(
        self,
        args: Sequence[object],
        kwargs: Mapping[str, object],
        inputs: Sequence[object],
        named: Mapping[str, object],
    ) -> tuple[Operands, Parameters]:
        """The Tensors of a call, by position and by name; where there is no container, as they are."""
        if not any(map(is_container, args)) and not (kwargs and any(map(is_container, kwargs.values()))):
            return list(map(lent_out, inputs)), {name: lent_out(x) for name, x in named.items()} if named else named
        return (
            [self.lend(arg, tensors) for arg, tensors in zip(args, inputs, strict=True)],
            {name: self.lend(arg, named[name]) for name, arg in kwargs.items()},
        )

    def settle(self, plainly: Callable[[Tensor], object]) -> None:
        """Bring what the function wrote to the caller; `plainly` gives what a Tensor of its is outside."""
        changed: set[int] = set()
        for given, own, before, facts in self.lent:
            for _, value in facts_of(own):  # what an attribute holds was not lent, but shared
                self.back(value, plainly)
            if same_objects(contents(own), before) and same_objects(facts_of(own), list(facts.items())):
                continue
            if id(given) in changed or sum(given is other for other, _, _, _ in self.lent) > 1:
                raise ArgumentError(
                    f"a {type(given).__name__} that was given twice was changed by the function.",
                    "each place it stands in is differentiated by itself, so it was lent as two.",
                    "give a copy in one of the places.",
                )
            changed.add(id(given))
            write_back(given, own, lambda x: self.back(x, plainly))

    def back(self, x: object, plainly: Callable[[Tensor], object]) -> Any:
        """What the caller gets for something that the function left in a container."""
        if id(x) in self.givers:
            return self.givers[id(x)][1]
        if type(x) is Tensor:
            return plainly(x)
        if id(x) in self.seen or not is_container(x):
            return x
        if isinstance(x, tuple):
            parts = [self.back(part, plainly) for part in x]
            return x if all(a is b for a, b in zip(parts, x, strict=True)) else like(x, parts)
        self.seen[id(x)] = x
        write_back(x, x, lambda part: self.back(part, plainly))
        return x


def lent_out(x: object) -> object:
    """The Tensor that the function gets for one that gradients are collected by: it may write into its own."""
    return Tensor(x.value, x.wire, x.bits) if type(x) is Tensor else x


MISSING = object()


def contents(container: object) -> list[Any]:
    """What is in a dict or a list, in order."""
    if isinstance(container, dict):
        return list(kind_of(container).items(container))
    return list(kind_of(container).__iter__(container))


def facts_of(container: object) -> list[Any]:
    """The attributes that a container of the user's own class has."""
    return list(getattr(container, "__dict__", {}).items())


def same_objects(one: list[Any], other: list[Any]) -> bool:
    """Whether two lists hold the same objects in the same order; pairs are compared part by part."""
    if len(one) != len(other):
        return False
    return all(
        a is b or (is_pair_of_a_name(a) and is_pair_of_a_name(b) and all(map(is_, a, b)))
        for a, b in zip(one, other, strict=True)
    )


def is_pair_of_a_name(x: object) -> bool:
    """Whether this is a key or a name with its value."""
    return type(x) is tuple and len(x) == 2


def write_back(into: Any, source: Any, back: Function) -> None:
    """Leave in the container `into` what is in `source`, as `back` says; entries that stay are not touched.

    It is written as dicts and lists do: what a class of the user's own does besides, it has done when `source` changed.
    """
    if isinstance(into, dict):
        kind = kind_of(into)
        wanted = {key: back(value) for key, value in kind.items(source)}
        for key in [key for key in kind.keys(into) if key not in wanted]:
            kind.__delitem__(into, key)
        if list(kind.keys(into)) != list(wanted)[: len(into)]:
            kind.clear(into)  # another order
        for key, value in wanted.items():
            if kind.get(into, key, MISSING) is not value:
                kind.__setitem__(into, key, value)
    else:
        parts = [back(value) for value in list.__iter__(source)]
        if len(parts) != list.__len__(into) or any(a is not b for a, b in zip(parts, list.__iter__(into))):
            list.__setitem__(into, slice(None), parts)
    for name, value in facts_of(source):
        if vars(into).get(name) is not (instead := back(value)):
            setattr(into, name, instead)
    for name in [name for name, _ in facts_of(into) if name not in dict(facts_of(source))]:
        delattr(into, name)
