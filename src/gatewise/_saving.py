"""Writing files: all of a file or nothing of it."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from gatewise._errors import SaveError

Piece = bytes | memoryview

UNFINISHED = ".gatewise-{}.unfinished"  # the name of a file while it is written, in the folder it is meant for
ABANDONED = 3600.0  # seconds after which nobody is taken to be writing such a file any more
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NO_LINKS = (errno.EPERM, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EMLINK)


def write_whole(path: str | Path, content: bytes | Iterable[Piece], *, keep_previous: bool = False) -> None:
    """Write a file at once: where anything fails, or the process is killed, what stood there before still does.

    `content` may come in pieces. It is on the disk before it gets the name. With `keep_previous`, what stood there
    before is kept under `previous_of(path)`, and what killed processes left half written is removed. Raises `SaveError`
    where the file cannot be written.
    """
    pieces = [content] if isinstance(content, bytes) else content
    try:
        target = Path(path).resolve()
        if target.exists() and not target.is_file() and not target.is_dir():
            with target.open("wb") as device:  # a device or a pipe has no neighbour to rename
                _write(device.fileno(), pieces)
            return
        if target.exists() and not os.access(target, os.W_OK):
            raise PermissionError(0, "the file may not be written")
        if not Path(path).name or target.is_dir():
            raise IsADirectoryError(0, "it is the name of a folder" if str(path) else "it has no name")
        if keep_previous:
            _remove_abandoned(target.parent)
        with _neighbour(target) as beside:
            with beside.open("xb") as file:
                _write(file.fileno(), pieces)
                os.fsync(file.fileno())
            if target.exists():
                beside.chmod(target.stat().st_mode)
                if keep_previous:
                    _keep(target)
            beside.replace(target)
        _sync_folder(target.parent)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        shown = ascii(str(path)[:60])
        full = isinstance(error, OSError) and error.errno in FULL
        cure = (
            "free some space; what stood there before still does."
            if full
            else "the name of a file in a folder of yours."
        )
        raise SaveError(f"{shown} cannot be written.", f"{reason}.", cure) from None


def previous_of(path: str | Path) -> Path:
    """Return the name under which `write_whole` keeps what stood at `path` before."""
    target = Path(path).resolve()
    return target.with_name(target.name + ".previous")


def _remove_abandoned(folder: Path) -> None:
    """Remove what killed processes left half written in a folder."""
    for file in folder.glob(UNFINISHED.format("*")):
        with contextlib.suppress(OSError):
            if time.time() - file.stat().st_mtime > ABANDONED:
                file.unlink()


def _write(descriptor: int, pieces: Iterable[Piece]) -> None:
    """Write all pieces; the system may take a part of one at a time."""
    for piece in pieces:
        rest = memoryview(piece)
        while rest:
            rest = rest[os.write(descriptor, rest) :]


def _keep(target: Path) -> None:
    """Give what stands at `target` a second name; at no moment is there less than one whole file."""
    previous = previous_of(target)
    with _neighbour(previous) as second:
        try:
            os.link(target, second)
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
            target.replace(previous)  # a file system without links: for a moment the previous file is all there is
        else:
            second.replace(previous)


def _sync_folder(folder: Path) -> None:
    """Make the new name as lasting as the content, where folders can be synced (Windows and some networks cannot)."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def _neighbour(target: Path) -> Iterator[Path]:
    """A file of another name in the same folder, gone afterwards."""
    beside = target.with_name(UNFINISHED.format(secrets.token_hex(8)))
    try:
        yield beside
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
