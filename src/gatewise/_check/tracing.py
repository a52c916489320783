"""One run of a flat script, statement by statement: what was made of what, and which values each place had.

A loop of training goes round once: the one that computes the output anew and then takes a step of descent. After a
step the parameters are no longer those that the gradients belong to.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from gatewise._build import run_users_code, users_code
from gatewise._check.bodies import bodies_of, defines, statement, with_bodies
from gatewise._check.places import Place, Touched, equal, leaves_in, own_of, read_by, touched_by, value_copied
from gatewise._types import Namespace

REACHED, ENDED = "__gatewise_reached__", "__gatewise_ended__"
OFTEN = 60  # runs of one statement that are looked at one by one
LONG = 400_000  # statements that ran, after which no more are noted
PLAIN = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Delete)
LOOPS = (ast.For, ast.While)


class PassEnds(Exception):  # noqa: N818  (no error: the first pass of a training loop is over)
    """Raised where a script's loop of training went round once."""


@dataclass(frozen=True)
class Line:
    """A plain statement, a definition, or the head of a `for`: its place in the text, and what it touches."""

    node: ast.stmt
    touched: Touched
    loops: tuple[ast.stmt, ...]  #: the loops around it, the outermost first


@dataclass
class Moment:
    """A statement that ran: which one, the moments it depends on, and the places whose values it changed."""

    line: int
    needs: frozenset[int]
    changed: dict[Place, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Step:
    """A parameter that was changed by what was computed from it: the moment, the place, the values before and after."""

    moment: int
    place: Place
    before: Any
    after: Any


class Trace:
    """A run of a script, noted."""

    def __init__(self, tree: ast.Module, outputs: Collection[str]) -> None:
        self.tree, self.outputs = tree, outputs
        self.lines: list[Line] = []
        self.at: dict[ast.stmt, int] = {}
        self.loops = [node for node in ast.walk(tree) if isinstance(node, LOOPS)]
        self.gather(tree.body, (), frozenset(), own_of(tree.body))
        self.moments: list[Moment] = []
        self.live: dict[Place, int] = {}
        self.held: dict[Place, Any] = {}
        self.kept: dict[Place, Any] = {}
        self.counts = [0] * len(self.lines)
        self.steps: list[Step] = []
        self.changers: list[Step] = []  #: changes since the output was last computed, which may be steps
        self.training: set[ast.stmt] = set()
        self.computed_with: set[Place] = set()  #: places that other lines read than those that change them
        self.output: int | None = None  #: the moment that computed it last
        self.due: int | None = None
        self.dirty: dict[str, int] = {}  #: names that a statement changed which ran often, and when it ran last
        self.names: dict[str, Any] = {}

    def gather(self, body: Sequence[ast.stmt], loops: tuple[ast.stmt, ...], heads: frozenset[Place], own: Any) -> None:
        """Number the statements of a body, those inside loops and conditions too."""
        for node in body:
            if isinstance(node, (*PLAIN, ast.For)) or defines(node):
                self.at[node] = len(self.lines)
                self.lines.append(Line(node, touched_by(node, heads, own), loops))
            if defines(node):
                continue
            inner = heads | reads_of_head(node)
            around = (*loops, node) if isinstance(node, LOOPS) else loops
            for part in bodies_of(node):
                self.gather(part, around, inner, own)

    # ---------------------------------------------------------------------------------------------------- running

    def run(self, path: str, names: Namespace) -> Exception | None:
        """Run the script in these names up to the end of its first pass; returns the error it stopped with."""
        self.names = names
        names[REACHED], names[ENDED] = self.reached, self.ended
        tree = ast.fix_missing_locations(ast.Module(self.told(self.tree.body), []))
        error: Exception | None = None
        try:
            with np.errstate(all="ignore"):
                run_users_code(users_code(tree, path), names)
        except PassEnds:
            pass
        except Exception as raised:
            error = raised
        if error is None:
            self.settle()
            self.changes(Touched(frozenset()))  # of statements that ran often, what they left
        for name in (REACHED, ENDED):
            names.pop(name)
        return error

    def told(self, body: Sequence[ast.stmt], outer: bool = True) -> list[ast.stmt]:
        """A body that tells of each statement before it runs."""
        found: list[ast.stmt] = []
        for node in body:
            if isinstance(node, PLAIN) or defines(node):
                found += [statement(f"{REACHED}({self.at[node]})", node), node]
                continue
            if not bodies_of(node):
                found.append(node)
                continue
            twin = with_bodies(node, lambda body: self.told(body, False))
            if isinstance(node, LOOPS):
                k = self.loops.index(node)
                head = [statement(f"{REACHED}({self.at[node]})", node)] if isinstance(node, ast.For) else []
                stop = statement(f"if {ENDED}({k}): break", node)
                inside = getattr(twin, "body")  # noqa: B009  (a loop has one)
                setattr(twin, "body", [stop, *head, *inside, copy.deepcopy(stop)])  # noqa: B010
            found.append(twin)
            if isinstance(node, LOOPS) and outer:
                found.append(statement(f"{ENDED}({k}, True)", node))
        return found

    def ended(self, number: int, after: bool = False) -> bool:
        """Whether a loop of training has gone round; after the outermost one, the run is over."""
        self.settle()
        done = self.loops[number] in self.training
        if done and after:
            raise PassEnds
        return done

    def reached(self, k: int) -> None:
        """A statement is about to run: note what the one before it did."""
        self.settle()
        if len(self.moments) < LONG:
            self.due = k

    def settle(self) -> None:
        """Note the statement that ran last."""
        if self.due is None:
            return
        k, self.due = self.due, None
        line = self.lines[k]
        self.counts[k] += 1
        moment = Moment(k, frozenset())
        often = self.counts[k] > OFTEN
        if often:
            self.dirty |= {p.base: len(self.moments) for p in line.touched.writes | line.touched.suspects}
        else:
            moment.changed = self.changes(line.touched)
        hidden = [p for p in moment.changed if not any(w.meets(p) for w in line.touched.writes)]
        reads = {*line.touched.reads, *hidden}
        drawn = [p for p in line.touched.reads if self.draws(p)]
        reads |= line.touched.changed
        moment.needs = frozenset(n for p in reads for n in self.writers(p))
        self.moments.append(moment)
        self.note(len(self.moments) - 1, line, hidden)
        self.live |= dict.fromkeys(drawn, len(self.moments) - 1)

    def draws(self, place: Place) -> bool:
        """Whether a place is a generator of random numbers: what is drawn from it next depends on what was drawn."""
        value = self.names.get(place.base)
        if isinstance(value, ModuleType):
            return place.steps[:1] == (".random",) or value.__name__ in ("random", "numpy.random")
        return isinstance(value, (np.random.Generator, np.random.RandomState))

    def writers(self, place: Place) -> Iterator[int]:
        """The moments that made what a place holds."""
        exact = [p for p in self.live if place.covers(p)]
        if any(p == place for p in exact):
            return (self.live[p] for p in exact)
        return (n for p, n in self.live.items() if p.meets(place))

    def note(self, m: int, line: Line, hidden: Sequence[Place]) -> None:
        """Keep that a moment wrote these places, and whether it was a step of descent."""
        moment = self.moments[m]
        for p, after in moment.changed.items():
            self_made = p in hidden or any(w.meets(p) for w in line.touched.reads | line.touched.changed)
            if any(self.line_reads(line, p) for line in self.lines):
                self.computed_with.add(p)
            if (before := self.earlier.get(p)) is not None and self_made:
                self.changers.append(Step(m, p, before, after))
        same = [p for p in line.touched.writes if p in self.kept and p not in moment.changed]
        for p in same:  # a step by a gradient of zeros is one all the same
            if any(r.meets(p) for r in line.touched.reads | line.touched.changed):
                self.changers.append(Step(m, p, self.kept[p], self.kept[p]))
        for p in [*line.touched.writes, *hidden]:
            for inner in [each for each in self.live if p.covers(each)]:
                del self.live[inner]
            self.live[p] = m
        if any(w.base in self.outputs and not w.steps for w in line.touched.writes):
            self.output = m
            self.find_steps()
            self.changers = []
        elif self.changers and self.changers[-1].moment == m:
            self.find_steps()

    def changes(self, touched: Touched) -> dict[Place, Any]:
        """The places whose values are not what they were, with copies of the new ones."""
        bases = {p.base for p in touched.fresh}
        mine = {p.base for p in touched.writes}
        suspects = {p.base for p in touched.suspects}
        dirty, self.dirty = self.dirty, {}
        bases |= suspects | dirty.keys()
        arrays = [x for b in suspects for _, x in self.leaves(b) if isinstance(x, np.ndarray)]
        for place, value in self.held.items():
            if isinstance(value, np.ndarray) and any(np.may_share_memory(value, x) for x in arrays):
                bases.add(place.base)
        if suspects:  # a container that another name holds too
            bases |= {p.base for p in self.held if p.steps}
        found: dict[Place, Any] = {}
        self.earlier = {}
        for base in bases:
            for place, value in self.leaves(base):
                known = self.earlier[place] = self.kept.get(place)
                if known is None or not equal(known, value):
                    made = self.moments[dirty[base]].changed if base in dirty and base not in mine else found
                    made[place] = self.kept[place] = value_copied(value)
                self.held[place] = value
        return found

    def leaves(self, base: str) -> Iterator[tuple[Place, Any]]:
        value = self.names.get(base)
        if base.startswith("__") or isinstance(value, ModuleType):
            return iter(())
        return leaves_in(value, Place(base))

    # ------------------------------------------------------------------------------------------------------ steps

    def find_steps(self) -> None:
        """Note which of the changes were steps of descent, now that the output is known."""
        changers = [c for c in self.changers if c.place in self.computed_with]
        if self.output is None or not changers:
            return
        behind = self.behind({self.output})
        for change in changers:
            if any(change is known for known in self.steps) or not self.is_step(change, behind):
                continue
            shared, eligible = self.loops_of_step(change, behind)
            if eligible or not shared:
                self.steps.append(change)
                self.training |= eligible

    def is_step(self, change: Step, behind: Collection[int]) -> bool:
        """Whether what the output was computed from was changed by something that was computed from it."""
        m, p = change.moment, change.place
        if m in behind or not any(n < m and self.reads(n, p) for n in behind):
            return False
        mine = self.behind(self.moments[m].needs)
        if any(self.reads(n, p) and self.moments[n].line != self.moments[m].line for n in mine):
            return True
        forward = {self.moments[n].line for n in behind}  # a gradient that forgets the parameter is one all the same
        return any(self.moments[n].line not in forward and self.moments[n].needs & set(behind) for n in mine - {m})

    def reads(self, m: int, p: Place) -> bool:
        """Whether a moment computes with a place, and does more than to change it."""
        return self.line_reads(self.lines[self.moments[m].line], p)

    def line_reads(self, line: Line, p: Place) -> bool:
        touched = line.touched
        return any(r.meets(p) for r in touched.reads) and not any(w.covers(p) for w in touched.writes)

    def loops_of_step(self, step: Step, behind: Collection[int]) -> tuple[set[ast.stmt], set[ast.stmt]]:
        """The loops that compute with the parameter and then change it; and those of them that are loops of training.

        A loop that only adds to the output goes on (`h = 0.9 * h + 0.1 * new; loss += ...`), unless the step takes what
        the output was not computed from.
        """
        line = self.lines[self.moments[step.moment].line]
        reading = {loop for n in behind if self.reads(n, step.place) for loop in self.lines[self.moments[n].line].loops}
        shared = {loop for loop in line.loops if loop in reading}
        forward = {self.moments[n].line for n in behind}
        further = any(self.moments[n].line not in forward for n in self.moments[step.moment].needs)
        return shared, {loop for loop in shared if further or self.computes_output(loop)}

    def computes_output(self, loop: ast.stmt) -> bool:
        """Whether a loop gives the output a fresh value; one that only adds to it goes on."""
        return any(
            loop in line.loops
            and p.base in self.outputs
            and not p.steps
            and not any(r == p for r in line.touched.reads)
            for line in self.lines
            for p in line.touched.fresh
        )

    # ------------------------------------------------------------------------------------------------------ slices

    def behind(self, moments: Collection[int], without: Collection[int] = ()) -> set[int]:
        """These moments and all that they depend on, but for what lies behind the moments `without` alone."""
        found: set[int] = set()
        waiting = list(moments)
        while waiting:
            m = waiting.pop()
            if m in found:
                continue
            found.add(m)
            if m not in without:
                waiting += self.moments[m].needs
        return found


def reads_of_head(node: ast.stmt) -> frozenset[Place]:
    """The places that the head of a loop or a condition reads."""
    heads = [getattr(node, name) for name in ("test", "iter") if hasattr(node, name)]
    return frozenset(place for head in heads for place in read_by(head))
