"""A circuit and its backward pass as one flat list of operations: plain data, checked, run by NumPy, written as JSON.

A program names no tape, no user's line and no derivative. What computes circuits elsewhere (the script of a page, a
compiler, another engine) takes it as it is.
"""

from gatewise._program.building import Builder as Builder
from gatewise._program.building import NotTold as NotTold
from gatewise._program.building import program_of as program_of
from gatewise._program.circuits import circuit_from_json as circuit_from_json
from gatewise._program.circuits import circuit_to_json as circuit_to_json
from gatewise._program.passes import PASSES as PASSES
from gatewise._program.program import PART as PART
from gatewise._program.program import At as At
from gatewise._program.program import Constant as Constant
from gatewise._program.program import Given as Given
from gatewise._program.program import Guard as Guard
from gatewise._program.program import Op as Op
from gatewise._program.program import Operand as Operand
from gatewise._program.program import Program as Program
from gatewise._program.program import ProgramError as ProgramError
from gatewise._program.program import roots as roots
from gatewise._program.program import uses as uses
from gatewise._program.program import verify as verify
from gatewise._program.reference import OPERATORS as OPERATORS
from gatewise._program.reference import as_gate_takes as as_gate_takes
from gatewise._program.reference import evaluate as evaluate
from gatewise._program.reference import values_of as values_of
from gatewise._program.rewriting import Pass as Pass
from gatewise._program.rewriting import needed as needed
from gatewise._program.rewriting import op_placed as op_placed
from gatewise._program.rewriting import rewired as rewired
from gatewise._program.written import Written as Written
from gatewise._program.written import from_json as from_json
from gatewise._program.written import operand_written as operand_written
from gatewise._program.written import to_json as to_json
