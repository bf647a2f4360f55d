"""The three checkpoints, restored by plain NeMo and run stage by stage. Called by `laboratory.py`.

Of the services only the preparation of text is used: written forms are read as the product reads
them, and every other figure is that of the checkpoints alone.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from nemo.collections.asr.models import ASRModel
from nemo.collections.asr.parts.utils.timestamp_utils import process_timestamp_outputs
from nemo.collections.tts.models import FastPitchModel, HifiGanModel
from nemo.utils import logging as nemo_logging
from omegaconf import open_dict

from evaluation.checkpoints import RECOGNISER, VOCODER, VOICE
from evaluation.speech import SAMPLE_RATE_HZ, Samples
from nemo_voice_tts.text.initials import spelled
from nemo_voice_tts.text.reader import Reader

VOICE_RATE_HZ = 22_050
_BATCH_SECONDS = 80.0
_BATCH_ITEMS = 16
_SHORTEST_S = 1.0


@dataclass
class Cost:
    """Processor seconds spent and seconds of speech made or heard with them."""

    processor_s: float = 0.0
    speech_s: float = 0.0

    @property
    def factor(self) -> float:
        """Processor seconds for one second of speech."""
        return self.processor_s / self.speech_s if self.speech_s else 0.0


@dataclass(frozen=True)
class Transcript:
    """What the recogniser heard and when each word began."""

    text: str
    starts_s: tuple[float, ...]


class Recogniser:
    """The speech recogniser, run on clips sorted by length."""

    def __init__(self, folder: Path) -> None:
        self._model: Any = ASRModel.restore_from(str(folder / RECOGNISER), map_location="cpu")
        decoding = self._model.cfg.decoding
        with open_dict(decoding):
            decoding.strategy = "greedy_batch"
            decoding.compute_timestamps = True
        self._model.change_decoding_strategy(decoding, verbose=False)
        self._model.eval()
        self._model.freeze()
        self._model.preprocessor.featurizer.dither = 0.0
        self._model.preprocessor.featurizer.pad_to = 0

    def transcripts(self, clips: Sequence[Samples]) -> list[Transcript]:
        """Returns the transcript of each clip, in the order of the clips."""
        out: dict[int, Transcript] = {}
        order = sorted(range(len(clips)), key=lambda index: len(clips[index]))
        while order:
            batch = _batch(order, clips)
            order = order[len(batch) :]
            heard = self.run([clips[index] for index in batch])
            out |= dict(zip(batch, heard, strict=True))
        return [out[index] for index in range(len(clips))]

    def cost(self, clips: Sequence[Samples], batch_items: int) -> Cost:
        """Returns the processor time of clips in batches of a fixed size."""
        begin_s = time.process_time()
        for index in range(0, len(clips), batch_items):
            self.run(clips[index : index + batch_items])
        speech_s = sum(len(clip) for clip in clips) / SAMPLE_RATE_HZ
        return Cost(time.process_time() - begin_s, speech_s)

    def run(self, clips: Sequence[Samples]) -> list[Transcript]:
        """Returns the transcripts of clips as one batch."""
        with torch.inference_mode():
            hypotheses = self._hypotheses(clips)
        return [
            Transcript(h.text, tuple(float(word["start"]) for word in h.timestamp["word"]))
            for h in hypotheses
        ]

    def _hypotheses(self, clips: Sequence[Samples]) -> list[Any]:
        shortest = round(_SHORTEST_S * SAMPLE_RATE_HZ)
        lengths = torch.tensor([max(len(clip), shortest) for clip in clips])
        signal = torch.zeros(len(clips), int(lengths.max()))
        for row, clip in zip(signal, clips, strict=True):
            row[: len(clip)] = torch.from_numpy(clip)
        features, feature_lengths = self._model.preprocessor(input_signal=signal, length=lengths)
        encoded, encoded_lengths = self._model.encoder(
            audio_signal=features, length=feature_lengths
        )
        hypotheses = self._model.decoding.rnnt_decoder_predictions_tensor(
            encoded, encoded_lengths, return_hypotheses=True
        )
        timed: list[Any] = process_timestamp_outputs(
            hypotheses,
            self._model.encoder.subsampling_factor,
            self._model.cfg.preprocessor.window_stride,
        )
        return timed


def _batch(order: Sequence[int], clips: Sequence[Samples]) -> list[int]:
    batch: list[int] = []
    for index in order[:_BATCH_ITEMS]:
        padded_s = (len(batch) + 1) * len(clips[index]) / SAMPLE_RATE_HZ
        if batch and padded_s > _BATCH_SECONDS:
            break
        batch.append(index)
    return batch


@dataclass
class Voice:
    """The voice: text to spectrogram to samples, one sentence at a time."""

    folder: Path
    spectrogram_cost: Cost = field(default_factory=Cost)
    vocoder_cost: Cost = field(default_factory=Cost)

    def __post_init__(self) -> None:
        """Restores both checkpoints and takes the reader of texts."""
        self._voice: Any = FastPitchModel.restore_from(
            str(self.folder / VOICE), map_location="cpu"
        ).eval()
        self._vocoder: Any = HifiGanModel.restore_from(
            str(self.folder / VOCODER), map_location="cpu"
        ).eval()
        self._lexicon: Any = self._voice.vocab.g2p.phoneme_dict
        self._reader = Reader()

    def reading(self, text: str) -> str:
        """Returns the text in words, prepared as the service prepares it."""
        return spelled(self._reader.words(text), self._lexicon)

    def knows(self, word: str) -> bool:
        """Returns whether the checkpoint's own dictionary has the word."""
        return word.lower() in self._lexicon

    def say(self, text: str) -> Samples:
        """Returns the speech of a normalised text at `VOICE_RATE_HZ`."""
        with torch.inference_mode():
            begin_s = time.process_time()
            tokens = self._voice.parse(text, normalize=False)
            spectrogram = self._voice.generate_spectrogram(tokens=tokens)
            middle_s = time.process_time()
            samples = self._vocoder.convert_spectrogram_to_audio(spec=spectrogram)[0].numpy()
        speech_s = len(samples) / VOICE_RATE_HZ
        for cost, spent_s in (
            (self.spectrogram_cost, middle_s - begin_s),
            (self.vocoder_cost, time.process_time() - middle_s),
        ):
            cost.processor_s += spent_s
            cost.speech_s += speech_s
        return np.asarray(samples, np.float32)


def quieten() -> None:
    """Limits NeMo to error logs and torch to one thread, so that costs are comparable."""
    nemo_logging.setLevel(nemo_logging.ERROR)
    torch.set_num_threads(1)
