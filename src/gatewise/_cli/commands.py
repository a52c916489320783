"""The commands, their options and their help, and how a run ends."""

from __future__ import annotations

import os
import re
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

import click

from gatewise._cli.catalogue import catalogue, gate_page
from gatewise._cli.completing import SHELLS, among, of_gates, of_target, script
from gatewise._cli.helps import CHECK, EXAMPLES, SHOW, TRAIN
from gatewise._cli.mistakes import MISTAKE, message_and_status, misused, printable
from gatewise._cli.request import DIGITS, EVERYTHING, Request, shown_word
from gatewise._cli.show import show
from gatewise._cli.terminal import draw_table, fitted, write_fitted, write_out
from gatewise._cli.words import unknown_command
from gatewise._errors import CommandError
from gatewise._types import Function
from gatewise._views.forms import FORMS
from gatewise._views.palettes import PALETTES

INTERRUPTED = 130  # the exit status
LARGEST_SEED = 2**32 - 1


class Commands(click.Group):
    """The group, with a better answer to what is not a command."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands:
            raise unknown_command(args[0], list(self.commands))
        return super().resolve_command(ctx, args)


def told_version(context: click.Context, _: click.Parameter, asked: bool) -> None:
    """Print the version of the installed package and stop, where it was asked for."""
    from importlib.metadata import PackageNotFoundError, version  # 20 ms, for --version alone

    if asked:
        try:
            write_out(f"gatewise {version('gatewise')}")
        except PackageNotFoundError:
            write_out("gatewise, from a source tree that is not installed")
        context.exit()


STYLES = ("code", "notes")
WIRE = re.compile(r"[^\W\d]\w*(\[[^\]]*\])*")  # what a wire may be called


class Named(click.Command):
    """A command whose mistakes know which command was typed."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as misuse:
            misuse.ctx = misuse.ctx or ctx
            raise


class Show(Named):
    """`show`: what begins with a dash may be an expression; `--code` and `--derive` may stand without a value."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args == ["-h"]:
            args = ["--help"]
        return super().parse_args(ctx, list(readable(args)))

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return ["EXPRESSION | FILE.py[:FUNCTION]", "[NAME=VALUE ...]", "[OPTIONS]"]


class Check(Named):
    """`check`: what begins with a dash may be an expression."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, args if args == ["-h"] else list(readable(args)))

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return ["FILE.py[:FUNCTION] | EXPRESSION", "[NAME=VALUE ...]", "[OPTIONS]"]


