"""Random search over rate, width and regularisation, as the course does it: the validation images choose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from gatewise import data
from gatewise._errors import DivergedError, TrainingError
from gatewise.train import checkpoints
from gatewise.train.held import FINITE, WHOLE, Held, or_none
from gatewise.train.interrupts import interrupts_held, saved_whole
from gatewise.train.recipes import Recipe, prepared, with_draws


@dataclass(frozen=True)
class Trial:
    """One recipe and the validation accuracy of its best epoch; None where it diverged."""

    recipe: Recipe
    accuracy: float | None

    @property
    def score(self) -> float:
        return -1.0 if self.accuracy is None else self.accuracy


@dataclass
class Search:
    """So many trials around a recipe. What was found is saved after each, and the best trial's run beside it.

    >>> search = Search(Recipe.of("digits"), 4)
    >>> search.drawn(0) == search.drawn(0) != search.drawn(1)
    True
    """

    recipe: Recipe
    count: int
    trials: list[Trial] = field(default_factory=list)
    saved: int | None = None  # how many trials the file holds, once there is one

    @property
    def best(self) -> Trial | None:
        """The trial with the highest accuracy, the earliest of them."""
        return max(self.trials, key=lambda trial: trial.score, default=None)

    def drawn(self, number: int) -> Recipe:
        """The recipe of one trial: the same for the same seed and number, whatever came before."""
        return with_draws(self.recipe, np.random.default_rng([self.recipe.seed, number]))

    def run(
        self,
        images: data.Split,
        saved: Path,
        best_run: Path,
        say: Callable[[Trial, int], object],
        directory: str | None = None,
    ) -> Trial:
        """Make the trials that are not made yet. Raises `TrainingError` where every one diverged."""
        with interrupts_held() as interrupted:
            self.save(saved, directory)
            while len(self.trials) < self.count:
                trial = self.tried(self.drawn(len(self.trials)), images, best_run, directory)
                self.trials.append(trial)
                self.save(saved, directory)
                say(trial, len(self.trials))
                if interrupted():
                    raise KeyboardInterrupt
        best = self.best
        if best is None or best.accuracy is None:
            raise TrainingError(
                "every trial diverged.", "all rates that were drawn were too high.", "--lr 10 times lower."
            )
        return best

    def tried(self, recipe: Recipe, images: data.Split, best_run: Path, directory: str | None) -> Trial:
        """Make one trial; where it is the best so far, its run is saved."""
        trainer = prepared(recipe, images, directory=directory)
        try:
            accuracy = trainer.run().best.score
        except DivergedError:
            return Trial(recipe, None)  # it was a bad rate: the search goes on
        if accuracy > max((each.score for each in self.trials), default=-1.0):
            trainer.checkpoint = best_run
            trainer.save()
        return Trial(recipe, accuracy)

    def save(self, path: Path, directory: str | None) -> None:
        trials = [{"recipe": each.recipe.state(), "accuracy": each.accuracy} for each in self.trials]
        state = {"search": self.count, "recipe": self.recipe.state(), "trials": trials, "data": directory}
        with saved_whole():
            checkpoints.save(path, state)
            self.saved = len(self.trials)

    @classmethod
    def of(cls, held: Held) -> Search:
        """The search that was saved. Raises `CheckpointError` for anything else."""
        accuracy = or_none(FINITE)
        trials = [
            Trial(Recipe.of_held(each.inside("recipe")), each.take("accuracy", accuracy))
            for each in held.each("trials")
        ]
        return cls(Recipe.of_held(held.inside("recipe")), held.take("search", WHOLE), trials)
