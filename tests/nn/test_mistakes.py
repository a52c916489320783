"""What a user gets wrong with layers and losses: nothing is dropped, lost or half loaded without a word."""

from __future__ import annotations

import copy
import re
from collections import OrderedDict

import numpy as np
import pytest

import gatewise as gw
from gatewise import nn, optim
from gatewise._errors import GatewiseError, LayerError, LossError, MethodError, StateError

F = nn.functional

X = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)


def said(error):
    """A message without the user's line, which has the words that the test looks for."""
    return "\n".join(line for line in str(error).split("\n") if not line.startswith("  line "))


# ---------------------------------------------------------------------------------------------------- what is in a net


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: nn.Sequential(nn.Linear(4, 4), F.relu, nn.Linear(4, 3)), "function relu as argument 1"),
        (lambda: nn.Sequential(nn.Linear(4, 4), np.tanh), "function tanh as argument 1"),
        (lambda: nn.Sequential([nn.Linear(4, 4), nn.ReLU()]), r"a list as argument 0(.|\n)*\*modules"),
        (lambda: nn.Sequential(nn.ReLU), r"class ReLU as argument 0(.|\n)*ReLU\("),
        (lambda: nn.Sequential(None), "NoneType"),
        (lambda: nn.Sequential({"a": F.relu}), "the value of 'a'"),
        (lambda: nn.Sequential({"training": nn.ReLU()}), "cannot name"),
        (lambda: nn.Sequential({"append": nn.ReLU()}), "cannot name"),
        (lambda: nn.Sequential({"a.b": nn.ReLU()}), "cannot name"),
        (lambda: nn.Sequential().append(F.relu), "function relu"),
        (lambda: nn.ModuleList([nn.ReLU(), 3]), "int as argument 1"),
        (lambda: nn.ModuleList(nn.ReLU()), "a list of modules"),
    ],
)
def test_what_is_no_module_is_named(make, says):
    with pytest.raises(LayerError) as caught:
        make()
    assert re.search(says, said(caught.value))


def test_names_for_the_modules_of_a_sequential():
    net = nn.Sequential(OrderedDict(first=nn.Linear(4, 5, rng=0), act=nn.Tanh(), last=nn.Linear(5, 3, rng=1)))
    assert [path for path, _ in net.named_parameters()] == ["first.weight", "first.bias", "last.weight", "last.bias"]
    want = net.last(np.tanh(net.first(X)))
    np.testing.assert_array_equal(net(X).numpy(), want.numpy())


def test_more_modules_at_the_end():
    net = nn.Sequential(nn.Linear(4, 4)).append(nn.ReLU()).extend([nn.Linear(4, 3), nn.Tanh()])
    assert [name for name, _ in net.named_children()] == ["0", "1", "2", "3"]
    assert net(X).shape == (6, 3)
    named = nn.Sequential({"1": nn.ReLU()}).append(nn.Tanh())
    assert [name for name, _ in named.named_children()] == ["1", "2"]


def test_parts_of_a_sequential_are_the_same_modules():
    net = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 3)).eval()
    front = net[:2]
    assert type(front) is nn.Sequential
    assert not front.training
    np.testing.assert_array_equal(front(X).numpy(), net[1](net[0](X)).numpy())
    assert list(front.parameters()) == list(net.parameters())[:2]
    assert [p.wire.name for p in net.parameters()] == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert type(nn.ModuleList(net)[1:]) is nn.ModuleList
    net[-1] = nn.Tanh()
    assert [type(module) for module in net] == [nn.Linear, nn.ReLU, nn.Tanh]
    with pytest.raises(StateError):
        net[0] = F.relu


class Hiding(nn.Module):
    def __init__(self, container):
        self.head = nn.Linear(4, 3)
        self.layers = container


