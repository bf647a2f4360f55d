"""The pages behind keys and below paths, and the description at `/docs`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from playwright.async_api import Browser, expect

from support.browser.chromium import downloaded, visiting
from support.http.transcribing import HEARD
from support.http.voice_apps import stt_app, tts_app

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEY = "sesame-and-no-other"


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """The keys of a service."""
    path = tmp_path / "keys"
    path.write_text(KEY)
    return path


async def test_the_page_asks_for_a_key_and_keeps_it_to_itself(browser: Browser, keys: Path) -> None:
    async with visiting(browser, tts_app(api_keys_file=keys)) as visit:
        page = visit.page
        await expect(page.locator("#state")).to_contain_text("asks for an API key")
        await expect(page.get_by_role("button", name="Speak")).to_be_disabled()
        await page.get_by_label("Key of this service").fill("another")
        await page.get_by_role("button", name="Use this key").click()
        await expect(page.locator("#state")).to_contain_text("does not know this API key")
        await page.get_by_label("Key of this service").fill(KEY)
        await page.keyboard.press("Enter")
        await expect(page.locator("#state")).to_contain_text("ready")
        await page.get_by_role("button", name="Speak").click()
        await downloaded(page, "link", "Download")
        lines = (
            await page.locator("#curl").inner_text() + await page.locator("#python").inner_text()
        )
        stored = await page.evaluate(
            "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie,"
            " location.href])"
        )
    assert '-H "Authorization: Bearer $KEY"' in lines
    assert 'api_key=os.environ["KEY"]' in lines
    assert KEY not in lines + stored + "".join(visit.requests)


async def test_a_live_session_is_opened_with_a_short_lived_key(
    browser: Browser, keys: Path
) -> None:
    async with visiting(browser, stt_app(api_keys_file=keys)) as visit:
        page = visit.page
        await page.get_by_label("Key of this service").fill(KEY)
        await page.get_by_role("button", name="Use this key").click()
        await page.get_by_role("button", name="Start the microphone").click()
        await expect(page.locator("#utterances .partial")).to_have_text(HEARD)
    assert KEY not in "".join(visit.requests)
    assert "ek_" not in "".join(visit.requests)


@pytest.mark.parametrize(
    ("settings", "headers", "path", "root"),
    [
        ({"root_path": "/speech"}, {}, "/speech", "/speech/"),
        ({"root_path": "/speech"}, {}, "/speech/", "/speech/"),
        ({"forwarded_allow_ips": "*"}, {"X-Forwarded-Prefix": "/a/b"}, "/a/b/", "/a/b/"),
    ],
    ids=["no slash", "slash", "header"],
)
async def test_the_pages_work_below_a_path(
    browser: Browser, settings: dict[str, Any], headers: dict[str, str], path: str, root: str
) -> None:
    options: dict[str, Any] = {"extra_http_headers": headers}
    async with visiting(browser, tts_app(**settings), path, **options) as visit:
        page = visit.page
        await page.get_by_role("button", name="Speak").click()
        await downloaded(page, "link", "Download")
        curl = await page.locator("#curl").inner_text()
        await page.get_by_role("link", name="All routes").click()
        await expect(page.locator('[data-path="/v1/audio/speech"]')).to_be_visible()
    assert f"curl {visit.address}{root}v1/audio/speech" in curl
    own = [one for one in visit.requests if one.startswith("http")]
    assert [
        one for one in own if not one.startswith((visit.address + root, visit.address + path))
    ] == []


async def test_live_speech_works_below_a_path(browser: Browser) -> None:
    async with visiting(browser, stt_app(root_path="/voice/en"), "/voice/en") as visit:
        await visit.page.get_by_role("button", name="Start the microphone").click()
        await expect(visit.page.locator("#utterances .partial")).to_have_text(HEARD)
    (socket,) = [one for one in visit.requests if one.startswith("ws")]
    assert "/voice/en/v1/realtime?" in socket


@pytest.mark.parametrize("build", [tts_app, stt_app], ids=["tts", "stt"])
async def test_the_description_is_shown_and_can_be_tried(
    browser: Browser, build: Callable[[], FastAPI]
) -> None:
    async with visiting(browser, build(), "/docs") as visit:
        page = visit.page
        await page.locator('[data-path="/v1/models"]').click()
        await page.get_by_role("button", name="Try it out").click()
        await page.get_by_role("button", name="Execute").click()
        await expect(page.locator(".live-responses-table .response")).to_contain_text('"demo"')
