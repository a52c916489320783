"""Layers and losses as functions, with PyTorch's names, arguments and defaults.

All of them take arrays as well as Tensors.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from gatewise._errors import LayerError, LossError
from gatewise._gates import affine, logsumexp, softplus
from gatewise._gates import batch_norm as batch_norm_gate
from gatewise._gates import conv2d as conv2d_gate
from gatewise._gates import cross_entropy as cross_entropy_gate
from gatewise._gates import max_pool2d as max_pool2d_gate
from gatewise._gates import relu as relu
from gatewise._gates import sigmoid as sigmoid
from gatewise._gates import softmax as softmax_gate
from gatewise._tensor import Tensor, Values
from gatewise.nn.random import Source, generator

#: One number, or one for each row of scores.
Loss: TypeAlias = Tensor | np.ndarray | np.floating
#: Of rows and columns: one number serves both.
Size: TypeAlias = int | tuple[int, int]

# ------------------------------------------------------------------------------------------------------------- layers


def tanh(x: Values) -> Values:
    """The hyperbolic tangent of each entry."""
    return np.tanh(x)


def softmax(x: Values, dim: int = -1) -> Values:
    """exp(x) over its sum along an axis."""
    return softmax_gate(x, axis=dim)


def log_softmax(x: Values, dim: int = -1) -> Values:
    """The log of the shares: x less the log of its summed exponentials along an axis."""
    return x - logsumexp(x, axis=dim, keepdims=True)


def linear(x: Values, weight: Values, bias: Values | None = None) -> Values:
    """`x @ weight.T + bias`; the weight is (outputs, inputs)."""
    return x @ weight.T if bias is None else affine(x, weight, bias)


def conv2d(x: Values, weight: Values, bias: Values | None = None, stride: Size = 1, padding: Size = 0) -> Values:
    """A convolution of images (N, C, H, W) with kernels (O, C, kh, kw)."""
    out: Values = conv2d_gate(x, weight, bias, stride=stride, padding=padding)
    return out


def max_pool2d(x: Values, kernel_size: Size, stride: Size | None = None, padding: Size = 0) -> Values:
    """The largest entry of each place the kernel sees; places do not overlap unless `stride` says so."""
    out: Values = max_pool2d_gate(x, kernel=kernel_size, stride=stride, padding=padding)
    return out


def flatten(x: Values, start_dim: int = 0, end_dim: int = -1) -> Values:
    """The axes from one to another in one."""
    shape = np.shape(x) or (1,)
    n = len(shape)
    start, end = (d + n if is_whole(d) and d < 0 else d for d in (start_dim, end_dim))
    if not all(is_whole(d) and 0 <= d < n for d in (start, end)) or start > end:
        what = f"flatten cannot join the axes from {start_dim} to {end_dim} of the shape {np.shape(x)}."
        raise LayerError(what, f"there are {np.ndim(x)} axes.", "np.ravel(x) for all in one; images have four axes.")
    return np.reshape(x, (*shape[:start], int(np.prod(shape[start : end + 1])), *shape[end + 1 :]))


def is_whole(d: object) -> bool:
    return isinstance(d, int)


def dropout(x: Values, p: float | np.floating = 0.5, training: bool = True, rng: Source = None) -> Values:
    """While training, each entry is 0 with probability p, and all others are larger by 1 / (1 - p).

    >>> import gatewise.nn.functional as F, numpy as np
    >>> F.dropout(np.ones(6), p=0.5, rng=0)
    array([2., 2., 2., 0., 0., 0.])
    """
    checked_probability(p)
    if not training or p == 0:
        return x
    dtype = numbers(x).dtype
    dtype = dtype if dtype.kind == "f" else np.dtype(float)
    mask = (generator(rng).random(np.shape(x), dtype=np.float32) >= p).astype(dtype)
    mask *= 1 / (1 - p) if p < 1 else 0
    return x * (Tensor(mask) if isinstance(x, Tensor) else mask)  # nobody else has it: no copy needs to be made


def checked_probability(p: object) -> float | np.floating:
    """The probability to drop an entry."""
    if not isinstance(p, int | float | np.floating) or not 0 <= p <= 1:
        raise LayerError.setting("Dropout", "p", p, "a probability from 0 to 1")
    return p


def numbers(x: Tensor | npt.ArrayLike) -> Values:
    """A Tensor or an array as it is, numbers and lists as an array."""
    return x if isinstance(x, Tensor) else np.asarray(x)


def reals(x: Tensor | npt.ArrayLike, like: Tensor | npt.ArrayLike | None = None) -> Values:
    """The same as floats: whole numbers, which wrap, take the dtype of `like` if that is one of floats."""
    x = numbers(x)
    if x.dtype.kind not in "iub":
        return x
    dtype = np.dtype(float) if like is None else numbers(like).dtype
    return x.astype(dtype if dtype.kind == "f" else float)


def batch_norm(
    x: Values,
    running_mean: np.ndarray | None,
    running_var: np.ndarray | None,
    weight: Values | None = None,
    bias: Values | None = None,
    training: bool = False,
    momentum: float | None = 0.1,
    eps: float = 1e-5,
) -> Values:
    """Each channel (axis 1) less its mean, over its standard deviation; then times weight, plus bias.

    While training the mean and variance are the batch's own, and the running ones move towards them, in place, by
    `momentum`; the running variance is the unbiased one.
    """
    axes = (0, *range(2, np.ndim(x)))
    wide = (1, -1, *(1 for _ in axes[1:]))
    if training or running_mean is None or running_var is None:
        n = np.size(x) // np.shape(x)[1]
        if n < 2:
            what = f"batch norm got one value a channel, shape {np.shape(x)}."
            raise LayerError(what, "one value has no spread.", "a larger batch, or model.eval().")
        if running_mean is not None and running_var is not None and momentum is not None:
            mean, var = moments(x.value if isinstance(x, Tensor) else x, axes)
            track(running_mean, mean, 1 - momentum, momentum)
            track(running_var, var, 1 - momentum, momentum * n / (n - 1))
        weight = np.ones(np.shape(x)[1], x.dtype) if weight is None else weight
        bias = np.zeros(np.shape(x)[1], x.dtype) if bias is None else bias
        return batch_norm_gate(x, weight, bias, eps=eps)
    scale = 1 / np.sqrt(running_var + eps)
    out = (x - np.reshape(running_mean, wide)) * np.reshape(scale if weight is None else weight * scale, wide)
    return out if bias is None else out + np.reshape(bias, wide)


def moments(x: np.ndarray, axes: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of each channel, one channel after another where there is much in each."""
    if len(axes) == 1:
        return np.mean(x, axis=axes), np.var(x, axis=axes)
    channels = [np.ravel(x[:, c]) for c in range(x.shape[1])]
    return np.array([np.mean(c) for c in channels]), np.array([np.var(c) for c in channels])


