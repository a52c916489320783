"""The parts of a checkpoint, each taken as the kind of thing it must be, or refused by file and field."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeGuard, TypeVar

import numpy as np

from gatewise._errors import CheckpointError, GatewiseError, shown_path
from gatewise._types import Json


class Fielded(Protocol):
    """A dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


Made = TypeVar("Made", bound=Fielded)
SHOWN = 40  # letters of a value that is none of its kind


@dataclass(frozen=True)
class Kind:
    """What a value must be: in words, and as a question."""

    said: str
    fits: Callable[[Any], bool]


def or_none(kind: Kind) -> Kind:
    """That kind, or None."""
    return Kind(f"{kind.said}, or None", lambda value: value is None or kind.fits(value))


def is_numbers(value: object) -> TypeGuard[np.ndarray]:
    return isinstance(value, np.ndarray) and value.dtype.kind in "biuf"


WHOLE = Kind("a whole number, 0 or more", lambda value: type(value) is int and value >= 0)
NUMBER = Kind("a number", lambda value: type(value) in (int, float))
FINITE = Kind("a finite number", lambda value: type(value) in (int, float) and math.isfinite(value))
TEXT = Kind("a string", lambda value: type(value) is str)
FLAG = Kind("True or False", lambda value: type(value) is bool)
ARRAY = Kind("an array of real numbers", is_numbers)
ROW = Kind("a row of real numbers", lambda value: is_numbers(value) and value.ndim == 1)
MAPPING = Kind("a dict", lambda value: isinstance(value, dict))
LIST = Kind("a list", lambda value: isinstance(value, list))

#: The kinds of the fields of the dataclasses that are saved, by how their types are written.
WRITTEN = {"int": WHOLE, "float": NUMBER, "str": TEXT, "bool": FLAG}
WRITTEN |= {f"{name} | None": or_none(kind) for name, kind in WRITTEN.items()}


def a_kind(value: object) -> str:
    """What a value is, in words.

    >>> a_kind(np.ones((2, 3))), a_kind([1])
    ('an array (2, 3) of float64', 'a list')
    """
    if isinstance(value, np.ndarray):
        return f"an array {value.shape} of {value.dtype}"
    return f"a {type(value).__name__}"


class Held:
    """A dict out of a checkpoint, and where it stands there.

    >>> Held({"epochs": "9"}, "run/last.checkpoint", "recipe").take("epochs", WHOLE)
    Traceback (most recent call last):
        ...
    gatewise._errors.CheckpointError: 'run/last.checkpoint' cannot be gone on from: its recipe.epochs is '9'...
    """

    def __init__(self, value: object, file: str | Path | None = None, place: str = "") -> None:
        self.file, self.place = file, place
        if not isinstance(value, dict):
            raise self.wrong(value, MAPPING.said)
        self.value: dict[str, Any] = value

    def take(self, name: str, kind: Kind) -> Any:
        """The value under a name. Raises `CheckpointError` where there is none, or one of another kind."""
        if name not in self.value:
            raise self.missing(name)
        value = self.value[name]
        if not kind.fits(value):
            raise self.wrong(value, kind.said, name)
        return value

    def inside(self, name: str) -> Held:
        """The dict under a name."""
        return Held(self.take(name, MAPPING), self.file, self.path(name))

    def each(self, name: str) -> list[Held]:
        """The dicts of the list under a name."""
        listed = self.take(name, LIST)
        return [Held(value, self.file, f"{self.path(name)}[{k}]") for k, value in enumerate(listed)]

    def all(self, kind: Kind) -> Json:
        """All values, which are of one kind, by names that are strings."""
        for name in self.value:
            if type(name) is not str:
                raise self.wrong(name, "a string", "keys")
        return {name: self.take(name, kind) for name in self.value}

    def made(self, kind: type[Made]) -> Made:
        """A dataclass whose fields are saved under their names, and nothing else with them."""
        written = {field.name: field.type for field in fields(kind)}
        for name in self.value:
            if name not in written:
                raise self.wrong(self.value[name], "not known", name)
        return kind(**{name: self.take(name, WRITTEN[str(said)]) for name, said in written.items()})

    @contextmanager
    def loading(self, name: str) -> Iterator[Any]:
        """The value under a name, for a `load_state_dict` that may find anything in it."""
        if name not in self.value:
            raise self.missing(name)
        try:
            yield self.value[name]
        except GatewiseError as error:
            raise self.refused(name, " ".join(error.what.split())) from None
        except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
            raise self.refused(name, f"{type(error).__name__}: {' '.join(str(error).split())}") from None

    # -------------------------------------------------------------------------------------------------- what is said

    def path(self, name: str) -> str:
        return f"{self.place}.{name}" if self.place else name

    def error(self, what: str, why: str) -> CheckpointError:
        file = "the state" if self.file is None else shown_path(self.file)
        cure = "a file that the same fit(), or gatewise train, has saved; the one before has .previous after its name."
        return CheckpointError(f"{file} cannot be gone on from: {what}.", why, cure)

    def missing(self, name: str) -> CheckpointError:
        return self.error(f"it has no {self.path(name)}", "everything that decides how a run goes on must be there.")

    def wrong(self, value: object, said: str, name: str = "") -> CheckpointError:
        place = self.path(name) if name else self.place
        found = repr(value) if isinstance(value, (str, int, float, type(None))) else a_kind(value)
        found = found if len(found) <= SHOWN else found[:SHOWN] + "..."
        return self.error(f"its {place} is {found}" if place else f"it is {found}", f"that must be {said}.")

    def refused(self, name: str, reason: str) -> CheckpointError:
        return self.error(f"its {self.path(name)} cannot be loaded", f"{reason.rstrip('.')}.")
