"""What a reader sees of a circuit: ledger, card, picture, page, derivation, all drawn from its record.

Ledger and card are loaded at once; everything else by its own module, when it is asked for, so that `gatewise show`
starts quickly.
"""

from gatewise._views.card import card as card
from gatewise._views.ledger import LedgerRows as LedgerRows
from gatewise._views.ledger import ledger as ledger
from gatewise._views.ledger import ledger_rows as ledger_rows
