"""NumPy for code that gatewise does not see into, as other files. `import gatewise.numpy as np` in such a file.

On plain values each name does exactly what NumPy's does. While a derivative is being taken, lists of numbers become
arrays, and arrays that are made may be written into, as in the functions that gatewise sees.

>>> import gatewise as gw
>>> import gatewise.numpy as np
>>> class Model:
...     def energy(self, x):
...         out = np.zeros(2)
...         out[0], out[1] = x, np.max([x, 1.0])
...         return np.sum(out**2)
>>> gw.grad(Model().energy)(3.0)
12.0
>>> type(np.zeros(2)).__name__
'ndarray'
"""

from __future__ import annotations

import numpy as _numpy

from gatewise._twins import twin_of_module as _twin_of_module

globals().update(
    {
        name: value
        for name, value in vars(_twin_of_module(_numpy)).items()
        if not name.startswith("__") and name != "test"
    }
)


def __getattr__(name: str) -> object:
    return getattr(_numpy, name)
