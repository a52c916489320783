"""What a function's text says of its inputs: shapes in docstrings and comments, axes that are unpacked, entries read.

x: inputs, of shape (N, D)              a docstring
def affine(x, w):  # x (N, D), w (D, M) a comment
N, C, H, W = x.shape                    four axes
probs[np.arange(N), y]                  y holds indices
conv_param["stride"]                    settings
"""

from __future__ import annotations

import ast
import io
import itertools
import re
import tokenize
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

#: The lengths that letters and names stand for; those that people tell apart differ, so that a forgotten turn shows.
LENGTHS = {
    **dict.fromkeys(("n", "batch", "batch_size", "num_examples", "n_samples", "m", "bs", "nb", "b", "q"), 4),
    **dict.fromkeys(
        ("d", "n_features", "features", "input_dim", "n_in", "d_in", "in_dim", "input_size", "n_x", "n_0"), 5
    ),
    **dict.fromkeys(("c", "k", "num_classes", "n_classes", "classes", "channels", "out_dim", "n_out", "d_out", "e"), 3),
    **dict.fromkeys(("h", "w", "height", "width", "hidden", "hidden_size", "n_hidden", "hidden_dim", "l", "n_a"), 6),
    **dict.fromkeys(("n_h", "n_w", "n_1", "length"), 6),
    **dict.fromkeys(("hh", "ww", "kh", "kw", "t", "seq_len", "timesteps", "output_dim", "output_size", "p", "n_y"), 3),
    **dict.fromkeys(("n_c", "t_x", "n_2", "j", "i", "r"), 3),
    **dict.fromkeys(("f", "num_filters", "groups", "g", "heads", "o", "s", "u"), 2),
    **dict.fromkeys(("v", "vocab", "vocab_size"), 7),
}
OTHERS = (3, 5, 2, 6)
#: `m` is the length of what comes out where a batch is called N, as in the course; elsewhere it counts examples.
BESIDE_N = {"m": 3}
SHAPE = re.compile(r"(?:shape|size|dims?|dimensions?|array|matrix|\:|is|of|[-\u2014])*[\s:]*[\(\[]([^()\[\]]*)[\)\]]")

SYMMETRIC = re.compile(r"\bsymmetric|\bSPD\b|positive[- ](semi)?definite|\bcovariance", re.IGNORECASE)

Shape = tuple[int, ...]


@dataclass
class Facts:
    """What is known of one argument by the text of its function."""

    shapes: list[Shape] = field(default_factory=list)  #: as told in words
    axes: set[int] = field(default_factory=set)  #: how many, as it is unpacked and indexed
    keys: list[str] = field(default_factory=list)  #: of a dict
    is_index: bool = False
    is_symmetric: bool = False
    is_compared_with: list[str] = field(default_factory=list)  #: words it may be
    told: Callable[[str], list[Shape]] = lambda _: []  #: the shapes that are told of an entry of it


def facts_of(node: ast.FunctionDef, text: str, names: Sequence[str], around: str = "") -> dict[str, Facts]:
    """What a function's text says of these arguments; `around` is the docstring of its class."""
    facts = {name: Facts() for name in names}
    told = "\n".join([around, ast.get_docstring(node) or "", *comments_in(node, text)])
    lengths = {**LENGTHS, **(BESIDE_N if re.search(r"[(\[]\s*N\s*,", told + text) else {})}
    for name, fact in facts.items():
        fact.told = lambda key: list(dict.fromkeys(shapes_told(key, told, lengths)))
        fact.shapes = list(dict.fromkeys(shapes_told(name, told, lengths)))
        fact.is_index = is_told_to_index(name, told)
        fact.is_symmetric = is_told_symmetric(name, f"{told}\n{above(node, text)}")
    for inner in ast.walk(node):
        note(inner, facts)
    return facts


