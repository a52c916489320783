"""What all tests share: counts for the summary, the folders of notes and data, Hypothesis without a deadline."""

from __future__ import annotations

import os
import signal
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings

from gatewise._gates import load_scipys

# On a busy machine a deadline tells of the machine, not of the code.
settings.register_profile("gatewise", deadline=None)
settings.load_profile("gatewise")

#: A guest of `make fuzz`, which the suite does without.
collect_ignore = [] if find_spec("jax") else ["numpy_programs/in_jax.py", "numpy_programs/primitives.py"]

load_scipys()  # their gates are declared before any test asks which there are

COUNTED = "counted"
counts: defaultdict[str, Counter[str]] = defaultdict(Counter)


@pytest.fixture
def counted(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Add to the counts printed after the tests: `counted("registry", gates=1, cases=212)`, summed over all tests.

    They travel with the report of the test, so that they arrive from the workers of pytest-xdist too.
    """

    def count(topic: str, **numbers: int) -> None:
        request.node.user_properties.append((COUNTED, (topic, numbers)))

    return count


def pytest_configure() -> None:
    """Let Ctrl-C be tested where the suite runs behind an `&`: a shell has its background jobs ignore it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when != "teardown":  # each report of a test repeats the properties; the last has them all
        return
    for name, value in report.user_properties:
        if name == COUNTED:
            topic, numbers = value
            counts[topic].update(numbers)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for topic, numbers in sorted(counts.items()):
        told = ", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in numbers.items())
        terminalreporter.write_line(f"{topic}: {told}")
    if failed := os.environ.get("GATEWISE_FAILED_CHECKS"):  # set by `make test`
        terminalreporter.write_line(f"failed before pytest, see above: {failed}", red=True)


def folder_named_by(variable: str) -> Path:
    """Return the folder an environment variable names, or skip the test, saying why."""
    if not (named := os.environ.get(variable)):
        pytest.skip(f"{variable} is not set")
    folder = Path(named)
    assert folder.is_dir(), f"{variable} names {folder}, which is not a folder"
    return folder


@pytest.fixture(scope="session")
def notes() -> Path:
    """Give the folder with the notes and their code blocks."""
    return folder_named_by("GATEWISE_NOTES")


@pytest.fixture(scope="session")
def data() -> Path:
    """Give the folder with the data sets."""
    return folder_named_by("GATEWISE_DATA")


@pytest.fixture(autouse=True, scope="session")
def plain_terminal() -> Iterator[None]:
    """Keep the reader's terminal out of what is compared: no colours, and a fixed width."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_COLOR", "1")
        patch.setenv("COLUMNS", "120")
        yield
