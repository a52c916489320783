"""Fitting a network: epochs of batches, the best model kept, everything saved, and a run that goes on bit for bit."""

from __future__ import annotations

import hashlib
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gatewise import data
from gatewise._errors import TrainingError
from gatewise._tensor import no_grad
from gatewise.nn import functional
from gatewise.train import checkpoints
from gatewise.train.history import Epoch, History
from gatewise.train.progress import Bar
from gatewise.train.signs import Sign, Signs
from gatewise.train.tape import plain

Say = Callable[[Any], object]
LARGE_BATCH = 500  # images looked at together where nothing is learned


@dataclass(frozen=True)
class Fitted:
    """What `fit` gives: the model with its best weights, the history, and whether it stopped early."""

    model: Any
    history: History
    stopped_early: bool

    @property
    def best(self) -> Epoch:
        """The epoch that the weights are from."""
        best = self.history.best
        assert best is not None
        return best


def fit(
    model: Any,
    X: Any,
    y: Any,
    X_val: Any = None,
    y_val: Any = None,
    *,
    optimizer: Any,
    epochs: int = 10,
    batch_size: int = 200,
    loss: Callable[[Any, Any], Any] = functional.cross_entropy,
    reg: float = 0.0,
    scheduler: Any = None,
    change: Callable[..., Any] | None = None,
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
    with `resume` the run goes on from there, as if it had never stopped. Ctrl-C finishes the step, saves, and raises
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
            trainer.restore(checkpoints.newest(checkpoint)[0])
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
        model: Any,
        X: Any,
        y: Any,
        X_val: Any = None,
        y_val: Any = None,
        *,
        optimizer: Any,
        epochs: int = 10,
        batch_size: int = 200,
        loss: Callable[[Any, Any], Any] = functional.cross_entropy,
        reg: float = 0.0,
        scheduler: Any = None,
        change: Callable[..., Any] | None = None,
        rng: int | np.random.Generator = 0,
        patience: int | None = None,
        checkpoint: str | Path | None = None,
        save_every: int | None = None,
        say: Say | None = None,
        configuration: Mapping[str, Any] | None = None,
    ) -> None:
        check_settings(epochs=epochs, batch_size=batch_size, reg=reg, patience=patience, save_every=save_every)
        self.model, self.optimizer, self.scheduler = model, optimizer, scheduler
        self.loss, self.reg, self.epochs, self.patience = loss, reg, epochs, patience
        self.checkpoint, self.save_every, self.say = checkpoint, save_every, say
        self.configuration = dict(configuration or {})
        classes = classes_of(model, X)
        X, y = data.checked(X, y, classes)
        self.validation = None if X_val is None else data.checked(X_val, y_val, classes)
        self.batches = data.batches(X, y, batch_size, np.random.default_rng(rng), change=change)
        self.fingerprint = fingerprint(X, y)
        self.history = History()
        self.signs = Signs(model, optimizer, say=self.heard)
        self.best: dict[str, Any] = {}
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
                self.save()
                if interrupted():
                    raise KeyboardInterrupt
        self.model.load_state_dict(self.best)
        return Fitted(self.model, self.history, self.stopped_early)

    def step(self, X: Any, y: Any) -> float:
        """One batch: forward, backward, update; returns the loss. Raises `DivergedError`, with nothing applied."""
        self.model.train()
        self.optimizer.zero_grad()
        with np.errstate(all="ignore"):  # what is not finite is found, and named, by the signs
            scores = self.model(X)
            loss = objective(self.model, scores, y, self.loss, self.reg)
            self.signs.backward(loss)
            self.signs.step()
        value = float(loss.item())
        self.history.losses.append(value)
        self.totals += [len(X), value * len(X), np.sum(np.argmax(plain(scores), axis=1) == y)]
        return value

    def end_epoch(self) -> Epoch:
        """Look at the validation images, note the epoch, keep the weights where they are the best, move the rate."""
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
        if self.say is not None:
            self.say(epoch)
        return epoch

    def validated(self, X: Any, y: Any) -> tuple[float, float]:
        """Loss and accuracy on images that are not learned from."""
        total = right = 0.0
        for start, scores in in_batches(self.model, X):
            labels = y[start : start + len(scores)]
            total += float(plain(self.loss(scores, labels))) * len(labels)
            right += float(np.sum(np.argmax(plain(scores), axis=1) == labels))
        return total / len(X), right / len(X)

    def heard(self, sign: Sign) -> None:
        self.history.signs.append(sign)
        if self.say is not None:
            self.say(sign)

    # ------------------------------------------------------------------------------------------------------- saving

    def state(self) -> dict[str, Any]:
        """Everything that decides how the run goes on, as a checkpoint holds it."""
        return {
            "configuration": self.configuration,
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

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from where `state()` was taken. Raises `TrainingError` where model or data are not those of the run."""
        try:
            self.check_fits(state)
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            if self.scheduler is not None:
                self.scheduler.load_state_dict(state["scheduler"])
            self.model.load_random_state(state["generators"])
            self.batches.restore(state["batches"])
            self.best, self.totals = dict(state["best"]), np.array(state["totals"], dtype=np.float64)
            self.history = History.of(state["history"])
            self.signs.restore(state["signs"])
        except (KeyError, TypeError) as error:
            why = f"it has no {error}, or something else in its place."
            raise TrainingError(
                "the checkpoint is none of a training run.", why, "a file that fit() has saved."
            ) from None

    def check_fits(self, state: Mapping[str, Any]) -> None:
        """Whether the run was one of this model on these data."""
        if state["data"] != self.fingerprint:
            why = "their checksum is not the one of the images and labels that it learned from."
            cure = "the same images in the same order, preprocessed in the same way."
            raise TrainingError("the run cannot go on with these data.", why, cure)
        here = {name: np.shape(value) for name, value in self.model.state_dict().items()}
        there = {name: np.shape(value) for name, value in state["model"].items()}
        if here != there:
            name = next(name for name in (*here, *there) if here.get(name) != there.get(name))
            sizes = there.get(name, "missing"), here.get(name, "missing")
            why = "{} is {} in the checkpoint and {} in the model.".format(name, *sizes)
            raise TrainingError("the run cannot go on with this model.", why, "the model that the run began with.")

    def save(self) -> None:
        """Write the checkpoint, where one was asked for."""
        if self.checkpoint is not None:
            checkpoints.save(self.checkpoint, self.state())


# ----------------------------------------------------------------------------------------------------------- pieces


def objective(model: Any, scores: Any, y: Any, loss: Callable[[Any, Any], Any], reg: float) -> Any:
    """What is made small: the loss of the scores, and `reg` times the sum of the squared weights."""
    value = loss(scores, y)
    if reg:
        for weight in weights(model):
            value = value + reg * np.sum(np.square(weight))
    return value


def weights(model: Any) -> list[Any]:
    """The parameters that are regularised: matrices and filters, not biases, and not what a normalisation scales by."""
    return [parameter for parameter in model.parameters() if np.ndim(parameter.value) > 1]


def in_batches(model: Any, X: Any, size: int = LARGE_BATCH) -> Iterator[tuple[int, Any]]:
    """The scores of images, so many at a time and without a tape, each with the number of its first image."""
    training = model.training
    model.train(False)
    try:
        for start in range(0, len(X), size):
            with no_grad():
                scores = model(X[start : start + size])
            yield start, scores
    finally:
        model.train(training)


def accuracy(model: Any, X: Any, y: Any) -> float:
    """The share of images whose largest score is at the right class; the model looks at them as in `eval()`.

    >>> import numpy as np, gatewise as gw
    >>> accuracy(gw.nn.Flatten(), np.eye(4, dtype=np.float32), np.array([0, 1, 2, 0]))
    0.75
    """
    y = np.asarray(y)
    right = sum(
        int(np.sum(np.argmax(plain(scores), axis=1) == y[start : start + len(scores)]))
        for start, scores in in_batches(model, X)
    )
    return right / len(X)


def classes_of(model: Any, X: Any) -> int:
    """How many classes a model gives scores for, found by showing it the first image."""
    if not len(X):
        raise TrainingError("there are no images.", "nothing can be learned from none.", "X of (N, ...), N at least 1.")
    _, scores = next(in_batches(model, np.asarray(X)[:1]))
    if np.ndim(scores) != 2:
        why = f"for one image it gives an array of shape {np.shape(scores)}."
        raise TrainingError("the model gives no scores (N, C).", why, "nn.Flatten() before its last layers.")
    return int(np.shape(scores)[1])


def fingerprint(X: Any, y: Any) -> str:
    """A checksum of images and labels, their shapes and dtypes.

    >>> fingerprint(np.zeros(2), np.zeros(2)) == fingerprint(np.zeros(2), np.ones(2))
    False
    """
    digest = hashlib.sha256()
    for array in (X, y):
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def check_settings(*, epochs: int, batch_size: int, reg: float, patience: int | None, save_every: int | None) -> None:
    """Raise `TrainingError` for settings that no run can have."""
    for name, value in (
        ("epochs", epochs),
        ("batch_size", batch_size),
        ("patience", patience),
        ("save_every", save_every),
    ):
        if value is not None and value < 1:
            raise TrainingError(f"{name} is {value}.", "it counts, from 1 on.", f"{name}=10.")
    if not 0 <= reg < np.inf:
        raise TrainingError(f"reg is {reg}.", "it says how much squared weights cost.", "reg=0.25, or 0 for none.")


@contextmanager
def interrupts_held() -> Iterator[Callable[[], bool]]:
    """Let Ctrl-C be asked for between steps; a second one stops at once. Other threads than the main one have none."""
    asked = False

    def note(number: int, frame: Any) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    before = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)  # None: set by no Python code
