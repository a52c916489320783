"""Loops printed as loops: a circuit as parts, stretches of steps and repeats, each written by itself, then joined.

`bodies` makes one round a circuit of its own, `parts` cuts a circuit, `naming` names what is in them, `writing` writes
one part, `rounds` a loop, `lines` moves lines about by what they bind and read, `freedom` says whether the count may be
another, `program` joins everything and runs it.
"""

from gatewise._source.looped.errors import UnprintedError as UnprintedError
from gatewise._source.looped.program import length_assertions as length_assertions
from gatewise._source.looped.program import looped as looped
