"""A function may change the dicts and lists it is given: gradients are of what was given, the caller sees the rest."""

from __future__ import annotations

import copy
from collections import OrderedDict, defaultdict, namedtuple

import numpy as np
import pytest

import gatewise as gw
from gatewise._errors import ArgumentError
from gatewise._recording.structures import leaves

Pair = namedtuple("Pair", "W b")


class Named(dict):
    """A dict with attributes."""


class Layers(list):
    """A list with attributes."""


def numbers():
    return {"a": 3.0, "b": 2.0, "c": np.array([1.0, -2.0]), "more": [4.0, {"d": 5.0}]}


def assigned(p):
    p["a"] = p["a"] * p["b"]
    return p["a"] * p["a"]


def dropped(p):
    del p["b"]
    return p["a"] ** 2


def popped(p):
    return p.pop("a") ** 2 * p.pop("b")


def updated(p):
    p |= {"a": p["a"] * 2, "new": p["b"]}
    return p["a"] * p["new"]


def cleared(p):
    a, b = p["a"], p["b"]
    p.clear()
    return a * a * b


def deep(p):
    p["more"][1]["d"] = p["more"][1]["d"] * p["a"]
    p["more"].append(p["b"])
    return p["more"][1]["d"] * p["more"][-1]


def swapped(p):
    p["a"], p["b"] = p["b"], p["a"]
    return p["a"] * 10 + p["b"]


def set_default(p):
    return p.setdefault("z", p["a"] * 3) * p.setdefault("b", 100.0)


CHANGING = [assigned, dropped, popped, updated, cleared, deep, swapped, set_default]


def differences(f, p, h=1e-6):
    """The gradient of f by differences, each at a copy of p."""
    found = {}
    for path, x in leaves(p):
        g = np.zeros(np.shape(x))
        for i in np.ndindex(np.shape(x)):
            ends = []
            for step in (h, -h):
                twin = copy.deepcopy(p)
                holder = twin
                for key in path[:-1]:
                    holder = holder[key]
                moved = np.array(holder[path[-1]])
                moved[i] += step
                holder[path[-1]] = moved[()] if np.ndim(x) == 0 else moved
                ends.append(float(f(twin)))
            g[i] = (ends[0] - ends[1]) / (2 * h)
        found[path] = g
    return found


@pytest.mark.parametrize("f", CHANGING, ids=lambda f: f.__name__)
def test_the_gradient_is_of_what_was_given(f):
    want = differences(f, numbers())
    gradients = [gw.grad(f)(numbers()), gw.vjp(f, numbers())[1](1.0)[0], gw.value_and_grad(f)(numbers())[1]]
    for gradient in gradients:
        assert [path for path, _ in leaves(gradient)] == [path for path, _ in leaves(numbers())]
        for path, g in leaves(gradient):
            assert g == pytest.approx(want[path], abs=1e-6)
    ones = {"a": 1.0, "b": 1.0, "c": np.ones(2), "more": [1.0, {"d": 1.0}]}
    assert gw.jvp(f, (numbers(),), (ones,))[1] == pytest.approx(sum(np.sum(g) for g in want.values()), abs=1e-5)


@pytest.mark.parametrize("f", CHANGING, ids=lambda f: f.__name__)
@pytest.mark.parametrize("take", [gw.grad, lambda f: lambda p: gw.vjp(f, p), lambda f: lambda p: gw.circuit(f, p)])
def test_what_it_writes_reaches_the_caller_as_plain_values(f, take):
    plainly, taken = numbers(), numbers()
    inner, array = taken["more"], taken["c"]
    f(plainly)
    take(f)(taken)
    assert repr(taken) == repr(plainly)
    assert list(taken) == list(plainly)
    for path, x in leaves(taken):
        assert type(x) is type(dict(leaves(plainly))[path])
    assert "more" not in taken or taken["more"] is inner
    assert "c" not in taken or taken["c"] is array


