"""Backpropagation through time, written once: the sum over the rounds, and the product of what each hands back."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gatewise._views.derivation.page import Code, Display, Formula, Heading, Sentence, heading, sentence
from gatewise._views.derivation.part import Part
from gatewise._views.derivation.symbols import symbol
from gatewise._views.phrases import said
from gatewise._views.sheet import Loop, Sheet, Wire

_SUBSCRIPT = re.compile(r"(.*)_\{([^{}]*)\}")


def symbols_of_rounds(sheet: Sheet) -> dict[str, str]:
    """The symbols of a round's wires, by name: h_t, h_{t-1} for what came before; of parts the number stands above."""
    found: dict[str, str] = {}
    for wire in sheet.wires:
        loop = sheet.loop_of(wire)
        if loop is not None and wire.role in ("body", "each"):
            found[wire.name] = symbol_in_round(wire, loop, loop.counter)
        elif loop is not None and wire.role == "final" and loop.around is not None:
            around = sheet.loops[loop.around]
            found[wire.name] = symbol_in_round(wire, around, around.counter)
    for loop in sheet.loops:
        for after, before in loop.carried:
            made = carried(sheet, after)
            found[sheet.wires[before].name] = symbol_in_round(made, loop, f"{loop.counter}-1")
            found[sheet.wires[after].name] = symbol_in_round(made, loop, loop.counter) + r"^{\to}"
    return found


def carried(sheet: Sheet, after: int) -> Wire:
    """The wire of the body that goes on to the next round."""
    return sheet.wires[sheet.operands[after][0].source]


def symbol_in_round(wire: Wire, loop: Loop, number: str) -> str:
    """A wire's symbol with the number of a round."""
    found = re.fullmatch(rf"(.+?)(?:_{re.escape(loop.counter)}(?:_(\d+))?)?", wire.name)
    base, part = found.groups() if found is not None else (wire.name, None)
    whole = symbol(base)
    inner = _SUBSCRIPT.fullmatch(whole)
    told = f"{inner[1]}_{{{inner[2]},{number}}}" if inner else f"{whole}_{{{number}}}"
    return told if part is None else rf"{told}^{{({part})}}"


def first_value(wire: Wire) -> str:
    """What the first round is given, of a wire that stands for the round before."""
    return wire.expression.rpartition(", then ")[0]


def of_all_rounds(sheet: Sheet, wire: Wire, entry: str) -> str:
    r"""`\left(h_{t}\right)_{t=0}^{19}`: an array whose entries the rounds make."""
    loop = sheet.loop_of(wire)
    assert loop is not None
    first, last, step = loop.numbers
    bounds = f"{loop.counter}={first}" if step == 1 else loop.counter
    return rf"\left({entry}\right)_{{{bounds}}}" + (f"^{{{last}}}" if step == 1 else "")


# ------------------------------------------------------------------------------------------------------ what is written


def part_over_rounds(sheet: Sheet, source: Wire, target: Wire, d: str) -> Part | None:
    """What comes back along a use at the edge of a loop; None for any other use. `d` is the gradient of its wire."""
    loop = sheet.loop_of(target)
    if loop is not None and target.pattern == "collects":
        why = sentence("derivation.rounds.collects", wire=Code(source.name), array=Code(target.name))
        return Part(f"{{{d}}}_{{{loop.counter}}}", [why])
    if loop is None or target.role not in ("each", "before"):
        return None
    if target.role == "each":
        why = sentence("derivation.rounds.each", wire=Code(source.name), count=Formula(str(loop.count)))
        return Part(rf"{sum_over_rounds(loop)} {d}", [why])
    why = sentence("derivation.rounds.first", wire=Code(source.name))
    return Part(rf"{d} \text{{ {said('derivation.formula.first')}}}", [why], is_worded=True)


def sum_over_rounds(loop: Loop) -> str:
    r"""`\sum_{t=0}^{19}`, over the numbers that the loop's counter has."""
    first, last, step = loop.numbers
    return rf"\sum_{{{loop.counter}={first}}}^{{{last}}}" if step == 1 else rf"\sum_{{{loop.counter}}}"


def through_time(sheet: Sheet, wire: Wire, kept: Iterable[int]) -> list[Heading | Sentence | Display]:
    """How the gradients of the rounds hang together; at the first wire of a loop that goes on to the next round."""
    loop = sheet.loop_of(wire)
    if loop is None or wire.role != "after":
        return []
    going_on = [after for after, _ in loop.carried if after in set(kept)]
    if wire.id != max(going_on, default=-1):
        return []
    return [
        heading(2, "derivation.rounds", text=Code(loop.text.rstrip(":"))),
        *_state(sheet, loop, going_on),
        Display(tuple(_products(sheet, loop, going_on))),
        sentence("derivation.rounds.shown", place=loop.place),
    ]


def _state(sheet: Sheet, loop: Loop, going_on: list[int]) -> list[Sentence]:
    made = [carried(sheet, after) for after in going_on]
    names = [Formula(symbol_in_round(wire, loop, loop.counter)) for wire in made]
    together = [part for name in names for part in (", ", name)][1:]
    if len(made) == 1:
        return [sentence("derivation.rounds.one", wire=names[0])]
    return [
        sentence("derivation.rounds.several", state=Formula(_letter(sheet, loop, made, loop.counter)), wires=together)
    ]


def _letter(sheet: Sheet, loop: Loop, made: list[Wire], number: str) -> str:
    """What is carried, in a round: its own symbol, or one for several together."""
    if len(made) == 1:
        return symbol_in_round(made[0], loop, number)
    taken = {wire.name for wire in sheet.wires}
    letter = next((each for each in "szqm" if each not in taken and f"{each}_{loop.counter}" not in taken), "S")
    return f"{letter}_{{{number}}}"


def _products(sheet: Sheet, loop: Loop, going_on: list[int]) -> list[str]:
    """What a round gets from the next one, and from the last one through all between."""
    made = [carried(sheet, after) for after in going_on]
    t, last = loop.counter, str(loop.numbers[1]) if abs(loop.numbers[2]) == 1 else "T"
    turned = "^{T}" if any(wire.shape for wire in made) or len(made) > 1 else ""
    up = "+1" if loop.numbers[2] > 0 else "-1"

    def at(number: str) -> str:
        return _letter(sheet, loop, made, number)

    def jacobian(number: str, before: str) -> str:
        return rf"\frac{{\partial {at(number)}}}{{\partial {at(before)}}}"

    before_last = str(loop.numbers[1] - loop.numbers[2]) if last != "T" else "T-1"
    chain = rf"{jacobian(last, before_last)} \cdots {jacobian(t + up, t)}"
    step = jacobian(t + up, t)
    return [
        rf"d{at(t)} &= \left({step}\right){turned} \, d{at(t + up)}",
        rf"&= \left({chain}\right){turned} \, d{at(last)}",
    ]
