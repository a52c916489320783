"""Files of known length and checksum, read whole and only when they are what they should be."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from pathlib import Path
from typing import IO

from gatewise._errors import DataFileError
from gatewise.data.sums import Sum

GZIP = b"\x1f\x8b"


def verified(path: Path, known: Sum) -> bytes:
    """Return the content of a file whose length and SHA-256 are known; `DataFileError` for any other.

    A gzipped file is unpacked, and never further than the known length: what is packed inside is not believed.
    """
    try:
        with path.open("rb") as file:
            return unpacked(file, path, known)
    except OSError as error:
        raise DataFileError.of(path, "a file", f"one that cannot be read: {error.strerror}") from None


def unpacked(file: IO[bytes], name: object, known: Sum) -> bytes:
    """Return what is in an open file, gzipped or not; `name` is what messages call it."""
    zipped = file.read(len(GZIP)) == GZIP
    file.seek(0)
    if not zipped:
        return compared(file.read(known.size + 1), name, known)
    try:
        with gzip.GzipFile(fileobj=file) as inside:
            content = inside.read(known.size + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataFileError.of(name, "a gzipped file", f"one that cannot be unpacked: {error}") from None
    return compared(content, name, known)


def compared(content: bytes, name: object, known: Sum) -> bytes:
    """Return the content where its length and SHA-256 are the known ones."""
    if len(content) != known.size:
        found = f"{len(content):,}" if len(content) < known.size else "more"
        raise DataFileError.of(name, f"{known.size:,} bytes", found)
    digest = hashlib.sha256(content).hexdigest()
    if digest != known.sha256:
        raise DataFileError.of(name, f"the SHA-256 {known.sha256}", digest)
    return content
