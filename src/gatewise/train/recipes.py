"""Recipes: a data set, a network and how it is trained, in plain numbers and words that a checkpoint can hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from gatewise import data, nn, optim
from gatewise._errors import TrainingError, UnknownDataSetError
from gatewise._types import Json
from gatewise.train.fitting import Say, Trainer
from gatewise.train.held import ARRAY, Held

KAIMING = "kaiming"
Rng = np.random.Generator
Change = Callable[[np.ndarray, Rng], np.ndarray]

MOMENTUM = 0.9
DECAY = 0.95  # the course's, an epoch
AROUND_NONE, NONE_STAYS = 1e-4, 0.25  # where a search looks for a regularisation, and leaves it, if there was none
SMALL = 0.01  # of the last layer's weights under Kaiming's: no class is preferred at first


@dataclass(frozen=True)
class Setting:
    """What a number or word of a recipe may be, and how it is typed: where it is not `fits`, `why` and an `example`."""

    help: str
    metavar: str
    fits: Callable[[Any], bool] = lambda value: True
    why: str = ""
    example: object = None
    option: str = ""  # where it is not the field's name


def of_count(help: str, metavar: str = "N", option: str = "") -> Setting:
    return Setting(help, metavar, lambda value: value >= 1, "it counts, from 1 on.", 10, option)


def finite(help: str, metavar: str) -> Setting:
    return Setting(help, metavar, lambda value: 0 <= value < np.inf, "it is finite and not negative.", 0.1)


def one_of(known: Sequence[str], help: str = "") -> Setting:
    help = help or f"{', '.join(known[:-1])} or {known[-1]}."
    return Setting(help, "NAME", lambda value: value in known, f"it is one of {', '.join(known)}.", known[0])


def at(default: object, setting: Setting) -> Any:
    """A field of a recipe, with what it may be."""
    return field(default=default, metadata={"setting": setting})


@dataclass(frozen=True)
class Recipe:
    """What is trained on what, and how. The defaults are the course's two-layer net.

    >>> Recipe.of("digits", hidden=32).hidden
    32
    >>> Recipe.of("cifar10").images, Recipe.of("cifar10").std
    ('mean-image', '0.0001')
    """

    dataset: str
    model: str = at("two-layer", one_of(("linear", "two-layer", "conv")))
    hidden: int = at(200, of_count("Hidden units; for conv, filters of the first block."))
    epochs: int = at(10, of_count("How often all images are looked at."))
    lr: float = at(1e-3, finite("The learning rate.", "RATE"))
    reg: float = at(0.25, finite("R times the sum of the squared weights is added to the loss.", "R"))
    batch: int = at(200, of_count("Images in a batch."))
    optimizer: str = at("sgd", one_of(("sgd", "momentum", "adam", "adamw", "rmsprop", "adagrad")))
    schedule: str = at(
        "decay", one_of(("decay", "cosine", "constant"), "decay (by 0.95 an epoch), cosine or constant.")
    )
    std: str = at("0.0001", Setting("The standard deviation of the first weights.", "S|kaiming"))
    dropout: float = at(
        0.0,
        Setting(
            "The share of hidden units left out while learning.",
            "P",
            lambda value: 0 <= value < 1,
            "it is the share of units left out.",
            0.5,
        ),
    )
    norm: bool = at(False, Setting("Batch normalisation before every relu.", ""))
    images: str = at(
        "mean-image",
        one_of(("mean-image", "standard", "raw"), "mean-image (subtracted), standard (a deviation of 1) or raw."),
    )
    change: str = at(
        "none",
        one_of(("none", "flip", "flip-crop"), "none, flip or flip-crop: what is done to each batch at random."),
    )
    train: int | None = at(None, of_count("Learn from the first N images only.", option="train-images"))
    validation: int = at(1000, of_count("How many images choose the best epoch."))
    patience: int | None = at(None, of_count("Stop after N epochs without a better one."))
    seed: int = at(0, Setting("The same one, the same run.", "SEED", option="rng"))

    @classmethod
    def of(cls, dataset: str, **asked: Any) -> Recipe:
        """The recipe of a data set and a model, with what was asked for (not None). Raises `TrainingError`."""
        asked = {name: value for name, value in asked.items() if value is not None}
        model = asked.get("model", "two-layer")
        if dataset not in data.CLASSES:
            raise UnknownDataSetError(dataset, list(data.CLASSES))
        usual = DEFAULTS.get(("any", model), {}) | DEFAULTS.get((dataset, model), {})
        recipe = cls(dataset, **(usual | asked))
        recipe.check()
        recipe.check_used(asked)
        return recipe

    def check(self) -> None:
        """Raise `TrainingError` for what no recipe can say."""
        for name, setting in SETTINGS.items():
            value = getattr(self, name)
            if value is not None and not setting.fits(value):
                shown = f"{value!r:.60}" if isinstance(value, str) else value
                raise TrainingError(f"{name} is {shown}.", setting.why, option(name, setting.example))
        self.spread()

    def check_used(self, asked: Mapping[str, object]) -> None:
        """Raise `TrainingError` for what was asked for and would change nothing."""
        unused = {"hidden", "dropout", "norm"} if self.model == "linear" else set()
        for name in sorted(unused & {name for name, value in asked.items() if value}):
            why = "it has one layer of weights, and nothing hidden."
            raise TrainingError(f"a linear net has no {name}.", why, f"{option('model', 'two-layer')}, or none of it.")
        if self.change != "none" and self.dataset in ("digits", "mnist"):
            why = "a digit that is mirrored is no digit, or another one; both changes mirror."
            raise TrainingError(
                f"change is {self.change!r}, and {self.dataset} are digits.", why, option("change", "none")
            )

    def spread(self) -> float | None:
        """The standard deviation of the first weights; None for Kaiming's. Raises `TrainingError`."""
        if self.std == KAIMING:
            return None
        try:
            value = float(self.std)
        except ValueError:
            value = -1.0
        if not 0 <= value < np.inf:
            why = f"it is the standard deviation of the first weights, or {KAIMING}."
            raise TrainingError(f"std is {self.std!r:.60}.", why, option("std", "1e-4"))
        return value

    def state(self) -> Json:
        return asdict(self)

    @classmethod
    def of_held(cls, held: Held) -> Recipe:
        """The recipe that `state()` was taken of. Raises `CheckpointError` for anything else."""
        recipe = held.made(cls)
        try:
            recipe.check()
        except TrainingError as error:
            raise held.error(f"in its {held.place}, {error.what.rstrip('.')}", error.why) from None
        return recipe

    def told(self) -> str:
        """The recipe in a line."""
        size = "" if self.model == "linear" else f", {self.hidden} hidden"
        return (
            f"{self.model} net on {self.dataset}{size}; {self.optimizer}, rate {self.lr:g}, reg {self.reg:g}, "
            f"batch {self.batch}, {self.epochs} epochs, seed {self.seed}"
        )