def track(running: np.ndarray, now: np.ndarray, kept: float, share: float) -> None:
    """Move a running average, in place, towards what it is now."""
    running *= kept
    running += share * now


# ------------------------------------------------------------------------------------------------------------- losses


def by_reduction(losses: Values, reduction: str) -> Loss:
    """The mean of all losses, their sum, or each."""
    if reduction == "none":
        return losses
    return np.mean(losses) if demanded(reduction) == "mean" else np.sum(losses)


def demanded(reduction: object) -> str:
    """The reduction, which must be one of three."""
    if not isinstance(reduction, str) or reduction not in ("mean", "sum", "none"):
        raise LossError.unknown_reduction(reduction)
    return reduction


def same_shape(loss: str, one: Values, other: Values) -> None:
    """A loss never broadcasts."""
    if np.shape(one) != np.shape(other):
        raise LossError.shapes(loss, np.shape(one), np.shape(other))


def checked_classes(loss: str, scores: Values, classes: Tensor | npt.ArrayLike) -> np.ndarray:
    """The number of the right class of each row, each of them a column of the scores."""
    y = np.asarray(classes.value if isinstance(classes, Tensor) else classes)
    shape = np.shape(scores)
    if len(shape) != 2 or y.shape != shape[:1] or y.dtype.kind not in "iu":
        raise LossError.classes(loss, shape, f"classes {y.shape}, {y.dtype}")
    if not y.size:
        raise LossError.classes(loss, shape, "no rows at all")
    if y.min() < 0 or y.max() >= shape[1]:
        raise LossError.classes(loss, shape, f"classes from {y.min()} to {y.max()}")
    return y


def cross_entropy(
    scores: Values,
    classes: npt.ArrayLike,
    reduction: str = "mean",
    *,
    weight: npt.ArrayLike | None = None,
    label_smoothing: float = 0.0,
) -> Loss:
    """Minus the log of the share that a softmax gives the right class: scores (N, C), classes (N,).

    `weight` (C,) says how much each class counts; the mean is then over the weights of the rows. With
    `label_smoothing` that part of the loss is over all classes alike.

    >>> import gatewise.nn.functional as F, numpy as np
    >>> F.cross_entropy(np.zeros((5, 10)), np.zeros(5, int)).round(4)
    np.float64(2.3026)
    """
    y = checked_classes("cross_entropy", scores, classes)
    weights = None if weight is None else class_weights(weight, np.shape(scores)[1])
    smoothing = checked_smoothing(label_smoothing)
    if demanded(reduction) != "none" and weights is None and not smoothing:
        total = cross_entropy_gate(scores, y)
        return total / len(y) if reduction == "mean" else total
    scores = reals(scores)
    log_sums = logsumexp(scores, axis=1)
    losses = log_sums - scores[np.arange(len(y)), y]
    if weights is not None:
        losses = losses * weights.astype(scores.dtype)[y]
    if smoothing:
        each = np.reshape(log_sums, (-1, 1)) - scores
        each = each if weights is None else each * weights.astype(scores.dtype)
        losses = (1 - smoothing) * losses + smoothing * np.sum(each, axis=1) / np.shape(scores)[1]
    if reduction == "mean" and weights is not None:
        weighed: Loss = np.sum(losses) / float(np.sum(weights[y]))
        return weighed
    return by_reduction(losses, reduction)