@pytest.mark.parametrize(
    "container",
    [
        lambda: [nn.Linear(4, 4)],
        lambda: (nn.Linear(4, 4),),
        lambda: {"a": nn.Linear(4, 4)},
        lambda: {"a": [1, (nn.Linear(4, 4), 2)]},
        lambda: [nn.Parameter(np.ones(3))],
    ],
)
def test_parameters_in_a_list_are_not_lost_without_a_word(container):
    with pytest.raises(LayerError, match=r"Hiding.layers is a (.|\n)*nn\.ModuleList"):
        Hiding(container())


def test_a_list_that_is_filled_later_is_seen_when_parameters_are_asked_for():
    net = Hiding([])
    assert len(list(net.parameters())) == 2
    net.layers.append(nn.Linear(4, 4))
    for ask in (net.parameters, net.state_dict, net.eval):
        with pytest.raises(LayerError, match=r"nn\.ModuleList"):
            list(ask())


def test_a_list_of_attributes_is_harmless():
    net = Hiding([])
    net.order = [net.head, net.head.weight]
    net.names = {"head": net.head}
    assert len(list(net.parameters())) == 2
    assert len(list(copy.deepcopy(net).parameters())) == 2


@pytest.mark.parametrize("new", [np.ones((3, 4)), 0.0, [1.0], gw.tensor(np.ones((3, 4)))])
def test_an_array_does_not_take_the_place_of_a_parameter(new):
    layer = nn.Linear(4, 3)
    with pytest.raises(StateError, match=r"Linear\.weight is a parameter(.|\n)*weight\[\.\.\.\] = new"):
        layer.weight = new
    assert [path for path, _ in layer.named_parameters()] == ["weight", "bias"]
    layer.weight, layer.bias = nn.Parameter(np.ones((3, 4), np.float32)), None
    assert [path for path, _ in layer.named_parameters()] == ["weight"]
    assert layer(X).shape == (6, 3)


def test_a_function_does_not_take_the_place_of_a_module():
    net = nn.Sequential(nn.Linear(4, 3))
    net.head = nn.Linear(3, 3)
    with pytest.raises(StateError, match=r"Sequential\.head is a module"):
        net.head = F.relu
    net.head = nn.ReLU()


@pytest.mark.parametrize("name", ["to", "cpu", "cuda", "float", "double", "half", "register_forward_hook"])
def test_names_from_elsewhere_say_what_to_write(name):
    with pytest.raises(MethodError, match=rf"Linear\.{name} does not exist(.|\n)*instead:"):
        getattr(nn.Linear(2, 2), name)
    assert not hasattr(nn.Linear(2, 2), name)


def test_other_everyday_idioms():
    net = nn.Linear(4, 3)
    net.register_parameter("scale", nn.Parameter(np.ones(3)))
    net.add_module("act", nn.ReLU())
    assert [path for path, _ in net.named_parameters()] == ["weight", "bias", "scale"]
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    for forget in (net.zero_grad, optimizer.zero_grad):
        net(X).sum().backward()
        forget(set_to_none=False)
        assert not net.weight.grad.any()
        assert net.weight.grad.dtype == np.float32
        assert net.scale.grad is None
        forget(set_to_none=True)
        assert net.weight.grad is None
    with pytest.raises(LayerError, match="ceil_mode"):
        nn.MaxPool2d(2, ceil_mode=True)


# --------------------------------------------------------------------------------------------------------------- states


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (np.full(3, "a"), "not of real numbers"),
        (np.ones(3, complex), "not of real numbers"),
        (np.array([None] * 3), "not of real numbers"),
        ([[1.0], [1.0, 2.0], [3.0]], "no array"),
        (np.full(3, 1e300), "too large for float32"),
        ("abc", "not of real numbers"),
    ],
)
def test_a_state_of_other_kinds_changes_nothing(wrong, says):
    layer = nn.Linear(4, 3)
    before = layer.state_dict()
    with pytest.raises(StateError, match=f"bias .*{says}"):
        layer.load_state_dict({"weight": np.zeros((3, 4)), "bias": wrong})
    for path, array in layer.state_dict().items():
        np.testing.assert_array_equal(array, before[path])


