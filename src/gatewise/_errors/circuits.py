"""What a circuit was asked for and does not have."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from gatewise._errors.base import GatewiseError, listed, meant, visible


class UnknownWireError(GatewiseError):
    """A circuit was asked for a wire it does not have.

    >>> print(UnknownWireError("qq", ["x", "y", "q"]))
    There is no wire qq in this circuit.
      why:     Its wires are x, y, q.
      instead: Did you mean q?
    """

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name = name
        why = f"Its wires are {listed(known[:20])}{', ...' if len(known) > 20 else ''}."
        cure = meant(name, known, "Ask for one of these.")
        super().__init__(f"There is no wire {visible(name)} in this circuit.", why, cure)


class CutError(GatewiseError):
    """A circuit was to be cut inside a recognised block, which has one rule for all its gates.

    Wrong: `c.cut("e")` in `e = exp(-x); s = 1 / (1 + e)`. Right: `c.cut("s")`.

    >>> print(CutError("e", "sigmoid", ["s", "x"]))
    The circuit cannot be cut at e.
      why:     e lies inside the block sigmoid, whose gates have one rule together.
      instead: cut at s or x, where the block ends and begins.
    """

    def __init__(self, name: str, block: str, borders: Sequence[str]) -> None:
        super().__init__(
            f"The circuit cannot be cut at {visible(name)}.",
            f"{visible(name)} lies inside the block {block}, whose gates have one rule together.",
            f"cut at {' or '.join(map(visible, borders))}, where the block ends and begins.",
        )


class UnknownPaletteError(GatewiseError):
    """A picture was asked for in a palette that does not exist.

    >>> print(UnknownPaletteError("drak", ["default", "dark"]))
    There is no palette 'drak'.
      why:     A picture is drawn in one of a few measured palettes.
      instead: Write palette="dark" (there are default, dark).
    """

    def __init__(self, name: object, known: Sequence[str]) -> None:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5) if isinstance(name, str) else []
        near = near or list(known[:1])
        why = "A picture is drawn in one of a few measured palettes."
        super().__init__(
            f"There is no palette {name!r}.", why, f'Write palette="{near[0]}" (there are {", ".join(known)}).'
        )


class FoldError(GatewiseError):
    """A picture was asked for with groups closed that it does not have, or with less than one gate.

    >>> print(FoldError("sigmiod", ["sigmoid", "softmax"]))
    There is no group 'sigmiod' to fold.
      why:     A group is a recognised block, the call of a function, a statement of several gates, or a repeat.
      instead: Fold 'sigmoid' (there are sigmoid, softmax).
    """

    def __init__(self, asked: object, known: Sequence[str]) -> None:
        if isinstance(asked, str):
            near = difflib.get_close_matches(asked, known, n=1, cutoff=0.5) or list(known[:1])
            shown = listed(known[:8]) + (", ..." if len(known) > 8 else "")
            cure = f"Fold {near[0]!r} (there are {shown})." if near else "Fold nothing: no gates of it belong together."
            why = "A group is a recognised block, the call of a function, a statement of several gates, or a repeat."
            super().__init__(f"There is no group {asked!r} to fold.", why, cure)
        else:
            why = "fold is how many gates are drawn at most, or the names of groups to close."
            super().__init__(f"fold is {asked!r}.", why, 'Write fold=120, fold=True, fold=False or fold="sigmoid".')


class SaveError(GatewiseError):
    """A file cannot be written under this path.

    >>> import gatewise as gw
    >>> gw.circuit("x * y", x=3, y=4).save("circuit.docx")
    Traceback (most recent call last):
    gatewise._errors.SaveError: 'circuit.docx' does not say what to write.
      why:     a circuit is saved as .svg, .html, .tex, .png, .json, .dot.
      instead: c.save("circuit.svg").

    Right: `c.save("circuit.svg")`.
    """


class MissingNameError(GatewiseError, AttributeError):
    """A name was asked for that gatewise, or a circuit of it, does not have.

    Wrong:

    >>> import gatewise as gw
    >>> gw.circuit("x * y", x=2.0, y=3.0).backward()
    Traceback (most recent call last):
        ...
    gatewise._errors.MissingNameError: a circuit has no backward...

    Right:

    >>> gw.circuit("x * y", x=2.0, y=3.0).gradients
    {'x': 3.0, 'y': 2.0}
    """

    @classmethod
    def of(cls, owner: str, name: str, cure: str, known: Sequence[str] = ()) -> MissingNameError:
        """`cure` is what does it; where nothing is known to, the nearest of `known` is offered."""
        otherwise = f"dir({'gw' if owner == 'gatewise' else 'c'}) lists what there is."
        return cls(f"{owner} has no {visible(name)}.", WHYS.get(owner, ""), cure or meant(name, known, otherwise, 0.7))


WHYS = {
    "gatewise": "functions are plain NumPy; gatewise has what NumPy has not: gradients, circuits, nets.",
    "a circuit": "it holds one run, with every value and gradient in it already.",
}
