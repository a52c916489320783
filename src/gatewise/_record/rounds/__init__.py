"""Loops in a record: one round stands for all, with what comes in, comes round and leaves as wires of their own.

`loops` says which repeats of a circuit are shown so and what their wires are called, `texts` writes down one round,
`numbers` has values and gradients of any round, `record` puts a record together, `columns` has the numbers of all
rounds.
"""

from gatewise._record.rounds.columns import series as series
from gatewise._record.rounds.folded import folded_record_of_round as folded_record_of_round
from gatewise._record.rounds.loops import SMALL as SMALL
from gatewise._record.rounds.loops import Loop as Loop
from gatewise._record.rounds.loops import chain_of as chain_of
from gatewise._record.rounds.loops import kept_loops as kept_loops
from gatewise._record.rounds.numbers import Numbers as Numbers
from gatewise._record.rounds.numbers import trouble_in as trouble_in
from gatewise._record.rounds.record import Writing as Writing
from gatewise._record.rounds.record import record_of_round as record_of_round
