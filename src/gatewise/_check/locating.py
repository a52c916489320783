"""Where a backward pass goes wrong, whatever its variables are called, and wherever its lines stand.

Every value that the backward pass makes is moved once, and what becomes of the gradients is compared with what would
become of them in the true one: so a value is known by what it does. A line is named where the values it starts from
are right, and another value in the place of what it makes, or a small change of it, makes all gradients right.
"""

from __future__ import annotations

import ast
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from gatewise._check.comparing import largest, squeezed
from gatewise._check.explaining import TooManyError
from gatewise._check.hearing import Event
from gatewise._check.mending import Found, Located
from gatewise._check.moving import identical
from gatewise._check.names import wire_named
from gatewise._check.readings import is_packed, sums, total
from gatewise._check.replacing import Replacing
from gatewise._check.rows import Change, Rank
from gatewise._check.trials import Trial, UnseenError

EVENTS = 300  #: values that are moved, each in a run of its own
ENTRIES = 2_000_000  #: numbers in all of them together
WAYS = 64  #: ways in which values of one line may stand for gradients, that are tried
LOSSES = frozenset({"loss", "cost", "L", "J"})


class Inquiry(Replacing):
    """Where one wrong backward pass goes wrong."""

    @property
    def comparable(self) -> str:
        """Why the inquiry cannot be made; nothing where it can."""
        if not self.wrong:
            return "gatewise's own gradients agree with these"
        if (other := self.another_value()) is not None:
            return f"beside these gradients {other.place.key} is computed, and it is not the value of the function"
        if len(self.events) > EVENTS or sum(np.size(e.value) for e in self.events) > ENTRIES:
            return "too much happens on the way to look at every value"
        others = [[e.place for e in r.events] for r in self.runs[1:]]
        if any(places != [e.place for e in self.events] for places in others):
            return "a little further on the program takes another way"
        return ""

    def all_right(self) -> Located | None:
        """The lines that all gradients clear, being right; None where there is no gradient."""
        lines = {self.events[i].place.line for i in self.moved if self.reaches(i)}
        return Located(right=True, cleared=lines) if self.names else None

    def another_value(self) -> Event | None:
        """A loss that is computed beside the gradients, and is not the function's value: they are of something else."""
        value = self.runs[0].value
        for i, e in enumerate(self.events):
            if e.place.key in LOSSES and np.ndim(e.value) == 0 and i in self.moved:
                idle = self.moved[i].value == value and not self.reaches(i) and not self.changes[i]
                if idle and not np.isclose(float(e.value), value, rtol=1e-6):
                    return e
        return None

    def of_another_shape(self, q: str) -> Iterator[Found]:
        """The line that gives the gradient of a parameter, where it has another shape than that."""
        shape = self.trials[0].misshaped[q]
        for named in reversed(self.events):
            if named.value is None or np.shape(named.value) != shape or wire_named(named.place.key, {q}) is None:
                continue
            made = [e for e in self.events if identical(e.value, named.value) and not is_packed(e.place.statement)]
            for e in made[:1]:
                yield Found(e.place.statement, e.place.key, e.value, self.trials[0].circuit.truth(q), shape=True)
            return

    # ------------------------------------------------------------------------------------------------- one line

    def single(self, goal: Sequence[str]) -> Located:
        """The one line that accounts for all of these gradients."""
        on_way = [i for i in self.backward if self.reaches(i) & {*goal}]
        located = self.by_patches(on_way, goal)
        if located.found or located.doubtful or not located.suspects:
            return located
        found = self.by_replacement([i for i in on_way if not self.is_on_its_way(i)], goal)
        return Located([found], [found.statement]) if found is not None else located

    def by_patches(self, on_way: Sequence[int], goal: Sequence[str]) -> Located:
        """The line at the first value of which another one makes all gradients right."""
        patches: list[tuple[int, Any]] = []
        for i in on_way:
            patch = self.patch(i, goal)
            if patch is not None:
                patches.append((i, patch))
        open_ones = [p for p in patches if not self.is_as_meant(p[0])]
        likely = [p for p in open_ones or self.last_of(patches) if self.statements([p[0]])]
        likely = [p for p in likely if not self.is_on_its_way(p[0])]
        for i, should in likely[:1]:
            i, should = self.in_common(i, patches) or self.handed_on(i, patches) or (i, should)
            return self.around(i, should, goal, [j for j, _ in likely[1:] if j > i])
        if not patches and (several := self.each_time(on_way, goal)) is not None:
            return Located([several], [several.statement])
        suspects = self.statements(i for i in on_way if not self.is_cleared(i))
        return self.by_changes(suspects, goal, [])

    def is_as_meant(self, i: int) -> bool:
        """Whether a value of which another one would do is right all the same: it goes wrong after it."""
        return self.is_exact(i) or self.is_put_into_exact(i) or self.is_at_convention(i)

    def is_put_into_exact(self, i: int) -> bool:
        """Whether a part makes its whole what it should be."""
        whole = self.whole_of(i)
        return whole is not None and self.is_exact(whole)

    def last_of(self, patches: Sequence[tuple[int, Any]]) -> list[tuple[int, Any]]:
        """Of right values that should be others, those of which no other one is made: it goes wrong after them."""
        return [(i, v) for i, v in patches if not any(j in self.changes[i] for j, _ in patches)]

    def in_common(self, i: int, patches: Sequence[tuple[int, Any]]) -> tuple[int, Any] | None:
        """The value that all is made of that goes wrong before another one, where that is in more than one line."""
        before = [j for j in self.backward if i in self.changes[j] and self.is_taken_exactly(j)]
        wrong = [j for j in before if not self.is_cleared(j)]
        if len(self.statements(wrong)) < 2:
            return None
        shared = [p for p in patches if {*wrong} <= self.changes[p[0]] and self.is_taken_exactly(p[0])]
        return shared[-1] if shared else None

    def handed_on(self, i: int, patches: Sequence[tuple[int, Any]]) -> tuple[int, Any] | None:
        """The value that a line adds as it is, where another one in its place mends it: the line computes nothing."""
        s = self.events[i].place.statement
        parts = [j for j, _ in patches if self.events[j].place.statement is s and self.events[j].place.how == "part"]
        if self.events[i].place.how != "after" or not parts or not adds_a_name(s):
            return None
        part = self.events[parts[0]].value
        if not largest(part):
            return None
        sources = (p for p in patches if parts[0] in self.changes[p[0]] and self.agree(self.events[p[0]].value, part))
        return next(sources, None)

    def is_taken_exactly(self, i: int) -> bool:
        """Whether what follows takes a value for a gradient, and for no multiple of one."""
        return any(map(self.is_one, self.roles(i).values()))

    def each_time(self, on_way: Sequence[int], goal: Sequence[str]) -> Found | None:
        """The line where it goes wrong first, where that runs several times, as in a helper.

        All gradients are right once it gives the true one each time.
        """
        first = next((i for i in on_way if not self.is_cleared(i)), None)
        if first is None:
            return None
        place = self.events[first].place
        times = [i for i in on_way if self.events[i].place.statement is place.statement and not self.is_cleared(i)]
        if len(times) < 2 or any(self.events[i].place.key != place.key for i in times):
            return None
        if not self.statements(times) or any(self.events[i].place.how in ("part", "after") for i in times):
            return None
        for choice in itertools.islice(itertools.product(*map(self.may_stand_for, times)), WAYS):
            values = [
                {i: total(self.contributions(n, k), range(len(self.contributions(n, k)))) / d
                 for i, (k, d) in zip(times, choice, strict=True)}
                for n in range(len(self.trials))
            ]  # fmt: skip
            if self.mends_together(values, goal):
                return Found(place.statement, place.key, self.events[first].value, values[0][first])
        return None

    def may_stand_for(self, i: int) -> list[tuple[int, float]]:
        """The wires whose gradient a value does the work of; where that is not seen, those of its shape."""
        shape, found = squeezed(self.events[i].value), self.trials[0].circuit.found
        return list(self.roles(i).items()) or [(k, 1.0) for k, g in found.items() if squeezed(g) == shape]

    def is_on_its_way(self, i: int) -> bool:
        """Whether a variable is not complete, and is so far what it may be.

        Zeros to which others are added, a gradient before it is divided by the number of samples, or one that is right
        in the end.
        """
        place, v = self.events[i].place, self.events[i].value
        later = [
            j
            for j in self.changes[i]
            if (p := self.events[j].place).key == place.key != "return"
            and p.how != "part"
            and p.statement is not place.statement
        ]
        if not later:
            return False
        if not largest(v) or any(self.is_good(j) for j in later):
            return True
        if self.is_taken_exactly(i) or not np.ptp(v):
            return False
        readings = self.plain_readings(i) if self.roles(i) else self.readings(i)
        return any(r.whole and self.is_a_size(r.c) for r in readings)

    def is_a_size(self, c: float) -> bool:
        """Whether a factor is a length of an array of the program."""
        return any(self.is_one(c / n) for n in self.sizes)

    @cached_property
    def sizes(self) -> set[int]:
        """How many numbers stand along the axes of arrays, and along several."""
        shapes = {squeezed(w.value) for w in self.trials[0].circuit.wires}
        axes = (each for shape in shapes for m in range(len(shape)) for each in itertools.combinations(shape, m + 1))
        return {int(np.prod(each)) for each in axes}

    def is_exact(self, i: int) -> bool:
        return any(self.is_one(r.c) and self.is_meant(i, r) for r in self.readings(i) if r.whole)

    def around(self, i: int, should: Any, goal: Sequence[str], others: Sequence[int]) -> Located:
        """The line of a value that could be another one; or one before it, where it starts from what is not known.

        Where the value is a multiple of what it should be, a line after it may have been meant to make up for that.
        """
        place = self.events[i].place
        before = [j for j in self.backward if i in self.changes[j] and not self.is_known(j, i)]
        before = [j for j in before if self.events[j].place.statement is not place.statement]
        before = [j for j in before if self.is_begun(j, i) or not (self.is_on_its_way(j) or self.is_passed_over(j))]
        is_held = any(r.whole and self.is_a_size(r.c) for r in self.plain_readings(i))
        after = [j for j in others if j in self.changes[i]] if is_held else []
        suspects = self.statements([*before, i, *after])
        first = Found(place.statement, place.key, self.events[i].value, should)
        if not largest(self.events[i].value) and place.how == "value" and not isinstance(place.statement, ast.Return):
            return Located([], [], f"a line is missing that adds to {place.key}")
        if self.is_partial(i):
            first.lost = True
            if (added := self.as_addition(i, goal)) is not None:
                return Located([added], suspects)
            if not self.was_at_hand(i):
                return Located([], [], f"a line is missing that adds to {place.key}")
        if len(suspects) == 1:
            if suspects[0] is not place.statement:
                first = self.found(suspects[0])
            first.mend = lambda: next((c for _, c in self.mending(suspects, goal)), None)
            rivals = self.rivals(i)
            callers = self.callers(i)
            if callers and first.mend() is None:  # what it was given may be wrong as well, and nothing tells
                return Located([], [*callers, *suspects], "what it is called with may be wrong, or what it does")
            rivals += self.equals(i, others)
            if rivals and next(self.mending(rivals, goal), None) is not None:
                return Located([], [*rivals, *suspects], "a change of any of these would mend it", doubtful=True)
            return Located([first], suspects)
        return self.by_changes(suspects, goal, [first], self.statements([i, *after]))

    def equals(self, i: int, others: Sequence[int]) -> list[ast.stmt]:
        """The lines that hand a value on under another name, where its own says nothing of whose gradient it is."""
        if self.wires_named(i) & {*self.roles(i)}:
            return []
        own = self.events[i]
        same = [j for j in others if j in self.changes[i] and identical(self.events[j].value, own.value)]
        return [s for s in self.statements(same) if s is not own.place.statement and not isinstance(s, ast.Return)]

    def rivals(self, i: int) -> list[ast.stmt]:
        """The lines before a value that give the gradient of one wire, where what follows takes it for another's."""
        before = [j for j in self.backward if i in self.changes[j] and self.roles(j)]
        other = [j for j in before if self.is_exact(j) and not self.plain_readings(j)]
        return [s for s in self.statements(other) if s is not self.events[i].place.statement]

    def is_in_a_helper(self, s: ast.stmt) -> bool:
        """Whether a statement stands in another function than the one that makes the gradients."""
        main = self.events[-1].place.function
        return any(e.place.statement is s and e.place.function != main for e in self.events)

    def callers(self, i: int) -> list[ast.stmt]:
        """The line that took what a helper made of what it was given, where a value is a helper's."""
        own, main = self.events[i].place.function, self.events[-1].place.function
        later = (self.events[j].place for j in self.backward if j > i and j in self.changes[i])
        return [] if own == main else [place.statement for place in later if place.function != own][:1]

    def is_partial(self, i: int) -> bool:
        """Whether a value is the sum of some of the contributions to its gradient, and not of all."""
        return any(self.is_one(r.c) and not r.whole for r in self.readings(i))

    def was_at_hand(self, i: int) -> bool:
        """Whether what a missing contribution is made of was there when the line ran: nothing later is that."""
        circuit = self.trials[0].circuit
        for r in self.readings(i):
            if not self.is_one(r.c) or r.whole:
                continue
            consumers = {c for c, _ in circuit.parts.get(r.wire, [])}
            here = self.events[i].place.statement
            later = [j for j in self.backward if j > i and j not in self.changes[i]]
            later = [j for j in later if self.events[j].place.statement is not here]
            if not any(x.wire in consumers and x.whole for j in later for x in self.readings(j)):
                return True
        return False

    def as_addition(self, i: int, goal: Sequence[str]) -> Found | None:
        """The line that assigns where it should add to what stood there, if there is one."""
        key = self.events[i].place.key
        for e in self.events:
            s = e.place.statement
            if e.place.key != key or not isinstance(s, ast.Assign) or e.place.how == "after":
                continue
            target = s.targets[0]
            if isinstance(target, (ast.Name, ast.Subscript)):
                instead = ast.AugAssign(target, ast.Add(), s.value)
                change = Change(Rank.SLIP, 0, "fork", instead, f"= forgets what {key} already held, += adds to it")
                if self.holds(s, change, goal):
                    return Found(s, key, e.value, None, change)
        return None

    def patch(self, i: int, goal: Sequence[str]) -> Any:
        """Another value in the place of one, with which the gradients are right; None where there is none."""
        for k, d in self.roles(i).items():
            if not {*self.down(k)} & {*goal}:
                continue
            for chosen in sums(len(self.contributions(0, k))):
                values = [total(self.contributions(n, k), chosen) / d for n in range(len(self.trials))]
                if self.mends(i, values, goal):
                    return values[0]
        return None


