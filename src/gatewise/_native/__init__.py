"""Native code by LLVM, where llvmlite is installed: machine code kept on disk, exp and its like, loops as builtins.

llvmlite is loaded by `machine()`; `mathematics`, `steps` and `loops` are imported once that says that it is there.
"""

from gatewise._native.builtins import builtin_of as builtin_of
from gatewise._native.builtins import builtin_of_floats as builtin_of_floats
from gatewise._native.builtins import shared as shared
from gatewise._native.llvm import Library as Library
from gatewise._native.llvm import Unavailable as Unavailable
from gatewise._native.llvm import library as library
from gatewise._native.llvm import machine as machine
from gatewise._native.loop import GATES as GATES
from gatewise._native.loop import TRUTHS as TRUTHS
from gatewise._native.loop import Flagged as Flagged
from gatewise._native.loop import Leaf as Leaf
from gatewise._native.loop import Load as Load
from gatewise._native.loop import Loop as Loop
from gatewise._native.loop import is_of_floats as is_of_floats
from gatewise._native.runner import ELEMENTWISE as ELEMENTWISE
from gatewise._native.runner import MOVED as MOVED
from gatewise._native.runner import Runner as Runner
from gatewise._native.runner import product_of as product_of
