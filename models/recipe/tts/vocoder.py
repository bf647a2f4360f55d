"""Trains the demo HiFi-GAN's generator on spectral losses, on true mels and on FastPitch's own.

Needs the data of `data.py` and a FastPitch; `python -m recipe tts-vocoder` calls `main`.
"""

import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from librosa.filters import mel as mel_filters
from nemo.collections.tts.models import FastPitchModel, HifiGanModel

from recipe.phonetics.espeak import SAMPLE_RATE_HZ
from recipe.snapshots import latest
from recipe.training import half_precision
from recipe.tts.batches import Corpus, collate, load_corpus, plain
from recipe.tts.config import new_hifigan, restored
from recipe.tts.items import MEL_BINS, Item, data_folder
from recipe.tts.signal import FULL_SCALE
from recipe.tts.training_command import train, training_parser

_SEED = 13
_BATCH, _SEGMENT_FRAMES = 8, 32
_PREDICTED_SHARE = 0.4
_PREDICTED_TOGETHER = 16
_RESOLUTIONS = ((1024, 256), (512, 128), (256, 64))  # window and hop, samples
_EVALUATED = 16


@dataclass(frozen=True)
class Pair:
    """A mel spectrogram, true or FastPitch's, and the item whose speech it stands for."""

    item: Item
    mel: npt.NDArray[np.float16]


class SpectralLoss:
    """How far speech is from the teacher's in three spectrograms and one full-band mel."""

    def __init__(self, device: Any) -> None:
        self._windows = {size: torch.hann_window(size, device=device) for size, _ in _RESOLUTIONS}
        filters = mel_filters(sr=SAMPLE_RATE_HZ, n_fft=1024, n_mels=MEL_BINS, fmin=0, fmax=None)
        self._filters = torch.from_numpy(filters).float().to(device)

    def __call__(self, target: Any, speech: Any) -> dict[str, Any]:
        """Returns spectral convergence, log magnitude and log mel error, by name."""
        convergence = magnitude = torch.zeros((), device=target.device)
        mel = convergence
        for size, hop in _RESOLUTIONS:
            true, made = self._spectrum(target, size, hop), self._spectrum(speech, size, hop)
            scale = true.square().sum().sqrt() + 1e-6
            convergence = convergence + (true - made).square().sum().sqrt() / scale / 3
            distance = torch.log(true + 1e-3) - torch.log(made + 1e-3)
            magnitude = magnitude + distance.abs().mean() / 3
            if size == 1024:
                true_mel, made_mel = (torch.log(self._filters @ s + 1e-5) for s in (true, made))
                mel = (true_mel - made_mel).abs().mean()
        return {"convergence": convergence, "magnitude": magnitude, "mel": mel}

    def _spectrum(self, audio: Any, size: int, hop: int) -> Any:
        bins = torch.stft(audio, size, hop, size, self._windows[size], return_complex=True)
        return torch.sqrt(torch.view_as_real(bins).square().sum(-1) + 1e-7)


