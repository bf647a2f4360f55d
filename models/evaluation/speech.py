"""Test speech from espeak-ng and what is done to it: voices, gain, noise, silence, joining.

Called by the measurements. Every choice comes from a fixed seed, so the clips are always the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import soxr

from recipe.phonetics.espeak import SAMPLE_RATE_HZ as ESPEAK_RATE_HZ
from recipe.phonetics.espeak import Espeak, WordEvent

SAMPLE_RATE_HZ = 16_000

Samples = npt.NDArray[np.float32]

VOICES = (
    "en-us",
    "en-us+m1",
    "en-us+m2",
    "en-us+m3",
    "en-us+m4",
    "en-us+f1",
    "en-us+f2",
    "en-us+f3",
)
SPEEDS_WPM = (135, 195)
PITCHES = (30, 70)
GAINS = (0.05, 1.0)
_PLAIN_SPEED_WPM = 175  # espeak-ng's own default
_PLAIN_PITCH = 50


@dataclass(frozen=True)
class Clip:
    """Speech with the text that is said in it."""

    text: str
    samples: Samples
    """Mono at `SAMPLE_RATE_HZ`, within -1 and 1."""
    starts_s: tuple[float | None, ...] = ()
    """When each word begins; None where espeak joined the word to the one before it."""


def resampled(samples: Samples, rate_hz: int) -> Samples:
    """Returns samples at the recogniser's rate."""
    return np.asarray(soxr.resample(samples, rate_hz, SAMPLE_RATE_HZ), np.float32)


def spoken(
    espeak: Espeak,
    text: str,
    *,
    voice: str = "en-us",
    speed_wpm: int = _PLAIN_SPEED_WPM,
    pitch: int = _PLAIN_PITCH,
    word_gap_ms: int = 0,
) -> Clip:
    """Returns one text in espeak's voice, by default as `espeak-ng -v en-us` says it."""
    heard = espeak.synth(text, voice=voice, rate=speed_wpm, pitch=pitch, word_gap_ms=word_gap_ms)
    samples = resampled(np.asarray(heard.samples / 32768, np.float32), ESPEAK_RATE_HZ)
    return Clip(text, samples, _starts(text, heard.words))


def _starts(text: str, events: Sequence[WordEvent]) -> tuple[float | None, ...]:
    starts: list[float | None] = []
    position = 0
    known = {event.position: event.sample / ESPEAK_RATE_HZ for event in reversed(events)}
    for word in text.split():
        starts.append(known.get(position))
        position += len(word) + 1
    return tuple(starts)


def varied(espeak: Espeak, texts: Sequence[str], seed: int = 1) -> list[Clip]:
    """Returns the texts, each with its own voice, speed, pitch and gain."""
    rng = np.random.default_rng(seed)
    clips = []
    for text in texts:
        clip = spoken(
            espeak,
            text,
            voice=str(rng.choice(VOICES)),
            speed_wpm=int(rng.integers(*SPEEDS_WPM, endpoint=True)),
            pitch=int(rng.integers(*PITCHES, endpoint=True)),
        )
        clips.append(replace(clip, samples=clip.samples * np.float32(_gain(rng))))
    return clips


def _gain(rng: np.random.Generator) -> float:
    low, high = np.log(GAINS)
    return float(np.exp(rng.uniform(low, high)))


def noisy(clips: Sequence[Clip], snr_db: float, seed: int = 2) -> list[Clip]:
    """Returns the clips with white noise, its power so far below the clip's mean power."""
    rng = np.random.default_rng(seed)
    out = []
    for clip in clips:
        power = float(np.mean(np.square(clip.samples))) / 10 ** (snr_db / 10)
        noise = rng.standard_normal(len(clip.samples)) * np.sqrt(power)
        out.append(replace(clip, samples=(clip.samples + noise).astype(np.float32)))
    return out


def surrounded(clip: Clip, silence_s: float) -> Clip:
    """Returns the clip with digital silence before and after it."""
    silence = np.zeros(round(silence_s * SAMPLE_RATE_HZ), np.float32)
    return Clip(clip.text, np.concatenate([silence, clip.samples, silence]))


def joined(clips: Sequence[Clip], seed: int = 3) -> list[Clip]:
    """Returns all clips, two to eight after one another in each."""
    rng = np.random.default_rng(seed)
    out: list[Clip] = []
    rest = list(clips)
    while rest:
        count = int(rng.integers(2, 8, endpoint=True))
        group, rest = rest[:count], rest[count:]
        text = " ".join(clip.text for clip in group)
        out.append(Clip(text, np.concatenate([clip.samples for clip in group])))
    return out


def noises(count_each: int, seed: int = 4) -> list[tuple[str, Samples]]:
    """Returns clips without speech: white noise, pink noise and mains hum, 1 to 6 s."""
    rng = np.random.default_rng(seed)
    out = []
    for kind in ("white", "pink", "hum"):
        for _ in range(count_each):
            length = round(float(rng.uniform(1, 6)) * SAMPLE_RATE_HZ)
            level = 10 ** float(rng.uniform(-3, -1))
            noise = _noise(kind, length, rng)
            scaled = noise / np.sqrt(np.mean(np.square(noise))) * level
            out.append((kind, np.clip(scaled, -1, 1).astype(np.float32)))
    return out


def _noise(kind: str, length: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    white = rng.standard_normal(length)
    if kind == "white":
        return white
    if kind == "pink":
        spectrum = np.fft.rfft(white)
        return np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 1)), length)
    time_s = np.arange(length) / SAMPLE_RATE_HZ
    mains_hz = float(rng.choice([50, 60]))
    parts = [np.sin(2 * np.pi * mains_hz * k * time_s + rng.uniform(0, 6)) / k for k in range(1, 9)]
    return np.asarray(np.sum(parts, axis=0) + 0.01 * white)
