"""Layers with PyTorch's names, arguments, defaults and initialisations."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from gatewise._errors import GatewiseError, LayerError
from gatewise._gates import pair
from gatewise._tensor import Tensor, Values
from gatewise.nn import functional, init
from gatewise.nn.functional import Size
from gatewise.nn.module import Module, Parameter
from gatewise.nn.random import Source, generator


def whole_positive(layer: str, name: str, value: object) -> int:
    """A number of features, which must be a whole positive one."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise LayerError.setting(layer, name, value, "a whole number, 1 or more")
    return int(value)


def weight_and_bias(
    shape: tuple[int, ...], bias: bool, dtype: npt.DTypeLike | None, rng: Source
) -> tuple[Parameter, Parameter | None]:
    """A weight and a bias between plus and minus 1 / sqrt(inputs), as PyTorch draws them."""
    source = generator(rng)
    weight = Parameter(np.empty(shape, dtype))
    init.kaiming_uniform_(weight, a=math.sqrt(5), rng=source)
    if not bias:
        return weight, None
    bound, shift = 1 / math.sqrt(init.fans(weight)[0]), Parameter(np.empty(shape[:1], dtype))
    init.uniform_(shift, -bound, bound, rng=source)
    return weight, shift


def data_for(x: Values, parameter: Values | None) -> Values:
    """Data in the dtype of a layer's parameter: arrays, lists, and Tensors that no gradient goes through.

    NumPy makes float64 of whatever is not said to be less, and one such array would make all that a net computes
    float64. A Tensor with a gradient keeps its dtype, which is that of the derivative that is asked for.
    """
    if parameter is None or (isinstance(x, Tensor) and x.bits):
        return x
    if isinstance(x, list | tuple):
        try:
            x = np.asarray(x)
        except (ValueError, TypeError, GatewiseError):  # the gate says what is wrong with it
            return x
    known = isinstance(x, Tensor) or type(x) is np.ndarray
    if not known or x.dtype == parameter.dtype or x.dtype.kind not in "fiub":
        return x
    return x.astype(parameter.dtype)


class Linear(Module):
    """A linear layer: `x @ weight.T + bias`, the weight (out_features, in_features).

    Data (what no gradient goes through) is taken in the dtype of the weight, here as in Conv2d and BatchNorm: float64
    images do not make a float32 net compute in float64.

    >>> import gatewise.nn as nn, numpy as np
    >>> nn.Linear(3, 2)(np.ones((5, 3), np.float32)).shape
    (5, 2)
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        dtype: npt.DTypeLike = np.float32,
        rng: Source = None,
    ) -> None:
        self.in_features = whole_positive("Linear", "in_features", in_features)
        self.out_features = whole_positive("Linear", "out_features", out_features)
        self.weight, self.bias = weight_and_bias((self.out_features, self.in_features), bias, dtype, rng)

    def forward(self, x: Values) -> Values:
        """The scores of each row."""
        return functional.linear(data_for(x, self.weight), self.weight, self.bias)

    def extra_repr(self) -> str:
        """The sizes."""
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class Conv2d(Module):
    """A convolution of images (N, in_channels, H, W) with kernels, stride and zero padding.

    `padding="same"` keeps the size of the images where the stride is 1 and the kernel odd.

    >>> import gatewise.nn as nn, numpy as np
    >>> nn.Conv2d(3, 8, 3, padding=1)(np.ones((2, 3, 6, 6), np.float32)).shape
    (2, 8, 6, 6)
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size | str = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
        dtype: npt.DTypeLike = np.float32,
        rng: Source = None,
    ) -> None:
        self.in_channels = whole_positive("Conv2d", "in_channels", in_channels)
        self.out_channels = whole_positive("Conv2d", "out_channels", out_channels)
        if pair(dilation) != (1, 1):
            raise LayerError.setting("Conv2d", "dilation", dilation, "1: kernels have no gaps here")
        if groups != 1:
            raise LayerError.setting("Conv2d", "groups", groups, "1: every kernel sees all channels")
        self.kernel_size, self.stride = pair(kernel_size), pair(stride)
        for name, sizes in (("kernel_size", self.kernel_size), ("stride", self.stride)):
            if min(sizes) < 1:
                raise LayerError.setting("Conv2d", name, sizes, "1 or more")
        self.padding = self.padded(padding)
        shape = (self.out_channels, self.in_channels, *self.kernel_size)
        self.weight, self.bias = weight_and_bias(shape, bias, dtype, rng)

    def padded(self, padding: Size | str) -> tuple[int, int]:
        if padding == "valid":
            return (0, 0)
        if padding == "same":
            if self.stride != (1, 1) or any(k % 2 == 0 for k in self.kernel_size):
                raise LayerError.setting("Conv2d", "padding", padding, "a number, but for odd kernels")
            return self.kernel_size[0] // 2, self.kernel_size[1] // 2
        sizes = pair(padding)  # which refuses other words
        if min(sizes) < 0:
            raise LayerError.setting("Conv2d", "padding", padding, "0 or more")
        return sizes

    def forward(self, x: Values) -> Values:
        """The kernels laid over the images."""
        return functional.conv2d(data_for(x, self.weight), self.weight, self.bias, self.stride, self.padding)

    def extra_repr(self) -> str:
        """The sizes."""
        sizes = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        sizes += f", padding={self.padding}" if any(self.padding) else ""
        return sizes + ("" if self.bias is not None else ", bias=False")