class Train(Named):
    """`train`: its options are the settings of a recipe, and a few of its own."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """With the settings, which are loaded when it is asked for them: layers and data sets come with them."""
        from gatewise._cli.train import options_of_recipe

        dataset, directory, *others = super().get_params(ctx)
        return [dataset, directory, *options_of_recipe(), *others]


def readable(args: Sequence[str]) -> Iterator[str]:
    """The words as click reads them: an option's usual value is filled in, and the h in -x*h is no cry for help.

    >>> list(readable(["x*y", "--code", "notes", "--derive"]))
    ['x*y', '--code=notes', '--derive=']
    """
    words = deque(args)
    while words:
        word = words.popleft()
        if word == "--code":
            yield f"--code={words.popleft() if words and words[0] in STYLES else 'code'}"
        elif word == "--derive" and not (words and WIRE.fullmatch(words[0])):
            yield f"--derive={EVERYTHING}"
        else:
            yield f" {word}" if re.fullmatch(r"-(?!-|h$).*h.*", word, re.DOTALL) else word


def read_digits(_: click.Context, __: click.Parameter, text: str | None) -> int | None:
    """The number after --digits. Raises `CommandError`."""
    if text is None:
        return None
    if not re.fullmatch(r"[+-]?[0-9]{1,9}", text.strip()):
        raise CommandError(f"--digits {shown_word(text)} is not a whole number.", DIGITS, "--digits 4")
    return int(text)


@click.group(cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=told_version, help="The version.")
@click.pass_context
def gatewise(context: click.Context) -> None:
    """Backpropagation, gate by gate: every value and every gradient in a circuit, and the backward pass as code.

    `gatewise show file.py:f` runs that file: show only what you would also run.
    """
    if context.invoked_subcommand is None:
        write_out(EXAMPLES)


def options_of_forms(command: Function) -> Function:
    """An option for each form of file that has one, named as the form is."""
    for form in reversed([form for form in FORMS if form.kind]):
        command = click.option(f"--{form.word}", metavar="FILE", help=form.help)(command)
    return command


@gatewise.command(
    "show",
    cls=Show,
    help=SHOW,
    short_help="Show the circuit of an expression, a function or a script.",
    context_settings={"ignore_unknown_options": True},
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED, shell_complete=of_target)
@click.option("--card", "cards", metavar="NAME", multiple=True, help="The card of one wire instead of the table.")
@click.option(
    "--code",
    metavar="[notes]",
    type=click.Choice(STYLES),
    help="The forward and backward pass as NumPy code; --code notes keeps every local factor.",
)
@click.option(
    "--derive",
    metavar="[WIRE]",
    multiple=True,
    help="The derivation of a wire's gradient with your numbers; without WIRE, of every input's.",
)
@click.option("--latex", is_flag=True, help="The derivation as LaTeX, not Markdown.")
@click.option("--walk", is_flag=True, help="Gate by gate under the arrow keys; all steps as text in a pipe.")
@click.option(
    "--vary",
    metavar="NAME=V,V,...",
    multiple=True,
    help="The circuit at several values of one input; where that is data (x, or what --wrt leaves out), with the "
    'learning rates that keep the step of the first row. "X*=1,10": multiples of an array.',
)
@click.option("--json", "as_json", is_flag=True, help="The whole record as JSON, alone.")
@options_of_forms
@click.option("--open", "opens", is_flag=True, help="Open the page of --html in a browser.")
@click.option(
    "--form",
    type=click.Choice(["fragment", "standalone", "beamer", "text"]),
    metavar="FORM",
    help="What a TeX file, or --derive --latex, is: fragment (to put in), standalone (a document), or beamer (slides "
    "that walk); text: --derive without LaTeX, as on a terminal.",
)
@click.option(
    "--save",
    metavar="FILE",
    multiple=True,
    help=f"Write whatever the ending says: {', '.join(form.word for form in FORMS)}.",
)
@click.option(
    "--palette", metavar="NAME", shell_complete=among(PALETTES), help=f"Colours of pictures: {', '.join(PALETTES)}."
)
@click.option(
    "--digits",
    metavar="N",
    callback=read_digits,
    help="Digits after the point, in tables and pictures; without it, four significant ones.",
)
@click.option(
    "--fold",
    metavar="N|all|none|NAME,...",
    help="Draw groups of gates (blocks such as sigmoid, calls, repeats) as one: so many that at most N gates are left, "
    "all, none, or those named. With all, tables and cards show chains and blocks as one gate, too.",
)
@click.option(
    "--round",
    metavar="N|first|last",
    help="Of a loop that is shown as one round the one to show; a loop of a handful of gates is shown so too, then.",
)
@click.option("--unrolled", is_flag=True, help="Every round of every loop, in tables, pictures and code.")
@click.option("--cell", metavar="N|NAME", help="Of a notebook: the cells of code up to this one, or the function NAME.")
@click.option("--cut", metavar="WIRE", help="The circuit from this wire on: the wire becomes an input.")
@click.option("--wrt", metavar="NAME[,NAME]", multiple=True, help="The gradients of these inputs alone.")
@click.option(
    "--upstream",
    metavar="ones|VALUE|NAME",
    help="The gradient to start from, for an output that is not one number; NAME: a gradient that the script assigns.",
)
@click.option("--output", metavar="NAME", help="In a flat script: the value that the circuit leads to.")
@click.option(
    "--rng",
    "seed",
    type=click.IntRange(0, LARGEST_SEED),
    metavar="SEED",
    help="A whole number: the same one gives the same random draws.",
)
def show_command(wrt: tuple[str, ...], **options: Any) -> None:
    """Read the options of `show`."""
    files = [(form, options.pop(form.word)) for form in FORMS if form.kind]
    named = [(form, path) for form, path in files if path is not None]
    show(Request(named=named, wrt=[name for text in wrt for name in names_typed(text)] if wrt else None, **options))


def names_typed(text: str) -> list[str]:
    """The names of `--wrt`. Raises `CommandError` where there are none."""
    names = [name.strip() for name in re.split("[,，]", text) if name.strip()]
    if not names:
        why = "it says which inputs' gradients are wanted; without it, it is all of them."
        raise CommandError(f"--wrt {shown_word(text)} names no input.", why, "--wrt x, or --wrt W,b.")
    return names


@gatewise.command(
    "check",
    cls=Check,
    help=CHECK,
    short_help="Is this gradient right? Which line is wrong? And exercises.",
    context_settings={"ignore_unknown_options": True},
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED, shell_complete=of_target)
@click.option("--gradient", metavar="FILE.py:FUNCTION", help="The gradient: a function of the same inputs.")
@click.option("--backward", metavar="FILE.py:FUNCTION", help="The other half of a layer: (dout, cache) to gradients.")
@click.option("--wrt", metavar="NAME[,NAME]", multiple=True, help="Check the gradients of these inputs alone.")
@click.option(
    "--leave-out", metavar="NAME[,NAME]", multiple=True, help="Do not check these: inputs, or gradients of a script."
)
@click.option("--upstream", metavar="ones|VALUE", help="The gradient that arrives at an output of several entries.")
@click.option(
    "--effort",
    type=click.Choice(["quick", "default", "all"]),
    default="default",
    help="How many entries of large arrays are looked at; all: every one.",
)
@click.option(
    "--rng",
    "seed",
    type=click.IntRange(0, LARGEST_SEED),
    metavar="SEED",
    help="A whole number: the same one gives the same random draws, in inputs and in every run of the function.",
)
@click.option("--json", "as_json", is_flag=True, help="The report as JSON, alone.")
@click.option("--exercises", is_flag=True, help="List the exercises that ship with gatewise.")
@click.option("--blank", metavar="NAME|TARGET", help="Write an exercise: the backward lines are left for you.")
@click.option("-o", "to", metavar="FILE.py", help="Where --blank writes it.")
@click.option("--hint", is_flag=True, help="With an exercise: what kind of mistake a line has, which rule it needs.")
@click.option("--solution", is_flag=True, help="With an exercise: the lines that are still to be written.")
@click.option(
    "--timeout", type=click.FloatRange(min=0.1), default=30.0, metavar="SECONDS", help="For each of many files."
)
@click.option("--key", metavar="FILE", help="Where --blank or --worksheet writes the key; what opens --solution.")
@click.option("--worksheet", metavar="NAME|TARGET", help="Draw the circuit with blanks for its gradients, for paper.")
@click.option(
    "--points",
    type=click.FloatRange(min=0, min_open=True),
    metavar="N",
    help="The marks for all lines, or gradients, right.",
)
@click.option("--cell", metavar="N|NAME", help="Of a notebook: this cell of code, or the one that defines NAME.")
@click.option("--csv", metavar="FILE.csv", help="With a folder: its rows as a table for a spreadsheet.")
@click.option("--gradescope", metavar="results.json", help="With a folder: its rows as Gradescope reads them.")
def check_command(wrt: tuple[str, ...], leave_out: tuple[str, ...], **options: Any) -> int:
    """Read the options of `check`."""
    from gatewise._cli.asked import CheckRequest
    from gatewise._cli.check import do_check  # the checker and the exercises, for this command alone

    names = [name for text in wrt for name in names_typed(text)] if wrt else None
    left = [name.strip() for text in leave_out for name in re.split("[,，]", text) if name.strip()]
    return do_check(CheckRequest(wrt=names, leave_out=left, **options))


@gatewise.command("gates", cls=Named, short_help="All gates, or the page of one: its rule, its code, an example.")
@click.argument("name", required=False, shell_complete=of_gates)
@click.option("--coverage", "covered", is_flag=True, help="How much of NumPy and SciPy is answered; what is missing.")
def gates_command(name: str | None, covered: bool) -> None:
    """The catalogue of gates, or the page of one: what it does to gradients, its rule, its code, an example."""
    if covered:
        from gatewise._cli.coverage import coverage

        write_fitted(coverage())
    elif name is None:
        draw_table(*catalogue())
        write_fitted("\ngatewise gates NAME shows one gate: its rule, the code it prints, and an example.")
    else:
        write_out(gate_page(name, fitted))


@gatewise.command(
    "completion", cls=Named, short_help="What makes a shell complete commands, files and functions by Tab."
)
@click.argument("shell", type=click.Choice(list(SHELLS)), required=False)
def completion_command(shell: str | None) -> None:
    """The script that a shell reads at its start; without SHELL, the line that has it read."""
    if shell is None:
        draw_table(("shell", "type once"), list(SHELLS.items()))
    else:
        write_out(script(gatewise, shell).rstrip("\n"))


@gatewise.command(
    "train", cls=Train, help=TRAIN, short_help="Train a net on images, with the course's recipe or yours."
)
@click.argument("dataset", required=False)
@click.option("--data", "directory", metavar="DIR", help="The folder with the data, or the one that holds it.")
@click.option("--search", type=click.IntRange(1), metavar="N", help="N trials around rate, width and regularisation.")
@click.option("--resume", metavar="DIR", help="Go on with a run, as if it had never stopped.")
@click.option("--run", "folder", metavar="DIR", help="Where the run is saved; run, run-2, ... without it.")
@click.option("--test", is_flag=True, help="At the end, look at the test images once.")
@click.option("--no-preflight", "preflight", flag_value=False, default=True, help="Begin at once.")
def train_command(
    dataset: str | None,
    directory: str | None,
    resume: str | None,
    search: int | None,
    folder: str | None,
    test: bool,
    preflight: bool,
    **recipe: object,
) -> None:
    """Read the options of `train`."""
    from gatewise._cli.train import TrainRequest, train  # layers and data sets, which no other command needs

    asked = {name: value for name, value in recipe.items() if value is not None}
    train(TrainRequest(dataset, directory, resume, search, folder, test, preflight, asked))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave: with 0, 2 for a mistake in what was typed, 1 for a defect of gatewise.

    `check` leaves with 1 and 3 for its verdicts, too.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that cannot show a letter shows its number
            stream.reconfigure(errors="backslashreplace")
    sys.exit(status_of(arguments))


def status_of(arguments: Sequence[str] | None) -> int:
    """Run the command line; whatever goes wrong is one message on standard error."""
    try:
        status = gatewise.main(args=arguments, prog_name="gatewise", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as misuse:
        click.echo(printable(misused(misuse)), err=True)
        return MISTAKE
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        message, status = message_and_status(error)
        click.echo(message, err=True)
    return status or 0
