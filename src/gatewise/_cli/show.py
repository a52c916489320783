"""`gatewise show`: from the words that were typed to a circuit, and from the circuit to what is printed."""

from __future__ import annotations

import warnings
import webbrowser
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, cast

import click
import numpy as np

from gatewise._board import Circuit, circuit_of, record_of
from gatewise._cli.notebooks import errors_by_cell, up_to
from gatewise._cli.request import EVERYTHING, STANDARD_OUTPUT, Request, demand_sensible
from gatewise._cli.target import (
    Target,
    as_if_run,
    inputs_given,
    notes_of_warnings,
    target_of,
    with_backward,
    with_functions,
)
from gatewise._cli.terminal import draw_table, fitted, on_terminal, write_fitted, write_out
from gatewise._cli.vary import read_varied, run_at_each, vary_table
from gatewise._cli.walk import walk
from gatewise._errors import (
    ArgumentError,
    AssignmentError,
    CommandError,
    IntegerGradientError,
    ScriptError,
    UnknownInputError,
    UpstreamError,
)
from gatewise._language import parse_value
from gatewise._recording import is_notebook, notebook_in
from gatewise._saving import write_all
from gatewise._types import Json
from gatewise._views import ledger, ledger_rows
from gatewise._views.forms import Form
from gatewise._views.groups import MOST, USUAL


def show(request: Request) -> None:
    """Make the circuit and print what was asked for. Raises `GatewiseError` for whatever is wrong with the request."""
    demand_sensible(request)
    target = up_to(target_of(request.words), request.cell)
    with errors_by_cell(target.path):
        show_target(target, request)


def show_target(target: Target, request: Request) -> None:
    """`show`, of what the first word says."""
    if request.output is not None and not target.is_script:
        cure = "leave it out; the last assignment, or what is returned, is the output."
        raise CommandError("--output is for flat scripts.", f"{target.text} has one output of its own.", cure)
    with notes_of_warnings():
        rng = np.random.default_rng(request.seed)
        given = inputs_given(request.words[1:], rng)
        if request.vary:
            vary(target, given, request)
            return
        circuit = as_asked(recorded_circuit(target, given, request), request)
        drawn = [circuit.drawn(form.suffix, **looks(request, form)) for form, _ in request.files]
        texts = told_by_cell(printed(circuit, request), target)  # before the first file is written
        tell_of_folding(circuit, request)
        deliver(drawn, request)
        present(circuit, request, texts, hints(target, given, request))


def told_by_cell(texts: Sequence[str], target: Target) -> list[str]:
    """What is printed of a notebook, its lines by cell; what of it was not run is a warning."""
    if target.path is None or not is_notebook(target.path):
        return [*texts]
    notebook = notebook_in(target.path)
    broken = [f"cell {cell.number}, {cell.broken}" for cell in notebook.cells if cell.broken and target.is_script]
    for note in [*broken, *notebook.notes]:
        warnings.warn(note, stacklevel=2)
    return [notebook.told(text) for text in texts]


# --------------------------------------------------------------------------------------------------- the circuit


def recorded_circuit(target: Target, given: Mapping[str, object], request: Request) -> Circuit:
    """The circuit, with errors that speak of options."""
    upstream = upstream_of(target, request)
    try:
        with as_if_run(target, request.seed):
            return circuit_of(target.text, (), given, request.wrt, upstream, request.output)
    except UpstreamError as error:
        raise UpstreamError(error.what, error.why, upstream_cure(target)) from None
    except IntegerGradientError as error:
        is_input = "was to get a gradient" in error.what
        point, output = "write its numbers with a point: X=[[1.0, 2.0]].", "return a float computed from the inputs."
        raise IntegerGradientError(error.what, error.why, point if is_input else output) from None
    except (ScriptError, UnknownInputError) as error:
        raise with_functions(error, target, "show") from None
    except (ArgumentError, AssignmentError) as error:
        raise with_backward(error, target, "show") from None


def upstream_of(target: Target, request: Request) -> object:
    """The upstream gradient: nothing, "ones", a value, or the name of one that a script assigns."""
    text = request.upstream
    if text is None or text == "ones":
        return text
    if target.is_script and text.strip().isidentifier():
        return text.strip()
    return parse_value(text, np.random.default_rng(request.seed), "--upstream")


def upstream_cure(target: Target) -> str:
    named = ", --upstream NAME with a gradient that the script assigns," if target.is_script else ""
    return f'--upstream ones (the gradient of the sum){named} or --upstream "[1.0, ...]"; or sum the output.'


def hints(target: Target, given: Mapping[str, object], request: Request) -> list[str]:
    """What a newcomer may wonder about: lists of whole numbers have no gradient."""
    if target.path is not None or request.wrt is not None:
        return []
    whole = [name for name, value in given.items() if isinstance(value, np.ndarray) and value.dtype.kind in "biu"]
    return [f"{name} holds whole numbers: data, without a gradient. Write 1.0 for 1 to get one." for name in whole]


# ---------------------------------------------------------------------------------------------------- what is shown


