"""The texts and clips that every compared system is given: the same ones on every run.

The clips are the demo voice's own speech, made once by `raw.py` and kept in the user's cache.
"""

import hashlib
import io
import json
import os
import random
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.http_client import Request

ROOT = Path(__file__).resolve().parent.parent
DEMO_MODELS = ROOT / "models" / "demo"
SEED = 20
CLIP_RATE_HZ = 16_000
"""The recogniser's rate, so that no system has to change it."""
SHORTEST_CLIP_S, LONGEST_CLIP_S = 1.0, 8.0
SHORTEST_TEXT, LONGEST_TEXT = 20, 150
CHARACTERS_PER_S = 14
"""Of speech, roughly: it only spreads the clips' lengths."""
BOUNDARY = "nemo-voice-benchmark"

Samples = npt.NDArray[np.float32]

SENTENCES = (
    "Good morning.",
    "Nobody answered.",
    "How are you today?",
    "Please close the door.",
    "It rained all night.",
    "The soup was cold again.",
    "Where did you put the keys?",
    "She bought seven green apples.",
    "We walked home along the river.",
    "The last train leaves at nine.",
    "My brother plays the violin, badly.",
    "There is nothing wrong with the engine.",
    "Turn left after the second bridge.",
    "The doctor will see you in a moment.",
    "Could you repeat the name of the street?",
    "He wrote a long letter to his old teacher.",
    "Tomorrow will be dry, with a little wind.",
    "The children were playing behind the house.",
    "I have never seen so many birds in one place.",
    "When the music stopped, everybody looked up.",
    "Our table by the window is ready, if you like.",
    "The report explains why the prices went up this year.",
    "After the meeting they went to the small cafe on the corner.",
    "Nobody in the village remembered who had built the old tower.",
    "If you need any help with the form, ask the woman at the desk.",
    "The museum opens at ten, but the garden is open from early morning.",
    "Before you switch the machine on, make sure that the lid is closed.",
    "We talked about the weather, the harvest and the price of bread until late.",
)
"""Plain words only: a checkpoint without its own text normaliser would leave digits out."""


@dataclass(frozen=True)
class Clip:
    """One recording."""

    path: Path
    duration_s: float

    def request(self) -> Request:
        """Returns the upload of this clip to `/transcribe`."""
        head = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="audio_file"; '
            f'filename="{self.path.name}"\r\nContent-Type: audio/wav\r\n\r\n'
        )
        content = head.encode() + self.path.read_bytes() + f"\r\n--{BOUNDARY}--\r\n".encode()
        content_type = f"multipart/form-data; boundary={BOUNDARY}"
        return Request("/transcribe", content, content_type, audio_s=self.duration_s)


def text_request(text: str) -> Request:
    """Returns the request to speak a text at `/synthesize`."""
    return Request("/synthesize", json.dumps({"text": text}).encode(), "application/json")


def cache_folder() -> Path:
    """Returns the folder that keeps the clips, the random checkpoint and the logs."""
    default = Path.home() / ".cache" / "nemo-voice"
    folder = Path(os.environ.get("NEMO_VOICE_DEV_CACHE", default)) / "benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def texts(count: int) -> list[str]:
    """Returns texts of one to four sentences, their lengths spread evenly."""
    chance = random.Random(SEED)
    # Whole sentences leave up to the shortest one's length unfilled.
    least = SHORTEST_TEXT + len(SENTENCES[0]) + 1
    return [text_of_length(chance, chance.randint(least, LONGEST_TEXT)) for _ in range(count)]


def clip_texts(count: int) -> list[str]:
    """Returns texts whose speech lasts roughly from the shortest to the longest clip."""
    chance = random.Random(SEED + 1)
    return [
        text_of_length(
            chance, round(chance.uniform(SHORTEST_CLIP_S, LONGEST_CLIP_S) * CHARACTERS_PER_S)
        )
        for _ in range(count)
    ]


def text_of_length(chance: random.Random, characters: int) -> str:
    """Returns whole sentences of at most so many characters, or else the shortest sentence."""
    chosen: list[str] = []
    room = characters
    while fitting := [sentence for sentence in SENTENCES if len(sentence) <= room]:
        sentence = chance.choice(fitting)
        chosen.append(sentence)
        room -= len(sentence) + 1
    return " ".join(chosen) or SENTENCES[0]


def clips_folder() -> Path:
    """Returns where the clips are kept; other demo models speak other clips."""
    digest = hashlib.sha256(json.dumps(clip_texts(16)).encode())
    for name in ("fastpitch.nemo", "hifigan.nemo"):
        digest.update((DEMO_MODELS / name).read_bytes())
    return cache_folder() / f"clips-{digest.hexdigest()[:16]}"


def write_clip(path: Path, samples: Samples) -> None:
    """Writes a clip of the allowed length as 16-bit WAV, whole or not at all."""
    samples = samples[: round(LONGEST_CLIP_S * CLIP_RATE_HZ)]
    missing = round(SHORTEST_CLIP_S * CLIP_RATE_HZ) - len(samples)
    padded = np.pad(samples, (0, max(0, missing)))
    sound = io.BytesIO()
    with wave.open(sound, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(CLIP_RATE_HZ)
        file.writeframes((padded * 32767).astype("<i2").tobytes())
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(sound.getvalue())
    unfinished.replace(path)


def read_clips(folder: Path) -> list[Clip]:
    """Returns the clips of a folder in their order."""
    return [Clip(path, _duration_s(path)) for path in sorted(folder.glob("*.wav"))]


def shortened(clips: Sequence[Clip], folder: Path) -> list[Clip]:
    """Returns the first second of each clip."""
    folder.mkdir(parents=True, exist_ok=True)
    for clip in clips:
        with wave.open(str(clip.path)) as file:
            data = file.readframes(CLIP_RATE_HZ)
        samples = np.frombuffer(data, "<i2").astype(np.float32)
        write_clip(folder / clip.path.name, samples / np.float32(32767))
    return read_clips(folder)


def _duration_s(path: Path) -> float:
    with wave.open(str(path)) as file:
        return float(file.getnframes() / file.getframerate())
