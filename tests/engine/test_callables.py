"""What is behind a callable has one answer: methods, partial functions, decorators, objects that answer anything."""

from __future__ import annotations

import functools
import types

from gatewise._callables import code_of, enclosed, function_behind, held_around, names_around, parts_behind, unwrapped


def plain(x):
    return x


def decorated(f):
    @functools.wraps(f)
    def around(*args):
        return f(*args)

    return around


class Model:
    __wrapped__ = plain  # a class may have such a name: it is no decorator's

    def method(self, x):
        return x

    def __call__(self, x):
        return x


class AnswersAll:
    def __getattr__(self, name):
        return AnswersAll()

    def __call__(self, x):
        return x


def test_the_function_behind_a_callable():
    model = Model()
    for f in (plain, decorated(plain), decorated(decorated(plain)), functools.partial(decorated(plain), 1)):
        assert function_behind(f) is plain
        assert code_of(f) is plain.__code__
    assert function_behind(functools.partial(model.method, 1)) is Model.method
    assert function_behind(functools.lru_cache(plain)) is plain
    assert code_of(model) is Model.__call__.__code__
    assert code_of(len) is None


def test_an_object_that_answers_every_question_is_not_asked_what_it_wraps():
    told = AnswersAll()
    assert function_behind(told) is told
    assert parts_behind(told) == ()
    assert code_of(told) is AnswersAll.__call__.__code__


def test_decorators_that_wrap_each_other_come_to_an_end():
    def one():
        pass

    def other():
        pass

    one.__wrapped__, other.__wrapped__ = other, one
    assert function_behind(one) in (one, other)
    assert unwrapped(one) in (one, other)


def test_what_a_callable_is_put_together_of():
    model = Model()
    assert parts_behind(functools.partial(plain, 1, y=2)) == (plain, 1, 2)
    assert parts_behind(model.method) == (Model.method, model)
    assert parts_behind(staticmethod(plain)) == (plain,)
    assert parts_behind(property(plain)) == (plain,)
    assert parts_behind(decorated(plain)) == (plain,)
    assert parts_behind(plain) == ()
    assert unwrapped(functools.partial(plain, 1)) is not plain  # what it was given belongs to it


def test_the_names_around_a_function_are_those_of_its_own_module():
    elsewhere = types.FunctionType(plain.__code__, {"N": 5.0})
    elsewhere.__wrapped__ = plain
    assert names_around(elsewhere)["decorated"] is decorated
    assert "N" not in names_around(elsewhere)


def test_what_a_closure_does_not_hold_yet_has_no_name():
    def outer():
        def inner():
            return here, later

        here = None
        assert held_around(inner) == [None]
        before = enclosed(inner)
        later = 2.0
        assert held_around(inner) == [None, 2.0]
        return before, enclosed(inner)

    assert outer() == ({"here": None}, {"here": None, "later": 2.0})
