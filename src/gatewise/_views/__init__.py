"""What a reader sees of a circuit: ledger, card, picture, page, derivation, all drawn from its record."""

from gatewise._views.card import card as card
from gatewise._views.derivation import derivation as derivation
from gatewise._views.dot import dot as dot
from gatewise._views.groups import Fold as Fold
from gatewise._views.ledger import LedgerRows as LedgerRows
from gatewise._views.ledger import ledger as ledger
from gatewise._views.ledger import ledger_rows as ledger_rows
from gatewise._views.page import element as element
from gatewise._views.page import page as page
from gatewise._views.picture import picture as picture
from gatewise._views.scene import folded as folded
from gatewise._views.tikz import tikz as tikz
