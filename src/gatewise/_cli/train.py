"""`gatewise train`: a data set, a net and a recipe; before it a pre-flight, while it runs a line an epoch."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import click

from gatewise import data
from gatewise._cli.terminal import write_fitted
from gatewise._errors import CommandError, SaveError, shown_path
from gatewise.train import Epoch, Sign, Trainer, accuracy, checkpoints, preflight
from gatewise.train.held import TEXT, Held, or_none
from gatewise.train.plots import first_weights, save_curves, save_weights
from gatewise.train.recipes import SETTINGS, Recipe, check_sizes, images_of, prepared
from gatewise.train.search import Search, Trial

LARGEST_SEED = 2**32 - 1
LAST, SEARCH = "last.checkpoint", "search.checkpoint"
SAMPLE = "gatewise train digits"
MOST_IMAGES = 100  # first-layer weights drawn


@dataclass(frozen=True)
class TrainRequest:
    """What was typed after `gatewise train`; `asked` are the numbers and words of the recipe."""

    dataset: str | None
    directory: str | None = None
    resume: str | None = None
    search: int | None = None
    folder: str | None = None
    test: bool = False
    preflight: bool = True
    asked: Mapping[str, Any] = field(default_factory=dict)


def options_of_recipe() -> Iterator[click.Option]:
    """The options that say what a recipe is to be, from its settings."""
    types = {"int": int, "float": float, "bool": bool, "str": str, "int | None": int}
    for each in fields(Recipe):
        if (setting := SETTINGS.get(each.name)) is not None:
            kind = click.IntRange(0, LARGEST_SEED) if each.name == "seed" else types[str(each.type)]
            yield click.Option(
                [f"--{setting.option or each.name}", each.name],
                type=None if kind is bool else kind,
                is_flag=kind is bool,
                default=None,
                metavar=setting.metavar or None,
                help=setting.help,
            )


def train(request: TrainRequest) -> None:
    """Train, search or go on. Raises `GatewiseError` for what cannot be done, KeyboardInterrupt after Ctrl-C."""
    if request.resume is not None:
        go_on(request, request.resume)
    elif request.dataset is None:
        why = f"train takes the name of a data set: {', '.join(data.CLASSES)}."
        raise CommandError("There is nothing to train on.", why, f"{SAMPLE}, or gatewise train --resume run/.")
    else:
        start_run(request, Recipe.of(request.dataset, **request.asked))


# ---------------------------------------------------------------------------------------------------- beginnings


def start_run(request: TrainRequest, recipe: Recipe) -> None:
    """Start a run, or a search, in a folder of its own."""
    check_directory(recipe, request.directory)
    images = images_of(recipe, request.directory)
    directory = None if request.directory is None else str(Path(request.directory).resolve())
    with new_folder(request.folder) as folder:
        if request.search is not None:
            look_for_best(Search(recipe, request.search), images, folder, request.test, directory)
            return
        reporter = Reporter(recipe.epochs)
        trainer = prepared(recipe, images, folder / LAST, reporter, directory)
        with end_told(folder, lambda: of_run(trainer)):
            tell(recipe, images)
            if request.preflight:
                look_first(trainer, images)
                reporter.begin()
            run(trainer, recipe, images, folder, request.test)


def check_directory(recipe: Recipe, directory: str | None) -> None:
    """Raise `CommandError` for a folder that nothing would be looked for in, or that is none."""
    if directory is None:
        return
    if recipe.dataset == "digits":
        why = "the digits come with gatewise, and are read from there."
        raise CommandError("--data says where the digits are.", why, "gatewise train digits, without --data.")
    if os.path.exists(directory) and not os.path.isdir(directory):
        what = f"--data {shown_path(directory)} is a file."
        raise CommandError(what, "it takes the folder that the data's files are in.", "--data and that folder.")


def go_on(request: TrainRequest, path: str) -> None:
    """Continue the run, or the search, in a folder. What was chosen when it began stays chosen."""
    if request.dataset is not None or request.asked or request.search is not None or request.folder is not None:
        why = "it goes on with the data, the net and the recipe that it began with."
        raise CommandError(
            "--resume stands alone.", why, f"gatewise train --resume {quoted_path(path)}, with --data and --test alone."
        )
    folder, file = run_in(path)
    state, used = checkpoints.newest(file)
    if used != file:
        click.echo(
            f"note: {file.name} is damaged or missing; going on from {used.name}, which was saved before it.", err=True
        )
    held = Held(state, used)
    if file.name == SEARCH:
        search, directory = Search.of(held), directory_of(request, held)
        check_directory(search.recipe, request.directory)
        images = images_of(search.recipe, directory)
        look_for_best(search, images, folder, request.test, directory)
        return
    configuration = held.inside("configuration")
    recipe, directory = Recipe.of_held(configuration.inside("recipe")), directory_of(request, configuration)
    check_directory(recipe, request.directory)
    images = images_of(recipe, directory)
    check_sizes(recipe, images, held)
    trainer = prepared(recipe, images, file, Reporter(recipe.epochs), directory)
    trainer.restore(state, used)
    with end_told(folder, lambda: of_run(trainer)):
        tell(recipe, images)
        write_fitted(f"going on after epoch {trainer.epoch}, step {len(trainer.history.losses)}")
        run(trainer, recipe, images, folder, request.test)


def directory_of(request: TrainRequest, held: Held) -> str | None:
    """Where the data are: where it was said now, or where they were when the run began."""
    saved: str | None = held.take("data", or_none(TEXT))
    return request.directory or saved


def run_in(path: str) -> tuple[Path, Path]:
    """The folder of a run, and the file in it to go on from. Raises `CommandError`."""
    given = Path(path)
    if given.is_dir():
        for name in (SEARCH, LAST):
            if (given / name).exists() or checkpoints.previous_of(given / name).exists():
                return given, given / name
    elif given.is_file():
        return given.parent, given
    what = f"There is no run in {quoted_path(path)}."
    raise CommandError(what, f"a run has a file {LAST}, or a search {SEARCH}.", "the folder that gatewise train named.")


@contextmanager
def new_folder(asked: str | None) -> Iterator[Path]:
    """The folder of a new run: the one that was named, or the first of run, run-2, ... Raises `CommandError`.

    Where nothing was saved in it, it is removed again.
    """
    if asked is not None and not asked.strip():
        raise CommandError("--run names no folder.", "a run is saved in a folder of its own.", "--run run-2")
    folder = Path(asked) if asked is not None else free_name()
    if any((folder / name).exists() for name in (LAST, SEARCH)):
        what = f"There is a run in {quoted_path(str(folder))} already."
        cure = f"gatewise train --resume {quoted_path(str(folder))} to go on with it, or another --run."
        raise CommandError(what, "it would be written over.", cure)
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        what = f"The folder {quoted_path(str(folder))} cannot be made."
        raise CommandError(what, f"{reason}.", "--run with the name of a folder of yours.") from None
    try:
        yield folder
    finally:
        if made:
            with suppress(OSError):  # it is not empty: something was saved
                folder.rmdir()


def free_name() -> Path:
    number = 1
    while (folder := Path("run" if number == 1 else f"run-{number}")).exists():
        number += 1
    return folder


def quoted_path(path: str) -> str:
    return path if path.isprintable() and " " not in path else ascii(path)


# ------------------------------------------------------------------------------------------------------ running


class Reporter:
    """Says each epoch in a line on standard output, and each sign on standard error."""

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs
        self.begin()

    def begin(self) -> None:
        """Count the seconds of an epoch from here."""
        self.since = time.monotonic()

    def __call__(self, news: Epoch | Sign) -> None:
        if isinstance(news, Sign):
            click.echo(f"warning: {news}", err=True)
            return
        now = time.monotonic()
        seconds, self.since = now - self.since, now
        write_fitted(news.line(self.epochs, f"{seconds:.1f} s"))


def tell(recipe: Recipe, images: data.Split) -> None:
    """What is going to happen."""
    write_fitted(recipe.told())
    sizes = (len(images.X_train), len(images.X_val), len(images.X_test))
    write_fitted("{:,} images to learn from, {:,} to validate, {:,} to test".format(*sizes))


def look_first(trainer: Trainer, images: data.Split) -> None:
    """The pre-flight: what it warns of, on standard error; training begins all the same."""
    report = preflight(
        trainer.model, images.X_train, images.y_train, reg=trainer.reg, optimizer=trainer.optimizer, loss=trainer.loss
    )
    for finding in report.warnings:
        click.echo(f"warning: {finding}", err=True)
    healthy = len(report.findings) - len(report.warnings)
    write_fitted(f"pre-flight: {healthy} of {len(report.findings)} checks find nothing wrong")


def run(trainer: Trainer, recipe: Recipe, images: data.Split, folder: Path, test: bool) -> None:
    """Train to the end; then what was best, the pictures, and the test images if they were asked for."""
    fitted = trainer.run()
    if fitted.stopped_early:
        write_fitted(f"stopped early: no better epoch in {recipe.patience}")
    write_fitted(f"best: epoch {fitted.best.number}, with {fitted.best.score:.4f} of the validation images right")
    finish(trainer, images, folder, test)


def finish(trainer: Trainer, images: data.Split, folder: Path, test: bool) -> None:
    """Pictures, and the test."""
    draw(trainer, images, folder)
    if test:
        share = accuracy(trainer.model, images.X_test, images.y_test)
        write_fitted(f"test accuracy {share:.4f} on {len(images.X_test):,} images")
    write_fitted(f"saved in {quoted_path(str(folder))}/")


@contextmanager
def end_told(folder: Path, place: Callable[[], tuple[str, str]]) -> Iterator[None]:
    """Where Ctrl-C or a closed pipe ends what is inside, say where that was, what is saved, and how it goes on.

    `place` gives the first two.
    """
    try:
        yield
    except (KeyboardInterrupt, BrokenPipeError) as end:
        where, saved = place()
        why = ": standard output was closed" if isinstance(end, BrokenPipeError) else ""
        way = f"{saved}. To go on: gatewise train --resume {quoted_path(str(folder))}" if saved else "nothing is saved."
        with suppress(OSError):  # standard error may be closed, too
            click.echo(f"stopped {where}{why}; {way}", err=True)
        raise


def of_run(trainer: Trainer) -> tuple[str, str]:
    """Where a run is, and what its checkpoint holds; nothing where there is none."""
    step = len(trainer.history.losses)
    saved = "" if trainer.saved is None else "saved" if trainer.saved == step else f"saved is step {trainer.saved}"
    return f"after step {step}", saved


def of_search(search: Search) -> tuple[str, str]:
    """Where a search is, and what its file holds."""
    saved = "" if search.saved is None else f"{search.saved} of {search.count} trials are saved"
    return (
        "after the last trial" if len(search.trials) == search.count else f"in trial {len(search.trials) + 1}"
    ), saved


def draw(trainer: Trainer, images: data.Split, folder: Path) -> None:
    """Curves, and the first layer's weights as images, where matplotlib is installed."""
    weights = first_weights(trainer.model, images.X_train.shape[1:])
    names = data.CLASSES[trainer.configuration["recipe"]["dataset"]]
    try:
        save_curves({"": trainer.history}, folder / "curves.svg")
        if weights is not None:
            titles = names if len(weights) == len(names) else ()
            save_weights(weights[:MOST_IMAGES], folder / "weights.png", titles)
    except SaveError as error:
        click.echo(f"note: {error}", err=True)


