"""What arguments of a name usually are, in code that people write: shapes, numbers, labels, settings."""

from __future__ import annotations

import re

from gatewise._check.shapes import Shape

HALF = ("0.5", "0.9")
X = [(4, 5), (), (5, 4), (5,), (2, 3, 6, 6), (4, 3, 5), (4, 3), (5, 1), (4, 1), (6,), (3, 3), (4,)]
W = [
    (5, 3),
    (3, 5),
    (5,),
    (3,),
    (5, 5),
    (5, 6),
    (6, 6),
    (6, 5),
    (2, 3, 3, 3),
    (5, 1),
    (1, 5),
    (3, 4),
    (4, 3),
    (6, 3),
    (3, 6),
]
W += [(5, 24), (6, 24), (5, 18), (6, 18), (11, 6), (6, 11), (4, 4), (), (3, 3)]
B = [(3,), (1, 3), (3, 1), (6,), (6, 1), (1, 6), (2,), (), (2, 1), (5,), (24,), (18,), (1,), (1, 5), (5, 1), (4,)]
PER_FEATURE = [(5,), (1, 5), (3,), (1, 3, 1, 1), (5, 1), (), (6,), (3, 1, 1)]
STATE = [(4, 6), (6,), (6, 1), (4, 3), (3,), (6, 4), (4, 5), (5,)]
KEPT: list[Shape] = [(2, 5), (2, 3), (2, 6), (2, 4)]  #: a mean and a variance, taken apart as `mean, var = cache`
SQUARE: list[Shape] = [(5, 5), (4, 4), (6, 6), (3, 3)]
ANY: list[Shape] = [(4, 5), (5,), (4, 3, 5), (2, 3, 6, 6)]
LABELS = ("[0, 2, 1, 2]", "[1, 0]", "2", "[0, 2, 1, 2, 0]")
ONE_HOT = "[[1.0, 0, 0], [0, 0, 1], [0, 1, 0], [0, 0, 1]]"
TARGETS = [(4, 3), (4, 5), (4,), (4, 1), (5,), (3,), (), (5, 4), (3, 4), (3, 1), (1, 4), (5, 1)]

NUMBERS = frozenset(
    {"eps", "epsilon", "reg", "lam", "lambda_", "lambd", "alpha", "lr", "learning_rate", "slope", "decay"}
)
NUMBERS |= {"delta", "margin", "temperature", "tau", "rate", "l1", "l2", "reg_strength", "dt", "dx", "momentum", "mu"}
SHARES = frozenset(
    {"p", "keep_prob", "dropout", "drop_prob", "dropout_rate", "keep", "p_keep", "rho", "beta1", "beta2"}
)
COUNTS = frozenset(
    {"n", "k", "T", "steps", "stride", "pad", "padding", "size", "axis", "num", "n_steps", "iters", "iterations"}
)
COUNTS |= {"kernel_size", "pool_size", "num_heads", "heads", "n_heads", "groups", "G", "num_layers", "order", "degree"}
IS_COUNT = re.compile(
    r"(pool|kernel|filter|window|stride|pad|padding)(_?(size|length|h|w|height|width))?|[hw]_?(pool|kernel|filter|stride)"
)
IS_LABEL = frozenset(
    {"y", "Y", "t", "target", "targets", "label", "labels", "y_true", "truth", "ys", "gt", "ground_truth"}
)
IS_ONE_HOT = frozenset({"Y", "onehot", "one_hot", "y_onehot", "Y_true", "y_one_hot", "T"})
IS_SHARE = frozenset(
    {"probs", "prob", "y_hat", "yhat", "y_pred", "pred", "preds", "AL", "A2", "predictions", "p", "q", "Yhat"}
)
IS_WEIGHT = frozenset(
    {"w", "W", "weights", "weight", "theta", "Theta", "kernel", "filters", "U", "V", "params", "coef", "K"}
)
IS_BIAS = frozenset({"b", "bias", "biases", "c", "intercept"})
IS_FEATURE = frozenset({"gamma", "beta", "scale", "shift", "sigma", "std", "var", "mean", "g"})
IS_STATE = frozenset(
    {"h", "h_prev", "prev_h", "hprev", "h0", "c_prev", "prev_c", "c0", "state", "hidden", "a_prev", "a0"}
)
IS_KEPT = frozenset({"cache", "running", "running_stats", "stats", "moments"})
IS_POSITIVE = frozenset({"sigma", "std", "var", "scale", "temperature", "tau", "precision", "variance"})
IS_INDEX = frozenset({"ids", "idx", "indices", "tokens", "token_ids", "word_ids", "indexes", "center", "context"})
SEEDS, SMALL = frozenset({"seed", "random_state", "random_seed"}), 1e-2
#: What objects are made of: lengths.
IS_LENGTH = {
    **dict.fromkeys(
        ("dim", "n_in", "in_dim", "input_dim", "input_size", "in_features", "D", "nin", "fan_in", "embed_dim"), 5
    ),
    **dict.fromkeys(["in_size", "input_len", "in_len", "num_inputs", "size_in", "in_dims", "in_units", "in_nodes"], 5),
    **dict.fromkeys(["out_size", "output_len", "num_outputs", "fan_out", "out_units", "neurons", "num_classes"], 3),
    **dict.fromkeys(
        ("n_out", "out_dim", "output_dim", "output_size", "out_features", "units", "nout", "nodes", "M"), 3
    ),
    **dict.fromkeys(("c_in", "in_channels", "channels", "num_features", "num_channels", "C", "classes"), 3),
    **dict.fromkeys(("hidden", "hidden_dim", "hidden_size", "n_hidden", "H", "units_hidden", "d_model"), 6),
    **dict.fromkeys(("c_out", "out_channels", "filters", "num_filters", "F"), 2),
    **dict.fromkeys(("n_words", "vocab", "vocab_size", "num_embeddings", "V", "n_tokens"), 7),
}
SETTINGS = {
    **dict.fromkeys(("stride", "dilation", "num_layers", "num_heads"), "1"),
    **dict.fromkeys(("pad", "padding"), "1"),
    **dict.fromkeys(("pool_height", "pool_width", "pool_size", "size", "ph", "pw", "groups", "G"), "2"),
    **dict.fromkeys(("kernel_size", "k"), "3"),
    **dict.fromkeys(("mode",), "'train'"),
    **dict.fromkeys(("p", "keep_prob", "dropout"), "0.5"),
    **dict.fromkeys(("eps", "epsilon"), "1e-05"),
    **dict.fromkeys(("momentum", "decay"), "0.9"),
    **dict.fromkeys(("reg", "lam", "alpha", "slope", "lr"), "0.1"),
    **dict.fromkeys(("seed",), "1"),
    **dict.fromkeys(("train", "training", "is_training"), "True"),
}
#: Lengths of several axes in one argument.
IS_SHAPE = {
    **dict.fromkeys(("kernel_shape", "filter_shape", "pool_shape", "window_shape"), ("[2, 2]", "[3, 3]", "[2]")),
    "shape": ("[5, 3]", "[5]", "[3]", "[2, 3, 3, 3]", "[3, 3, 3, 2]"),
    **dict.fromkeys(
        ("shape_in", "in_shape", "input_shape", "X_dim", "x_dim", "X_shape", "x_shape", "dims"),
        ("[5]", "[3, 6, 6]", "[6, 6, 3]", "[4, 5]"),
    ),
    **dict.fromkeys(("shape_out", "out_shape", "output_shape"), ("[3]", "[5]", "[5, 4]", "[108]")),
}
