"""What narrows the gap between training and validation accuracy: more data, more hidden units, more regularisation?

python examples/gap.py             the table and what it says
python examples/gap.py FIGURE.svg  and the figure of docs/training.md (with matplotlib)

What regularisation pulls a weight with: gatewise show examples/gap.py:penalty w=2 reg=0.1
"""

import sys
from itertools import pairwise

import numpy as np

from gatewise import data, nn, optim, train
from gatewise.train.plots import new_figure, save_figure

USUAL = {"images": 300, "hidden": 50, "reg": 1e-3}
FACTORS = {"images": (100, 300, 900), "hidden": (10, 50, 250), "reg": (0.0, 1e-3, 1e-2)}
WORDS = {"images": "more images", "hidden": "more hidden units", "reg": "stronger regularisation"}
SEEDS = (0, 1, 2)
EPOCHS = 30


def penalty(w, reg):
    cost = reg * w * w
    return cost


def accuracies(images, hidden, reg, seed):
    """Training and validation accuracy at the end of a run."""
    weights, order, chosen = np.random.default_rng(seed).spawn(3)
    split = data.split(data.digits(), validation=400)
    split = split.each(data.per_channel(split.X_train))
    rows = chosen.permutation(len(split.X_train))[:images]
    X, y = split.X_train[rows], split.y_train[rows]
    model = nn.Sequential(
        nn.Flatten(), nn.Linear(64, hidden, rng=weights), nn.ReLU(), nn.Linear(hidden, 10, rng=weights)
    )
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    at_the_end = []

    def look(news):
        if isinstance(news, train.Epoch) and news.number == EPOCHS:  # fit itself hands out the best epoch's weights
            at_the_end.extend([train.accuracy(model, X, y), train.accuracy(model, split.X_val, split.y_val)])

    train.fit(model, X, y, optimizer=optimizer, epochs=EPOCHS, batch_size=20, reg=reg, rng=order, say=look)
    return tuple(at_the_end)


def measured():
    """For each factor and each of its values, the accuracies of every seed."""
    known = {}
    found = {}
    for factor, values in FACTORS.items():
        for value in values:
            settings = {**USUAL, factor: value}
            for seed in SEEDS:
                key = (*settings.values(), seed)
                if key not in known:
                    known[key] = accuracies(**settings, seed=seed)
            found[factor, value] = [known[*settings.values(), seed] for seed in SEEDS]
    return found


def gaps(found, factor, value):
    return [learned - seen for learned, seen in found[factor, value]]


def narrowed(found, factor):
    """How often the gap is smaller at one value than at the one before, of all steps and seeds."""
    each = [gaps(found, factor, value) for value in FACTORS[factor]]
    return sum(after < before for row in pairwise(each) for before, after in zip(*row, strict=True))


def sentence(found):
    counts = {factor: narrowed(found, factor) for factor in FACTORS}
    steps = len(SEEDS) * 2
    each = "; ".join(f"{WORDS[factor]} narrowed it in {count} of {steps} steps" for factor, count in counts.items())
    agrees = any(count < steps for count in counts.values())
    verdict = "agrees with the note: each can help, none is sure to" if agrees else "here all of them did every time"
    return f"{each}: {verdict}."


def draw(found, path):
    figure, places = new_figure((9.0, 3.0), 1, 3)
    for place, (factor, values) in zip(places, FACTORS.items(), strict=True):
        at = range(len(values))
        for number, name in enumerate(("training", "validation")):
            rows = np.array([[pair[number] for pair in found[factor, value]] for value in values])
            place.errorbar(at, rows.mean(axis=1), rows.std(axis=1), fmt="o-", capsize=3, label=name)
        place.set(xlabel=factor, xticks=list(at), xticklabels=[f"{value:g}" for value in values])
    places[0].set(ylabel="accuracy")
    places[0].legend(frameon=False, fontsize="small")
    save_figure(figure, path)


if __name__ == "__main__":
    found = measured()
    print("                training  validation  gap (mean of three seeds)")
    for factor, values in FACTORS.items():
        for value in values:
            learned, seen = np.mean(found[factor, value], axis=0)
            print(f"{factor:>6} {value:<8g} {learned:.3f}     {seen:.3f}       {learned - seen:.3f}")
    print(f"\n{sentence(found)}")
    if sys.argv[-1].endswith((".svg", ".png")):
        draw(found, sys.argv[1])
