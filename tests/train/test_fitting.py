"""Fitting: it learns, repeats itself, keeps its best, and goes on from any step as if it had never stopped."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from gatewise import nn, optim
from gatewise._errors import CheckpointError, DataError, DivergedError, TrainingError
from gatewise.nn import functional
from gatewise.train import Epoch, Fitted, Trainer, accuracy, checkpoints, fit
from gatewise.train.held import Held
from gatewise.train.interrupts import interrupts_held
from gatewise.train.recipes import Recipe, images_of, network, prepared, with_draws
from gatewise.train.search import Search
from train.nets import blobs, digits, mlp

ROOT = Path(__file__).resolve().parent.parent.parent


def flipped_at_random(X, rng):
    return np.where(rng.random((len(X), 1)) < 0.5, X, -X)


def whole_trainer(path=None, seed=0, **options):
    """A run that has everything which could be lost: dropout, batch norm, momentum, a schedule, changes of batches."""
    X, y = blobs(120, seed=1)
    rng = np.random.default_rng(seed)
    model = nn.Sequential(
        nn.Linear(12, 16, rng=rng), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3, rng=rng), nn.Linear(16, 4, rng=rng)
    )
    optimizer = optim.Adam(model.parameters(), lr=5e-3, weight_decay=1e-4)
    scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=7)
    settings = {"epochs": 7, "batch_size": 17, "reg": 1e-4, "change": flipped_at_random} | options
    return Trainer(
        model, X[:100], y[:100], X[100:], y[100:], optimizer=optimizer, scheduler=scheduler, checkpoint=path,
        rng=seed, **settings,
    )  # fmt: skip


def digest(trainer):
    """The SHA-256 of weights, optimiser, schedule, generators, batches, log: of all that a checkpoint holds."""
    found = hashlib.sha256()

    def add(value):
        if isinstance(value, dict):
            for key in value:
                add(str(key))
                add(value[key])
        elif isinstance(value, (list, tuple)):
            for each in value:
                add(each)
        elif isinstance(value, np.ndarray):
            found.update(f"{value.dtype}{value.shape}".encode() + value.tobytes())
        else:
            found.update(f"{type(value).__name__} {value!r};".encode())

    add(trainer.state())
    return found.hexdigest()


EPOCHS = 7
STEPS = EPOCHS * 6  # six batches each
POINTS = sorted(np.random.default_rng(1).choice(np.arange(1, STEPS + 1), 40, replace=False).tolist())
WHOLE = whole_trainer()
WHOLE.run()
UNINTERRUPTED = digest(WHOLE)


class StoppedError(Exception):
    pass


def stopped_after(step, path):
    """A run that is stopped, as by a signal, after one of its steps."""
    trainer = whole_trainer(path)
    taken = trainer.step

    def one(X, y):
        loss = taken(X, y)
        if len(trainer.history.losses) == step:
            trainer.save()
            raise StoppedError
        return loss

    trainer.step = one
    with pytest.raises(StoppedError):
        trainer.run()


@pytest.mark.parametrize("step", POINTS)
def test_a_run_that_goes_on_ends_where_the_uninterrupted_one_does(step, tmp_path):
    path = tmp_path / "run.checkpoint"
    stopped_after(step, path)
    again = whole_trainer(path, seed=99)  # whatever it begins with is replaced
    again.restore(checkpoints.load(path))
    again.run()
    assert digest(again) == UNINTERRUPTED


@pytest.mark.parametrize("steps", [(2, 9, 11), (6, 12, 29), (1, 2, 3), (5, 17, 30)])
def test_a_run_that_is_stopped_again_and_again_too(steps, tmp_path):
    path = tmp_path / "run.checkpoint"
    stopped_after(steps[0], path)
    for step in steps[1:]:
        trainer = whole_trainer(path, seed=7)
        trainer.restore(checkpoints.load(path))
        for _ in trainer_steps(trainer, step):
            pass
        trainer.save()
    last = whole_trainer(path)
    last.restore(checkpoints.load(path))
    last.run()
    assert digest(last) == UNINTERRUPTED


def trainer_steps(trainer, until):
    while len(trainer.history.losses) < until:
        for X, y in trainer.batches:
            yield trainer.step(X, y)
            if len(trainer.history.losses) == until:
                return
        trainer.end_epoch()


def test_the_same_seed_gives_the_same_run_and_another_another():
    assert digest_of_run(0) == UNINTERRUPTED != digest_of_run(1)


def digest_of_run(seed):
    trainer = whole_trainer(seed=seed)
    trainer.run()
    return digest(trainer)


def test_fit_goes_on_from_its_checkpoint(tmp_path):
    X, y = digits(300)

    def run(epochs, **options):
        model = mlp(64, 20, 10)
        optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        return fit(model, X, y, X, y, optimizer=optimizer, epochs=epochs, batch_size=50, **options)

    whole = run(4)
    path = tmp_path / "fit.checkpoint"
    run(2, checkpoint=path)
    said = []
    again = run(4, checkpoint=path, resume=True, say=said.append)
    assert again.history == whole.history
    assert [epoch.number for epoch in said if isinstance(epoch, Epoch)] == [3, 4]
    for name, value in whole.model.state_dict().items():
        assert np.array_equal(value, again.model.state_dict()[name])


def test_it_learns_and_hands_out_the_best_epoch():
    X, y = digits()
    model = mlp(64, 30, 10)
    fitted = fit(
        model, X[:600], y[:600], X[600:], y[600:], optimizer=optim.SGD(model.parameters(), lr=0.3), epochs=15,
        batch_size=50,
    )  # fmt: skip
    assert isinstance(fitted, Fitted)
    assert fitted.best.validation_accuracy == max(fitted.history.series("validation_accuracy")) > 0.85
    assert accuracy(model, X[600:], y[600:]) == pytest.approx(fitted.best.validation_accuracy)
    assert len(fitted.history.losses) == 15 * 12
    assert json.loads(fitted.history.to_json())["losses"] == fitted.history.losses


def test_it_stops_early():
    X, y = blobs()
    model = mlp(12, 4)
    fitted = fit(model, X, y, X, y, optimizer=optim.SGD(model.parameters(), lr=0.0), epochs=50, patience=3)
    assert fitted.stopped_early
    assert len(fitted.history.epochs) == 4
    assert fitted.best.number == 1


def test_without_validation_images_the_training_accuracy_decides():
    X, y = blobs()
    model = mlp(12, 4)
    fitted = fit(model, X, y, optimizer=optim.SGD(model.parameters(), lr=0.1), epochs=3)
    assert fitted.best.validation_accuracy is None
    assert fitted.best.score == max(fitted.history.series("train_accuracy"))


def test_regularisation_is_in_the_loss_and_in_the_weights():
    X, y = blobs()
    sizes = {}
    for reg in (0.0, 0.1):
        model = mlp(12, 4)
        fitted = fit(model, X, y, optimizer=optim.SGD(model.parameters(), lr=0.1), epochs=10, reg=reg, batch_size=50)
        sizes[reg] = fitted.history.losses[0], float(np.sum(model[1].weight.numpy() ** 2))
    assert sizes[0.1][0] > sizes[0.0][0]
    assert sizes[0.1][1] < 0.8 * sizes[0.0][1]


def test_a_step_is_the_one_that_is_written_by_hand():
    X, y = blobs(50)
    one, other = mlp(12, 4), mlp(12, 4)
    trainer = Trainer(one, X, y, optimizer=optim.SGD(one.parameters(), lr=0.1), batch_size=50, reg=0.01)
    loss = trainer.step(X, y)
    scores = X @ other[1].weight.numpy().T + other[1].bias.numpy()
    shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    W = other[1].weight.numpy()
    expected = -np.log(shares[np.arange(50), y]).mean() + 0.01 * np.sum(W * W)
    assert loss == pytest.approx(expected, rel=1e-5)
    shares[np.arange(50), y] -= 1
    np.testing.assert_allclose(one[1].weight.numpy(), W - 0.1 * (shares.T @ X / 50 + 0.02 * W), rtol=1e-4, atol=1e-6)


# ------------------------------------------------------------------------------------------------------ going wrong


def test_a_loss_that_is_no_number_stops_the_run_and_changes_nothing(tmp_path):
    X, y = blobs()
    path = tmp_path / "run.checkpoint"
    model = mlp(12, 20, 4)
    trainer = Trainer(model, X, y, optimizer=optim.SGD(model.parameters(), lr=0.1), epochs=2, checkpoint=path)
    trainer.run()
    saved = path.read_bytes()
    nn.init.constant_(model[3].bias, np.inf)
    before = model.state_dict()
    with pytest.raises(DivergedError, match=r"3\.bias"):
        trainer.step(X, y)
    assert all(np.array_equal(before[name], value) for name, value in model.state_dict().items())
    assert path.read_bytes() == saved


def test_a_rate_far_too_high_ends_in_a_named_error():
    X, y = digits()
    model = mlp(64, 30, 10)
    with pytest.raises(DivergedError, match="not finite") as caught:
        fit(model, 1e4 * X, y, optimizer=optim.SGD(model.parameters(), lr=1e20), epochs=5)
    assert all(np.isfinite(value).all() for value in model.state_dict().values())
    assert "lower" in caught.value.cure


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"epochs": 0}, TrainingError), ({"batch_size": 0}, TrainingError), ({"reg": -1.0}, TrainingError),
        ({"reg": float("nan")}, TrainingError), ({"patience": 0}, TrainingError), ({"resume": True}, TrainingError),
    ],
)  # fmt: skip
def test_settings_that_make_no_run_are_refused(change, error):
    X, y = blobs()
    model = mlp(12, 4)
    with pytest.raises(error):
        fit(model, X, y, optimizer=optim.SGD(model.parameters(), lr=0.1), **change)


@pytest.mark.parametrize("spoil", [lambda X, y: (X[:5], y), lambda X, y: (X, y + 1), lambda X, y: (X * np.nan, y),
                                   lambda X, y: (X, y - 1), lambda X, y: (X, y.astype(float))])  # fmt: skip
def test_data_that_cannot_be_learned_are_named_before_the_first_step(spoil):
    X, y = blobs()
    model = mlp(12, 4)
    before = model.state_dict()
    with pytest.raises(DataError):
        fit(model, *spoil(X, y), optimizer=optim.SGD(model.parameters(), lr=0.1))
    assert all(np.array_equal(before[name], value) for name, value in model.state_dict().items())


def test_a_run_does_not_go_on_with_other_data_or_another_model(tmp_path):
    path = tmp_path / "run.checkpoint"
    trainer = whole_trainer(path)
    trainer.save()
    state = checkpoints.load(path)
    X, y = blobs(100, seed=5)
    model = mlp(12, 4)
    with pytest.raises(TrainingError, match="data"):
        Trainer(model, X, y, optimizer=optim.SGD(model.parameters(), lr=0.1)).restore(state)
    same_X, same_y = blobs(120, seed=1)
    with pytest.raises(TrainingError, match="model"):
        Trainer(model, same_X[:100], same_y[:100], optimizer=optim.SGD(model.parameters(), lr=0.1)).restore(state)
    with pytest.raises(CheckpointError, match="it has no data"):
        trainer.restore({"weights": 3})


def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(tmp_path):
    X, y = blobs()
    path = tmp_path / "run.checkpoint"
    model = mlp(12, 4)
    make = lambda: optim.SGD(model.parameters(), lr=0.1)  # noqa: E731
    fit(model, X, y, optimizer=make(), epochs=3, checkpoint=path)
    path.write_bytes(path.read_bytes()[:-1])
    said = []
    fit(model, X, y, optimizer=make(), epochs=3, checkpoint=path, resume=True, say=said.append)
    assert [epoch.number for epoch in said] == [3]
    checkpoints.previous_of(path).write_bytes(b"")
    path.write_bytes(b"")
    with pytest.raises(CheckpointError):
        fit(model, X, y, optimizer=make(), epochs=3, checkpoint=path, resume=True)


def fitted_from(path, model=None, make=None, **changed):
    """Go on with the run of `test_other_settings_are_named`, with something else than before."""
    X, y = blobs()
    model = model or mlp(12, 20, 4)
    optimizer = (make or (lambda model: optim.SGD(model.parameters(), lr=0.1, momentum=0.9)))(model)
    settings = {"epochs": 2, "batch_size": 50, "reg": 1e-3} | changed
    if "scheduler" in settings:
        settings["scheduler"] = settings["scheduler"](optimizer)
    return fit(model, X, y, optimizer=optimizer, checkpoint=path, **settings), optimizer


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"batch_size": 20}, "batch_size was 50 and is 20"), ({"reg": 0.5}, "reg was 0.001 and is 0.5"),
        ({"loss": functional.hinge_loss}, "loss was cross_entropy and is hinge_loss"),
        ({"make": lambda m: optim.Adam(m.parameters())}, "optimizer was SGD and is Adam"),
        ({"make": lambda m: optim.SGD(m.parameters(), lr=0.01, momentum=0.9)}, "lr was 0.1 and is 0.01"),
        ({"make": lambda m: optim.SGD(m.parameters(), lr=0.1)}, "momentum was 0.9 and is 0"),
        ({"scheduler": lambda o: optim.lr_scheduler.StepLR(o, 1)}, "scheduler was none and is StepLR"),
        ({"change": flipped_at_random}, "change was none and is flipped_at_random"),
        ({"model": mlp(12, 20, 4, between=nn.Tanh)}, r"2 was ReLU\(\) and is Tanh\(\)"),
    ],
)  # fmt: skip
def test_other_settings_are_named(change, said, tmp_path):
    path = tmp_path / "run.checkpoint"
    fitted_from(path)
    with pytest.raises(TrainingError, match=said):
        fitted_from(path, resume=True, epochs=3, **change)
    assert len(fitted_from(path, resume=True, epochs=3)[0].history.epochs) == 3


def test_an_optimizer_that_a_schedule_has_moved_goes_on(tmp_path):
    """As in a notebook, whose cell with fit() is run again with more epochs."""
    X, y = blobs()
    model = mlp(12, 4)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scheduler = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    for epochs in (2, 4):
        fitted = fit(model, X, y, optimizer=optimizer, scheduler=scheduler, epochs=epochs, resume=True,
                     checkpoint=tmp_path / "run.checkpoint")  # fmt: skip
    assert [epoch.rate for epoch in fitted.history.epochs] == [0.1, 0.05, 0.025, 0.0125]


def test_an_optimizer_of_another_net_is_refused():
    X, y = blobs()
    with pytest.raises(TrainingError, match="none of the model's parameters"):
        fit(mlp(12, 4), X, y, optimizer=optim.SGD(mlp(12, 4).parameters(), lr=0.1))


WRONG = [None, [1], {}, "x", 3, np.ones(3), float("nan")]
FREE = {
    ("configuration", "{}"),
    ("best", "{}"),
    ("data", "'x'"),
    ("model", "{}"),
}  # of the right kind; what they say is looked at later


@pytest.mark.parametrize("part", whole_trainer().state())
def test_a_part_of_a_wrong_kind_is_named_with_its_file(part, tmp_path):
    path = tmp_path / "run.checkpoint"
    whole_trainer(path, epochs=1).run()
    for wrong in WRONG:
        if (part, repr(wrong)) in FREE or part == "configuration":
            continue
        state = checkpoints.load(path) | {part: wrong}
        with pytest.raises(
            TrainingError if (part, wrong.__class__) == ("settings", dict) else CheckpointError
        ) as caught:
            whole_trainer().restore(state, path)
        if caught.type is CheckpointError:
            assert part in str(caught.value)
            assert "run.checkpoint" in str(caught.value)


def spoiled(state, place, value):
    *way, last = place
    for name in way:
        state = state[name]
    state[last] = value


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("history", "losses"), 5), (("history", "epochs", 0, "number"), 2), (("history", "epochs", 0, "loss"), "x"),
        (("batches", "position"), "x"), (("batches", "epoch"), "x"), (("batches", "epoch"), 1.0),
        (("batches", "order"), np.zeros((2, 2))), (("batches", "rng"), {"bit_generator": "PCG64"}),
        (("optimizer", "param_groups", 0, "lr"), "x"), (("optimizer", "param_groups", 0, "lr"), -1.0),
        (("optimizer", "state", 0, "step"), "x"), (("optimizer", "state", 0, "exp_avg"), "x"),
        (("optimizer", "state"), "abcd"), (("model", "0.weight"), np.ones((16, 12)) * 1j), (("best", "0.weight"), "x"),
        (("generators",), {"3": "x"}), (("signs", "steps"), -1), (("signs", "streaks"), [["a", 1, 2]]),
        (("signs", "past"), {"a": ["x"]}), (("totals",), np.array([5.0, 1.0, 1.0])),
    ],
)  # fmt: skip
def test_a_field_of_a_wrong_kind_is_named(place, value, tmp_path):
    path = tmp_path / "run.checkpoint"
    whole_trainer(path, epochs=1).run()
    state = checkpoints.load(path)
    spoiled(state, place, value)
    with pytest.raises(CheckpointError, match=place[0]):
        whole_trainer().restore(state, path)


# ----------------------------------------------------------------------------------------------------------- signals


def interrupting(trainer):
    """A trainer's step, in the eighth of which an interrupt comes."""
    taken = trainer.step

    def one(X, y):
        loss = taken(X, y)
        if len(trainer.history.losses) == 8:
            os.kill(os.getpid(), signal.SIGINT)
        return loss

    return one


