"""The page of the speech-to-text service in a browser: a file's words, and the microphone."""

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from support.browser.chromium import (
    DEVICE,
    chromium,
    downloaded,
    opened,
    text_of,
    until_true,
    visiting,
)
from support.http.serving import address, listening
from support.http.transcribing import HEARD, clip
from support.http.voice_apps import stt_app

pytestmark = pytest.mark.asyncio(loop_scope="module")

ELSEWHERE = "voice.example"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A recording that a browser can play."""
    path = tmp_path / "said.wav"
    path.write_bytes(clip(3.0))
    return path


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def guarded() -> AsyncIterator[Browser]:
    """A browser that allows no microphone, and knows a name for this machine that is not local."""
    async with chromium(DEVICE, f"--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1") as started:
        yield started


async def transcribe(page: Page, file: Path) -> None:
    """Chooses a file and presses the button."""
    await page.get_by_label("Audio or video").set_input_files(file)
    await page.get_by_role("button", name="Transcribe").click()


async def test_the_words_of_a_file_can_be_played(browser: Browser, file: Path) -> None:
    async with visiting(browser, stt_app()) as visit:
        page = visit.page
        await transcribe(page, file)
        words = page.get_by_role("group", name="Words").get_by_role("button")
        await expect(words).to_have_text(HEARD.split())
        await words.nth(2).click()
        await until_true(page, "!audio.paused && audio.currentTime > 1.0")
        await expect(words.nth(2)).to_be_focused()
        await page.keyboard.press("ArrowRight")
        await expect(words.nth(3)).to_be_focused()
        await page.keyboard.press("Enter")
        await until_true(page, "audio.currentTime >= 1.5")
        await page.keyboard.press("Home")
        await expect(words.nth(0)).to_be_focused()
        await page.keyboard.press("Shift+Tab")
        await expect(words.nth(0)).not_to_be_focused()
        assert await text_of(page, ["#duration"]) == ["3.0 s"]


@pytest.mark.parametrize(
    ("button", "begins"), [("Download SRT", "1\n00:00:00,000 --> "), ("Download WebVTT", "WEBVTT")]
)
async def test_subtitles_are_downloaded(
    browser: Browser, file: Path, button: str, begins: str
) -> None:
    async with visiting(browser, stt_app()) as visit:
        page = visit.page
        await transcribe(page, file)
        name, content = await downloaded(page, "button", button)
    assert name == f"said.{'vtt' if 'VTT' in button else 'srt'}"
    assert content.decode().startswith(begins)
    assert HEARD.split()[0] in content.decode()


async def test_a_file_that_is_no_recording_is_refused_with_the_services_message(
    browser: Browser, tmp_path: Path
) -> None:
    (tmp_path / "a.wav").write_text("no sound")
    async with visiting(browser, stt_app()) as visit:
        await transcribe(visit.page, tmp_path / "a.wav")
        await expect(visit.page.locator("#file-error")).to_contain_text("audio")
        await expect(visit.page.locator("#words")).to_be_hidden()


async def test_what_the_microphone_hears_becomes_final_text(browser: Browser) -> None:
    async with visiting(browser, stt_app()) as visit:
        page = visit.page
        await page.get_by_role("button", name="Start the microphone").click()
        # The browser's own microphone beeps without a pause that would end speech.
        await expect(page.locator("#utterances .partial")).to_have_text(HEARD)
        await page.get_by_role("button", name="Stop the microphone").click()
        await expect(page.locator("#utterances .final")).to_have_text(HEARD)
        await expect(page.locator("#utterances small")).to_contain_text("ms after the end")
        await expect(page.locator("#live-state")).to_have_text("The microphone is off.")
        await expect(page.locator("#live-error")).to_be_hidden()
        (socket,) = [one for one in visit.requests if one.startswith("ws")]
    assert socket == visit.address.replace("http", "ws") + "/v1/realtime?intent=transcription"


async def test_the_microphone_can_be_stopped_and_started_again_at_once(browser: Browser) -> None:
    async with visiting(browser, stt_app()) as visit:
        page = visit.page
        utterances = page.locator("#utterances li")
        for count in (1, 2):
            await page.get_by_role("button", name="Start the microphone").click()
            await expect(utterances).to_have_count(count)
            await expect(utterances.last).to_contain_text(HEARD)
            # The second time while the first session still waits for its last words.
            await page.get_by_role("button", name="Stop the microphone").click()
        await expect(page.locator("#utterances .final")).to_have_text([HEARD, HEARD])
        await expect(page.locator("#live-error")).to_be_hidden()


async def test_a_service_that_stops_ends_the_session_with_its_reason(browser: Browser) -> None:
    app = stt_app(drain={"delay_s": 0, "timeout_s": 1})
    async with listening(app) as server:
        await app.state.service.until_ready()
        async with opened(browser, address(server)) as visit:
            page = visit.page
            await page.get_by_role("button", name="Start the microphone").click()
            await expect(page.locator("#utterances .partial")).to_have_text(HEARD)
            server.handle_exit(signal.SIGTERM, None)
            await expect(page.locator("#live-error")).to_contain_text("the service is stopping")
            await expect(page.locator("#utterances .final")).to_have_text(HEARD)
            await expect(page.locator("#state")).to_contain_text("cannot be reached")


async def test_a_refused_live_session_is_told(browser: Browser) -> None:
    async with visiting(browser, stt_app(realtime={"max_sessions": 1})) as visit:
        page = visit.page
        await page.get_by_role("button", name="Start the microphone").click()
        await expect(page.locator("#live-state")).to_have_text("Listening.")
        async with opened(browser, visit.address) as other:
            await other.page.get_by_role("button", name="Start the microphone").click()
            await expect(other.page.locator("#live-error")).to_contain_text("no place")


async def test_without_a_permission_the_page_says_what_to_do(guarded: Browser) -> None:
    async with visiting(guarded, stt_app()) as visit:
        await visit.page.get_by_role("button", name="Start the microphone").click()
        await expect(visit.page.locator("#live-error")).to_contain_text("Allow it")


async def test_an_insecure_page_says_why_it_has_no_microphone(guarded: Browser, file: Path) -> None:
    app = stt_app()
    async with listening(app) as server:
        await app.state.service.until_ready()
        where = address(server).replace("127.0.0.1", ELSEWHERE)
        async with opened(guarded, where) as visit:
            page = visit.page
            await expect(page.locator("#state")).to_contain_text("ready")
            button = page.get_by_role("button", name="Start the microphone")
            await expect(button).to_be_disabled()
            await expect(button).to_have_accessible_description(
                f"Browsers give pages the microphone at https:// addresses and on localhost only,"
                f" and this page is at {where}. Serve it with TLS, or bring the service to this"
                f' machine, such as by "kubectl port-forward", and open it at http://localhost.'
                f" Files can be transcribed all the same."
            )
            await transcribe(page, file)
            await expect(page.locator("#words")).to_contain_text("good")
