"""Whether a loop that was recorded with so many rounds may have another number of them.

Only where nothing else can go another way with it. Whatever is not certain is no: the text then holds for the recorded
count, and asserts it.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from types import CodeType
from typing import Any

import numpy as np

from gatewise._circuit import Expr, FrozenCircuit, Repeat, Said, Unrolled, Wire
from gatewise._loops import literal_before, loops_around, node_of, slots
from gatewise._recording import expression_at, function_node, says, source_of, spots, stored
from gatewise._source.looped.gathering import STACK, Lists, stacked_node
from gatewise._source.looped.parts import Rounds, Stretch, everything, used_inputs
from gatewise._source.looped.writing import is_told_mean

#: By these a function may go another way, or bind names where nobody sees it.
BRANCHES: tuple[type[ast.AST], ...] = (
    *(ast.If, ast.IfExp, ast.BoolOp, ast.While, ast.Break, ast.Continue, ast.Try, ast.Match, ast.With, ast.Yield),
    *(ast.Raise, ast.Global, ast.Nonlocal, ast.NamedExpr, ast.Starred, ast.Delete, ast.Await),
)


def bound_to_count(
    circuit: FrozenCircuit, parts: Sequence[Stretch | Rounds], left: Sequence[Unrolled], lists: Lists
) -> str:
    """Why the count may be no other than the recorded one; empty where it may."""
    unrolled = [f"{each.text} stays unrolled: {each.why}" for each in left if not TYPED.match(each.text)]
    found = [part for part in everything(parts) if isinstance(part, Rounds)]
    if unrolled:
        return unrolled[0]
    if all(map(is_fixed, found)):
        return ""
    for part in found:
        if part.repeat.counting.told is None:
            return part.repeat.counting.untold
        if not all(each.told for each in part.lists.values()):
            return "a list may have another number of entries than its loop has rounds"
        if plain_start(part):
            return f"{plain_start(part)} begins as a number that no line tells"
    return (
        other_gate(circuit)
        or other_list(circuit, lists)
        or way_by_code(circuit)
        or other_loop(circuit, found)
        or repeated_place(circuit, parts)
        or untold_constant(circuit, parts)
        or untold_input(circuit, parts)
    )


TYPED = re.compile(r"for \w+ in range\([\d, ]+\):$")


def other_gate(circuit: FrozenCircuit) -> str:
    """A gate whose lines may hold a size, such as a mean's divisor."""
    blocks = [block.gate for block in circuit.blocks.values()]
    steps = [made.gate for made in circuit.steps.values() if not is_told_mean(made)]
    for gate in (*steps, *blocks):
        closes = gate in blocks and "index" not in gate.parameters
        if not (closes or gate.sizeless):
            return f"a size may stand in the lines of {gate.name}"
    return ""


def other_list(circuit: FrozenCircuit, lists: Lists) -> str:
    """An array of a list that no loop was found to fill, and whose entries are not typed one by one."""
    told = {spots(made.place) for found in lists.values() if (made := circuit.steps.get(found.wire)) is not None}
    for made in circuit.steps.values():
        if made.gate is STACK and made.place and spots(made.place) not in told and not typed_entries(made):
            return "an array is made of a list that may be longer"
    return ""


def typed_entries(made: Expr) -> bool:
    """Whether the user typed the entries of a list one by one, those of lists in it among them."""
    node = stacked_node(made)
    return isinstance(node, (ast.List, ast.Tuple)) and all(map(is_typed_list, lists_in(node)))


def lists_in(node: ast.expr) -> Iterator[ast.List | ast.Tuple]:
    """A list, and the lists that are its entries."""
    if isinstance(node, (ast.List, ast.Tuple)):
        yield node
        for entry in node.elts:
            yield from lists_in(entry)


def is_typed_list(node: ast.List | ast.Tuple) -> bool:
    """Whether no entry of a list stands for several."""
    return not any(isinstance(x, (ast.Starred, ast.ListComp)) for x in node.elts)


