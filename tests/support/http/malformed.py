"""Requests that no client means: bodies and recordings broken in every way, by seed."""

import io
import json
import random
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from support.audio.sounds import ffmpeg_bytes, libsndfile_bytes, tone

_RATE_HZ = 16000
_JSON = {"content-type": "application/json"}


@dataclass(frozen=True)
class Malformed:
    """One request, with a name that says what is wrong."""

    name: str
    path: str
    content: bytes
    headers: dict[str, str] = field(default_factory=dict)


class Recordings:
    """A few sound files of every container, to be broken."""

    def __init__(self) -> None:
        sound = tone(0.4, _RATE_HZ)
        shorts = (sound * 32767).astype(np.int16)
        self.wav = libsndfile_bytes(sound, _RATE_HZ, "WAV", "PCM_16")
        self.whole = [
            self.wav,
            libsndfile_bytes(sound, _RATE_HZ, "FLAC", "PCM_16"),
            libsndfile_bytes(sound, _RATE_HZ, "OGG", "VORBIS"),
            libsndfile_bytes(sound, _RATE_HZ, "AIFF", "PCM_16"),
            libsndfile_bytes(sound, _RATE_HZ, "WAV", "FLOAT"),
            ffmpeg_bytes(sound, _RATE_HZ, "mp3", "libmp3lame", "fltp"),
            ffmpeg_bytes(sound, _RATE_HZ, "mp4", "aac", "fltp"),
            ffmpeg_bytes(shorts, 48000, "webm", "libopus", "s16"),
        ]


