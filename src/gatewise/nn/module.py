"""Module: what holds parameters and other modules, and is called like a function."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Self

import numpy as np

from gatewise._circuit import VariableWire
from gatewise._errors import StateError, user_line
from gatewise._tensor import BACKWARD, Tensor, change, variable
from gatewise.nn.random import generator


class IsParameter(type):
    """Makes `isinstance(x, Parameter)` ask whether x is a Tensor whose changes are counted."""

    def __instancecheck__(cls, x: object) -> bool:
        return type(x) is Tensor and type(x.wire) is VariableWire


class Parameter(metaclass=IsParameter):
    """A Tensor that is learned: it owns a copy of `data`, wants a gradient, and counts the changes made to it.

    Numbers and lists are taken as float32; an array keeps its dtype.

    >>> import gatewise.nn as nn
    >>> w = nn.Parameter([1.0, -2.0])
    >>> (w * w).sum().backward()
    >>> w.grad
    array([ 2., -4.], dtype=float32)
    """

    def __new__(cls, data: Any, requires_grad: bool = True) -> Any:
        value = data.value if isinstance(data, Tensor) else data
        array = np.asarray(value) if isinstance(value, (np.ndarray, np.generic)) else np.asarray(value, np.float32)
        return variable(array if array.dtype.kind == "f" else array.astype(np.float32), requires_grad)


class Keys(NamedTuple):
    """What `load_state_dict(strict=False)` passed over."""

    missing_keys: list[str]
    unexpected_keys: list[str]


class Module:
    """The parent of all layers and nets: assign parameters and modules to attributes, and write `forward`.

    >>> import gatewise.nn as nn
    >>> class Net(nn.Module):
    ...     def __init__(self):
    ...         self.hidden, self.out = nn.Linear(3, 5), nn.Linear(5, 2)
    ...     def forward(self, x):
    ...         return self.out(nn.functional.relu(self.hidden(x)))
    >>> [name for name, _ in Net().named_parameters()]
    ['hidden.weight', 'hidden.bias', 'out.weight', 'out.bias']
    """

    training = True
    _buffers: tuple[str, ...] = ()  # the attributes that are saved without being learned

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute; every module writes its own."""
        raise NotImplementedError(f"{type(self).__name__} has no forward(self, x)")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.forward(*args, **kwargs)

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        if isinstance(value, Parameter):
            value.wire.name = name  # type: ignore[attr-defined]
        elif isinstance(value, Module):
            for path, parameter in value.named_parameters():
                parameter.wire.name = f"{name}.{path}"

    # ------------------------------------------------------------------------------------------------ what is inside

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly inside, by name."""
        return ((name, value) for name, value in vars(self).items() if isinstance(value, Module))

    def children(self) -> Iterator[Module]:
        """The modules directly inside."""
        return (module for _, module in self.named_children())

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """Give this module and all inside it, each once, by its path."""
        seen: set[int] = set()
        waiting: list[tuple[str, Module]] = [(prefix, self)]
        while waiting:
            path, module = waiting.pop()
            if id(module) in seen:
                continue
            seen.add(id(module))
            yield path, module
            inside = [(f"{path}.{name}" if path else name, child) for name, child in module.named_children()]
            waiting.extend(reversed(inside))

    def modules(self) -> Iterator[Module]:
        """Give this module and all inside it, each once."""
        return (module for _, module in self.named_modules())

    def named_parameters(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Any]]:
        """The parameters, each once, by path."""
        seen: set[int] = set()
        for path, module in self.named_modules(prefix) if recurse else [(prefix, self)]:
            for name, value in vars(module).items():
                if isinstance(value, Parameter) and id(value) not in seen:
                    seen.add(id(value))
                    yield f"{path}.{name}" if path else name, value

    def parameters(self, recurse: bool = True) -> Iterator[Any]:
        """The parameters, each once."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def register_buffer(self, name: str, value: Any) -> None:
        """Keep an array under a name that is saved with the parameters, but not learned."""
        setattr(self, name, np.array(value))
        self._buffers = (*self._buffers, name)

    def named_buffers(self, prefix: str = "") -> Iterator[tuple[str, Any]]:
        """The arrays that are saved without being learned, by path."""
        for path, module in self.named_modules(prefix):
            for name in module._buffers:
                yield f"{path}.{name}" if path else name, getattr(module, name)

    def apply(self, function: Callable[[Module], object]) -> Self:
        """Call `function` with every module inside, and with this one last."""
        for module in reversed(list(self.modules())):
            function(module)
        return self

    # ---------------------------------------------------------------------------------------------------- behaviour

    def train(self, mode: bool = True) -> Self:
        """Switch to training: dropout drops, batch norm takes the batch's own statistics."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Switch to evaluation: dropout does nothing, batch norm takes its running statistics."""
        return self.train(False)

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self.parameters():
            parameter.grad = None

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Have derivatives taken by the parameters from now on, or not."""
        for parameter in self.parameters():
            parameter.bits = parameter.wire.bits = BACKWARD if requires_grad else 0
        return self

    # -------------------------------------------------------------------------------------------------------- saving

    def state_dict(self) -> dict[str, Any]:
        """Copies of all parameters and buffers, by path."""
        return {path: np.array(value) for path, _, value in self.named_state()}

    def named_state(self) -> Iterator[tuple[str, Any, Any]]:
        """Path, owner and array of all that is saved; a parameter that has two paths stands under both."""
        for path, module in self.named_modules():
            front = f"{path}." if path else ""
            for name, value in vars(module).items():
                if isinstance(value, Parameter):
                    yield front + name, value, value.value  # type: ignore[attr-defined]
            for name in module._buffers:
                yield front + name, None, getattr(module, name)

    def load_state_dict(self, state: Mapping[str, Any], strict: bool = True) -> Keys:
        """Take parameters and buffers from what `state_dict()` gave; nothing is changed unless all of it fits.

        Raises `StateError` for a shape that differs and, where `strict`, for a name too many or too few.
        """
        here = {path: (owner, array) for path, owner, array in self.named_state()}
        missing = [path for path in here if path not in state]
        unexpected = [path for path in state if path not in here]
        problems = [f"{path} is not there" for path in missing if strict]
        problems += [f"{path} is not known" for path in unexpected if strict]
        for path, (_, array) in here.items():
            if path in state and np.shape(state[path]) != array.shape:
                problems.append(f"{path} is {np.shape(state[path])} instead of {array.shape}")
        if problems:
            raise StateError.of(repr(self).partition("\n")[0].rstrip("("), problems, user_line())
        for path, (owner, array) in here.items():
            if path in state:
                overwrite(owner, array, np.asarray(state[path]))
        return Keys(missing, unexpected)

    def named_generators(self) -> Iterator[tuple[str, np.random.Generator]]:
        """The random generators that modules inside draw from while training, by path."""
        for path, module in self.named_modules():
            if (rng := module.drawn_from()) is not None:
                yield path, rng

    def drawn_from(self) -> np.random.Generator | None:
        """The generator this module itself draws from while training; most draw nothing."""
        return None

    def random_state(self) -> dict[str, Any]:
        """The states of all generators inside, by path: plain dicts, to be saved beside `state_dict()`."""
        return {path: copy.deepcopy(dict(rng.bit_generator.state)) for path, rng in self.named_generators()}

    def load_random_state(self, state: Mapping[str, Any]) -> None:
        """Put the generators inside back to where `random_state()` found them."""
        for path, rng in self.named_generators():
            if path in state:
                rng.bit_generator.state = copy.deepcopy(state[path])

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        memo.setdefault(id(generator(None)), generator(None))  # what all layers share, copies share too
        for _, parameter in self.named_parameters():
            if id(parameter) not in memo:
                twin = variable(parameter.value, bool(parameter.bits), parameter.wire.name)
                memo[id(parameter)] = twin
        new: Self = object.__new__(type(self))
        memo[id(self)] = new
        for name, value in vars(self).items():
            object.__setattr__(new, name, copy.deepcopy(value, memo))
        return new

    # ------------------------------------------------------------------------------------------------------ looking

    def extra_repr(self) -> str:
        """What stands in the brackets after a layer's name."""
        return ""

    def __repr__(self) -> str:
        lines = [f"({name}): {module!r}".replace("\n", "\n  ") for name, module in self.named_children()]
        inside = "\n  ".join(["", *lines]) + "\n" if lines else self.extra_repr()
        return f"{type(self).__name__}({inside})"


