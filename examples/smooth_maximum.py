"""The logarithm of a sum of exponentials, a smooth maximum, with the maximum taken off so that nothing overflows:

gatewise show examples/smooth_maximum.py:smooth_maximum "x=[1000.0, 1001.0, 998.0]"
"""

import numpy as np


def smooth_maximum(x):
    top = np.max(x)
    f = top + np.log(np.sum(np.exp(x - top)))
    return f
