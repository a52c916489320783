"""Random programs in plain NumPy, each a module with a function and inputs for it, from a seed.

Every statement is tried on plain values before it is taken, so that each program runs and stays finite.
"""

from __future__ import annotations

import ast
import textwrap
import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Inputs = tuple[list[Any], dict[str, Any]]

#: Names that printed code would like for itself, and names that are nobody's but look odd.
NAMES = [
    "h",
    "s",
    "z",
    "a",
    "b",
    "c",
    "w",
    "u",
    "v",
    "t",
    "q",
    "m",
    "x_2",
    "h1",
    "h2",
    "dx",
    "df",
    "d",
    "np_",
    "sum",
    "max",
    "abs",
    "float",
    "bool",
    "grads",
    "f",
    "out",
    "v_1",
    "z_local",
    "h_part",
    "dh",
    "math_",
    "lam",
    "权重",
    "层1",
    "误差",
    "ﬁt",
    "W2",
    "b10",
    "list",
    "relu",
    "softmax",
    "sigmoid",
    "softplus",
    "logsumexp",
    "product_of_others",
    "read",
    "x_local",
    "len",
]
PARAMETERS = [
    "x",
    "y",
    "w",
    "X",
    "W",
    "b",
    "theta",
    "dx",
    "df",
    "grads",
    "sum",
    "x1",
    "权重",
    "数据",
    "np2",
    "reg_",
    "f_1",
    "data",
    "z_",
    "层",
    "input",
    "sigmoid",
    "softmax",
    "relu",
    "np_",
]

