"""Inputs for a function that came without any: what its arguments could be, the likeliest first, until it runs.

A guess is a text as a person would type it (`randn(4, 5)`), so that what was tried can be tried again. Nothing is
known of a function but its text; the inputs fit where the function runs on them and gives finite numbers.
"""

from __future__ import annotations

import ast
import itertools
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from gatewise._check.customs import (
    ANY,
    COUNTS,
    HALF,
    IS_BIAS,
    IS_COUNT,
    IS_FEATURE,
    IS_INDEX,
    IS_KEPT,
    IS_LABEL,
    IS_LENGTH,
    IS_ONE_HOT,
    IS_POSITIVE,
    IS_SHAPE,
    IS_SHARE,
    IS_STATE,
    IS_WEIGHT,
    KEPT,
    LABELS,
    NUMBERS,
    ONE_HOT,
    PER_FEATURE,
    SEEDS,
    SETTINGS,
    SHARES,
    SMALL,
    SQUARE,
    STATE,
    TARGETS,
    B,
    W,
    X,
)
from gatewise._check.lengths import DEEPEST, lengths_that_fit
from gatewise._check.ranks import best_first
from gatewise._check.shapes import LENGTHS, Facts, Shape, facts_of
from gatewise._check.work import LineCount, SpentError
from gatewise._language import parse_value
from gatewise._recording import leaves
from gatewise._types import Function, Named, Namespace

TRIES, LINES, SECONDS = 3_000, 1_000_000, 20.0  #: for one function; the time is for what takes long in few lines
EACH = 100  #: lines that a try counts for beside its own: those of drawing the inputs
NEAR = 6  #: how far down the lists inputs are, at most, whose lengths are made to fit


#: Makes other texts of those that were chosen; none of them where there are no others.
Fitting = Callable[[Mapping[str, str]], dict[str, str]]


@dataclass(frozen=True)
class Guess:
    """Inputs that a function runs on: the values, and what to type for them; empty where that cannot be typed."""

    values: dict[str, Any]
    texts: dict[str, str]
    told: bool  #: whether the function's own words say these shapes
    settings: frozenset[str] = frozenset()  #: arguments with a default
    listed: bool = True  #: whether its lengths are those that people use, and not found by running the function

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        return [np.shape(x) for x in self.values.values() if not isinstance(x, (dict, str))]

    @property
    def typed(self) -> str:
        """The words of a command line; empty where there are none for a value."""
        words = [f"{name}={text}" for name, text in self.texts.items()]
        return "" if any(not text for text in self.texts.values()) else " ".join(map(quoted, words))


def quoted(word: str) -> str:
    return f'"{word}"' if "'" in word else f"'{word}'" if any(c in word for c in " ()[]{}*") else word


def guesses(
    f: Function,
    nodes: Sequence[ast.FunctionDef],
    text: str,
    given: Named,
    around: str = "",
    keys: Mapping[str, Sequence[str]] = MappingProxyType({}),
    still: Callable[[str], bool] = lambda _: False,
    said: list[Exception] | None = None,
) -> Iterator[Guess]:
    """Inputs on which `f` runs and gives finite numbers; `given` are those that are known.

    `nodes` are the functions of the text whose arguments it takes by name; `keys` has those of dicts that are handed
    on. Nothing is drawn for an argument with a default but another number in its place, where it is not `still`.
    `said` takes what the function says where it does not run, but for what only tells that shapes do not fit.
    """
    defaults = {name: options for node in nodes for name, options in moved_defaults(node).items()}
    defaults = {name: options for name, options in defaults.items() if name not in given and not still(name)}
    names = [name for node in nodes for name in wanted(node) if name not in given]
    names = list(dict.fromkeys([*names, *defaults]))
    facts, slots, holders = dict[str, Facts](), dict[str, list[str]](), dict[str, list[str]]()
    for node in nodes:
        own = [name for name in wanted(node) if name in names and name not in facts]
        facts |= facts_of(node, text, own, around)
        for name in own:
            facts[name].keys = facts[name].keys or ([*keys.get(name, ())] if is_settings(name) else [])
        for kept, found in zip((slots, holders), slots_of(node, own, facts), strict=True):
            kept.update(found)
    slots |= defaults
    choices = Choices(f, given, names, facts, slots, holders, frozenset(defaults), [] if said is None else said)
    listed = choices.running()
    first = next(listed, None)
    if first is not None:
        yield first
        yield from listed
    yield from choices.in_lengths_that_fit()  # those that run may have been none that was meant


