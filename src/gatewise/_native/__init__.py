"""Native code by LLVM, where llvmlite is installed: machine code kept on disk, and exp and its like.

`mathematics` is imported by whoever builds LLVM code, once `machine()` says that there is llvmlite.
"""

from gatewise._native.llvm import Library as Library
from gatewise._native.llvm import Unavailable as Unavailable
from gatewise._native.llvm import library as library
from gatewise._native.llvm import machine as machine