#: The settings of a recipe, by name.
SETTINGS: dict[str, Setting] = {
    each.name: each.metadata["setting"] for each in fields(Recipe) if "setting" in each.metadata
}


def option(name: str, value: object) -> str:
    """What to type.

    >>> option("train", 500)
    '--train-images 500'
    """
    return f"--{SETTINGS[name].option or name} {value}"


#: Where a model or a data set asks for other numbers than the course's two-layer net on CIFAR-10.
DEFAULTS: dict[tuple[str, str], dict[str, Any]] = {
    ("any", "linear"): {"images": "standard", "std": "0.001", "lr": 0.01, "reg": 1e-3},
    ("any", "conv"): {
        "images": "standard", "std": KAIMING, "optimizer": "adam", "lr": 1e-3, "reg": 0.0, "hidden": 32,
        "schedule": "cosine", "batch": 100,
    },
    ("digits", "two-layer"): {"hidden": 50, "lr": 0.1, "reg": 1e-3, "batch": 50, "epochs": 15, "validation": 300},
    ("digits", "linear"): {"batch": 50, "epochs": 15, "validation": 300, "lr": 0.1},
    ("digits", "conv"): {"batch": 50, "epochs": 10, "validation": 300, "hidden": 8},
}  # fmt: skip


# -------------------------------------------------------------------------------------------------- what it builds


