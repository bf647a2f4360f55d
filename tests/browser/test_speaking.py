"""The page of the text-to-speech service in a browser: typed, heard, read, cancelled."""

import asyncio
import io
import threading
from collections.abc import Callable
from itertools import pairwise

import pytest
import soundfile
from playwright.async_api import Browser, Page, expect
from typing_extensions import override

from nemo_voice_serving.audio.decoding import decode_whole
from nemo_voice_tts.http.routes.openai import PCM_RATE_HZ
from support.browser.chromium import PATIENCE_MS, downloaded, text_of, until_true, visiting
from support.http.speech_service import BreaksOff, Waits
from support.http.voice_apps import tts_app
from support.models.fakes import FakeVoice

pytestmark = pytest.mark.asyncio(loop_scope="module")

FIGURES = ("#first", "#whole", "#duration", "#pace")

_SOLID_PIXELS = """
wave.getContext("2d").getImageData(0, 0, wave.width, wave.height).data
  .filter((value, place) => place % 4 === 3 && value === 255).length
"""
"""How much of the drawing shows sound that was heard."""


async def speak(page: Page, text: str, audio_format: str = "wav") -> None:
    """Types a text and presses the button."""
    await page.get_by_label("Text").fill(text)
    await page.get_by_label("Format").select_option(audio_format)
    await page.get_by_role("button", name="Speak").click()


async def speech_of(page: Page) -> bytes:
    """Returns the file behind the link, which is there once the speech is whole."""
    return (await downloaded(page, "link", "Download"))[1]


async def test_a_typed_text_is_heard_and_can_be_kept(browser: Browser) -> None:
    async with visiting(browser, tts_app()) as visit:
        page = visit.page
        await speak(page, "Good morning, how are you today? It is a fine day.")
        sound, rate_hz = soundfile.read(io.BytesIO(await speech_of(page)))
        started = await page.evaluate(
            "started.map(({when, seconds, peak, context}) => "
            "({when, seconds, peak, now: context.currentTime, state: context.state}))"
        )
        figures = await text_of(page, FIGURES)
        await until_true(page, "started.at(-1).context.state === 'closed'")  # all of it was heard
        await until_true(page, _SOLID_PIXELS + " > 100")
    seconds = len(sound) / rate_hz
    assert sum(one["seconds"] for one in started) == pytest.approx(seconds, abs=0.001)
    loudest = max(one["peak"] for one in started)
    assert loudest > 0.1
    assert loudest == pytest.approx(abs(sound).max(), abs=0.001)
    # One after the other, by a clock that goes.
    for before, after in pairwise(started):
        assert after["when"] >= before["when"] + before["seconds"] - 1e-6
    assert {one["state"] for one in started} == {"running"}
    assert started[0]["now"] > 0
    assert figures[2] == f"{seconds:.1f} s"
    assert figures[0].endswith("ms")


@pytest.mark.parametrize("audio_format", ["pcm", "mp3", "aac", "opus", "flac"])
async def test_every_format_is_played(browser: Browser, audio_format: str) -> None:
    async with visiting(browser, tts_app()) as visit:
        page = visit.page
        await speak(page, "Good morning, how are you today?", audio_format)
        content = await speech_of(page)
        # Web Audio was given the samples, or the page's own player plays the file.
        await until_true(page, "started.length > 0 || audio.currentTime > 0")
        first, shown = await text_of(page, ["#first", "#duration"])
        await expect(page.locator("#speak-error")).to_be_hidden()
    samples = (
        len(content) / 2
        if audio_format == "pcm"
        else len(decode_whole(io.BytesIO(content), PCM_RATE_HZ))
    )
    assert first.endswith(" ms")
    assert float(shown.split()[0]) == pytest.approx(samples / PCM_RATE_HZ, abs=0.1)


async def test_stopped_speech_ends_in_the_service_too(browser: Browser) -> None:
    voice = Waits()
    app = tts_app(voice)
    text = " ".join(f"This is the sentence of number {n}." for n in ("one", "two", "five", "six"))
    try:
        async with visiting(browser, app) as visit:
            page = visit.page
            await speak(page, text)
            await until_true(page, "started.length > 0")
            await page.get_by_role("button", name="Stop").click()
            await expect(page.get_by_role("button", name="Stop")).to_be_disabled()
            await expect(page.locator("#progress")).to_have_text("Stopped.")
            assert await page.evaluate("started.at(-1).context.state") == "closed"
            voice.gate.set()
            metrics = app.state.service.runtime.metrics
            async with asyncio.timeout(PATIENCE_MS / 1000):
                while metrics.in_flight() > 0:
                    await asyncio.sleep(0.02)
    finally:
        voice.gate.set()


async def test_speech_that_is_whole_can_be_stopped_until_it_has_been_heard(
    browser: Browser,
) -> None:
    async with visiting(browser, tts_app()) as visit:
        page = visit.page
        stop = page.get_by_role("button", name="Stop")
        await speak(page, "Good morning, how are you today? It is a fine day, and it is long.")
        await expect(page.get_by_role("link", name="Download")).to_be_visible()
        await stop.click()
        await expect(stop).to_be_disabled()
        assert await page.evaluate("started.at(-1).context.state") == "closed"
        await expect(page.get_by_role("link", name="Download")).to_be_visible()
        await speak(page, "Hi.")
        await expect(page.get_by_role("link", name="Download")).to_be_visible()
        await expect(stop).to_be_disabled()
        await page.locator("audio").evaluate("(audio) => audio.play()")
        await expect(stop).to_be_enabled()
        await expect(stop).to_be_disabled()


async def test_speech_that_breaks_off_is_told(browser: Browser) -> None:
    async with visiting(browser, tts_app(BreaksOff())) as visit:
        page = visit.page
        await speak(page, "The first sentence is whole and good. The second one is broken.")
        await expect(page.locator("#speak-error")).to_contain_text("broke off")
        await expect(page.get_by_role("link", name="Download")).to_be_hidden()


async def test_an_error_of_the_service_is_shown_with_its_message(browser: Browser) -> None:
    async with visiting(browser, tts_app(max_text_chars=20)) as visit:
        page = visit.page
        await speak(page, "This text has more characters than the service takes.")
        await expect(page.locator("#speak-error")).to_contain_text("20")
        await speak(page, "Good morning.")
        await expect(page.locator("#speak-error")).to_be_hidden()
        await speech_of(page)


async def test_the_page_says_what_the_service_waits_for_and_goes_on_by_itself(
    browser: Browser,
) -> None:
    gate = threading.Event()

    class Loads(FakeVoice):
        @override
        def warm_up(self, report: Callable[[str], None]) -> None:
            gate.wait(60)

    try:
        async with visiting(browser, tts_app(Loads()), ready=False) as visit:
            page = visit.page
            await expect(page.locator("#state")).to_contain_text("warming up")
            await expect(page.get_by_role("button", name="Speak")).to_be_disabled()
            gate.set()
            await expect(page.locator("#state")).to_contain_text("ready")
            await page.get_by_role("button", name="Speak").click()
            await speech_of(page)
    finally:
        gate.set()
