"""The Tensor: what the user holds in place of a number or an array while derivatives are taken through it.

`carrier` is the class, `asking` what is asked of it; `applying` makes steps, to which `protocols`, `operators` and
`arrays` lead from NumPy's calls, from signs and from ndarray's names; `making` and `changing` are for the values that
computations start from.
"""

from gatewise._circuit import no_grad as no_grad
from gatewise._tensor.applying import UNHURRIED as UNHURRIED
from gatewise._tensor.applying import apply as apply
from gatewise._tensor.applying import apply1 as apply1
from gatewise._tensor.applying import apply2 as apply2
from gatewise._tensor.applying import standing_in as standing_in
from gatewise._tensor.arrays import METHODS as METHODS
from gatewise._tensor.arrays import by_rows as by_rows
from gatewise._tensor.asking import BACKWARD as BACKWARD
from gatewise._tensor.asking import STOPPED as STOPPED
from gatewise._tensor.asking import described as described
from gatewise._tensor.asking import gradient_of as gradient_of
from gatewise._tensor.asking import is_kept as is_kept
from gatewise._tensor.asking import upstream_for as upstream_for
from gatewise._tensor.asking import whole_number as whole_number
from gatewise._tensor.assigning import Base as Base
from gatewise._tensor.binomial import Binomial as Binomial
from gatewise._tensor.carrier import Tensor as Tensor
from gatewise._tensor.carrier import Values as Values
from gatewise._tensor.changing import change as change
from gatewise._tensor.layouts import laid_out as laid_out
from gatewise._tensor.lists import LISTS as LISTS
from gatewise._tensor.lists import gathered as gathered
from gatewise._tensor.lists import has_tensor as has_tensor
from gatewise._tensor.making import leaf as leaf
from gatewise._tensor.making import taken_over as taken_over
from gatewise._tensor.making import tensor as tensor
from gatewise._tensor.making import variable as variable
from gatewise._tensor.operators import FORWARDS as FORWARDS
from gatewise._tensor.operators import SIGNS as SIGNS
from gatewise._tensor.parameters import Kept as Kept
from gatewise._tensor.protocols import QUESTIONS as QUESTIONS
from gatewise._tensor.protocols import by_function as by_function
from gatewise._tensor.revolving import recomputing_by as recomputing_by
from gatewise._tensor.writing import IN_PLACE as IN_PLACE
