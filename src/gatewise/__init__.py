"""gatewise: backpropagation, gate by gate.

It writes the backward pass you would have written by hand, shows every number in it, and tells you if it is wrong.
"""

import importlib as _importlib
import typing as _typing

from gatewise._derivatives import grad as grad
from gatewise._derivatives import jvp as jvp
from gatewise._derivatives import value_and_grad as value_and_grad
from gatewise._derivatives import vjp as vjp
from gatewise._errors import GatewiseError as GatewiseError
from gatewise._tensor import Binomial as Binomial
from gatewise._tensor import Tensor as Tensor
from gatewise._tensor import no_grad as no_grad
from gatewise._tensor import tensor as tensor
from gatewise._transposes import elementwise_grad as elementwise_grad
from gatewise._transposes import hessian as hessian
from gatewise._transposes import hvp as hvp
from gatewise._transposes import jacobian as jacobian
from gatewise._transposes import linearize as linearize
from gatewise._transposes import stop_gradient as stop_gradient

if _typing.TYPE_CHECKING:  # what is loaded when it is first asked for
    from gatewise import course as course
    from gatewise import data as data
    from gatewise import nn as nn
    from gatewise import numpy as numpy
    from gatewise import optim as optim
    from gatewise import scipy as scipy
    from gatewise import testing as testing
    from gatewise import train as train
    from gatewise._board import Circuit as Circuit
    from gatewise._board import circuit as circuit
    from gatewise._check import Report as Report
    from gatewise._check import check as check
    from gatewise._compile import compile as compile

if _typing.TYPE_CHECKING:  # gates of our own: written by `python -m tools.pages`
    from gatewise._gates.own import affine as affine
    from gatewise._gates.own import batch_norm as batch_norm
    from gatewise._gates.own import conv2d as conv2d
    from gatewise._gates.own import conv2d_input as conv2d_input
    from gatewise._gates.own import conv2d_weight as conv2d_weight
    from gatewise._gates.own import cross_entropy as cross_entropy
    from gatewise._gates.own import logsumexp as logsumexp
    from gatewise._gates.own import max_pool2d as max_pool2d
    from gatewise._gates.own import max_pool2d_input as max_pool2d_input
    from gatewise._gates.own import max_pool2d_picked as max_pool2d_picked
    from gatewise._gates.own import product_of_others as product_of_others
    from gatewise._gates.own import relu as relu
    from gatewise._gates.own import sigmoid as sigmoid
    from gatewise._gates.own import softmax as softmax
    from gatewise._gates.own import softplus as softplus

#: Public rooms: `gw.nn` needs no import of its own.
_NAMESPACES = ("course", "data", "nn", "numpy", "optim", "scipy", "testing", "train")
#: The rooms of names that would load pictures, printer and language.
_ROOMS = {
    "Circuit": "_board",
    "circuit": "_board",
    "Report": "_check",
    "check": "_check",
    "compile": "_compile",
}


def __dir__() -> list[str]:
    """The public names, and no others."""
    from gatewise import _gates

    own = [name for name, gate in _gates.NAMES.items() if gate.own]
    return sorted({*(name for name in globals() if not name.startswith("_")), *_NAMESPACES, *_ROOMS, *own})


if not _typing.TYPE_CHECKING:  # a type checker is to know which names there are

    def __getattr__(name):
        """Load pictures, printer, language and namespaces when they are first asked for; find gates by name.

        A gate of ours that is declared in a file of `_gates` needs no other line anywhere to be called as `gw.name`.
        """
        if name in _ROOMS:
            globals()[name] = getattr(_importlib.import_module(f"gatewise.{_ROOMS[name]}"), name)
            return globals()[name]
        if name in _NAMESPACES:
            return _importlib.import_module(f"gatewise.{name}")
        if name == "__version__":  # stated in pyproject.toml; of a source tree that is not installed there is none
            return _importlib.import_module("importlib.metadata").version("gatewise")
        from gatewise import _gates

        gate = _gates.NAMES.get(name)
        if gate is not None and gate.own:
            globals()[name] = gate
            return gate
        if name.startswith("_"):
            raise AttributeError(f"module 'gatewise' has no attribute {name!r}")
        from gatewise import _advice

        raise _advice.missing(name, __dir__())
