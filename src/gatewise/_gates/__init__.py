"""The gates: `gate` and `families` say what a gate is, every other file only declares gates."""

from typing import TYPE_CHECKING

from gatewise._gates import arithmetic, choices, curves, images, layers, matrices, movement, neural, spelling, totals
from gatewise._gates.families import Stops, custom, elementwise, linear, reduction, stops
from gatewise._gates.fitting import convert, kept_axes, showing
from gatewise._gates.gate import (
    ABSENT,
    CONSTANT,
    GATES,
    NAMES,
    UNASKED,
    WANTED,
    Back,
    Carrier,
    Derivation,
    Derived,
    Gate,
    Pullback,
    key_of,
)  # fmt: skip
from gatewise._gates.images import pair
from gatewise._gates.live import Live, names_an_entry_once, plain, shape_of, without_mask
from gatewise._gates.movement import added_at, pick, put
from gatewise._gates.spelling import Pattern, Variable

if TYPE_CHECKING:  # with their signatures
    from gatewise._gates.own import (
        affine,
        batch_norm,
        conv2d,
        cross_entropy,
        logsumexp,
        max_pool2d,
        relu,
        sigmoid,
        softmax,
        softplus,
    )  # fmt: skip
else:
    from gatewise._gates.images import conv2d, max_pool2d
    from gatewise._gates.layers import affine, batch_norm
    from gatewise._gates.neural import cross_entropy, logsumexp, relu, sigmoid, softmax, softplus

spelling.learn()

__all__ = [
    "ABSENT", "CONSTANT", "GATES", "NAMES", "UNASKED", "WANTED", "Back", "Carrier", "Derivation", "Derived", "Gate",
    "Live", "Pattern", "Pullback", "Stops", "Variable", "added_at", "affine", "arithmetic", "batch_norm", "choices",
    "conv2d", "convert", "cross_entropy", "curves", "custom", "elementwise", "images", "kept_axes", "key_of", "layers",
    "linear", "logsumexp", "matrices", "max_pool2d", "movement", "names_an_entry_once", "neural", "pair", "pick",
    "plain", "put", "reduction", "relu", "shape_of", "showing", "sigmoid", "softmax", "softplus", "stops", "totals",
    "without_mask",
]  # fmt: skip