def look_for_best(search: Search, images: data.Split, folder: Path, test: bool, directory: str | None) -> None:
    """Make the trials, then show the best of them and look at its test images if that was asked for."""
    with end_told(folder, lambda: of_search(search)):
        tell(search.recipe, images)
        best = search.run(images, folder / SEARCH, folder / LAST, teller(search.count), directory)
        write_fitted(
            f"best of {search.count}: {settings(best.recipe)}, with {best.score:.4f} of the validation images right"
        )
        state, used = checkpoints.newest(folder / LAST)
        check_sizes(best.recipe, images, Held(state, used))
        trainer = prepared(best.recipe, images, directory=directory)
        trainer.restore(state, used)
        trainer.run()  # it is over: this takes its best weights
        finish(trainer, images, folder, test)


def teller(count: int) -> Callable[[Trial, int], None]:
    def say(trial: Trial, number: int) -> None:
        found = "diverged" if trial.accuracy is None else f"validation accuracy {trial.accuracy:.4f}"
        write_fitted(f"{number}/{count}  {settings(trial.recipe)}  {found}")

    return say


def settings(recipe: Recipe) -> str:
    """What a search draws, as options."""
    hidden = "" if recipe.model == "linear" else f"--hidden {recipe.hidden} "
    return f"--lr {recipe.lr:g} {hidden}--reg {recipe.reg:g}"
