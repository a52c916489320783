"""Loops that are found in a recording: which rounds apply the same gates, and what each of them is given.

`regions` says which steps stand in which run of a loop and cuts them into rounds, `counting` works out how often the
loop went round, `slots` takes steps apart, `sorting` says of every operand where it comes from, `starting` does what
NumPy did before the first round, `finding` puts it together, and `found` looks once.
"""

from gatewise._loops.before import literal_before as literal_before
from gatewise._loops.elements import fills as fills
from gatewise._loops.found import repeats as repeats
from gatewise._loops.regions import loops_around as loops_around
from gatewise._loops.slots import node_of as node_of
from gatewise._loops.slots import same_bits as same_bits
from gatewise._loops.slots import slots as slots
from gatewise._loops.slots import with_slots as with_slots
