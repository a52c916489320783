"""Batches: every example once an epoch, in an order drawn anew, at a position that can be saved."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from gatewise._errors import DataError
from gatewise._types import Json

Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]


class Batches:
    """An endless supply of epochs: each `for X, y in batches` gives one, or what is left of the one that was stopped.

    `state()` is all that is needed to go on from here: the order of this epoch, the position in it, the generator.
    A state taken while a batch is worked on goes on with the next one.

    >>> import numpy as np
    >>> X = np.arange(5.0)[:, None]
    >>> b = Batches(X, np.arange(5), 2, np.random.default_rng(0))
    >>> first, second = [y for _, y in b], [y for _, y in b]
    >>> [len(y) for y in first], sorted(np.concatenate(first).tolist()), b.epoch
    ([2, 2, 1], [0, 1, 2, 3, 4], 2)
    """

    def __init__(
        self,
        X: np.ndarray,
        y: np.ndarray,
        size: int,
        rng: np.random.Generator | int,
        *,
        change: Change | None = None,
        drop_last: bool = False,
    ) -> None:
        if len(X) != len(y):
            raise DataError(f"X has {len(X)} examples, y {len(y)} labels.", "each example has one label.")
        if not len(X):
            raise DataError("X has no examples.", "there is nothing to make batches of.")
        if size < 1 or (drop_last and size > len(X)):
            raise DataError(f"size is {size}, and there are {len(X)} examples.", "no batch could be made.", "size=200.")
        self.X, self.y, self.size = X, y, size
        self.rng = np.random.default_rng(rng)
        self.change, self.drop_last = change, drop_last
        self.epoch = 0  # how many were gone through to their end
        self.position = 0  # how many examples of this epoch were handed out
        self._order: np.ndarray | None = None  # None between two epochs

    def __len__(self) -> int:
        """How many batches an epoch has."""
        return len(self.X) // self.size if self.drop_last else -(-len(self.X) // self.size)

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        if self._order is None:
            self._order, self.position = self.rng.permutation(len(self.X)).astype(np.uint32), 0
        end = len(self) * self.size
        while self.position < min(end, len(self.X)):
            chosen = self._order[self.position : self.position + self.size]
            self.position += len(chosen)
            X = self.X[chosen]
            yield (X if self.change is None else self.change(X, self.rng)), self.y[chosen]
        self.epoch, self.position, self._order = self.epoch + 1, 0, None

    def state(self) -> Json:
        """Where this is: a dict of arrays and numbers for a checkpoint."""
        order = None if self._order is None else self._order.copy()
        generator = self.rng.bit_generator.state
        return {
            "examples": len(self.X),
            "epoch": self.epoch,
            "position": self.position,
            "order": order,
            "rng": generator,
        }

    def restore(self, state: Json) -> None:
        """Go on from where `state()` was taken; the data must be the same.

        >>> import numpy as np
        >>> X, y = np.zeros((6, 1)), np.arange(6)
        >>> first = Batches(X, y, 2, 0)
        >>> for _, labels in first:
        ...     break
        >>> again = Batches(X, y, 2, 1)
        >>> again.restore(first.state())
        >>> [y.tolist() for _, y in again] == [y.tolist() for _, y in first]
        True
        """
        if state.keys() != self.state().keys():
            raise DataError("the batches cannot go on from this state.", f"its parts are {', '.join(map(str, state))}.")
        count, order, position = state["examples"], state["order"], state["position"]
        for name in ("examples", "epoch", "position"):
            if type(state[name]) is not int:
                why = f"its {name} is {state[name]!r:.60}, not a whole number."
                raise DataError("the batches cannot go on from this state.", why, "the state() of Batches.")
        if count != len(self.X):
            why = f"the state was taken with {count} examples, and X has {len(self.X)}."
            raise DataError("the batches cannot go on from this state.", why, "the data the run was started with.")
        if order is not None and np.asarray(order).dtype.kind not in "iu":
            raise DataError("the batches cannot go on from this state.", "its order does not hold whole numbers.")
        if order is not None and not np.array_equal(np.sort(order), np.arange(count)):
            raise DataError("the batches cannot go on from this state.", "its order does not name each example once.")
        if not 0 <= position <= count or state["epoch"] < 0:
            raise DataError("the batches cannot go on from this state.", f"its position is {position} of {count}.")
        kind, kept = state["rng"]["bit_generator"], self.rng.bit_generator.state["bit_generator"]
        if kind != kept:
            why = f"the state was taken with the generator {kind}, and this one is {kept}."
            raise DataError(
                "the batches cannot go on from this state.", why, f"np.random.Generator(np.random.{kind}())."
            )
        self.rng.bit_generator.state = state["rng"]
        self.epoch, self.position = state["epoch"], position
        self._order = None if order is None else np.array(order, np.uint32)


def batches(
    X: np.ndarray,
    y: np.ndarray,
    size: int,
    rng: np.random.Generator | int,
    *,
    change: Change | None = None,
    drop_last: bool = False,
) -> Batches:
    """Return batches of `size` examples and their labels, without replacement, shuffled anew each epoch.

    `rng` is a generator or a seed. `change(X, rng)` is done to each batch (`augmented`). The last batch of an epoch is
    what is left; `drop_last=True` leaves it out.

    >>> import numpy as np
    >>> for X, y in batches(np.ones((4, 2)), np.arange(4), 2, rng=0):
    ...     print(X.shape, y.shape)
    (2, 2) (2,)
    (2, 2) (2,)
    """
    return Batches(X, y, size, rng, change=change, drop_last=drop_last)
