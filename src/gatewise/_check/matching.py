"""Which gradient belongs to which input: by name, then by shape, then by place; in dicts, lists and tuples."""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gatewise._check.customs import IS_STATE
from gatewise._check.parameters import SETTINGS, Parameter
from gatewise._check.subject import Subject
from gatewise._errors import ArgumentError
from gatewise._recording.whose import bare, candidates, wire_named

Pairs = list[tuple[Parameter, Any]]

#: What people call the samples and labels of a function that has parameters too.
DATA = frozenset({"X", "Y", "y", "t", "T", "xs", "ys", "data", "batch", "inputs", "images", "samples", "features"})
DATA |= {"target", "targets", "label", "labels", "truth", "y_true", "observations", "x_train", "y_train", "X_train"}
DATA |= {"cache", "running_mean", "running_var"}

#: What people call weights.
WEIGHTS = frozenset(
    {"W", "w", "b", "weights", "weight", "bias", "biases", "gamma", "beta", "kernel", "params", "theta"}
)

#: What people call the numbers that they choose, and take no gradient of.
CHOSEN = frozenset({"reg", "lam", "lambda_", "lr", "learning_rate", "eps", "epsilon", "momentum", "margin", "decay"})
CHOSEN |= {"weight_decay", "dropout", "keep_prob", "tol", "seed", "l1", "l2"}


def is_data(p: Parameter, others: Sequence[Parameter]) -> bool:
    """Whether an argument is data by its name, or by what it holds: labels, samples, settings, a whole number."""
    if isinstance(p.given, (int, np.integer)) and not all(isinstance(o.given, (int, np.integer)) for o in others):
        return True
    if p.array.ndim == 0 and (str(p.key[-1]) in CHOSEN or "dropout" in str(p.key[-1])):
        return True
    if len(p.key) > 1 and SETTINGS.search(str(p.key[0])):
        return True  # running means in `bn_param`
    return any(str(part) in DATA for part in p.key) and (p.size > 1 or len(p.key) > 1 or p.array.ndim > 0)


@dataclass(frozen=True)
class Unit:
    """What one gradient may belong to: a parameter, or an argument that holds several."""

    name: str
    depth: int  #: how much of a parameter's key leads here
    parameters: tuple[Parameter, ...]

    def pairs(self, g: object) -> Pairs | None:
        """The gradients of its parameters; None where the structure of `g` is another one."""
        found: Pairs = []
        for p in self.parameters:
            part = g
            for key in p.key[self.depth :]:
                try:
                    part = part if part is None else entry(part, key)
                except (KeyError, IndexError, TypeError):
                    return None
            found.append((p, part))
        return found

    def fits(self, g: Any, out: tuple[int, ...]) -> bool:
        """Whether a gradient has the structure and the shapes of its parameters, or of their Jacobians."""
        found = self.pairs(g)
        if found is None or (isinstance(g, (list, tuple)) and self.depth < len(self.parameters[0].key)):
            sizes = {p.key[self.depth] for p in self.parameters}
            return found is not None and len(g) == len(sizes) and all(part_fits(p, x, out) for p, x in found)
        return all(part_fits(p, x, out) for p, x in found)


def entry(held: Any, key: object) -> Any:
    """What a structure of gradients holds under a key, or under the name of its gradient: `g["W"]`, `g["dW"]`."""
    if isinstance(held, dict) and isinstance(key, str) and key not in held:
        named = [k for k in held if isinstance(k, str) and wire_named(k, [key]) == key]
        if len(named) == 1:
            return held[named[0]]
    return held[key]


def part_fits(p: Parameter, g: Any, out: tuple[int, ...]) -> bool:
    if g is None:
        return True
    try:
        shape = np.shape(g)
    except ValueError:  # a list of arrays of several shapes
        return False
    return shape in (p.array.shape, (*out, *p.array.shape)) or (p.size == 1 and np.size(g) == 1)


def matched(subject: Subject, found: object, names: Sequence[object]) -> Pairs:
    """Gradients in a dict, a list, a tuple or alone, each with the parameter it belongs to.

    `names` are those that the function has for what it returns.
    """
    parameters = subject.parameters
    if isinstance(found, dict):
        pairs = by_key(parameters, found)
        refuse_strangers(subject, found, {p.name for p, _ in pairs})
        return pairs
    if isinstance(found, (tuple, list)) and not is_vector(found, parameters):
        return in_order(subject, list(found), names)
    unit = by_name(units_of(subject), names[0] if len(names) == 1 else None)
    units = [u for u in (unit, *units_of(subject)) if u is not None and u.fits(found, subject.shape)]
    named = units[0].pairs(found) if units and unit is units[0] else None
    if named is not None:
        return named
    others = [p for p in parameters if not is_data(p, parameters) and part_fits(p, found, ())]
    if others and is_data(parameters[0], parameters):  # `mse_prime(y_true, y_pred)` is not the gradient of labels
        return [(others[0], found)]
    if part_fits(parameters[0], found, subject.shape) or not units:
        return [(parameters[0], found)]
    return units[0].pairs(found) or [(parameters[0], found)] if len(units) == 1 else [(parameters[0], found)]


