"""Which line is wrong: planted mistakes, programs of students, right programs, and the notes' blocks, all counted."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from check.mutants import Mutant, mutants_of
from check.odd_but_right import cases
from check.rightly import PROGRAMS, Program, function_of
from check.students import STUDENTS, Student
from gatewise._check.culprit import Mistake, culprits, culprits_of_script

LINES, DIAGNOSES = 0.95, 0.85  #: of the planted mistakes, in the right line, with the right diagnosis


def arrays_in(result: Any) -> list[np.ndarray]:
    if isinstance(result, dict):
        result = list(result.values())
    if isinstance(result, tuple | list):
        return [a for part in result for a in arrays_in(part)]
    return [np.asarray(result, float)]


def equal(a: list[np.ndarray], b: list[np.ndarray]) -> bool:
    return all(x.shape == y.shape and np.allclose(x, y, rtol=1e-9, atol=0) for x, y in zip(a, b, strict=True))


def inputs_for(program: Program, mutant: Mutant) -> dict[str, Any] | None:
    """Inputs on which a mutant runs, square ones where it must; None where it gives what the right program gives."""
    for square in (False, True):
        given = program.given(np.random.default_rng(1), square)
        try:
            found = arrays_in(function_of(mutant.source)(**given))
        except (ValueError, UnboundLocalError):
            continue
        return None if equal(found, arrays_in(function_of(program.source)(**given))) else given
    return given


class Score:
    """Mistakes planted, found in the right line, with the right diagnosis; right lines called wrong."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.misses: list[str] = []

    def mark(self, mutant: Mutant, found: list[Mistake]) -> None:
        lines = {mutant.line} | mutant.others
        hit = len(found) == 1 and found[0].line in lines
        right = hit and found[0].kind == mutant.kind
        extra = [m for m in found if m.line not in lines]
        self.counts.update(planted=1, right_line=hit, right_diagnosis=right, right_lines_called_wrong=len(extra))
        if not right or extra:
            self.misses.append(f"{mutant.line} {mutant.kind} {mutant.text}: {[(m.line, m.kind) for m in found]}")

    def holds(self) -> None:
        c = self.counts
        assert c["right_line"] >= LINES * c["planted"], self.misses
        assert c["right_diagnosis"] >= DIAGNOSES * c["planted"], self.misses
        assert c["right_lines_called_wrong"] == 0, self.misses


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)
def test_planted_mistakes(program, counted):
    score = Score()
    for mutant in mutants_of(program.source, program.first, program.alike):
        if (given := inputs_for(program, mutant)) is not None:
            score.mark(mutant, culprits(function_of(mutant.source), (), given))
    counted("culprit, planted mistakes", **score.counts)
    assert score.counts["planted"] >= 10
    score.holds()


def test_there_are_enough_planted_mistakes_of_every_kind():
    kinds = Counter(m.kind for p in PROGRAMS for m in mutants_of(p.source, p.first, p.alike))
    assert sum(kinds.values()) >= 300
    assert set(kinds) == {
        "transposed",
        "factor",
        "sign",
        "broadcast",
        "fork",
        "local",
        "mask",
        "operands",
        "regularisation",
        "stale",
    }
    assert min(kinds.values()) >= 3


@pytest.mark.parametrize("student", STUDENTS, ids=lambda s: s.name)
def test_students(student: Student, counted):
    """The mistakes that are marked in the text, no other, each once."""
    found = culprits(function_of(student.source), (), student.given)
    assert [m.line for m in found] == sorted(student.mistakes)
    kinds = sum(student.mistakes[m.line] == m.kind for m in found)
    counted("culprit, students", programs=1, mistakes=len(found), right_diagnosis=kinds)
    assert kinds == len(found), [(m.line, m.kind, student.mistakes[m.line]) for m in found]


def test_there_are_thirty_students():
    assert len(STUDENTS) == 30
    assert sum(len(s.mistakes) > 1 for s in STUDENTS) >= 10


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("square", [False, True])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)
def test_right_programs_have_no_wrong_line(program, square, seed):
    assert culprits(function_of(program.source), (), program.given(np.random.default_rng(seed), square)) == []


