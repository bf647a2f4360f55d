"""What the real services write, run whole on the real models, holds nothing of their inputs."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from nemo_voice_tts.text.grammars import build_grammars, default_grammars
from support.ports import free_port
from support.waiting import until

SAID = "She bought seven apples near Zanzibar."
HEARD = ("seven", "apples", "bought")
SECRETS = ("zanzibar", "qwrtplk", *HEARD)
"""Words of the inputs, and what is heard in the recording."""


@contextmanager
def served(kind: str, folder: Path, level: str) -> Iterator[tuple[str, Path]]:
    """Yields the address of a ready service on the demo models, and what it writes."""
    port, written = free_port(), folder / f"{kind}.log"
    command = [sys.executable, "-m", f"nemo_voice_{kind}", "serve", "--port", str(port)]
    command += ["--device", "cpu", "--log-level", level, "--drain-delay-s", "0"]
    address = f"http://127.0.0.1:{port}"

    def is_ready() -> bool:
        assert process.poll() is None, written.read_text()
        try:
            return httpx.get(f"{address}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    with (
        written.open("wb") as file,
        subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT) as process,
    ):
        try:
            until("the service is ready", is_ready, 300)
            yield address, written
        finally:
            process.terminate()
            process.wait(60)


def speak_everything(address: str) -> bytes:
    """Sends texts of every kind, good and bad, and returns the recording of one."""
    for text in (
        "In Zanzibar it is #1/2 & 50% * more, or $5 ~ 7.",  # "Skipping post-processing of …"
        'Dr. "Zanzibar" [12] {3} \\ 4 | <5> ^ 6 qwrtplk 1e5 -0x7f www.zanzibar.com',
        f"{'Zanzibar ' * 60} 12",
        "<speak>Zanzibar <break time='1s'/> qwrtplk</speak>",
        "# Zanzibar\n\n* qwrtplk",
    ):
        for path in ("/synthesize", "/v1/audio/reading"):
            assert httpx.post(f"{address}{path}", json={"text": text}, timeout=120).is_success
    for body in (
        {"text": "<speak>Zanzibar <oops></speak>", "format": "ssml"},
        {"text": "<speak><say-as interpret-as='date'>Zanzibar</say-as>", "text_format": "ssml"},
        {"text": "Москва " * 9 + "Zanzibar"},
        {"text": "Hi.", "pronunciations": {"Zanzibar": "{QQ}"}},
        {"text": "Zanzibar 日本", "strict": True},
        {"text": ["Zanzibar"]},
        {"txt": "Zanzibar"},
        {"text": "Hi.", "pace": "Zanzibar"},
        "Zanzibar",
    ):
        httpx.post(f"{address}/synthesize", json=body, timeout=60)
    httpx.post(f"{address}/synthesize", content=b'{"text": "Zanzibar', timeout=60)
    own = {"text": "Zanzibar and qwrtplk.", "pronunciations": {"qwrtplk": "zan zi bar"}}
    httpx.post(f"{address}/synthesize", json=own, timeout=60)
    speech = {"input": "Zanzibar!", "voice": "Zanzibar", "model": "Zanzibar"}
    httpx.post(f"{address}/v1/audio/speech", json=speech, timeout=60)
    for path in (
        "/v1/models/Zanzibar",
        "/v1/models?text=Zanzibar",
        "/Zanzibar",
        "/healthz?Zanzibar",
    ):
        httpx.get(f"{address}{path}")
    sent = httpx.post(f"{address}/synthesize", json={"text": SAID}, timeout=60)
    assert sent.status_code == 200
    return sent.content


def transcribe_everything(address: str, recording: bytes) -> str:
    """Sends the recording in every way, good and bad, and returns what is heard in it."""
    route = f"{address}/v1/audio/transcriptions"
    file = {"file": ("Zanzibar.wav", recording)}
    for data in (
        {},
        {"prompt": "Zanzibar, qwrtplk"},
        {"keywords[]": "Zanzibar"},
        {"response_format": "verbose_json"},
        {"stream": "true"},
        {"language": "Zanzibar"},
        {"response_format": "Zanzibar"},
    ):
        httpx.post(route, files=file, data=data, timeout=120)
    httpx.post(route, files={"file": ("Zanzibar.ogg", b"OggSZanzibar" * 99)}, timeout=60)
    httpx.post(route, files={"Zanzibar": ("Zanzibar", b"Zanzibar")}, timeout=60)
    httpx.get(f"{route}?prompt=Zanzibar")
    sent = httpx.post(f"{address}/transcribe", files={"audio_file": file["file"]}, timeout=120)
    return str(sent.json()["text"])


@pytest.mark.parametrize("level", ["info", pytest.param("warning", marks=pytest.mark.long)])
def test_nothing_said_or_heard_is_in_the_output_of_either_service(
    level: str, tmp_path: Path
) -> None:
    build_grammars(default_grammars())  # once for each version, in the user's cache
    with ExitStack() as services:
        speech, said = services.enter_context(served("tts", tmp_path, level))
        text, heard = services.enter_context(served("stt", tmp_path, level))
        transcript = transcribe_everything(text, speak_everything(speech)).lower()
    found = set(re.findall(r"\w+", transcript)) & set(HEARD)
    assert found, f"{transcript!r} has none of the words that are looked for"
    for log in (said, heard):
        written = log.read_text(encoding="utf-8").lower()
        assert [secret for secret in SECRETS if secret in written] == []
        assert ('"event": "ready"' in written) is (level == "info")
