"""Random and hostile strings for the expression language: `python tests/fuzz_language.py 100000`.

Whatever the string, `parse` gives an `Expression` whose source holds only plain arithmetic, or an `ExpressionError`
with a place in the text, and its work stays within a fixed number of steps a character.
"""

from __future__ import annotations

import ast
import random
import sys
import unicodedata
from collections import Counter

from gatewise._errors import ExpressionError
from gatewise._language import parse

GATES = {
    **dict.fromkeys(["exp", "log", "sqrt", "absolute", "sum", "max", "min", "sigmoid", "softmax"], (1, 1)),
    **dict.fromkeys(["maximum", "minimum", "dot", "multiply"], (2, 2)),
    "where": (3, 3),
    "einsum": (1, 64),
}
OWN = {"sigmoid", "softmax"}
NUMPY = set(GATES) - OWN
STEPS_A_CHARACTER = 60  # two readings of a text, and guesses at an unknown name

ALLOWED = (
    *(ast.Module, ast.FunctionDef, ast.arguments, ast.arg, ast.Assign, ast.Return, ast.Name, ast.Load, ast.Store),
    *(ast.Constant, ast.BinOp, ast.UnaryOp, ast.USub, ast.Call, ast.keyword, ast.Attribute, ast.Compare, ast.cmpop),
    *(ast.Add, ast.Sub, ast.Mult, ast.Div, ast.MatMult, ast.Pow),
)
VALID = [
    "q = x + y; f = q * z",
    "1 / (1 + exp(-(w0*x0 + w1*x1 + w2)))",
    "2 * (x * y + max(z, w))",
    "(x + σ(y)) / (sigmoid(x) + (x + y)^2)",
    "sum(dot(W, X) * dD, axis=0, keepdims=1)",
    "where(x > 0, x², -x**-y)",
    "（ｘ＋ｙ）×ｚ； ｇ＝f",
    "np.exp(x) @ ln(abs(y)) − pi·e ÷ 1e-3",
]
WORDS = [
    *("x", "y", "xy", "学习率", "ｘ", "𝑥", "e", "pi", "π", "f", "exp", "max", "sigmoid", "σ", "np", "math", "lambda"),
    *("__class__", "__import__", "import", "eval", "exec", "axis", "keepdims", "None", "True", "_", "ŀ", "x\u0301"),
    *("0", "1", "2.5", "1e-3", "9", "1e999", "1e-999", "0x10", "9" * 500, "1_0", "٣", ".", "..", "5.", "2²", "⁻", "₁"),
    *("+", "-", "*", "/", "**", "//", "@", "^", "×", "·", "−", "²", "=", "==", "<", ">=", "!=", ":=", "%", "~", "|"),
    *("(", ")", "[", "]", "{", "}", ",", ";", "\n", "\r\n", " ", "\t", "　", "（", "）", "，", "；", "＝", "#", "\\"),
    *(
        "'",
        '"',
        "'''",
        "`",
        "\x00",
        "\x1b[2J",
        "\u200b",
        "\u202e",
        "\ud800",
        "\ufeff",
        "\u2028",
        "\U0001f600",
        "$",
        "_(",
    ),
]
HOSTILE = [
    "",
    " ",
    "\x00",
    "9**9**9",
    "9**9**9**9",
    "1e999",
    "1" * 10_000,
    "1" * 10_001,
    "x.__class__.__bases__",
    "__import__('os').system('true')",
    "().__class__",
    "f'{x}'",
    "lambda: x",
    "[x for x in y]",
    "x if y else z",
    "x\n    import os",
    '"""\nimport os\n"""',
    "(" * 101 + "x" + ")" * 101,
    "(" * 10_000,
    "-" * 10_000,
    "x" + "**x" * 3_000,
    "+".join(["x"] * 2_500),
    "+".join(["x"] * 3_000),
    "max(" + ",".join(["x"] * 2_000) + ")",
    "max(" * 100 + "x,y" + ",z)" * 100,
    "exp(" * 5_000,
    "x=" * 5_000,
    ";" * 10_000,
    "x " * 5_000,
    "2x" * 3_000,
    "²" * 10_000,
    "ﷺ" * 10_000,
    "x\n" * 5_000,
]


