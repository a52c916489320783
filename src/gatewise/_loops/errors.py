"""What stops the search of one loop: it stays unrolled, for this reason."""

from __future__ import annotations

FEWEST = 3  # rounds: one of them is neither first nor last


class IrregularError(Exception):
    """A loop whose rounds are not known to be the same; the message is the reason, as users read it."""

    short = False


class ShortError(IrregularError):
    """A loop of so few rounds that nothing is gained."""

    short = True


class UntoldError(IrregularError):
    """How often a loop goes round is not told by the arguments."""
