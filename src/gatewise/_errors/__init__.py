"""One class per mistake a user can make: what happened, why, and what to write instead."""

from gatewise._errors.arguments import (
    ArgumentError,
    ScriptError,
    UnknownFunctionError,
    UnknownInputError,
    UnknownOutputError,
    to_numpy,
)
from gatewise._errors.base import GatewiseError, refusals
from gatewise._errors.circuits import (
    CutError,
    FoldError,
    MissingNameError,
    SaveError,
    UnknownPaletteError,
    UnknownWireError,
)
from gatewise._errors.commands import CommandError, ExpressionError, InputNameError, UserCodeError, ValueTextError
from gatewise._errors.gates import GateError, MethodError, UnknownGateError, UnsupportedError, expected_shapes
from gatewise._errors.gradients import (
    BeyondError,
    ChangedError,
    ComplexGradientError,
    IntegerGradientError,
    NoGradientError,
    ReleasedError,
    UpstreamError,
)
from gatewise._errors.lines import PACKAGE, LineError, user_line, user_names
from gatewise._errors.reading import AssignmentError, KeptError, ReadingError
from gatewise._errors.training import (
    CheckpointError,
    DataError,
    DataFileError,
    DivergedError,
    LayerError,
    LossError,
    MissingDataError,
    StateError,
    TrainingError,
    UnknownDataSetError,
    shown_path,
)  # fmt: skip

__all__ = [
    "PACKAGE", "ArgumentError", "AssignmentError", "BeyondError", "ChangedError", "CheckpointError", "CommandError",
    "ComplexGradientError", "CutError", "DataError", "DataFileError", "DivergedError", "ExpressionError",
    "FoldError", "GateError", "GatewiseError", "InputNameError", "IntegerGradientError", "KeptError", "LayerError",
    "LineError", "LossError", "MethodError", "MissingDataError", "MissingNameError", "NoGradientError",
    "ReadingError", "ReleasedError", "SaveError", "ScriptError", "StateError", "TrainingError",
    "UnknownDataSetError", "UnknownFunctionError", "UnknownGateError", "UnknownInputError", "UnknownOutputError",
    "UnknownPaletteError", "UnknownWireError", "UnsupportedError", "UpstreamError", "UserCodeError",
    "ValueTextError", "expected_shapes", "refusals", "shown_path", "to_numpy", "user_line", "user_names",
]  # fmt: skip

for _each in list(vars().values()):
    if isinstance(_each, type) and issubclass(_each, GatewiseError):
        _each.__module__ = __name__  # which file an error stands in is nothing to whom it is told