def is_fixed(part: Rounds) -> bool:
    """Whether the user typed the count as a number: it is the same for all inputs."""
    told = part.repeat.counting.told
    return told is not None and told.names <= {"range", "reversed"}


def plain_start(part: Rounds) -> str:
    """A carried value whose first number no text gives."""
    for q, first in part.repeat.carried.items():
        if not isinstance(first, Wire) and q not in part.repeat.starts:
            return "what it carries on"
    return ""


def codes(circuit: FrozenCircuit) -> list[CodeType]:
    """The functions of the user's that gates stand in; a comprehension stands in one of them."""
    found = {id(code): code for made in circuit.steps.values() for code, _ in made.place}
    return [code for code in found.values() if code.co_name not in COMPREHENSIONS]


COMPREHENSIONS = frozenset({"<listcomp>", "<genexpr>", "<setcomp>", "<dictcomp>"})


def way_by_code(circuit: FrozenCircuit) -> str:
    """A branch in the function or in a helper: by the count it may go another way."""
    for code in codes(circuit):
        source = source_of(code)
        if source is None:
            return "its source is not there"
        node = function_node(source, code)
        if node is source.tree and not code.co_name.startswith("<"):
            return f"the source of {code.co_name} is not found"
        for each in ast.walk(node):
            if isinstance(each, BRANCHES) or (isinstance(each, ast.comprehension) and each.ifs):
                return f"line {getattr(each, 'lineno', node_line(node))} may go another way"  # whatever it hangs on
    return ""


def other_loop(circuit: FrozenCircuit, found: Sequence[Rounds]) -> str:
    """A loop in the function or in a helper that is none of those found: it may go round more often, or at all."""
    known = {part.repeat.counting.loop for part in found}
    known |= {loop.args[0] for loop in known if isinstance(loop, ast.Call)}
    for code in codes(circuit):
        source = source_of(code)
        for each in ast.walk(function_node(source, code)) if source is not None else ():
            if (
                isinstance(each, LOOPS)
                and each not in known
                and not (isinstance(each, ast.For) and typed_range(each.iter) is not None)
            ):
                return f"the loop in line {node_line(each)} may go round more often"
    return ""


LOOPS = (ast.For, ast.While, ast.ListComp, ast.GeneratorExp, ast.SetComp, ast.DictComp)


def node_line(node: ast.AST) -> int:
    return getattr(node, "lineno", 0)


def repeated_place(circuit: FrozenCircuit, parts: Sequence[Stretch | Rounds]) -> str:
    """Code that ran several times outside of what was found: how often may hang on the count.

    A loop inside whose count is typed as a number runs that often.
    """
    for part in parts:
        times: Counter[Any] = Counter()
        often: dict[Any, tuple[int, Wire]] = {}
        for wire, made in steps_in(part, circuit):
            if len({id(code) for code, _ in made.place}) != len(made.place):
                return "a function calls itself"
            if made.gate is STACK and typed_entries(made):
                continue  # once for each list in it
            given = re.sub(r"\d+", "N", repr(dict(made.parameters)))  # np.diff takes two slices in one place
            key = (spots(made.place), made.gate.name, given)
            times[key] += 1
            often[key] = typed_times(made, part), wire
        for key, (expected, wire) in often.items():
            if key[0] and times[key] != expected:
                return f"what makes {circuit.names.get(wire, 'a value')} runs several times"
    return ""


def typed_times(made: Expr, part: Stretch | Rounds) -> int:
    """How often a step runs by the loops around it with typed counts; 1 for any other loop."""
    own = {each.repeat.counting.line for each in everything([part]) if isinstance(each, Rounds)}
    times = 1
    for _, _, loop, _ in loops_around(made):
        if loop.lineno not in own and isinstance(loop, ast.For) and (counts := typed_range(loop.iter)) is not None:
            times *= len(counts)
    return times


def typed_range(node: ast.expr) -> range | None:
    """`range(3)`, with numbers as typed."""
    match node:
        case ast.Call(func=ast.Name(id="range"), args=args):
            typed = [a.value for a in args if isinstance(a, ast.Constant) and isinstance(a.value, int)]
            return range(*typed) if args and len(typed) == len(args) else None
    return None


