"""How gates are called elsewhere: what is read as the gate, and what is put into gates to be offered."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

#: Modules that gates are called from elsewhere.
ELSEWHERE = (
    *("torch", "tf", "keras", "jnp", "jax", "nn", "F", "K", "sp", "scipy", "special", "Math", "cp", "cupy", "paddle"),
    *("math", "numpy", "np", "mx", "theano", "sympy", "std", "functional", "linalg"),
)
#: What is read as a gate beside its name; a name may be NumPy's other one of the same gate.
READ = {
    "absolute": ("abs",),
    "log": ("ln",),
    "power": ("pow",),
    "sigmoid": ("σ",),
}
#: Names that gates have elsewhere, which are offered.
OFFERED = {
    "sigmoid": ("sigma", "Sigma", "sigm", "expit", "logistic", "logsig", "Sigmoid", "sig"),
    "where": ("ifelse", "if", "IIf"),
    "matmul": ("mm", "bmm"),
    "remainder": ("mod",),
    "mean": ("average", "avg"),
    "sign": ("sgn", "signum"),
    "multiply": ("mul",), "divide": ("div",), "subtract": ("sub",), "negative": ("neg",), "power": ("pow",),
    "square": ("sqr",), "max": ("amax",), "logsumexp": ("lse",), "relu": ("ReLU",), "log": ("Log",), "exp": ("Exp",),
    "tan": ("tg",), "arctan": ("arctg",), "sinh": ("sh",), "cosh": ("ch",), "tanh": ("th", "Tanh"),
    "arcsinh": ("arsinh",), "arccosh": ("arcosh",), "arctanh": ("artanh",),
}  # fmt: skip
ALIASES = {word: gate for gate, words in READ.items() for word in words}
SYNONYMS = {word: gate for gate, words in OFFERED.items() for word in words}
AS_TYPED = ("abs",)  # NumPy's own second names, which are written as they were typed
OVER_OPERANDS = {"max": "maximum", "min": "minimum"}
#: Functions that are no gates, in gates; the number of operands is that of the braces.
FORMULAS: Mapping[tuple[str, int], str] = {
    ("log", 2): "(log({0}) / log({1}))",
    ("lg", 1): "(log({0}) / log(10))",
    **{(name, 1): "(log({0}) / log(2))" for name in ("ld", "lb")},
    ("exp10", 1): "10**({0})",
    ("rsqrt", 1): "1 / sqrt({0})",
    ("sec", 1): "1 / cos({0})",
    ("csc", 1): "1 / sin({0})",
    ("cot", 1): "1 / tan({0})",
    ("ctg", 1): "1 / tan({0})",
    ("logit", 1): "log(({0}) / (1 - ({0})))",
    ("log_sigmoid", 1): "-softplus(-({0}))",
    ("logsigmoid", 1): "-softplus(-({0}))",
    ("silu", 1): "({0}) * sigmoid({0})",
    ("swish", 1): "({0}) * sigmoid({0})",
    ("log_softmax", 1): "({0}) - logsumexp({0})",
    ("mse", 2): "mean(({0} - ({1}))**2)",
    ("mae", 2): "mean(abs({0} - ({1})))",
    ("clamp", 3): "minimum(maximum({0}, {1}), {2})",
}


def callables_of(gates: Mapping[str, tuple[int, int]]) -> Mapping[str, str]:
    """The gate behind every name that can be called, other spellings included."""
    own = {name: name for name in gates}
    spelled = {alias: name for alias, name in ALIASES.items() if name in gates}
    arcs = {f"a{name[3:]}": name for name in gates if name.startswith("arc")}  # asin, atan2
    chained = {name: name for name, pair in OVER_OPERANDS.items() if pair in gates}
    return spelled | arcs | chained | own


def numpy_name(typed: str, gate: str) -> str:
    """What a gate of NumPy's is called in the text that is written, with the module it stands in."""
    if typed in AS_TYPED:
        return typed
    home = next(
        (module for module in ("linalg", "fft") if not hasattr(np, gate) and hasattr(getattr(np, module), gate)), ""
    )
    return f"{home}.{gate}" if home else gate
