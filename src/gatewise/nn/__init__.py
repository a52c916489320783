"""Layers, losses and initialisations with PyTorch's names, arguments and defaults.

A `Module` holds parameters and other modules; calling it computes. `gatewise.nn.functional` has the same as functions,
`gatewise.nn.init` fills parameters with random numbers, which come from a generator that can be seeded and saved.
"""

from gatewise.nn import functional as functional
from gatewise.nn import init as init
from gatewise.nn.activations import ReLU as ReLU
from gatewise.nn.activations import Sigmoid as Sigmoid
from gatewise.nn.activations import Softmax as Softmax
from gatewise.nn.activations import Tanh as Tanh
from gatewise.nn.containers import ModuleList as ModuleList
from gatewise.nn.containers import Sequential as Sequential
from gatewise.nn.layers import BatchNorm1d as BatchNorm1d
from gatewise.nn.layers import BatchNorm2d as BatchNorm2d
from gatewise.nn.layers import Conv2d as Conv2d
from gatewise.nn.layers import Dropout as Dropout
from gatewise.nn.layers import Flatten as Flatten
from gatewise.nn.layers import Linear as Linear
from gatewise.nn.layers import MaxPool2d as MaxPool2d
from gatewise.nn.losses import BCEWithLogitsLoss as BCEWithLogitsLoss
from gatewise.nn.losses import CrossEntropyLoss as CrossEntropyLoss
from gatewise.nn.losses import MSELoss as MSELoss
from gatewise.nn.losses import MultiMarginLoss as MultiMarginLoss
from gatewise.nn.module import Module as Module
from gatewise.nn.module import Parameter as Parameter
from gatewise.nn.random import manual_seed as manual_seed