def steps_in(part: Stretch | Rounds, circuit: FrozenCircuit) -> Iterator[tuple[Wire, Expr]]:
    """The steps of a part as they were recorded; of one with several outputs once."""
    wires = part.wires if isinstance(part, Stretch) else part.counted_steps()
    seen: set[int] = set()
    for wire in wires:
        made = circuit.steps[wire]
        if id(made) not in seen:
            seen.add(id(made))
            yield wire, made


def untold_constant(circuit: FrozenCircuit, parts: Sequence[Stretch | Rounds]) -> str:
    """A plain value that is no literal of the code and has no text: NumPy may have made it of the count."""
    ours: set[tuple[Any, Any]] = set()
    begins: set[Any] = set()
    for each in (part.repeat for part in parts if isinstance(part, Rounds)):
        told, first = by_text(each)
        ours |= told
        begins |= first
    arrays = {found.wire for part in everything(parts) if isinstance(part, Rounds) for found in part.lists.values()}
    for wire, made in circuit.steps.items():
        for slot, x in slots(made).items() if wire not in arrays else ():
            if x is None or isinstance(x, Wire) or (wire, slot) in ours or is_told(circuit, made, slot, x):
                continue
            if wire in begins and isinstance(slot[0], int):
                continue  # what the first round starts from: the other rounds are looked at as well, and its start
            return f"a plain value in {circuit.names[wire]} may hang on the count"
    return ""


def told_entries(circuit: FrozenCircuit, parts: Sequence[Stretch | Rounds]) -> set[Wire]:
    """The entries of lists that are arguments of which nothing but texts of loops speaks: `tokens[t]`."""
    ours = set[tuple[Any, Any]]().union(*(by_text(part.repeat)[0] for part in parts if isinstance(part, Rounds)))
    uses = [((wire, slot), x) for wire, made in circuit.steps.items() for slot, x in slots(made).items()]
    entries = {i.wire for i in circuit.inputs if not i.wanted and any(isinstance(key, int) for key in i.path)}
    return entries - {x for key, x in uses if key not in ours and isinstance(x, Wire)}


def by_text(repeat: Repeat) -> tuple[set[tuple[Any, Any]], set[Any]]:
    """The slots whose numbers the repeat's texts give, and the wires of first rounds, loops inside among them."""
    ours = {(row[j], slot) for j, slot in (*repeat.indexed, *repeat.moved) for row in repeat.rounds}
    begins = set(repeat.rounds[0])
    places = {w: k for k, w in enumerate(repeat.rounds[repeat.model])}
    for inner in repeat.inner:
        told, first = by_text(inner)
        ours |= {(row[places[w]], slot) for w, slot in told if w in places for row in repeat.rounds}
        begins |= {row[places[w]] for w in first if w in places for row in repeat.rounds}
    return ours, begins


def is_told(circuit: FrozenCircuit, made: Expr, slot: Any, x: Any) -> bool:
    """Whether a plain value stands in the code as it is, or by a text."""
    if isinstance(slot[0], int):
        node = node_of(made, slot)
        typed = literal_before(made.place[-1][0], node) if made.place else None
        return slot[0] in made.typed or says(typed, x)
    if isinstance(x, (str, np.dtype, type, bool)) or x is Ellipsis:
        return True
    if id(x) in circuit.texts or ("index", id(x)) in circuit.texts:
        return True
    whole = made.parameters[slot[0]]
    if not isinstance(whole, int) and (id(whole) in circuit.texts or ("index", id(whole)) in circuit.texts):
        return True
    if is_left_out(made, slot[0], x):
        return True
    node = node_of(made, slot)
    if node is None and isinstance(x, slice) and is_difference(made):
        return True  # [1:] and [:-1]
    if node is None:
        return slot[0] in made.gate.defaults and made.gate.defaults[slot[0]] is x
    return is_typed(node, made)