def with_names(found: Any) -> object:
    """Gradients that carry their names, as a dict: a named tuple, a list of pairs of a name and a gradient."""
    if isinstance(found, tuple) and hasattr(found, "_asdict"):
        return found._asdict()
    pairs = isinstance(found, (list, tuple)) and bool(found) and all(type(x) is tuple and len(x) == 2 for x in found)
    return dict(found) if pairs and all(isinstance(name, str) for name, _ in found) else found


def is_vector(found: Sequence[npt.ArrayLike], parameters: Sequence[Parameter]) -> bool:
    """Whether a list of numbers is one gradient, of a parameter that is a vector."""
    if len(parameters) != 1 or parameters[0].array.shape != (len(found),):
        return False
    return all(np.ndim(x) == 0 for x in found)


def units_of(subject: Subject) -> list[Unit]:
    """The arguments that have something to move; the entries of `parameters=` where those are what is moved."""
    by_argument: dict[Any, list[Parameter]] = {}
    for p in subject.parameters:
        by_argument.setdefault(p.key[0], []).append(p)
    return [Unit(str(key), 1, tuple(found)) for key, found in by_argument.items()]


def by_name(units: Sequence[Unit], name: object) -> Unit | None:
    """The unit whose gradient something is called."""
    if not isinstance(name, str) or not name:
        return None
    names = [u.name for u in units]
    found = wire_named(name, names) or named_by_its_end(name, names)
    return next((u for u in units if u.name == found), None)


def named_by_its_end(name: str, names: Sequence[str]) -> str | None:
    """The only name whose last words are what a gradient is called after: `dMean` of `t_mean`.

    >>> named_by_its_end("dLogVar", ["t_mean", "t_log_var", "y_pred"])
    't_log_var'
    """
    called = {bare(each) for each in candidates(name, ())}
    ends = {each: {bare(each[k + 1 :]) for k, letter in enumerate(each) if letter == "_"} for each in names}
    found = [each for each in names if called & ends[each]]
    return found[0] if len(found) == 1 else None


def in_order(subject: Subject, found: list[object], names: Sequence[object]) -> Pairs:
    """Gradients in a list or a tuple."""
    parameters, out = subject.parameters, subject.shape
    flat = [Unit(str(p.key[-1]), len(p.key), (p,)) for p in parameters]
    units = units_of(subject)
    labels = list(names) if len(names) == len(found) else [None] * len(found)
    if (alone := the_dict_among(subject, found, labels)) is not None:
        return by_key(parameters, alone)
    for among in (units, flat):
        if (by_names := assigned_by_name(among, found, labels, out)) is not None:
            return by_names
    for among in (units, flat):
        if (by_some_names := assigned_by_some_names(subject, among, found, labels)) is not None:
            return by_some_names
    for among in (flat, units):
        if len(found) == len(among) and all(u.fits(g, out) for u, g in zip(among, found, strict=True)):
            return pairs_of(among, found)
    held = [u for u in units if len(u.parameters) > 1 and u.fits(found, out)]
    if held and (in_its_structure := held[0].pairs(found)) is not None:
        return in_its_structure
    if (whole := with_every_argument(subject, units, found)) is not None:
        return whole
    if (beside := without_values(subject, flat, found, labels)) is not None:
        return beside
    for among in (units, flat):
        if (by_shape := assigned_by_shape(among, found, out)) is not None:
            return by_shape
    return in_any_case(subject, flat, units, found)


def the_dict_among(subject: Subject, found: Sequence[Any], labels: Sequence[object]) -> dict[Any, Any] | None:
    """The dict of gradients among values that are not called gradients: `return loss, grads, hs[-1]`."""
    dicts = [g for g in found if isinstance(g, dict)]
    others = [label for g, label in zip(found, labels, strict=True) if not isinstance(g, dict)]
    if len(dicts) != 1 or not others or any(isinstance(name, str) and name and says_gradient(name) for name in others):
        return None
    if not all(len(pair[0].key) == 1 for pair in by_key(subject.parameters, dicts[0])):
        return None  # a dict for an argument that is a dict, and gradients of other arguments beside it
    if not by_key(subject.parameters, dicts[0]):
        return None
    subject.notes.append("what is returned beside the dict of gradients was taken for no gradient")
    return dicts[0]


