"""The voice on a CUDA device: the sound of the CPU, in batches and windows, in each precision."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_tts.backends.fastpitch_hifigan.backend import NemoVoice, VoiceOptions, load_voice
from nemo_voice_tts.synthesis.port import Phrase
from support.audio.levels import signal_to_noise_db
from support.models.demo_models import unpacked

torch = pytest.importorskip("torch")
hardware = pytest.importorskip("nemo_voice_serving.nemo.hardware")

if not torch.cuda.is_available():
    pytest.skip("NOT RUN: the GPU path, no CUDA device is usable here", allow_module_level=True)

pytestmark = pytest.mark.gpu

TEXTS = [
    "Hello there.",
    "The quick brown fox jumps over the lazy dog, and then it sleeps for a long while.",
    "Where does the road to the old harbour go?",
    "No.",
]


def loaded(folder: Path, **options: Any) -> NemoVoice:
    return load_voice(
        unpacked("fastpitch", folder),
        unpacked("hifigan", folder),
        source="demo",
        revision="test",
        options=VoiceOptions(**options),
    )


def spoken(voice: NemoVoice) -> list[Samples]:
    made = voice.spectrograms([Phrase(voice.tokens(text)) for text in TEXTS])
    windows = [voice.windows(one, first=True) for one in made]
    sounds = iter(voice.waveforms([window for needed in windows for window in needed]))
    return [np.concatenate([next(sounds) for _ in needed]) for needed in windows]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the demo checkpoints are unpacked."""
    return tmp_path_factory.mktemp("demo-models")


@pytest.fixture(scope="module")
def expected(folder: Path) -> list[Samples]:
    """What the CPU says."""
    return spoken(loaded(folder, device="cpu"))


@pytest.mark.parametrize(
    ("precision", "tf32", "least_db"),
    [
        ("auto", False, 35.0),
        ("float32", False, 60.0),
        ("float32", True, 35.0),
        ("float16", False, 35.0),
        ("bfloat16", False, 25.0),
    ],
)
def test_sound_is_that_of_the_cpu(
    folder: Path, expected: list[Samples], *, precision: str, tf32: bool, least_db: float
) -> None:
    hardware.allow_tf32(allowed=tf32)
    try:
        voice = loaded(folder, device="cuda", precision=precision)
        sounds = spoken(voice)
    finally:
        hardware.allow_tf32(allowed=False)

    assert voice.vocoder_items > 1
    for sound, reference in zip(sounds, expected, strict=True):
        assert sound.dtype == np.float32
        assert len(sound) == len(reference)
        assert signal_to_noise_db(sound, reference) > least_db


def test_windows_on_the_device_are_the_whole(folder: Path) -> None:
    windowed = spoken(loaded(folder, device="cuda", precision="float32"))
    whole = spoken(loaded(folder, device="cuda", precision="float32", is_windowed=False))

    for one, other in zip(windowed, whole, strict=True):
        assert np.abs(one - other).max() < 1e-3


def test_auto_is_float16_for_the_vocoder_alone(folder: Path) -> None:
    voice = loaded(folder, device="cuda")
    assert voice.description.precision == "float16"
    assert next(voice._fastpitch.model.parameters()).dtype is torch.float32


def test_description_names_the_device_and_the_precision(folder: Path) -> None:
    described = loaded(folder, device="cuda", precision="bfloat16").description

    assert described.device.startswith("cuda:0")
    assert described.precision == "bfloat16"


def test_warm_up_reaches_the_largest_batch_of_windows(folder: Path) -> None:
    steps: list[str] = []
    loaded(folder, device="cuda", max_batch_items=4).warm_up(steps.append)

    assert "4 x 256 frames" in steps
