"""The recogniser on a CUDA device: the same words as on the CPU, with and without CUDA graphs."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nemo_voice_stt.backends.options import RecogniserOptions
from nemo_voice_stt.backends.transducer_ctc.backend import (
    NemoRecogniser,
    load_recogniser,
)
from support.models.demo_models import Samples, unpacked
from support.models.hearing import hear

torch = pytest.importorskip("torch")

if not torch.cuda.is_available():
    pytest.skip("NOT RUN: the GPU path, no CUDA device is usable here", allow_module_level=True)

pytestmark = pytest.mark.gpu

RATE_HZ = 16_000
LONGEST_S = 30.0


def loaded(directory: Path, **options: Any) -> NemoRecogniser:
    return load_recogniser(directory, "demo", "test", RecogniserOptions(**options))


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked demo recogniser."""
    return unpacked("fastconformer-tdt", tmp_path_factory.mktemp("demo-models"))


@pytest.fixture(scope="module")
def clips(directory: Path) -> list[Samples]:
    """Five stretches of a babble in which the model hears many tokens, of unequal length."""
    random = np.random.default_rng(3)
    time_s = np.arange(8 * RATE_HZ) / RATE_HZ
    voice = np.zeros_like(time_s)
    for start in range(0, len(time_s), RATE_HZ // 8):
        pitch_hz, formant_hz = random.uniform(90, 200), random.uniform(300, 2500)
        part = time_s[start : start + RATE_HZ // 8]
        carrier = np.sign(np.sin(2 * np.pi * pitch_hz * part))
        voice[start : start + len(part)] = 0.2 * carrier * np.sin(2 * np.pi * formant_hz * part)
    sound = voice.astype(np.float32)
    return [sound[: round(seconds * RATE_HZ)] for seconds in (8.0, 1.2, 3.3, 5.0, 0.4)]


@pytest.fixture(scope="module")
def expected(directory: Path, clips: list[Samples]) -> list[str]:
    """What the CPU hears."""
    return [one.text for one in hear(loaded(directory, device="cpu"), clips)]


@pytest.mark.parametrize("use_cuda_graphs", [True, False])
def test_float32_on_the_device_equals_the_cpu(
    directory: Path, clips: list[Samples], expected: list[str], *, use_cuda_graphs: bool
) -> None:
    recogniser = loaded(
        directory, device="cuda", precision="float32", use_cuda_graphs=use_cuda_graphs
    )
    assert [one.text for one in hear(recogniser, clips)] == expected
    alone = [hear(recogniser, [clip])[0].text for clip in clips]
    assert alone == expected


@pytest.mark.parametrize("use_cuda_graphs", [True, False])
def test_hotwords_are_preferred_on_the_device_as_on_the_cpu(
    directory: Path, clips: list[Samples], expected: list[str], *, use_cuda_graphs: bool
) -> None:
    hotwords = (*" ".join(expected).split()[:5], "parakeet")
    on_cpu = hear(loaded(directory, device="cpu"), clips, hotwords)
    recogniser = loaded(
        directory, device="cuda", precision="float32", use_cuda_graphs=use_cuda_graphs
    )
    on_device = hear(recogniser, clips, hotwords)
    assert [one.text for one in on_device] == [one.text for one in on_cpu]
    assert [one.text for one in hear(recogniser, clips)] == expected


def test_bfloat16_hears_nearly_what_float32_hears(directory: Path, clips: list[Samples]) -> None:
    exact = loaded(directory, device="cuda", precision="float32")
    rounded = loaded(directory, device="cuda", precision="bfloat16")
    assert "bfloat16" in str(rounded._stages.precision)
    features = torch.randn(2, 80, 400, device="cuda")
    lengths = torch.tensor([400, 300], device="cuda")
    with torch.inference_mode():
        frames, _ = exact._stages.model.encoder(audio_signal=features, length=lengths)
        close, _ = rounded._stages.model.encoder(audio_signal=features.bfloat16(), length=lengths)
    error = (frames - close.float()).norm() / frames.norm()
    assert error < 0.05
    assert all(one.text for one in hear(rounded, clips[:1]))


def test_the_graph_is_captured_once_at_its_largest(directory: Path, clips: list[Samples]) -> None:
    recogniser = loaded(directory, device="cuda", max_batch_items=8, longest_s=LONGEST_S)
    steps: list[str] = []
    recogniser.warm_up(steps.append)
    computer = recogniser._stages.model.decoding.decoding.decoding_computer
    assert recogniser._stages.decoder.graph_mode() != "none"
    captured = computer.state
    longest = np.resize(clips[0], round(LONGEST_S * RATE_HZ)).astype(np.float32)
    hear(recogniser, [longest] * 8)
    hear(recogniser, clips)
    assert computer.state is captured


def test_auto_chooses_the_device_and_says_which(directory: Path) -> None:
    assert loaded(directory).description.device.startswith("cuda:0 (")
