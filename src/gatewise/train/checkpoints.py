"""Checkpoints: everything a training run needs to go on, in one file without pickle.

The file: a line that says what it is, the length of the header, the header (JSON: the nested state, with each array as
a number, and each array's dtype and shape), the arrays one after the other, and the SHA-256 of all of it.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import math
import os
import re
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from gatewise._errors import CheckpointError, shown_path
from gatewise._saving import Piece, write_whole
from gatewise._saving import previous_of as previous_of
from gatewise._types import Json

MAGIC = b"gatewise checkpoint 1\n"
LENGTH = 8  # bytes of the header's length, the smallest first
DIGEST = hashlib.sha256().digest_size
BLOCK = 1 << 20

DEEPEST = 100  # dicts and lists within each other; what is saved can be read without deep recursion
LARGEST = 4096  # bits of a whole number; the states of NumPy's generators have 128
DTYPE = re.compile(r"[<>|][biufc](1|2|4|8|12|16|24|32)")


def save(path: str | Path, state: dict[str, object]) -> None:
    """Write nested dicts, lists and tuples of arrays, numbers, strings, booleans and None into one file.

    The file is complete on the disk before it takes the name, and what stood there before is kept as `path.previous`:
    whatever happens, the newest or the previous checkpoint loads. Raises `CheckpointError` for what it cannot hold and
    `SaveError` where the file cannot be written.

    >>> import tempfile, os
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> path = os.path.join(tempfile.mkdtemp(), "last.checkpoint")
    >>> save(path, {"W": np.ones((2, 3)), "rate": 0.1, "rng": rng.bit_generator.state})
    >>> load(path)["rng"] == rng.bit_generator.state
    True
    """
    if not isinstance(state, dict):
        raise CheckpointError(f"the state is {_kind(state)}.", "a checkpoint is a dict.", "save(path, {'model': ...}).")
    arrays: list[np.ndarray] = []
    tree = _packed(state, "state", arrays, 0)
    header = json.dumps({"state": tree, "arrays": [_described(array) for array in arrays]}, allow_nan=False).encode()
    write_whole(path, _pieces(header, arrays), keep_previous=True)


def load(path: str | Path) -> Json:
    """Read a checkpoint whose checksum is right; `CheckpointError` for any other file.

    Nothing in the file is believed before its checksum was found right, and no array is made that it has no bytes for.
    """
    try:
        if not os.path.isfile(path):
            raise _DamageError("there is no such file")
        with Path(path).open("rb") as file:
            return _read(file)
    except _DamageError as damage:
        reason = str(damage)
    except OSError as error:
        reason = error.strerror or str(error)
    before = _before(path)
    cure = f"load {shown_path(before)}, the one before." if before else "the path of a checkpoint that is whole."
    raise CheckpointError(f"{shown_path(path)} cannot be loaded as a checkpoint.", f"{reason}.", cure)


def newest(path: str | Path) -> tuple[dict[str, Any], Path]:
    """Load the checkpoint at `path` or, where that is damaged or missing, the one before; and say which it was."""
    try:
        return load(path), Path(path)
    except CheckpointError:
        before = _before(path)
        if before is None:
            raise
        return load(before), before


def _before(path: str | Path) -> Path | None:
    """The checkpoint that was kept when the one at `path` was written."""
    with contextlib.suppress(OSError, ValueError):
        if (previous := previous_of(path)).is_file():
            return previous
    return None


class _DamageError(Exception):
    """What is wrong with a file."""


# --------------------------------------------------------------------------------------------------------- writing


def _packed(value: Any, place: str, arrays: list[np.ndarray], depth: int) -> object:
    """Return `value` as JSON: an object with one key says what JSON has no word for."""
    if depth > DEEPEST:
        raise CheckpointError(
            f"{place[:80]}... lies {depth} levels deep.", "it may contain itself.", "a flatter state."
        )
    kind = type(value)
    if value is None or kind in (bool, str):
        return value
    if kind is int and value.bit_length() <= LARGEST:
        return value
    if kind is float:
        return value if math.isfinite(value) else {"float": repr(value)}
    if kind is list:
        return [_packed(each, f"{place}[{k}]", arrays, depth + 1) for k, each in enumerate(value)]
    if kind is tuple:
        return {"tuple": [_packed(each, f"{place}[{k}]", arrays, depth + 1) for k, each in enumerate(value)]}
    if isinstance(value, dict):
        return {"dict": [_packed_pair(key, each, place, arrays, depth) for key, each in value.items()]}
    if kind is np.ndarray and value.dtype.kind in "biufc":
        arrays.append(value)
        return {"array": len(arrays) - 1}
    if isinstance(value, np.generic) and value.dtype.kind in "biufc":
        arrays.append(np.asarray(value))
        return {"scalar": len(arrays) - 1}
    raise CheckpointError(
        f"{place} is {_kind(value)}, which a checkpoint cannot hold.",
        "it holds arrays of numbers, numbers, strings, booleans and None, in dicts, lists and tuples.",
        "its state_dict(), t.numpy() for a Tensor, rng.bit_generator.state for a generator.",
    )


def _packed_pair(key: object, value: object, place: str, arrays: list[np.ndarray], depth: int) -> list[object]:
    if type(key) not in (str, int):
        cure = "str(key)."
        raise CheckpointError(f"{place} has the key {key!r:.60}.", "a key is a string or a whole number.", cure)
    return [_packed(key, f"a key of {place}", arrays, depth), _packed(value, f"{place}[{key!r}]", arrays, depth + 1)]


def _kind(value: object) -> str:
    """What a value is, in words: `a Tensor`, `an array of object`."""
    if type(value) is np.ndarray:
        return f"an array of {value.dtype}"
    if type(value) is int:
        return f"a whole number of {value.bit_length()} bits"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def _described(array: np.ndarray) -> dict[str, object]:
    """What an array needs to be made again. Its order in memory matters to the last bit of matrix products."""
    return {"dtype": array.dtype.str, "shape": list(array.shape), "order": _order(array)}


def _order(array: np.ndarray) -> str:
    return "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"


def _pieces(header: bytes, arrays: list[np.ndarray]) -> Iterator[Piece]:
    """Yield the content of the file, its checksum last."""
    digest = hashlib.sha256()
    start: list[Piece] = [MAGIC, len(header).to_bytes(LENGTH, "little"), header]
    for piece in itertools.chain(start, map(_bytes_of, arrays)):
        digest.update(piece)
        yield piece
    yield digest.digest()


def _bytes_of(array: np.ndarray) -> memoryview:
    """The numbers of an array as bytes; copied only where they do not lie side by side."""
    side_by_side = np.ascontiguousarray(array.T if _order(array) == "F" else array)
    return side_by_side.reshape(-1).view(np.uint8).data


# --------------------------------------------------------------------------------------------------------- reading


def _read(file: BufferedReader) -> dict[str, object]:
    size = os.fstat(file.fileno()).st_size
    if file.read(len(MAGIC)) != MAGIC:
        raise _DamageError(f"it does not begin with {MAGIC.decode().strip()!r}")
    if size < len(MAGIC) + LENGTH + DIGEST:
        raise _DamageError(f"it has {size:,} bytes and is cut short")
    _compare_digest(file, size)
    file.seek(len(MAGIC))
    length = int.from_bytes(file.read(LENGTH), "little")
    room = size - file.tell() - DIGEST
    if length > room:
        raise _DamageError(f"its header says that it has {length:,} bytes, and there is room for {room:,}")
    try:
        header = json.loads(file.read(length), parse_constant=_no_constant)
        arrays = _arrays(file, header["arrays"], room - length)
        state = _unpacked(header["state"], arrays)
    except (ValueError, TypeError, KeyError, IndexError, RecursionError, OverflowError) as error:
        raise _DamageError(f"its header is not one of a checkpoint ({type(error).__name__})") from None
    if not isinstance(state, dict):
        raise _DamageError("it does not hold a dict")
    return state


def _compare_digest(file: BufferedReader, size: int) -> None:
    """Hash all but the end of the file and compare with the end."""
    digest, left = hashlib.sha256(MAGIC), size - len(MAGIC) - DIGEST
    while left:
        block = file.read(min(BLOCK, left))
        if not block:
            raise _DamageError("it became shorter while it was read")
        digest.update(block)
        left -= len(block)
    if file.read(DIGEST) != digest.digest():
        raise _DamageError("its content does not have the checksum it ends with: it is damaged or cut short")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _arrays(file: BufferedReader, described: list[dict[str, Any]], room: int) -> list[np.ndarray]:
    """Read the arrays; the room they say they take is compared with the file's before any is made."""
    wanted = [(_dtype(each["dtype"]), _shape(each["shape"]), each["order"] == "F") for each in described]
    takes = sum(dtype.itemsize * math.prod(shape) for dtype, shape, _ in wanted)
    if takes != room:
        raise _DamageError(f"its header says that its arrays take {takes:,} bytes, and they take {room:,}")
    return [_array(file, *each) for each in wanted]


