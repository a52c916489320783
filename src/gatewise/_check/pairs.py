"""What of a file can be checked: forward halves beside their backward halves, functions beside their gradients.

They are told by what they are called: `affine_forward` and `affine_backward`, `sigmoid` and `sigmoid_grad`, `f` and
`df`; a function that returns its gradients beside its value brings both, and so does a class with both methods.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType

from gatewise._check.halves import is_forward_half
from gatewise._recording import DICTS, USUAL, bare, wire_named

FORWARD = frozenset({"forward", "fwd", "fprop", "feedforward", "vorwaerts", "adelante", "avant", "forwards"})
BACKWARD = frozenset({"backward", "backwards", "bwd", "bprop", "backprop", "back", "backpropagate", "backpropagation"})
BACKWARD |= {"vjp", "pullback", "adjoint", "rueckwaerts", "atras", "arriere"}
FORCES = frozenset({"force", "forces"})  #: what is the gradient of an energy, with the other sign
GRADIENT = frozenset({"grad", "grads", "gradient", "gradients", "prime", "deriv", "derivative", "der", "nabla"})
GRADIENT |= {"score", "scores", *FORCES}
GRADIENT |= {"derivada", "derivee", "ableitung", "gradiente", "gradientes", "jac"}
#: What says nothing of which function is meant: `compute_cost` and `compute_gradient` belong together.
NEUTRAL = frozenset(
    {
        "alt",
        "alternative",
        "fast",
        "slow",
        "vectorized",
        "vectorised",
        "simple",
        "compute",
        "calc",
        "calculate",
        "get",
        "eval",
        "evaluate",
        "fn",
        "func",
        "function",
        "wrt",
    }
)
ENERGIES = frozenset({"energy", "potential", "hamiltonian", "pot"})
VALUES = ENERGIES | {"loglik", "likelihood", "loglikelihood", "nll", "lik", "logpdf", "misfit", "criterion", "loss"}
VALUES = frozenset({*VALUES, *map(str.lower, USUAL), "error", "function", "value", "func", "fn"})
#: Methods that take the same inputs: the value, as of an activation or a loss, and its derivative.
OF_VALUES = (
    "__call__",
    "forward",
    "loss",
    "cost",
    "value",
    "activation",
    "activate",
    "function",
    "evaluate",
    "fn",
    "f",
)
OF_GRADIENTS = ("gradient", "grad", "derivative", "deriv", "prime")
#: The two halves of a layer; then those.
METHODS: tuple[tuple[str, str], ...] = (
    ("forward", "backward"),
    ("__call__", "backward"),
    ("fprop", "bprop"),
    ("forward", "backprop"),
    ("forward_propagation", "backward_propagation"),
    ("forward_pass", "backward_pass"),
    ("fwd", "bwd"),
    ("forward_prop", "backward_prop"),
    ("feedforward", "backprop"),
    ("forward_propagate", "backward_propagate"),
    ("loss", "backward"),
    *product(OF_VALUES, OF_GRADIENTS),
)


@dataclass(frozen=True)
class Pair:
    """A function of a file, or a class, and what brings its gradients: another function, or itself (then empty)."""

    name: str
    line: int
    backward: str = ""
    methods: tuple[str, str] | None = None
    is_gradient: bool = False  #: whether the other function is called a gradient, and no backward half

    @property
    def is_force(self) -> bool:
        """Whether the other function is called the force of an energy: the gradient with the other sign."""
        return bool(FORCES & {*words_of(self.backward)})

    def __str__(self) -> str:
        return f"{self.name}, {self.backward}" if self.backward else self.name


def pairs_of(body: Sequence[ast.stmt]) -> list[Pair]:
    """The pairs of a file in the order of its lines."""
    functions = {n.name: n for n in body if isinstance(n, ast.FunctionDef)}
    backward = {name: kind for name in functions if (kind := kind_of(name, functions)) in ("backward", "gradient")}
    pairs, used = [], set()
    for name in backward:
        half = forward_of(name, [each for each in functions if each not in backward])
        if half is not None:
            used |= {half, name}
            is_gradient = kind_of(name, functions) == "gradient"
            pairs.append(Pair(half, functions[half].lineno, name, is_gradient=is_gradient))
    classes = {n.name: n for n in body if isinstance(n, ast.ClassDef)}
    halves = {name: halves_in(n, classes) for name, n in classes.items()}
    pairs += [of_class(classes[name], found) for name, found in halves.items() if found is not None]
    for name in classes:
        methods = [n for n in classes[name].body if isinstance(n, ast.FunctionDef) and halves[name] is None]
        pairs += [Pair(f"{name}.{n.name}", n.lineno) for n in methods if returns_gradients(n)]
    alone = [n for name, n in functions.items() if name not in used and name not in backward]
    pairs += [Pair(n.name, n.lineno) for n in alone if returns_gradients(n)]
    return sorted(pairs, key=lambda p: p.line)


def left_alone(body: Sequence[ast.stmt], pairs: Iterable[Pair]) -> list[str]:
    """The functions that are called backward halves, and have no forward half in the file."""
    functions = [n.name for n in body if isinstance(n, ast.FunctionDef)]
    judged = {p.backward for p in pairs}
    return [name for name in functions if kind_of(name, functions) == "backward" and name not in judged]


def words_of(name: str) -> list[str]:
    """The words of a name.

    >>> words_of("affineForward"), words_of("d_sigmoid"), words_of("softmax_loss")
    (['affine', 'forward'], ['d', 'sigmoid'], ['softmax', 'loss'])
    """
    return [w.lower() for part in name.split("_") for w in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[^\WA-Z]+", part)]


def kind_of(name: str, names: Iterable[str]) -> str:
    """What a function is called: "forward", "backward", "gradient", or nothing of these."""
    words = words_of(name)
    if any(w in BACKWARD for w in words):
        both = any(w in FORWARD for w in words) or "and" in words
        return "" if both else "backward"
    if FORCES & {*words} and not any(ENERGIES & {*words_of(other)} for other in names):
        return ""
    if {"score", "scores"} & {*words} and len(words) == 1:
        return ""  # how well a model does
    if any(w in GRADIENT for w in words) and not {"descent", "check", "checking", "numerical", "num", "clip"} & {
        *words
    }:
        return "gradient"
    if is_forward_half(name):
        return "forward"
    cut = [name[k:] for k in (1, 2) if name[:k] in ("d", "D", "d_", "D_")]
    return "gradient" if any(bare(rest) == bare(other) for rest in cut for other in names if other != name) else ""


def stem_of(name: str) -> list[str]:
    """The words of a name without those that say which half it is.

    >>> stem_of("affine_backward"), stem_of("grad_f"), stem_of("forward")
    (['affine'], ['f'], [])
    """
    return [w for w in words_of(name) if w not in FORWARD | BACKWARD | GRADIENT]


def forward_of(name: str, others: Sequence[str]) -> str | None:
    """The function whose backward half, or gradient, one is called; None where none is, or several are."""
    stem, joined = stem_of(name), bare(name)
    alike = [other for other in others if stem_of(other) == stem and (stem or is_forward_half(other))]
    halves = [other for other in alike if is_forward_half(other)]
    told = halves or alike or [other for other in others if joined == "d" + bare(other)]
    if not told:
        plain = telling(stem)
        told = [other for other in others if telling(stem_of(other)) == plain]
        told = [other for other in told if is_forward_half(other) or VALUES & {*words_of(other)}]
        most = max((shared(other, stem) for other in told), default=0)
        told = [other for other in told if shared(other, stem) == most]
    return told[0] if len(told) == 1 else None


def telling(words: Sequence[str]) -> list[str]:
    """The words that say which function is meant."""
    return [w for w in words if w not in NEUTRAL | VALUES]


def shared(name: str, words: Sequence[str]) -> int:
    return len({*words_of(name)} & {*words})


def halves_in(node: ast.ClassDef, classes: Mapping[str, ast.ClassDef] = MappingProxyType({})) -> tuple[str, str] | None:
    """The methods of a class that are the two halves of a layer; None where it has not both.

    One may be that of a class of the same file that it is made from.
    """
    if any(n.name == "__init__" and n.args.vararg is not None for n in node.body if isinstance(n, ast.FunctionDef)):
        return None  # `Sequential(*layers)`: what it is made of is handed to it
    own = {*own_methods(node)}  # `__init__` alone makes another net of the same halves
    methods = own | {name for base in bases_of(node, classes) for name in own_methods(base)}
    return next((pair for pair in METHODS if {*pair} <= methods and {*pair, "__init__"} & own), None)


def of_class(node: ast.ClassDef, halves: tuple[str, str]) -> Pair:
    return Pair(node.name, node.lineno, methods=halves, is_gradient=halves[1] in OF_GRADIENTS)


def own_methods(node: ast.ClassDef) -> list[str]:
    return [n.name for n in node.body if isinstance(n, ast.FunctionDef) and not is_open(n)]


def bases_of(node: ast.ClassDef, classes: Mapping[str, ast.ClassDef]) -> Iterator[ast.ClassDef]:
    """The classes of a file that one is made from."""
    waiting, seen = [node.name], {node.name}
    while waiting:
        found = classes.get(waiting.pop())
        names = {base.id for base in found.bases if isinstance(base, ast.Name)} - seen if found is not None else set()
        seen |= names
        waiting += names
        yield from (classes[name] for name in names if name in classes)


def method_asked(body: Sequence[ast.stmt], name: str) -> Pair | None:
    """What `Class.method` names: the class, where that is one of its two halves; else the method alone."""
    owner, _, method = name.partition(".")
    classes = {n.name: n for n in body if isinstance(n, ast.ClassDef)}
    if not method or owner not in classes:
        return None
    node = classes[owner]
    halves = halves_in(node, classes)
    if halves is not None and method in halves:
        return of_class(node, halves)
    known = {each for base in (node, *bases_of(node, classes)) for each in own_methods(base)}
    return Pair(name, node.lineno) if method in known else None


def is_open(node: ast.FunctionDef) -> bool:
    """Whether a function is left to others to write: it only raises, or reads nothing of what it is given."""
    given = {a.arg for a in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]} - {"self"}
    read = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    idle = all(isinstance(s, (ast.Raise, ast.Pass, ast.Expr)) and not calls(s) for s in node.body)
    return idle or bool(given and not given & read and node.name in {*OF_VALUES, *(one for one, _ in METHODS)})


def calls(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)


def returns_gradients(node: ast.FunctionDef) -> bool:
    """Whether a function says that it returns gradients of its arguments beside its value."""
    names = [a.arg for a in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]]
    inside = [n for n in ast.walk(node) if isinstance(n, ast.Return)]
    value = max(inside, key=lambda n: n.lineno).value if inside else None
    if not isinstance(value, ast.Tuple) or len(value.elts) < 2:
        return False
    rest = value.elts[1:] if len(value.elts) > 2 else [value.elts[1], *elements_of(follow(value.elts[1], node))]
    return any(isinstance(n, ast.Name) and is_gradient_of(n.id, names) for x in rest for n in ast.walk(x))


def follow(value: ast.expr, node: ast.FunctionDef) -> ast.expr:
    """What a name was assigned that is returned, where that is written out: `grads = (dW, db)`."""
    made = [s.value for s in ast.walk(node) if isinstance(s, ast.Assign) and is_name(value, s.targets[-1])]
    return made[-1] if made and isinstance(made[-1], (ast.Tuple, ast.List, ast.Dict)) else value


def is_name(one: ast.expr, other: ast.expr) -> bool:
    return isinstance(one, ast.Name) and isinstance(other, ast.Name) and one.id == other.id


def elements_of(node: ast.expr) -> list[ast.expr]:
    """The parts of a tuple, a list or a dict that is written out; what stands there, otherwise."""
    if isinstance(node, (ast.Tuple, ast.List)):
        return node.elts
    return [*node.values] if isinstance(node, ast.Dict) else [node]


def is_gradient_of(name: str, arguments: Sequence[str]) -> bool:
    return name in DICTS or wire_named(name, arguments) is not None
