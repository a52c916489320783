"""Functions and files that were to be recorded, and arguments that do not fit them."""

from __future__ import annotations

from collections.abc import Sequence

from gatewise._errors.base import GatewiseError, listed, meant, visible
from gatewise._errors.lines import LineError, user_names


class ArgumentError(LineError):
    """Arguments do not fit the function they were given for.

    Wrong:

    >>> import gatewise as gw
    >>> gw.grad(lambda x: x * x, argnums=1)(3.0)
    Traceback (most recent call last):
        ...
    gatewise._errors.ArgumentError: argnums says argument 1, but 1 came...

    Right:

    >>> gw.grad(lambda x: x * x)(3.0)
    6.0
    """

    @classmethod
    def of_library(cls, value: object) -> ArgumentError:
        """An argument that is another library's array."""
        name = next(iter(user_names(value)), "")
        library, kind = type(value).__module__.partition(".")[0], type(value).__name__
        what = f"{name or 'an argument'} is a {library} {kind}."
        why = "gatewise differentiates NumPy, and the two do not mix."
        return cls(what, why, f"{to_numpy(value, name)} in its place.")


#: Libraries whose arrays do not mix with gatewise's, and how each gives a NumPy array.
LIBRARIES = {
    **dict.fromkeys(("pandas", "polars", "xarray"), "{}.to_numpy()"),
    **dict.fromkeys(("torch", "tensorflow"), "{}.numpy()"),
    **dict.fromkeys(("jax", "jaxlib"), "np.asarray({})"),
    "cupy": "{}.get()",
    "mxnet": "{}.asnumpy()",
}


def to_numpy(value: object, name: str = "") -> str:
    """How another library's array is made NumPy's; empty for whatever is none."""
    library = type(value).__module__.partition(".")[0]
    if library not in LIBRARIES or not hasattr(value, "shape"):
        return ""
    name = name or ("t" if library in ("torch", "tensorflow") else "X")
    return LIBRARIES[library].format(f"{name}.detach()" if getattr(value, "requires_grad", False) else name)


class UnknownInputError(GatewiseError):
    """An input was named that the function does not have.

    >>> print(UnknownInputError("z", ["x", "y"], "f"))
    f has no input z.
      why:     Its inputs are x, y.
      instead: Leave z out.
    """

    def __init__(self, name: str, known: Sequence[str], owner: str) -> None:
        self.name = name
        cure = meant(name, known, f"Leave {visible(name)} out.", 0.6)
        why = f"Its inputs are {listed(known)}." if known else "It has no inputs."
        super().__init__(f"{visible(owner)} has no input {visible(name)}.", why, cure)


class UnknownOutputError(GatewiseError):
    """A script has no value of this name to lead the circuit to.

    >>> print(UnknownOutputError("los", ["scores", "loss"], "net.py"))
    net.py has no output los.
      why:     Its values made from the inputs are scores, loss.
      instead: Did you mean loss?
    """

    def __init__(self, name: str, known: Sequence[str], path: str) -> None:
        why = f"Its values made from the inputs are {listed(known)}." if known else "It makes nothing from its inputs."
        cure = meant(name, known, "Give the name of one of these.")
        super().__init__(f"{visible(path)} has no output {visible(name)}.", why, cure)


class ScriptError(GatewiseError):
    """A file cannot be read, is not Python, or computes nothing from its inputs.

    Wrong: a script that only prints. Right: `x = 3` on one line, `f = x * x` on the next.

    >>> print(ScriptError("notes.py cannot be read.", "there is no such file.", "give the path of a Python file."))
    notes.py cannot be read.
      why:     there is no such file.
      instead: give the path of a Python file.
    """


class UnknownFunctionError(GatewiseError):
    """A file has no function of this name.

    >>> print(UnknownFunctionError("lose", ["loss"], "net.py"))
    net.py has no function lose.
      why:     It has loss.
      instead: Did you mean loss?
    """

    def __init__(self, name: str, known: Sequence[str], path: str) -> None:
        why = f"It has {listed(known) or 'no function'}."
        cure = meant(name, known, f"Give {'the name of one of these' if known else 'the file alone'}.")
        super().__init__(f"{visible(path)} has no function {visible(name)}.", why, cure)