@dataclass(frozen=True)
class Choices:
    """What the arguments of a function could be: texts for each, or for each entry of one that is a dict."""

    f: Function
    given: Named
    names: Sequence[str]
    facts: Mapping[str, Facts]
    slots: Mapping[str, Sequence[str]]
    holders: Mapping[str, Sequence[str]]
    settings: frozenset[str]
    said: list[Exception]

    def values(self, texts: Mapping[str, str]) -> Namespace:
        """The arguments that the texts stand for."""
        return {**self.given, **valued(self.names, texts, self.holders)}

    def in_lengths_that_fit(self) -> Iterator[Guess]:
        """Inputs of lengths that are in no list, found by running the function."""
        tried = set[tuple[object, ...]]()

        def fitting(texts: Mapping[str, str]) -> dict[str, str]:
            values = self.values(texts)
            axes = tuple(np.ndim(values.get(slot, 0)) or text for slot, text in texts.items())
            fresh = axes not in tried  # where as many axes were tried, the same lengths would be found
            tried.add(axes)
            return {**texts, **in_other_lengths(self.f, texts, values, self.facts)} if fresh else {}

        for count, guess in enumerate(self.running(fitting, NEAR)):
            yield guess
            yield from self.of_one_shape(guess) if not count else ()

    def of_one_shape(self, guess: Guess) -> Iterator[Guess]:
        """The same with one shape for what is called alike but for a digit: two directions of a net may have to."""
        free = {n: np.shape(x) for n, x in guess.values.items() if n in self.slots and np.ndim(x)}
        shapes = made_alike({name: shape for name, shape in free.items() if not self.facts[name].shapes})
        fresh = {name: shape for name, shape in shapes.items() if shape != free[name]}
        texts = {slot: guess.texts[slot] for slot in self.slots if slot in guess.texts}
        texts |= {n: text_of_shape(n, s, guess.values[n], self.facts[n]) for n, s in fresh.items()}
        values = self.values(texts) if fresh and len(texts) == len(self.slots) else {}
        if values and runs(self.f, values, []):
            yield self.guess(values, texts, False, False)

    def running(self, fitting: Fitting | None = None, deepest: int = TRIES) -> Iterator[Guess]:
        """Inputs on which the function runs, the likeliest first; `fitting` makes other texts of some, or none."""
        spent, work = 0.0, LineCount(LINES)
        for ranks in itertools.islice(best_first([len(options) for options in self.slots.values()]), TRIES):
            if spent > SECONDS or sum(ranks) > deepest:
                return
            began = time.monotonic()
            try:
                with work.counted(EACH):
                    found = self.tried(ranks, fitting)
            except SpentError:
                return
            spent += time.monotonic() - began
            if found is not None:
                yield self.guess(*found, fitting is None, not any(ranks))

    def tried(self, ranks: Sequence[int], fitting: Fitting | None) -> tuple[Namespace, Mapping[str, str]] | None:
        """The inputs of one choice, and their texts; None where the function does not run on them."""
        chosen = {slot: options[k] for (slot, options), k in zip(self.slots.items(), ranks, strict=True)}
        with np.errstate(all="ignore"):
            texts = chosen if fitting is None else fitting(chosen)
            values = self.values(texts) if texts or not self.slots else {}
            return (values, texts) if values and runs(self.f, values, self.said, everything=not self.slots) else None

    def guess(self, values: Namespace, texts: Mapping[str, str], listed: bool, first: bool) -> Guess:
        typed = {name: texts.get(name) or written(values[name], self.holders.get(name)) for name in self.names}
        arrays = [fact for name, fact in self.facts.items() if is_float_array(values[name])]
        told = first and listed and all(fact.shapes for fact in arrays)
        return Guess(values, typed, told, self.settings, listed)


