"""A circuit as a user holds it: numbers, code and views of one run, in one object."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Never

from gatewise._advice import OF_CIRCUITS
from gatewise._board.leaving import to_jax, to_torch
from gatewise._board.reading import READ, Wrt, digits_asked, wanted_names
from gatewise._board.rounds import Round, Rounds, counted_round, is_short, rounds_shown, unchecked, with_checks
from gatewise._board.wires import Index, StageView, WireView, owned
from gatewise._circuit import Expr, FrozenCircuit, Wire
from gatewise._derivatives import stretch_of
from gatewise._errors import ArgumentError, GatewiseError, MissingNameError, SaveError, UnknownWireError
from gatewise._lowering import Again
from gatewise._record import Check, Record, block_rules, check, fold, formulas, jsonable, only, record
from gatewise._saving import write_whole
from gatewise._source import GateText, Staged, gate_texts, staged
from gatewise._tensor import Binomial
from gatewise._transforms import cut
from gatewise._types import Json
from gatewise._views import Markdown, Picture, Told, card, ledger  # each other view is loaded when it is asked for
from gatewise._views.forms import DOT, HTML, JSON, SUFFIXES, SVG, TEX, Form, Shown, form_of

if TYPE_CHECKING:
    from gatewise._views.groups import Fold

SAVED = 'c.save("circuit.svg").'


class Circuit:
    """A recorded circuit with everything there is to see in it; `print` shows the ledger.

    >>> import gatewise as gw
    >>> c = gw.circuit("(x + y) * z", x=-2, y=5, z=-4)
    >>> c.value, c.gradients
    (-12.0, {'x': -4.0, 'y': -4.0, 'z': 3.0})
    """

    _frozen: FrozenCircuit
    _folded: bool
    _again: Again | None

    def __init__(self, *_: Never, **__: Never) -> None:
        why = "a circuit is what a run of a function leaves."
        raise ArgumentError("gw.Circuit makes no circuit.", why, "gw.circuit(f, x=2.0).")

    @classmethod
    def _of(cls, frozen: FrozenCircuit, folded: bool = False, again: Again | None = None) -> Circuit:
        """A circuit to look at; `folded` shows chains and blocks as one gate each, `again` says how it was recorded."""
        circuit = cls.__new__(cls)
        circuit._frozen, circuit._folded, circuit._again = frozen, folded, again
        return circuit

    # ----------------------------------------------------------------------------------------------------- numbers

    @property
    def value(self) -> Any:
        """The output."""
        return owned(self._frozen.output.value)

    @property
    def gradients(self) -> Json:
        """The gradient of every input that was asked for, by name; None for one that Python read as a whole number."""
        asked = [i.name for i in self._frozen.inputs if i.wanted or (i.kind == "input" and i.wire in self._frozen.read)]
        return {name: owned(self._facts["wires"][self._index.ids[name]]["gradient"]) for name in asked}

    @property
    def stages(self) -> tuple[StageView, ...]:
        """What the user wrote as one assignment each, in order."""
        return tuple(StageView(stage, self._frozen.names) for stage in self._frozen.stages)

    @property
    def wires(self) -> tuple[WireView, ...]:
        """All wires in tape order, inputs first."""
        return tuple(WireView(entry, self._index) for entry in self._facts["wires"])

    if not TYPE_CHECKING:  # a type checker is to know which names there are

        def __getattr__(self, name):
            """Only what is not there comes here: say what does it."""
            if name.startswith("_") or "_frozen" not in self.__dict__:
                raise AttributeError(name)
            if hasattr(type(self), name):
                return object.__getattribute__(self, name)  # a property of ours that failed says so itself
            cure = OF_CIRCUITS.get(name, "") or (f'c["{name}"].' if name in self else "")
            known = [known for known in dir(type(self)) if not known.startswith("_")]
            raise MissingNameError.of("a circuit", name, cure, known)

    def __getitem__(self, name: str) -> WireView:
        return WireView(self._facts["wires"][self._id(name)], self._index)

    def __contains__(self, name: object) -> bool:
        return name in self._index.ids

    def __iter__(self) -> Iterator[WireView]:
        raise ArgumentError("a circuit is not a sequence.", "it holds wires, stages and gradients.", "c.wires.")

    @property
    def captured(self) -> Json:
        """The arrays the function took from outside, by the name printed code takes them under."""
        return {i.text: owned(i.wire.value) for i in self._frozen.inputs if i.kind == "captured"}

    # ------------------------------------------------------------------------------------------------------- views

    @cached_property
    def _facts(self) -> Record:
        """The record, with plain values: where all that is shown of wires is looked up."""
        return self._folded_if_asked(self._record)

    @cached_property
    def _index(self) -> Index:
        return Index(self._facts)

    @cached_property
    def _record(self) -> Record:
        """The record of every gate the user wrote."""
        return record(self._frozen, self._texts)

    @cached_property
    def _texts(self) -> dict[Expr, GateText]:
        return gate_texts(self._frozen)

    @cached_property
    def _formulas(self) -> dict[str, object]:
        """How the numbers of the record come about, for pages."""
        rules = block_rules(self._frozen) if self._folded else {}
        return formulas(self._frozen, self._facts, self._texts, rules)

    @cached_property
    def _checks(self) -> dict[str, Check]:
        return check(self._frozen)

    def _folded_if_asked(self, whole: Record) -> Record:
        return fold(whole, block_rules(self._frozen)) if self._folded else whole

    def _with_checks(self, checks: dict[str, Check]) -> dict[str, object]:
        return jsonable(self._folded_if_asked({**self._record, "checks": checks}))

    @cached_property
    def _shown(self) -> dict[str, object]:
        return self._with_checks(self._checks)

    @cached_property
    def _rounds(self) -> Rounds:
        return Rounds(self._frozen, self._folded)

    @cached_property
    def _unchecked(self) -> dict[str, object]:
        return self._with_checks({})

    def _seen(self, round: object = None, unrolled: bool = False, checks: bool = True) -> dict[str, object]:
        """The record that is looked at: with one round of each loop, or with every gate; with numerical derivatives."""
        asked = counted_round(round)
        if unrolled and asked is not None:
            raise ArgumentError("round= and unrolled= were both given.", "unrolled shows all rounds.", "one of them.")
        seen = None if unrolled else self._rounds.record(asked)
        if seen is None:
            return self._shown if checks else self._unchecked
        return with_checks(seen, self._checks_of_loops) if checks else seen

    @cached_property
    def _checks_of_loops(self) -> dict[str, Check]:
        """Numerical derivatives by the names of the inputs; of long loops they would take too long, which is said."""
        return self._named(self._checks) if is_short(self._frozen) else unchecked(self._frozen)

    def _named(self, checks: dict[str, Check]) -> dict[str, Check]:
        """Checks by the names of the wires that they are of."""
        return {self._frozen.names[self._frozen.wires[int(k)]]: found for k, found in checks.items()}

    def _looked_up(
        self, name: str, round: object, unrolled: bool, checks: bool = True
    ) -> tuple[dict[str, object], str]:
        """The record that shows a wire, with its numerical derivative, and what the wire is called there."""
        asked = counted_round(round)
        found = None if unrolled else self._rounds.standing_for(name, asked)
        there, shown, wire = (self._name(name), asked, self._wire(name)) if found is None else found
        record: Json = self._seen(shown, unrolled, checks)
        known = [each["name"] for each in record["wires"]]
        if there not in known:
            raise UnknownWireError(name, known)  # it was folded into another
        return (self._checked(record, wire, there) if checks and wire is not None else record), there

    def _checked(self, record: dict[str, object], wire: Wire, name: str) -> dict[str, object]:
        """A record with the numerical derivative of one more wire, where it has a gradient."""
        if wire in self._frozen.edges or wire not in self._frozen.ids or not wire.bits & self._frozen.bit:
            return record
        (found,) = check(self._frozen, [wire]).values()
        known = self._checks_of_loops if record["loops"] else self._named(self._checks)
        return with_checks(record, {**known, name: found})

    def __str__(self) -> str:
        return self._ledger()

    def _ledger(self, round: Round = None, unrolled: bool = False) -> str:
        return ledger(self._seen(round, unrolled))

    def __repr__(self) -> str:
        gradients = ", ".join(f"d{name} = {g}" for name, g in self.gradients.items())
        return f"<circuit {self._frozen.name} = {self.value}: {gradients}>"

    def card(self, name: str, digits: int | None = None, round: Round = None, unrolled: bool = False) -> str:
        """Everything about one wire: forward, upstream, local, downstream, code, and the numerical check."""
        return Told(card(*self._looked_up(name, round, unrolled), digits=digits_asked(digits)))

    def code(
        self, style: Literal["code", "notes"] = "code", unrolled: bool = False, recompute: int | Binomial = False
    ) -> Staged:
        """The forward and backward pass as one Python function that runs on its own.

        A loop whose rounds are all the same is printed as a loop; with `unrolled`, and in the style "notes", every
        round has lines of its own. A comment says why a loop is unrolled, or why its count is the recorded one.

        `recompute` saves memory in long loops: of what a round is given by the one before only that of every so manieth
        is kept (`recompute=100`; `True` for as many as are between), and the rounds between are computed again on the
        way back. `gw.Binomial(states=20)` keeps 20 and computes again as few rounds as can be. The gradients are the
        same to the last bit.
        """
        if style not in ("code", "notes"):
            why = "code is the backward pass as one writes it, notes keeps every local factor."
            raise ArgumentError(f"there is no style {style!r}.", why, 'code() or code("notes").')
        if recompute is not False and (unrolled or style == "notes"):
            why = "rounds are computed again where a loop is printed as one."
            raise ArgumentError("recompute= is for loops.", why, "code(recompute=True).")
        kept = recompute if isinstance(recompute, Binomial) else stretch_of(recompute)
        return staged(self._frozen, style, unrolled, kept)

    def svg(
        self,
        palette: str = "default",
        digits: int | None = None,
        fold: Fold = None,
        wrt: Wrt = None,
        round: Round = None,
        unrolled: bool = False,
    ) -> str:
        """The picture, as SVG.

        `palette` is `default`, `green-red`, `dark` or `notes`; `digits` the decimals of every number (None: four
        significant digits); `fold` says what is drawn as one gate: None folds to at most 120 gates, True every block,
        call and repeat, False nothing, a number to that many gates, names those groups; `wrt` names the inputs whose
        gradients are shown.

        A loop whose rounds apply the same gates, more than a dozen in all, is drawn as one round with what comes round;
        `round` says which (a number from 1 on, "first" or "last"; the last one, or the first in which a number is not
        finite), of a loop inside another's round the second of two (`round=(2, 5)`); `unrolled` draws every round.

        Raises `UnknownPaletteError`, `FoldError`, `UnknownWireError` and `ArgumentError`.
        """
        looks: Any = {"palette": palette, "digits": digits, "fold": fold, "wrt": wrt}
        return Picture(self._in(SVG, round=round, unrolled=unrolled, **looks))

    def html(
        self,
        palette: str = "default",
        digits: int | None = None,
        fold: Fold = None,
        wrt: Wrt = None,
        round: Round = None,
        unrolled: bool = False,
    ) -> str:
        """One HTML file to walk through: picture, cards, table, inputs that can be changed; arguments as of `svg`."""
        looks: Any = {"palette": palette, "digits": digits, "fold": fold, "wrt": wrt}
        return str(self._in(HTML, round=round, unrolled=unrolled, **looks))

    def tex(
        self,
        palette: str = "default",
        digits: int | None = None,
        fold: Fold = None,
        wrt: Wrt = None,
        form: Literal["fragment", "standalone", "beamer"] = "fragment",
        round: Round = None,
        unrolled: bool = False,
    ) -> str:
        r"""The picture as TikZ: a fragment to `\input`, a standalone document, or Beamer slides that walk."""
        looks: Any = {"palette": palette, "digits": digits, "fold": fold, "wrt": wrt, "form": form}
        return str(self._in(TEX, round=round, unrolled=unrolled, **looks))

    def derive(
        self,
        name: str | None = None,
        latex: bool = False,
        digits: int | None = None,
        round: Round = None,
        unrolled: bool = False,
        form: Literal["fragment", "standalone", "text"] = "fragment",
    ) -> str:
        """The chain rule in writing, from the output to one wire (None: to every input), with symbols and numbers.

        Markdown with LaTeX, or with `latex` plain LaTeX, a fragment or a standalone document; as text to be read on a
        terminal with `form="text"`. Raises `UnknownWireError` and `ArgumentError`.
        """
        if (
            form not in ("fragment", "standalone", "text")
            or (latex and form == "text")
            or (not latex and form[:2] == "st")
        ):
            why = "LaTeX is a fragment or standalone; what is no LaTeX is Markdown or text."
            raise ArgumentError(f"there is no derivation of the form {form!r} here.", why, 'derive(form="text").')
        from gatewise._views.derivation import derivation

        record, there = self._seen(round, unrolled, False), None
        if name is not None:
            record, there = self._looked_up(name, round, unrolled, checks=False)
        text = derivation(record, there, latex=latex, digits=digits_asked(digits), form=form)
        return Told(text) if latex or form == "text" else Markdown(text)

    def to_dot(self, digits: int | None = None, round: Round = None, unrolled: bool = False) -> str:
        """The circuit in Graphviz's language."""
        return str(self._in(DOT, digits=digits, round=round, unrolled=unrolled))

    def to_json(self, round: Round = None, unrolled: bool = False) -> str:
        """The record as JSON."""
        return str(self._in(JSON, round=round, unrolled=unrolled))

    def save(self, path: str | Path, **options: object) -> None:
        """Write the circuit into a file, in the form its name asks for: .svg, .html, .tex, .png, .json or .dot.

        `options` are those of `svg`, `html`, `tex` and `dot`. A PNG needs `pip install 'gatewise[png]'`. Raises
        `SaveError` where the file cannot be written; then nothing is.
        """
        if not isinstance(path, (str, os.PathLike)):
            raise SaveError(f"{path!r} is not the name of a file.", "a name says what is written.", SAVED)
        if (form := form_of(path)) is None:
            what = f"{str(path)[:60]!a} does not say what to write."
            raise SaveError(what, f"a circuit is saved as {', '.join(SUFFIXES)}.", SAVED)
        write_whole(path, self.drawn(form.suffix, **options))

    def drawn(self, suffix: str, **options: Any) -> bytes:
        """What `save` writes into a file with this ending, such as ".png". Raises `ArgumentError`."""
        form = form_of(f"circuit{suffix}")
        if form is None:
            why = f"there are {', '.join(SUFFIXES)}."
            raise ArgumentError(f"nothing is drawn as {suffix!r}.", why, 'c.drawn(".svg").')
        for name in options:
            if name not in form.options:
                taken = ", ".join(form.options) or "no options"
                raise ArgumentError(f"a {form.suffix} file has no {name}.", f"it takes {taken}.", f"leave {name}= out.")
        content = self._in(form, **options)
        return content if isinstance(content, bytes) else content.encode()

    def _in(
        self,
        form: Form,
        /,
        wrt: Wrt = None,
        round: Round = None,
        unrolled: bool = False,
        **options: object,
    ) -> str | bytes:
        """The circuit in a form of file."""
        read = {name: READ[name](value) if name in READ else value for name, value in options.items()}
        return form.draw(self._drawn(self._seen(round, unrolled, self._is_checked(form)), wrt), **read)

    def _is_checked(self, form: Form) -> bool:
        """Whether there are numerical derivatives in a file: in a page of a long loop they would take too long."""
        return form.checks and (form is not HTML or is_short(self._frozen))

    def _drawn(self, record: dict[str, object], wrt: Wrt = None) -> Shown:
        """What a file is drawn of: a record with the gradients that a picture is to show, and what lies beside it."""
        names, has_loops = wanted_names(wrt), bool(record["loops"])
        seen = record if names is None else only(record, [self._name_in(record, name) for name in names])
        return Shown(
            seen,
            lambda: None if has_loops else self._formulas,
            lambda: self._code_or_none(not has_loops),
            lambda: self._rounds.series(record) if has_loops else (),
        )

    def _name_in(self, record: Json, name: str) -> str:
        """What a wire is called in a record; of a loop's the one that stands for it. Raises `UnknownWireError`."""
        found = self._rounds.standing_for(name, tuple(k + 1 for k in rounds_shown(record))) if record["loops"] else None
        return self._name(name) if found is None else found[0]

    def _code_or_none(self, unrolled: bool) -> str | None:
        """The staged code, where the circuit has one: what was cut out of a script may not."""
        try:
            return self.code(unrolled=unrolled)  # unrolled, its lines are lit by their stages
        except GatewiseError:
            return None

    def _name(self, name: str) -> str:
        found: str = self._index.names[self._id(name)]
        return found

    # -------------------------------------------------------------------------------------------------- other circuits

    def cut(self, name: str) -> Circuit:
        """The circuit with this wire made an input and everything to its left left out."""
        return Circuit._of(cut(self._frozen, self._wire(name)), self._folded)

    to_jax, to_torch = to_jax, to_torch

    def fold(self) -> Circuit:
        """The circuit with chains of * and of +, and recognised blocks, as one gate each."""
        return Circuit._of(self._frozen, folded=True, again=self._again)

    def unfold(self) -> Circuit:
        """The circuit with every gate the user wrote."""
        return Circuit._of(self._frozen, again=self._again)

    def _id(self, name: str) -> int:
        """The place of a wire in the record. Raises `ArgumentError` and `UnknownWireError`."""
        if not isinstance(name, str):
            raise ArgumentError(f"{name!r} is not the name of a wire.", "wires go by name.", 'c["x"], or c.wires[0].')
        if name not in self._index.ids:
            raise UnknownWireError(name, self._index.names)
        return self._index.ids[name]

    def _wire(self, name: str) -> Wire:
        """The wire of the circuit that the record shows under this name."""
        shown = self._index.names[self._id(name)]
        return next(wire for wire, known in self._frozen.names.items() if known == shown)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        from gatewise._views.page import element

        shown = self._drawn(self._seen(checks=self._is_checked(HTML)))
        drawn = element(shown.record, shown.formulas(), staged=shown.code(), rounds=shown.rounds())
        return {"text/plain": str(self), "text/html": drawn}


def frozen_of(circuit: Circuit) -> FrozenCircuit:
    """What was recorded, which the circuit shows."""
    return circuit._frozen


def record_of(circuit: Circuit, round: Round = None, unrolled: bool = False) -> dict[str, object]:
    """The record that `json` writes, itself and not a copy: for views, which only read it."""
    return circuit._seen(round, unrolled)
