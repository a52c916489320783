"""What a function of an eval is made of: an input read, a call that is timed, an output told."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Way = Callable[[Callable[..., Any]], Callable[..., Any]]  #: gw.compile, or the function left as it is
Message = Any  #: a dict of numbers and lists; of `hello` a number


@dataclass(frozen=True)
class Asked:
    """One function of an eval: `run` is timed, `read` makes its arguments of the input, `tell` JSON of its result."""

    read: Callable[[Message], tuple[Any, ...]]
    run: Callable[..., Any]
    tell: Callable[[Any], object]

    def answer(self, given: Message) -> dict[str, object]:
        """Run as often and as long as the input asks for, and return the output with the time of every run."""
        runs, seconds = (given["min_runs"], given["min_seconds"]) if isinstance(given, dict) else (1, 0.0)
        arguments, timings, total = self.read(given), [], 0
        while len(timings) < runs or total < seconds * 1e9:
            start = time.perf_counter_ns()
            result = self.run(*arguments)
            taken = time.perf_counter_ns() - start
            total += taken
            timings.append({"name": "evaluate", "nanoseconds": taken})
        return {"success": True, "output": self.tell(result), "timings": timings}


def listed(array: Any) -> object:
    """Return an array as nested lists."""
    return array.tolist()