def in_other_lengths(
    f: Function, texts: Mapping[str, str], values: Named, facts: Mapping[str, Facts]
) -> dict[str, str]:
    """The texts of arrays whose lengths no words tell, in lengths that go together; none where none are found."""
    free = {n: np.shape(x) for n, x in values.items() if n in texts and np.ndim(x) and not facts[n].shapes}
    if any(len(shape) > DEEPEST for shape in free.values()):
        return {}
    others = {name: x for name, x in values.items() if name not in free}

    def text(shape: Shape, name: str) -> str:
        return text_of_shape(name, shape, values[name], facts[name])

    found = lengths_that_fit(
        lambda arrays: f(**to_be_written_into(others), **arrays),
        free,
        lambda shape, name: made(text(shape, name), name),
    )
    return {name: text(shape, name) for name, shape in found.items()}


def text_of_shape(name: str, shape: Shape, instead_of: object, fact: Facts) -> str:
    """The text of an array, or of whole numbers, in another shape."""
    if is_float_array(instead_of):
        return text_that_draws(shape, name, fact.is_symmetric)
    return labels(shape, 2 if "mask" in name.lower() else 3)


def made_alike(shapes: Mapping[str, Shape]) -> dict[str, Shape]:
    """Shapes in which what is called alike but for a last digit has the same lengths, and so has all that goes with it.

    >>> made_alike({"W1": (5, 6), "W2": (5, 7), "b2": (7,), "x": (4, 5)})
    {'W1': (5, 6), 'W2': (5, 6), 'b2': (6,), 'x': (4, 5)}
    """
    found = dict(shapes)
    for one, other in itertools.combinations(shapes, 2):
        if one.rstrip("0123456789") == other.rstrip("0123456789") and len(found[one]) == len(found[other]):
            for a, b in zip(found[one], found[other], strict=True):
                found = {name: tuple(a if n == b else n for n in shape) for name, shape in found.items()}
    return found


def valued(names: Sequence[str], texts: Mapping[str, str], holders: Mapping[str, Sequence[str]]) -> Namespace:
    """The arguments that the texts of the slots stand for."""
    return {
        name: {key: made(texts[f"{name}.{key}"], key) for key in holders[name]}
        if name in holders
        else made(texts[name], name)
        for name in names
    }


def wanted(node: ast.FunctionDef) -> list[str]:
    """The arguments that a function has to be given."""
    arguments = [*node.args.posonlyargs, *node.args.args]
    needed = arguments[: len(arguments) - len(node.args.defaults)]
    needed += [a for a, d in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if d is None]
    return [a.arg for a in needed if a.arg != "self"]


def moved_defaults(node: ast.FunctionDef) -> dict[str, list[str]]:
    """Other numbers for arguments whose default would hide a factor, the default after it; a seed where none is given.

    A penalty of 0, and a width of 1, make what is missing beside them look right.
    """
    arguments = [*node.args.posonlyargs, *node.args.args]
    pairs = [*zip(arguments[::-1], node.args.defaults[::-1], strict=False)]
    pairs += [(a, d) for a, d in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if d is not None]
    found = {}
    for argument, default in pairs:
        if isinstance(default, ast.Constant) and type(default.value) is float and not 0 < abs(default.value) < SMALL:
            found[argument.arg] = [f"{moved(default.value):.6g}", repr(default.value)]
        elif isinstance(default, ast.Constant) and default.value is None and argument.arg in SEEDS:
            found[argument.arg] = ["1"]
        elif isinstance(default, ast.Constant) and default.value is None and argument.arg in IS_LABEL:
            found[argument.arg] = [*LABELS]  # `loss(X, y=None)` gives scores without them, and no gradients
    return found


