"""Training, validation and test images: what is learned from, chosen by, and looked at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from gatewise._errors import DataError
from gatewise.data.sets import DataSet


class Split(NamedTuple):
    """Images and labels in three parts.

    >>> import numpy as np
    >>> parts = Split(*[np.ones(2)] * 6)
    >>> parts.each(lambda X: X * 2).X_val
    array([2., 2.])
    """

    X_train: np.ndarray
    y_train: np.ndarray
    X_val: np.ndarray
    y_val: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray

    def each(self, change: Callable[[np.ndarray], np.ndarray]) -> Split:
        """Return the split with `change` done to the images of all three parts."""
        return self._replace(X_train=change(self.X_train), X_val=change(self.X_val), X_test=change(self.X_test))


def split(data: DataSet, train: int | None = None, validation: int = 1000, test: int | None = None) -> Split:
    """Take the first `train` images to learn from, the `validation` after them to choose by, the first `test` to test.

    Without `train` that is all but the validation images, without `test` all there are.

    >>> import numpy as np
    >>> data = DataSet(np.arange(5.0), np.arange(5), np.arange(2.0), np.arange(2))
    >>> parts = split(data, validation=1)
    >>> parts.y_train, parts.y_val, parts.y_test
    (array([0, 1, 2, 3]), array([4]), array([0, 1]))
    """
    there, tests = len(data.y_train), len(data.y_test)
    train = there - validation if train is None else train
    test = tests if test is None else test
    if min(train, validation) < 1 or test < 0 or train + validation > there or test > tests:
        raise DataError(
            f"the data cannot be split into {train:,} training, {validation:,} validation and {test:,} test images.",
            f"there are {there:,} training and {tests:,} test images.",
            "split(data, train=..., validation=..., test=...) with numbers that fit.",
        )
    end = train + validation
    return Split(
        *(data.X_train[:train], data.y_train[:train]),
        *(data.X_train[train:end], data.y_train[train:end]),
        *(data.X_test[:test], data.y_test[:test]),
    )


def course_split(data: DataSet, train: int = 49_000, validation: int = 1_000, test: int = 1_000) -> Split:
    """Split CIFAR-10 as the course does: the first 49,000 images, the 1,000 after them, the first 1,000 for the test.

    >>> import numpy as np
    >>> labels, tests = np.arange(50_000), np.arange(10_000)
    >>> [len(part) for part in course_split(DataSet(labels, labels, tests, tests))]
    [49000, 49000, 1000, 1000, 1000, 1000]
    """
    return split(data, train, validation, test)
