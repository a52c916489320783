"""NumPy's, SciPy's and math's names, answered by the gates: for the functions that derivatives are taken of.

A twin does on plain values exactly what the original does, and hands Tensors to gates. What a function sees around it
is replaced by identity of the object, in a copy of its globals: nothing global is changed.
"""

from gatewise._twins.modules import MATH_TWIN as MATH_TWIN
from gatewise._twins.modules import scipys as scipys
from gatewise._twins.modules import twin_of_module as twin_of_module
from gatewise._twins.modules import twins_among as twins_among
from gatewise._twins.seeing import seen as seen
