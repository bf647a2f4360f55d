"""Speech from espeak with the times of its words, and what microphones do to it.

Called by `data.py`. All randomness comes from the generators that callers pass.
"""

import random
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import soxr

from recipe.phonetics.espeak import SAMPLE_RATE_HZ as ESPEAK_RATE_HZ
from recipe.phonetics.espeak import Espeak, WordEvent

RATE_HZ = 16_000
Samples = npt.NDArray[np.float32]
_VARIANTS = ("m1", "m2", "m3", "m4", "m5", "m6", "m7", "f1", "f2", "f3", "f4")
_ACCENTS = ("en-gb-x-rp", "en-gb-scotland")
_SILENT = 2e-3


@dataclass(frozen=True)
class Spoken:
    """A text, its sound, and when each of its words begins."""

    text: str
    samples: Samples
    """Mono at `RATE_HZ`, within -1 and 1."""
    starts_s: tuple[float, ...]
    """One number for each word, and the end of the last."""


@dataclass(frozen=True)
class Manner:
    """How espeak is to speak."""

    voice: str
    rate: int
    pitch: int
    word_gap_ms: int
    resampling: float = 1.0
    """Above 1, the sound is played faster and higher."""


PLAIN = Manner("en-us", 175, 50, 0)
TEACHER = Manner("en-us", 150, 50, 20)


def any_manner(rng: random.Random) -> Manner:
    """Returns a voice, speed and pitch; one in five speaks as the demo voice's teacher."""
    if rng.random() < 0.2:
        return TEACHER
    kind = rng.random()
    if kind < 0.45:
        voice = "en-us"
    else:
        voice = f"en-us+{rng.choice(_VARIANTS)}" if kind < 0.95 else rng.choice(_ACCENTS)
    return Manner(
        voice=voice,
        rate=rng.randint(125, 205),
        pitch=rng.randint(25, 75),
        word_gap_ms=rng.choice((0, 0, 20, 40)),
        resampling=rng.uniform(0.92, 1.09) if rng.random() < 0.15 else 1.0,
    )


def speak(espeak: Espeak, text: str, manner: Manner, rng: random.Random) -> Spoken:
    """Returns a text spoken in a manner, with random punctuation and a little silence around."""
    said = punctuated(text, rng)
    heard = espeak.synth(
        said,
        voice=manner.voice,
        rate=manner.rate,
        pitch=manner.pitch,
        word_gap_ms=manner.word_gap_ms,
    )
    samples = heard.samples.astype(np.float32) / 32768
    loud = np.nonzero(np.abs(samples) > _SILENT)[0]
    end_s = (int(loud[-1]) if len(loud) else len(samples)) / ESPEAK_RATE_HZ + 0.02
    starts = [min(start, end_s) for start in _starts_s(said, heard.words, end_s)]
    lead_s = rng.choice((0.0, rng.uniform(0, 0.4)))
    tail = round((end_s + rng.uniform(0.03, 0.5)) * ESPEAK_RATE_HZ)
    padded = np.concatenate([np.zeros(round(lead_s * ESPEAK_RATE_HZ), np.float32), samples[:tail]])
    resampled = soxr.resample(padded, ESPEAK_RATE_HZ * manner.resampling, RATE_HZ)
    shifted = tuple((start + lead_s) / manner.resampling for start in starts)
    return Spoken(text, np.asarray(resampled, np.float32), shifted)


def punctuated(text: str, rng: random.Random) -> str:
    """Returns the text with the marks that make a speaker pause, at random."""
    words = text.split()
    if len(words) > 4 and rng.random() < 0.2:
        words[rng.randrange(len(words) - 1)] += ","
    return " ".join(words) + rng.choice(("", ".", ".", ".", "?", "!"))


def _starts_s(said: str, events: tuple[WordEvent, ...], end_s: float) -> list[float]:
    known = {event.position: event.sample / ESPEAK_RATE_HZ for event in reversed(events)}
    words = said.split()
    lengths = [len(word) + 1 for word in words]
    positions = np.concatenate([[0], np.cumsum(lengths)]).tolist()
    anchors = {positions[-1]: end_s, 0: known.get(0, 0.0)}
    anchors |= {p: known[p] for p in positions[1:-1] if p in known}
    # espeak speaks some words as one ("of the"): they share its time by their letters
    points = sorted(anchors)
    times = np.maximum.accumulate([anchors[point] for point in points])
    return [float(time) for time in np.interp(positions, points, times)]


def coloured_noise(kind: str, count: int, rng: np.random.Generator) -> Samples:
    """Returns noise of unit power: white, pink, brown, or mains hum with a little hiss."""
    white = rng.standard_normal(count)
    if kind == "hum":
        seconds = np.arange(count) / RATE_HZ
        mains_hz = rng.uniform(48, 62)
        tones = [
            rng.uniform(0.2, 1) / k * np.sin(2 * np.pi * mains_hz * k * seconds + rng.uniform(0, 6))
            for k in range(1, int(rng.integers(4, 12)))
        ]
        hiss = 10 ** rng.uniform(-3, -0.5) * white
        noise = np.asarray(np.sum(tones, axis=0) + hiss, np.float64)
    else:
        slope = {"white": 0.0, "pink": 0.5, "brown": 1.0}[kind]
        spectrum = np.fft.rfft(white) / np.maximum(np.arange(count // 2 + 1), 1) ** slope
        noise = np.asarray(np.fft.irfft(spectrum, count), np.float64)
    power = float(np.mean(np.square(noise)))
    return np.asarray(noise / np.sqrt(power + 1e-12), np.float32)


def recorded(samples: Samples, rng: random.Random, noise_rng: np.random.Generator) -> Samples:
    """Returns the speech as a microphone records it: a gain, at times a tilt or noise."""
    heard = samples.astype(np.float64)
    if rng.random() < 0.2:  # a first-order tilt, up or down
        heard += rng.uniform(-0.6, 0.6) * np.concatenate([[0.0], heard[:-1]])
    heard *= np.exp(rng.uniform(np.log(0.03), 0)) / (np.abs(heard).max() + 1e-6)
    if rng.random() < 0.35:
        kind = rng.choice(("white", "white", "white", "pink", "brown", "hum"))
        level = np.sqrt(np.mean(np.square(heard))) * 10 ** (-rng.uniform(12, 40) / 20)
        heard += level * coloured_noise(kind, len(heard), noise_rng)
    return np.asarray(np.clip(heard, -1, 1), np.float32)


def nothing_said(rng: random.Random, noise_rng: np.random.Generator) -> Samples:
    """Returns a recording without speech: silence, noise that may swell, or clicks, 0.3 to 8 s."""
    count = round(rng.uniform(0.3, 8) * RATE_HZ)
    kind = rng.choice(("silence", "clicks", *("white", "pink", "brown", "hum") * 3))
    level = float(np.exp(rng.uniform(np.log(3e-5), np.log(0.3))))
    if kind == "silence":
        return np.zeros(count, np.float32)
    if kind == "clicks":
        samples = 0.01 * coloured_noise("pink", count, noise_rng)
        samples[noise_rng.integers(0, count, rng.randint(1, 9))] += 1
    else:
        samples = coloured_noise(kind, count, noise_rng)
        if rng.random() < 0.4:
            swell = noise_rng.uniform(0.1, 1, 6)
            shape = np.interp(np.arange(count), np.linspace(0, count, 6), swell)
            samples = np.asarray(samples * shape, np.float32)
    return np.asarray(np.clip(level * samples, -1, 1), np.float32)