def class_weights(weight: Tensor | npt.ArrayLike | None, classes: int) -> np.ndarray:
    """How much each class counts: 1 unless told otherwise."""
    given = np.asarray(np.ones(classes) if weight is None else weight.value if isinstance(weight, Tensor) else weight)
    if given.shape != (classes,) or given.dtype.kind not in "fiu" or not (given >= 0).all():
        found = repr(weight) if isinstance(weight, str) else f"{given.shape}, {given.dtype}"
        what = f"cross_entropy got a weight of {found} for {classes} classes."
        raise LossError(what, "each class has one weight, 0 or more.", f"an array of {classes} numbers.")
    return given if given.dtype.kind == "f" else given.astype(float)


def checked_smoothing(share: object) -> float:
    """The part of the loss that is over all classes alike."""
    if isinstance(share, (int, float, np.number)) and 0 <= share <= 1:
        return float(share)
    what = f"cross_entropy got label_smoothing={share!r}."
    raise LossError(what, "it is the part of each target that all classes share.", "a number from 0 to 1.")


def mse_loss(scores: Values, target: Values, reduction: str = "mean") -> Loss:
    """The square of the difference; the shapes must be the same."""
    scores, target = reals(scores, target), reals(target, scores)
    same_shape("mse_loss", scores, target)
    return by_reduction((scores - target) ** 2, reduction)


def binary_cross_entropy_with_logits(scores: Values, target: Values, reduction: str = "mean") -> Loss:
    """Cross-entropy of the sigmoid of each score with a target from 0 to 1; the shapes must be the same.

    Both halves are softplus, so that no score is too large for it.
    """
    scores, target = reals(scores, target), reals(target, scores)
    same_shape("binary_cross_entropy_with_logits", scores, target)
    given = target.value if isinstance(target, Tensor) else target
    if np.size(given) and not (np.min(given) >= 0 and np.max(given) <= 1):
        what = f"binary_cross_entropy_with_logits got targets from {np.min(given)} to {np.max(given)}."
        raise LossError(what, "a target is the share of the class 1.", "targets from 0 to 1; F.cross_entropy for more.")
    return by_reduction(target * softplus(-scores) + (1 - target) * softplus(scores), reduction)


def margins(loss: str, scores: Values, classes: npt.ArrayLike, margin: float) -> Values:
    """By how much each wrong class comes within `margin` of the right one, or exceeds it; the right class has 0."""
    y, scores = checked_classes(loss, scores, classes), reals(scores)
    rows = np.arange(len(y))
    wrong = np.ones(np.shape(scores), scores.dtype)
    wrong[rows, y] = 0
    return np.maximum(0, scores - np.reshape(scores[rows, y], (-1, 1)) + margin) * wrong


def multi_margin_loss(
    scores: Values, classes: npt.ArrayLike, p: int = 1, margin: float = 1.0, reduction: str = "mean"
) -> Loss:
    """The hinge loss as PyTorch has it: the mean over the classes of each row's margins, to the power p, 1 or 2."""
    if p not in (1, 2):
        raise LossError(f"multi_margin_loss got p={p!r}.", "p is 1 or 2.", "p=1.")
    losses = margins("multi_margin_loss", scores, classes, margin)
    return by_reduction(np.sum(losses**2 if p == 2 else losses, axis=1) / np.shape(scores)[1], reduction)


def hinge_loss(scores: Values, classes: npt.ArrayLike, margin: float = 1.0, reduction: str = "mean") -> Loss:
    """The multi-class SVM loss as the course has it: the sum, not the mean, of each row's margins.

    >>> import gatewise.nn.functional as F, numpy as np
    >>> F.hinge_loss(np.zeros((5, 10)), np.zeros(5, int))
    np.float64(9.0)
    """
    return by_reduction(np.sum(margins("hinge_loss", scores, classes, margin), axis=1), reduction)
