"""The pre-flight's look at the images: their scale, and whether the labels have to do with them."""

from __future__ import annotations

import math

import numpy as np

from gatewise import optim
from gatewise._gates import plain
from gatewise.train.looking import Finding, Subject
from gatewise.train.scoring import in_batches
from gatewise.train.tape import finite, first_affine, named_wires

LARGEST_SUM, LARGEST_INPUT, SMALLEST_INPUT = 20.0, 20.0, 1e-3
EVIDENCE = 4.0  # standard deviations above chance
ENOUGH_TO_TELL = 100  # images
STEPS_TO_LEARN, FAST_STEPS, BATCH_TO_LEARN = 300, 200, 100
NEIGHBOURS = 15
OF_ONE_MIND, CONTRADICTED = 0.85, 0.35


def input_scale(subject: Subject) -> Finding:
    """Whether the images are centred and of a size that the first weights are drawn for."""
    X = np.asarray(subject.X, dtype=np.float64)
    mean, deviation = float(X.mean()), float(X.std())
    size = math.hypot(mean, deviation)
    sums = first_sums(subject)
    said = f"mean {mean:.3g}, deviation {deviation:.3g}; the first layer's sums are about {sums:.3g}"
    cure = "subtract the mean image and divide by the deviation, both of the training images."
    centred = abs(mean) <= deviation / 2
    healthy = size >= SMALLEST_INPUT and sums <= LARGEST_SUM and (size <= LARGEST_INPUT or centred)
    return Finding("input scale", healthy, said, cure)


def first_sums(subject: Subject) -> float:
    """The size of what the first layer with weights gives: the root of the mean square."""
    names = named_wires(subject.model.named_parameters)
    scores = subject.model(subject.X)
    return float(np.sqrt(np.mean(np.square(first_affine(scores.wire, names), dtype=np.float64))))


def related_labels(subject: Subject, X: np.ndarray, y: np.ndarray) -> Finding:
    """Whether images of one class look more alike than others, and whether the labels are all of one mind.

    Asked are the nearest mean, the nearest image and, where both know nothing, the net, after a short training on half
    of the images: some tasks show only to one that learns.
    """
    if len(X) < ENOUGH_TO_TELL:
        return Finding("labels", True, f"too few images ({len(X)}) to tell")
    half = len(X) // 2
    flat = X.reshape(len(X), -1).astype(np.float64)
    flat = (flat - flat.mean(axis=0)) / (flat.std() or 1.0)
    known, asked, answers, right = flat[:half], flat[half:], y[:half], y[half:]
    present = np.unique(answers)
    means = np.stack([known[answers == each].mean(axis=0) for each in present])
    guesses = [present[nearest(asked, means)], answers[nearest(asked, known)]]
    chance = Chance(answers, right)
    if chance.none:
        return Finding("labels", True, "one class, or too few images of all others to tell")
    if not any(map(chance.is_beaten_by, guesses)):
        guesses.append(after_training(subject, X[:half], answers, X[half:]))
    said = f"the nearest images name the class of {max(chance.share(each) for each in guesses):.0%}, "
    said += f"chance {chance.expected:.0%}"
    cure = "look at a few images with their labels; shuffle both in one order: X[order], y[order]."
    if not any(map(chance.is_beaten_by, guesses)):
        return Finding("labels", False, said, cure)
    if (wrong := contradicted(flat, y)) is not None:
        said = f"where images of one class lie together most clearly, {wrong:.0%} of the labels say otherwise"
        return Finding("labels", False, said, f"some labels may be drawn at random: {cure}")
    return Finding("labels", True, said)


