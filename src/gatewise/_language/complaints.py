"""What is said of a text that cannot be read: what stands there, why it cannot, and what to write."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from gatewise._language.building import MOST_NODES, OpenCall
from gatewise._language.mending import Vocabulary
from gatewise._language.names import another_name, cut_short, nearest, objection
from gatewise._language.scanning import MisreadError, Token
from gatewise._language.values import MAKERS

IN_A_FILE = "Write it as a Python function in a file: gatewise show FILE.py:FUNCTION."
WORDS = {
    **dict.fromkeys(("and", "or", "not"), "Write logical_and(x > 0, y > 0), logical_or or logical_not."),
    **dict.fromkeys(
        ("for", "while", "def", "return", "import", "from", "in", "is", "class", "assert", "del"), IN_A_FILE
    ),
    **dict.fromkeys(("if", "else"), "Write where(condition, a, b)."),
    "True": "Write 1.",
    "False": "Write 0.",
    "None": "Write a number.",
}
GATE_NAMES = "gates go by NumPy's names, and by sigmoid, relu, softmax and a few more."
SOME_GATES = "an expression calls some of the gates, and it is none of them."
EXAMPLE = 'Write an expression such as "(x + y) * z".'
LISTED = "`gatewise gates` lists the gates"
MOST_AXES = 64
NOT_HERE = "The expression language has names, numbers, + - * / @ **, calls and assignments."
#: What is said of a token, by what is wrong: problem, why, cure. `{name}` is the token cut short, `{text}` whole.
PHRASES = {
    "taken": ("{name} already has a value", "", "Use another name, such as {name}_2."),
    "too early": (
        "{name} is used before it gets its value",
        "statements are run from left to right.",
        "Put its statement first, or use another name.",
    ),
    "own value": ("{name} is used in the statement that gives it its value", "", "Call the result {name}_2."),
    "no variable": ("{name} cannot be the name of a value", "{reason}", "{cure}"),
    "also a gate": ("{text} is a gate in this expression", "", "Call the value {text}_."),
    "also a value": ("{gate} is a value in this expression", "", "Call the value {gate}_."),
    "needs operands": ("{text} is a gate and needs its operands", "", "Write {text}(...)."),
    "no attribute": ("{name} cannot be used here", "", "Write np.exp(x) or exp(x)."),
    "no value": ("expected a value{where}", "", "{cure}"),
    "lone comparison": (
        "{text} stands only in a call, once in each operand",
        "",
        "Write it as an operand, such as where(x > 0, x, 0).",
    ),
    "lone comma": (
        "expected ) before ,",
        "a comma stands only inside a call.",
        "Write one value, or a call: maximum(x, y).",
    ),
    "no bracket": ("there is no ( that this {text} belongs to", "", "{cure}"),
    "no option": ("{gate} takes no {name}=", "", "Write {gate}(x{axis})."),
    "twice": ("{text}= is given twice", "", ""),
    "no flag": ("expected keepdims=0 or keepdims=1", "", ""),
    "no axis": (
        "expected the number of an axis",
        f"an axis is a whole number, and an array has at most {MOST_AXES}.",
        "Write axis=0.",
    ),
    "no end": ("expected , or ) after {option}=", "", ""),
    "operand after option": ("an operand stands before axis= and keepdims=", "", ""),
    "option outside": ("expected an operator before =", "a statement starts with its name.", ""),
    "unused": ("this value is not used", "", "Give it a name, such as q = x + y."),
    "several with option": (
        "{text} of several operands takes no {option}=",
        "",
        "Write {text}(x, axis=0) of one array, or {text}(x, y) of two.",
    ),
    "numpy's own": ("np.{text} takes one array, and its axis as axis=", "", "Write {text}(x, y) to compare two."),
}


def complaint(about: str, token: Token, **slots: str) -> MisreadError:
    """What is said where the token stands."""
    slots |= {"name": cut_short(token.text), "text": token.text}
    problem, why, cure = (phrase.format(**slots) for phrase in PHRASES[about])
    return MisreadError(token.start, problem, why, cure)


def no_variable(token: Token, reason: str, is_given: bool) -> MisreadError:
    """The name cannot be a Python variable."""
    meant = "" if is_given else WORDS.get(token.text, "")
    cure = meant or f"Call it {cut_short(another_name(token.text))}."
    return complaint("no variable", token, reason=reason, cure=cure)


def unknown_name(token: Token, values: Collection[str]) -> MisreadError:
    name = token.text
    why = f"the names here are {cut_short(', '.join(values), 80)}." if values else "no input was given."
    cure = f"Give {cut_short(name)} a value, such as {cut_short(name)}=1."
    problem, near = f"unknown name {cut_short(name)}", nearest(name, values)
    return MisreadError(token.start, problem, why, cure, ": did you mean ", near)


def missing_value(token: Token, before: str) -> MisreadError:
    after = f" after {before}" if before else ""
    here = " before " + cut_short(token.text) if token.text else ""
    cure = "Divide with one /." if before == token.text == "/" else "Write a name, a number or a call there."
    if token.kind == "[":
        cure = f"{NOT_HERE} Give an array as an input, or write a Python function."
    return complaint("no value", token, where=here or after, cure=cure)


def missing_operator(token: Token, before: str) -> MisreadError:
    """A word stands where an operator belongs."""
    word = cut_short(token.text)
    if token.kind == "=":
        return MisreadError(token.start, "expected an operator before =", "only one name stands left of =.")
    if token.kind == ".":
        why = "attributes are not part of the expression language."
        return MisreadError(token.start, "expected an operator before .", why, "Call a gate, such as sum(X), or X.T.")
    if token.kind == "[":
        cure = "Write a Python function to use indices."
        return MisreadError(token.start, "expected an operator before [", NOT_HERE, cure)
    why = f"{cut_short(before)} is a value here, not a gate." if token.kind == "(" and before.isidentifier() else ""
    cure = WORDS.get(token.text, "Close a ( with )." if token.kind == "]" else "")
    return MisreadError(token.start, f"expected an operator before {word}", why, cure, joiner=". Did you mean ")


def no_bracket(token: Token, before: Token) -> MisreadError:
    """Nothing is open that a comma or a parenthesis could belong to."""
    cure = "Leave it out, or open a ( before it."
    if token.text == ",":
        cure = "Write one value; statements are parted by ;."
        if before.kind == "number":
            cure = "Write the point of a number as a point: 2.5."
    return complaint("no bracket", token, cure=cure)


def unknown_gate(token: Token, vocabulary: Vocabulary) -> MisreadError:
    name, callables = token.text, vocabulary.callables
    if reason := objection(name):
        return MisreadError(token.start, f"{cut_short(name)} cannot be called", reason, WORDS.get(name, IN_A_FILE))
    if name in MAKERS:
        why = "an expression computes with its inputs, and makes no arrays."
        return MisreadError(token.start, f"{name} makes an array", why, f'Make it an input: "A={name}(3)".')
    if (instead := vocabulary.elsewhere(name)) is not None:  # nothing is guessed from its letters
        return MisreadError(token.start, f"{cut_short(name)} has no gate", SOME_GATES, f"{instead or LISTED}.")
    if callable(getattr(np, name, None)):
        cure = "Write it in the gates that `gatewise gates` lists, or as a function in a file: FILE.py:FUNCTION."
        return MisreadError(token.start, f"NumPy's {name} cannot be called here", SOME_GATES, cure)
    problem, cure = f"unknown gate {cut_short(name)}", f"{LISTED}."
    if (near := nearest(name, callables)) and not is_run_together(name, vocabulary):
        return MisreadError(token.start, problem, GATE_NAMES, cure, nearest=near)
    return MisreadError(token.start, problem, GATE_NAMES, cure, joiner=": did you mean ")


def is_run_together(name: str, vocabulary: Vocabulary) -> bool:
    """Whether a name is an input and a gate without a sign between them, `xsin`."""
    known = vocabulary.inputs or ()
    return any(name[:end] in known and name[end:] in vocabulary.callables for end in range(1, len(name)))


def no_option(token: Token, call: OpenCall, vocabulary: Vocabulary) -> MisreadError:
    axis = ", axis=0" if vocabulary.takes_axis(call.gate) else ""
    return complaint("no option", token, gate=call.gate, axis=axis)


def wrong_count(call: OpenCall, low: int, high: int, vocabulary: Vocabulary) -> MisreadError:
    """A gate was given too few or too many operands."""
    last = call.operands[-1].value if len(call.operands) > 1 else None
    named = ", ".join(("x", "y", "z")[:low]) if low <= 3 else "x, ..."
    cure = f"Write {call.name.text}({named}{'' if low == high else ', ...'})."
    if isinstance(last, int) and low == 1 and vocabulary.takes_axis(call.gate):
        cure = f"Write {call.name.text}(x, axis={last})."
    problem = f"{call.name.text} takes {operands_in_words(low, high)}, not {len(call.operands)}"
    return MisreadError(call.name.start, problem, cure=cure)


def operands_in_words(low: int, high: int) -> str:
    if low == high:
        return "1 operand" if low == 1 else f"{low} operands"
    return f"{low} or more operands" if high >= MOST_NODES else f"{low} to {high} operands"