def overwrite(owner: Any, array: Any, new: Any) -> None:
    """Write new numbers into a parameter, or into the array of a buffer."""

    def write(place: Any) -> None:
        place[...] = new

    if owner is not None:
        change(owner, write)
    else:
        write(array)


class Sequential(Module):
    """Modules one after another, each given what the one before it returned.

    >>> import gatewise.nn as nn
    >>> nn.Sequential(nn.Flatten(), nn.Linear(12, 3))
    Sequential(
      (0): Flatten()
      (1): Linear(in_features=12, out_features=3, bias=True)
    )
    """

    def __init__(self, *modules: Module) -> None:
        for k, module in enumerate(modules):
            setattr(self, str(k), module)

    def forward(self, x: Any) -> Any:
        """The modules in their order."""
        for module in self:
            x = module(x)
        return x

    def __iter__(self) -> Iterator[Module]:
        return self.children()

    def __len__(self) -> int:
        return len(list(self.children()))

    def __getitem__(self, index: int) -> Module:
        return list(self.children())[index]


class ModuleList(Sequential):
    """Modules in a list, to be called by the module they belong to."""

    def __init__(self, modules: Sequence[Module] = ()) -> None:
        super().__init__(*modules)

    def append(self, module: Module) -> Self:
        """One more at the end."""
        setattr(self, str(len(self)), module)
        return self

    def forward(self, x: Any) -> Any:
        """A list is not called."""
        raise NotImplementedError("a ModuleList has no order of its own: call its modules, or use a Sequential")