def adds_a_name(s: ast.stmt) -> bool:
    """Whether a statement adds what a name stands for: `dx += g`, `np.add.at(dx, index, g)`."""
    call = s.value if isinstance(s, ast.Expr) else None
    added = call.args[-1] if isinstance(call, ast.Call) and call.args else getattr(s, "value", None)
    return isinstance(added, (ast.Name, ast.Attribute))


def is_told(f: Found, found: Located, inquiry: Inquiry) -> bool:
    """Whether a line that was found is named: one that computes nothing, only with the change that mends it.

    What does away with a helper's work is no evidence where the line that calls it is a suspect as well.
    """
    change = f.change or f.mend()
    if change is None:
        return not hands_on(f.statement) and f.statement.lineno not in found.idle
    return change.rank < Rank.FAR or len(found.suspects) < 2 or not inquiry.is_in_a_helper(f.statement)


def hands_on(s: ast.stmt) -> bool:
    """Whether a line computes nothing: what is wrong with what it hands on went wrong before it."""
    return isinstance(s, ast.Assign) and isinstance(s.value, (ast.Name, ast.Attribute))


def located(trials: Callable[[], Sequence[Trial]]) -> Located:
    """Where the mistakes are, as far as the program can be looked at in this way."""
    nothing = Located(why="no line that could be run by itself makes a gradient", unseen=True)
    try:
        inquiry = Inquiry(trials())
        why = inquiry.comparable
        if why and not inquiry.misshaped:
            return Located(why=why) if inquiry.wrong else inquiry.all_right() or nothing
        found = Located(why=why) if why else asked(inquiry)
        found.idle = {e.place.line for e in inquiry.events if is_packed(e.place.statement)}
        others = {id(f.statement): f for q in inquiry.misshaped for f in inquiry.of_another_shape(q)}
        found.found += others.values()
        found.doubted = [f for f in found.found if not f.shape and not is_told(f, found, inquiry)]
        found.found = [f for f in found.found if not any(f is each for each in found.doubted)]
        return with_texts(found, inquiry) if inquiry.backward or inquiry.misshaped else nothing
    except TooManyError as error:
        return Located(why=str(error))
    except UnseenError as error:
        return Located(why=str(error), unseen=True)
    except Exception:  # of the user's code, where values in it are others
        return nothing


