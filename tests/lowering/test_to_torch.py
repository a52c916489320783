"""Circuits as modules of PyTorch's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gatewise as gw
from gatewise._lowering import LoweringError
from lowering.engines import INSTALLED
from lowering.test_batches import FUNCTIONS, P, batch_of, softmax_by_hand

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


@pytest.fixture(scope="module")
def torch() -> Any:
    found = pytest.importorskip("torch")
    found.set_num_threads(1)
    return found


def as_tensors(torch: Any, *arrays: Any) -> list[Any]:
    return [torch.as_tensor(x) for x in arrays]


def test_it_is_a_module_with_parameters_for_any_batch(torch: Any) -> None:
    c = gw.circuit(softmax_by_hand, P, *batch_of(6), wrt="P")
    net = c.to_torch(batch=("X", "y"), parameters="P")
    assert {name: tuple(p.shape) for name, p in net.named_parameters()} == {"W": (5, 4), "b": (4,)}
    for n in (1, 7, 40):
        X, y = batch_of(n)
        want = gw.circuit(softmax_by_hand, P, X, y, wrt="P")
        net.zero_grad()
        value = net(*as_tensors(torch, X, y))
        (3 * value).backward()
        assert float(value.detach()) == pytest.approx(want.value, rel=1e-12)
        np.testing.assert_allclose(net.W.grad, 3 * want.gradients["W"], rtol=1e-11)
        np.testing.assert_allclose(net.b.grad, 3 * want.gradients["b"], rtol=1e-11, atol=1e-14)


def test_a_step_of_an_optimiser_lowers_the_loss(torch: Any) -> None:
    X, y = batch_of(20)
    net = gw.circuit(softmax_by_hand, P, X, y, wrt="P").to_torch(parameters=["P"])
    steps = torch.optim.SGD(net.parameters(), lr=0.1)
    losses = []
    for _ in range(20):
        steps.zero_grad()
        loss = net(*as_tensors(torch, X, y))
        loss.backward()
        steps.step()
        losses.append(float(loss.detach()))
    assert losses == sorted(losses, reverse=True)


def test_an_output_of_several_numbers_takes_what_comes_back(torch: Any) -> None:
    x = np.array([0.5, -1.0, 2.0])
    net = gw.circuit(lambda x: np.maximum(x, 0) * np.exp(x), x, upstream="ones").to_torch()
    given = torch.tensor(x, requires_grad=True)
    g = torch.tensor([1.0, 2.0, -3.0], dtype=torch.float64)
    net(given).backward(g)
    want = gw.circuit(lambda x: np.maximum(x, 0) * np.exp(x), x, upstream=g.numpy())
    np.testing.assert_allclose(given.grad, want.gradients["x"], rtol=1e-12)


def test_kinks_are_gatewises_and_not_torchs(torch: Any) -> None:
    x = torch.tensor([3.0, 3.0], dtype=torch.float64, requires_grad=True)
    gw.circuit(lambda x: np.maximum(x[0], x[1]) + np.hypot(x[0] - 3, x[1] - 3), x.detach().numpy()).to_torch()(
        x
    ).backward()
    assert x.grad.tolist() == [0.5, 0.5]


@pytest.mark.parametrize("name", ["cross entropy", "the course's hinge", "normalised", "N by N"])
def test_losses_of_a_batch(name: str, torch: Any) -> None:
    net = gw.circuit(FUNCTIONS[name], P, *batch_of(6), wrt="P").to_torch(batch=("X", "y"), parameters="P")
    X, y = batch_of(12)
    want = gw.circuit(FUNCTIONS[name], P, X, y, wrt="P")
    value = net(*as_tensors(torch, X, y))
    value.backward()
    assert float(value.detach()) == pytest.approx(want.value, rel=1e-11)
    np.testing.assert_allclose(net.W.grad, want.gradients["W"], rtol=1e-10)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_inside_what_torch_compiles_it_runs_as_it_is(torch: Any) -> None:
    net = gw.circuit(softmax_by_hand, P, *batch_of(6), wrt="P").to_torch(batch=("X", "y"), parameters="P")
    X, y = as_tensors(torch, *batch_of(7))
    compiled = torch.compile(lambda X, y: 2 * net(torch.tanh(X), y), backend="eager")
    value = compiled(X, y)
    value.backward()
    want = gw.circuit(softmax_by_hand, P, np.tanh(X.numpy()), y.numpy(), wrt="P")
    assert float(value.detach()) == pytest.approx(2 * want.value, rel=1e-12)
    np.testing.assert_allclose(net.W.grad, 2 * want.gradients["W"], rtol=1e-11)


def test_what_is_refused(torch: Any) -> None:
    net = gw.circuit(softmax_by_hand, P, *batch_of(6), wrt="P").to_torch(parameters="P")
    X, y = as_tensors(torch, *batch_of(5))
    with pytest.raises(LoweringError, match=r"X has the shape \(5, 5\); the circuit was recorded with \(6, 5\)"):
        net(X, y)
    with pytest.raises(LoweringError, match="Q is no input of"):
        gw.circuit(softmax_by_hand, P, *batch_of(6), wrt="P").to_torch(parameters="Q")
    short = gw.circuit(lambda x: np.sum(x * x), np.ones(3, np.float32)).to_torch()
    with pytest.raises(LoweringError, match=r"x is torch\.float64; the circuit was recorded with float32"):
        short(torch.ones(3, dtype=torch.float64))


@pytest.mark.skipif("torch" in INSTALLED, reason="PyTorch is there")
def test_a_missing_torch_is_answered_with_its_pip_line() -> None:
    with pytest.raises(LoweringError, match=r"pip install 'gatewise\[torch\]'"):
        gw.circuit("x * y", x=2.0, y=3.0).to_torch()