def as_asked(circuit: Circuit, request: Request) -> Circuit:
    """The circuit as it was asked for: from a cut wire on, chains and blocks as one gate."""
    circuit = circuit if request.cut is None else circuit.cut(request.cut)
    return circuit.fold() if request.folding is True else circuit


def looks(request: Request, form: Form) -> Json:
    """The options of a picture that were given, as far as a file of this form has them."""
    given: dict[str, Any] = {"palette": request.palette, "digits": request.digits, "fold": request.folding}
    given |= {"form": request.form, "round": request.round_asked, "unrolled": request.unrolled or None}
    return {name: value for name, value in given.items() if value is not None and name in form.options}


def tell_of_folding(circuit: Circuit, request: Request) -> None:
    """One line where a picture leaves gates out because there are too many to draw."""
    if not request.has_picture or request.folding not in (None, False):
        return
    record = shown_of(circuit, request)
    gates = len({wire["step"] for wire in record["wires"] if wire["kind"] == "gate"})
    most = USUAL if request.folding is None else MOST
    if gates > most:
        cure = "none draws each" if gates <= MOST else f"{MOST} draws as many as there can be"
        more = f"; --fold {cure}" if most == USUAL else ""
        click.echo(f"note: {gates} gates are drawn as at most {most}{more}.", err=True)


def deliver(drawn: Sequence[bytes], request: Request) -> None:
    """Write what was drawn, all of it drawn before the first file is touched, and say where it is."""
    made = list(zip(drawn, request.files, strict=True))
    write_all([(path, content) for content, (_, path) in made if path != STANDARD_OUTPUT])
    for content, (form, path) in made:
        if path == STANDARD_OUTPUT:
            click.echo(content)
        else:
            click.echo(f"The {form.holds} is in {path}.", err=True)
    if request.opens and request.page is not None and not opened(request.page):
        click.echo(f"There is no browser to open it with here; open {request.page} in one yourself.", err=True)


def opened(path: str) -> bool:
    """Whether a browser could be told to open the file."""
    try:
        return webbrowser.open(Path(path).resolve().as_uri())
    except webbrowser.Error:
        return False


def present(circuit: Circuit, request: Request, texts: Sequence[str], hinted: Sequence[str]) -> None:
    """Print what was asked for; the ledger, where nothing else was."""
    if any(path == STANDARD_OUTPUT for _, path in request.files):
        return
    if request.as_json:
        click.echo(circuit.to_json(request.round_asked, request.unrolled).encode("utf-8"))
    elif request.walk:
        walk(shown_of(circuit, request), request.digits)
    elif texts:
        write_out("\n\n".join(texts))
    else:
        print_ledger(shown_of(circuit, request), request.digits, hinted)


def shown_of(circuit: Circuit, request: Request) -> Json:
    """The record that was asked for: of one round of each loop, or of all."""
    return record_of(circuit, request.round_asked, request.unrolled)


def printed(circuit: Circuit, request: Request) -> list[str]:
    """Cards, code and derivations, in this order."""
    rounds: Any = {"round": request.round_asked, "unrolled": request.unrolled}
    parts = [fitted(circuit.card(name, digits=request.digits, **rounds)) for name in request.cards]
    if request.code is not None:
        style = cast(Literal["code", "notes"], request.code)
        parts.append(circuit.code(style, request.unrolled).rstrip("\n"))
    for name in request.derive:
        parts.append(derivation(circuit, name, request))
    return parts


def derivation(circuit: Circuit, name: str, request: Request) -> str:
    wire = None if name == EVERYTHING else name
    rounds: Any = {"round": request.round_asked, "unrolled": request.unrolled}
    form: Any = request.form_of_derivation or ("text" if on_terminal() and not request.latex else "fragment")
    text = circuit.derive(wire, latex=request.latex, digits=request.digits, form=form, **rounds).rstrip("\n")
    return fitted(text) if form == "text" else text


def print_ledger(record: dict[str, object], digits: int | None, hinted: Sequence[str]) -> None:
    """The ledger: a table on a terminal, text elsewhere."""
    if not on_terminal():
        write_out("\n".join([ledger(record, digits=digits), *hinted]))
        return
    rows = ledger_rows(record, digits=digits)
    right = [column for column in range(len(rows.header)) if rows.is_right_aligned(column)]
    draw_table(rows.header, rows.rows, right)
    write_fitted("\n".join(["", *rows.meaning, *hinted]))


def vary(target: Target, given: Mapping[str, object], request: Request) -> None:
    """Run the circuit at each value of one input, with the same random draws, and print what changed."""
    varied = read_varied(request.vary[0])
    draws = np.random.get_state()  # noqa: NPY002  (scripts draw from it; every row is to find it the same)

    def recorded(inputs: dict[str, object]) -> Circuit:
        np.random.set_state(draws)  # noqa: NPY002
        return as_asked(recorded_circuit(target, inputs, request), request)

    runs = run_at_each(varied, given, recorded)
    table = vary_table(varied, runs, request.digits, is_said=request.wrt is not None)
    draw_table(table.header, table.rows, range(len(table.header)))
    write_fitted("\n".join(["", *table.sentences]))
