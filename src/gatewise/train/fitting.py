"""Fitting a network: epochs of batches, the best model kept, everything saved, and a run that goes on bit for bit."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gatewise import data
from gatewise._errors import DivergedError, TrainingError
from gatewise._gates import plain
from gatewise._types import Json, Named
from gatewise.nn import Module, functional
from gatewise.optim import Optimizer, lr_scheduler
from gatewise.train import checkpoints
from gatewise.train.held import ARRAY, FINITE, ROW, TEXT, Held
from gatewise.train.history import Epoch, History
from gatewise.train.interrupts import interrupts_held, saved_whole
from gatewise.train.progress import Bar
from gatewise.train.scoring import Loss, classes_of, count_right, looked_at, objective
from gatewise.train.settings import changed_settings, check_optimizer, check_settings, settings_of_run
from gatewise.train.signs import Sign, Signs

Say = Callable[[Any], object]  #: told each `Epoch` and each `Sign`
Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Fitted:
    """What `fit` gives: the model with its best weights, the history, and whether it stopped early."""

    model: Module
    history: History
    stopped_early: bool

    @property
    def best(self) -> Epoch:
        """The epoch that the weights are from."""
        best = self.history.best
        assert best is not None
        return best


def fit(
    model: Module,
    X: np.ndarray,
    y: np.ndarray,
    X_val: np.ndarray | None = None,
    y_val: np.ndarray | None = None,
    *,
    optimizer: Optimizer,
    epochs: int = 10,
    batch_size: int = 200,
    loss: Loss = functional.cross_entropy,
    reg: float = 0.0,
    scheduler: lr_scheduler.LRScheduler | None = None,
    change: Change | None = None,
    rng: int | np.random.Generator = 0,
    patience: int | None = None,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    save_every: int | None = None,
    say: Say | None = None,
) -> Fitted:
    """Train a module on images `X` (N, ...) with classes `y` (N,), and return it with the weights of its best epoch.

    The loss is `loss(model(X), y)` and `reg` times the sum of the squared weights (not biases). `scheduler.step()` is
    called after each epoch, `change(X, rng)` on each batch. `patience` stops after so many epochs without a better
    validation accuracy. Batches come from `rng`: the same seed gives the same run, bit for bit.

    `checkpoint` is a file that everything is saved in, after each epoch and, with `save_every`, each so many steps;
    with `resume` the run goes on from there, as if it had never stopped; `epochs`, `patience` and `save_every` may be
    others then, and nothing else that decides how it goes on. Ctrl-C finishes the step, saves, and raises
    KeyboardInterrupt. `say` is called with each `Epoch` and each `Sign`.
    Raises `DataError`, `TrainingError`, `DivergedError` and `CheckpointError`.

    >>> import numpy as np, gatewise as gw
    >>> X = np.random.default_rng(0).standard_normal((300, 4)).astype(np.float32)
    >>> y = (X[:, 0] > X[:, 1]).astype(int)
    >>> net = gw.nn.Linear(4, 2)
    >>> optimizer = gw.optim.SGD(net.parameters(), lr=0.5)
    >>> fitted = fit(net, X[:200], y[:200], X[200:], y[200:], optimizer=optimizer, epochs=20, batch_size=20)
    >>> fitted.best.validation_accuracy > 0.9
    True
    """
    trainer = Trainer(
        model, X, y, X_val, y_val, optimizer=optimizer, epochs=epochs, batch_size=batch_size, loss=loss, reg=reg,
        scheduler=scheduler, change=change, rng=rng, patience=patience, checkpoint=checkpoint, save_every=save_every,
        say=say,
    )  # fmt: skip
    if resume:
        if checkpoint is None:
            raise TrainingError(
                "resume has nothing to go on from.", "no checkpoint= was named.", 'checkpoint="run.gw".'
            )
        if Path(checkpoint).exists() or checkpoints.previous_of(checkpoint).exists():
            trainer.restore(*checkpoints.newest(checkpoint))
    return trainer.run()


class Trainer:
    """A run of `fit` that can be stepped through by hand, saved and restored; arguments as there.

    >>> import numpy as np, gatewise as gw
    >>> net = gw.nn.Linear(2, 2)
    >>> X, y = np.eye(2, dtype=np.float32), np.array([0, 1])
    >>> trainer = Trainer(net, X, y, optimizer=gw.optim.SGD(net.parameters(), lr=0.1), epochs=3, batch_size=2)
    >>> len(trainer.run().history.losses)
    3
    """

    def __init__(
        self,
        model: Module,
        X: np.ndarray,
        y: np.ndarray,
        X_val: np.ndarray | None = None,
        y_val: np.ndarray | None = None,
        *,
        optimizer: Optimizer,
        epochs: int = 10,
        batch_size: int = 200,
        loss: Loss = functional.cross_entropy,
        reg: float = 0.0,
        scheduler: lr_scheduler.LRScheduler | None = None,
        change: Change | None = None,
        rng: int | np.random.Generator = 0,
        patience: int | None = None,
        checkpoint: str | Path | None = None,
        save_every: int | None = None,
        say: Say | None = None,
        configuration: Mapping[str, Any] | None = None,
    ) -> None:
        check_settings(epochs=epochs, batch_size=batch_size, reg=reg, patience=patience, save_every=save_every)
        check_optimizer(model, optimizer)
        self.model, self.optimizer, self.scheduler = model, optimizer, scheduler
        self.loss, self.reg, self.epochs, self.patience = loss, reg, epochs, patience
        self.checkpoint, self.save_every, self.say = checkpoint, save_every, say
        self.configuration = dict(configuration or {})
        classes = classes_of(model, X)
        X, y = data.checked(X, y, classes)
        self.validation = None if X_val is None else data.checked(X_val, y_val, classes)
        self.batches = data.batches(X, y, batch_size, np.random.default_rng(rng), change=change)
        self.fingerprint = fingerprint(X, y)
        self.settings = settings_of_run(model, optimizer, scheduler, batch_size, reg, loss, change)
        self.saved: int | None = None  # after how many steps the checkpoint was taken, once there is one
        self.history = History()
        self.signs = Signs(model, optimizer, say=self.heard)
        self.best: dict[str, np.ndarray] = {}
        self.totals = np.zeros(3)  # of the epoch so far: images, their losses, how many were right

    # ------------------------------------------------------------------------------------------------------ running

    @property
    def epoch(self) -> int:
        """How many epochs are over."""
        return len(self.history.epochs)

    @property
    def stopped_early(self) -> bool:
        """Whether `patience` epochs have gone by without a better one."""
        best = self.history.best
        return self.patience is not None and best is not None and self.epoch - best.number >= self.patience

    @property
    def over(self) -> bool:
        return self.epoch >= self.epochs or self.stopped_early

    def run(self) -> Fitted:
        """Train to the end, from wherever this is; on a terminal, with a bar."""
        steps, done = len(self.batches) * self.epochs, len(self.history.losses)
        with interrupts_held() as interrupted, Bar(steps, self.epochs, done) as bar:
            while not self.over:
                for X, y in self.batches:
                    bar.step(self.step(X, y), self.epoch)
                    if interrupted():
                        self.save()
                        raise KeyboardInterrupt
                    if self.save_every and len(self.history.losses) % self.save_every == 0:
                        self.save()
                bar.epoch(self.end_epoch())
                if interrupted():
                    raise KeyboardInterrupt
        self.model.load_state_dict(self.best)
        return Fitted(self.model, self.history, self.stopped_early)

    def step(self, X: np.ndarray, y: np.ndarray) -> float:
        """One batch: forward, backward, update; returns the loss. Raises `DivergedError`, with nothing applied."""
        self.model.train()
        self.optimizer.zero_grad()
        with np.errstate(all="ignore"):  # what is not finite is found, and named, by the signs
            scores = self.model(X)
            loss = objective(self.model, scores, y, self.loss, self.reg)
            try:
                self.signs.backward(loss)
            except DivergedError as error:
                raise self.explained(error) from None
            self.signs.step()
        value = float(loss.item())
        self.history.losses.append(value)
        self.totals += [len(X), value * len(X), count_right(scores, y)]
        return value

    def explained(self, error: DivergedError) -> DivergedError:
        """The error with what the run knows: whether it was the regularisation, and what is saved."""
        rate, why, cure = self.signs.rate, error.why, error.cure.rstrip(".")
        if self.reg * rate >= 1 and self.reg > rate:
            why = (
                f"reg * rate is {self.reg * rate:.3g}: a step throws the weights further than they were; this one was "
            )
            why, cure = f"{why}not applied.", f"a reg far below {1 / rate:g}, which is 1 / rate"
        if self.saved is not None:
            cure += f"; the checkpoint, of step {self.saved}, is as it was"
        return DivergedError(error.what, why, f"{cure}.")

    def end_epoch(self) -> Epoch:
        """Look at the validation images, note the epoch, keep the best weights, move the rate, save, and say it."""
        images, total, right = self.totals.tolist()
        with np.errstate(all="ignore"):
            found = (None, None) if self.validation is None else self.validated(*self.validation)
        rate = max(float(group["lr"]) for group in self.optimizer.param_groups)
        epoch = Epoch(self.epoch + 1, len(self.history.losses), rate, total / images, right / images, *found)
        self.history.epochs.append(epoch)
        if self.history.best is epoch:
            self.best = self.model.state_dict()
        if self.scheduler is not None:
            self.scheduler.step()
        self.totals = np.zeros(3)
        self.save()
        if self.say is not None:
            self.say(epoch)  # last: whatever it raises, the epoch is not lost
        return epoch

    def validated(self, X: np.ndarray, y: np.ndarray) -> tuple[float, float]:
        """Loss and accuracy on images that are not learned from."""
        total = right = 0.0
        for scores, labels in looked_at(self.model, X, y):
            total += float(plain(self.loss(scores, labels))) * len(labels)
            right += count_right(scores, labels)
        return total / len(X), right / len(X)

    def heard(self, sign: Sign) -> None:
        self.history.signs.append(sign)
        if self.say is not None:
            self.say(sign)

    # ------------------------------------------------------------------------------------------------------- saving

    def state(self) -> Json:
        """Everything that decides how the run goes on, as a checkpoint holds it."""
        return {
            "configuration": self.configuration,
            "settings": self.settings,
            "data": self.fingerprint,
            "model": self.model.state_dict(),
            "best": self.best,
            "optimizer": self.optimizer.state_dict(),
            "scheduler": None if self.scheduler is None else self.scheduler.state_dict(),
            "generators": self.model.random_state(),
            "batches": self.batches.state(),
            "totals": self.totals,
            "history": self.history.state(),
            "signs": self.signs.state(),
        }

    def restore(self, state: Mapping[str, object], file: str | Path | None = None) -> None:
        """Go on from where `state()` was taken; `file` is named where something in it is wrong.

        Raises `TrainingError` where model, data or settings are not those of the run, and `CheckpointError` where the
        state is not that of a run.
        """
        held = Held(dict(state), file)
        self.check_fits(held)
        if self.scheduler is not None:
            with held.loading("scheduler") as kept:
                self.scheduler.load_state_dict(kept)
        for name, load in (
            ("model", self.model.load_state_dict), ("optimizer", self.load_optimizer),
            ("generators", self.load_generators), ("batches", self.batches.restore),
        ):  # fmt: skip
            with held.loading(name) as kept:
                load(kept)
        self.totals = np.array(held.take("totals", ROW), dtype=np.float64)
        if self.totals.shape != (3,) or self.totals[0] != self.batches.position or not np.isfinite(self.totals).all():
            raise held.wrong(self.totals, "three sums over the images of the epoch so far", "totals")
        self.history = History.of(held.inside("history"))
        self.best = held.inside("best").all(ARRAY)
        if (self.epoch or self.best) and shapes(self.best) != shapes(self.model.state_dict()):
            raise held.wrong(self.best, "the weights of the best epoch so far", "best")
        self.signs.restore(held.inside("signs"))
        self.saved = len(self.history.losses)

    def load_generators(self, state: Mapping[str, object]) -> None:
        """Give the layers that draw their generators back, all of them."""
        here = self.model.random_state()
        if state.keys() != here.keys():
            raise TypeError(f"generators of {', '.join(map(str, state)) or 'none'}, not {', '.join(here) or 'none'}")
        self.model.load_random_state(state)

    def load_optimizer(self, state: Named) -> None:
        """Give the optimizer its state back; what it keeps for a parameter are arrays and numbers."""
        for k, kept in enumerate(state["state"]):
            for name, value in kept.items():
                if not (
                    FINITE.fits(value) and value >= 0 if name == "step" else ARRAY.fits(value) or FINITE.fits(value)
                ):
                    raise TypeError(f"{name} of parameter {k} is a {type(value).__name__}")
        self.optimizer.load_state_dict(state)

    def check_fits(self, held: Held) -> None:
        """Whether the run was one of this model on these data, with these settings."""
        if held.take("data", TEXT) != self.fingerprint:
            why = "their checksum is not the one of the images and labels that it learned from."
            cure = "the same images in the same order, preprocessed in the same way."
            raise TrainingError("the run cannot go on with these data.", why, cure)
        here, there = shapes(self.model.state_dict()), shapes(held.inside("model").all(ARRAY))
        if here != there:
            name = next(name for name in (*here, *there) if here.get(name) != there.get(name))
            sizes = there.get(name, "missing"), here.get(name, "missing")
            why = "{} is {} in the checkpoint and {} in the model.".format(name, *sizes)
            raise TrainingError("the run cannot go on with this model.", why, "the model that the run began with.")
        with held.loading("optimizer") as kept:
            moved = kept["param_groups"][0] if len(kept["param_groups"]) == 1 else {}
        with held.loading("settings") as before:
            differ = changed_settings(before, self.settings, {name: as_listed(value) for name, value in moved.items()})
        if differ:
            more = f"; and {len(differ) - 3} more" if len(differ) > 3 else ""
            cure = "the settings it began with; or a run of its own, with model.load_state_dict(state['model'])."
            raise TrainingError("the run cannot go on with other settings.", f"{'; '.join(differ[:3])}{more}.", cure)

    def save(self) -> None:
        """Write the checkpoint, where one was asked for. Ctrl-C waits until it is written."""
        if self.checkpoint is not None:
            with saved_whole():
                checkpoints.save(self.checkpoint, self.state())
                self.saved = len(self.history.losses)


def shapes(state: Named) -> dict[str, tuple[int, ...]]:
    """The shape of each array, by name."""
    return {name: np.shape(value) for name, value in state.items()}


def as_listed(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def fingerprint(X: np.ndarray, y: np.ndarray) -> str:
    """A checksum of images and labels, their shapes and dtypes.

    >>> fingerprint(np.zeros(2), np.zeros(2)) == fingerprint(np.zeros(2), np.ones(2))
    False
    """
    digest = hashlib.sha256()
    for array in (X, y):
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
