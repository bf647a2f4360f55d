"""Linear layers in 8-bit integers: close to exact, each row by itself, and the same words."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.nemo.int8 import Int8Linear, quantise
from nemo_voice_serving.nemo.torch_setup import UnusablePrecision
from nemo_voice_stt.backends.encoder_precision import settle_encoder
from nemo_voice_stt.backends.options import RecogniserOptions
from nemo_voice_stt.backends.transducer_ctc.backend import NemoRecogniser, load_recogniser
from support.models.hearing import hear

DemoDirectory = Callable[[str], Path]

needs_instructions = pytest.mark.skipif(
    not torch.cpu.get_capabilities().get("avx512_vnni"), reason="no AVX-512 VNNI here"
)


def relative_error(found: torch.Tensor, exact: torch.Tensor) -> float:
    return float((found - exact).norm() / exact.norm())


def rounded(layer: torch.nn.Linear) -> Int8Linear:
    return Int8Linear(layer.weight, layer.bias)


@pytest.mark.parametrize("has_bias", [True, False])
@pytest.mark.parametrize("shape", [(1, 3), (5, 16), (2, 7, 64), (64,)])
def test_a_layer_errs_by_a_hundredth(shape: tuple[int, ...], *, has_bias: bool) -> None:
    torch.manual_seed(3)
    layer = torch.nn.Linear(shape[-1], 33, bias=has_bias)
    values = torch.randn(shape)
    with torch.inference_mode():
        exact, found = layer(values), rounded(layer)(values)
    assert found.shape == exact.shape
    assert relative_error(found, exact) < 0.02


def test_one_loud_row_does_not_blur_the_others() -> None:
    torch.manual_seed(4)
    layer = torch.nn.Linear(64, 64)
    values = torch.randn(8, 64)
    values[3] *= 1e6
    with torch.inference_mode():
        alone = torch.cat([rounded(layer)(row[None]) for row in values])
        together = rounded(layer)(values)
    assert torch.equal(alone, together)


def test_silence_stays_silent() -> None:
    layer = torch.nn.Linear(16, 4)
    with torch.inference_mode():
        assert torch.equal(rounded(layer)(torch.zeros(2, 16)), layer(torch.zeros(2, 16)))


def test_weights_of_zero_are_zero() -> None:
    zeros = Int8Linear(torch.zeros(4, 16), None)
    with torch.inference_mode():
        assert torch.equal(zeros(torch.ones(2, 16)), torch.zeros(2, 4))


def test_pointwise_convolutions_are_rounded_and_wider_ones_are_not() -> None:
    torch.manual_seed(5)
    convolutions = torch.nn.Sequential(
        torch.nn.Conv1d(16, 32, 1), torch.nn.Conv1d(32, 32, 9, groups=32), torch.nn.Conv1d(32, 8, 1)
    ).eval()
    values = torch.randn(2, 16, 40)
    with torch.inference_mode():
        exact = convolutions(values)
        quantise(convolutions)
        found = convolutions(values)
    assert relative_error(found, exact) < 0.03
    kinds = [{weight.dtype for weight in one.parameters()} for one in convolutions]
    assert [torch.int8 in kind for kind in kinds] == [True, False, True]


def test_an_encoder_that_is_no_conformer_is_refused() -> None:
    with pytest.raises(UnusablePrecision, match=r"a Sequential\. Set NEMO_VOICE_PRECISION=auto"):
        settle_encoder(torch.nn.Sequential(torch.nn.Linear(4, 4)), torch.int8)


@pytest.fixture(scope="module")
def small(demo_directory: DemoDirectory) -> NemoRecogniser:
    options = RecogniserOptions(device="cpu", precision="int8", trailing_silence_s=0.0)
    return load_recogniser(demo_directory("fastconformer-tdt"), "demo", "test", options)


@needs_instructions
def test_the_demo_recogniser_in_int8_hears_the_same(
    small: NemoRecogniser, recogniser: NemoRecogniser, speech: Sequence[Samples]
) -> None:
    heard = [one.text for one in hear(small, speech)]
    assert heard == [one.text for one in hear(recogniser, speech)]


@needs_instructions
def test_the_encoder_in_int8_errs_by_a_few_hundredths(
    small: NemoRecogniser, recogniser: NemoRecogniser, speech: Sequence[Samples]
) -> None:
    clip = torch.from_numpy(speech[0])[None]
    with torch.inference_mode():
        model = recogniser.stages.model
        features, count = model.preprocessor(
            input_signal=clip, length=torch.tensor([clip.shape[1]])
        )
        exact, _ = model.encoder(audio_signal=features, length=count)
        close, _ = small.stages.model.encoder(audio_signal=features, length=count)
    assert 0 < relative_error(close, exact) < 0.04


@needs_instructions
def test_its_description_counts_the_same_weights(
    small: NemoRecogniser, recogniser: NemoRecogniser
) -> None:
    assert small.description.precision == "int8"
    assert small.description.parameters == recogniser.description.parameters
