"""Both pages with the models of this repository: spoken by one, heard by the other."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import numpy as np
import pytest
import pytest_asyncio
import soundfile
from playwright.async_api import Browser, Page, expect

from support.browser.chromium import MICROPHONE, chromium, opened
from support.ports import free_port
from tools import demo

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXT = "Good morning. She paid $5 for 2 kg of apples."
HEARD = "good morning she paid five dollars for two kilograms of apples"
SILENCE_S = 1.5


@pytest.fixture(scope="module")
def services() -> Iterator[tuple[str, str]]:
    """The addresses of both services, ready."""
    tts, stt = (demo.Service(one, f"nemo_voice_{one}", free_port()) for one in ("tts", "stt"))
    with ExitStack() as stack:
        demo.wait_until_ready({one: stack.enter_context(demo.running(one)) for one in (tts, stt)})
        yield tts.address, stt.address


@pytest.fixture(scope="module")
def said(services: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence as the service speaks it, with silence around it."""
    body = {"input": TEXT, "response_format": "pcm"}
    spoken = httpx.post(f"{services[0]}/v1/audio/speech", json=body, timeout=120)
    samples = np.frombuffer(spoken.raise_for_status().content, "<i2")
    silence = np.zeros(round(24_000 * SILENCE_S), np.int16)
    path = tmp_path_factory.mktemp("said") / "said.wav"
    soundfile.write(path, np.concatenate([silence, samples, silence]), 24_000)
    return path


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def listener(said: Path) -> AsyncIterator[Browser]:
    """A browser whose microphone hears the sentence once."""
    async with chromium(*MICROPHONE, f"--use-file-for-fake-audio-capture={said}%noloop") as started:
        yield started


async def shown(page: Page, kind: str) -> str:
    """Returns the lines for a program."""
    return await page.locator(f"#{kind}").inner_text()


def heard(stt: str, file: Path) -> str:
    """Returns the transcript of a file."""
    sent = {"file": ("a.wav", file.read_bytes())}
    response = httpx.post(f"{stt}/v1/audio/transcriptions", files=sent, timeout=120)
    return str(response.raise_for_status().json()["text"])


def ran(command: list[str], folder: Path) -> str:
    """Returns what a program writes."""
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    return subprocess.run(
        command, cwd=folder, env=environment,
        check=True, capture_output=True, text=True, timeout=120,
    ).stdout  # fmt: skip


async def test_the_page_speaks_and_shows_how_it_reads(
    browser: Browser, services: tuple[str, str], tmp_path: Path
) -> None:
    async with opened(browser, services[0]) as visit:
        page = visit.page
        await page.get_by_label("Text").fill(TEXT)
        await expect(page.locator("#reading mark")).to_have_text(["five dollars", "two kilograms"])
        await page.get_by_role("button", name="Speak").click()
        await expect(page.get_by_role("link", name="Download")).to_be_visible()
        assert await page.evaluate("Math.max(...started.map((one) => one.peak))") > 0.1
        curl, python = await shown(page, "curl"), await shown(page, "python")
    for command in (["bash", "-c", curl], [sys.executable, "-c", python]):
        speech = tmp_path / "speech.wav"
        speech.unlink(missing_ok=True)
        await asyncio.to_thread(ran, command, tmp_path)
        assert heard(services[1], speech) == HEARD


async def test_a_spoken_sentence_becomes_the_text_that_a_file_of_it_does(
    listener: Browser, services: tuple[str, str], said: Path
) -> None:
    async with opened(listener, services[1]) as visit:
        page = visit.page
        await expect(page.get_by_text("98.6 %")).to_be_visible()
        await page.get_by_role("button", name="Start the microphone").click()
        await expect(page.locator("#utterances .partial").first).not_to_have_text("…")
        await expect(page.locator("#utterances .partial")).to_have_count(0)
        finals = await page.locator("#utterances .final").all_inner_texts()
        await page.get_by_role("button", name="Stop the microphone").click()
        await page.get_by_label("Audio or video").set_input_files(said)
        await page.get_by_role("button", name="Transcribe").click()
        await expect(page.locator("#words")).to_be_visible()
        words = await page.locator("#words button").all_inner_texts()
        curl, python = await shown(page, "curl"), await shown(page, "python")
    assert " ".join(finals) == HEARD
    assert " ".join(words) == HEARD
    for command in (["bash", "-c", curl], [sys.executable, "-c", python]):
        assert HEARD in await asyncio.to_thread(ran, command, said.parent)


async def test_the_lines_for_a_live_session_work(
    listener: Browser, services: tuple[str, str], said: Path, tmp_path: Path
) -> None:
    async with opened(listener, services[1]) as visit:
        page = visit.page
        await page.get_by_role("button", name="Start the microphone").click()
        await expect(page.locator("#live-state")).to_have_text("Listening.")
        curl, python = await shown(page, "curl"), await shown(page, "python")
    await asyncio.to_thread(shutil.copy, said, tmp_path / "speech.wav")
    assert '"value":"ek_' in await asyncio.to_thread(ran, ["bash", "-c", curl], tmp_path)
    transcript = await asyncio.to_thread(ran, [sys.executable, "-c", python], tmp_path)
    assert transcript.strip() == HEARD