def asked(inquiry: Inquiry) -> Located:
    """One line for all that is wrong; else one for each gradient that is wrong, all together."""
    one = inquiry.single(inquiry.wrong)
    if one.found or one.why or len(inquiry.wrong) < 2:
        return one
    each = [inquiry.single([q]) for q in inquiry.wrong]
    told = {id(f.statement) for e in each for f in e.found}
    counts = Counter(id(s) for e in each for s in e.suspects)
    common = any(n > 1 and s not in told for s, n in counts.items())
    if common or not all(e.found for e in each):  # what explains a part of it only, must be beyond doubt
        each = [e if len(e.suspects) == 1 else Located([], e.suspects, e.why) for e in each]
    found = {id(f.statement): f for e in each for f in e.found}
    if len(found) > 1 and not all(f.change or f.mend() for f in found.values()):  # one line before them may be wrong
        found = {}
    found = {n: f for n, f in found.items() if not is_handing_on(f.statement) or f.change or f.mend()}
    suspects = {id(s): s for e in ([one] if one.suspects and not found else each) for s in e.suspects}
    whys = dict.fromkeys(e.why for e in each if e.why)
    doubtful = any(e.doubtful for e in each)
    return Located(list(found.values()), list(suspects.values()), "; ".join(whys), doubtful)


def is_handing_on(s: ast.stmt) -> bool:
    """Whether a return computes nothing: it is at fault only where what it returns stands in the wrong order."""
    return isinstance(s, ast.Return) and not any(isinstance(e, (ast.BinOp, ast.UnaryOp, ast.Call)) for e in ast.walk(s))


def with_texts(found: Located, inquiry: Inquiry) -> Located:
    """The lines as the user wrote them, and the gradients that came in another shape."""
    for f in found.found:
        f.text = inquiry.trials[0].text(f.statement)
        f.key = "returned value" if f.key == "return" else f.key.removeprefix("return")
    found.misshaped = inquiry.misshaped
    return found
