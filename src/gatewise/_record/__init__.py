"""The record of a circuit: values, gradients, uses, events, numerical derivatives. The only input of the views."""

from gatewise._record.checks import CHECKED as CHECKED
from gatewise._record.checks import check as check
from gatewise._record.checks import nothing_checked as nothing_checked
from gatewise._record.circuits import block_rules as block_rules
from gatewise._record.circuits import record as record
from gatewise._record.folding import fold as fold
from gatewise._record.folding import only as only
from gatewise._record.formulas import formulas as formulas
from gatewise._record.rounds import Loop as Loop
from gatewise._record.rounds import Numbers as Numbers
from gatewise._record.rounds import Writing as Writing
from gatewise._record.rounds import chain_of as chain_of
from gatewise._record.rounds import folded_record_of_round as folded_record_of_round
from gatewise._record.rounds import kept_loops as kept_loops
from gatewise._record.rounds import record_of_round as record_of_round
from gatewise._record.rounds import series as series
from gatewise._record.rounds import trouble_in as trouble_in
from gatewise._record.schema import Check as Check
from gatewise._record.schema import Record as Record
from gatewise._record.schema import UseEntry as UseEntry
from gatewise._record.schema import WireEntry as WireEntry
from gatewise._record.written import check_written as check_written
from gatewise._record.written import coarse as coarse
from gatewise._record.written import jsonable as jsonable