ONE = (
    "np.tanh({a})",
    "np.sin({a})",
    "np.exp(0.3 * {a})",
    "np.cos({a})",
    "np.sqrt(np.abs({a}) + 0.5)",
    "np.log({a}**2 + 1)",
    "{a}**2",
    "{a}**3",
    "{a} * {a}",
    "np.square({a})",
    "np.abs({a})",
    "-{a}",
    "1.0 / (1 + np.exp(-{a}))",
    "1 / ({a}**2 + 1)",
    "np.log1p(np.exp({a}))",
    "np.maximum({a}, 0)",
    "np.clip({a}, -1, 1)",
    "np.where({a} > 0, {a}, 0.1 * {a})",
    "{a}.copy()",
    "np.where({a} > 0, np.sqrt(np.where({a} > 0, {a}, 1)), 0)",
    "np.where({a} > 0.2, np.log({a}), {a})",
    "abs({a})",
    "+{a}",
    "np.minimum({a}, 0.5)",
    "2.5 * {a} - 1",
    "({a} - K) / 3",
    "K * {a}",
    "np.arctan({a})",
    "np.expm1(0.2 * {a})",
    "np.power({a}, 2)",
    "1 / (1 + np.exp(-(2 * {a} + 1)))",
    "np.where(np.logical_and({a} > 0, {a} < 1), {a}, {a}**2)",
    "np.log(1 + np.exp(-{a}))",
    "{a} % 1.5",
    "np.power(np.abs({a}) + 0.1, n)",
    "{a}**n",
    "np.sinh(0.3 * {a})",
    "gw.sigmoid({a})",
    "gw.relu({a})",
    "gw.softplus({a})",
    "np.where({a} > 0, np.sqrt(np.abs({a})), 0.0)",
    "np.where({a} != 0, np.sin({a}) / {a}, 1.0)",
    "np.where({a} > 0, np.log(np.abs({a}) + 0.1), {a})",
    "np.exp({a}) / (1 + np.exp({a}))",
    "np.maximum(np.sqrt(np.abs({a})), 0.5)",
)
TWO = (
    "{a} + {b}",
    "{a} - {b}",
    "{a} * {b}",
    "{a} / ({b}**2 + 1)",
    "np.maximum({a}, {b})",
    "np.minimum({a}, {b})",
    "np.where({a} > {b}, {a}, {b})",
    "np.hypot({a}, {b})",
    "np.logaddexp({a}, {b})",
    "np.arctan2({a}, {b} + 3)",
    "{a} * np.tanh({b}) + {a}",
    "helper({a}, {b})",
    "({a} + {b}) * ({a} - {b})",
    "np.exp(-({b} - {a})**2)",
    "np.where({b} > 0, {a} / {b}, 0)",
    "np.abs({a})**np.tanh({b}) if False else {a} - 2 * {b}",
    "scaled({a}, by={b})",
)
ARRAY = (
    "np.sum({a}, axis={k})",
    "np.sum({a}, axis={k}, keepdims=True)",
    "{a}.sum(axis={k})",
    "np.mean({a}, axis={k})",
    "{a}.mean()",
    "np.max({a}, axis={k}, keepdims=True)",
    "np.max({a}, axis={k})",
    "np.min({a})",
    "np.var({a}, axis={k})",
    "np.std({a})",
    "np.sum({a})",
    "np.prod(np.tanh({a}) + 1.5, axis={k})",
    "{a}.T",
    "{a}.reshape(-1)",
    "np.reshape({a}, (-1, 1))",
    "np.ravel({a})",
    "{a}[None]",
    "{a}[0]",
    "{a}[-1]",
    "{a}[1:]",
    "{a}[::-1]",
    "{a}[..., 0]",
    "{a}[..., ::2]",
    "{a}[[0, 0]]",
    "{a}[np.array([0, 1, 0])]",
    "{a}[places]",
    "{a}[{a} > 0.1]",
    "{a}[{a} > {a}.mean()]",
    "np.expand_dims({a}, {k})",
    "np.squeeze({a}[None], axis=0)",
    "np.swapaxes({a}, 0, -1)",
    "np.broadcast_to({a}, (2, *{a}.shape))",
    "np.concatenate([{a}, 2 * {a}], axis={k})",
    "np.stack(({a}, -{a}), axis={k})",
    "np.exp({a}) / np.sum(np.exp({a}), axis={k}, keepdims=True)",
    "np.log(np.sum(np.exp({a}), axis={k}))",
    "{a} - np.max({a}, axis={k}, keepdims=True)",
    "np.zeros_like({a}) + {a}",
    "np.ones({a}.shape[0]) @ {a}",
    "np.transpose({a})",
    "np.outer({a}, {a})",
    "np.einsum('i...->...', {a})",
    "{a} / len({a})",
    "np.full_like({a}, 0.5) * {a}",
    "{a}[np.arange(len({a})), 0]",
    "gw.softmax({a}, axis={k})",
    "gw.logsumexp({a}, axis={k})",
    "np.concatenate([{a}[1:], {a}[:1]])",
    "{a}[..., None] * {a}[..., None, :]",
    "{a} * np.arange({a}.shape[-1])",
    "np.copy({a})[:2]",
    "np.dot({a}, {a}.T)",
    "{a} @ {a}.T",
    "np.clip({a}, -0.5, None)",
    "np.prod({a}, axis={k})",
    "np.prod({a})",
    "np.sum({a}, axis=({k},))",
    "np.max({a}, axis=({k},), keepdims=True)",
    "np.mean({a}, axis=tuple(range({a}.ndim)))",
    "np.expand_dims({a}, axis=(0, 1))",
    "np.transpose({a}, axes=tuple(range({a}.ndim))[::-1])",
    "np.broadcast_to({a}, shape=(2, *{a}.shape))",
    "np.ravel({a})[np.argmax({a})] * {a}",
    "np.ravel({a})[[np.argmin({a}), 0]]",
    "np.ravel({a})[(np.argmax({a}) + 1) % {a}.size]",
    "{a}[np.arange({a}.shape[0]), np.argmax({a}, axis=1)]",
    "{a}[np.argmin({a}, axis=0)[0]]",
    "gw.cross_entropy({a}, np.zeros({a}.shape[0], int))",
    "np.where(np.max({a}, axis={k}, keepdims=True) > 0, gw.softmax({a}, axis={k}), {a})",
    "np.relu({a}) if False else gw.relu({a}) * gw.logsumexp({a})",
)
PRODUCTS = (
    "{a} @ {b}",
    "np.dot({a}, {b})",
    "{a}.dot({b})",
    "np.matmul({a}, {b})",
    "np.einsum('ij,jk->ik', {a}, {b})",
    "{a} @ {b}.T",
    "np.concatenate(({a}, {b}))",
    "np.einsum('ij,ij->i', {a}, {b})",
    "np.einsum('ij,j->i', {a}, {b})",
    "np.outer({a}, {b})",
)
#: Several lines at once; {t} is the target, {u} and {v} are two more new names.
SEVERAL = (
    "{u}, {v} = {a} + 1, {b} * 2\n{t} = {u} * {v}",
    "{t} = {a}\nfor i in range(2):\n    {t} = np.tanh({t}) + {a}",
    "{t} = {a} * 0.5\nfor i in range(3):\n    {t} = {t} * 0.5 + np.sin({t})",
    "{u}, {v} = np.split(np.concatenate([{a}, {a}]), 2)\n{t} = {u} * np.cos({v})",
    "{u}, {v} = np.modf({a})\n{t} = {u} + {a}",
    "_, {u} = np.linalg.slogdet({a} @ {a}.T + 2 * np.eye({a}.shape[0]))\n{t} = {u} + {a}",
    "{u} = {a}.shape[0]\n{t} = {a} / {u} + 1 / {u}",
    "{t} = 0.0\nfor part in ({a}, {b}):\n    {t} = {t} + np.sum(part * part)",
    "if {a}.sum() > 0:\n    {t} = {a} * 2\nelse:\n    {t} = {a} - 1",
    "{u} = {a} > 0\n{t} = np.where({u}, {a}, -{b})",
    "{u} = {a} - np.max({a}, axis=1, keepdims=True)\n{v} = {u}[np.arange({a}.shape[0]), np.zeros({a}.shape[0], int)]\n"
    "{t} = -np.sum(np.log(np.exp({v}) / np.sum(np.exp({u}), axis=1)))",
    "{u} = np.sum({a})\n{u} += 1\n{u} *= 0.5\n{t} = {u} * {b}",
    "{t}, {u} = {b}, {a}\n{t}, {u} = {u} * 2, {t} + 1\n{t} = {t} * {u}",
    "{u} = [{a} * 2, {b}]\n{t} = {u}[0] + {u}[1]",
    "{u} = np.exp({a} - {a}.max())\n{t} = {u} / {u}.sum()",
    "{u} = lambda r: r * r + 1\n{t} = {u}({a}) * {b}",
    "if np.max({a}) > 0.5:\n    {t} = {a} * 2\nelse:\n    {t} = np.tanh({a})",
    "{u} = np.sum({a} * {a})\nif {u} > 1 and np.min({b}) < 0.2:\n    {t} = {b} / (1 + {u})\nelse:\n    {t} = {b} + {u}",
    "{u} = np.argmax({a})\n{t} = np.ravel({a})[{u}] * {b}",
    "{t} = {a}\nfor _ in range(3):\n    if np.sum({t} * {t}) > 2:\n        {t} = 0.5 * {t}",
    "{t} = max(np.sum({a}), np.sum({b}))",
)