def random_text(random: random.Random) -> str:
    """Token soup, a mutated expression, or a hostile string with something put into it."""
    kind = random.random()
    if kind < 0.4:
        return random.choice(["", " "]).join(random.choices(WORDS, k=random.randint(1, 15)))
    if kind < 0.9:
        return mutated(random.choice(VALID), random)
    if kind < 0.98:
        return "".join(chr(random.randrange(0x110000)) for _ in range(random.randint(1, 8))) + random.choice(VALID)
    if kind < 0.995:
        return mutated(random.choice(HOSTILE)[:300], random)
    return mutated(random.choice(HOSTILE), random)


def mutated(text: str, random: random.Random) -> str:
    """`text` with a few words put in, left out, doubled or moved."""
    for _ in range(random.randint(0, 2)):
        start, end = sorted(random.randint(0, len(text)) for _ in range(2))
        end = min(end, start + 6)
        word = random.choice([random.choice(WORDS), text[start:end] * 2, text[::-1][start:end], ""])
        text = text[:start] + word + text[end:]
    return text


def outcome(text: str, inputs: list[str] | None) -> str:
    """Parse `text` and hold it to the promise; what came of it."""
    most = STEPS_A_CHARACTER * (len(text) + 10)
    try:
        expression = parse(text, inputs, GATES, NUMPY)
    except ExpressionError as error:
        check_error(error, text, most)
        return error.problem[:16]
    assert expression.steps <= most
    check_source(expression.source(), expression.inputs)
    return "Expression"


def check_error(error: ExpressionError, text: str, most_steps: int) -> None:
    """Hold an error to its place, its work and a message that a terminal can print."""
    assert error.text == text
    assert 0 <= error.column <= len(text)
    assert error.steps <= most_steps
    assert str(error).replace("\n", "").encode("utf-8")
    assert not any(unicodedata.category(letter) in ("Cc", "Cf", "Cs") for letter in str(error).replace("\n", ""))


def check_source(source: str, inputs: tuple[str, ...]) -> None:
    """Hold generated source to one `def` of plain arithmetic on known names."""
    module = ast.parse(source)
    (function,) = module.body
    assert isinstance(function, ast.FunctionDef)
    assert tuple(argument.arg for argument in function.args.args) == inputs
    assigned = {t.id for s in function.body if isinstance(s, ast.Assign) for t in s.targets if isinstance(t, ast.Name)}
    for node in ast.walk(module):
        assert isinstance(node, ALLOWED), ast.dump(node)
        if isinstance(node, ast.Name):
            assert node.id in {*inputs, *assigned, *OWN, "np"}, node.id
        if isinstance(node, ast.Attribute):
            assert isinstance(node.value, ast.Name)
            assert node.value.id == "np"
            assert node.attr in NUMPY | {"pi", "e", "abs"}
        if isinstance(node, ast.Constant):
            assert isinstance(node.value, int | float)


def run(count: int, seed: int = 0) -> Counter[str]:
    """Parse every hostile string and `count` random ones, with and without known inputs."""
    generator = random.Random(seed)
    outcomes: Counter[str] = Counter()
    for text in HOSTILE:
        outcomes[outcome(text, None)] += 1
        outcomes[outcome(text, ["x", "y"])] += 1
    for number in range(count):
        text = random_text(generator)
        try:
            outcomes[outcome(text, [None, None, ["x", "y", "z", "w"]][number % 3])] += 1
        except BaseException:
            print(f"failed on {text!a}")
            raise
    return outcomes


if __name__ == "__main__":
    found = run(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
    for what, times in found.most_common(25):
        print(f"{times:8}  {what}")
    print(f"{sum(found.values()):8}  strings, each an expression or an error with a place")
