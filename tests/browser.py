"""A real browser for tests: headless Chromium without a network, and pages that must not ask for one.

Playwright's synchronous interface keeps an event loop running in the thread that started it, so that nothing else in
that thread may start another. The browser therefore lives as long as the module of tests that asked for it, and no
longer.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_PATIENCE_MILLISECONDS = 20_000


def chromium_path() -> str | None:
    """Return the path of an installed Chromium, or None."""
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium; without one the test is skipped, but fails where the environment says CI."""
    path = chromium_path()
    if path is None:
        reason = f"no browser is installed; looked for {', '.join(_NAMES)}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Text is drawn the same on every machine, and containers lack the kernel features of the sandbox.
        arguments = ["--no-sandbox", "--font-render-hinting=none", "--force-color-profile=srgb"]
        running = playwright.chromium.launch(executable_path=path, args=arguments)
        yield running
        running.close()


class Visit:
    """A visit to a page of a file, without a network: what was asked for and what went wrong is written down.

    Attributes
    ----------
    page : playwright.sync_api.Page
        To be driven.
    requests : list of str
        Every address the page asked for, in order; the first is the file itself.
    problems : list of str
        Errors and warnings on the console, uncaught exceptions, and requests refused because they leave the page.
    """

    def __init__(self, context: BrowserContext) -> None:
        self.context, self.requests, self.problems = context, list[str](), list[str]()
        context.set_default_timeout(_PATIENCE_MILLISECONDS)
        context.set_offline(True)
        context.route("**/*", self._only_files)
        self.page: Page = context.new_page()
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.problems.append(f"uncaught: {error}"))
        self.page.on("console", self._listen)

    def _only_files(self, route: Any) -> None:
        if route.request.url.startswith("file:"):
            route.continue_()
            return
        self.problems.append(f"request to {route.request.url}")
        route.abort()

    def _listen(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.problems.append(f"{message.type}: {message.text}")


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Open a file in a fresh context: `visit(path, viewport={"width": 390, "height": 844})` returns a `Visit`.

    Options are those of `Browser.new_context`. When the test is over, the page must not have asked for anything
    outside the file system, and nothing must have gone wrong in it.
    """
    made: list[Visit] = []

    def open_file(path: Path | str, **options: Any) -> Visit:
        started = Visit(browser.new_context(**options))
        made.append(started)
        started.page.goto(Path(path).resolve().as_uri())
        return started

    yield open_file
    for each in made:
        each.context.close()
    assert [problem for each in made for problem in each.problems] == []