def pairs_of(units: Sequence[Unit], found: Sequence[object]) -> Pairs:
    return [pair for u, g in zip(units, found, strict=False) for pair in u.pairs(g) or []]


def assigned_by_name(
    units: Sequence[Unit], found: Sequence[object], names: Sequence[object], out: tuple[int, ...]
) -> Pairs | None:
    """Gradients that are all called after what they belong to, whatever their order."""
    chosen = [by_name(units, name) for name in names]
    if None in chosen or len({u.name for u in chosen if u is not None}) < len(chosen):
        return None
    told = [u for u in chosen if u is not None]
    return pairs_of(told, found) if all(u.fits(g, out) for u, g in zip(told, found, strict=True)) else None


def assigned_by_some_names(
    subject: Subject, units: Sequence[Unit], found: Sequence[object], names: Sequence[Any]
) -> Pairs | None:
    """Gradients of which some are called after what they belong to: the others go by their shapes.

    What has another name than a gradient's is none: `return loss, dW, hs[-1]`. In the shape of an input that has no
    gradient else it may be one: `return lam, grad_nu` of an adjoint. States that are handed on need none.
    """
    out = subject.shape
    chosen = {k: u for k, name in enumerate(names) if (u := by_name(units, name)) is not None}
    told = [*chosen.values()]
    if not told or len({u.name for u in told}) < len(told) or not all(u.fits(found[k], out) for k, u in chosen.items()):
        return None
    left = [u for u in units if not any(u is each for each in told)]
    needless = IS_STATE | {p.name for p in subject.parameters if is_data(p, subject.parameters)}
    open_ones = [u for u in left if any(p.name not in needless for p in u.parameters)]
    rest = [k for k in range(len(found)) if k not in chosen]
    aside = [k for k in rest if isinstance(names[k], str) and names[k] and not says_gradient(names[k])]
    aside = [k for k in aside if not any(u.fits(found[k], out) for u in open_ones)]
    others = [found[k] for k in rest if k not in aside]
    by_shape = assigned_by_shape(left, others, out) if others else []
    if by_shape is None:
        return None
    if aside:
        listed = ", ".join(names[k] for k in aside)
        subject.notes.append(f"{listed} was taken for no gradient, by its name")
    return [*pairs_of(told, [found[k] for k in chosen]), *by_shape]


def assigned_by_shape(units: Sequence[Unit], found: Sequence[object], out: tuple[int, ...]) -> Pairs | None:
    """Gradients of some of the inputs: the first ones, the only ones in this order, or the only ones at all."""
    if len(found) > len(units) or len(units) > 12:
        return None
    fits = [[u.fits(g, out) for u in units] for g in found]
    if all(fits[k][k] for k in range(len(found))):
        return pairs_of(units, found)
    for ways in (itertools.combinations, itertools.permutations):
        if len(units) > 6 and ways is itertools.permutations:
            return None
        right = [w for w in ways(range(len(units)), len(found)) if all(fits[k][u] for k, u in enumerate(w))]
        if len(right) == 1:
            return pairs_of([units[u] for u in right[0]], found)
    return None


def without_values(
    subject: Subject, units: Sequence[Unit], found: Sequence[object], names: Sequence[Any]
) -> Pairs | None:
    """Gradients among other values: `return loss, accuracy, dW`, `return loss, scores, X.T @ d`.

    A value is put aside where its name is no gradient's and no parameter without a gradient has its shape; data may.
    """
    out, parameters = subject.shape, subject.parameters
    aside = [k for k, name in enumerate(names) if name and isinstance(name, str) and not says_gradient(name)]
    aside = [k for k in aside if by_name(units, names[k]) is None]
    kept = [k for k in range(len(found)) if k not in aside]
    wanted = [u for u in units if not is_data(u.parameters[0], parameters)]
    if not aside or not kept:
        return None
    gradients, labels = [found[k] for k in kept], [names[k] for k in kept]
    pairs = assigned_by_name(units, gradients, labels, out) or assigned_by_shape(wanted, gradients, out)
    if pairs is None:
        return None
    told = {p.name for p, _ in pairs}
    open_ones = [u for u in wanted if u.parameters[0].name not in told]
    if any(u.fits(found[k], out) for u in open_ones for k in aside):
        return None
    listed = ", ".join(names[k] for k in aside)
    subject.notes.append(f"{listed} was taken for no gradient, by its name and its shape")
    return pairs


def says_gradient(name: str) -> bool:
    """Whether a name may be that of a gradient: `dW`, `g`, `w_bar`, `delta`, `slope`; `scores` and `loss` are not."""
    said = re.search("grad|nabla|deriv|delta|slope|jac", name.lower()) is not None
    return said or name in ("g", "G", "J") or next(candidates(name, ()), None) is not None


