"""NumPy's protocols: a call of NumPy's on a Tensor goes to its gate, is answered, or is refused."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from gatewise._circuit import closed_bits, lent, open_bits
from gatewise._errors import AssignmentError, GateError, GatewiseError, UnsupportedError
from gatewise._gates import COMPOSED, GATES, OPTIONS, Gate, declare, plain
from gatewise._tensor.applying import UNHURRIED, apply, apply1, apply2, regrouped
from gatewise._tensor.asking import described, whole_number
from gatewise._tensor.carrier import Tensor, give
from gatewise._tensor.parameters import bits_inside
from gatewise._tensor.ufuncs import otherwise
from gatewise._tensor.writing import IN_PLACE, at, into, into_some, is_target
from gatewise._types import Function, Parameters, Value


def by_ufunc(t: Tensor, ufunc: np.ufunc, method: str, *operands: Any, **parameters: object) -> Any:
    if "out" in parameters and method in ("__call__", "reduce", "accumulate") and is_target(parameters["out"]):
        target, where = parameters.pop("out"), parameters.pop("where", True) if method == "__call__" else True
        if where is not True:
            with np.errstate(all="ignore"):  # of entries that nobody asked for
                return into_some(target, by_ufunc(t, ufunc, method, *operands, **parameters), where)
        return into(target, by_ufunc(t, ufunc, method, *operands, **parameters), method == "__call__")
    if method == "at" and type(operands[0]) is Tensor:
        return at(ufunc, *operands)
    if method != "__call__":
        out = otherwise(ufunc, method, operands, parameters)
        if out is not NotImplemented:
            return out
        return unsupported(f"{qualified(ufunc)}.{method}", getattr(ufunc, method), operands, parameters)
    gate = GATES.get(ufunc)
    if gate is None and declare():  # SciPy's was loaded meanwhile
        gate = GATES.get(ufunc)
    if gate is None or parameters:
        if gate is not None and (out := otherwise(ufunc, method, operands, parameters)) is not NotImplemented:
            return out
        if (body := COMPOSED.get(ufunc)) is not None and not parameters:
            return body(*operands)
        options = "".join(f", {key}=" for key in parameters)
        name = qualified(ufunc) + (f"(...{options})" if options else "")
        return unsupported(name, ufunc, operands, parameters)
    if gate in UNHURRIED:
        return apply(gate, ufunc, operands, {})
    if len(operands) == 1:
        return apply1(gate, ufunc, operands[0])
    return apply2(gate, ufunc, *operands) if len(operands) == 2 else apply(gate, ufunc, operands, {})


def by_function(t: Tensor | None, function: Function, types: object, args: Sequence[Any], kwargs: Parameters) -> Any:
    if not kwargs and (gate := AT_ONCE.get(function)) is not None and len(args) == gate.arity:
        return apply(gate, gate.call, args, kwargs)
    if "out" in kwargs and is_target(kwargs["out"]):
        given = {name: x for name, x in kwargs.items() if name != "out"}
        return into(kwargs["out"], function(*args, **given), function in STRETCH)
    if (change := IN_PLACE.get(function)) is not None and type(args[0]) is Tensor:
        return change(*args, **kwargs)
    if function in ORDERS and (len(args) > ORDERS[function] or "order" in kwargs):
        return in_order(function, *args, **kwargs)
    if (body := COMPOSED.get(function)) is not None:
        out = composition(body, function, args, kwargs)
        if out is not NotImplemented:  # then it is a gate's, with these options
            return out
    gate = GATES.get(function)
    if gate is None:
        if (question := QUESTIONS.get(function)) is not None:
            return question(*args, **kwargs)
        return unsupported(qualified(function), function, args, kwargs)
    if kwargs.get("out") is not None:
        return unsupported(f"{qualified(function)}(..., out=...)", function, args, kwargs)
    try:
        operands, parameters = bound(gate, args, kwargs)
    except UnsupportedError as error:
        called = error.forgotten().called
        if (body := OPTIONS.get(function)) is not None:
            out = composition(body, function, args, kwargs)
            if out is not NotImplemented:
                return out
        return unsupported(called, function, args, kwargs)
    return apply(gate, gate.call, operands, parameters)


#: The functions whose calls with operands alone are their gates', by gate.
AT_ONCE = {
    function: gate
    for function, gate in GATES.items()
    if not (gate.bind or gate.many or gate.required or function in COMPOSED or function in IN_PLACE)
}


def composition(body: Function, function: Function, args: Sequence[object], kwargs: Parameters) -> object:
    """A function of NumPy's as what it is made of; options that this does not know have no rule."""
    try:
        return body(*args, **kwargs)
    except (ValueError, TypeError, IndexError) as error:  # NumPy's words for a call that it refuses
        if isinstance(error, GatewiseError):
            raise
        if not takes(body, args, kwargs):
            options = "".join(f", {key}=..." for key in kwargs)
            return unsupported(f"{qualified(function)}(...{options})", function, args, kwargs)
        given = [x for x in args if isinstance(x, (Tensor, np.ndarray))]
        raise GateError.of(
            qualified(function), list(map(described, given)), list(map(np.shape, given)), error
        ) from None