HEADER = """\
import numpy as np
import gatewise as gw


def helper(p, q):
    r = p * q
    return np.tanh(r) + p


def scaled(p, *, by=1.0):
    return p * by - by
"""


@dataclass(slots=True)
class Program:
    """One program: the module's text, the name of its function, inputs and others of the same shapes, an upstream."""

    seed: int
    source: str
    inputs: Inputs
    others: Inputs
    upstream: Any
    elsewhere: list[Inputs] = field(default_factory=list)  # of the same shapes, at the edges of what numbers can be


class Writing:
    """A program being written: the lines of its body, and the plain values its names have."""

    def __init__(self, seed: int, attempt: int) -> None:
        self.seed, self.rng = seed, np.random.default_rng([seed, attempt])
        self.dtype = np.dtype(self.rng.choice(["float64", "float64", "float32"]))
        self.scalars = bool(self.rng.random() < 0.2)
        self.lines: list[str] = []
        self.known: dict[str, Any] = {}
        self.free = [str(n) for n in self.rng.permutation(NAMES)]
        self.parameters: list[tuple[str, str, Any]] = []  # (name, kind, value)
        self.captured: dict[str, Any] = {}
        self.scope: dict[str, Any] = {}

    def chance(self, p: float) -> bool:
        return bool(self.rng.random() < p)

    def one_of(self, things: Any) -> Any:
        return things[int(self.rng.integers(len(things)))]

    def array(self, *shape: int) -> Any:
        return self.rng.normal(size=shape).astype(self.dtype)

    # ------------------------------------------------------------------------------------------------------- inputs

    def draw(self) -> Any:
        if self.scalars:
            return self.one_of([float(self.rng.normal()), float(self.rng.normal()), int(self.rng.integers(1, 4))])
        shapes = [(3, 4), (3, 4), (4,), (4, 3), (3, 1), (2, 3, 4), (3, 3), (), (1, 4)]
        shape = self.one_of(shapes)
        return self.array(*shape) if shape else float(self.rng.normal())

    def draw_parameters(self) -> None:
        names = [str(n) for n in self.rng.permutation(PARAMETERS)]
        for k in range(int(self.rng.integers(1, 4))):
            kind = (
                self.one_of(["plain"] * 6 + ["dict", "list", "tuple", "nested", "keyword"])
                if not self.scalars
                else "plain"
            )
            value: Any = self.draw()
            if kind == "dict":
                value = {"W1": self.draw(), "b": self.draw(), "名": self.draw()}
            elif kind in ("list", "tuple"):
                value = [self.draw(), self.draw()] if kind == "list" else (self.draw(), self.draw())
            elif kind == "nested":
                value = {"layers": [self.draw(), self.draw()], "out": {"W": self.draw()}}
            if kind == "keyword" and k == 0:
                kind = "plain"
            self.parameters.append((names[k], kind, value))
        self.parameters.sort(key=lambda p: p[1] == "keyword")

    def unpack(self) -> None:
        """Give the entries of structures names of their own, in some programs; use them in place in others."""
        self.known |= {name: value for name, _, value in self.parameters}
        for name, _, value in self.parameters:
            for place, part in places(name, value):
                if place == name or self.known[name] is not value:  # one unpacked before may have taken the name
                    continue
                if self.chance(0.5):
                    self.say(f"{self.new()} = {place}")
                else:
                    self.known[place] = part

    # ---------------------------------------------------------------------------------------------------- statements

    def new(self) -> str:
        if len(self.free) > 2 and not (self.targets() and self.chance(0.15)):
            return self.free.pop()
        return self.one_of(self.targets())

    def targets(self) -> list[str]:
        given = {p[0] for p in self.parameters}
        return [n for n in self.known if n.isidentifier() and n not in given and n not in self.captured]

    def operands(self) -> list[str]:
        return [
            n
            for n, v in self.known.items()
            if isinstance(v, (float, np.floating, np.ndarray)) and np.asarray(v).dtype.kind == "f"
        ]

    def say(self, text: str) -> bool:
        """Take a statement if it runs on plain values and what it makes is finite and of moderate size."""
        before = dict(self.known)
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                values = {**self.scope, **{k: v for k, v in self.known.items() if k.isidentifier()}}
                exec(compile(text, "<trial>", "exec"), values)
        except Exception:
            return False
        made = {t: values[t] for t in targets_of(text) if t in values}
        if not all(acceptable(v) for v in made.values()):
            return False
        self.known = before | made
        self.lines.append(text)
        return True

    def statement(self) -> None:
        names = self.operands()
        inner = [n for n in names if n not in self.captured]
        a, b = self.one_of(inner[-4:] if self.chance(0.6) else inner), self.one_of(names)
        group = self.one_of(
            [ONE, ONE, TWO, TWO, TWO, SEVERAL] if self.scalars else [ONE, TWO, ARRAY, ARRAY, PRODUCTS, SEVERAL, TWO]
        )
        template = self.one_of(group)
        b = self.one_of(inner) if group is SEVERAL else b
        rank = np.ndim(self.known[a])
        axis = str(int(self.rng.integers(-max(rank, 1), max(rank, 1))))
        words = {"a": a, "b": b, "k": axis}
        kept = list(self.free)
        if group is SEVERAL:
            while len(self.free) < 3:
                self.free.insert(0, f"extra{len(self.known)}{len(self.free)}")
            t, u, v = (self.free.pop() for _ in range(3))
            ok = self.say(template.format(t=t, u=u, v=v, **words))
        else:
            ok = self.say(f"{self.new()} = {template.format(**words)}")
        if not ok:
            self.free = kept

    def finish(self) -> None:
        """The last statement: a total of what was made last, or an array."""
        names = [n for n in self.operands() if n.isidentifier() and n not in self.captured]
        self.as_array = self.chance(0.25) and np.ndim(self.known[names[-1]]) > 0
        if self.as_array:
            self.returned = names[-1]
            return
        parts = [self.total(n) for n in dict.fromkeys([*names[-3:], self.one_of(names)])]
        self.returned = self.one_of(["{} * 0.5", "{}", "{} + 1"]).format(" + ".join(parts))
        if self.chance(0.5) and (name := self.free.pop()) and self.say(f"{name} = {self.returned}"):
            self.returned = name

    def total(self, name: str) -> str:
        if np.ndim(self.known[name]) == 0:
            return self.one_of(["{}", "{} * 2", "np.tanh({})"]).format(name)
        return self.one_of(
            ["np.sum({})", "{}.sum()", "np.mean({})", "np.sum({0} * {0})", "0.1 * np.sum({}**2)"]
        ).format(name)

    # -------------------------------------------------------------------------------------------------------- module

    def program(self) -> Program:
        self.captured = {"K": 1.5, "n": 2, "places": np.array([0, 2, 1, 2]) if not self.scalars else 0}
        exec(compile(HEADER, "<header>", "exec"), self.scope)
        self.scope.update(self.captured)
        for name in ("CAP", "cap_b"):
            if not self.scalars and self.chance(0.4):
                self.captured[name] = self.array(*self.one_of([(3, 4), (4,), (4, 2)]))
        self.scope.update(self.captured)
        self.known.update({k: v for k, v in self.captured.items() if isinstance(v, np.ndarray) and v.dtype.kind == "f"})
        self.draw_parameters()
        self.unpack()
        tries = 0
        wanted = int(self.rng.integers(2, 9))
        while (len(self.lines) < wanted or len(self.targets()) < 1) and tries < 200:
            tries, _ = tries + 1, self.statement()
        self.finish()
        return self.packed()

    def packed(self) -> Program:
        signature, keyword_only = [], False
        for name, kind, _ in self.parameters:
            if kind == "keyword" and not keyword_only:
                signature.append("*")
                keyword_only = True
            signature.append(name + ("=0.25" if kind == "keyword" and self.chance(0.3) else ""))
        body = "\n".join([*self.lines, f"return {self.returned}"])
        function = f"def f({', '.join(signature)}):\n{textwrap.indent(body, '    ')}\n"
        how = self.one_of(["module"] * 5 + ["closure", "no source", "lambda"])
        data = "".join(f"{name} = {literal(value)}\n" for name, value in self.captured.items())
        if how == "closure":
            inner = textwrap.indent(f"{data}\n{function}", "    ")
            text = f"{HEADER}\n\ndef make():\n{inner}\n    return f\n\n\nf = make()\n"
        elif how == "no source":
            text = f'{HEADER}\n{data}\nexec(compile({function!r}, "<nowhere>", "exec"))\n'
        elif how == "lambda" and not self.lines:
            text = f"{HEADER}\n{data}\nf = lambda {', '.join(signature)}: {self.returned}\n"
        else:
            text = f"{HEADER}\n{data}\n\n{function}"
        inputs = self.split(self.parameters)
        others = self.split([(n, k, moved(v, self.rng)) for n, k, v in self.parameters])
        upstream = self.array(*np.shape(self.known[self.returned])) if self.as_array else None
        ways = [str(way) for way in self.rng.choice(WAYS, size=3, replace=False)]
        elsewhere = [self.split([(n, k, at_edges(v, self.rng, way)) for n, k, v in self.parameters]) for way in ways]
        return Program(self.seed, text, inputs, others, upstream, elsewhere)

    def split(self, parameters: list[tuple[str, str, Any]]) -> Inputs:
        return [v for _, k, v in parameters if k != "keyword"], {n: v for n, k, v in parameters if k == "keyword"}


