"""What is measured on the teacher's speech: its mel spectrogram and its pitch. No files."""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from nemo.collections.asr.parts.preprocessing.features import FilterbankFeatures

from recipe.phonetics.espeak import SAMPLE_RATE_HZ
from recipe.tts.align import HOP_SAMPLES
from recipe.tts.config import MEL
from recipe.tts.items import MEL_BINS

FULL_SCALE = 32768.0

_FRAME = 1024
_SHORTEST_LAG, _LONGEST_LAG = 88, 368  # 250 Hz to 60 Hz
_VOICED = 0.6  # of the normalised autocorrelation
_QUIET = 1e-5  # mean square below which a frame has no pitch
_OCTAVE = 0.9  # a peak at half the lag that is this good is the true one


def mel_maker() -> Any:
    """Returns NeMo's mel spectrogram with the settings both models share."""
    maker = FilterbankFeatures(nfilt=MEL_BINS, pad_to=0, pad_value=-11.52, use_grads=False, **MEL)
    return maker.eval()


def mel_of(maker: Any, samples: npt.NDArray[np.int16], frames: int) -> npt.NDArray[np.float16]:
    """Returns the log mel spectrogram of some speech, 80 numbers for each of `frames`."""
    audio = torch.from_numpy(samples.astype(np.float32) / FULL_SCALE)[None]
    with torch.no_grad():
        mel, _ = maker(audio, torch.tensor([audio.shape[1]]))
    found: npt.NDArray[np.float16] = mel[0].T.half().numpy()[:frames]
    missing = frames - len(found)
    return np.pad(found, ((0, missing), (0, 0)), mode="edge") if missing else found


def pitch_hz(samples: npt.NDArray[np.int16]) -> npt.NDArray[np.float64]:
    """Returns the pitch of each frame by normalised autocorrelation, 0 where there is no voice."""
    audio = samples.astype(np.float32) / np.float32(FULL_SCALE)
    count = len(audio) // HOP_SAMPLES
    audio = np.pad(audio, (_FRAME // 2 - HOP_SAMPLES // 2, 2 * _FRAME))
    frames = np.lib.stride_tricks.sliding_window_view(audio, _FRAME)[::HOP_SAMPLES][:count]
    window = np.hanning(_FRAME).astype(np.float32)
    own = _autocorrelation(window[None])[0]
    raw = _autocorrelation(frames * window)
    ratio = raw / (raw[:, :1] + 1e-9) / (own / own[0])
    lags = ratio[:, _SHORTEST_LAG:_LONGEST_LAG].argmax(1) + _SHORTEST_LAG
    strength = ratio[np.arange(count), lags]
    for index in np.flatnonzero(lags >= 2 * _SHORTEST_LAG):
        half = lags[index] // 2
        around = ratio[index, half - 2 : half + 3]
        if around.max() > _OCTAVE * strength[index]:
            lags[index] = half - 2 + around.argmax()
    voiced = (strength > _VOICED) & ((frames**2).mean(1) > _QUIET)
    return np.where(voiced, SAMPLE_RATE_HZ / lags, 0.0)


def token_pitch_hz(
    pitch: npt.NDArray[np.float64], durations: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Returns the median pitch of each token's voiced frames, 0 for a token without any."""
    ends = np.cumsum(durations)
    medians = np.zeros(len(durations))
    for index, (start, end) in enumerate(zip(ends - durations, ends, strict=True)):
        voiced = pitch[start:end][pitch[start:end] > 0]
        if len(voiced):
            medians[index] = np.median(voiced)
    return medians


def _autocorrelation(frames: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    spectrum = np.fft.rfft(frames, 2 * _FRAME)
    power = (spectrum * spectrum.conj()).real
    return np.fft.irfft(power)[:, : _LONGEST_LAG + 32].astype(np.float32)
