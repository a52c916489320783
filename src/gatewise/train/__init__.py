"""Training: fit a network, look at it before and while it learns, keep its best, and go on after a kill.

`fit` trains; `preflight` is what the course says to look at before; `Signs` what to look at while a loop of one's own
runs; `checkpoints` saves and loads.
"""

from gatewise.train import checkpoints as checkpoints
from gatewise.train.fitting import Fitted as Fitted
from gatewise.train.fitting import Trainer as Trainer
from gatewise.train.fitting import fit as fit
from gatewise.train.history import Epoch as Epoch
from gatewise.train.history import History as History
from gatewise.train.inspection import Finding as Finding
from gatewise.train.inspection import Report as Report
from gatewise.train.inspection import preflight as preflight
from gatewise.train.scoring import accuracy as accuracy
from gatewise.train.signs import Sign as Sign
from gatewise.train.signs import Signs as Signs
