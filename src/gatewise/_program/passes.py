"""From program to program."""

from __future__ import annotations

from typing import Any

from gatewise._program.program import At, Guard, Op, Operand, Program, roots, uses, verify


def needed(program: Program) -> Program:
    """The program without the operations that no output or guard is made of; inputs stay as they are."""
    first = len(program.inputs)
    waiting = [*roots(program)]
    kept = set(range(first))
    while waiting:
        place = waiting.pop()
        if place not in kept:
            kept.add(place)
            waiting += uses(program.ops[place - first])
    places = {old: new for new, old in enumerate(sorted(kept))}

    def moved(x: object) -> Any:
        return At(places[x.place]) if isinstance(x, At) else x

    def renumbered(op: Op) -> Op:
        operands: tuple[Operand, ...] = tuple(map(moved, op.operands))
        parameters = {k: tuple(map(moved, v)) if isinstance(v, tuple) else v for k, v in op.parameters.items()}
        return Op(op.gate, operands, parameters, op.shape, op.dtype)

    ops = tuple(renumbered(program.ops[old - first]) for old in sorted(kept) if old >= first)
    outputs = {name: moved(operand) for name, operand in program.outputs.items()}
    guards = tuple(Guard(moved(guard.operand), guard.value) for guard in program.guards)
    return verify(Program(program.inputs, ops, outputs, guards))
