"""What stops a loop from being printed as one."""

from __future__ import annotations


class UnprintedError(Exception):
    """Loops that are printed unrolled; the message is the reason, as users read it."""
