"""The course's own interface: its two-layer net, its linear classifiers, its gradient check.

Cells of CS231n's first assignment run with their imports changed. No gradient is written by hand here: each loss is
plain NumPy, and gatewise differentiates it.
"""

from gatewise.course.differences import eval_numerical_gradient as eval_numerical_gradient
from gatewise.course.differences import rel_error as rel_error
from gatewise.course.linear import LinearClassifier as LinearClassifier
from gatewise.course.linear import LinearSVM as LinearSVM
from gatewise.course.linear import Softmax as Softmax
from gatewise.course.linear import softmax_loss as softmax_loss
from gatewise.course.linear import svm_loss as svm_loss
from gatewise.course.two_layer import TwoLayerNet as TwoLayerNet
from gatewise.course.two_layer import two_layer_loss as two_layer_loss