def takes(body: Function, args: Sequence[object], kwargs: Parameters) -> bool:
    """Whether a function can be called like this."""
    try:
        inspect.signature(body).bind(*args, **kwargs)
    except TypeError:
        return False
    return True


def qualified(function: Function) -> str:
    """What a function is called: `np.linalg.eig`, `scipy.special.expit`; one of ours goes by the name of its gate."""
    if isinstance(function, np.ufunc):
        homes = {"np": np, "scipy.special": sys.modules.get("scipy.special")}
        home = next((f"{h}." for h, m in homes.items() if getattr(m, function.__name__, None) is function), "")
        return home + function.__name__
    module = getattr(function, "__module__", "") or "numpy"
    if module.startswith("scipy."):
        return ".".join([*(part for part in module.split(".") if not part.startswith("_")), function.__name__])
    if not module.startswith("numpy"):
        return GATES[function].name if function in GATES else str(function.__name__)
    module = module.removeprefix("numpy").strip(".")
    return ".".join(part for part in ("np", module if not module.startswith("_") else "", function.__name__) if part)


def unsupported(name: str, function: Function, args: Sequence[Any], kwargs: Parameters) -> Any:
    """A call that no gate stands for: an error, unless no Tensor in it carries anything; then NumPy answers."""
    target = kwargs.get("out")
    target = target[0] if isinstance(target, tuple) else target
    if (
        bits_inside((*args, *kwargs.values())) & (open_bits() | lent.recording) & ~closed_bits()
        or type(target) is Tensor
    ):
        if type(target) is Tensor:
            raise AssignmentError.item(described(target))
        if target is not None:
            raise AssignmentError.into(target)
        from gatewise._gates.absent import instead  # a long table, for this error alone

        raise UnsupportedError.of(name, instead(name))
    try:
        out = function(*map(stripped, args), **{key: stripped(value) for key, value in kwargs.items()})
    except ValueError as error:
        if "read-only" not in str(error):
            raise
        raise AssignmentError.item(described(next(x for x in args if type(x) is Tensor))) from None
    return out if target is not None else carried(out, args)


def stripped(x: Value) -> object:
    """An argument without Tensors, whose memory can only be read; arrays stay the ones they are."""
    if type(x) is Tensor:
        whole = whole_number(x)
        if whole is not None or not isinstance(x.value, np.ndarray):
            return x.value if whole is None else whole
        view = x.value.view()
        view.flags.writeable = False
        return view
    return type(x)(map(stripped, x)) if type(x) in (tuple, list) else x


def carried(out: object, args: Sequence[object]) -> Value:
    """A result of NumPy's as a Tensor, in memory of its own, so that its methods know the other Tensors."""
    if isinstance(out, (tuple, list)):
        return regrouped(out, [carried(part, args) for part in out])
    if isinstance(out, np.ndarray) and (out.base is not None or any(out is x for x in args)):
        out = np.array(out)
    return Tensor(out) if isinstance(out, (np.ndarray, np.floating)) else out


@cache
def signature(gate: Gate) -> inspect.Signature:
    """How the gate's function is called; older NumPy versions do not tell it for functions written in C."""
    try:
        return inspect.signature(gate.function)
    except ValueError:
        return inspect.Signature([inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY) for name in gate.operands])


