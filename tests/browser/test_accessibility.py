"""Both pages for people who use them otherwise: by keyboard, by ear, in the dark, on a phone."""

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from fastapi import FastAPI
from playwright.async_api import Browser, Page, expect

from support.browser.chromium import downloaded, visiting
from support.http.transcribing import HEARD, clip
from support.http.voice_apps import stt_app, tts_app

pytestmark = pytest.mark.asyncio(loop_scope="module")

BOTH = pytest.mark.parametrize("build", [tts_app, stt_app], ids=["tts", "stt"])
PHONE = {"width": 320, "height": 640}
_FOCUSED = "document.activeElement.id || document.activeElement.textContent.trim().slice(0, 30)"
MOST_STOPS = 40

Build = Callable[[], FastAPI]


async def with_a_result(page: Page, folder: Path) -> None:
    """Uses the page once, so that all of it is shown."""
    await expect(page.locator("#state")).to_contain_text("ready")
    await page.get_by_text("API key", exact=True).click()
    if await page.locator("#speak").count():
        await page.get_by_role("button", name="Speak").click()
        await expect(page.locator("#download")).to_be_visible()
        return
    (folder / "said.wav").write_bytes(clip())
    await page.get_by_label("Audio or video").set_input_files(folder / "said.wav")
    await page.get_by_role("button", name="Start the microphone").click()
    await expect(page.locator("#utterances .partial")).to_have_text(HEARD)
    await page.get_by_role("button", name="Transcribe").click()
    await expect(page.locator("#words")).to_be_visible()


@BOTH
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(
    browser: Browser, build: Build, scheme: str, tmp_path: Path
) -> None:
    async with visiting(browser, build(), color_scheme=scheme) as visit:
        await with_a_result(visit.page, tmp_path)
        found = await Axe().run(visit.page)
    assert found.violations_count == 0, found.generate_report()


@BOTH
async def test_a_narrow_screen_shows_all_of_it(
    browser: Browser, build: Build, tmp_path: Path
) -> None:
    async with visiting(browser, build(), viewport=PHONE) as visit:
        await with_a_result(visit.page, tmp_path)
        width = await visit.page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]


@BOTH
async def test_the_tab_key_reaches_every_control_and_leaves_the_page(
    browser: Browser, build: Build
) -> None:
    async with visiting(browser, build()) as visit:
        page = visit.page
        await expect(page.locator("#state")).to_contain_text("ready")
        stops: list[str] = []
        while len(stops) < MOST_STOPS:
            await page.keyboard.press("Tab")
            if await page.evaluate("document.activeElement === document.body"):
                break
            stops.append(await page.evaluate(_FOCUSED))
        controls = await page.evaluate(
            "[...document.querySelectorAll("
            "'button, select, textarea, main input, a, summary, pre')]"
            ".filter((one) => one.checkVisibility() && !one.disabled)"
            ".map((one) => one.id || one.textContent.trim().slice(0, 30))"
        )
    assert stops == controls
    assert len(stops) < MOST_STOPS


async def test_a_text_is_spoken_and_kept_by_the_keyboard_alone(browser: Browser) -> None:
    async with visiting(browser, tts_app()) as visit:
        page, keyboard = visit.page, visit.page.keyboard
        await expect(page.locator("#state")).to_contain_text("ready")
        await keyboard.press("Tab")  # the key of the service
        await keyboard.press("Tab")
        await expect(page.get_by_label("Text")).to_be_focused()
        await keyboard.press("Control+a")
        await keyboard.type("Good morning.")
        await keyboard.press("Control+Enter")
        await expect(page.locator("#progress")).to_contain_text("seconds of speech")
        link = page.get_by_role("link", name="Download")
        for _ in range(6):
            await keyboard.press("Tab")
            if await link.evaluate("(one) => one === document.activeElement"):
                break
        async with page.expect_download():
            await keyboard.press("Enter")


async def test_results_and_errors_are_told_to_readers_of_screens(browser: Browser) -> None:
    async with visiting(browser, tts_app(max_text_chars=60)) as visit:
        page = visit.page
        await page.get_by_label("Text").fill("Good morning.")
        await page.get_by_role("button", name="Speak").click()
        await downloaded(page, "link", "Download")
        told = page.get_by_role("status").filter(has_text="seconds of speech")
        await expect(told).to_be_attached()
        await page.get_by_label("Text").fill("Good morning. " * 10)
        await page.get_by_role("button", name="Speak").click()
        await expect(page.get_by_role("alert").filter(has_text="60")).to_have_count(1)
