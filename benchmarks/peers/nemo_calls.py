"""NeMo called directly, as a careful user of a serving framework would: the peers share it.

Models are restored once; a batch is one call of each stage without gradients, with none of what
`transcribe()` does on every call. It needs NeMo and torch alone: the peers have an environment of
their own, without this project's packages. Both are imported where a model is made, so that only
the process that computes holds them.
"""

import io
import os
import struct
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

CHECKPOINT, VOCODER = "NEMO_VOICE_PEER_CHECKPOINT", "NEMO_VOICE_PEER_VOCODER"
"""The variables that name the files: Ray Serve and BentoML start processes of their own."""
MAX_BATCH = 16
"""What our services take into a batch unless they are told otherwise."""
VOICE_BATCH = 2
"""Of texts. On a CPU NeMo's calls speak quickest one by one, since each text of a batch is padded
to the longest: sixteen at once take more than three times as long."""
BATCH_WAIT_S = 0.01
"""How long a batch waits for more requests: Ray Serve's own default, given to all."""
BYTES_PER_SAMPLE = 2
ENDLESS = 2**32 - 1
_LARGEST = 32767

Samples = npt.NDArray[np.float32]


def read_clip(content: bytes) -> Samples:
    """Returns the samples of a WAV file that has the model's rate."""
    samples: Samples = soundfile.read(io.BytesIO(content), dtype="float32")[0]
    return samples


def wav_head(rate_hz: int, samples: int | None = None) -> bytes:
    """Returns the first bytes of a 16-bit WAV file; without a count for a stream of any length."""
    size = ENDLESS if samples is None else samples * BYTES_PER_SAMPLE
    form = struct.pack("<IHHIIHH", 16, 1, 1, rate_hz, rate_hz * BYTES_PER_SAMPLE, 2, 16)
    total = struct.pack("<I", min(ENDLESS, size + 36))
    return b"RIFF" + total + b"WAVEfmt " + form + b"data" + struct.pack("<I", size)


class Recogniser:
    """A recogniser restored from a checkpoint."""

    def __init__(self, checkpoint: str) -> None:
        import torch  # noqa: PLC0415 see above
        from nemo.collections.asr.models import ASRModel  # noqa: PLC0415

        torch.set_num_threads(1)
        self._torch: Any = torch
        self.model: Any = ASRModel.restore_from(checkpoint, map_location="cpu")
        self.model.eval()
        self.model.freeze()
        self.model.preprocessor.featurizer.dither = 0.0
        self.model.preprocessor.featurizer.pad_to = 0

    @classmethod
    def of_environment(cls) -> "Recogniser":
        """Returns the one whose checkpoint the environment names, warm."""
        made = cls(os.environ[CHECKPOINT])
        made.recognise([np.zeros(16_000, np.float32)] * 2)
        return made

    def hypotheses(self, clips: Sequence[Samples]) -> list[Any]:
        """Returns NeMo's hypotheses of a batch, in its order."""
        with self._torch.inference_mode():
            return self._hypotheses(self._torch, clips)

    def recognise(self, clips: Sequence[Samples]) -> list[str]:
        """Returns the texts of a batch, in its order."""
        return [str(one.text) for one in self.hypotheses(clips)]

    def _hypotheses(self, torch: Any, clips: Sequence[Samples]) -> list[Any]:
        lengths = torch.tensor([len(clip) for clip in clips])
        signal = torch.zeros(len(clips), int(lengths.max()))
        for row, clip in enumerate(clips):
            signal[row, : len(clip)] = torch.from_numpy(clip)
        features, frames = self.model.preprocessor(input_signal=signal, length=lengths)
        encoded, steps = self.model.encoder(audio_signal=features, length=frames)
        found: list[Any] = self.model.decoding.rnnt_decoder_predictions_tensor(
            encoded, steps, return_hypotheses=True
        )
        return found


class Voice:
    """FastPitch and HiFi-GAN restored from their checkpoints."""

    def __init__(self, checkpoint: str, vocoder: str) -> None:
        import torch  # noqa: PLC0415 see above
        from nemo.collections.tts.models import FastPitchModel, HifiGanModel  # noqa: PLC0415

        torch.set_num_threads(1)
        self._torch: Any = torch
        self._fastpitch: Any = FastPitchModel.restore_from(checkpoint, map_location="cpu").eval()
        self._hifigan: Any = HifiGanModel.restore_from(vocoder, map_location="cpu").eval()
        self.rate_hz = int(self._fastpitch.cfg.sample_rate)
        self._hop = int(self._fastpitch.cfg.n_window_stride)

    @classmethod
    def of_environment(cls) -> "Voice":
        """Returns the one whose checkpoints the environment names, warm."""
        made = cls(os.environ[CHECKPOINT], os.environ[VOCODER])
        made.speak(["Good morning.", "Nobody answered."])
        return made

    def speak(self, texts: Sequence[str]) -> list[bytes]:
        """Returns the 16-bit samples of a batch of texts, in its order."""
        with self._torch.inference_mode():
            return self._speak(self._torch, texts)

    def _speak(self, torch: Any, texts: Sequence[str]) -> list[bytes]:
        tokens = [self._fastpitch.parse(text)[0] for text in texts]
        padded = torch.nn.utils.rnn.pad_sequence(
            tokens, batch_first=True, padding_value=self._fastpitch.vocab.pad
        )
        spoken = self._fastpitch(text=padded, durs=None, pitch=None, speaker=None, pace=1.0)
        mels, frames = spoken[0], spoken[1]
        sound = self._hifigan.convert_spectrogram_to_audio(spec=mels).numpy()
        return [
            _sixteen_bits(row[: int(count) * self._hop])
            for row, count in zip(sound, frames, strict=True)
        ]

    def whole(self, texts: Sequence[str]) -> list[bytes]:
        """Returns a WAV file of each text."""
        return [
            wav_head(self.rate_hz, len(sound) // BYTES_PER_SAMPLE) + sound
            for sound in self.speak(texts)
        ]

    def streamed(self, texts: Sequence[str]) -> Iterator[list[bytes]]:
        """Yields what each text of a batch has next, a sentence at a time; nothing when it ended.

        The head of a WAV file precedes the first sentence.
        """
        waiting = [_sentences(text) for text in texts]
        head = wav_head(self.rate_hz)
        for turn in range(max(map(len, waiting))):
            rows = [row for row, sentences in enumerate(waiting) if turn < len(sentences)]
            spoken = self.speak([waiting[row][turn] for row in rows])
            step = [b""] * len(texts)
            for row, sound in zip(rows, spoken, strict=True):
                step[row] = sound if turn else head + sound
            yield step


def _sentences(text: str) -> list[str]:
    found = [f"{part.strip()}" for part in text.replace("?", "?|").replace(".", ".|").split("|")]
    return [part for part in found if part]


def _sixteen_bits(sound: Samples) -> bytes:
    return (np.clip(sound, -1.0, 1.0) * _LARGEST).astype("<i2").tobytes()
