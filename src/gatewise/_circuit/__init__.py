"""The tape and the frozen record of a run: wires, steps, circuits, and the bits that keep derivatives apart.

While a function runs, every gate that carries a gradient leaves one `Wire`, fused with the step that made it and
pointing backwards only, so that reference counting frees it. A recording keeps a `SourcedWire`, which also has an
`Expr`, what made it: gate, operands, and the place in the user's code. A `FrozenCircuit` is what a run left, complete
and checked; the `Circuit` that a user holds (`_board`) shows one.
"""

from gatewise._circuit.bits import CLOSED as CLOSED
from gatewise._circuit.bits import Attended as Attended
from gatewise._circuit.bits import Bit as Bit
from gatewise._circuit.bits import Open as Open
from gatewise._circuit.bits import closed_bits as closed_bits
from gatewise._circuit.bits import lent as lent
from gatewise._circuit.bits import no_grad as no_grad
from gatewise._circuit.bits import open_bits as open_bits
from gatewise._circuit.frozen import Block as Block
from gatewise._circuit.frozen import CircuitError as CircuitError
from gatewise._circuit.frozen import FrozenCircuit as FrozenCircuit
from gatewise._circuit.frozen import Input as Input
from gatewise._circuit.frozen import Said as Said
from gatewise._circuit.frozen import Stage as Stage
from gatewise._circuit.frozen import verify as verify
from gatewise._circuit.recognition import Closed as Closed
from gatewise._circuit.recognition import inside_block as inside_block
from gatewise._circuit.recognition import may_close as may_close
from gatewise._circuit.recognition import recognise as recognise
from gatewise._circuit.repeats import Counting as Counting
from gatewise._circuit.repeats import Delay as Delay
from gatewise._circuit.repeats import Element as Element
from gatewise._circuit.repeats import Moved as Moved
from gatewise._circuit.repeats import MovedBy as MovedBy
from gatewise._circuit.repeats import Repeat as Repeat
from gatewise._circuit.repeats import Slot as Slot
from gatewise._circuit.repeats import Unrolled as Unrolled
from gatewise._circuit.repeats import verify_repeat as verify_repeat
from gatewise._circuit.tape import NO_PARAMETERS as NO_PARAMETERS
from gatewise._circuit.tape import Made as Made
from gatewise._circuit.tape import Ports as Ports
from gatewise._circuit.tape import Read as Read
from gatewise._circuit.tape import SourcedWire as SourcedWire
from gatewise._circuit.tape import VariableWire as VariableWire
from gatewise._circuit.tape import Wire as Wire
from gatewise._circuit.tape import detached as detached
from gatewise._circuit.tape import holding as holding
from gatewise._circuit.tape import identity as identity
from gatewise._circuit.tape import made_as_written as made_as_written
from gatewise._circuit.tape import parents_as_written as parents_as_written
from gatewise._circuit.tape import part_of as part_of
from gatewise._circuit.tape import placed as placed
from gatewise._circuit.tape import port as port
from gatewise._circuit.tape import seen as seen
from gatewise._circuit.tape import sources_of as sources_of
from gatewise._circuit.tape import step_of as step_of
from gatewise._circuit.tape import tick as tick
from gatewise._circuit.tape import unknown_behind as unknown_behind
from gatewise._circuit.tape import wires_in as wires_in
from gatewise._circuit.tape import with_wires as with_wires
from gatewise._gates import Expr as Expr
from gatewise._gates import Place as Place
from gatewise._gates import Where as Where
