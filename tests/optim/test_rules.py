"""Update rules without PyTorch: formulas worked out by hand, memory, versions, states, and what they refuse."""

from __future__ import annotations

import copy
import json
import math
import re
import tracemalloc

import numpy as np
import pytest

import gatewise as gw
from gatewise import nn, optim
from gatewise._errors import ChangedError, LayerError, StateError
from gatewise.optim.optimizer import PIECE


def stepped(rule, gradients, w=2.0, **settings):
    """The weight after a step with each of these gradients."""
    p = gw.tensor(np.array([w]))
    optimizer = rule([p], **settings)
    for g in gradients:
        p.grad = np.array([g])
        optimizer.step()
    return p.numpy()[0]


def test_two_steps_by_hand():
    g, h = 0.5, -0.25
    assert stepped(optim.SGD, [g, h], lr=0.1) == pytest.approx(2 - 0.1 * g - 0.1 * h)
    assert stepped(optim.SGD, [g, h], lr=0.1, momentum=0.9) == pytest.approx(2 - 0.1 * g - 0.1 * (0.9 * g + h))
    decayed = 2 - 0.1 * (g + 0.3 * 2)
    assert stepped(optim.SGD, [g], lr=0.1, weight_decay=0.3) == pytest.approx(decayed)
    ahead = 2 - 0.1 * (g + 0.9 * g)
    assert stepped(optim.SGD, [g], lr=0.1, momentum=0.9, nesterov=True) == pytest.approx(ahead)
    assert stepped(optim.Adagrad, [g, h], lr=0.1) == pytest.approx(2 - 0.1 - 0.1 * h / math.hypot(g, h))
    squares = [0.01 * g * g]
    squares.append(0.99 * squares[0] + 0.01 * h * h)
    want = 2 - 0.01 * (g / math.sqrt(squares[0]) + h / math.sqrt(squares[1]))
    assert stepped(optim.RMSprop, [g, h]) == pytest.approx(want, rel=1e-6)
    mean = (0.9 * 0.1 * g + 0.1 * h) / (1 - 0.9**2)
    square = (0.999 * 0.001 * g * g + 0.001 * h * h) / (1 - 0.999**2)
    want = 2 - 0.1 - 0.1 * mean / math.sqrt(square)
    assert stepped(optim.Adam, [g, h], lr=0.1) == pytest.approx(want, rel=1e-7)
    assert stepped(optim.AdamW, [g], lr=0.1, weight_decay=0.3) == pytest.approx(2 * (1 - 0.03) - 0.1, rel=1e-7)


RULES = [
    lambda p: optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01),
    lambda p: optim.RMSprop(p, momentum=0.9, centered=True),
    lambda p: optim.Adagrad(p),
    lambda p: optim.Adam(p, amsgrad=True, weight_decay=0.01),
    lambda p: optim.AdamW(p),
]


@pytest.mark.parametrize("rule", RULES)
def test_pieces_do_not_matter(rule):
    """A parameter of many pieces moves as its entries would alone."""
    rng = np.random.default_rng(0)
    whole = gw.tensor(rng.normal(size=(2, PIECE + 5)))
    parts = [gw.tensor(row) for row in whole.numpy()]
    one, many = rule([whole]), rule(parts)
    for _ in range(3):
        g = rng.normal(size=whole.shape)
        whole.grad = g
        for part, row in zip(parts, g, strict=True):
            part.grad = row
        one.step(), many.step()
    np.testing.assert_array_equal(whole.numpy(), np.stack([part.numpy() for part in parts]))


@pytest.mark.parametrize("rule", RULES)
def test_a_step_makes_no_arrays(rule):
    p = gw.tensor(np.ones(20 * PIECE))
    optimizer = rule([p])
    p.grad = np.ones(20 * PIECE)
    memory = p.value.__array_interface__["data"]
    optimizer.step()
    tracemalloc.start()
    for _ in range(3):
        optimizer.step()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 8 * PIECE, "less than one piece"
    assert p.value.__array_interface__["data"] == memory
    assert p.wire.version == 4