def wav(
    samples: bytes,
    *,
    rate_hz: int = _RATE_HZ,
    channels: int = 1,
    bits: int = 16,
    kind: int = 1,
    data_bytes: int | None = None,
    riff_bytes: int | None = None,
) -> bytes:
    """Returns a WAV file whose header says whatever is wanted."""
    frame = max(1, channels * bits // 8)
    stated = len(samples) if data_bytes is None else data_bytes
    described = struct.pack(
        "<HHIIHH",
        *(kind, channels & 0xFFFF, rate_hz, rate_hz * frame & 0xFFFFFFFF, frame & 0xFFFF, bits),
    )
    whole = 36 + len(samples) if riff_bytes is None else riff_bytes
    chunks = b"fmt " + struct.pack("<I", 16) + described + b"data" + struct.pack("<I", stated)
    return b"RIFF" + struct.pack("<I", whole) + b"WAVE" + chunks + samples


def recording(chance: random.Random, recordings: Recordings) -> tuple[str, bytes]:
    """Returns a broken sound file and what is wrong with it."""
    breakages: list[Callable[[random.Random, Recordings], tuple[str, bytes]]] = [
        _truncated, _flipped, _spliced, _wrong_head, _huge, _odd_shape, _no_numbers, _noise,
        _zeroed,
    ]  # fmt: skip
    return chance.choice(breakages)(chance, recordings)


def _truncated(chance: random.Random, recordings: Recordings) -> tuple[str, bytes]:
    whole = chance.choice(recordings.whole)
    return "truncated", whole[: chance.randrange(len(whole))]


def _flipped(chance: random.Random, recordings: Recordings) -> tuple[str, bytes]:
    broken = bytearray(chance.choice(recordings.whole))
    # Half of the time among the headers, where it hurts.
    reach = len(broken) if chance.random() < 0.5 else min(128, len(broken))
    for _ in range(chance.choice([1, 2, 8, 64])):
        broken[chance.randrange(reach)] = chance.randrange(256)
    return "flipped", bytes(broken)


def _spliced(chance: random.Random, recordings: Recordings) -> tuple[str, bytes]:
    first, second = chance.choice(recordings.whole), chance.choice(recordings.whole)
    return "spliced", first[: chance.randrange(len(first))] + second[
        chance.randrange(len(second)) :
    ]


def _wrong_head(chance: random.Random, recordings: Recordings) -> tuple[str, bytes]:
    heads = [b"RIFF", b"fLaC", b"OggS", b"ID3\x03", b"\x1aE\xdf\xa3", b"FORM", b"caff", b".snd"]
    return "wrong head", chance.choice(heads) + chance.choice(recordings.whole)[4:]


def _huge(chance: random.Random, _recordings: Recordings) -> tuple[str, bytes]:
    samples = chance.randbytes(2 * chance.choice([0, 10, 4000]))
    size = chance.choice([0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF, 0x10000000, 1, 0])
    return "huge sizes", wav(samples, data_bytes=size, riff_bytes=chance.choice([size, 0, 4]))


def _odd_shape(chance: random.Random, _recordings: Recordings) -> tuple[str, bytes]:
    return "odd shape", wav(
        chance.randbytes(chance.choice([0, 1, 3200, 40_000])),
        rate_hz=chance.choice([0, 1, 7, 3999, 384_000, 384_001, 0x7FFFFFFF, 0xFFFFFFFF]),
        channels=chance.choice([0, 1, 2, 32, 33, 255, 65535]),
        bits=chance.choice([0, 1, 8, 12, 16, 24, 32, 64, 65535]),
        kind=chance.choice([0, 1, 2, 3, 6, 7, 17, 80, 85, 0xFFFE, 0xFFFF]),
    )


def _no_numbers(chance: random.Random, _recordings: Recordings) -> tuple[str, bytes]:
    values = [np.nan, np.inf, -np.inf, 1e38, -1e38, 1e-40, 0.1]
    samples = np.array(chance.choices(values, k=8000), "<f4")
    return "no numbers", wav(
        samples.tobytes(), bits=32, kind=3, channels=chance.choice([1, 2, 32]),
        rate_hz=chance.choice([8000, 16000, 44100, 384_000]),
    )  # fmt: skip


def _noise(chance: random.Random, _recordings: Recordings) -> tuple[str, bytes]:
    return "noise", chance.randbytes(chance.choice([0, 1, 3, 44, 1000, 20_000]))


def _zeroed(chance: random.Random, recordings: Recordings) -> tuple[str, bytes]:
    whole = bytearray(chance.choice(recordings.whole))
    start = chance.randrange(len(whole))
    whole[start : start + chance.randrange(1, 2000)] = b""
    return "a hole", bytes(whole)


def upload(chance: random.Random, recordings: Recordings) -> Malformed:
    """Returns a request for a transcript of a broken recording, in a form that is mostly whole."""
    name, content = recording(chance, recordings)
    path, part = chance.choice(
        [("/transcribe", "audio_file"), ("/v1/audio/transcriptions", "file")]
    )
    fields = {"model": "demo", "response_format": chance.choice(["json", "text", "verbose_json"])}
    body, kind = _form(chance, part, content, fields)
    if chance.random() < 0.1:
        name, body = f"{name}, form too", mangled(chance, body)
    return Malformed(name, path, body, {"content-type": kind})


def _form(
    chance: random.Random, part: str, content: bytes, fields: dict[str, str]
) -> tuple[bytes, str]:
    boundary = chance.randbytes(8).hex()
    out = io.BytesIO()
    for name, value in fields.items():
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        out.write(f"{head}{value}\r\n".encode())
    out.write(
        f"--{boundary}\r\nContent-Disposition: form-data; "
        f'name="{part}"; filename="a.wav"\r\n\r\n'.encode()
    )
    out.write(content + f"\r\n--{boundary}--\r\n".encode())
    return out.getvalue(), f"multipart/form-data; boundary={boundary}"


def order(chance: random.Random) -> Malformed:
    """Returns a request for speech whose JSON is broken or has senseless values."""
    path = chance.choice(["/v1/audio/speech", "/synthesize"])
    body: dict[str, Any] = {
        "input": _value(chance),
        "text": _value(chance),
        "model": chance.choice(["demo", _value(chance)]),
        "voice": chance.choice(["alloy", {"id": "alloy"}, _value(chance)]),
        "response_format": chance.choice(["pcm", "wav", "flac", _value(chance)]),
        "speed": chance.choice([1, 4, _value(chance)]),
        "stream_format": chance.choice(["audio", _value(chance)]),
    }
    for name in list(body):
        if chance.random() < 0.3:
            del body[name]
    content = json.dumps(body, allow_nan=True).encode()
    if chance.random() < 0.5:
        return Malformed("odd values", path, content, _JSON)
    return Malformed("broken json", path, mangled(chance, content), _JSON)


def _value(chance: random.Random) -> Any:
    return chance.choice(
        [
            None, True, 0, -1, 1e308, float("nan"), float("inf"), -0.0, 10**30, "", " ", "\x00",
            "\ud800", "\u202e", "😀", "null", [], {}, [[]], {"": ""}, "Hello.", "A 7 b.", "…", "—",
            "x" * chance.choice([1, 50, 5000]), "й" * 40, "<speak>hi</speak>", "a\r\nb: c", "%s{}",
        ]
    )  # fmt: skip


def mangled(chance: random.Random, content: bytes) -> bytes:
    """Returns the bytes with a few taken out, put in, or cut off."""
    broken = bytearray(content)
    for _ in range(chance.randrange(1, 6)):
        place = chance.randrange(len(broken) + 1)
        match chance.randrange(4):
            case 0:
                del broken[place : place + chance.randrange(1, 20)]
            case 1:
                broken[place:place] = chance.randbytes(chance.randrange(1, 8))
            case 2:
                broken[place:place] = chance.choice(
                    [b"[" * 5000, b'"', b"\\u", b"--", b"\r\n", b"\xff"]
                )
            case _:
                broken[place:] = b""
    return bytes(broken)