def test_interrupts_wait_until_a_file_is_written(tmp_path, monkeypatch):
    """The first comes in a step, the second while the checkpoint is written: it is written, and said to be."""
    path = tmp_path / "run.checkpoint"
    trainer = whole_trainer(path)
    write = checkpoints.write_whole

    def interrupted(*arguments, **options):
        if len(trainer.history.losses) == 8:
            os.kill(os.getpid(), signal.SIGINT)
        write(*arguments, **options)

    trainer.step = interrupting(trainer)
    monkeypatch.setattr(checkpoints, "write_whole", interrupted)
    with pytest.raises(KeyboardInterrupt):
        trainer.run()
    assert trainer.saved == 8 == len(checkpoints.load(path)["history"]["losses"])


def test_a_second_interrupt_before_the_save_is_not_said_to_be_saved(tmp_path):
    path = tmp_path / "run.checkpoint"
    trainer = whole_trainer(path)
    taken = trainer.step

    def one(X, y):
        loss = taken(X, y)
        if len(trainer.history.losses) == 8:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
        return loss

    trainer.step = one
    with pytest.raises(KeyboardInterrupt):
        trainer.run()
    assert trainer.saved == 6 == len(checkpoints.load(path)["history"]["losses"])


def test_an_epoch_is_saved_before_it_is_told(tmp_path):
    path = tmp_path / "run.checkpoint"

    def closed(news):
        if isinstance(news, Epoch):
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        whole_trainer(path, say=closed).run()
    assert len(checkpoints.load(path)["history"]["epochs"]) == 1


