"""Module: what holds parameters and other modules, and is called like a function."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, NoReturn, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from gatewise._circuit import VariableWire
from gatewise._errors import LayerError, MethodError, StateError
from gatewise._tensor import Tensor, change, taken_over, variable
from gatewise._types import Named, Namespace
from gatewise.nn.random import generator

#: What an attribute may hide parameters in.
Held: TypeAlias = list[object] | tuple[object, ...] | dict[object, object] | set[object]


class IsParameter(type):
    """Makes `isinstance(x, Parameter)` ask whether x is a Tensor whose changes are counted."""

    def __instancecheck__(cls, x: object) -> bool:
        return type(x) is Tensor and type(x.wire) is VariableWire


class Parameter(Tensor, metaclass=IsParameter):
    """A Tensor that is learned: it owns a copy of `data`, wants a gradient, and counts the changes made to it.

    Numbers and lists are taken as float32; an array keeps its dtype.

    >>> import gatewise.nn as nn
    >>> w = nn.Parameter([1.0, -2.0])
    >>> (w * w).sum().backward()
    >>> w.grad
    array([ 2., -4.], dtype=float32)
    """

    wire: VariableWire

    def __new__(cls, data: npt.ArrayLike, requires_grad: bool = True) -> Parameter:
        value = taken_over(data)
        array = np.asarray(value) if isinstance(value, (np.ndarray, np.generic)) else np.asarray(value, np.float32)
        made: Any = variable(array if array.dtype.kind == "f" else array.astype(np.float32), requires_grad)
        parameter: Parameter = made  # its class is Tensor: `IsParameter` says what else is one
        return parameter


class Keys(NamedTuple):
    """What `load_state_dict(strict=False)` passed over."""

    missing_keys: list[str]
    unexpected_keys: list[str]


class Elsewhere:
    """A name that PyTorch's modules have and these do not: to ask for it raises what to write instead."""

    def __init__(self, cure: str) -> None:
        self.cure = cure

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, module: object, owner: type) -> NoReturn:
        what = f"{owner.__name__}.{self.name} does not exist."
        raise MethodError(what, "a net is computed by NumPy, in the dtype of its parameters.", self.cure)


