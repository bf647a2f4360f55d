"""Documented curl lines, run against both services: real HTTP, fake models behind it."""

import asyncio
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from fastapi import FastAPI

from nemo_voice_serving.audio.encoding import AudioFormat, encode_whole
from support.audio.sounds import speech_like
from support.docs.documented import commands
from support.http.serving import address, listening
from support.http.voice_apps import stt_app, translating_app, tts_app

LINES = [command for command in commands() if command.startswith("curl ")]
RATE_HZ, SOUND_BYTES = 16000, 500


SERVICES: Mapping[str, Callable[[], FastAPI]] = {
    "localhost:5000": tts_app,
    "localhost:5001": stt_app,
    "localhost:5001/v1/audio/translations": translating_app,
}


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """The folder where the lines run, with a recording and a file of keys, as documented."""
    recording = encode_whole(AudioFormat.WAV, speech_like([(0.2, 1.3)], 1.5, RATE_HZ), RATE_HZ)
    (tmp_path / "file.wav").write_bytes(recording)
    (tmp_path / "file.pcm").write_bytes(recording[44:])
    # Made by one line, read by the next.
    (tmp_path / "audio_sintetizado.wav").write_bytes(recording)
    await typed("openssl rand -hex 32 > keys.txt", tmp_path)
    return tmp_path


async def typed(line: str, folder: Path) -> str:
    """Runs the line and returns its output."""
    process = await asyncio.create_subprocess_exec(
        *("bash", "-c", line),
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    printed, complaint = await process.communicate()
    assert process.returncode == 0, complaint.decode()
    return printed.decode()


@pytest.mark.parametrize("line", LINES)
async def test_a_documented_curl_line_gets_a_good_response(line: str, folder: Path) -> None:
    place = max((named for named in SERVICES if named in line), key=len)
    named, make_app = place.partition("/")[0], SERVICES[place]
    app = make_app()
    quietly = line.replace("curl ", "curl --fail --silent --show-error ", 1)
    async with listening(app) as server:
        await app.state.service.until_ready()
        here = address(server).removeprefix("http://")
        printed = await typed(quietly.replace(named, here), folder)
    if written := re.search(r"--output (\S+)", line):
        assert (folder / written[1]).stat().st_size > SOUND_BYTES
    else:
        assert printed


def test_both_services_have_curl_lines() -> None:
    assert {named for named in SERVICES for line in LINES if named in line} == set(SERVICES)
