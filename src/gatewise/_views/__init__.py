"""What a reader sees of a circuit: the ledger, the card and the picture, all drawn from its record."""

from gatewise._views.card import card as card
from gatewise._views.ledger import LedgerRows as LedgerRows
from gatewise._views.ledger import ledger as ledger
from gatewise._views.ledger import ledger_rows as ledger_rows
from gatewise._views.picture import picture as picture
