"""The random numbers of a function that is run again and again: each run gets the same."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from gatewise._errors import ArgumentError


class Seed:
    """The state of the random numbers, put back before each evaluation, and at the end as it was found.

    `rng` is a NumPy generator that the function uses, a seed for NumPy's global one, or None: then the global one
    is only kept as it was.
    """

    def __init__(self, rng: object) -> None:
        if rng is not None and not isinstance(rng, (int, np.integer, np.random.Generator, np.random.RandomState)):
            raise ArgumentError(
                f"rng is a {type(rng).__name__}.",
                "it says where a random function takes its numbers from, so that each run gets the same.",
                "rng=0 for np.random.rand and its like, or the generator itself: rng=my_rng.",
            )
        self.rng = rng
        self.start = self.state()
        self.everywhere = np.random.get_state(), random.getstate()  # noqa: NPY002

    def state(self) -> Any:
        if isinstance(self.rng, np.random.Generator):
            return self.rng.bit_generator.state
        return self.rng.get_state() if isinstance(self.rng, np.random.RandomState) else None

    def __enter__(self) -> None:
        if isinstance(self.rng, np.random.Generator):
            self.rng.bit_generator.state = self.start
        elif isinstance(self.rng, np.random.RandomState):
            self.rng.set_state(self.start)
        elif self.rng is not None:
            np.random.seed(int(self.rng))  # noqa: NPY002
            random.seed(int(self.rng))

    def __exit__(self, *_: object) -> None:
        pass

    def put_back(self) -> None:
        """Everything as it was before the check."""
        if self.rng is not None and not isinstance(self.rng, (int, np.integer)):
            self.__enter__()
        np.random.set_state(self.everywhere[0])  # noqa: NPY002
        random.setstate(self.everywhere[1])
