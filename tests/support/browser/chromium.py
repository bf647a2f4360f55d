"""A real Chromium, and what it tells of a page: calls elsewhere, forbidden things, errors."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from fastapi import FastAPI
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright, expect

from support.http.serving import address, listening
from support.not_run import not_run

DEVICE = "--use-fake-device-for-media-stream"
"""A microphone that is a file or a tone."""
MICROPHONE = (DEVICE, "--use-fake-ui-for-media-stream")
"""The same, which every page may use."""
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)
_QUIET = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--mute-audio")
_WATCH = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`VIOLATION ${event.violatedDirective} ${event.blockedURI}`));
globalThis.started = [];
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (when) {
  const samples = this.buffer.getChannelData(0);
  const peak = samples.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
  started.push({ when, seconds: this.buffer.duration, peak, context: this.context });
  return start.call(this, when);
};
"""
"""Reports violations, and keeps what Web Audio was given to play."""


@dataclass(frozen=True)
class Visit:
    """A page that is open, and what happened on it."""

    page: Page
    address: str
    requests: list[str] = field(default_factory=list)
    """Addresses of everything that the browser asked for."""
    problems: list[str] = field(default_factory=list)
    """Violations of the page's policy, and errors that no code of it caught."""

    def watch(self) -> None:
        """Begins to note what happens."""
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("websocket", lambda socket: self.requests.append(socket.url))
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        # Not the method itself: playwright keeps something at an object whose method it calls.
        self.page.on("console", lambda message: self._read(message))  # noqa: PLW0108

    def check(self) -> None:
        """Fails if the page asked for anything elsewhere, or anything went wrong in it."""
        own = self.address.partition("://")[2]
        within = (f"http://{own}/", f"ws://{own}/", "blob:", "data:")
        assert [one for one in self.requests if not one.startswith(within)] == []
        assert self.problems == []

    def _read(self, message: ConsoleMessage) -> None:
        if "VIOLATION" in message.text or "Content Security Policy" in message.text:
            self.problems.append(message.text)


@asynccontextmanager
async def chromium(*flags: str) -> AsyncIterator[Browser]:
    """Yields the browser, or skips the test where there is none."""
    program = shutil.which("chromium") or not_run("there is no chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program, args=[*_QUIET, *flags], timeout=120_000
        )
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def opened(
    browser: Browser, where: str, path: str = "/", **options: Any
) -> AsyncIterator[Visit]:
    """Yields the page at an address; checks in the end what it did there."""
    context = await browser.new_context(**options)
    context.set_default_timeout(PATIENCE_MS)
    await context.add_init_script(_WATCH)
    visit = Visit(await context.new_page(), where)
    visit.watch()
    try:
        await visit.page.goto(where + path)
        yield visit
        visit.check()
    finally:
        await context.close()


@asynccontextmanager
async def visiting(
    browser: Browser, app: FastAPI, path: str = "/", *, ready: bool = True, **options: Any
) -> AsyncIterator[Visit]:
    """Yields the page of an application, by default once that is ready."""
    async with listening(app) as server:
        if ready:
            await app.state.service.until_ready()
        async with opened(browser, address(server), path, **options) as visit:
            yield visit


async def downloaded(page: Page, role: Literal["button", "link"], name: str) -> tuple[str, bytes]:
    """Returns the name and the content of the file that a button or a link gives."""
    async with page.expect_download() as download:
        await page.get_by_role(role, name=name).click()
    saved = await download.value
    content = await asyncio.to_thread(Path(await saved.path()).read_bytes)
    return saved.suggested_filename, content


async def until_true(page: Page, expression: str) -> None:
    """Waits for an expression of the page; playwright's own way needs what its policy forbids."""
    async with asyncio.timeout(PATIENCE_MS / 1000):
        while not await page.evaluate(expression):
            await asyncio.sleep(0.02)


async def text_of(page: Page, selectors: Sequence[str]) -> list[str]:
    """Returns the texts of elements."""
    return [(await page.locator(one).inner_text()).strip() for one in selectors]
