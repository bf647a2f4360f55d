"""How exact each number format is: a format that is a default somewhere is exact enough to hear.

A CPU computes float16 and bfloat16 slowly, and rounds as a GPU does.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from nemo.collections.tts.modules.hifigan_modules import Generator

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_stt.backends.options import RecogniserOptions
from nemo_voice_stt.backends.transducer_ctc.backend import (
    NemoRecogniser,
    load_recogniser,
)
from nemo_voice_tts.backends.fastpitch_hifigan.backend import NemoVoice
from nemo_voice_tts.backends.fastpitch_hifigan.hifigan import load_hifigan
from nemo_voice_tts.synthesis.port import Phrase, Window
from support.audio.levels import signal_to_noise_db
from support.models.hearing import hear

DemoDirectory = Callable[[str], Path]

CPU = torch.device("cpu")
LEAST_OF_A_DEFAULT_DB = 35.0
"""Below it, the error is heard as hiss in quiet places."""


@pytest.fixture(scope="module")
def windows(voice: NemoVoice) -> list[Window]:
    """A short phrase of the demo voice, for its vocoder."""
    (made,) = voice.spectrograms([Phrase(voice.tokens("Good morning."))])
    return list(voice.windows(made, first=True))


def sound_in(directory: Path, precision: torch.dtype, windows: Sequence[Window]) -> Samples:
    return np.concatenate(load_hifigan(directory, CPU, precision).waveforms(windows))


@pytest.mark.parametrize(
    ("precision", "least_db"),
    [(torch.float16, LEAST_OF_A_DEFAULT_DB + 20), (torch.bfloat16, LEAST_OF_A_DEFAULT_DB)],
)
def test_the_demo_vocoder_sounds_the_same_in_each_format(
    demo_directory: DemoDirectory, windows: list[Window], precision: torch.dtype, least_db: float
) -> None:
    directory = demo_directory("hifigan")
    exact = sound_in(directory, torch.float32, windows)
    assert signal_to_noise_db(sound_in(directory, precision, windows), exact) > least_db


def test_float16_is_exact_enough_for_a_default_in_a_vocoder_built_as_published() -> None:
    torch.manual_seed(7)
    published = Generator(
        resblock=1,
        upsample_rates=[8, 8, 2, 2],
        upsample_kernel_sizes=[16, 16, 4, 4],
        upsample_initial_channel=64,  # 512 as published: slow in float16 on a CPU
        resblock_kernel_sizes=[3, 7, 11],
        resblock_dilation_sizes=[[1, 3, 5]] * 3,
    ).eval()
    published.remove_weight_norm()
    mels = torch.randn(1, 80, 12) * 2 - 5
    with torch.inference_mode():
        exact = published(x=mels).numpy()
        found = {
            precision: published.to(precision)(x=mels.to(precision)).float().numpy()
            for precision in (torch.float16, torch.bfloat16)
        }
    in_db = {str(one): signal_to_noise_db(sound, exact) for one, sound in found.items()}
    assert in_db["torch.float16"] > LEAST_OF_A_DEFAULT_DB
    assert in_db["torch.float16"] > in_db["torch.bfloat16"] + 12


def test_the_encoder_in_bfloat16_errs_by_a_hundredth_and_hears_the_same(
    demo_directory: DemoDirectory, recogniser: NemoRecogniser, speech: list[Samples]
) -> None:
    rounded = load_recogniser(
        demo_directory("fastconformer-tdt"),
        "demo",
        "test",
        RecogniserOptions(device="cpu", precision="bfloat16", trailing_silence_s=0.0),
    )
    clip = torch.from_numpy(speech[0])[None]
    with torch.inference_mode():
        model = recogniser._stages.model
        features, count = model.preprocessor(
            input_signal=clip, length=torch.tensor([clip.shape[1]])
        )
        exact, _ = model.encoder(audio_signal=features, length=count)
        close, _ = rounded._stages.model.encoder(audio_signal=features.bfloat16(), length=count)
    assert (exact - close.float()).norm() / exact.norm() < 0.02
    heard = [one.text for one in hear(rounded, speech)]
    assert heard == [one.text for one in hear(recogniser, speech)]