@pytest.mark.parametrize(("f", "args"), cases(), ids=lambda x: getattr(x, "__name__", ""))
def test_other_styles_have_no_wrong_line(f, args):
    assert culprits(f, args) == []


HEAD = """\
import math
import numpy as np
N, reg = 5, 0.05
rng = np.random.default_rng(0)
X = rng.normal(size=(5, 4)); y = np.array([0, 1, 2, 2, 1])
W1 = rng.normal(size=(4, 10)); b1 = rng.normal(size=10)
W2 = rng.normal(size=(10, 3)); b2 = rng.normal(size=3)
grads = {}
"""
BLOCKS = [(["000-01"], ""), (["001-02"], "import numpy as np\n"), (["004-03"], "import numpy as np\n")]
BLOCKS += [(["004-01", "004-02"], "import math\n"), ([f"002-0{k}" for k in range(1, 8)], HEAD)]


FIRST = ("dfdz", "dW", "dnum", "Dscores")  # the first line that can be wrong: dD is given, and has no right value


@pytest.mark.parametrize(("names", "head"), BLOCKS, ids=lambda x: x[0] if isinstance(x, list) else "")
def test_the_notes(notes: Path, names, head, counted):
    """The blocks as they stand are right; with a mistake planted in them the line is found."""
    texts = {name: (notes / f"{name}.py").read_text(encoding="utf-8").rstrip("\n") + "\n" for name in names}
    source = head + "".join(texts.values())
    assert culprits_of_script("<notes>", source) == []
    first = 1 + next(k for k, line in enumerate(source.splitlines()) if line.startswith(FIRST))
    score = Score()
    for mutant in mutants_of(source, first):
        if runs_otherwise(mutant.source, source):
            score.mark(mutant, culprits_of_script("<notes>", mutant.source))
    counted("culprit, planted in the notes", **score.counts)
    score.holds()


def runs_otherwise(mutant: str, source: str) -> bool:
    """Whether a changed script runs, and gives other gradients."""
    ends = []
    for text in (mutant, source):
        names: dict[str, Any] = {}
        np.random.seed(0)
        try:
            exec(compile(text, "<notes>", "exec"), names)
        except (ValueError, NameError):
            return False
        named = {k: v for k, v in names.items() if k[:1] in "dD" and k != "den"} | names.get("grads", {})
        ends.append(
            [np.asarray(named[k], float) for k in sorted(named) if isinstance(named[k], int | float | np.ndarray)]
        )
    return not equal(*ends)


def test_two_mistakes_at_once(counted):
    """Each is found though the other one is there, and neither's consequences are."""
    rng = np.random.default_rng(2)
    score: Counter[str] = Counter()
    misses = []
    while score["planted"] < 50:
        program = PROGRAMS[rng.integers(len(PROGRAMS))]
        whole = [m for m in mutants_of(program.source, program.first, program.alike) if not m.others]
        pair = [whole[k] for k in rng.choice(len(whole), 2, replace=False)]
        source = program.source.splitlines()
        for mutant in pair:
            source[mutant.line - 1] = mutant.source.splitlines()[mutant.line - 1]
        given = program.given(np.random.default_rng(1), True)
        if pair[0].line == pair[1].line or not all(found_alone(m, given) for m in pair):
            continue
        lines = {m.line for m in pair}
        found = {m.line for m in culprits(function_of("\n".join(source) + "\n"), (), given)}
        score.update(planted=2, right_line=len(found & lines), right_lines_called_wrong=len(found - lines))
        misses += [(program.name, [(m.line, m.text) for m in pair], found)] if found != lines else []
    counted("culprit, two mistakes at once", **score)
    assert score["right_line"] >= LINES * score["planted"], misses
    assert score["right_lines_called_wrong"] == 0, misses


def found_alone(mutant: Mutant, given: dict[str, Any]) -> bool:
    """Whether a mistake is one on these inputs, and runs."""
    try:
        function_of(mutant.source)(**given)
    except (ValueError, UnboundLocalError):
        return False
    return len(culprits(function_of(mutant.source), (), given)) == 1