def images_of(recipe: Recipe, directory: str | Path | None = None) -> data.Split:
    """The data of a recipe in three parts, preprocessed by what its training images say."""
    found = data.load(recipe.dataset, directory)
    check_counts(recipe, len(found.y_train))
    split = data.split(found, recipe.train, recipe.validation)
    if recipe.images == "raw":
        return split
    measure = data.mean_image if recipe.images == "mean-image" else data.per_channel
    return split.each(measure(split.X_train))


def check_counts(recipe: Recipe, there: int) -> None:
    """Raise `TrainingError` where there are not as many images as a recipe asks for."""
    if recipe.validation >= there:
        why = f"{recipe.dataset} has {there:,} images to learn from and to validate with."
        what = f"{recipe.validation:,} images to validate with leave none to learn from."
        raise TrainingError(what, why, option("validation", there // 10))
    learned = there - recipe.validation if recipe.train is None else recipe.train
    if learned + recipe.validation > there:
        what = f"there are not {learned:,} images to learn from and {recipe.validation:,} to validate with."
        why = f"{recipe.dataset} has {there:,} for both."
        raise TrainingError(what, why, option("train", there - recipe.validation))
    if recipe.batch > learned:
        what = f"batch is {recipe.batch:,}, and there are {learned:,} images to learn from."
        raise TrainingError(what, "a batch is a part of them, or all.", option("batch", learned))


def check_sizes(recipe: Recipe, images: data.Split, held: Held) -> None:
    """Raise `CheckpointError` where the weights in a checkpoint are not those of its recipe, before any are made.

    All sizes follow from the images and from the first layer's.
    """
    channels, *_ = shape = images.X_train.shape[1:]
    expected = {
        "linear": ("1.weight", (len(data.CLASSES[recipe.dataset]), int(np.prod(shape)))),
        "two-layer": ("1.weight", (recipe.hidden, int(np.prod(shape)))),
        "conv": ("0.weight", (recipe.hidden, channels, 3, 3)),
    }
    name, size = expected[recipe.model]
    weight = held.inside("model").take(name, ARRAY)
    if weight.shape != size:
        what = f"its recipe's first layer has weights of {size}, and its model.{name} is {weight.shape}"
        raise held.error(what, "they are of two different nets.")


def prepared(
    recipe: Recipe,
    images: data.Split,
    checkpoint: str | Path | None = None,
    say: Say | None = None,
    directory: str | None = None,
) -> Trainer:
    """The trainer of a recipe. Weights, batches and dropout have generators of their own, all from the one seed."""
    weights, order, units = np.random.default_rng(recipe.seed).spawn(3)
    model = network(recipe, images.X_train.shape[1:], len(data.CLASSES[recipe.dataset]), weights, units)
    optimizer = optimizer_of(recipe, model)
    return Trainer(
        model, images.X_train, images.y_train, images.X_val, images.y_val, optimizer=optimizer,
        scheduler=schedule_of(recipe, optimizer), epochs=recipe.epochs, batch_size=recipe.batch, reg=recipe.reg,
        change=change_of(recipe), rng=order, patience=recipe.patience, checkpoint=checkpoint, say=say,
        configuration={"recipe": recipe.state(), "data": directory},
    )  # fmt: skip


def network(recipe: Recipe, shape: tuple[int, ...], classes: int, weights: Rng, units: Rng) -> nn.Module:
    """The net: images (N, channels, height, width) in, scores (N, classes) out."""
    layers = {"linear": linear_classifier, "two-layer": two_layer, "conv": convolutional}[recipe.model]
    net = nn.Sequential(*layers(recipe, shape, classes, weights, units))
    spread = recipe.spread()
    *inner, last = (module for module in net.modules() if isinstance(module, (nn.Linear, nn.Conv2d)))
    for module in inner:
        draw_weights(module, spread, weights)
    draw_weights(last, SMALL if spread is None else spread, weights)
    return net


def draw_weights(module: nn.Linear | nn.Conv2d, spread: float | None, rng: Rng) -> None:
    """Draw the first weights anew, with a standard deviation, or Kaiming's; biases begin at 0."""
    if spread is None:
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu", rng=rng)
    else:
        nn.init.normal_(module.weight, std=spread, rng=rng)
    if module.bias is not None:
        nn.init.zeros_(module.bias)


def linear_classifier(
    recipe: Recipe, shape: tuple[int, ...], classes: int, weights: Rng, units: Rng
) -> list[nn.Module]:
    return [nn.Flatten(), nn.Linear(int(np.prod(shape)), classes, rng=weights)]


def two_layer(recipe: Recipe, shape: tuple[int, ...], classes: int, weights: Rng, units: Rng) -> list[nn.Module]:
    inside = [nn.Dropout(recipe.dropout, rng=units)] if recipe.dropout else []
    norm = [nn.BatchNorm1d(recipe.hidden)] if recipe.norm else []
    first = nn.Linear(int(np.prod(shape)), recipe.hidden, rng=weights)
    return [nn.Flatten(), first, *norm, nn.ReLU(), *inside, nn.Linear(recipe.hidden, classes, rng=weights)]


def convolutional(recipe: Recipe, shape: tuple[int, ...], classes: int, weights: Rng, units: Rng) -> list[nn.Module]:
    """Blocks of convolution, relu and pooling, up to three, as far as the images can be halved; then one linear map."""
    channels, height, width = shape
    layers: list[nn.Module] = []
    for block in range(3):
        wider = recipe.hidden * min(2**block, 2)
        norm = [nn.BatchNorm2d(wider)] if recipe.norm else []
        layers += [nn.Conv2d(channels, wider, 3, padding=1, rng=weights), *norm, nn.ReLU(), nn.MaxPool2d(2)]
        channels, height, width = wider, height // 2, width // 2
        if min(height, width) < 2:
            break
    inside = [nn.Dropout(recipe.dropout, rng=units)] if recipe.dropout else []
    return [*layers, nn.Flatten(), *inside, nn.Linear(channels * height * width, classes, rng=weights)]


def optimizer_of(recipe: Recipe, model: nn.Module) -> optim.Optimizer:
    parameters, rate = model.parameters(), recipe.lr
    makers: dict[str, Callable[[], optim.Optimizer]] = {
        "sgd": lambda: optim.SGD(parameters, lr=rate),
        "momentum": lambda: optim.SGD(parameters, lr=rate, momentum=MOMENTUM),
        "adam": lambda: optim.Adam(parameters, lr=rate),
        "adamw": lambda: optim.AdamW(parameters, lr=rate),
        "rmsprop": lambda: optim.RMSprop(parameters, lr=rate),
        "adagrad": lambda: optim.Adagrad(parameters, lr=rate),
    }
    return makers[recipe.optimizer]()


def schedule_of(recipe: Recipe, optimizer: optim.Optimizer) -> optim.lr_scheduler.LRScheduler | None:
    if recipe.schedule == "decay":
        return optim.lr_scheduler.ExponentialLR(optimizer, gamma=DECAY)
    if recipe.schedule == "cosine":
        return optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=recipe.epochs)
    return None


def change_of(recipe: Recipe) -> Change | None:
    return {"none": None, "flip": data.flipped, "flip-crop": data.augmented}[recipe.change]


def with_draws(recipe: Recipe, rng: Rng) -> Recipe:
    """The recipe with a rate, a width and a regularisation drawn around its own, as the course searches.

    Rate and regularisation are drawn evenly in their logarithm, within a factor of 10 and 30; the width within 4. A
    regularisation of 0 has no logarithm: it stays for one draw in four, and else is drawn around `AROUND_NONE`.

    >>> found = with_draws(Recipe("cifar10"), np.random.default_rng(0))
    >>> 1e-4 <= found.lr <= 1e-2, 50 <= found.hidden <= 800
    (True, True)
    """
    lr = recipe.lr * 10 ** rng.uniform(-1, 1)
    reg = (recipe.reg or AROUND_NONE) * 30 ** rng.uniform(-1, 1)
    hidden = round(recipe.hidden * 4 ** rng.uniform(-1, 1))
    if not recipe.reg and rng.random() < NONE_STAYS:
        reg = 0.0
    width = recipe.hidden if recipe.model == "linear" else max(hidden, 1)
    return replace(recipe, hidden=width, lr=rounded(lr), reg=rounded(reg))


def rounded(value: float) -> float:
    """A number to three digits, as one types it."""
    return float(f"{value:.3g}")