def is_typed(node: ast.expr, made: Expr) -> bool:
    """Whether an expression is made of numbers as typed, and of names for such."""
    inner = [*ast.walk(node)]
    names = [each for each in inner if isinstance(each, ast.Name)]
    return not any(isinstance(each, (ast.Call, ast.Attribute)) for each in inner) and all(
        literal_before(made.place[-1][0], name) is not None for name in names
    )


def is_left_out(made: Expr, name: str, x: object) -> bool:
    """Whether a call gives one operand and no such parameter, which is what it is anyhow."""
    match expression_at(*made.place[-1]) if made.place else None:
        case ast.Call(args=[_], keywords=keywords) if all(k.arg not in (None, name) for k in keywords):
            return bool(name in made.gate.defaults and type(x) is int and made.gate.defaults[name] == x)
    return False


def is_difference(made: Expr) -> bool:
    """Whether a step is a part of `np.diff(x)`."""
    match expression_at(*made.place[-1]) if made.place else None:
        case ast.Call(func=ast.Attribute(attr="diff"), args=[_], keywords=[]):
            return True
    return False


def untold_input(circuit: FrozenCircuit, parts: Sequence[Stretch | Rounds]) -> str:
    """A captured array that the function made, entries of a list, or a text that speaks of what is bound anew."""
    own = {name for code in codes(circuit) for name in (*code.co_varnames, *code.co_cellvars)}
    anew = {node.id for code in codes(circuit)[:1] for node in stored(code)}
    texts = [*circuit.texts.values(), *circuit.spelled.values()]
    early = [line for line in circuit.setup if made_before(line, circuit)]
    texts += [line for line in circuit.setup if line not in early]
    texts += [t for part in everything(parts) if isinstance(part, Rounds) for t in part.repeat.indexed.values()]
    texts += [t for part in everything(parts) if isinstance(part, Rounds) for t in part.repeat.starts.values()]
    texts += [
        t
        for part in everything(parts)
        if isinstance(part, Rounds)
        for m in part.repeat.moves
        for t in (m.begins, m.text)
    ]
    by_round = told_entries(circuit, parts)
    for i in used_inputs(circuit, parts):
        if any(isinstance(key, int) for key in i.path) and i.wire not in by_round:
            return f"{i.parameter} is a list, and as long as it was"
        if i.kind == "captured" and (i.name in own or i.name.startswith("captured")):
            return f"NumPy made {i.name}, and of what is not known"
        texts += [i.text] if isinstance(i.text, Said) else []
    arguments = {i.parameter for i in circuit.inputs if i.kind == "input"}
    moved = sorted({name for text in texts for name in text.names} & anew & arguments)
    return f"{moved[0]} is bound anew" if moved else ""


def made_before(line: Said, circuit: FrozenCircuit) -> bool:
    """Whether a line that computes a plain number stands before all that binds its arguments anew."""
    node = circuit.around.assigned.get(line.partition(" = ")[0])
    first = [each.lineno for code in codes(circuit)[:1] for each in stored(code) if each.id in line.names]
    return node is not None and getattr(node, "lineno", 0) > 0 and all(node.lineno < at for at in first)


def strange_number(numbers: Iterable[float], circuit: FrozenCircuit, counts: Sequence[int]) -> str:
    """A number that is written by its value and is none of the user's, or may be the count itself: a size."""
    typed = {abs(x) for code in codes(circuit) for x in literals(code)}
    for number in sorted(numbers):
        x = abs(number)
        if x in (0, 0.5, 1, 2, np.inf) or x != x:  # what rules hold: a tie is split in half, a norm of 0 has no slope
            continue
        if x not in typed or any(x == int(x) and n > 1 and x % n == 0 for n in counts):
            return f"{number:g} in it may hang on the count"
    return ""


def literals(code: CodeType) -> Iterator[float]:
    """The numbers that a function types."""
    source = source_of(code)
    for node in ast.walk(function_node(source, code)) if source is not None else ():
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
            yield node.value
