"""Live audio from recorders and pipes."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from nemo_voice_stt.cli.sound_input import NoSound, blocks_of, format_of, opened_sound, recorder
from nemo_voice_stt.realtime.audio_format import LiveFormat
from support.audio.sounds import libsndfile_bytes, swell

pytestmark = pytest.mark.timeout(30)
WAV = libsndfile_bytes(swell(0.05, 8_000), 8_000, "WAV", "PCM_16")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder in which programs are looked for."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """Both ends of a pipe."""
    read_end, write_end = os.pipe()
    yield read_end, write_end
    os.close(write_end)  # a thread that reads has its end then
    os.close(read_end)


def install(folder: Path, name: str, body: str) -> None:
    """Writes a program."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def test_without_a_recorder_the_error_says_what_to_install(programs: Path) -> None:
    assert programs.is_dir()
    with pytest.raises(NoSound, match=r"Install arecord .* or pipe"):
        recorder(16_000)


@pytest.mark.parametrize("name", ["arecord", "rec", "parec"])
def test_a_recorder_that_is_there_is_told_the_rate(programs: Path, name: str) -> None:
    install(programs, name, "true")
    command = recorder(24_000)
    assert command[0] == name
    assert "24000" in " ".join(command)


def test_a_recorder_that_fails_is_no_silence(programs: Path) -> None:
    install(programs, "arecord", "exit 3")
    with (
        pytest.raises(NoSound, match="arecord ended with status 3"),
        opened_sound(recorder(16_000)) as descriptor,
    ):
        assert os.read(descriptor, 10) == b""


def test_a_recorder_is_stopped_when_it_is_heard_no_more(programs: Path) -> None:
    install(programs, "arecord", f"echo $$ > {programs}/pid; echo sound; exec /bin/sleep 1000")
    with opened_sound(recorder(16_000)) as descriptor:
        assert os.read(descriptor, 10) == b"sound\n"
    with pytest.raises(ProcessLookupError):
        os.kill(int((programs / "pid").read_text()), 0)


async def test_a_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "sound").write_bytes(bytes(500_000))
    with (tmp_path / "sound").open("rb") as file:
        blocks = [block async for block in blocks_of(file.fileno(), asyncio.Event())]
    assert b"".join(blocks) == bytes(500_000)


async def test_reading_stops_when_it_is_to_although_nothing_comes(pipe: tuple[int, int]) -> None:
    stop = asyncio.Event()
    os.write(pipe[1], b"said")
    seen = []
    async for block in blocks_of(pipe[0], stop):
        seen.append(block)
        stop.set()
    assert seen == [b"said"]


async def pieces(data: bytes, size: int) -> AsyncIterator[bytes]:
    """Yields data in pieces."""
    for place in range(0, len(data), size):
        yield data[place : place + size]


@pytest.mark.parametrize("size", [7, 50, 9_999])
@pytest.mark.parametrize(
    ("data", "wanted"), [(WAV, LiveFormat(rate_hz=8_000)), (bytes(800), LiveFormat(rate_hz=16_000))]
)
async def test_the_format_is_that_of_the_header_or_else_of_the_rate(
    data: bytes, wanted: LiveFormat, size: int
) -> None:
    blocks = pieces(data, size)
    found, first = await format_of(blocks, 16_000)
    samples = first + b"".join([block async for block in blocks])
    assert found == wanted
    assert len(samples) == 800
    assert data.endswith(samples)


async def test_a_file_that_is_no_live_audio_is_refused() -> None:
    data = libsndfile_bytes(swell(0.05, 8_000), 8_000, "WAV", "PCM_24")
    with pytest.raises(NoSound, match="24 bits"):
        await format_of(pieces(data, 100), 16_000)
