"""Where layers get their random numbers: a generator of their own, or the one that all share."""

from __future__ import annotations

import numpy as np

from gatewise._errors import LayerError

#: What a layer takes for `rng`: a generator, a seed for one of its own, or None for the shared one.
Source = np.random.Generator | int | None

_shared = np.random.default_rng()


def manual_seed(seed: int) -> np.random.Generator:
    """Seed the generator that every layer and initialisation shares which was not given one, and return it.

    >>> import gatewise.nn as nn
    >>> _ = nn.manual_seed(0)
    >>> first = nn.Linear(3, 2)
    >>> _ = nn.manual_seed(0)
    >>> bool((nn.Linear(3, 2).weight.numpy() == first.weight.numpy()).all())
    True
    """
    _shared.bit_generator.state = np.random.default_rng(seed).bit_generator.state
    return _shared


def generator(source: object) -> np.random.Generator:
    """The generator that `rng=` stands for."""
    if source is None:
        return _shared
    if isinstance(source, np.random.Generator):
        return source
    if type(source) is not bool and isinstance(source, int | np.integer) and source >= 0:
        return np.random.default_rng(source)
    expect = "a generator from np.random.default_rng, or a seed"
    raise LayerError.setting("A layer", "rng", source, expect)
