"""A failing program made smaller: statements and inputs are left out while it still fails in the same way."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from numpy_programs.judging import Functions
from numpy_programs.writing import Program


def shrunk(program: Program, fails: Callable[[Program], bool]) -> Program:
    """The program without whatever it fails without too."""
    width = max(len(program.ops) // 2, 1)
    while width:
        place = len(program.ops) - width
        while place >= -width + 1:
            start = max(place, 0)
            smaller = replace(program, ops=program.ops[:start] + program.ops[start + width :])
            if smaller.ops != program.ops and runs(smaller) and fails(smaller):
                program = smaller
            place -= width
        width //= 2
    return without_inputs(program, fails)


def without_inputs(program: Program, fails: Callable[[Program], bool]) -> Program:
    for name in list(program.inputs):
        fewer = {other: x for other, x in program.inputs.items() if other != name}
        smaller = replace(program, inputs=fewer)
        if fewer and runs(smaller) and fails(smaller):
            program = smaller
    return program


def runs(program: Program) -> bool:
    """Whether plain NumPy still answers the program."""
    with warnings.catch_warnings(), np.errstate(all="raise", under="ignore"):
        warnings.simplefilter("error")
        try:
            Functions(program).total(*program.given())
        except Exception:
            return False
    return True