def test_a_state_of_lists_tensors_and_other_dtypes_is_taken():
    layer = nn.Linear(2, 1)
    layer.load_state_dict({"weight": [[1, 2]], "bias": nn.Parameter(np.array([0.5]))})
    np.testing.assert_array_equal(layer.weight.numpy(), [[1, 2]])
    assert layer.bias.dtype == np.float32
    norm = nn.BatchNorm1d(2)
    norm.load_state_dict({**norm.state_dict(), "num_batches_tracked": np.array(4.0)})
    assert norm.num_batches_tracked == 4
    with pytest.raises(StateError, match="num_batches_tracked is not whole"):
        norm.load_state_dict({**norm.state_dict(), "num_batches_tracked": 4.5})
    with pytest.raises(StateError, match="no dict"):
        norm.load_state_dict([1, 2])


def test_a_buffer_is_registered_once():
    module = nn.Module()
    for value in ([1.0], [2.0]):
        module.register_buffer("total", value)
    assert [(name, each.tolist()) for name, each in module.named_buffers()] == [("total", [2.0])]
    module.register_buffer("total", None)
    assert module.total is None
    assert module.state_dict() == {}


# --------------------------------------------------------------------------------------------------- values and dtypes


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, bool, np.float32])
def test_padding_never_wins_in_pooling(dtype):
    x = -np.ones((1, 1, 2, 2)) if np.dtype(dtype).kind in "if" else np.zeros((1, 1, 2, 2))
    out = nn.MaxPool2d(3, 1, 1)(x.astype(dtype))
    assert out.dtype == dtype
    np.testing.assert_array_equal(out, x)


@pytest.mark.parametrize(
    "settings", [{"kernel_size": 0}, {"kernel_size": 2, "stride": 0}, {"kernel_size": 2, "padding": 2}]
)
def test_a_pool_of_no_size_is_named(settings):
    with pytest.raises(LayerError, match="MaxPool2d got"):
        nn.MaxPool2d(**settings)


def test_an_empty_batch_goes_through():
    net = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16, 2))
    out = net(np.ones((0, 3, 4, 4), np.float32))
    assert out.shape == (0, 2)
    out.sum().backward()
    assert net[0].weight.grad is None or not net[0].weight.grad.any()


def data_into(layer, x):
    out = layer(x)
    np.sum(out).backward()
    return out.dtype, [p.grad.dtype for p in layer.parameters()]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("given", [np.float64, np.float32, np.float16, np.uint8, np.int64, bool, list])
def test_a_net_computes_in_the_dtype_of_its_parameters(dtype, given):
    def data(*shape):
        x = np.arange(np.prod(shape)).reshape(shape) % 2
        return x.tolist() if given is list else x.astype(given)

    for layer, x in [
        (nn.Linear(3, 2, dtype=dtype), data(4, 3)),
        (nn.Conv2d(1, 2, 2, dtype=dtype), data(2, 1, 3, 3)),
        (nn.BatchNorm1d(3, dtype=dtype), data(4, 3)),
    ]:
        assert data_into(layer, x) == (dtype, [dtype, dtype])
        if given is not list:
            assert data_into(layer, gw.tensor(x, requires_grad=False)) == (dtype, [dtype, dtype])
    norm = nn.BatchNorm1d(3, affine=False, dtype=dtype).eval()
    assert norm(data(4, 3)).dtype == dtype


def test_a_derivative_by_the_input_keeps_its_dtype():
    layer = nn.Linear(4, 3)
    assert gw.grad(lambda x: layer(x).sum())(X.astype(np.float64)).dtype == np.float64


def test_dropout_of_whole_numbers_and_lists():
    for x in (np.ones(6, int), [1, 1, 1, 1, 1, 1], gw.tensor(np.ones(6, int), requires_grad=False)):
        out = nn.Dropout(0.5, rng=0)(x)
        np.testing.assert_array_equal(np.asarray(out), [2, 2, 2, 0, 0, 0])
    for p in ("x", None, True + 1, np.ones(2), float("nan")):
        with pytest.raises(LayerError, match="Dropout"):
            nn.Dropout(p)


