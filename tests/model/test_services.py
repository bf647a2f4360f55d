"""Both services as processes, on the models in this repository, used as a user would."""

import base64
import concurrent.futures
import io
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import numpy as np
import pytest

from nemo_voice_serving.audio.decoding import decode_whole
from nemo_voice_serving.audio.encoding import wav_header
from nemo_voice_stt.self_test import word_error_rate
from support.docs.repository import ROOT
from support.http.foreign_clients import riva_calls
from support.ports import free_port
from support.reading import comparable, examples
from tools import demo

SENTENCES = [
    "Good morning. How are you today?",
    "The train to the north leaves at nine.",
    "She bought 7 apples and 3 pears for $12.50.",
    "Please close the window before you go home.",
    "Dr. Smith will see you on March 3rd.",
]
SPOKEN = [
    "good morning how are you today",
    "the train to the north leaves at nine",
    "she bought seven apples and three pears for twelve dollars fifty cents",
    "please close the window before you go home",
    "doctor smith will see you on march third",
]
ENGLISH = ROOT / "tests" / "reading" / "en.tsv"
EXAMPLES, LENGTHS = 100, range(4, 13)
"""How many rows of the table are spoken, and how many words they have."""


@pytest.fixture(scope="module")
def services() -> Iterator[tuple[demo.Service, demo.Service]]:
    """Both services, ready."""
    tts = demo.Service("tts", "nemo_voice_tts", free_port(), free_port())
    stt = demo.Service("stt", "nemo_voice_stt", free_port(), free_port())
    with ExitStack() as stack:
        processes = {service: stack.enter_context(demo.running(service)) for service in (tts, stt)}
        demo.wait_until_ready(processes)
        yield tts, stt


