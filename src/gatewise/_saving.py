"""Writing files: all of a file or nothing of it."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from gatewise._errors import SaveError


def write_whole(path: str | Path, content: bytes) -> None:
    """Write a file by its name at once: where anything fails, what stood there before still does.

    Raises `SaveError` where it cannot be written.
    """
    try:
        target = Path(path).resolve()
        if target.exists() and not target.is_file() and not target.is_dir():
            target.write_bytes(content)  # a device or a pipe has no neighbour to rename
            return
        if target.exists() and not os.access(target, os.W_OK):
            raise PermissionError(0, "the file may not be written")
        if not Path(path).name or target.is_dir():
            raise IsADirectoryError(0, "it is the name of a folder" if str(path) else "it has no name")
        with _neighbour(target) as beside:
            beside.write_bytes(content)
            if target.exists():
                beside.chmod(target.stat().st_mode)
            beside.replace(target)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        shown = ascii(str(path)[:60])
        cure = "a file name in a folder of yours, such as circuit.svg."
        raise SaveError(f"{shown} cannot be written.", f"{reason}.", cure) from None


@contextlib.contextmanager
def _neighbour(target: Path) -> Iterator[Path]:
    """A file of another name in the same folder, gone afterwards."""
    beside = target.with_name(f".{secrets.token_hex(8)}{target.suffix}")
    try:
        yield beside
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
