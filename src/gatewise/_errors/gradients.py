"""Gradients that were asked for where there are none, too late, or twice."""

from __future__ import annotations

from collections.abc import Sequence

from gatewise._errors.base import running, visible
from gatewise._errors.lines import LineError


class BeyondError(LineError):
    """An `except` waits for what Python's floats raise where gatewise, as NumPy, goes on with inf or nan.

    Wrong:

    >>> import numpy as np, gatewise as gw
    >>> def ratio(x):
    ...     try:
    ...         return 1 / x
    ...     except ZeroDivisionError:
    ...         return x
    >>> gw.grad(ratio)(0.0)
    Traceback (most recent call last):
        ...
    gatewise._errors.BeyondError: reciprocal of x is inf, and not a ZeroDivisionError...

    Right:

    >>> gw.grad(lambda x: 1 / x if x != 0 else x)(0.0)
    1.0
    """

    @classmethod
    def note(cls, gate: str, operands: Sequence[str], value: float, error: Exception) -> None:
        """Remember that the function went on where plain code would not have."""
        if running.refused is not None:
            raised = type(error).__name__
            cls(
                f"{gate} of {' and '.join(operands)} is {value}, and not a {raised}.",
                f"an except in the function catches the {raised} of plain floats and gives another value.",
                "ask before, with if; or take inf for an answer: np.isfinite(y), np.where(...).",
            )


class ComplexGradientError(LineError):
    """A gate whose rule is one for real numbers was given complex ones.

    Wrong:

    >>> import numpy as np, gatewise as gw
    >>> gw.grad(lambda x: np.real(np.arcsin(x * 1j)))(3.0)
    Traceback (most recent call last):
        ...
    gatewise._errors.ComplexGradientError: arcsin of a Tensor is given complex numbers...

    Right:

    >>> gw.grad(lambda x: np.abs(x * 1j))(3.0)
    1.0
    """


class IntegerGradientError(LineError):
    """A gradient was asked for of whole numbers, which have no slope.

    Wrong:

    >>> import numpy as np, gatewise as gw
    >>> gw.grad(np.sum)(np.array([1, 2]))
    Traceback (most recent call last):
        ...
    gatewise._errors.IntegerGradientError: an argument of int64 was to get a gradient...

    Right:

    >>> gw.grad(np.sum)(np.array([1.0, 2.0]))
    array([1., 1.])
    """

    @classmethod
    def of(cls, what: str) -> IntegerGradientError:
        return cls(
            f"{what} was to get a gradient.",
            "whole numbers are data: they cannot be moved a little, so they have no slope.",
            "x.astype(float), or requires_grad=False (leave the name out of wrt or argnums).",
        )


class NoGradientError(LineError):
    """backward() was called on a value that depends on no Tensor with a gradient.

    Wrong:

    >>> import gatewise as gw
    >>> x = gw.tensor(3.0, requires_grad=False)
    >>> x.backward()
    Traceback (most recent call last):
        ...
    gatewise._errors.NoGradientError: x carries no gradient...

    Right:

    >>> x = gw.tensor(3.0)
    >>> (x * x).backward()
    """

    @classmethod
    def of(cls, tensor: str) -> NoGradientError:
        return cls(
            f"{tensor} carries no gradient.",
            "it was made of constants, under no_grad(), or after detach().",
            "make an input with gw.tensor(x).",
        )


class UpstreamError(LineError):
    """An output that is not a single number needs an upstream gradient of its shape.

    Wrong:

    >>> import numpy as np, gatewise as gw
    >>> x = gw.tensor(np.ones(3))
    >>> (x * x).backward()
    Traceback (most recent call last):
        ...
    gatewise._errors.UpstreamError: the output has shape (3,), so it has no single gradient...

    Right:

    >>> (x * x).sum().backward()
    >>> (x * x).backward(np.ones(3))
    """

    shape: tuple[int, ...] | None = None  # of the output that has no upstream gradient

    @classmethod
    def missing(cls, shape: tuple[int, ...]) -> UpstreamError:
        error = cls(
            f"the output has shape {shape}, so it has no single gradient.",
            "each of its entries has a gradient of its own; upstream says how much each counts.",
            f"sum the output, or give upstream= an array of shape {shape} (ones for the gradient of the sum).",
        )
        error.shape = shape
        return error

    @classmethod
    def no_number(cls, shape: tuple[int, ...]) -> UpstreamError:
        """For `grad`, which takes no upstream gradient."""
        error = cls(
            f"the function returned an array of shape {shape}, which has no single gradient.",
            "each of its entries has a gradient of its own; grad takes the slope of one number.",
            "return np.sum(...) of it for the gradient of the sum; or out, pullback = gw.vjp(f, x), and pullback(g)"
            f" with a g of shape {shape} that says how much each entry counts.",
        )
        error.shape = shape
        return error

    @classmethod
    def shaped(cls, have: tuple[int, ...], want: tuple[int, ...]) -> UpstreamError:
        return cls(
            f"Expect: upstream of the output's shape {want}. Actual: {have}.",
            "the upstream gradient has one entry for each entry of the output.",
            f"give an array of shape {want}.",
        )


class ReleasedError(LineError):
    """backward() was called twice on one circuit.

    Wrong:

    >>> import gatewise as gw
    >>> x = gw.tensor(3.0)
    >>> y = x * x
    >>> y.backward()
    >>> y.backward()
    Traceback (most recent call last):
        ...
    gatewise._errors.ReleasedError: backward() was called a second time on the same circuit...

    Right:

    >>> y = x * x
    >>> y.backward(retain_graph=True)
    >>> y.backward()
    """


class ChangedError(LineError):
    """A value was changed in place, by an optimiser, before backward() went through what was computed with it.

    Wrong:

    >>> import gatewise as gw
    >>> import gatewise.optim as optim
    >>> w = gw.tensor([1.0, 2.0])
    >>> optimizer = optim.SGD([w], lr=0.1)
    >>> loss, again = (w * w).sum(), (w * w).sum()
    >>> loss.backward()
    >>> optimizer.step()
    >>> again.backward()
    Traceback (most recent call last):
        ...
    gatewise._errors.ChangedError: w was changed in place after it was used...

    Right:

    >>> again = (w * w).sum()
    >>> again.backward()
    """

    @classmethod
    def of(cls, name: str, changes: int) -> ChangedError:
        times = "once" if changes == 1 else f"{changes} times"
        return cls(
            f"{visible(name)} was changed in place after it was used, before backward() came back to it.",
            f"what was recorded holds its old numbers (it was changed {times} in all); the gradient would be of another"
            " point.",
            "backward() first, then optimizer.step(); or compute the loss again.",
        )
