"""Ten steps of every update rule, and every schedule, beside PyTorch's where it is installed."""

from __future__ import annotations

import numpy as np
import pytest

import gatewise as gw
from gatewise import optim

RULES = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.5}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.1}),
    ("RMSprop", {}),
    ("RMSprop", {"lr": 0.05, "alpha": 0.9, "eps": 1e-3, "weight_decay": 0.1}),
    ("RMSprop", {"momentum": 0.8}),
    ("RMSprop", {"centered": True, "momentum": 0.8, "weight_decay": 0.1}),
    ("Adagrad", {}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.2, "weight_decay": 0.1, "initial_accumulator_value": 0.3, "eps": 1e-4}),
    ("Adam", {}),
    ("Adam", {"lr": 0.05, "betas": (0.7, 0.9), "eps": 1e-3, "weight_decay": 0.1}),
    ("Adam", {"amsgrad": True, "lr": 0.1}),
    ("AdamW", {}),
    ("AdamW", {"lr": 0.05, "weight_decay": 0.3, "amsgrad": True}),
]
SIZES = [(3, 4), (4,), (200, 101)]  # the last one takes two pieces


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'gatewise[peers]'")


@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
@pytest.mark.parametrize(("rule", "settings"), RULES, ids=lambda x: str(x))
def test_ten_steps_are_pytorchs(rule, settings, dtype, torch):
    rng = np.random.default_rng(2)
    starts = [rng.normal(size=size).astype(dtype) for size in SIZES]
    ours, theirs = [gw.tensor(a) for a in starts], [torch.tensor(a, requires_grad=True) for a in starts]
    optimizer, other = getattr(optim, rule)(ours, **settings), getattr(torch.optim, rule)(theirs, **settings)
    for _ in range(10):
        weights = [rng.normal(size=size).astype(dtype) for size in SIZES]
        optimizer.zero_grad()
        sum(np.sum(np.sin(p) * w) for p, w in zip(ours, weights, strict=True)).backward()
        for p, q in zip(ours, theirs, strict=True):
            q.grad = torch.tensor(p.grad)  # the rule is compared, not two libraries' last bit of a cosine
        optimizer.step(), other.step()
        for p, q in zip(ours, theirs, strict=True):
            assert p.dtype == dtype
            limit = 1e-13 if dtype == np.float64 else 3e-6
            np.testing.assert_allclose(p.numpy(), q.detach().numpy(), rtol=0, atol=limit)


@pytest.mark.parametrize("rule", ["SGD", "RMSprop", "Adagrad", "Adam", "AdamW"])
def test_defaults_are_pytorchs(rule, torch):
    ours = getattr(optim, rule)([gw.tensor([1.0])]).param_groups[0]
    theirs = getattr(torch.optim, rule)([torch.tensor([1.0], requires_grad=True)]).param_groups[0]
    for name, value in ours.items():
        if name != "params":
            assert value == theirs[name], name


SCHEDULES = [
    ("StepLR", {"step_size": 3}),
    ("StepLR", {"step_size": 2, "gamma": 0.5}),
    ("ExponentialLR", {"gamma": 0.95}),
    ("CosineAnnealingLR", {"T_max": 7}),
    ("CosineAnnealingLR", {"T_max": 4, "eta_min": 0.01}),
]


@pytest.mark.parametrize(("schedule", "settings"), SCHEDULES, ids=lambda x: str(x))
def test_schedules_are_pytorchs(schedule, settings, torch):
    ours = optim.SGD([{"params": [gw.tensor(1.0)]}, {"params": [gw.tensor(2.0)], "lr": 0.5}], lr=0.1)
    first, second = (torch.tensor(1.0, requires_grad=True) for _ in range(2))
    theirs = torch.optim.SGD([{"params": [first]}, {"params": [second], "lr": 0.5}], lr=0.1)
    have = getattr(optim.lr_scheduler, schedule)(ours, **settings)
    want = getattr(torch.optim.lr_scheduler, schedule)(theirs, **settings)
    for _ in range(20):
        theirs.step()
        have.step(), want.step()
        np.testing.assert_allclose(have.get_last_lr(), want.get_last_lr(), rtol=0, atol=1e-15)
        assert [g["lr"] for g in ours.param_groups] == have.get_last_lr()
