"""Running a function on Tensors, and freezing what it did: names, stages, branches taken."""

from gatewise._recording.constants import NotPlainError as NotPlainError
from gatewise._recording.constants import PlainNames as PlainNames
from gatewise._recording.constants import assignments as assignments
from gatewise._recording.constants import function_node as function_node
from gatewise._recording.constants import said as said
from gatewise._recording.constants import same as same
from gatewise._recording.constants import stored as stored
from gatewise._recording.lists import Filled as Filled
from gatewise._recording.lists import length_of as length_of
from gatewise._recording.operands import is_typed_number as is_typed_number
from gatewise._recording.operands import operand_nodes as operand_nodes
from gatewise._recording.operands import parameter_node as parameter_node
from gatewise._recording.operands import says as says
from gatewise._recording.outcomes import plainly as plainly
from gatewise._recording.places import Loop as Loop
from gatewise._recording.places import Span as Span
from gatewise._recording.places import Statement as Statement
from gatewise._recording.places import expression_at as expression_at
from gatewise._recording.places import loops_at as loops_at
from gatewise._recording.places import places_of as places_of
from gatewise._recording.places import source_of as source_of
from gatewise._recording.places import span_of as span_of
from gatewise._recording.places import spans as spans
from gatewise._recording.places import spot as spot
from gatewise._recording.places import spots as spots
from gatewise._recording.places import statement_at as statement_at
