"""The report on a file: a row for each pair, and what to type for more."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

from gatewise import _syntax
from gatewise._check.filed import Filed, Row
from gatewise._check.guesses import wanted
from gatewise._check.pairs import Pair, left_alone, method_asked, pairs_of
from gatewise._types import Named

WORST = ("wrong", "kink", "undecidable", "not run", "right")


@dataclass(frozen=True)
class FileReport:
    """The verdicts on all pairs of a file. `bool(report)` is true where every one is right."""

    path: str
    rows: tuple[Row, ...]
    alone: tuple[str, ...]  #: backward halves without a forward half
    open: Mapping[str, Sequence[str]]  #: for each pair the inputs that it has to be given

    @property
    def verdict(self) -> str:
        """The worst of the verdicts; undecidable where something was not run."""
        found = {row.verdict for row in self.rows}
        worst = next(word for word in WORST if word in found)
        return "undecidable" if worst == "not run" else worst

    def __bool__(self) -> bool:
        return self.verdict == "right" and not self.alone

    def to_dict(self) -> dict[str, object]:
        """The rows as plain dicts, ready for JSON."""
        return {
            "file": self.path,
            "verdict": self.verdict,
            "pairs": [told(row) for row in self.rows],
            "alone": self.alone,
        }

    def __str__(self) -> str:
        counts = [(sum(row.verdict == word for row in self.rows), word) for word in reversed(WORST)]
        listed = ", ".join(f"{n} {word}" for n, word in counts if n)
        lines = [f"{self.path}: {len(self.rows)} {'pair' if len(self.rows) == 1 else 'pairs'}: {listed}.", ""]
        for row in self.rows:
            lines += [f"  {row.verdict:<11}  {row.pair}", *(f"{'':15}{line}" for line in self.more(row))]
        if self.alone:
            lines += ["", f"No forward half was found for {', '.join(self.alone)}."]
        shown = next((row for row in self.rows if row.verdict == "wrong"), self.rows[0])
        return "\n".join([*lines, "", f"The whole page of one: {self.typed(shown)}"])

    def more(self, row: Row) -> Iterator[str]:
        """What is said below a row: the lines at fault, what has no gradient, how it was read, what to type."""
        report = row.report
        if report is not None and report.verdict == "wrong":
            yield from (f"line {m.line}: {m.text}" if m.line else m.text for m in report.mistakes)
            if report.suspects:
                yield f"one of the lines {', '.join(str(each.line) for each in report.suspects)}"
            elif not report.mistakes:
                named = ", ".join(p.name for p in report.parameters if p.verdict == "wrong")
                yield f"the gradient of {named}; the line could not be told"
        if row.missing:
            yield f"{', '.join(row.missing)}: no gradient came"
        if row.reading:
            yield f"read so: {row.reading}"
        if row.why:
            yield row.why
        if row.verdict not in ("right", "wrong"):
            yield self.typed(row)

    def typed(self, row: Row) -> str:
        """The command that judges one pair alone."""
        known = row.guess.typed if row.guess is not None else " ".join(f"{x}=..." for x in self.open[row.pair.name])
        return f"gatewise check {self.path}:{row.pair.name} {known}".rstrip()


def told(row: Row) -> dict[str, object]:
    """A row as a dict."""
    return {
        "forward": row.pair.name,
        "backward": row.pair.backward or None,
        "verdict": row.verdict,
        "inputs": dict(row.guess.texts) if row.guess is not None else None,
        "read": row.reading,
        "why": row.why,
        "report": row.report.to_dict() if row.report is not None else None,
    }


def pairs_in(text: str) -> list[Pair]:
    """The pairs of a file's text; none where it cannot be read."""
    try:
        return pairs_of(_syntax.module(text).body)
    except (SyntaxError, ValueError, RecursionError):
        return []


def method_in(text: str, name: str) -> Pair | None:
    """What `Class.method` names in a file's text; None where there is no such method."""
    return method_asked(_syntax.module(text).body, name)


def on_file(module: ModuleType, path: str, text: str, given: Named, **options: object) -> FileReport:
    """The report on every pair of a file that was run; `given` are inputs by name, for those that take them."""
    body = _syntax.module(text).body
    pairs = pairs_of(body)
    filed = Filed(module, body, text, given)
    rows = tuple(filed.row(pair, **options) for pair in pairs)
    return FileReport(path, rows, tuple(left_alone(body, pairs)), {pair.name: needs(body, pair) for pair in pairs})


def on_pair(module: ModuleType, text: str, pair: Pair, given: Named, **options: object) -> Row:
    """The row of one pair of a file that was run."""
    return Filed(module, _syntax.module(text).body, text, given).row(pair, **options)


def needs(body: Sequence[ast.stmt], pair: Pair) -> list[str]:
    """The inputs that a pair has to be given."""
    owner, _, method = pair.name.partition(".")
    for node in body:
        if isinstance(node, ast.FunctionDef) and node.name == pair.name:
            return wanted(node)
        if isinstance(node, ast.ClassDef) and node.name == owner and (pair.methods is not None or method):
            inside = {n.name: n for n in node.body if isinstance(n, ast.FunctionDef)}
            halves = ("__init__", pair.methods[0] if pair.methods is not None else method)
            return [x for name in halves if name in inside for x in wanted(inside[name])]
    return []