def test_numbers_that_somebody_else_holds_do_not_change():
    p = gw.tensor(np.ones((2, 3)))
    held = p.detach()
    with gw.no_grad():
        turned = p.T
    optimizer = optim.SGD([p], lr=1.0)
    p.grad = np.ones((2, 3))
    optimizer.step()
    assert (held.numpy() == 1).all()
    assert (turned.numpy() == 1).all()
    assert (p.numpy() == 0).all()


@pytest.mark.parametrize(
    "use",
    [
        lambda w: (w * w).sum(),
        lambda w: w.T.sum(),
        lambda w: (w + 1).sum(),
        lambda w: np.exp(w[0]).sum(),
        lambda w: gw.sigmoid(w).sum(),
        lambda w: (np.ones((1, 2)) @ w).sum(),
    ],
)
def test_what_was_recorded_before_a_change_says_so(use):
    weights = gw.tensor(np.ones((2, 3)))
    early, now = use(weights), use(weights)
    optimizer = optim.SGD([weights], lr=0.1)
    now.backward()
    optimizer.step()
    with pytest.raises(ChangedError, match="weights was changed in place"):
        early.backward()
    optimizer.zero_grad()
    use(weights).backward()
    assert weights.grad is not None


def test_a_derivative_around_an_outdated_value_says_so_too():
    w = gw.tensor(np.ones(3))
    early = (w * w).sum()
    w.grad = np.ones(3)
    optim.SGD([w], lr=0.1).step()
    with pytest.raises(ChangedError):
        gw.grad(lambda x: x * x)(early).backward()


def test_hooks_and_gradients_stay_after_a_step():
    w = gw.tensor(np.ones(3))
    seen = []
    w.register_hook(lambda g: seen.append(g))
    loss, kept = (w * w).sum(), (w * 2).sum()
    loss.backward()
    optim.SGD([w], lr=0.25).step()
    np.testing.assert_array_equal(w.grad, [2, 2, 2])
    del kept
    (w * w).sum().backward()
    np.testing.assert_array_equal(w.grad, [3, 3, 3])
    assert len(seen) == 2


def test_plain_numbers_can_be_learned():
    x = gw.tensor(3)
    optimizer = optim.SGD([x], lr=0.25)
    for _ in range(2):
        optimizer.zero_grad()
        loss = optimizer.step(lambda: backward(x))
    assert loss.item() == 2.25
    assert x.item() == 0.75
    assert type(x.value) is float


def backward(x):
    loss = x * x
    loss.backward()
    return loss


def test_groups_have_settings_of_their_own():
    a, b, idle = gw.tensor([1.0]), gw.tensor([1.0]), gw.tensor([1.0])
    optimizer = optim.SGD([{"params": a}, {"params": [("b", b), idle], "lr": 0.5}], lr=0.1)
    (a + b).sum().backward()
    optimizer.step()
    assert [p.item() for p in (a, b, idle)] == [0.9, 0.5, 1.0]
    optimizer.param_groups[0]["lr"] = 0.4
    optimizer.step()
    assert [p.item() for p in (a, b, idle)] == pytest.approx([0.5, 0.0, 1.0])


@pytest.mark.parametrize("rule", RULES)
def test_a_saved_state_goes_on_to_the_bit(rule):
    rng = np.random.default_rng(1)
    gradients = rng.normal(size=(6, 4, 3))
    p = gw.tensor(np.ones((4, 3)))
    optimizer = rule([p])
    for g in gradients[:3]:
        p.grad = g
        optimizer.step()
    saved = copy.deepcopy(optimizer.state_dict())
    json.dumps(saved, default=np.ndarray.tolist)  # nothing in it but arrays, numbers, strings, lists and dicts
    twin = gw.tensor(p.numpy())
    other = rule([twin])
    other.load_state_dict(saved)
    for g in gradients[3:]:
        p.grad, twin.grad = g, g
        optimizer.step(), other.step()
    assert p.numpy().tobytes() == twin.numpy().tobytes()
    for name, value in optimizer.state_dict()["state"][0].items():
        np.testing.assert_array_equal(other.state_dict()["state"][0][name], value)