def targets_of(text: str) -> list[str]:
    """The names that a statement binds, as Python reads them."""
    return list(
        dict.fromkeys(
            n.id for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        )
    )


def acceptable(value: Any) -> bool:
    if isinstance(value, (bool, int, np.bool, np.integer)) or callable(value) or isinstance(value, (list, tuple)):
        return True
    if not isinstance(value, (float, np.floating, np.ndarray)):
        return False
    array = np.asarray(value)
    return (
        array.dtype.kind in "fbi"
        and 0 < array.size <= 200
        and bool(np.all(np.isfinite(array)))
        and bool(np.all(np.abs(array) < 100))
    )


def places(name: str, value: Any) -> list[tuple[str, Any]]:
    """Every number or array in a value, with the expression that reads it."""
    if isinstance(value, dict):
        return [found for key, part in value.items() for found in places(f'{name}["{key}"]', part)]
    if isinstance(value, (list, tuple)):
        return [found for k, part in enumerate(value) for found in places(f"{name}[{k}]", part)]
    return [(name, value)]


def moved(value: Any, rng: np.random.Generator) -> Any:
    """Another value of the same shape and kind."""
    if isinstance(value, dict):
        return {key: moved(part, rng) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(moved(part, rng) for part in value)
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return value + 0.3 * float(rng.normal())
    return (value + 0.3 * rng.normal(size=value.shape)).astype(value.dtype)


WAYS = ("zeros", "ties", "infinities", "large", "small", "opposite", "equal")


def at_edges(value: Any, rng: np.random.Generator, way: str) -> Any:
    """Another value of the same shape and kind: with zeros, ties, infinities in it, or of another size."""
    if isinstance(value, dict):
        return {key: at_edges(part, rng, way) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(at_edges(part, rng, way) for part in value)
    if isinstance(value, int):
        return value
    array = np.array(value)
    some = rng.random(array.shape) < 0.3
    tiny = 1e-30 if array.dtype == np.float32 else 1e-200
    with np.errstate(all="ignore"):
        new = {
            "zeros": lambda: np.where(some, 0.0, array),
            "ties": lambda: np.round(array),
            "infinities": lambda: np.where(some, np.inf * np.sign(array), array),
            "large": lambda: 60 * array,
            "small": lambda: np.where(some, tiny, 1.0) * array,
            "opposite": lambda: -array,
            "equal": lambda: np.full_like(array, 0.5),
        }[way]()
    return float(new) if isinstance(value, float) else np.asarray(new).astype(value.dtype)


def literal(value: Any) -> str:
    """A value as Python source that gives it again, to the bit."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {literal(part)}" for key, part in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        text = ", ".join(map(literal, value))
        return f"[{text}]" if isinstance(value, list) else f"({text},)"
    if isinstance(value, np.ndarray):
        if value.flags.f_contiguous and not value.flags.c_contiguous:
            return f"{literal(value.T)}.T"  # a product takes another order of sums in another layout
        return f"np.array({value.tolist()!r}, dtype=np.{value.dtype.name}).reshape({value.shape})"
    return f"np.{value.dtype.name}({value.item()!r})" if isinstance(value, np.generic) else repr(value)


def write(seed: int) -> Program:
    """The program of a seed: the first of its tries that runs as a module."""
    for attempt in range(50):
        try:
            program = Writing(seed, attempt).program()
            value = runs(program)
            if program.upstream is not None:
                program.upstream = (
                    np.random.default_rng(seed).normal(size=np.shape(value)).astype(np.asarray(value).dtype)
                )
        except (TypeError, NameError, IndexError, ValueError):
            continue
        return program
    raise AssertionError(f"no program of seed {seed} runs")


def runs(program: Program) -> Any:
    """Run a program on plain values and return what it gives; raises what it raises."""
    module: dict[str, Any] = {}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        exec(compile(program.source, "<trial>", "exec"), module)
        values = [module["f"](*args, **kwargs) for args, kwargs in (program.inputs, program.others)]
    if not all(map(acceptable, values)):
        raise ValueError("a value is not finite")
    if np.array_equal(*values):
        raise ValueError("it does not depend on its inputs")
    return values[0]