class Chance:
    """What guessing gives, in all images and in the mean of the classes: few images of a class count as much as many.

    >>> chance = Chance(np.array([0, 1] * 50), np.array([0, 1] * 50))
    >>> chance.is_beaten_by(np.array([0, 1] * 50)), chance.is_beaten_by(np.zeros(100))
    (True, False)
    """

    def __init__(self, answers: np.ndarray, right: np.ndarray) -> None:
        self.right = right
        self.present, counts = np.unique(right, return_counts=True)
        shares = counts / len(right)
        self.expected = float(max(np.sum(shares**2), shares.max()))
        self.by_class = 1 / len(self.present)
        doubt = math.sqrt(self.expected * (1 - self.expected) / len(right))
        self.bound = self.expected + EVIDENCE * doubt
        self.bound_by_class = self.by_class + EVIDENCE * self.by_class * math.sqrt(float(np.sum(0.25 / counts)))
        self.none = len(self.present) < 2 or min(self.bound, self.bound_by_class) >= 1

    def share(self, guesses: np.ndarray) -> float:
        return float(np.mean(guesses == self.right))

    def is_beaten_by(self, guesses: np.ndarray) -> bool:
        """Whether so many are right as chance hardly ever gives."""
        by_class = np.mean([np.mean(guesses[self.right == each] == each) for each in self.present])
        return self.share(guesses) > self.bound or float(by_class) > self.bound_by_class


def after_training(subject: Subject, X: np.ndarray, y: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """What the net says of images after a short training on others."""
    model, rng = subject.model, np.random.default_rng(0)
    optimizer = optim.Adam(model.parameters(), lr=3e-3)
    for step in range(STEPS_TO_LEARN):
        chosen = rng.integers(0, len(X), BATCH_TO_LEARN)
        model.train()
        optimizer.zero_grad()
        value = subject.objective(model, model(X[chosen]), y[chosen], subject.loss, 0.0)
        if not finite(value.value):
            break
        value.backward()
        optimizer.step()
        if step == FAST_STEPS:
            optimizer.param_groups[0]["lr"] /= 10
    return np.concatenate([np.argmax(plain(scores), axis=1) for _, scores in in_batches(model, asked)])


def contradicted(flat: np.ndarray, y: np.ndarray) -> float | None:
    """The share of labels that differ from their neighbours' where these are most of one mind; None where few do.

    Neighbours out of two separate parts of the images are asked. Where classes overlap, they differ from each other;
    where labels were drawn at random, they agree, and the labels in their midst do not.
    """
    third = len(y) // 3
    if third < NEIGHBOURS * len(np.unique(y)):
        return None
    asked, right = flat[: len(y) - 2 * third], y[: len(y) - 2 * third]
    (one, clear), (other, _) = (
        voted(asked, flat[part], y[part]) for part in (slice(-2 * third, -third), slice(-third, None))
    )
    chosen = np.argsort(-clear, kind="stable")[: len(right) // 4]
    one, other, right = one[chosen], other[chosen], right[chosen]
    wrong = float(np.mean(one != right))
    return wrong if beyond_chance(one, other) >= OF_ONE_MIND and wrong >= CONTRADICTED else None


def voted(points: np.ndarray, others: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The class that most of each point's neighbours have, and their share."""
    squares = np.sum(others**2, axis=1) - 2 * points @ others.T
    near = labels[np.argpartition(squares, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]]
    votes = np.stack([np.sum(near == each, axis=1) for each in range(int(labels.max()) + 1)], axis=1)
    return votes.argmax(axis=1), votes.max(axis=1) / NEIGHBOURS


def beyond_chance(one: np.ndarray, other: np.ndarray) -> float:
    """How far two opinions agree, from 0 for what chance gives to 1 (Cohen's kappa).

    >>> beyond_chance(np.array([0, 1, 0, 1]), np.array([0, 1, 1, 0]))
    0.0
    """
    agreed = float(np.mean(one == other))
    by_chance = float(sum(np.mean(one == each) * np.mean(other == each) for each in np.unique(one)))
    return (agreed - by_chance) / (1 - by_chance) if by_chance < 1 else 0.0


def nearest(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The row of `others` that lies nearest to each point."""
    rows: np.ndarray = np.argmin(np.sum(others**2, axis=1) - 2 * points @ others.T, axis=1)
    return rows
