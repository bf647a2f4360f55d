"""The memory of a service after a long recording is what it was before."""

import io
import time
import wave
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest

from support.ports import free_port
from support.waiting import until
from tools import demo

LONG_S, AT_ONCE = 15 * 60, 4
RATE_HZ = 16_000
CLIP = demo.ROOT / "services/stt/src/nemo_voice_stt/self_test.flac"


def resident_mb(pid: int) -> float:
    (line,) = [
        one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmRSS" in one
    ]
    return int(line.split()[1]) / 1024


def repeated(seconds: float) -> bytes:
    """Returns the packaged clip again and again, with pauses of up to three seconds."""
    from nemo_voice_serving.audio.decoding import decode_whole  # noqa: PLC0415 after the environment

    clip = (decode_whole(CLIP, RATE_HZ) * 32767).astype("<i2")
    random, file, written = np.random.default_rng(0), io.BytesIO(), 0
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        while written < seconds * RATE_HZ:
            pause = np.zeros(int(random.uniform(0.05, 3) * RATE_HZ), "<i2")
            for part in (clip, pause):
                sound.writeframes(part.tobytes())
                written += len(part)
    return file.getvalue()


@pytest.mark.long
def test_memory_after_a_long_recording_is_what_it_was_before() -> None:
    service = demo.Service("stt", "nemo_voice_stt", free_port())

    def send(audio: bytes) -> None:
        response = httpx.post(
            f"{service.address}/v1/audio/transcriptions",
            files={"file": ("a.wav", audio)},
            timeout=900,
        )
        assert response.status_code == 200
        assert "morning" in response.json()["text"]

    with demo.running(service) as process:
        demo.wait_until_ready({service: process})
        send(repeated(3))
        before_mb = resident_mb(process.pid)
        long = repeated(LONG_S)
        with ThreadPoolExecutor(AT_ONCE) as threads:
            list(threads.map(send, [long] * AT_ONCE))
        grown_mb = resident_mb(process.pid) - before_mb
        until("memory is returned", lambda: resident_mb(process.pid) < 1.06 * before_mb, 30)
        began_s = time.monotonic()
        send(repeated(3))  # and what was returned can be had again
        assert time.monotonic() - began_s < 30
    assert grown_mb > 0.05 * before_mb, "nothing was to be returned: the test proves nothing"
