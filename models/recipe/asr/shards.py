"""Features on disk: shards of log-mel frames with their texts and word times.

Written by `ear_data` and `ear_voice`, read by `ear_batches`. A shard is named for what is in it:
`espeak-0003`.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from recipe.asr.sound import RATE_HZ, Spoken

MEL_BANDS = 80
FRAME_S = 0.01
SILENCE = -16.635  # what the logarithm gives for digital silence
Frames = npt.NDArray[np.float16]


@dataclass(frozen=True)
class Shard:
    """Some utterances: their frames one after another, and where each begins."""

    frames: Frames
    offsets: tuple[int, ...]
    texts: tuple[str, ...]
    starts_s: tuple[tuple[float, ...], ...]


def cache_folder() -> Path:
    """Where the recipe keeps what it makes: never in the repository."""
    root = os.environ.get("NEMO_VOICE_DEV_CACHE", str(Path.home() / ".cache" / "nemo-voice"))
    return Path(root) / "recipe" / "ear"


class MelFrames:
    """NeMo's own log-mel frames, not yet normalised."""

    def __init__(self) -> None:
        from nemo.collections.asr.modules import AudioToMelSpectrogramPreprocessor  # noqa: PLC0415

        self._preprocessor: Any = AudioToMelSpectrogramPreprocessor(
            sample_rate=RATE_HZ,
            normalize="NA",
            window_size=0.025,
            window_stride=FRAME_S,
            features=MEL_BANDS,
            n_fft=512,
            dither=0.0,
            pad_to=0,
        ).eval()

    def frames(self, samples: npt.NDArray[np.float32]) -> Frames:
        """The frames (time, bands) of mono samples at `RATE_HZ`."""
        with torch.inference_mode():
            frames, lengths = self._preprocessor(
                input_signal=torch.from_numpy(samples)[None],
                length=torch.tensor([len(samples)]),
            )
        found: Frames = frames[0, :, : int(lengths[0])].T.half().numpy()
        return found


def write_shard(folder: Path, name: str, spoken: Sequence[Spoken], mel: MelFrames) -> None:
    """Writes a shard; a reader sees all of it or nothing."""
    frames = [mel.frames(item.samples) for item in spoken]
    offsets = np.concatenate([[0], np.cumsum([len(part) for part in frames])]).tolist()
    texts = [item.text for item in spoken]
    starts = [[round(start, 3) for start in item.starts_s] for item in spoken]
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".{name}.npy"
    np.save(unfinished, np.concatenate(frames))
    unfinished.replace(folder / f"{name}.npy")
    listing = folder / f".{name}.json"
    listing.write_text(json.dumps({"offsets": offsets, "texts": texts, "starts_s": starts}))
    listing.replace(folder / f"{name}.json")


def has_shard(folder: Path, name: str) -> bool:
    """Whether a shard has been written."""
    return (folder / f"{name}.json").exists()


def read_shard(folder: Path, name: str) -> Shard:
    """A shard that `write_shard` wrote."""
    listing = json.loads((folder / f"{name}.json").read_text())
    return Shard(
        frames=np.load(folder / f"{name}.npy", mmap_mode="r"),  # more than the memory may hold
        offsets=tuple(listing["offsets"]),
        texts=tuple(listing["texts"]),
        starts_s=tuple(map(tuple, listing["starts_s"])),
    )


def shard_names(folder: Path, kind: str) -> list[str]:
    """The shards of one kind that are complete."""
    return sorted(path.stem for path in folder.glob(f"{kind}-*.json"))
