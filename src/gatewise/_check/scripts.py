"""The verdict on a flat script: its gradients beside the differences of its own forward statements.

The script runs once, and is noted (`tracing`); `script_claims` says which of its values are gradients, and of what;
`script_verdict` compares these with differences. What looks like a gradient and cannot be judged is named.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from gatewise._check.culprit import culprits_of_script
from gatewise._check.diagnosis import Mistake
from gatewise._check.lines import Told, lines_of_script
from gatewise._check.places import Place
from gatewise._check.report import Report, error_said, stopped, verdict_of
from gatewise._check.script_claims import SAYS_GRADIENT, Claim, Pass, outputs_of, passes
from gatewise._check.script_forward import FUNCTION, surroundings
from gatewise._check.script_text import one_by_one, with_given, with_named_loss, without_main
from gatewise._check.script_verdict import TRIED, Script, Verdicts
from gatewise._check.tracing import Trace
from gatewise._errors import ArgumentError, GatewiseError, ScriptError
from gatewise._recording import wire_named
from gatewise._recording.reading import text_in, tree_of
from gatewise._recording.scripts import inputs_in
from gatewise._types import Named

STEPS = "the steps of gradient descent were left out, and gradients compared where the first one starts"
SOURCE = "the gradients that the script assigns"


def check_script(path: str, given: Named | None = None, **options: Any) -> Report:
    """Check the gradients that a flat script assigns; gatewise's own where it assigns none.

    `given` replaces inputs: the names that the script assigns a number, a list or a random draw; `leave_out` names
    gradients, or what they belong to, that are not to be judged. Raises `ScriptError` where the script cannot be read
    or computes nothing, `UserCodeError` for what its forward pass raises.
    """
    text = text_in(path)
    return check_text(path, text, given, **options)


def check_text(
    path: str,
    text: str,
    given: Mapping[str, object] | None = None,
    *,
    leave_out: Collection[str] = (),
    **options: object,
) -> Report:
    """`check_script`, for the text of a script."""
    text = with_given(path, one_by_one(path, without_main(path, text)), given or {})
    draws = np.random.get_state()  # noqa: NPY002  (the script may draw from it)
    try:
        trace = Trace(with_named_loss(tree_of(path, text)), ())
        outputs = outputs_of(trace)
        if not outputs and not trace.lines:
            cure = "assign the inputs numbers at the top of the script, then compute with them."
            raise ScriptError(f"{path} computes nothing.", "no name is assigned a value.", cure)
        trace.outputs = outputs[:1]
        error = trace.run(path, surroundings(path))
        np.random.set_state(draws)  # noqa: NPY002
        found = [*passes(trace, outputs_of(trace))]
        if error is not None:
            return on_error(path, text, error, trace, found)
        chosen = next((each for each in found if each.is_one), None)
        if chosen is None:
            return on_own_gradient(Script(path, trace, draws, options), found)
        return report_on(Script(path, trace, draws, options), text, chosen, leave_out)
    finally:
        np.random.set_state(draws)  # noqa: NPY002


def found_lines(path: str, text: str, found: Pass) -> Told:
    """The wrong lines, or why they cannot be told."""
    name, trace = "" if found.output.steps else found.output.base, found.trace
    steps = {trace.lines[trace.moments[s.moment].line].node.lineno for s in found.steps}
    return lines_of_script(path, text, lambda: culprits_of_script(path, text, name), name, steps)


def on_error(path: str, text: str, error: Exception, trace: Trace, found: Sequence[Pass]) -> Report:
    """The report on a script whose backward part raises. Raises that error where no line is found."""
    if not found or trace.due is None or trace.due in found[0].forward:
        raise error
    mistakes = found_lines(path, text, found[0]).mistakes
    if not mistakes:
        raise error
    return stopped(found[0].output.text, (f"the script raises {error_said(error)}",), 1, mistakes)


def report_on(script: Script, text: str, found: Pass, leave_out: Collection[str]) -> Report:
    """The verdict on every gradient of a pass; the wrong lines, and what was not judged."""
    refuse_without_loss(script.path, found)
    refuse_unknown(found, leave_out)
    claims = [c for c in found.claims if not named_in(leave_out, c.target, c.place)]
    verdict = Verdicts(script, found, claims, [*other_outputs(found)])
    verdict.look()
    if found.start is None and np.ndim(found.forward_value(found.output)) and verdict.is_wrong:
        raise no_loss(script.path, found)
    rest = [(p, why) for p, why in verdict.unjudged() if not named_in(leave_out, p)]
    all_right = bool(verdict.reports) and not rest and not verdict.doubts
    told = Told() if all_right else found_lines(script.path, text, found)
    left = [c for c in found.claims if c not in verdict.claims]
    mistakes = [m for m in told.mistakes if not verdict.contradicts(m) and not any(is_about(m, c) for c in left)]
    if verdict.is_wrong and not mistakes:
        mistakes = [*verdict.steps_too_early(text.splitlines())]
    return merged(found, verdict, told._replace(mistakes=mistakes), rest)


def other_outputs(chosen: Pass) -> Iterator[Pass]:
    """Other numbers that a script computes, none of which is made of the first output, or that of it."""
    trace, known = chosen.trace, chosen.history
    numbers = [p for p, versions in known.items() if not p.steps and np.ndim(versions[-1][1]) == 0]
    made = [p.base for p in numbers if p != chosen.output and known[p][-1][0] not in chosen.behind]
    for other in passes(trace, [name for name in made if wire_named(name, [q.base for q in known]) is None][-TRIED:]):
        if chosen.moment not in other.behind and not other.behind & {m for c in chosen.claims for m, _ in c.values}:
            yield other


class OwnReport(Report):
    """The report on a script without gradients: gatewise's own were checked, and the first line says so."""

    def __str__(self) -> str:
        return f"No gradient of yours was found: what was checked is gatewise's own.\n{super().__str__()}"