def moved(x: float) -> float:
    """Another number on the same side of 0 and of 1."""
    return 0.1 if x == 0 else 1.3 * x if abs(x) >= 1 else 0.7 * x


def slots_of(
    node: ast.FunctionDef, names: Sequence[str], facts: Mapping[str, Facts]
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The texts to choose from, for each argument, or for each entry of one that is a dict; and the keys of those."""
    annotated = {a.arg: ast.unparse(a.annotation) for a in node.args.args if a.annotation is not None}
    slots, holders = dict[str, list[str]](), dict[str, list[str]]()
    are_predicted = (
        IS_SHARE if (IS_LABEL | IS_ONE_HOT) & {*names} else frozenset()
    )  # `p` beside `y` is no single number
    for name in names:
        keys = list(dict.fromkeys(facts[name].keys))
        if keys or is_settings(name):
            holders[name] = keys
            slots |= {f"{name}.{key}": setting(key, facts[name]) for key in keys}
        else:
            like = "y_pred" if name in are_predicted else name
            slots[name] = options(like, facts[name], annotated.get(name, ""), node.name == "__init__")
    return slots, holders


def is_settings(name: str) -> bool:
    """Whether an argument is called a dict of settings."""
    return name.endswith(("_param", "_params", "config", "settings"))


def setting(key: str, holder: Facts) -> list[str]:
    """What an entry of a dict could be."""
    return [SETTINGS[key]] if key in SETTINGS else options(key, Facts(holder.told(key)))


def options(name: str, fact: Facts, annotation: str = "", in_class: bool = False) -> list[str]:
    """What an argument could be, the likeliest first."""
    if fact.is_compared_with:
        return [repr(word) for word in ("train", *fact.is_compared_with) if word in fact.is_compared_with]
    if name in IS_SHAPE and not fact.shapes:
        return [*IS_SHAPE[name]]
    if (
        annotation == "int"
        or name in COUNTS
        or IS_COUNT.fullmatch(name)
        or name.startswith(("num_", "n_"))
        or (in_class and name in IS_LENGTH)
    ):
        lengths = [str(LENGTHS.get(name.lower()) or IS_LENGTH.get(name, 2)), "2", "3", "1", "4"]
        return (
            list(dict.fromkeys(lengths)) if not fact.shapes else [text_that_draws(shape, name) for shape in fact.shapes]
        )
    if fact.is_index or name in IS_INDEX:
        return [*(labels(shape) for shape in fact.shapes if shape), *LABELS, "[[0, 2, 1], [1, 0, 2]]"]
    if "mask" in name.lower():
        return [labels(shape, 2) for shape in [*fact.shapes, *TARGETS] if shape]
    told = [text_that_draws(shape, name, fact.is_symmetric) for shape in fact.shapes]
    shapes = [shape for shape in (*shapes_for(name), *ANY) if fits(shape, fact.axes)]
    # numbers last: a weight that is one is not moved
    shapes = sorted(shapes, key=lambda shape: not shape) if in_class else shapes
    shapes = SQUARE if fact.is_symmetric else shapes
    if name in NUMBERS or annotation == "float":
        return [*told, "0.1", *(text_that_draws(shape, name) for shape in shapes)]
    if name in SHARES:
        return [*told, *HALF, *(text_that_draws(shape, name) for shape in shapes)]
    others = [text_that_draws(shape, name, fact.is_symmetric) for shape in shapes]
    if name in IS_LABEL | IS_ONE_HOT:
        others = [*others[:1], ONE_HOT, *LABELS, *others[1:]]
    return list(dict.fromkeys([*told, *others]))


def fits(shape: Shape, axes: set[int]) -> bool:
    """Whether a shape has as many axes as a function unpacks, or at least as many as it asks the lengths of."""
    exact = [n for n in axes if n > 0]
    return (not exact or len(shape) in exact) and all(len(shape) >= -n for n in axes if n < 0)


def shapes_for(name: str) -> list[Shape]:
    """The shapes that something of this name may have."""
    bare = name.rstrip("0123456789")
    targets = IS_LABEL | IS_ONE_HOT | IS_SHARE
    kinds = ((IS_BIAS, B), (IS_FEATURE, PER_FEATURE), (IS_STATE, STATE), (IS_KEPT, KEPT), (targets, TARGETS))
    for word, (names, shapes) in itertools.product((name, bare), kinds):
        if word in names:
            return shapes
    if name in IS_WEIGHT or bare in IS_WEIGHT or (name[0] in "WwU" and len(name) < 4) or "weight" in name.lower():
        return W
    return B if name[0] == "b" and len(name) < 4 else X


def text_that_draws(shape: Shape, name: str, is_symmetric: bool = False) -> str:
    """The text that draws an array of a shape, or a number: between 0 and 1 for what is called a probability."""
    lengths = ", ".join(map(str, shape))
    if is_symmetric and len(shape) == 2 and shape[0] == shape[1]:
        return f"2 * eye({shape[0]}) + 1"
    if name in IS_SHARE:
        return f"0.1 + 0.8 * rand({lengths})" if shape else "0.3"
    if name in IS_POSITIVE:
        return f"0.5 + rand({lengths})" if shape else "0.7"
    return f"randn({lengths})" if shape else "0.7"


def labels(shape: Shape, below: int = 3) -> str:
    """Whole numbers in a shape, as they are typed."""
    count = int(np.prod(shape))
    return json.dumps((np.array([0, 2, 1, 2] * count)[:count] % below).reshape(shape).tolist())


def with_one_hot_rows(guess: Guess) -> Iterator[tuple[str, Guess]]:
    """The same inputs with one-hot rows for labels: in their own shape, or in that of another matrix."""
    matrices = [np.shape(x) for x in guess.values.values() if is_float_array(x) and np.ndim(x) == 2]
    for name in (name for name in guess.values if name in IS_LABEL | IS_ONE_HOT and guess.texts.get(name)):
        own = np.shape(guess.values[name])
        for n, k in dict.fromkeys([own] if len(own) == 2 else matrices):
            rows = np.eye(k)[np.arange(n) * 2 % k].tolist()
            texts = {**guess.texts, name: json.dumps(rows)}
            yield name, replace(guess, values={**guess.values, name: np.array(rows)}, texts=texts)


def made(text: str, name: str) -> Any:
    """The value of a text: the same whenever it is asked for, and another one for each name and shape."""
    if text[0] == "'":
        return text[1:-1]
    if text in ("True", "False"):
        return text == "True"
    return parse_value(text, np.random.default_rng([len(text), *name.encode()]))


def written(values: Named, keys: Sequence[str] | None) -> str:
    """A dict of settings as it is typed; empty where it holds arrays."""
    if keys is None or any(isinstance(x, np.ndarray) for x in values.values()):
        return ""
    return json.dumps(dict(values))


def is_float_array(x: object) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def runs(f: Function, values: Named, said: list[Exception], everything: bool = False) -> bool:
    """Whether a function runs on inputs, and every number it returns is finite; `said` takes what it says otherwise."""
    try:
        found = f(**to_be_written_into(values))
    except Exception as error:
        if everything or not isinstance(error, (ValueError, IndexError)):
            said.append(error.with_traceback(None))
        return False
    return all(is_finite(x) for _, x in leaves([found]))


def to_be_written_into(values: Named) -> Namespace:
    """Arguments that a function may write into."""
    return {name: x.copy() if isinstance(x, (np.ndarray, dict)) else x for name, x in values.items()}


def is_finite(x: Any) -> bool:
    return np.asarray(x).dtype.kind not in "fc" or bool(np.all(np.isfinite(x)))