@pytest.mark.parametrize(("options", "at_fault"), [({"reg": 1e30}, "reg"), ({"lr": 1e30}, "rate")])
def test_what_made_a_run_diverge_is_named(options, at_fault, tmp_path):
    X, y = blobs()
    model = mlp(12, 20, 4)
    optimizer = optim.SGD(model.parameters(), lr=options.pop("lr", 0.1))
    trainer = Trainer(model, X, y, optimizer=optimizer, checkpoint=tmp_path / "run.checkpoint", **options)
    with pytest.raises(DivergedError, match=f"step {2 if at_fault == 'rate' else ''}") as caught:
        trainer.run()
    assert f"a {at_fault} " in caught.value.cure
    assert "checkpoint" not in caught.value.cure  # there is none yet
    assert f"step {len(trainer.history.losses) + 1}:" in caught.value.what


def test_an_interrupt_is_held_until_the_step_is_over():
    before = signal.getsignal(signal.SIGINT)
    with interrupts_held() as interrupted:
        assert not interrupted()
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupted()
        with pytest.raises(KeyboardInterrupt):  # a second one does not wait
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_another_thread_has_no_signals():
    seen = []

    def run():
        with interrupts_held() as interrupted:
            seen.append(interrupted())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [False]


def test_an_interrupted_fit_is_saved_and_goes_on_as_if_it_had_not_been(tmp_path):
    path = tmp_path / "run.checkpoint"
    trainer = whole_trainer(path)
    trainer.step = interrupting(trainer)
    with pytest.raises(KeyboardInterrupt):
        trainer.run()
    assert len(checkpoints.load(path)["history"]["losses"]) == 8
    again = whole_trainer(path)
    again.restore(checkpoints.load(path))
    again.run()
    assert digest(again) == UNINTERRUPTED