def test_the_first_versions_curl_lines_work_unchanged(
    services: tuple[demo.Service, demo.Service], tmp_path: Path
) -> None:
    readme = (demo.ROOT / "README.md").read_text()
    lines = re.findall(r"^curl -X POST .*?(?<!\\)$", readme, re.MULTILINE | re.DOTALL)
    assert len(lines) == 2, "the README carries both curl lines"
    tts, stt = services
    speak = lines[0].replace("http://localhost:5000", tts.address)
    listen = lines[1].replace("http://localhost:5001", stt.address)
    assert (speak, listen) != tuple(lines)
    subprocess.run(["bash", "-ec", speak], cwd=tmp_path, check=True, capture_output=True)
    made = next(tmp_path.glob("*.wav"))
    assert made.read_bytes()[:4] == b"RIFF"
    listen = re.sub(r"@[\w./-]+\.wav", f"@{made.name}", listen)
    answer = subprocess.run(
        ["bash", "-ec", listen], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert '"text"' in answer.stdout
    assert "test" in answer.stdout


def heard(services: tuple[demo.Service, demo.Service], text: str, text_format: str = "auto") -> str:
    tts, stt = services
    body = {"text": text, "text_format": text_format}
    sound = httpx.post(f"{tts.address}/synthesize", json=body, timeout=120).raise_for_status()
    files = {"audio_file": ("a.wav", sound.content)}
    answer = httpx.post(f"{stt.address}/transcribe", files=files, timeout=120)
    transcript: str = answer.json()["text"]
    return transcript


def test_what_one_service_says_the_other_understands(
    services: tuple[demo.Service, demo.Service],
) -> None:
    rates = [
        word_error_rate(spoken, heard(services, text))
        for text, spoken in zip(SENTENCES, SPOKEN, strict=True)
    ]
    # The card's figures come from many sentences; this only notices a system that is broken.
    assert sum(rates) / len(rates) < 0.35


def test_what_is_read_of_the_examples_is_understood(
    services: tuple[demo.Service, demo.Service],
) -> None:
    rows = [one for one in examples(ENGLISH) if len(comparable(one.readings[0]).split()) in LENGTHS]
    chosen = rows[:: len(rows) // EXAMPLES][:EXAMPLES]
    assert len(chosen) == EXAMPLES
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        transcripts = pool.map(lambda one: heard(services, one.written, one.text_format), chosen)
        rates = [
            min(word_error_rate(comparable(reading), transcript) for reading in one.readings)
            for one, transcript in zip(chosen, transcripts, strict=True)
        ]
    # Names are beyond the demo recogniser; it notices what is not spoken as it is read.
    assert statistics.median(rates) < 0.35


def test_many_clients_at_once_get_each_their_own_response(
    services: tuple[demo.Service, demo.Service],
) -> None:
    alone = [heard(services, text) for text in SENTENCES]
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        together = list(pool.map(lambda text: heard(services, text), SENTENCES * 2))
    # Rounding differs between batch sizes; a mixed-up response would differ by whole sentences.
    for one, other in zip(alone * 2, together, strict=True):
        assert word_error_rate(one, other) <= 0.2


def test_the_commands_without_a_server_agree_with_it(
    services: tuple[demo.Service, demo.Service], tmp_path: Path
) -> None:
    out = tmp_path / "voz_generada.wav"
    say = [sys.executable, "-m", "nemo_voice_tts", "say", SENTENCES[0], "--out", str(out)]
    subprocess.run([*say, "--device", "cpu"], check=True, capture_output=True)
    hear = [sys.executable, "-m", "nemo_voice_stt", "transcribe", str(out), "--device", "cpu"]
    printed = subprocess.run(hear, check=True, capture_output=True, text=True).stdout
    assert word_error_rate(heard(services, SENTENCES[0]), printed) <= 0.2


@pytest.mark.parametrize("wanted", ["mp3", "opus", "aac", "flac", "pcm"])
def test_each_format_is_the_same_speech(
    services: tuple[demo.Service, demo.Service], wanted: str
) -> None:
    tts, _ = services
    text = " ".join(SENTENCES[:2])
    wav = httpx.post(f"{tts.address}/synthesize", json={"text": text}, timeout=120).content
    body = {"model": "demo", "voice": "alloy", "input": text, "response_format": wanted}
    file = httpx.post(f"{tts.address}/v1/audio/speech", json=body, timeout=120).content
    if wanted == "pcm":
        file = wav_header(24_000, len(file)) + file
    expected, made = (decode_whole(io.BytesIO(one), 22_050) for one in (wav, file))
    # Codecs begin up to 0.14 s late: where the two agree best.
    start, length, latest = len(expected) // 3, 22_050, 3_100
    excerpt, heard = expected[start : start + length], made[start : start + length + latest]
    delay = int(np.argmax(np.correlate(heard, excerpt, "valid")))
    assert np.corrcoef(excerpt, heard[delay : delay + length])[0, 1] > 0.98
    assert len(expected) - 2 <= len(made) <= len(expected) + latest + 400


def test_events_and_the_nims_routes_are_the_same_speech(
    services: tuple[demo.Service, demo.Service],
) -> None:
    tts, _ = services
    wav = httpx.post(f"{tts.address}/synthesize", json={"text": SENTENCES[1]}, timeout=120).content
    form = {"text": (None, SENTENCES[1]), "language": (None, "en-US"), "voice": (None, "default")}
    whole = httpx.post(f"{tts.address}/v1/audio/synthesize", files=form, timeout=120).content
    online = httpx.post(f"{tts.address}/v1/audio/synthesize_online", files=form, timeout=120)
    body = {"input": SENTENCES[1], "response_format": "wav", "stream_format": "sse"}
    events = httpx.post(f"{tts.address}/v1/audio/speech", json=body, timeout=120).text
    carried = b"".join(map(base64.b64decode, re.findall(r'"audio":"([^"]*)"', events)))
    assert wav[44:] == whole[44:] == online.content == carried[44:]
    assert whole[:44] == wav_header(22_050, len(whole) - 44)
    assert "speech.audio.done" in events


def test_nvidias_client_speaks_and_transcribes(
    services: tuple[demo.Service, demo.Service], tmp_path: Path
) -> None:
    tts, stt = services
    clip = tmp_path / "clip.wav"
    sound = httpx.post(f"{tts.address}/synthesize", json={"text": SENTENCES[0]}, timeout=120)
    clip.write_bytes(sound.content)
    over_http = httpx.post(
        f"{stt.address}/transcribe", files={"audio_file": ("a.wav", sound.content)}, timeout=120
    ).json()["text"]
    got = riva_calls(f"127.0.0.1:{tts.grpc_port}", f"127.0.0.1:{stt.grpc_port}", clip)
    (whole,) = (result["alternatives"][0] for result in got["asr"]["whole"]["results"])
    streamed = got["asr"]["streamed"][-1]["results"][0]["alternatives"][0]
    assert word_error_rate(over_http, whole["transcript"]) <= 0.2  # batches round differently
    assert word_error_rate(over_http, streamed["transcript"]) <= 0.2
    starts = [word.get("startTime", 0) for word in whole["words"]]
    assert starts == sorted(starts)
    assert word_error_rate(SPOKEN[0], got["heard"]) < 0.35
    assert got["tts"]["opus"] == "OggS"


def test_words_come_with_rising_times(services: tuple[demo.Service, demo.Service]) -> None:
    tts, stt = services
    sound = httpx.post(f"{tts.address}/synthesize", json={"text": SENTENCES[3]}, timeout=120)
    answer = httpx.post(
        f"{stt.address}/v1/audio/transcriptions",
        files={"file": ("a.wav", sound.content)},
        data={"response_format": "verbose_json", "timestamp_granularities[]": "word"},
        timeout=120,
    ).json()
    starts = [word["start"] for word in answer["words"]]
    assert len(starts) >= 6
    assert starts == sorted(starts)
    assert starts[0] >= 0
    assert answer["words"][-1]["end"] <= answer["duration"]