def test_lists_are_turned_sorted_extended_and_sliced():
    def sorted_in_place(v):
        v.sort(key=lambda x: -x)
        return v[0] * 100 + v[1] * 10 + v[2]

    given = [1.0, 3.0, 2.0]
    assert gw.grad(sorted_in_place)(given) == [1.0, 100.0, 10.0]
    assert given == [3.0, 2.0, 1.0]

    def sliced(v):
        v[1:] = [v[0] * v[1]]
        v.extend([v[1] * 2, 7])
        v.insert(0, None)
        return v[3] + v[2]

    given = [2.0, 5.0, 9.0]
    assert gw.grad(sliced)(given) == [15.0, 6.0, 0.0]
    assert given == [None, 2.0, 10.0, 20.0, 7]

    def emptied(v):
        total = 1.0
        while v:
            total = total * v.pop()
        return total

    given = [2.0, 5.0]
    assert gw.grad(emptied)(given) == [5.0, 2.0]
    assert given == []


def test_subclasses_keep_what_they_are():
    def f(p):
        p.count += 1
        p.history.append(p["a"] * 2)
        p["a"] = p["a"] * p["a"]
        return p["a"] * p.scale

    p = Named(a=3.0)
    p.count, p.scale, p.history = 0, 2.0, []
    gradient = gw.grad(f)(p)
    assert type(gradient) is Named
    assert (gradient["a"], gradient.scale) == (12.0, 2.0)
    assert (p["a"], p.count, p.history) == (9.0, 1, [6.0])
    assert type(p.history[0]) is float

    def g(layers):
        layers.depth = len(layers)
        layers.append(layers[0] * layers.factor)
        return layers[-1] * layers[1]

    layers = Layers([2.0, 3.0])
    layers.factor = 5.0
    gradient = gw.grad(g)(layers)
    assert (type(gradient), gradient, gradient.factor) == (Layers, [15.0, 10.0], 5.0)
    assert (layers, layers.depth) == ([2.0, 3.0, 10.0], 2)


def test_ordered_and_default_dicts_and_named_tuples():
    def moved(p):
        p.move_to_end("a")
        p["z"] = p["b"] * 2
        return next(iter(p.values())) * p["z"]

    p = OrderedDict(a=1.0, b=3.0)
    assert gw.grad(moved)(p) == OrderedDict(a=0.0, b=12.0)
    assert list(p.items()) == [("b", 3.0), ("a", 1.0), ("z", 6.0)]

    def missing(p):
        return p["new"] + p["a"] * 2

    p = defaultdict(lambda: 5.0, a=1.0)
    assert gw.grad(missing)(p) == {"a": 2.0}
    assert dict(p) == {"a": 1.0, "new": 5.0}

    def in_tuple(pair):
        pair.b.append(pair.W * 2)
        return pair.b[-1] * pair.b[0]

    pair = Pair(3.0, [4.0])
    assert gw.grad(in_tuple)(pair) == Pair(8.0, [6.0])
    assert pair == Pair(3.0, [4.0, 6.0])


def test_arguments_that_nobody_differentiates_and_keywords_are_changed_too():
    def f(x, log, *, seen):
        log.append(x * 2)
        seen["last"] = [x, np.array([1.0, 2.0]) * x, ("kept", x)]
        return x * x

    log, seen = [], {"n": 1}
    assert gw.grad(f)(3.0, log, seen=seen) == 6.0
    assert log == [6.0]
    assert type(log[0]) is float
    assert seen["last"][0] == 3.0
    assert type(seen["last"][1]) is np.ndarray
    assert seen["last"][2] == ("kept", 3.0)


def test_what_a_function_wrote_before_it_failed_is_there():
    def f(p):
        p["a"] = p["a"] * 2
        raise KeyError("later")

    p = {"a": 3.0}
    with pytest.raises(KeyError):
        gw.grad(f)(p)
    assert p == {"a": 6.0}


def test_nested_derivatives_over_containers():
    def f(p):
        p["b"] = p["a"] * p["a"]
        return p["b"] * p["a"]

    def slope(p):
        inner = dict(p)
        g = gw.grad(f)(inner)["a"]
        return g * inner["b"]  # 3 a**2 * a**2

    p = {"a": 2.0}
    assert gw.grad(slope)(p) == {"a": 12 * 2.0**3}
    assert p == {"a": 2.0}
    assert gw.grad(lambda p: gw.grad(f)(p)["a"])({"a": 2.0}) == {"a": 12.0}