KILLED = """
import sys
sys.path[:0] = [{tests!r}]
from train.test_fitting import whole_trainer, digest
from gatewise.train import checkpoints
from pathlib import Path
path = Path({path!r})
trainer = whole_trainer(path, save_every=1)
if path.exists() or checkpoints.previous_of(path).exists():
    trainer.restore(checkpoints.newest(path)[0])
print("ready", flush=True)
trainer.run()
print(digest(trainer), flush=True)
"""


def test_killed_runs_go_on_to_the_same_end(tmp_path):
    """SIGKILL at random moments, four times in a row; the run that is left alone ends where the whole one does."""
    code = KILLED.format(tests=str(ROOT / "tests"), path=str(tmp_path / "run.checkpoint"))
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    rng = np.random.default_rng(0)
    for attempt in range(5):
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment, text=True)
        assert process.stdout.readline() == "ready\n"
        if attempt < 4:
            try:
                process.wait(timeout=rng.uniform(0.0, 0.05))
            except subprocess.TimeoutExpired:
                process.kill()
        out, _ = process.communicate(timeout=120)
    assert out.strip() == UNINTERRUPTED


# -------------------------------------------------------------------------------------------------- recipes and search


def test_a_recipe_survives_its_checkpoint():
    recipe = Recipe.of("cifar10", model="conv", dropout=0.3, hidden=16)
    assert Recipe.of_held(Held(recipe.state())) == recipe


