"""Modules that hold others in order: Sequential calls them one after another, ModuleList leaves that to its owner."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Self, overload

from gatewise._errors import LayerError
from gatewise._tensor import Values
from gatewise.nn.module import Module


class Sequential(Module):
    """Modules one after another, each given what the one before it returned; a dict gives them names.

    >>> import gatewise.nn as nn
    >>> nn.Sequential(nn.Flatten(), nn.Linear(12, 3))
    Sequential(
      (0): Flatten()
      (1): Linear(in_features=12, out_features=3, bias=True)
    )
    """

    def __init__(self, *modules: Module | Mapping[str, Module]) -> None:
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            for name, module in modules[0].items():
                self.add(name, module, f"the value of {name!r}")
        else:
            for k, given in enumerate(modules):
                self.add(str(k), given, f"argument {k}")

    def add(self, name: object, module: object, place: str) -> None:
        """One more module at the end, under a name."""
        kind = type(self).__name__
        if not isinstance(module, Module):
            what = f"{kind} got {described_step(module)} as {place}."
            raise LayerError(what, "it holds modules only.", cure_for(kind, module))
        if not isinstance(name, str) or not name or "." in name or hasattr(type(self), name) or name in vars(self):
            what = f"{kind} cannot name a module {name!r}."
            why = "names are strings without a dot that mean nothing else, each given once."
            raise LayerError(what, why, 'names such as "conv1" and "relu1".')
        setattr(self, name, module)

    def append(self, module: Module) -> Self:
        """One more at the end."""
        free = next(name for k in itertools.count(len(self)) if (name := str(k)) not in vars(self))
        self.add(free, module, "the module to append")
        return self

    def extend(self, modules: Iterable[Module]) -> Self:
        """Some more at the end."""
        for module in modules:
            self.append(module)
        return self

    def forward(self, x: Values) -> Values:
        """The modules in their order."""
        for module in self:
            x = module(x)
        return x

    def __iter__(self) -> Iterator[Module]:
        return self.children()

    def __len__(self) -> int:
        return len(list(self.children()))

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> Module:
        """One of the modules, or those of a slice, under the names they have here."""
        named = list(self.named_children())
        if not isinstance(index, slice):
            return named[index][1]
        part = type(self)()
        vars(part).update(named[index])
        part.training = self.training
        return part

    def __setitem__(self, index: int, module: Module) -> None:
        setattr(self, list(self.named_children())[index][0], module)


class ModuleList(Sequential):
    """Modules in a list, to be called by the module they belong to."""

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        if isinstance(modules, Mapping) or not hasattr(modules, "__iter__"):
            what = f"ModuleList got a {type(modules).__name__}."
            raise LayerError(what, "it takes a list of modules.", "nn.ModuleList([a, b]).")
        super().__init__(*modules)

    def forward(self, x: Values) -> Values:
        """A list is not called."""
        raise NotImplementedError("a ModuleList has no order of its own: call its modules, or use a Sequential")


def described_step(step: object) -> str:
    """How a message speaks of what was given in place of a module."""
    if isinstance(step, type):
        return f"the class {step.__name__}"
    if callable(step):
        name = getattr(step, "__name__", None) or getattr(step, "name", None)  # a gate has the second
        return f"the function {name or type(step).__name__}"
    return f"a {type(step).__name__}"


def cure_for(kind: str, step: object) -> str:
    """What to write in place of something that is no module."""
    if isinstance(step, type):
        return f"{step.__name__}(...), which makes a module."
    if isinstance(step, list | tuple):
        return f"nn.{kind}(*modules), or one argument for each." if kind == "Sequential" else "one list, not two."
    if callable(step):
        return "a module: nn.ReLU() for F.relu, nn.Tanh() for np.tanh; or call the function in forward()."
    return "modules, such as nn.Linear(4, 3) and nn.ReLU()."