AS_MADE = "leave it out; layers are made with dtype=np.float32 or dtype=np.float64."


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

    def __call__(self, *args: object, **kwargs: object) -> Any:
        return self.forward(*args, **kwargs)

    def __setattr__(self, name: str, value: object) -> None:
        self.demand_no_loss(name, value)
        object.__setattr__(self, name, value)
        if isinstance(value, Parameter):
            value.wire.name = name
        elif isinstance(value, Module):
            for path, parameter in value.named_parameters():
                parameter.wire.name = f"{name}.{path}"

    def demand_no_loss(self, name: str, value: object) -> None:
        """Raise where an attribute would take the place of a parameter, or hide some in a list, a tuple or a dict."""
        old = vars(self).get(name)
        what = f"{type(self).__name__}.{name} is a"
        if isinstance(old, Parameter) and value is not None and not isinstance(value, Parameter | Module):
            why = f"it would not be learned any more: a {type(value).__name__} is no Parameter."
            cure = f"with gw.no_grad(): module.{name}[...] = new; or nn.Parameter(new)."
            raise StateError(f"{what} parameter, and was to be replaced.", why, cure)
        if isinstance(old, Module) and value is not None and not isinstance(value, Parameter | Module):
            why = f"its parameters would not be learned any more: a {type(value).__name__} is no Module."
            raise StateError(f"{what} module, and was to be replaced.", why, "another Module, or None.")
        if isinstance(value, list | tuple | dict | set):
            self.demand_found(name, value)

    def demand_found(self, name: str, container: Held) -> None:
        """Raise if a list, tuple, dict or set holds a parameter or a module that is no attribute itself."""
        learned = list(held(container))
        if not learned:
            return
        found = {id(each) for module in reached(self) for each in (module, *vars(module).values())}
        if all(id(each) in found for each in learned):
            return
        kind = type(container).__name__
        what = f"{type(self).__name__}.{name} is a {kind} that holds a {shown_kind(learned[0])}."
        cure = f"self.{name} = nn.ModuleList([...]) for modules; an attribute of its own for each parameter."
        why = "only attributes are looked through: what it holds would not be learned, saved or switched to eval()."
        raise LayerError(what, why, cure)

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
            for name, value in vars(module).items():
                if isinstance(value, list | tuple | dict | set) and value:  # it may have been filled since
                    module.demand_found(name, value)
            yield path, module
            inside = [(f"{path}.{name}" if path else name, child) for name, child in module.named_children()]
            waiting.extend(reversed(inside))

    def modules(self) -> Iterator[Module]:
        """Give this module and all inside it, each once."""
        return (module for _, module in self.named_modules())

    def named_parameters(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Parameter]]:
        """The parameters, each once, by path."""
        seen: set[int] = set()
        for path, module in self.named_modules(prefix) if recurse else [(prefix, self)]:
            for name, value in vars(module).items():
                if isinstance(value, Parameter) and id(value) not in seen:
                    seen.add(id(value))
                    yield f"{path}.{name}" if path else name, value

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters, each once."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def register_buffer(self, name: str, value: npt.ArrayLike | None) -> None:
        """Keep an array under a name that is saved with the parameters, but not learned; None is not saved."""
        others = tuple(each for each in self._buffers if each != name)
        setattr(self, name, None if value is None else np.array(value))
        self._buffers = others if value is None else (*others, name)

    def register_parameter(self, name: str, parameter: Parameter | None) -> None:
        """As `setattr(self, name, parameter)`."""
        setattr(self, name, parameter)

    def add_module(self, name: str, module: Module) -> None:
        """As `setattr(self, name, module)`."""
        setattr(self, name, module)

    def named_buffers(self, prefix: str = "") -> Iterator[tuple[str, np.ndarray]]:
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

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients; those that are there are set to zeros unless `set_to_none`."""
        for parameter in self.parameters():
            parameter.grad = None if set_to_none or parameter.grad is None else np.zeros_like(parameter.value)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Have derivatives taken by the parameters from now on, or not."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    to, cpu, cuda = Elsewhere(AS_MADE), Elsewhere(AS_MADE), Elsewhere(AS_MADE)
    float, double, half = Elsewhere(AS_MADE), Elsewhere(AS_MADE), Elsewhere(AS_MADE)
    register_forward_hook = Elsewhere("a forward() of your own, that keeps what you want to see.")

    # -------------------------------------------------------------------------------------------------------- saving

    def state_dict(self) -> dict[str, np.ndarray]:
        """Copies of all parameters and buffers, by path."""
        return {path: np.array(value) for path, _, value in self.named_state()}

    def named_state(self) -> Iterator[tuple[str, Parameter | None, np.ndarray]]:
        """Path, owner and array of all that is saved; a parameter that has two paths stands under both."""
        for path, module in self.named_modules():
            front = f"{path}." if path else ""
            for name, value in vars(module).items():
                if isinstance(value, Parameter):
                    yield front + name, value, value.value
            for name in module._buffers:
                yield front + name, None, getattr(module, name)

    def load_state_dict(self, state: Mapping[str, npt.ArrayLike], strict: bool = True) -> Keys:
        """Take parameters and buffers from what `state_dict()` gave; nothing is changed unless all of it fits.

        Raises `StateError` for a shape that differs, for what are no real numbers and, where `strict`, for a name too
        many or too few.
        """
        shown = repr(self).partition("\n")[0].rstrip("(")
        if not isinstance(state, Mapping):
            raise StateError.of(shown, [f"a {type(state).__name__} is no dict of arrays by name"])
        here = {path: (owner, array) for path, owner, array in self.named_state()}
        missing = [path for path in here if path not in state]
        unexpected = [path for path in state if path not in here]
        problems = [f"{path} is not there" for path in missing if strict]
        problems += [f"{path} is not known" for path in unexpected if strict]
        fitting: dict[str, np.ndarray] = {}
        for path, (_, array) in here.items():
            if path in state:
                new = loadable(state[path], array)
                if isinstance(new, str):
                    problems.append(f"{path} {new}")
                else:
                    fitting[path] = new
        if problems:
            raise StateError.of(shown, problems)
        for path, new in fitting.items():
            overwrite(*here[path], new)
        return Keys(missing, unexpected)

    def named_generators(self) -> Iterator[tuple[str, np.random.Generator]]:
        """The random generators that modules inside draw from while training, by path."""
        for path, module in self.named_modules():
            if (rng := module.drawn_from()) is not None:
                yield path, rng

    def drawn_from(self) -> np.random.Generator | None:
        """The generator this module itself draws from while training; most draw nothing."""
        return None

    def random_state(self) -> Namespace:
        """The states of all generators inside, by path: plain dicts, to be saved beside `state_dict()`."""
        return {path: copy.deepcopy(dict(rng.bit_generator.state)) for path, rng in self.named_generators()}

    def load_random_state(self, state: Named) -> None:
        """Put the generators inside back to where `random_state()` found them."""
        for path, rng in self.named_generators():
            if path in state:
                rng.bit_generator.state = copy.deepcopy(state[path])

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
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


def overwrite(owner: Tensor | None, array: np.ndarray, new: np.ndarray) -> None:
    """Write new numbers into a parameter, or into the array of a buffer."""

    def write(place: np.ndarray) -> None:
        place[...] = new

    if owner is not None:
        change(owner, write)
    else:
        write(array)


def loadable(new: Tensor | npt.ArrayLike, old: np.ndarray) -> np.ndarray | str:
    """What is loaded in the place of an array, in its dtype; or why it cannot be."""
    try:
        array = np.asarray(new.value if isinstance(new, Tensor) else new)
    except ValueError:
        return "is no array"
    if array.dtype.kind not in "fiub":
        return f"is of {array.dtype}, not of real numbers"
    if array.shape != old.shape:
        return f"is {array.shape} instead of {old.shape}"
    with np.errstate(all="ignore"):
        cast = array.astype(old.dtype)
    if old.dtype.kind in "iu" and not np.array_equal(cast, array):
        return "is not whole"
    if old.dtype.kind == "f" and not np.array_equal(np.isfinite(cast), np.isfinite(array)):
        return f"is too large for {old.dtype}"
    return cast


def held(container: Held) -> Iterator[Module | Parameter]:
    """The modules and parameters in a list, tuple, dict or set, and in those inside it."""
    for each in container.values() if isinstance(container, dict) else container:
        if isinstance(each, list | tuple | dict | set):
            yield from held(each)
        elif isinstance(each, Module | Parameter):
            yield each


def reached(module: Module) -> Iterator[Module]:
    """The module itself, and those that are attributes of it, and of them."""
    seen, waiting = {id(module)}, [module]
    while waiting:
        yield (module := waiting.pop())
        new = [child for child in module.children() if id(child) not in seen]
        seen.update(map(id, new))
        waiting += new


def shown_kind(x: object) -> str:
    """The kind of a module, or Parameter."""
    return "Parameter" if isinstance(x, Parameter) else type(x).__name__
