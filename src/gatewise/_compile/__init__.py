"""`gw.compile`: a function's circuit as straight Python and NumPy, with a guard wherever Python read."""

from gatewise._compile.calling import compile as compile
from gatewise._compile.errors import CompileError as CompileError
