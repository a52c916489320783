"""The parent of every error: what happened, why, and what to write instead."""

from __future__ import annotations

import difflib
import threading
from collections.abc import Sequence
from typing import Any, Self


class Running(threading.local):
    """What was refused in the function that this thread runs on Tensors: an `except` of its own may swallow it."""

    refused: list[GatewiseError] | None = None


running = Running()
everywhere: dict[int, list[GatewiseError]] = {}  #: by id what each function that is being run has met, in all threads


class refusals:  # noqa: N801  (used as a function is, `with refusals() as met:`)
    """Collect what is refused inside; what flies out at the end is the business of the run around it too."""

    __slots__ = ("around", "met")

    def __enter__(self) -> list[GatewiseError]:
        self.around = running.refused
        self.met: list[GatewiseError] = []
        running.refused = everywhere[id(self.met)] = self.met
        return self.met

    def __exit__(self, kind: object, *_: object) -> None:
        running.refused = self.around
        del everywhere[id(self.met)]
        if kind is not None and self.around is not None:
            self.around.extend(self.met)


class GatewiseError(Exception):
    """The parent of every error gatewise raises on purpose.

    `what` names the mistake with shapes, names and the user's line; `why` says why it cannot work;
    `cure` is what to write instead. `str` joins the three, a line each.

    >>> print(GatewiseError("x is a string.", "A gate needs numbers.", "Write x = 3."))
    x is a string.
      why:     A gate needs numbers.
      instead: Write x = 3.
    """

    def __init__(self, what: str, why: str = "", cure: str = "") -> None:
        self.what, self.why, self.cure = what, why, cure
        lines = [what]
        if why:
            lines.append("  why:     " + why)
        if cure:
            lines.append("  instead: " + cure)
        Exception.__init__(self, "\n".join(lines))
        if running.refused is not None and self.mirrored is None:
            running.refused.append(self)

    def __str__(self) -> str:
        return str(self.args[0])

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in the place of a traceback."""
        from gatewise._errors.notebooks import told

        return told(self)

    def __reduce__(self) -> Any:
        kind = type(self)
        return restored, (kind if self.mirrored is None else kind.__base__, self.mirrored, self.args, vars(self))

    mirrored: type[Exception] | None = None  # what plain NumPy or Python raises in this place

    @classmethod
    def like(cls, kind: type[Exception]) -> type[Self]:
        """Return this class, its errors instances of `kind` too: of what plain code raises there, and is ready for."""
        if (cls, kind) not in MIRRORS:
            MIRRORS[cls, kind] = mirror(cls, kind)
        found: type[Self] = MIRRORS[cls, kind]
        return found

    def forgotten(self) -> Self:
        """Return this error, which is no refusal: gatewise has found another way itself."""
        if running.refused is not None and self in running.refused:
            running.refused.remove(self)
        return self

    def told_everywhere(self) -> Self:
        """Return this error, met by every function that is being run: the thread that it is raised in swallows it."""
        for met in list(everywhere.values()):
            if self not in met:
                met.append(self)
        return self


MIRRORS: dict[tuple[type, type], Any] = {}


def mirror(cls: type[GatewiseError], kind: type[Exception]) -> type[GatewiseError]:
    """A class of errors that are also of the first kind of Python's or NumPy's own behind `kind`."""
    public = ("builtins", "numpy.exceptions", "numpy.linalg")
    base = next(base for base in kind.__mro__ if base.__module__ in public)
    if issubclass(cls, base):
        return cls
    facts = {"__module__": cls.__module__, "__qualname__": cls.__qualname__, "__doc__": cls.__doc__, "mirrored": base}
    try:
        return type(cls.__name__, (cls, base), facts)
    except TypeError:  # two classes of Python's that do not go together
        return cls


def restored(
    cls: type[GatewiseError], kind: type[Exception] | None, args: Any, facts: dict[str, object]
) -> GatewiseError:
    """An error as it was pickled."""
    error = (cls if kind is None else cls.like(kind)).__new__(cls if kind is None else cls.like(kind), *args)
    error.args = args
    vars(error).update(facts)
    return error


def visible(name: str) -> str:
    """A name with whatever a terminal would obey instead of print written out."""
    return name if name.isprintable() else ascii(name)


def listed(names: Sequence[str]) -> str:
    return ", ".join(map(visible, names))


def meant(name: object, known: Sequence[str], otherwise: str, cutoff: float = 0.5) -> str:
    """The cure for a name that is none of the known: the nearest of them, or what to do where none is near."""
    near = difflib.get_close_matches(str(name), known, n=1, cutoff=cutoff)
    return f"Did you mean {visible(near[0])}?" if near else otherwise