def test_a_state_that_does_not_fit_changes_nothing():
    p, q = gw.tensor(np.ones(3)), gw.tensor(np.ones(4))
    one, other = optim.Adam([p]), optim.Adam([q])
    p.grad = np.ones(3)
    one.step()
    with pytest.raises(StateError, match=r"exp_avg of parameter 0 is \(3,\) instead of \(4,\)"):
        other.load_state_dict(one.state_dict())
    assert other.state_dict()["state"] == [{}]
    with pytest.raises(StateError, match="groups"):
        optim.Adam([p, q]).load_state_dict(one.state_dict())


@pytest.mark.parametrize(
    "make",
    [
        lambda: optim.SGD([]),
        lambda: optim.SGD([np.ones(3)]),
        lambda: optim.SGD([gw.tensor(1.0) * 2]),
        lambda: optim.SGD([gw.tensor([1.0], requires_grad=False)]),
        lambda: optim.SGD([W, W]),
        lambda: optim.SGD([{"params": [W]}, {"params": [W]}]),
        lambda: optim.SGD([{"params": [W], "rate": 0.1}]),
        lambda: optim.SGD([W], lr=-0.1),
        lambda: optim.SGD([W], lr=math.nan),
        lambda: optim.SGD([W], lr="fast"),
        lambda: optim.SGD([W], nesterov=True),
        lambda: optim.SGD([W], momentum=0.9, dampening=0.1, nesterov=True),
        lambda: optim.Adam([W], betas=(1.0, 0.9)),
        lambda: optim.lr_scheduler.StepLR(optim.SGD([W]), 0),
        lambda: optim.lr_scheduler.CosineAnnealingLR(optim.SGD([W]), 2.5),
    ],
)
def test_what_cannot_be_learned_is_named(make):
    with pytest.raises(LayerError):
        make()


W = gw.tensor([1.0])


def test_a_schedule_goes_on_from_where_it_was_saved():
    def made():
        optimizer = optim.SGD([gw.tensor(1.0)], lr=0.1)
        return optimizer, optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=5, eta_min=0.01)

    (one, first), (other, second) = made(), made()
    for _ in range(3):
        first.step()
    other.load_state_dict(one.state_dict())
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    for _ in range(9):
        first.step(), second.step()
        assert first.get_last_lr() == second.get_last_lr()


def test_schedules_follow_their_formulas():
    def rates(name, **settings):
        schedule = getattr(optim.lr_scheduler, name)(optim.SGD([gw.tensor(1.0)], lr=0.1), **settings)
        return [schedule.step() or schedule.get_last_lr()[0] for _ in range(12)]

    np.testing.assert_allclose(rates("StepLR", step_size=4), [0.1 * 0.1 ** (k // 4) for k in range(1, 13)])
    np.testing.assert_allclose(rates("ExponentialLR", gamma=0.95), [0.1 * 0.95**k for k in range(1, 13)])
    cosine = [0.01 + 0.045 * (1 + math.cos(math.pi * k / 5)) for k in range(1, 13)]
    np.testing.assert_allclose(rates("CosineAnnealingLR", T_max=5, eta_min=0.01), cosine, atol=1e-15)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: optim.SGD(nn.Linear(2, 2)), r"given a Linear(.|\n)*optim\.SGD\(model\.parameters\(\)\)"),
        (lambda: optim.SGD(W), "given a Tensor"),
        (lambda: optim.SGD(5), "given a int"),
        (lambda: optim.SGD({"params": [W]}), "given a dict"),
        (lambda: optim.SGD([{"lr": 0.1}]), "a group has no params"),
        (lambda: optim.Adam([W], betas=0.9), "betas=0.9"),
        (lambda: optim.Adam([W], betas=(0.9, 0.99, 0.999)), "two numbers"),
        (lambda: optim.Adam([W], betas=("a", 0.9)), "two numbers"),
        (lambda: optim.SGD([W], lr=True), "lr=True"),
        (lambda: optim.lr_scheduler.StepLR(optim.SGD([W]), True), "step_size=True"),
        (lambda: optim.lr_scheduler.StepLR(optim.SGD([W]), 2, gamma=-1), "gamma=-1"),
        (lambda: optim.lr_scheduler.ExponentialLR(optim.SGD([W]), gamma="x"), "gamma='x'"),
        (lambda: optim.lr_scheduler.CosineAnnealingLR(optim.SGD([W]), 3, eta_min=None), "eta_min=None"),
        (lambda: optim.lr_scheduler.CosineAnnealingLR(None, 3), "optimizer=None"),
    ],
)
def test_a_setting_that_cannot_be_is_named(make, says):
    with pytest.raises(LayerError) as caught:
        make()
    assert re.search(says, "\n".join(line for line in str(caught.value).split("\n") if "  line " not in line))


