"""Classes of the user's module: which are seen into, and a twin of one, whose methods see what the function sees.

A function finds the twin where it finds the class, by name or in a closure; objects that it makes are the twin's, and
the class's own again when the call is over. Nothing of the class is changed, so that other threads see none of it.
"""

from __future__ import annotations

import functools
import types
import weakref
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any

from gatewise._callables import parts_behind

#: With these in its code a function may tell an object's class from its twin, or make objects past it.
TELL_CLASSES_APART = frozenset(("type", "__class__", "__new__", "__bases__", "__mro__", "__subclasses__", "mro"))
SPECIAL = frozenset(("__slots__", "__new__", "__init_subclass__", "__getattribute__", "__class__", "__del__"))
HOLDING_ONE = (staticmethod, classmethod, property, functools.cached_property)
TOLD_THEIR_NAME = (functools.cached_property, property)
OF_EVERY_CLASS = frozenset(("__dict__", "__weakref__"))


def is_seen_into(value: Any, names: Mapping[str, object]) -> bool:
    """Whether a value is a plain class of the module, all of whose bases are such, with functions that see `names`."""
    if type(value) is not type or not all(is_plain(cls, names) for cls in value.__mro__[:-1]):
        return False
    return any(f.__globals__ is names for f in functions_of(value))


def is_plain(cls: type, names: Mapping[str, Any]) -> bool:
    held = vars(cls)
    return (
        type(cls) is type
        and cls.__module__ == names.get("__name__")
        and SPECIAL.isdisjoint(held)
        and not any(hasattr(type(x), "__set_name__") and type(x) not in TOLD_THEIR_NAME for x in held.values())
    )


def functions_of(cls: type) -> Iterator[types.FunctionType]:
    """The plain functions that a class and its bases hold."""
    for each in cls.__mro__[:-1]:
        for value in vars(each).values():
            for part in parts_behind(value) if isinstance(value, HOLDING_ONE) else (value,):
                if type(part) is types.FunctionType:
                    yield part


def made_again(value: Any, seen: Callable[[Any], Any]) -> Any:
    """The same of functions that see what the function sees."""
    kind = type(value)
    if kind is staticmethod or kind is classmethod:
        return kind(seen(value.__func__))
    if kind is property:
        return property(seen(value.fget), seen(value.fset), seen(value.fdel), value.__doc__)
    return functools.cached_property(seen(value.func)) if kind is functools.cached_property else seen(value)


class TwinClass(type):
    """The class of twins of classes. An attribute that is bound on a twin is bound on the class, too."""

    original: type

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, cls.original)

    def __subclasscheck__(cls, subclass: Any) -> bool:
        return issubclass(getattr(subclass, "original", subclass), cls.original)

    def __setattr__(cls, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        setattr(cls.original, name, value)

    def __delattr__(cls, name: str) -> None:
        super().__delattr__(name)
        delattr(cls.original, name)


def twin_of_class(cls: type, bases: tuple[type, ...], made: MutableMapping[int, Any]) -> TwinClass:
    """A twin that holds nothing yet; what is made of it is kept in `made`, as long as it lives."""

    def new(kind: Any, /, *args: object, **kwargs: Any) -> Any:
        if (args or kwargs) and kind.__init__ is object.__init__:
            raise TypeError(f"{cls.__name__}() takes no arguments")
        instance = object.__new__(kind)
        made[id(instance)] = instance
        return instance

    told = {"__module__": cls.__module__, "__qualname__": cls.__qualname__, "__doc__": cls.__doc__}
    own = {"original": cls, "__new__": new, "__class__": property(lambda _: cls)}
    return TwinClass(cls.__name__, bases, told | own)


def fill_twin(twin: TwinClass, cls: type, seen: Callable[[Any], Any]) -> None:
    """Give a twin what its class holds."""
    for name, value in vars(cls).items():
        if name in OF_EVERY_CLASS or name in ("__module__", "__doc__"):
            continue
        again = made_again(value, seen)
        type.__setattr__(twin, name, again)
        if type(again) in TOLD_THEIR_NAME and hasattr(again, "__set_name__"):
            again.__set_name__(twin, name)


def given_back(made: weakref.WeakValueDictionary[int, Any]) -> None:
    """Make objects of twins objects of their classes."""
    for instance in list(made.values()):
        set_class(instance, instance.__class__)


set_class = vars(object)["__class__"].__set__
