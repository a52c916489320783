"""Update rules with PyTorch's names, arguments and defaults; they change parameters in place.

The loop: `loss = ...`, `optimizer.zero_grad()`, `loss.backward()`, `optimizer.step()`. A change is counted on the
parameter, and a computation that was recorded before it cannot be swept after it.
"""

from gatewise.optim import lr_scheduler as lr_scheduler
from gatewise.optim.adaptive import Adagrad as Adagrad
from gatewise.optim.adaptive import Adam as Adam
from gatewise.optim.adaptive import AdamW as AdamW
from gatewise.optim.adaptive import RMSprop as RMSprop
from gatewise.optim.descent import SGD as SGD
from gatewise.optim.optimizer import Optimizer as Optimizer