class MaxPool2d(Module):
    """The largest entry of each place of a kernel; without `stride` the places do not overlap.

    >>> import gatewise.nn as nn, numpy as np
    >>> nn.MaxPool2d(2)(np.arange(16.0).reshape(1, 1, 4, 4))
    array([[[[ 5.,  7.],
             [13., 15.]]]])
    """

    def __init__(
        self, kernel_size: Size, stride: Size | None = None, padding: Size = 0, ceil_mode: bool = False
    ) -> None:
        if ceil_mode:
            expect = "False: what no whole kernel fits on is left out"
            raise LayerError.setting("MaxPool2d", "ceil_mode", ceil_mode, expect)
        self.kernel_size, self.padding = pair(kernel_size), pair(padding)
        self.stride = self.kernel_size if stride is None else pair(stride)
        for name, sizes in (("kernel_size", self.kernel_size), ("stride", self.stride)):
            if min(sizes) < 1:
                raise LayerError.setting("MaxPool2d", name, sizes, "1 or more")
        if not all(0 <= 2 * p <= k for p, k in zip(self.padding, self.kernel_size)):
            expect = "at most half of the kernel"
            raise LayerError.setting("MaxPool2d", "padding", self.padding, expect)

    def forward(self, x: Values) -> Values:
        """The largest entries."""
        return functional.max_pool2d(x, self.kernel_size, self.stride, self.padding)

    def extra_repr(self) -> str:
        """The sizes."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class Flatten(Module):
    """All axes but the first in one.

    >>> import gatewise.nn as nn, numpy as np
    >>> nn.Flatten()(np.ones((5, 3, 4, 4))).shape
    (5, 48)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, x: Values) -> Values:
        """The same numbers in rows."""
        return functional.flatten(x, self.start_dim, self.end_dim)


class Dropout(Module):
    """While training, drops each entry with probability p and makes the others larger by 1 / (1 - p).

    `rng` is a generator or a seed for one of its own; without it the layer draws from the generator that all layers
    share (`nn.manual_seed`). `Module.random_state()` saves either. `model.eval()` switches dropping off; `gw.no_grad`
    does not.

    >>> import gatewise.nn as nn, numpy as np
    >>> layer = nn.Dropout(0.5, rng=0)
    >>> layer(np.ones(6)), layer.eval()(np.ones(2))
    (array([2., 2., 2., 0., 0., 0.]), array([1., 1.]))
    """

    def __init__(self, p: float = 0.5, rng: Source = None) -> None:
        self.p, self.rng = functional.checked_probability(p), generator(rng)

    def drawn_from(self) -> np.random.Generator:
        """Its own generator, or the shared one."""
        return self.rng

    def forward(self, x: Values) -> Values:
        """Some of the entries."""
        return functional.dropout(x, self.p, self.training, self.rng)

    def extra_repr(self) -> str:
        """The probability."""
        return f"p={self.p}"


class BatchNorm(Module):
    """Each channel less its mean, over its standard deviation, then times `weight`, plus `bias`.

    While training by the batch's own mean and variance, which the running ones follow; otherwise by those.
    """

    dimensions: tuple[int, ...]  # how many axes its input may have
    num_batches_tracked: np.ndarray

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:
        self.num_features = whole_positive(type(self).__name__, "num_features", num_features)
        self.eps, self.momentum, self.affine = eps, momentum, affine
        self.track_running_stats = track_running_stats
        self.weight = Parameter(np.ones(num_features, dtype)) if affine else None
        self.bias = Parameter(np.zeros(num_features, dtype)) if affine else None
        self.running_mean = self.running_var = None
        if track_running_stats:
            self.register_buffer("running_mean", np.zeros(num_features, dtype))
            self.register_buffer("running_var", np.ones(num_features, dtype))
            self.register_buffer("num_batches_tracked", np.array(0))

    def forward(self, x: Values) -> Values:
        """Each channel at mean 0 and standard deviation 1, then scaled and moved."""
        shape = np.shape(x)
        if len(shape) not in self.dimensions or shape[1] != self.num_features:
            shapes = {2: "(N, {})", 3: "(N, {}, L)", 4: "(N, {}, H, W)"}
            expect = " or ".join(shapes[n].format(self.num_features) for n in self.dimensions)
            raise LayerError(
                f"{type(self).__name__} cannot take this shape.",
                "it has one mean and one variance a channel.",
                "the number of channels in axis 1.",
                below=f"Expect: {expect}. Actual: {shape}.",
            )
        x = data_for(x, self.running_mean if self.weight is None else self.weight)
        momentum = self.momentum
        if self.training and self.track_running_stats:
            self.num_batches_tracked += 1
            if momentum is None:  # the plain average of all batches
                momentum = 1 / int(self.num_batches_tracked)
        return functional.batch_norm(
            x, self.running_mean, self.running_var, self.weight, self.bias, self.training, momentum, self.eps
        )

    def extra_repr(self) -> str:
        """The settings."""
        return f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}"


class BatchNorm1d(BatchNorm):
    """Batch normalisation of rows (N, C), or of sequences (N, C, L), a channel at a time.

    >>> import gatewise.nn as nn, numpy as np
    >>> nn.BatchNorm1d(1)(np.array([[1.0], [3.0]])).numpy().round(2).tolist()
    [[-1.0], [1.0]]
    """

    dimensions = (2, 3)


class BatchNorm2d(BatchNorm):
    """Batch normalisation of images (N, C, H, W), a channel at a time.

    >>> import gatewise.nn as nn, numpy as np
    >>> nn.BatchNorm2d(3)(np.ones((2, 3, 4, 4))).shape
    (2, 3, 4, 4)
    """

    dimensions = (4,)
