"""gatewise: backpropagation, gate by gate."""

from gatewise._board import Board as Board
from gatewise._board import circuit as circuit
from gatewise._derivatives import grad as grad
from gatewise._derivatives import jvp as jvp
from gatewise._derivatives import value_and_grad as value_and_grad
from gatewise._derivatives import vjp as vjp
from gatewise._gates.neural import cross_entropy as cross_entropy
from gatewise._gates.neural import logsumexp as logsumexp
from gatewise._gates.neural import relu as relu
from gatewise._gates.neural import sigmoid as sigmoid
from gatewise._gates.neural import softmax as softmax
from gatewise._gates.neural import softplus as softplus
from gatewise._tensor import Tensor as Tensor
from gatewise._tensor import no_grad as no_grad
from gatewise._tensor import tensor as tensor