def on_own_gradient(script: Script, found: Sequence[Pass]) -> Report:
    """The report on gatewise's gradient of a script that has none. Raises `ScriptError` where it has none either."""
    path, body = script.path, script.trace.tree.body
    functions = [s.name for s in body if isinstance(s, ast.FunctionDef)]
    if functions:
        named = ", ".join(f"{path}:{name}" for name in functions[:5]) + (", ..." if len(functions) > 5 else "")
        why = "it has functions, and outside of them no gradient."
        raise ScriptError(f"No gradient was found in {path}.", why, f"name a function: {named}")
    written = [p.base for line in script.trace.lines for p in line.touched.writes]
    gradients = [n for n in written if wire_named(n, {*written} - {n}) is not None or SAYS_GRADIENT.search(n.lower())]
    ends = [each for each in found if not script.trace.lines[script.trace.moments[each.moment].line].loops]
    none = ScriptError(
        f"No gradient was found in {path}.",
        f"{', '.join(gradients[:3])} may be one, and the value it would be the gradient of is not computed before it.",
        "compute the value first, call it f or loss, then assign dx, dW.",
    )
    ends = [each for each in ends if each.output.base not in gradients]
    if gradients and not (ends and np.ndim(ends[-1].forward_value(ends[-1].output)) == 0):
        raise none
    last = ends[-1] if gradients else found[0] if found else None
    inputs = [Place(name) for node in body for name, _ in inputs_in(node)]
    moved = [p for p in inputs if last is not None and script.can_move(last, p)]
    if last is not None and not moved:
        moved = [p for p in last.history if last.is_start(p) and script.can_move(last, p)]
    if last is None or not moved:
        cure = "assign the inputs numbers at the top of the script, then compute with them."
        raise ScriptError(f"{path} has no inputs.", "no name is assigned a number or a random draw.", cure)
    try:
        report = script.judged(last, dict.fromkeys(moved))
    except GatewiseError:
        if gradients:
            raise none from None
        raise
    parts = {each.name: getattr(report, each.name) for each in fields(report)}
    return OwnReport(**{**parts, "name": last.output.text})


def is_about(mistake: Mistake, claim: Claim) -> bool:
    return mistake.variable in (claim.place.text, claim.place.base)


def named_in(names: Collection[str], *places: Place) -> bool:
    """Whether a place is among these names, as it is written or by its last part."""
    return any(p.text in names or p.last in names or p.base in names for p in places)


def refuse_unknown(found: Pass, leave_out: Collection[str]) -> None:
    """Raise `ArgumentError` for a name to be left out that the script does not have."""
    known = [*dict.fromkeys(each for p in found.history for each in (p.text, p.last, p.base))]
    for name in leave_out:
        if name not in known:
            named = ", ".join(dict.fromkeys(c.place.text for c in found.claims))
            raise ArgumentError(
                f"leave_out={name!r}: the script has nothing of that name.",
                "what is left out is a gradient, or what it belongs to.",
                f"one of {named}." if named else "the name as the script writes it.",
            )


def refuse_without_loss(path: str, found: Pass) -> None:
    """Raise `ScriptError` for descent on a loss that is never computed: `err = X @ w - y`, `dw = X.T @ err`."""
    if np.ndim(found.forward_value(found.output)) and found.start is None and found.steps:
        raise no_loss(path, found)


def no_loss(path: str, found: Pass) -> ScriptError:
    output = found.output.text
    why = f"{output}, the last value before the gradients, is an array: they may be those of any loss made of it."
    return ScriptError(f"No loss was found in {path}.", why, f"compute it: loss = np.mean({output}**2)")


def merged(found: Pass, verdict: Verdicts, told: Told, rest: Sequence[tuple[Place, str]]) -> Report:
    """One report of several, with the lines at fault and what was not judged."""
    reports = verdict.reports
    order = {c.target.text: found.made_at(c.target) for c in found.claims}
    parameters = sorted((p for r in reports for p in r.parameters), key=lambda p: order.get(p.name, 0))
    word = verdict_of([p.verdict for p in parameters], all(bool(r) for r in reports if r.verdict == "kink"))
    notes = [note.replace(FUNCTION, found.output.text) for r in reports for note in r.notes] + verdict.notes
    notes += [f"{place.text} was not judged: {reason}" for place, reason in rest]
    if told.mistakes:
        word = "wrong"
    elif word == "wrong":
        notes.append(f"the line could not be told: {told.why or 'no gradient in the script is wrong by itself'}")
    if found.steps:
        notes.append(STEPS)
    loudest = max(reports, key=lambda r: r.noise, default=None)
    noise, noise_source, value = (
        (loudest.noise, loudest.noise_source, loudest.value) if loudest else (0.0, "", math.nan)
    )
    return Report(
        found.output.text, word, tuple(parameters), SOURCE, noise, noise_source, sum(r.evaluations for r in reports),
        value, tuple(dict.fromkeys(notes)), tuple(told.mistakes), (), tuple(dict.fromkeys(p.text for p, _ in rest)),
        suspects=told.suspects if word == "wrong" and not told.mistakes else (),
    )  # fmt: skip