def test_a_container_that_stands_twice_is_not_changed_without_a_word():
    def f(p):
        p["x"].append(p["y"][0] * 2)
        return p["x"][-1] * p["y"][0]

    shared = [3.0]
    with pytest.raises(ArgumentError, match="given twice"):
        gw.grad(f)({"x": shared, "y": shared})
    assert gw.grad(lambda p: p["x"][0] * p["y"][0])({"x": shared, "y": shared}) == {"x": [3.0], "y": [3.0]}


def test_a_pullback_does_not_see_what_is_changed_later():
    def f(p):
        p["h"] = p["a"] * 2
        return [p["h"], p["a"]]

    p = {"a": 3.0}
    out, pullback = gw.vjp(f, p)
    p["a"], p["x"] = 100.0, 1.0
    out.append(7.0)
    assert pullback([1.0, 10.0]) == ({"a": 12.0},)


def test_entries_of_an_upstream_gradient_may_come_in_any_order():
    _, pullback = gw.vjp(lambda x: {"a": x, "b": x * x}, 3.0)
    assert pullback({"b": 10.0, "a": 1.0}) == (61.0,)
    assert gw.jvp(lambda p: p["a"] * p["b"], ({"a": 2.0, "b": 3.0},), ({"b": 1.0, "a": 0.0},))[1] == 2.0


# -------------------------------------------------------------------- classes that do something when an entry is set


class Logged(dict):
    """Keeps a list of what was set."""

    def __init__(self, *args, **entries):
        super().__init__(*args, **entries)
        self.log = []

    def __setitem__(self, key, value):
        self.log.append(key)
        super().__setitem__(key, value)


class Counted(list):
    """Counts what was put in."""

    def __init__(self, *args):
        super().__init__(*args)
        self.count_of_changes = 0

    def append(self, x):
        self.count_of_changes += 1
        super().append(x)


class Once(dict):
    """Binds each key once and for all."""

    def __setitem__(self, key, value):
        if key in self:
            raise KeyError("bound already")
        super().__setitem__(key, value)

    def __delitem__(self, key):
        raise KeyError("bound for ever")


class Latest(OrderedDict):
    """The key that was read last comes last."""

    def __getitem__(self, key):
        value = super().__getitem__(key)
        self.move_to_end(key)
        return value


class Hiding(dict):
    """Shows some of its items."""

    def items(self):
        return [(key, value) for key, value in super().items() if key != "hidden"]


class Slotted(dict):
    """Has an attribute without a `__dict__`."""

    __slots__ = ("factor",)


def test_a_class_that_logs_sees_what_the_function_did_and_no_more():
    p = Logged(a=3.0, b=2.0)
    p["c"] = 1.0
    before = gw.grad(lambda q: assigned(q) * q["c"])(p)
    assert before == {"a": 24.0, "b": 36.0, "c": 36.0}
    assert p == {"a": 6.0, "b": 2.0, "c": 1.0}
    assert p.log == ["c", "a"]


def test_a_list_that_counts():
    def appended(p):
        p.append(p[0] * p[1])
        return p[2] ** 2

    p = Counted([3.0, 2.0])
    assert gw.grad(appended)(p) == [24.0, 36.0]
    assert p == [3.0, 2.0, 6.0]
    assert p.count_of_changes == 1


def test_a_class_that_allows_no_second_binding():
    def joined(p):
        p["c"] = p["a"] * p["b"]
        return p["c"] ** 2

    p = Once(a=3.0, b=2.0)
    assert gw.grad(joined)(p) == {"a": 24.0, "b": 36.0}
    assert p == {"a": 3.0, "b": 2.0, "c": 6.0}


def test_the_order_is_the_functions_own():
    def read_first(p):
        p["a"]
        return next(iter(p.values())) ** 2

    p = Latest([("a", 3.0), ("b", 2.0)])
    assert gw.grad(read_first)(p) == {"a": 0.0, "b": 4.0}
    assert list(p) == ["b", "a"]


def test_entries_that_a_class_hides_stay_where_they_are():
    p = Hiding(a=3.0, hidden=2.0)
    assert gw.grad(lambda q: q["a"] ** 2 * q["hidden"])(p) == {"a": 12.0, "hidden": 9.0}
    assert dict.__len__(p) == 2


def test_attributes_in_slots():
    p = Slotted(a=3.0)
    p.factor = 4.0
    assert gw.grad(lambda q: q["a"] ** 2 * q.factor)(p) == {"a": 24.0}
