"""A real Chromium for tests: fails a test on any page error and on any request that leaves this machine."""

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

# A restarting server refuses connections; a browser reports that as an error of its own, not of the page.
_EXPECTED = ("net::ERR_CONNECTION_REFUSED", "net::ERR_INCOMPLETE_CHUNKED_ENCODING", "net::ERR_EMPTY_RESPONSE")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start the system's Chromium; without one these tests are skipped, or fail where one is required.

    Not for longer than a module: while it is open, nothing else in this thread can run an event loop.
    """
    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("CITYPARK_TEST_REQUIRE_BROWSER") == "1":
            pytest.fail(
                "chromium is required here and not installed: apt-get install chromium fonts-wqy-microhei"
            )
        pytest.skip("no chromium: apt-get install chromium fonts-wqy-microhei")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


AXE = Path("tests/support/axe/axe.js")
_DESKTOP: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce"}


class Visit:
    """One page in a context of its own, and what went wrong on it."""

    def __init__(self, page: Page, expected: tuple[str, ...]) -> None:
        self.page = page
        self._expected = (*_EXPECTED, *expected)
        self.faults: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(f"page error: {error}"))
        page.on("console", self._hear)
        page.on("request", self._watch)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(text in message.text for text in self._expected):
            self.faults.append(f"console: {message.text}")

    def _watch(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob"} and address.hostname != "127.0.0.1":
            self.faults.append(f"left this machine: {request.url}")


@contextmanager
def visit(chromium: Browser, *, expected: tuple[str, ...] = (), **options: Any) -> Iterator[Page]:  # noqa: ANN401  as Playwright has them
    """Open an empty page with these context options. AssertionError in the end if anything went wrong.

    `expected` are parts of console errors that belong to the test.
    """
    context = chromium.new_context(**{**_DESKTOP, **options})
    try:
        visited = Visit(context.new_page(), expected)
        yield visited.page
        assert not visited.faults, visited.faults
    finally:
        context.close()


def accessibility_faults(page: Page) -> list[object]:
    """What axe-core finds against WCAG 2.2 A and AA and its own good practice: rule and elements."""
    page.evaluate(AXE.read_text())
    found: list[object] = page.evaluate(
        """async () => (await axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa",
          "best-practice"] })).violations.map((one) => [one.id, one.nodes.map((node) => node.html)])"""
    )
    return found


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
