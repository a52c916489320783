"""For test suites: `assert_gradients`, which fails with the page that says why."""

from __future__ import annotations

from typing import Any

from gatewise._check import Report, check
from gatewise._types import Function


def assert_gradients(f: Function, /, *args: Any, **options: Any) -> Report:
    """Fail unless the gradient is right, or lies between the slopes of a kink; arguments as of `gatewise.check`.

    Where the differences cannot tell, that is a failure too: a test that decides nothing holds nothing.

    >>> import numpy as np
    >>> from gatewise.testing import assert_gradients
    >>> assert_gradients(np.sin, 1.0, gradient=np.cos).verdict
    'right'
    """
    __tracebackhide__ = True  # pytest shows the caller's line
    report = check(f, *args, **options)
    if not report:
        raise AssertionError(str(report))
    return report
