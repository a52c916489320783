"""Answer GradBench's messages, one JSON object a line: `python -m benchmarks.gradbench [--eager]`."""

from __future__ import annotations

import argparse
import json
import sys
import traceback
from importlib import import_module
from typing import Any, TextIO

import gatewise as gw
from benchmarks.gradbench.asked import Asked, Way

EVALS = ("hello", "ba", "det", "gmm", "ht", "kmeans", "llsq", "lse", "lstm", "ode", "particle", "saddle")


def as_it_is(function: Any) -> Any:
    """Return the function itself: the eager way."""
    return function


def answering(asked: TextIO, told: TextIO, way: Way) -> None:
    """Answer every message until the eval ends or the pipe closes."""
    known: dict[str, dict[str, Asked]] = {}
    for line in asked:
        message = json.loads(line)
        if message["kind"] == "end":
            return
        print(json.dumps({"id": message["id"], **reply(message, known, way)}), file=told, flush=True)


def reply(message: dict[str, Any], known: dict[str, dict[str, Asked]], way: Way) -> dict[str, object]:
    """Return the answer to one message; that of a function that fails is its traceback."""
    match message["kind"]:
        case "start":
            return {"tool": "gatewise"}
        case "define":
            if message["module"] not in EVALS:
                return {"success": False, "error": f"no eval {message['module']!r}"}
            known[message["module"]] = import_module(f"benchmarks.gradbench.{message['module']}").functions(way)
            return {"success": True}
        case "evaluate":
            try:
                return known[message["module"]][message["function"]].answer(message["input"])
            except Exception:
                return {"success": False, "error": traceback.format_exc()}
        case _:
            return {}


def main() -> None:
    """Read the way from the command line, the messages from standard input."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gradbench", description=__doc__)
    parser.add_argument("--eager", action="store_true", help="without gw.compile")
    way = as_it_is if parser.parse_args().eager else gw.compile
    try:
        answering(sys.stdin, sys.stdout, way)
    except BrokenPipeError:
        pass


if __name__ == "__main__":
    main()
