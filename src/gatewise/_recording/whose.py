"""Whose gradient a name says it is: dx, Dx, d_x, g_x, gradW, x_grad, x_g, wGrad, nabla_w, x_adj, dfdx, grads["x"].

The one rule of the house: `show` leaves such names out of the circuit, and `check` judges what they hold.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

PREFIX = re.compile(r"(?:deriv_|[dD]_?|[gG]rad_?|[gG]radients?_?|[gG]_?|nabla_?|adj_|adjoint_)(\w+)")
SUFFIX = re.compile(r"(\w+?)(?:_?(?:[gG]rads?|[gG]radients?|bar)|_(?:g|deriv|adj|adjoint|GRAD))")
FRACTION = re.compile(r"d_?(\w+?)_?d_?(\w+)")
ENTRY = re.compile(r"(\w+)\['(\w+)'\]")
DICTS = frozenset({"grads", "grad", "gradients", "gradient", "dparams", "d_params", "nabla", "derivatives"})
#: What people call the value that they take gradients of, the likeliest first.
USUAL = ("loss", "cost", "f", "L", "J", "objective", "total_loss", "mse", "nll", "energy", "misfit")
OUTPUTS = frozenset(USUAL)
CONTAINERS = DICTS | {"g", "G", "d", "D", "dp", "returned"}
NUMERATORS = frozenset({"f", "l", "loss", "j", "e", "c", "out", "cost", "total", "error", "err", "mse", "nll", "obj"})


def wire_named(key: str, known: Collection[str]) -> str | None:
    """The name among `known` whose gradient `key` is; None where it is nobody's.

    >>> wire_named("dW1", ["W1", "x"]), wire_named("dfdx", ["x"]), wire_named("grads['x']", ["x"])
    ('W1', 'x', 'x')
    >>> wire_named("grads['W1']", ["params", "params['W1']"])
    "params['W1']"
    """
    if (entry := ENTRY.fullmatch(key)) is not None:
        own = found_among(entry[2], known) if holds_gradients(entry[1]) else None
        return own or wire_named(entry[2], known) or entry_named(entry[1], entry[2], known)
    for candidate in candidates(key, known):
        if (found := found_among(candidate, known)) is not None:
            return found
    return None


def entry_named(container: str, entry: str, known: Collection[str]) -> str | None:
    """The entry of that name in the only dict among `known` that has one, and is called none of gradients."""
    held = [found for each in known if (found := ENTRY.fullmatch(each)) is not None and found[2] == entry]
    others = [each[0] for each in held if each[1] != container and not holds_gradients(each[1])]
    return others[0] if len(others) == 1 and holds_gradients(container) else None


def holds_gradients(name: str) -> bool:
    """Whether a container is called one of gradients: `grads`, `dparams`, `nabla`; `velocity` and `derived` are not.

    >>> holds_gradients("layer_grads"), holds_gradients("dparams"), holds_gradients("derived_variables")
    (True, True, False)
    """
    return name in CONTAINERS or re.search("grad|nabla|deriv(?!ed)", name.lower()) is not None


def candidates(key: str, known: Collection[str]) -> Iterator[str]:
    """The names that `key` may be the gradient of, the likeliest first."""
    if key in known or key in DICTS:
        return
    for pattern in (PREFIX, SUFFIX):
        if (found := pattern.fullmatch(key)) is not None:
            yield found[1]
    for cut in range(2, len(key)):
        if (found := FRACTION.fullmatch(key)) is None or key[0] != "d" or key[cut] != "d":
            continue
        above, below = key[1:cut].strip("_"), key[cut + 1 :].strip("_")
        if above.lower() in NUMERATORS or above in known:
            yield below


def found_among(name: str, known: Collection[str]) -> str | None:
    """`name` itself, or the only one of `known` that differs from it in capitals and underscores alone."""
    if name in known:
        return name
    alike = {each for each in known if bare(each) == bare(name)}
    return alike.pop() if len(alike) == 1 else None


def bare(name: str) -> str:
    return name.replace("_", "").lower()