def test_flattening_what_has_too_few_axes():
    assert F.flatten(3.0).shape == (1,)
    for call in (lambda: nn.Flatten()(3.0), lambda: nn.Flatten()(np.ones(3)), lambda: F.flatten(np.ones((2, 2)), 1, 0)):
        with pytest.raises(LayerError, match="flatten cannot join"):
            call()


# --------------------------------------------------------------------------------------------------------------- losses


def test_losses_take_lists_and_whole_numbers():
    assert F.mse_loss([1.0, 2.0], [3, 2]) == 2
    assert F.mse_loss(np.array([1], np.uint8), np.array([3], np.uint8)) == 4
    assert F.hinge_loss([[1, 2], [3, 0]], [0, 1]) == F.hinge_loss(np.array([[1.0, 2], [3, 0]]), np.array([0, 1])) == 3
    assert F.multi_margin_loss([[1.0, 2.0]], [0]) == 1
    bce = F.binary_cross_entropy_with_logits
    assert bce([0, 0], [True, False]) == bce([0.0, 0.0], [1, 0]) == pytest.approx(np.log(2))
    assert F.mse_loss(gw.tensor(X), np.ones(X.shape, int)).dtype == np.float32


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: nn.MSELoss(np.ones(3)),
        lambda: nn.CrossEntropyLoss("sum"),
        lambda: nn.CrossEntropyLoss(label_smoothing=2),
        lambda: nn.CrossEntropyLoss([1.0, -1.0]),
        lambda: nn.CrossEntropyLoss(np.ones(3))(np.zeros((2, 4)), np.array([0, 1])),
        lambda: F.cross_entropy(np.zeros((2, 4)), np.array([0, 1]), np.ones(4)),
        lambda: F.cross_entropy(np.zeros((2, 4)), np.array([0, 1]), label_smoothing="a"),
        lambda: F.binary_cross_entropy_with_logits(np.zeros(2), np.array([0.0, 5.0])),
        lambda: F.binary_cross_entropy_with_logits(np.zeros(2), np.array([0.0, np.nan])),
    ],
)
def test_what_no_loss_can_be_of_is_named(wrong):
    with pytest.raises(LossError):
        wrong()


def test_weights_and_smoothing_of_cross_entropy_by_hand():
    scores, y, weight = np.array([[1.0, 2.0, 0.0], [0.5, 0.0, 3.0]]), np.array([1, 0]), np.array([2.0, 1.0, 4.0])
    minus_log = -np.log(np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True))
    right = minus_log[[0, 1], y]
    assert F.cross_entropy(scores, y, weight=weight) == pytest.approx((right * weight[y]).sum() / 3)
    assert F.cross_entropy(scores, y, "sum", weight=weight) == pytest.approx((right * weight[y]).sum())
    want = 0.9 * right + 0.1 * minus_log.mean(axis=1)
    np.testing.assert_allclose(F.cross_entropy(scores, y, "none", label_smoothing=0.1), want)
    np.testing.assert_allclose(F.cross_entropy(scores, y, label_smoothing=0.1), want.mean())
    want = 0.9 * right * weight[y] + 0.1 * (minus_log * weight).mean(axis=1)
    loss = nn.CrossEntropyLoss(weight, label_smoothing=0.1)
    assert loss(scores, y) == pytest.approx(want.sum() / 3)
    assert F.cross_entropy(scores.astype(int), y, weight=[0.5, 0.5, 0.5]) == pytest.approx(
        F.cross_entropy(np.trunc(scores), y)
    )


def test_every_message_has_a_cure():
    with pytest.raises(GatewiseError) as caught:
        nn.Sequential(F.relu)
    assert caught.value.cure
