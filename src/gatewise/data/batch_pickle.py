"""The pickles CIFAR-10's Python version comes in, read without pickle.

A pickle is a program. `pickletools`, Python's own disassembler, takes it apart without running it; here its
instructions are followed as long as they are among the few the six batches use, with a closed meaning: containers are
built, and the three names of NumPy's that an array is made with are words, never looked up. No instruction that reads
the memo is among them, so nothing can be multiplied: what comes out is never larger than the file. An Unpickler with a
guarded `find_class` would still run the whole machine, and rely on what it lets through being harmless.
"""

from __future__ import annotations

import io
import pickletools
import warnings
from typing import Any

import numpy as np

from gatewise._errors import DataFileError

MARK = object()

RECONSTRUCT, NDARRAY, DTYPE = "numpy.core.multiarray _reconstruct", "numpy ndarray", "numpy dtype"

PLAIN = {"BININT", "BININT1", "BININT2", "BINSTRING", "SHORT_BINSTRING"}  # their argument is what they mean
CONSTANT = {"NONE": None, "NEWFALSE": False, "MARK": MARK}
IGNORED = {"PROTO", "BINPUT", "LONG_BINPUT"}  # what is put into the memo is never taken out
TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


class _RefusedError(Exception):
    """What in a pickle is not of the batches."""


class _Name:
    """One of the three names an array is made with."""

    def __init__(self, text: str) -> None:
        if text not in (RECONSTRUCT, NDARRAY, DTYPE):
            raise _RefusedError(f"the name {text[:60]!a}")
        self.text = text


class _Array:
    """An array, empty until its content comes."""

    content: np.ndarray | None = None


class _Bytes:
    """The dtype of unsigned bytes."""


def parsed(content: bytes, name: object) -> dict[str, object]:
    """Return the dict of a batch: strings, lists of numbers, arrays of bytes. `name` is the file's, for the message."""
    stack: list[Any] = []
    stream = io.BytesIO(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a strange escape in a name makes Python's decoder warn
            for opcode, argument, _ in pickletools.genops(stream):
                if opcode.name != "STOP":  # which is the last
                    _follow(stack, opcode.name, argument)
        if len(stack) != 1 or not isinstance(stack[0], dict):
            raise _RefusedError("no dict")
        if stream.read(1):
            raise _RefusedError("bytes after its end")
    except _RefusedError as refused:
        found = str(refused)
    except (ValueError, IndexError) as error:
        found = f"a pickle that cannot be read: {error}"
    else:
        return {key: each.content if isinstance(each, _Array) else each for key, each in stack[0].items()}
    raise DataFileError.of(name, "a pickled dict of labels and one array of bytes", found)


def _follow(stack: list[Any], opcode: str, argument: Any) -> None:
    if opcode in PLAIN:
        stack.append(argument)
    elif opcode in IGNORED:
        pass
    elif opcode in CONSTANT:
        stack.append(CONSTANT[opcode])
    elif opcode in ("EMPTY_LIST", "EMPTY_DICT"):
        stack.append([] if opcode == "EMPTY_LIST" else {})
    elif opcode in TUPLES:
        stack.append(tuple(_taken(stack, TUPLES[opcode])))
    elif opcode == "TUPLE":
        stack.append(tuple(_since_mark(stack)))
    elif opcode == "APPENDS":
        items = _since_mark(stack)
        _top(stack, list).extend(items)
    elif opcode == "SETITEMS":
        items = _since_mark(stack)
        if len(items) % 2 or not all(type(key) is str for key in items[::2]):
            raise _RefusedError("a dict whose keys are no strings")
        _top(stack, dict).update(zip(items[::2], items[1::2], strict=True))
    elif opcode == "GLOBAL":
        stack.append(_Name(argument))
    elif opcode == "REDUCE":
        stack.append(_called(*_taken(stack, 2)))
    elif opcode == "BUILD":
        target, state = _taken(stack, 2)
        _fill(target, state)
        stack.append(target)
    else:
        raise _RefusedError(f"the instruction {opcode}")


def _taken(stack: list[object], count: int) -> list[object]:
    if len(stack) < count or any(each is MARK for each in stack[-count:]):
        raise _RefusedError("an instruction without its operands")
    taken = stack[-count:]
    del stack[-count:]
    return taken


def _since_mark(stack: list[object]) -> list[object]:
    for at in range(len(stack) - 1, -1, -1):
        if stack[at] is MARK:
            items = stack[at + 1 :]
            del stack[at:]
            return items
    raise _RefusedError("an instruction without its operands")


def _top(stack: list[object], kind: type) -> Any:
    if not stack or type(stack[-1]) is not kind:
        raise _RefusedError(f"something put into what is no {kind.__name__}")
    return stack[-1]


def _called(function: object, arguments: object) -> object:
    """What NumPy's two constructors are called with in the batches, and nothing else."""
    name = function.text if isinstance(function, _Name) else ""
    given = arguments if isinstance(arguments, tuple) and len(arguments) == 3 else (None, None, None)
    if name == RECONSTRUCT and isinstance(given[0], _Name) and given[0].text == NDARRAY:
        return _Array()
    if name == DTYPE and given == ("u1", 0, 1):
        return _Bytes()
    raise _RefusedError("a call")


def _fill(target: object, state: object) -> None:
    """Give an array its shape and content; the state of unsigned bytes says nothing."""
    if isinstance(target, _Bytes):
        return
    if not isinstance(target, _Array) or not isinstance(state, tuple) or len(state) != 5:
        raise _RefusedError("an object with a state of its own")
    _, shape, dtype, by_columns, text = state
    sizes = isinstance(shape, tuple) and len(shape) == 2 and all(type(size) is int and size >= 0 for size in shape)
    if not sizes or not isinstance(dtype, _Bytes) or by_columns is not False or not isinstance(text, str):
        raise _RefusedError("an array that is not one of bytes, row by row")
    target.content = np.frombuffer(text.encode("latin-1"), np.uint8).reshape(shape)  # genops read it as latin-1
