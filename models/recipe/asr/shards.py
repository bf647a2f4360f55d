"""Features on disk: shards of log-mel frames with their texts and word times.

Written by `data.py` and `demo_voice.py`, read by `batches.py`. A shard is named for what is in it:
`espeak-0003`.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from recipe.asr.sound import RATE_HZ, Spoken
from recipe.files import recipe_folder, written_whole
from recipe.progress import Progress

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
    """Returns where the recogniser's shards and states are kept."""
    return recipe_folder() / "asr"


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
        """Returns the frames (time, bands) of mono samples at `RATE_HZ`."""
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
    with written_whole(folder / f"{name}.npy") as file:
        np.save(file, np.concatenate(frames))
    with written_whole(folder / f"{name}.json") as file:
        file.write_text(json.dumps({"offsets": offsets, "texts": texts, "starts_s": starts}))


def write_missing(
    folder: Path, series: str, count: int, made: Callable[[int], Sequence[Spoken]], mel: MelFrames
) -> None:
    """Writes those of the first `count` shards of a series that are not there yet."""
    progress = Progress(f"{series} shards")
    wanted = [n for n in range(count) if not has_shard(folder, f"{series}-{n:04}")]
    for done, number in enumerate(wanted, start=1):
        spoken = made(number)
        write_shard(folder, f"{series}-{number:04}", spoken, mel)
        minutes = sum(len(item.samples) for item in spoken) / RATE_HZ / 60
        progress.report(done / len(wanted), f"shard {number}: {minutes:.0f} min of speech")


def has_shard(folder: Path, name: str) -> bool:
    """Returns whether a shard has been written."""
    return (folder / f"{name}.json").exists()


def read_shard(folder: Path, name: str) -> Shard:
    """Returns a shard that `write_shard` wrote."""
    listing = json.loads((folder / f"{name}.json").read_text())
    return Shard(
        frames=np.load(folder / f"{name}.npy", mmap_mode="r"),  # more than the memory may hold
        offsets=tuple(listing["offsets"]),
        texts=tuple(listing["texts"]),
        starts_s=tuple(map(tuple, listing["starts_s"])),
    )


def shard_names(folder: Path, kind: str) -> list[str]:
    """Returns the shards of one kind that are complete."""
    return sorted(path.stem for path in folder.glob(f"{kind}-*.json"))