def comments_in(node: ast.FunctionDef, text: str) -> Iterator[str]:
    """The comments on the lines of a function."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT and node.lineno <= token.start[0] <= (node.end_lineno or 0):
                yield token.string
    except (tokenize.TokenError, SyntaxError):
        return


def shapes_told(name: str, told: str, lengths: Mapping[str, int]) -> Iterator[Shape]:
    """The shapes that words give to a name: `x: (N, D)`, `- w: weights, of shape (D, M)`, `X is N x D`."""
    for found in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)([^\n]*)", told):
        rest = found[1]
        if re.match(r"[^.;(:]*(?:\bare|\bis|:)\s+(?:a )?scalars?\b", rest):
            yield ()
        elif (listed := re.match(r"\s*=\s*\(([^()]*)\)", rest)) and not [*read_shape(listed[1], lengths)]:
            yield (len(listed[1].split(",")),)
        elif (shape := SHAPE.search(rest.partition(";")[0])) and shape.start() < 80:
            yield from read_shape(shape[1], lengths)
        elif crossed := re.search(r"\b\w+(?:\s+[x\u00d7]\s+\w+)+\b|\b[A-Z](?:x[A-Z])+\b", rest):
            yield from read_shape(re.sub(r"\s*[x\u00d7]\s*(?=\w)", ",", crossed[0]), lengths)


def is_told_to_index(name: str, told: str) -> bool:
    """Whether words call a name whole numbers: `y: labels (N,), ints`, `inputs, targets: lists of ints`."""
    rests = re.findall(rf"(?<!\w){re.escape(name)}(?!\w)(?:\s*,\s*\w+(?=\s*[,:]))*([^\n;]*)", told)
    clauses = [
        re.split(r",\s*\w+\s*\(|[,\s]\s*\w+\s*:|\.\s", rest)[0] for rest in rests
    ]  # up to what is said of the next name
    return any(re.search(r"\b(ints?|integers?|indices|ids?|class labels)\b", clause) for clause in clauses)


def is_told_symmetric(name: str, told: str) -> bool:
    """Whether a line that has a name in it calls something symmetric: `Q and R symmetric`, `S: covariance (d, d)`."""
    lines = (line for line in told.splitlines() if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", line))
    return any(SYMMETRIC.search(line) for line in lines)


def above(node: ast.FunctionDef, text: str) -> str:
    """The comment that stands above a function."""
    before = reversed(text.splitlines()[: node.lineno - 1])
    return "\n".join(itertools.takewhile(lambda line: not line.strip() or line.lstrip().startswith("#"), before))


def read_shape(text: str, lengths: Mapping[str, int]) -> Iterator[Shape]:
    """The shape that is written, with a length for each letter; nothing where a part says none."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    sizes = [length_of(part, lengths) for part in parts if part not in ("...", "\u2026")]
    if parts and None not in sizes:
        yield tuple(size for size in sizes if size is not None)


def length_of(part: str, lengths: Mapping[str, int]) -> int | None:
    """The length that a part of a shape stands for: `N`, `3`, `4*H`, `4H`, `d_1`, `D1`."""
    if (found := re.fullmatch(r"(\d+)\s*\*?\s*([A-Za-z]\w*)", part)) is not None:
        inner = length_of(found[2], lengths)
        return None if inner is None else int(found[1]) * inner
    if part.isdigit():
        return int(part) if 0 < int(part) <= 64 else None
    if re.fullmatch(r"d_?[1-9k]", part):
        return 2 if part[-1] != "k" else 3
    bare = part.lower()
    known = lengths.get(bare) or lengths.get(re.sub(r"_?\d+$", "", bare)) or lengths.get(bare.strip("_"))
    is_letters = re.fullmatch(r"[A-Za-z]{1,2}(_\w+)?\d*", part) is not None
    return known or (OTHERS[zlib.crc32(bare.encode()) % len(OTHERS)] if is_letters else None)  # one for each name


def note(node: ast.AST, facts: Mapping[str, Facts]) -> None:
    """What one expression or statement says."""
    match node:
        case ast.Assign(targets=[ast.Tuple(elts=parts)], value=ast.Attribute(value=ast.Name(id=name), attr="shape")):
            if name in facts:
                facts[name].axes.add(len(parts))
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(key)), ctx=ast.Load()):
            if name in facts:  # what is asked for with `get` has a default
                facts[name].keys.append(key)
        case ast.Compare(left=ast.Name(id=name), comparators=[ast.Constant(value=str(word))]) if name in facts:
            facts[name].is_compared_with.append(word)
        case ast.Subscript(
            value=ast.Attribute(value=ast.Name(id=name), attr="shape"), slice=ast.Constant(value=int(k))
        ):
            if name in facts and k > 0:
                facts[name].axes.add(-k - 1)  # at least so many
        case ast.Subscript(slice=index):
            for part in index.elts if isinstance(index, ast.Tuple) else [index]:
                named = part.value if isinstance(part, ast.Subscript) else part
                if isinstance(named, ast.Name) and named.id in facts:
                    facts[named.id].is_index = True
        case _:
            pass
