"""The shipped checkpoints, unpacked, and speech made with them through plain NeMo."""

import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soxr
import torch
from omegaconf import DictConfig, open_dict

DEMO_MODELS = Path(__file__).resolve().parents[3] / "models" / "demo"

Samples = npt.NDArray[np.float32]


def unpacked(name: str, folder: Path) -> Path:
    """Returns the folder into which the checkpoint of this name was unpacked."""
    directory = folder / name
    if not directory.is_dir():
        with tarfile.open(DEMO_MODELS / f"{name}.nemo") as archive:
            archive.extractall(directory, filter="data")
    return directory


def without_normaliser(config: DictConfig) -> None:
    """Takes out the text normaliser: it builds its grammars for a minute and holds no weights."""
    with open_dict(config):
        config.pop("text_normalizer", None)


def plainly_restored(model_class: Any, name: str) -> Any:
    """Returns the demo checkpoint of this name as NeMo itself restores it, without normaliser."""
    path = str(DEMO_MODELS / f"{name}.nemo")
    config = model_class.restore_from(path, return_config=True)
    without_normaliser(config)
    return model_class.restore_from(path, override_config_path=config, map_location="cpu")


def spoken(texts: list[str], spectrograms: Any, vocoder: Any, rate_hz: int) -> list[Samples]:
    """Returns each text as the plain NeMo models speak it, at the wanted rate."""
    clips = []
    with torch.inference_mode():
        for text in texts:
            tokens = spectrograms.parse(text, normalize=False)
            mel = spectrograms.generate_spectrogram(tokens=tokens)
            sound = vocoder.convert_spectrogram_to_audio(spec=mel)[0].numpy()
            made_hz = spectrograms.cfg.sample_rate
            clips.append(np.asarray(soxr.resample(sound, made_hz, rate_hz), np.float32))
    return clips