def _array(file: BufferedReader, dtype: np.dtype, shape: tuple[int, ...], turned: bool) -> np.ndarray:
    array = np.empty(shape[::-1] if turned else shape, dtype)
    numbers = array.reshape(-1).view(np.uint8)
    if file.readinto(numbers.data) != numbers.size:
        raise _DamageError("it became shorter while it was read")
    if dtype.kind == "b" and numbers.size and numbers.max() > 1:
        raise _DamageError("an array of booleans holds something else")
    return array.T if turned else array


def _dtype(text: str) -> np.dtype:
    if not DTYPE.fullmatch(text):
        raise ValueError(text)
    return np.dtype(text)


def _shape(sizes: list[int]) -> tuple[int, ...]:
    if len(sizes) > 64 or not all(type(size) is int and size >= 0 for size in sizes):
        raise ValueError(sizes)
    return tuple(sizes)


def _unpacked(node: object, arrays: list[np.ndarray]) -> object:
    """The value that `_packed` was given."""
    if isinstance(node, list):
        return [_unpacked(each, arrays) for each in node]
    if not isinstance(node, dict):
        return node
    ((kind, inner),) = node.items()
    if kind == "dict":
        return {_key(key): _unpacked(value, arrays) for key, value in inner}
    if kind == "tuple":
        return tuple(_unpacked(each, arrays) for each in inner)
    if kind == "float":
        return {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}[inner]
    if kind in ("array", "scalar") and type(inner) is int and inner >= 0:
        return arrays[inner] if kind == "array" else arrays[inner][()]
    raise ValueError(kind)


def _key(key: object) -> str | int:
    if isinstance(key, bool) or not isinstance(key, (str, int)):
        raise TypeError(key)
    return key
