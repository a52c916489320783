"""`gatewise train`: a line an epoch, a run that can be stopped and goes on, mistakes with a way out."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time

import pytest

from cli.conftest import ROOT
from gatewise.train import checkpoints

SHORT = ("train", "digits", "--epochs", "3", "--train-images", "400", "--validation", "100", "--no-preflight")


def epochs_of(text):
    """The validation accuracies that lines end in."""
    return re.findall(r"^epoch \d+/\d+ .* validation accuracy (\d\.\d{4})$", text, re.MULTILINE)


def test_the_digits_train_without_any_option(typed, tmp_path):
    answer = typed("train", "digits")
    assert answer.status == 0
    accuracies = epochs_of(answer.out)
    assert len(accuracies) == 15
    assert float(accuracies[-1]) > 0.9
    assert "pre-flight: 9 of 9" in answer.out
    assert (tmp_path / "run" / "last.checkpoint").exists()


@pytest.mark.parametrize("model", ["linear", "two-layer", "conv"])
def test_every_model_trains(model, typed):
    answer = typed(*SHORT, "--model", model, "--test")
    assert answer.status == 0
    assert len(epochs_of(answer.out)) == 3
    assert re.search(r"^test accuracy 0\.\d{4} on 360 images$", answer.out, re.MULTILINE)


def test_options_reach_the_recipe(typed, tmp_path):
    options = {"--hidden": "7", "--lr": "0.05", "--reg": "0.001", "--batch": "40", "--optimizer": "adam", "--rng": "5",
               "--schedule": "cosine", "--std": "kaiming", "--dropout": "0.1", "--images": "standard",
               "--change": "none", "--patience": "9", "--run": "here"}  # fmt: skip
    words = [word for pair in options.items() for word in pair]
    assert typed(*SHORT, "--norm", *words).status == 0
    recipe = checkpoints.load(tmp_path / "here" / "last.checkpoint")["configuration"]["recipe"]
    assert recipe == {
        "dataset": "digits", "model": "two-layer", "hidden": 7, "epochs": 3, "lr": 0.05, "reg": 0.001, "batch": 40,
        "optimizer": "adam", "schedule": "cosine", "std": "kaiming", "dropout": 0.1, "norm": True,
        "images": "standard", "change": "none", "validation": 100, "train": 400, "patience": 9, "seed": 5,
    }  # fmt: skip


def test_the_same_seed_prints_the_same(typed):
    first, second, other = (epochs_of(typed(*SHORT, "--rng", seed).out) for seed in ("1", "1", "2"))
    assert first == second != other


def test_a_run_never_writes_over_another(typed, tmp_path):
    for _ in range(2):
        assert typed(*SHORT, "--epochs", "1").status == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run", "run-2"]


def test_a_run_that_is_over_can_be_tested_later(typed):
    done = typed(*SHORT)
    again = typed("train", "--resume", "run", "--test")
    assert again.status == 0
    assert epochs_of(again.out) == []
    assert "test accuracy" in again.out
    best = r"best: epoch .*"
    assert re.search(best, done.out)[0] == re.search(best, again.out)[0]


def test_what_the_preflight_warns_of_does_not_stop_a_run(typed):
    answer = typed("train", "digits", "--lr", "1e-5", "--epochs", "1")
    assert answer.status == 0
    assert "warning: rate: 1e-05" in answer.err
    assert "instead: a higher rate" in answer.err
    assert len(epochs_of(answer.out)) == 1


def test_a_run_that_diverges_says_why(typed):
    answer = typed(*SHORT, "--lr", "1e30", "--std", "1")
    assert answer.status == 2
    assert "not applied" in answer.err
    assert "Traceback" not in answer.err


def test_a_search_names_the_best(typed, tmp_path):
    answer = typed(*SHORT, "--epochs", "1", "--search", "3", "--test")
    assert answer.status == 0, answer.err
    trials = re.findall(
        r"^(\d)/3  --lr (\S+) --hidden (\d+) --reg (\S+)  validation accuracy (\d\.\d{4})$", answer.out, re.M
    )
    assert [trial[0] for trial in trials] == ["1", "2", "3"]
    best = max(trials, key=lambda trial: trial[4])
    assert f"best of 3: --lr {best[1]} --hidden {best[2]} --reg {best[3]}, with {best[4]}" in answer.out
    again = typed("train", "--resume", "run", "--test")
    assert again.out.splitlines()[-3:] == answer.out.splitlines()[-3:]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "nothing to train on"),
        (("digts",), "digits"),
        (("digits", "--model", "resnet"), "resnet"),
        (("digits", "--epochs", "0"), "epochs is 0"),
        (("digits", "--epochs", "ten"), "ten"),
        (("digits", "--lr", "-1"), "lr is -1"),
        (("digits", "--optimizer", "sdg"), "sdg"),
        (("digits", "--train-images", "100000"), "100,000"),
        (("digits", "--dropout", "1"), "dropout"),
        (("digits", "--std", "wide"), "wide"),
        (("--resume", "nowhere"), "no run"),
        (("digits", "--resume", "nowhere"), "alone"),
        (("--resume", "nowhere", "--lr", "1"), "alone"),
        (("cifar10", "--data", "nowhere"), "nowhere"),
        (("digits", "--search", "0"), "search"),
        (("digits", "--epochs", "0"), "instead: --epochs 10"),
        (("digits", "--train-images", "0"), "instead: --train-images 10"),
        (("digits", "--validation", "100000"), "100,000 images to validate with leave none"),
        (("digits", "--train-images", "1400"), "instead: --train-images 1137"),
        (("digits", "--batch", "100000000"), "batch is 100,000,000"),
        (("digits", "--data", "."), "without --data"),
        (("mnist", "--data", __file__), "is a file"),
        (("digits", "--model", "linear", "--hidden", "50"), "no hidden"),
        (("digits", "--model", "linear", "--dropout", "0.5"), "no dropout"),
        (("digits", "--model", "linear", "--norm"), "no norm"),
        (("digits", "--change", "flip"), "flip"),
        (("digits", "--run", ""), "--run names no folder"),
        (("digits", "--run", " "), "--run names no folder"),
    ],
)
def test_mistakes_are_answered(words, said, refused):
    assert said in refused("train", *words)


def test_the_name_of_a_folder_is_printed_in_one_line(typed, tmp_path):
    answer = typed(*SHORT, "--epochs", "1", "--run", "a\nb")
    assert answer.status == 0
    assert "saved in 'a\\nb'/" in answer.out
    assert (tmp_path / "a\nb" / "last.checkpoint").exists()


@pytest.mark.parametrize("words", [("--lr", "1e30", "--std", "1"), ("--reg", "1e30")])
def test_a_run_that_diverges_before_it_is_saved_leaves_nothing(words, typed, tmp_path):
    answer = typed(*SHORT, *words)
    assert answer.status == 2
    assert not list(tmp_path.iterdir())
    assert "checkpoint" not in answer.err
    assert ("a reg far below" if "--reg" in words else "a rate lower than") in answer.err


def test_a_preflight_that_is_stopped_leaves_nothing(typed, tmp_path, monkeypatch):
    def stopped(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("gatewise._cli.train.preflight", stopped)
    assert typed("train", "digits").status == 130
    assert not list(tmp_path.iterdir())


def test_a_search_looks_for_a_regularisation_where_there_is_none(typed):
    answer = typed(*SHORT, "--epochs", "1", "--reg", "0", "--search", "4")
    assert answer.status == 0
    assert len(set(re.findall(r"^\d/4 .* --reg (\S+) ", answer.out, re.M))) > 1


@pytest.mark.parametrize(("lines", "said"), [
    (0, "after step 0: standard output was closed; nothing is saved"),
    (3, "standard output was closed; saved. To go on: gatewise train --resume p"),
])  # fmt: skip
def test_a_closed_pipe_ends_a_run_that_is_saved_and_says_so(lines, said, tmp_path):
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "gatewise", "train", "digits", "--epochs", "300", "--no-preflight", "--run", "p"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
                               env=environment)  # fmt: skip
    for _ in range(lines):
        process.stdout.readline()
    process.stdout.close()
    err = process.stderr.read()
    assert process.wait(60) in (0, 1)
    process.stderr.close()
    assert said in err
    assert (tmp_path / "p" / "last.checkpoint").exists() == (lines > 0)


SPOILED = {
    "hidden": (2_000_000, "first layer"), "epochs": (float("nan"), "recipe.epochs is nan"), "lr": ("x", "recipe.lr"),
    "std": (None, "recipe.std"), "batch": (3.5, "recipe.batch"), "dataset": (["x"], "recipe.dataset"),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILED)
def test_a_recipe_of_a_wrong_kind_is_named(name, typed, tmp_path):
    assert typed(*SHORT, "--epochs", "1").status == 0
    path = tmp_path / "run" / "last.checkpoint"
    state = checkpoints.load(path)
    value, said = SPOILED[name]
    state["configuration"]["recipe"][name] = value
    checkpoints.save(path, state)
    answer = typed("train", "--resume", "run")
    assert answer.status == 2
    assert said in answer.err
    assert "last.checkpoint" in answer.err
    assert "defect" not in answer.err


def test_an_interrupted_search_says_what_is_saved(typed, tmp_path, monkeypatch):
    from gatewise.train.fitting import Trainer

    taken, steps = Trainer.step, []

    def one(trainer, X, y):
        steps.append(1)
        if len(steps) == 10:  # the first trial has eight steps
            os.kill(os.getpid(), signal.SIGINT)
        return taken(trainer, X, y)

    monkeypatch.setattr(Trainer, "step", one)
    answer = typed(*SHORT, "--epochs", "1", "--search", "3")
    assert answer.status == 130
    assert "stopped in trial 2; 1 of 3 trials are saved. To go on: gatewise train --resume run" in answer.err
    assert len(checkpoints.load(tmp_path / "run" / "search.checkpoint")["trials"]) == 1
    assert typed("train", "--resume", "run").status == 0


def test_a_folder_with_a_run_is_not_written_over(typed):
    assert typed(*SHORT, "--epochs", "1", "--run", "here").status == 0
    answer = typed(*SHORT, "--run", "here")
    assert answer.status == 2
    assert "--resume here" in answer.err


def test_a_damaged_run_goes_on_from_the_checkpoint_before(typed, tmp_path):
    assert typed(*SHORT).status == 0
    path = tmp_path / "run" / "last.checkpoint"
    path.write_bytes(path.read_bytes()[:100])
    answer = typed("train", "--resume", "run")
    assert answer.status == 0
    assert "last.checkpoint.previous" in answer.err
    path.write_bytes(b"")
    checkpoints.previous_of(path).write_bytes(b"gatewise")
    answer = typed("train", "--resume", "run")
    assert answer.status == 2
    assert "last.checkpoint" in answer.err


def test_a_checkpoint_of_something_else_is_refused(tmp_path, refused):
    checkpoints.save(tmp_path / "other", {"weights": 3})
    assert "it has no configuration" in refused("train", "--resume", "other")


def test_ctrl_c_saves_and_the_run_goes_on_as_if_it_had_not_been_stopped(tmp_path):
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "gatewise", "train", "digits", "--epochs", "40", "--no-preflight", "--run"]

    def finished(*words):
        done = subprocess.run([*words], capture_output=True, text=True, cwd=tmp_path, env=environment, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    whole = epochs_of(finished(*command, "whole"))
    process = subprocess.Popen([*command, "part"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               cwd=tmp_path, env=environment)  # fmt: skip
    printed = [process.stdout.readline() for _ in range(6)]
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "gatewise train --resume part" in err
    rest = finished(sys.executable, "-m", "gatewise", "train", "--resume", "part")
    assert epochs_of("".join(printed) + out + rest) == whole
    states = [checkpoints.load(tmp_path / name / "last.checkpoint") for name in ("whole", "part")]
    assert repr(states[0]["model"]) == repr(states[1]["model"])
    assert states[0]["history"]["losses"].tobytes() == states[1]["history"]["losses"].tobytes()


def test_a_slice_of_cifar10_is_learned(typed, data):
    answer = typed("train", "cifar10", "--data", str(data), "--train-images", "2000", "--epochs", "2", "--no-preflight")
    assert answer.status == 0, answer.err
    assert float(epochs_of(answer.out)[-1]) > 0.15
    again = typed("train", "--resume", "run")
    assert again.status == 0  # it remembers where the data are
