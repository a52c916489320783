"""The gates: `gate` and `families` say what a gate is, every other file only declares gates."""

from typing import TYPE_CHECKING

from gatewise._gates import (
    arithmetic,
    assigning,
    choices,
    curves,
    factors,
    images,
    layers,
    matrices,
    movement,
    neural,
    ordering,
    placing,
    running,
    spectra,
    totals,
)
from gatewise._gates.assigning import Chain, Growing, blank, viewed, write, written
from gatewise._gates.composed import COMPOSED, OPTIONS
from gatewise._gates.expression import HELPER, ONE, Expr, Place, Variable, Where, called, learn, one_over, real_power
from gatewise._gates.families import Stops, custom, elementwise, linear, reduction, stops
from gatewise._gates.fitting import cast, convert, kept_axes, lanes, showing
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
    Pushforward,
    key_of,
)  # fmt: skip
from gatewise._gates.images import pair
from gatewise._gates.live import Live, dtype_of, is_recorded, names_an_entry_once, plain, shape_of, without_mask
from gatewise._gates.movement import added_at, along, pick, zeros_with
from gatewise._gates.of_scipy import declare
from gatewise._gates.of_scipy import load_scipys as load_scipys
from gatewise._gates.of_scipy import loaded as loaded_of_scipy

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

learn()

__all__ = [
    "ABSENT", "COMPOSED", "CONSTANT", "GATES", "HELPER", "NAMES", "ONE", "OPTIONS", "UNASKED", "WANTED", "Back",
    "Carrier", "Chain", "Derivation", "Derived", "Expr", "Gate", "Growing", "Live", "Place", "Pullback", "Pushforward",
    "Stops", "Variable", "Where", "added_at", "affine", "along", "arithmetic", "assigning", "batch_norm", "blank",
    "called", "cast", "choices", "conv2d", "convert", "cross_entropy", "curves", "custom", "declare", "dtype_of",
    "elementwise", "factors", "images", "is_recorded", "kept_axes", "key_of", "lanes", "layers", "linear",
    "load_scipys", "loaded_of_scipy", "logsumexp", "matrices", "max_pool2d", "movement", "names_an_entry_once",
    "neural", "one_over", "ordering", "pair", "pick", "placing", "plain", "real_power", "reduction", "relu", "running",
    "shape_of", "showing", "sigmoid", "softmax", "softplus", "spectra", "stops", "totals", "viewed", "without_mask",
    "write", "written", "zeros_with",
]  # fmt: skip