class VocoderTask:
    """The generator, the pairs and the loss."""

    name = "hifigan"

    def __init__(self, corpus: Corpus, predicted: Sequence[Pair], init: Path | None) -> None:
        self._corpus = corpus
        self._predicted = predicted
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.manual_seed(_SEED)
        self._model = restored(HifiGanModel, init) if init else new_hifigan()
        self.network = self._model.generator
        if not init:
            start_quickly(self.network)
        self._model.to(self._device).train()
        self._spectral = SpectralLoss(self._device)

    def loss(self, step: int) -> tuple[Any, Mapping[str, float]]:
        """Returns the loss on random pieces of true and predicted mels."""
        mels, speech = self._batch(random.Random(f"{_SEED}/{step}"))
        with half_precision(self._device, wanted=True):
            made = self.network(x=mels)
        parts = self._spectral(speech, made.float().squeeze(1))
        return sum(parts.values()), {name: value.item() for name, value in parts.items()}

    def evaluate(self) -> Mapping[str, float]:
        """Returns the losses on held-out speech from its true mels."""
        self._model.eval()
        items = self._corpus.held_out[:_EVALUATED]
        sums: dict[str, float] = {}
        with torch.no_grad():
            for item in items:
                mel = torch.from_numpy(self._corpus.mel(item).astype(np.float32)).T[None]
                speech = self._speech(item, 0, item.frames)[None]
                made = self.network(x=mel.to(self._device)).squeeze(1)
                for name, value in self._spectral(speech, made).items():
                    sums[name] = sums.get(name, 0.0) + float(value) / len(items)
        self._model.train()
        return sums

    def save(self, path: Path) -> None:
        """Writes the model, in evaluation mode, as a `.nemo` file."""
        self._model.eval()
        self._model.save_to(str(path))
        self._model.train()

    def _batch(self, rng: random.Random) -> tuple[Any, Any]:
        mels: list[Any] = []
        speech: list[Any] = []
        while len(mels) < _BATCH:
            if self._predicted and rng.random() < _PREDICTED_SHARE:
                pair = rng.choice(self._predicted)
            else:
                item = rng.choice(self._corpus.items)
                pair = Pair(item, self._corpus.mel(item))
            if len(pair.mel) <= _SEGMENT_FRAMES:
                continue
            start = rng.randrange(len(pair.mel) - _SEGMENT_FRAMES)
            piece = pair.mel[start : start + _SEGMENT_FRAMES].astype(np.float32)
            mels.append(torch.from_numpy(piece).T)
            speech.append(self._speech(pair.item, start, _SEGMENT_FRAMES))
        return torch.stack(mels).to(self._device), torch.stack(speech)

    def _speech(self, item: Item, start: int, frames: int) -> Any:
        samples = self._corpus.audio(item, start, frames).astype(np.float32) / FULL_SCALE
        return torch.from_numpy(samples).to(self._device)


def start_quickly(generator: Any) -> None:
    """Gives a new generator weights scaled by fan-in: NeMo's own start is very slow."""
    ends = (generator.conv_pre, generator.conv_post)
    with torch.no_grad():
        for module in generator.modules():
            transposed = isinstance(module, torch.nn.ConvTranspose1d)
            if not (transposed or isinstance(module, torch.nn.Conv1d)) or not hasattr(
                module, "weight_g"
            ):
                continue
            weight = module.weight_v
            inputs = weight.shape[0] / module.stride[0] if transposed else weight.shape[1]
            gain = 1.0 if transposed or module in ends else 0.6
            weight.normal_(0, gain * (inputs * weight.shape[2]) ** -0.5)
            module.weight_g.copy_(weight.norm(dim=(1, 2), keepdim=True))


def predict(corpus: Corpus, fastpitch: Path, count: int) -> list[Pair]:
    """Returns FastPitch's mels of the first items, with true durations and pitch."""
    model = restored(FastPitchModel, fastpitch).eval()
    items = sorted(corpus.items[:count], key=lambda item: item.frames)
    pairs = []
    with torch.inference_mode():
        for first in range(0, len(items), _PREDICTED_TOGETHER):
            some = items[first : first + _PREDICTED_TOGETHER]
            batch = collate([plain(corpus, item) for item in some], model.vocab.pad)
            mels = model.fastpitch(
                text=batch.tokens, durs=batch.durations, pitch=batch.pitch, pace=1.0
            )[0]
            for item, mel in zip(some, mels, strict=True):
                pairs.append(Pair(item, mel[:, : item.frames].T.half().contiguous().numpy()))
    return pairs


def main(argv: Sequence[str] | None = None) -> int:
    """Trains, or resumes the training, until the budget is spent."""
    parser = training_parser("tts-vocoder", __doc__, minutes=40, rate=1e-3)
    parser.add_argument("--fastpitch", type=Path, help="default: the last snapshot of its training")
    parser.add_argument(
        "--predicted", type=int, default=1500, help="items FastPitch speaks (default 1500)"
    )
    arguments = parser.parse_args(argv)
    torch.set_num_threads(1)
    folder = data_folder()
    corpus = load_corpus(folder)
    fastpitch = arguments.fastpitch or latest(folder.parent / "snapshots", "fastpitch")
    task = VocoderTask(corpus, predict(corpus, fastpitch, arguments.predicted), arguments.init)
    train(task, arguments, folder.parent, clip=5.0, betas=(0.8, 0.99))
    return 0


if __name__ == "__main__":
    sys.exit(main())
