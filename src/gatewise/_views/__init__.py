"""What a reader sees of a circuit: ledger, card, picture, page, derivation, all drawn from its record.

Ledger and card are loaded at once; everything else by its own module, when it is asked for, so that `gatewise show`
starts quickly.
"""

from collections.abc import Mapping

from gatewise._views.card import card as card
from gatewise._views.displayed import Markdown as Markdown
from gatewise._views.displayed import Picture as Picture
from gatewise._views.displayed import Told as Told
from gatewise._views.ledger import LedgerRows as LedgerRows
from gatewise._views.ledger import ledger as ledger
from gatewise._views.ledger import ledger_rows as ledger_rows


def on_paper(record: Mapping[str, object], suffix: str, with_gradients: bool) -> bytes:
    """A worksheet, with blanks for the gradients, or its key, as this ending of a file's name has it."""
    from gatewise._views.worksheet import blanked, in_form

    return in_form(record if with_gradients else blanked(record), suffix)
