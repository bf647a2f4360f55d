"""The real models, each loaded once for the whole run: loading takes longer than most tests."""

from collections.abc import Callable
from pathlib import Path

import pytest

from nemo_voice_stt.backends.options import RecogniserOptions
from nemo_voice_stt.backends.transducer_ctc.backend import (
    NemoRecogniser,
    load_recogniser,
)
from nemo_voice_tts.backends.fastpitch_hifigan.backend import NemoVoice, VoiceOptions, load_voice
from support.models.demo_models import Samples, spoken, unpacked, without_normaliser

DemoDirectory = Callable[[str], Path]

SENTENCES = [
    "good morning how are you today",
    "the train to the north leaves at nine",
    "she bought seven apples",
    "we walked along the river until the evening and talked about the weather",
]


@pytest.fixture(scope="session")
def demo_directory(tmp_path_factory: pytest.TempPathFactory) -> DemoDirectory:
    """Gives the folder of an unpacked demo checkpoint by its name, such as `fastpitch`."""
    folder = tmp_path_factory.mktemp("demo-models")
    return lambda name: unpacked(name, folder)


@pytest.fixture(scope="session")
def recogniser(demo_directory: DemoDirectory) -> NemoRecogniser:
    """The demo recogniser, loaded; its options leave the audio's end as it is."""
    options = RecogniserOptions(device="cpu", trailing_silence_s=0.0)
    return load_recogniser(demo_directory("fastconformer-tdt"), "demo", "test", options)


@pytest.fixture(scope="session")
def voice(demo_directory: DemoDirectory) -> NemoVoice:
    """The demo voice, loaded on the CPU."""
    return load_voice(
        demo_directory("fastpitch"),
        demo_directory("hifigan"),
        source="demo",
        revision="test",
        options=VoiceOptions(device="cpu"),
    )


@pytest.fixture(scope="session")
def speech(demo_directory: DemoDirectory) -> list[Samples]:
    """Four sentences as plain NeMo speaks them with the demo voice, at 16 kHz."""
    from nemo.collections.tts.models import FastPitchModel, HifiGanModel  # noqa: PLC0415

    from nemo_voice_serving.nemo.loading import restore  # noqa: PLC0415

    spectrograms = restore(
        FastPitchModel, demo_directory("fastpitch"), change_config=without_normaliser
    )
    vocoder = restore(HifiGanModel, demo_directory("hifigan"))
    return spoken(SENTENCES, spectrograms, vocoder, 16_000)
