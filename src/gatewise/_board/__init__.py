"""What `gw.circuit()` returns: the circuit, its code, its picture and its numbers in one object."""

from gatewise._board.cells import Ran as Ran
from gatewise._board.cells import notebook_run as notebook_run
from gatewise._board.circuits import Circuit as Circuit
from gatewise._board.circuits import frozen_of as frozen_of
from gatewise._board.circuits import record_of as record_of
from gatewise._board.files import FILE as FILE
from gatewise._board.files import function_in_file as function_in_file
from gatewise._board.files import in_folder_of as in_folder_of
from gatewise._board.files import module_in_file as module_in_file
from gatewise._board.reading import MOST_DIGITS as MOST_DIGITS
from gatewise._board.running import circuit as circuit
from gatewise._board.running import circuit_of as circuit_of
from gatewise._board.running import expression_function as expression_function
from gatewise._board.wires import WireView as WireView
