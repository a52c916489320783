"""The idx format, in which MNIST comes: two zeros, a type, the number of axes, their lengths, the bytes."""

from __future__ import annotations

import math

import numpy as np

from gatewise._errors import DataFileError

UNSIGNED_BYTE = 8
AXES = range(1, 5)


def parsed(content: bytes, name: object) -> np.ndarray:
    """Return the unsigned bytes of an idx file as a read-only array; `name` is the file's, for the message.

    >>> parsed(bytes([0, 0, 8, 1, 0, 0, 0, 3, 5, 0, 4]), "labels")
    array([5, 0, 4], dtype=uint8)
    """
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != UNSIGNED_BYTE:
        raise DataFileError.of(name, "an idx file of unsigned bytes", f"one that begins with {content[:4]!r}")
    start = 4 + 4 * content[3]
    shape = [int.from_bytes(content[at : at + 4], "big") for at in range(4, start, 4)]
    if len(shape) not in AXES or 0 in shape:
        raise DataFileError.of(name, "one to four axes, none of length 0", f"the shape {tuple(shape[:8])}")
    if len(content) != start + math.prod(shape):
        expected = f"{' x '.join(map(str, shape))} bytes after its header, which is what the header says"
        raise DataFileError.of(name, expected, f"{max(len(content) - start, 0):,}")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
