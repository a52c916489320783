"""What the check says of backward passes that others wrote, by their form, beside other checkers: `make passes`.

    python -m check.passes [--jobs N] [FOLDER ...]

judges what lies in the folders (all of `outside/` where none is named) and keeps what was said in passes.json, a row a
module: what is there already and has not changed is not judged again. The table made of it stands in docs/check.md.

Other checkers take no caches, objects or scripts: each gets the function and the gradient as gatewise read them, of
all parameters as one vector, and is called with its defaults. How they are called is in benchmarks/checkers.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from benchmarks import checkers
from check.outsiders import HERE, Outcome, Outsider, changed, outcome, outsiders, report_on
from gatewise._check.verdict import Judge

DATA = Path(__file__).with_name("passes.json")
BEGIN, END = "<!-- passes: make passes -->\n", "<!-- end of passes -->"
FOLDERS = ("", "held_out", "second")
OTHERS = [name for name in checkers.CHECKERS if name != "gatewise"]
FORMS = (
    "forward and backward function",
    "value and gradients in one function",
    "a gradient function",
    "with loops",
    "classes",
    "scripts",
)

Told = dict[str, Any]


def form(outsider: Outsider) -> str:
    told = outsider.told
    if told["call"] == "script":
        return "scripts"
    if told["classes"]:
        return "classes"
    if told["loops"]:
        return "with loops"
    halves, given = "backward=" in told["call"], "gradient=" in told["call"]
    return FORMS[0] if halves else FORMS[2] if given else FORMS[1]


def others_say(source: str, call: str, expected: str) -> dict[str, str] | None:
    """The answers of other checkers that are not what is so, for the gradient that this call has judged.

    None of a script, which they do not take.
    """
    if call == "script":
        return None
    with mock.patch.object(Judge, "report", others_of):
        try:
            said = report_on(source, call)
        except Exception as error:
            said = dict.fromkeys(OTHERS, f"fails ({type(error).__name__})")
    return {name: answer for name, answer in said.items() if answer != expected}


def others_of(judge: Judge) -> dict[str, str]:
    """In the place of a report: the answers of the other checkers to what the judge has read."""
    _, claims = judge.claimed()
    assert claims is not None, "what others wrote has a gradient"
    subject = judge.subject
    moved = [(p, g) for p in subject.parameters if (g := claims.by_name[p.name]) is not None]
    start = np.concatenate([np.ravel(p.array) for p, _ in moved])
    gradient = np.concatenate([np.ravel(np.asarray(g)) for _, g in moved]).astype(start.dtype)

    def value(x: Any) -> Any:
        parts = np.split(np.asarray(x), np.cumsum([p.array.size for p, _ in moved])[:-1])
        for (p, _), part in zip(moved, parts, strict=True):
            p.array[...] = part.reshape(p.array.shape)
        return np.asarray(subject.value(), dtype=start.dtype)

    case = checkers.Case("", checkers.black_box(value), lambda xp, x: xp.asarray(gradient), start, "", "")
    return {name: checkers.answer(name, case) for name in OTHERS}


def row_of(outsider: Outsider) -> Told:
    """One module: what is said of it as it stands, and with each of its mistakes."""
    call, source = outsider.told["call"], outsider.source
    mistakes = [mistake_of(outsider, mistake) for mistake in outsider.told["mistakes"]]
    right = said_of(source, call, checkers.RIGHT)
    return {"form": form(outsider), "text": text_of(outsider), "right": right, "mistakes": mistakes}


def said_of(source: str, call: str, expected: str) -> Told:
    try:
        found = outcome(source, call)
    except Exception as error:
        found = Outcome(f"raised {type(error).__name__}", (), (), (), 0)
    return {**asdict(found), "others": others_say(source, call, expected)}


def mistake_of(outsider: Outsider, mistake: Told) -> Told:
    text = changed(outsider.source, mistake["line"], mistake["wrong"])
    return {
        "line": mistake["line"],
        "accept": mistake["accept"],
        **said_of(text, outsider.told["call"], checkers.WRONG),
    }


def text_of(outsider: Outsider) -> str:
    """What was judged, in short: a module or a mistake that changed since must be judged again."""
    whole = outsider.source + outsider.path.with_suffix(".json").read_text(encoding="utf-8")
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def stored() -> Told:
    data: Told = json.loads(DATA.read_text(encoding="utf-8")) if DATA.exists() else {"modules": {}}
    return data


def measure(folders: list[str], jobs: int) -> None:
    """Judge what is not judged yet, in `jobs` processes; what is done is kept as it comes."""
    if absent := [name for name in ("torch", "jax", "autograd", "scipy") if find_spec(name) is None]:
        sys.exit(
            f"{', '.join(absent)} not installed: the other checkers' answers would be missing. .[peers] brings them"
        )
    data = stored()
    todo = {
        f"{folder}/{each.name}".lstrip("/"): each
        for folder in folders
        for each in outsiders(HERE / folder)
        if data["modules"].get(f"{folder}/{each.name}".lstrip("/"), {}).get("text") != text_of(each)
    }
    with multiprocessing.get_context("spawn").Pool(jobs, maxtasksperchild=4) as pool:
        for name, row in pool.imap_unordered(named_row, todo.items()):
            data["modules"][name] = row
            print(f"{name}: {row['right']['verdict']}, {[m['named'] for m in row['mistakes']]}", flush=True)
            data["versions"] = checkers.versions(checkers.PACKAGES)
            DATA.write_text(json.dumps(data, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def named_row(item: tuple[str, Outsider]) -> tuple[str, Told]:
    return item[0], row_of(item[1])


# ------------------------------------------------------------------------------------------------------- the table


def counts_of(rows: list[Told]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for row in rows:
        right = row["right"]
        counts.update(["passes", f"as it stands: {right['verdict']}"])
        counts["accused"] += len(right["named"])
        for mistake in row["mistakes"]:
            counts.update(["mistakes", f"mistake: {mistake['verdict']}"])
            counts.update(of_lines(mistake))
        for name in OTHERS:
            counts.update(of_others(name, row))
    return counts


def of_lines(mistake: Told) -> Iterator[str]:
    hit = {*mistake["named"]} & {*mistake["accept"]}
    yield from (["line"] if hit else ["among a few"] if {*mistake["among"]} & {*mistake["accept"]} else [])
    yield from ["accused"] * len({*mistake["named"]} - {*mistake["accept"]})
    yield from ["bad cure"] * len(mistake["bad_cures"])
    yield from ["cured"] if hit and mistake["cures"] > len(mistake["bad_cures"]) else []


def of_others(name: str, row: Told) -> Iterator[str]:
    for said, expected in [(row["right"], checkers.RIGHT), *((m, checkers.WRONG) for m in row["mistakes"])]:
        answer = "-" if said["others"] is None else said["others"].get(name, expected)
        known = answer in (checkers.RIGHT, checkers.WRONG)
        yield f"{name}: {f'{expected} called {answer}' if known else 'not taken'}"


def share(part: int, whole: int) -> str:
    return f"{part} ({100 * part / whole:.0f} %)" if whole else "-"


def table(data: Told) -> str:
    """What was said, by form, those that nothing was tuned on apart; then the other checkers on the same gradients."""
    rows = data["modules"]
    parts = {each: [row for row in rows.values() if row["form"] == each] for each in FORMS}
    parts["**all**"] = [*rows.values()]
    parts["**of these tuned on**"] = [row for name, row in rows.items() if "/" not in name]
    parts["**of these not seen before**"] = [row for name, row in rows.items() if "/" in name]
    head = ["form", "passes", "right", "wrong", "undecidable", "not taken", "mistakes", "called right", "line named",
            "one of a few", "a cure that works", "cures that are none", "right lines accused"]  # fmt: skip
    lines = [head, ["---"] * len(head), *([name, *cells(counts_of(rows))] for name, rows in parts.items() if rows)]
    body = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([*body, "", *others_table(counts_of(list(data["modules"].values()))), "",
                      f"With {data['versions']}."]) + "\n"  # fmt: skip


def cells(n: Counter[str]) -> list[str]:
    as_is = [n[f"as it stands: {word}"] for word in ("right", "wrong", "undecidable")]
    passes, mistakes = n["passes"], n["mistakes"]
    counted = [passes, *as_is, passes - sum(as_is), mistakes, n["mistake: right"], share(n["line"], mistakes)]
    counted += [n["among a few"], share(n["cured"], mistakes), n["bad cure"], n["accused"]]
    return [*map(str, counted)]


def others_table(n: Counter[str]) -> list[str]:
    lines = [["checker", "right called wrong", "wrong called right", "not taken"], ["---"] * 4]
    raised = sum(count for what, count in n.items() if "raised" in what)
    ours = [n["as it stands: wrong"], n["mistake: right"], raised]
    lines.append(["gatewise", *map(str, ours)])
    for name in OTHERS:
        told = (f"{name}: right called wrong", f"{name}: wrong called right", f"{name}: not taken")
        lines.append([name, *(str(n[each]) for each in told)])
    return ["| " + " | ".join(line) + " |" for line in lines]


def written(page: str, data: Told) -> str:
    """The page with the table in its place."""
    before, rest = page.split(BEGIN, 1)
    return f"{before}{BEGIN}\n{table(data)}\n{END}{rest.split(END, 1)[1]}"


def main(*words: str) -> None:
    rest = list(words)
    jobs = int(rest.pop(rest.index("--jobs") + 1)) if "--jobs" in rest else 1
    measure([word for word in rest if word != "--jobs"] or list(FOLDERS), jobs)
    data = stored()
    checkers.PAGE.write_text(written(checkers.PAGE.read_text(encoding="utf-8"), data), encoding="utf-8")
    print(table(data))


if __name__ == "__main__":
    main(*sys.argv[1:])
