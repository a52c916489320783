"""Worksheets for paper on the command line: the circuit with blanks for its gradients, and its key."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from gatewise._board import Circuit, circuit_of, record_of
from gatewise._cli.asked import RIGHT, CheckRequest
from gatewise._cli.exercises import exercise_named
from gatewise._cli.target import as_if_run, inputs_given, target_of
from gatewise._recording.functions import normalised
from gatewise._saving import write_all
from gatewise._views import on_paper


def write_worksheet(request: CheckRequest) -> int:
    """Write the circuit of an exercise, an expression or a function with blanks; with its gradients, as its key."""
    record = record_of(circuit_asked(request))
    files = [(str(request.to), False), *([(request.key, True)] if request.key is not None else [])]
    write_all([(path, on_paper(record, Path(path).suffix.lower(), is_key)) for path, is_key in files])
    told = f", its key in {request.key}" if request.key is not None else ""
    click.echo(f"The worksheet is in {request.to}{told}.", err=True)
    return RIGHT


def circuit_asked(request: CheckRequest) -> Circuit:
    """The circuit that a worksheet is drawn of."""
    name = str(request.worksheet)
    exercise = exercise_named(name)
    if exercise is not None and not request.words:
        return circuit_of(exercise.forward, (), exercise.inputs, request.wrt or exercise.wrt, "ones", None)
    target = target_of([name], "check")
    given = inputs_given(request.words, np.random.default_rng(request.seed), "check")
    with as_if_run(target, request.seed):
        return circuit_of(target.text, (), {normalised(n): v for n, v in given.items()}, request.wrt, "ones", None)