def bound(gate: Gate, args: Sequence[object], kwargs: Parameters) -> tuple[Sequence[Any], dict[str, Any]]:
    """Sort the arguments of a NumPy call into a gate's operands and parameters; options without a rule are errors."""
    if gate.bind is not None:
        try:
            operands, parameters = gate.bind(*args, **kwargs)
        except TypeError:
            options = "".join(f", {key}=..." for key in kwargs)
            raise UnsupportedError.of(f"{qualified(gate.function)}(...{options})") from None
        return operands, dict(parameters)
    if len(args) == gate.arity and (not kwargs or all(key in gate.parameters for key in kwargs)):
        return args, dict(kwargs)
    try:
        call = signature(gate).bind(*args, **kwargs)
    except TypeError as error:
        why = f"its arguments do not fit {gate.name}: {error}."
        what = f"{qualified(gate.function)} cannot be called like this."
        raise GateError.like(TypeError)(what, why) from None
    operands, parameters = [], {}
    for (name, value), position in zip(call.arguments.items(), range(len(call.arguments)), strict=True):
        if name in ("args", "kwargs", "xs"):
            raise UnsupportedError.of(qualified(gate.function))
        default = signature(gate).parameters[name].default
        if position < gate.arity:
            operands.append(value)
        elif name in gate.parameters:
            parameters[name] = value
        elif name == "order" and value == "C" and all(lies_by_rows(x) for x in operands):
            continue
        elif value is not default and not any(value is each for each in IGNORED.get(name, ())):
            raise UnsupportedError.of(f"{qualified(gate.function)}(..., {name}=...)")
    if len(operands) < gate.arity and not gate.many:
        raise UnsupportedError.of(f"{qualified(gate.function)} with {len(operands)} operand")
    return operands, parameters


IGNORED: dict[str, tuple[Any, ...]] = {
    "order": ("K",),
    "subok": (True, False),
    "optimize": (True, False),
    "copy": (None,),
    **dict.fromkeys(("overwrite_a", "overwrite_b", "check_finite"), (True, False)),
}

#: Functions that stretch their result over what `out=` names, as ufuncs do; all others ask for its shape.
STRETCH = {np.clip, np.round, np.around, np.fix, np.quantile, np.percentile}

#: Functions that read entries in an order, and the place of that argument.
ORDERS = {np.ravel: 1, np.reshape: 2}


def in_order(function: Function, *args: Any, **kwargs: Any) -> object:
    """`np.ravel` or `np.reshape` in another order than by rows: by rows, of the array with its axes turned."""
    place = ORDERS[function]
    order = args[place] if len(args) > place else kwargs.pop("order")
    a, *rest = args[:place] if args else [kwargs.pop("a")]
    if order == "C":
        return function(a, *rest, **kwargs)
    value = np.asarray(plain(a))
    try:
        function(value, *rest, order=order, **kwargs)
    except (TypeError, ValueError) as error:
        raise GateError.of(function.__name__, [described(a)], [value.shape], error) from None
    axes = axes_in_order(value, order)
    if function is np.ravel or axes == tuple(range(value.ndim)):
        return function(np.transpose(a, axes), *rest, **kwargs)
    shape = rest[0] if rest else kwargs.pop("shape", None) or kwargs.pop("newshape")
    backwards = tuple(shape)[::-1] if isinstance(shape, (tuple, list)) else shape
    return np.transpose(np.reshape(np.transpose(a, axes), backwards, **kwargs))


def axes_in_order(value: np.ndarray, order: object) -> tuple[int, ...]:
    """The order of axes, slowest first, in which the entries of an array are read."""
    axes = tuple(range(value.ndim))
    if order == "F" or (order == "A" and value.flags.fnc):
        return axes[::-1]
    return axes if order != "K" else tuple(sorted(axes, key=lambda axis: -abs(value.strides[axis])))


def lies_by_rows(x: object) -> bool:
    return bool(np.asarray(plain(x)).flags.c_contiguous)


#: Functions that only ask about a Tensor and are answered by a plain value.
QUESTIONS: dict[Any, Callable[..., Any]] = {
    np.shape: lambda a: a.shape,
    np.ndim: lambda a: a.ndim,
    np.size: lambda a, axis=None: a.size if axis is None else a.shape[axis],
    np.result_type: lambda *xs: np.result_type(*(x.value if type(x) is Tensor else x for x in xs)),
    np.iscomplexobj: lambda x: np.iscomplexobj(x.value),
    np.array_repr: lambda x, *a, **k: repr(x),
    np.array_str: lambda x, *a, **k: str(x.value),
}


def by_gate(t: Tensor, gate: Gate, operands: Sequence[object], parameters: Parameters) -> Value:
    return apply(gate, gate.call, operands, parameters)


give(__array_ufunc__=by_ufunc, __array_function__=by_function, __gate__=by_gate)