@pytest.mark.parametrize("lr", [math.nan, -1.0, "x", None])
def test_a_rate_set_by_hand_is_checked_before_the_step(lr):
    p = gw.tensor([1.0, 2.0])
    optimizer = optim.SGD([p], lr=0.1)
    p.grad = np.ones(2)
    optimizer.param_groups[0]["lr"] = lr
    with pytest.raises(LayerError, match="SGD got lr="):
        optimizer.step()
    np.testing.assert_array_equal(p.numpy(), [1, 2])


NAMED = {"SGD": optim.SGD, "RMSprop": optim.RMSprop, "Adagrad": optim.Adagrad, "Adam": optim.Adam, "AdamW": optim.AdamW}


@pytest.mark.parametrize("one", NAMED)
@pytest.mark.parametrize("other", NAMED)
def test_the_state_of_another_rule_is_refused(one, other):
    p = gw.tensor([1.0, 2.0])
    saved, into = NAMED[one]([p], lr=0.1), NAMED[other]([p], lr=0.3)
    p.grad = np.ones(2)
    saved.step()
    before = copy.deepcopy(into.param_groups[0]["lr"])
    if one == other:
        into.load_state_dict(saved.state_dict())
        assert into.param_groups[0]["lr"] == 0.1
        return
    with pytest.raises(StateError, match=f"the state of {one}"):
        into.load_state_dict(saved.state_dict())
    assert into.param_groups[0]["lr"] == before
    assert into.state_dict()["state"] == [{}]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda s: s["param_groups"][0].update(lr=-1.0),
        lambda s: s["param_groups"][0].update(lr="x"),
        lambda s: s["param_groups"][0].update(nesterov=True, dampening=0.5),
        lambda s: s["param_groups"][0].pop("lr"),
        lambda s: s["param_groups"][0].pop("params"),
        lambda s: s.pop("rule") and s["param_groups"][0].pop("dampening"),
        lambda s: s.pop("state"),
        lambda s: s.update(param_groups=3),
        lambda s: s.update(state=[3]),
        lambda s: s.update(state=[]),
        lambda s: s["state"][0].pop("step"),
        lambda s: s["state"][0].update(step=1.5),
        lambda s: s["state"][0].update(momentum_buffer=[1.0, 2.0]),
        lambda s: s["state"][0].update(momentum_buffer=np.array(["a", "b"])),
        lambda s: s["state"][0].update(momentum_buffer=np.ones(2, complex)),
    ],
)
def test_a_damaged_state_changes_nothing(spoil):
    p = gw.tensor([1.0, 2.0])
    optimizer = optim.SGD([p], lr=0.1, momentum=0.9)
    p.grad = np.ones(2)
    optimizer.step()
    saved = optimizer.state_dict()
    damaged = copy.deepcopy(saved)
    spoil(damaged)
    p.grad = np.full(2, 3.0)
    optimizer.step()
    now = copy.deepcopy(optimizer.state_dict())
    with pytest.raises((StateError, LayerError)):
        optimizer.load_state_dict(damaged)
    assert repr(optimizer.state_dict()) == repr(now)
    del saved["rule"]  # as states were saved before they named it
    optimizer.load_state_dict(saved)
    assert optimizer.state_dict()["state"][0]["step"] == 1


def test_the_state_of_another_schedule_is_refused():
    optimizer = optim.SGD([W], lr=0.1)
    cosine = optim.lr_scheduler.CosineAnnealingLR(optimizer, 3)
    step = optim.lr_scheduler.StepLR(optimizer, 3)
    for state in (step.state_dict(), {}, 3, {**cosine.state_dict(), "base_lrs": [0.1, 0.2]}):
        with pytest.raises(StateError, match="CosineAnnealingLR"):
            cosine.load_state_dict(state)
    assert cosine.last_epoch == 0
