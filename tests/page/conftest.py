"""A real browser for the tests of the page: one a session, without a network."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gatewise._views.page import bundled
from gatewise._views.phrases import phrases

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "microsoft-edge")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
LOCAL = ("file:", "about:", "data:", "blob:")
WEB = Path(__file__).parents[2] / "src" / "gatewise" / "_views" / "web"
EXPORTED = re.compile(r"^export (?:const|class) (\w+)", re.MULTILINE)
WRITING = ("phrases", "texts", "numbers", "sheet", "patterns", "corners", "meaning", "card")
COMPUTING = ("arrays", "totals", "products", "gates", "compute")


def browser_path() -> str:
    """Return the browser that GATEWISE_BROWSER names or that is on the path, or skip the test, saying what to do."""
    for name in (os.environ.get("GATEWISE_BROWSER"), *BROWSERS):
        if name and (found := shutil.which(name)):
            return found
    pytest.skip("no browser is installed: apt install chromium, or name one in GATEWISE_BROWSER")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Give a headless Chromium, one for all tests."""
    playwright = pytest.importorskip("playwright.sync_api", reason="no playwright is installed: pip install playwright")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=browser_path(), args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """Give an empty page from which nothing outside this computer can be reached; its errors fail the test."""
    context = browser.new_context()
    asked: list[str] = []
    errors: list[str] = []

    def answer(route: Any) -> None:
        if route.request.url.startswith(LOCAL):
            route.continue_()
        else:
            asked.append(route.request.url)
            route.abort()

    context.route("**/*", answer)
    opened = context.new_page()
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert asked == [], "the page asked for something outside"
    assert errors == [], "the page threw an error"


def open_live(page: Any, path: Path, text: str) -> None:
    """Write a page to a file and open it; return once its script, which unpacks itself, has taken over."""
    path.write_text(text, encoding="utf-8")
    page.goto(path.as_uri())
    page.wait_for_selector(".live")


def with_modules(page: Any, *names: str) -> Any:
    """An empty page with some of the scripts, each under its name in `gatewise`, and their phrases."""
    page.goto("about:blank")
    exported = {name: ", ".join(EXPORTED.findall((WEB / f"{name}.js").read_text("utf-8"))) for name in names}
    told = ", ".join(f"{name}: {{ {each} }}" for name, each in exported.items())
    page.evaluate(f"() => {{ {bundled(names)}\nglobalThis.gatewise = {{ {told} }}; }}")
    page.evaluate("phrases => gatewise.phrases.speak(phrases)", phrases())
    return page


@pytest.fixture
def scripts(page: Any) -> Any:
    """Give a page with the scripts that compute, and write numbers and cards."""
    return with_modules(
        page, "phrases", "texts", "numbers", "sheet", "patterns", "corners", "meaning", "card", *COMPUTING
    )