def with_every_argument(subject: Subject, units: Sequence[Unit], found: Sequence[object]) -> Pairs | None:
    """One gradient for every argument, those that cannot be moved included: `return dx, None, dw`."""
    names = list(subject.arguments()) if subject.held is None else []
    if len(found) != len(names):
        return None
    by_argument = {u.name: u for u in units}
    pairs = [(by_argument[n], g) for n, g in zip(names, found, strict=True) if n in by_argument]
    if not all(u.fits(g, subject.shape) for u, g in pairs):
        return None
    return pairs_of([u for u, _ in pairs], [g for _, g in pairs])


def in_any_case(subject: Subject, flat: Sequence[Unit], units: Sequence[Unit], found: Sequence[object]) -> Pairs:
    """By place, though the shapes are others: that is what is wrong. Raises `ArgumentError` for too many of them."""
    parameters, names = subject.parameters, list(subject.arguments())
    if any(isinstance(g, (dict, list, tuple)) for g in found):
        for u in units:
            same_size = len(u.parameters) > 1 and len(found) == len({p.key[u.depth] for p in u.parameters})
            if same_size and (nested := u.pairs(found)) is not None:
                return nested
    if len(found) == len(parameters):
        return [(p, g) for p, g in zip(parameters, found, strict=True) if not isinstance(g, dict)] + [
            pair for p, g in zip(parameters, found, strict=True) if isinstance(g, dict)
            for pair in by_key(parameters, {p.key[0]: g})
        ]  # fmt: skip
    alone = {u.name: u for u in units if len(u.parameters) == 1}
    if len(found) == len(names) and subject.held is None:
        return [(alone[n].parameters[0], g) for n, g in zip(names, found, strict=True) if n in alone]
    if len(found) < len(units):
        return [(u.parameters[0], g) for u, g in zip(units, found, strict=False) if u.name in alone]
    raise ArgumentError(
        f"{len(found)} gradients were given.",
        f"what can be checked is {', '.join(p.name for p in parameters)}.",
        "one gradient for each, in this order, or a dict by name.",
    )


# -------------------------------------------------------------------------------------------------------------- dicts


def by_key(parameters: Sequence[Parameter], found: dict[object, object]) -> Pairs:
    """Entries of a dict: `grads["W1"]`, `{"dW1": ...}`."""
    known = {p.name: p for p in parameters} | {str(p.key[-1]): p for p in parameters}
    pairs: Pairs = []
    for key, g in found.items():
        inner = [(p, p.key.index(key) + 1) for p in parameters if key in p.key[:-1]]
        if isinstance(g, dict):
            nested = [Parameter(p.name, p.key[depth:], p.given, p.array, p.own) for p, depth in inner]
            back = {id(n): p for n, (p, _) in zip(nested, inner, strict=True)}
            pairs += [(back[id(n)], part) for n, part in by_key(nested, g)]
            continue
        if inner and isinstance(g, (list, tuple)):
            pairs += Unit(str(key), inner[0][1], tuple(p for p, _ in inner)).pairs(g) or []
            continue
        name = str(key) if str(key) in known else wire_named(str(key), list(known))
        if name is not None:
            pairs.append((known[name], g))
    return pairs


def refuse_strangers(subject: Subject, found: dict[object, object], told: set[str]) -> None:
    """Raise `ArgumentError` for an entry that belongs to nothing, where an input is left without a gradient.

    Where every input has one, it is the gradient of something in between.
    """
    untold = [p.name for p in subject.parameters if p.name not in told]
    known = [*subject.everything, *(p.name for p in subject.parameters), *(str(p.key[-1]) for p in subject.parameters)]
    strangers = [str(key) for key in found if str(key) not in known and wire_named(str(key), known) is None]
    strangers = [key for key in strangers if not any(str(part) == key for p in subject.parameters for part in p.key)]
    if not strangers:
        return
    listed = ", ".join(map(repr, strangers))
    data = [p.name for p in subject.parameters if is_data(p, subject.parameters)]
    if not untold or ({*untold} <= {*data} and told and not any(map(says_gradient, strangers))):
        subject.notes.append(f"the gradients under {listed} belong to no input: they were not checked")
        return
    bare = re.sub(r"^(d|grad)_?(?=.)", "", strangers[0])
    near = [n for n in untold if n.lower() == bare.lower()] or difflib.get_close_matches(bare, untold, 1)
    raise ArgumentError(
        f"the gradient under {listed} belongs to nothing that was given.",
        f"{subject.name} was given {', '.join(subject.everything)}, and {', '.join(untold)} has no gradient.",
        f"did you mean {near[0]!r}?" if near else f"name it {untold[0]!r}, or leave it out.",
    )
