"""gatewise: backpropagation, gate by gate.

It writes the backward pass you would have written by hand, shows every number in it, and tells you if it is wrong.
"""

import importlib
import typing

from gatewise._derivatives import grad as grad
from gatewise._derivatives import jvp as jvp
from gatewise._derivatives import value_and_grad as value_and_grad
from gatewise._derivatives import vjp as vjp
from gatewise._errors import GatewiseError as GatewiseError
from gatewise._gates.neural import cross_entropy as cross_entropy
from gatewise._gates.neural import logsumexp as logsumexp
from gatewise._gates.neural import relu as relu
from gatewise._gates.neural import sigmoid as sigmoid
from gatewise._gates.neural import softmax as softmax
from gatewise._gates.neural import softplus as softplus
from gatewise._tensor import Tensor as Tensor
from gatewise._tensor import no_grad as no_grad
from gatewise._tensor import tensor as tensor

if typing.TYPE_CHECKING:
    from gatewise import testing as testing
    from gatewise._board import Circuit as Circuit
    from gatewise._board import circuit as circuit
    from gatewise._check.report import Report as Report
    from gatewise._check.verdict import check as check

#: Public rooms, loaded when they are first asked for: `gw.nn` needs no import of its own.
NAMESPACES = ("course", "data", "nn", "optim", "testing", "train")


def __getattr__(name: str) -> object:
    """Load pictures, printer, language and namespaces when they are first asked for; find gates by name.

    A gate of ours that is declared in a file of `_gates` needs no other line anywhere to be called as `gw.name`.
    """
    if name in ("Circuit", "circuit"):
        from gatewise import _board

        globals().update(Circuit=_board.Circuit, circuit=_board.circuit)
        return globals()[name]
    if name in ("Report", "check"):
        from gatewise import _check

        globals().update(Report=_check.Report, check=_check.check)
        return globals()[name]
    if name in NAMESPACES:
        return importlib.import_module(f"gatewise.{name}")
    from gatewise import _gates

    gate = _gates.NAMES.get(name)
    if gate is not None and gate.own:
        return gate
    if name.startswith("_"):
        raise AttributeError(f"module 'gatewise' has no attribute {name!r}")
    from gatewise import _advice

    raise _advice.missing(name, [*globals(), *NAMESPACES, "check", "circuit"])