@pytest.mark.parametrize(
    "asked",
    [{"model": "resnet"}, {"optimizer": "sdg"}, {"epochs": 0}, {"lr": -1.0}, {"lr": float("nan")}, {"dropout": 1.0},
     {"std": "large"}, {"std": "-1"}, {"hidden": 0}, {"images": "x"}, {"change": "turn"}, {"schedule": "x"}],
)  # fmt: skip
def test_a_recipe_that_cannot_be_is_refused(asked):
    with pytest.raises(TrainingError, match=next(iter(asked))):
        Recipe.of("digits", **asked)


@pytest.mark.parametrize("model", ["linear", "two-layer", "conv"])
@pytest.mark.parametrize("norm", [False, True])
def test_every_net_gives_scores_for_every_data_set(model, norm):
    for shape in ((1, 8, 8), (1, 28, 28), (3, 32, 32)):
        rng = np.random.default_rng(0)
        inside = {} if model == "linear" else {"norm": norm, "dropout": 0.5, "hidden": 4}
        recipe = Recipe.of("digits", model=model, **inside)
        net = network(recipe, shape, 10, rng, rng)
        assert net(np.zeros((2, *shape), np.float32)).shape == (2, 10)


def test_a_search_goes_on_where_it_was(tmp_path):
    recipe = Recipe.of("digits", epochs=1, train=200)
    images = images_of(recipe)
    told = []
    whole = Search(recipe, 4)
    best = whole.run(images, tmp_path / "search", tmp_path / "best", lambda trial, number: told.append(number))
    assert told == [1, 2, 3, 4]
    assert best == max(whole.trials, key=lambda trial: trial.score)
    part = Search(recipe, 2)
    part.run(images, tmp_path / "part", tmp_path / "part-best", lambda *_: None)
    again = Search(recipe, 4, Search.of(Held(checkpoints.load(tmp_path / "part"))).trials)
    assert again.run(images, tmp_path / "part", tmp_path / "part-best", lambda *_: None) == best
    assert again.trials == whole.trials
    kept = prepared(best.recipe, images)
    kept.restore(checkpoints.load(tmp_path / "best"))
    assert kept.run().best.score == best.accuracy


def test_what_a_search_draws_is_spread_and_repeats_itself():
    recipe = Recipe.of("cifar10")
    drawn = [with_draws(recipe, np.random.default_rng(k)) for k in range(200)]
    rates = np.log10([each.lr for each in drawn])
    assert -4 <= rates.min() < -3.8
    assert -2.2 < rates.max() <= -2
    assert {each.hidden for each in drawn} <= set(range(50, 801))
    assert drawn[3] == with_draws(recipe, np.random.default_rng(3))
