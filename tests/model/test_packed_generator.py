"""HiFi-GAN packed for a CPU: the sound of NeMo's own generator, of every size and length."""

import logging
from typing import Any

import numpy as np
import pytest
import torch
from nemo.collections.tts.modules.hifigan_modules import Generator

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_tts.backends.fastpitch_hifigan.packed_generator import (
    PackedGenerator,
    packed_generator,
)
from support.audio.levels import signal_to_noise_db

NOISE = 1e-5
"""Of float32, for samples between -1 and 1."""
RESIDUALS = {"resblock_kernel_sizes": [3, 7, 11], "resblock_dilation_sizes": [[1, 3, 5]] * 3}
FEW_RESIDUALS = {"resblock_kernel_sizes": [3, 5], "resblock_dilation_sizes": [[1, 2], [2, 6]]}
ONE_RESIDUAL = {"resblock_kernel_sizes": [5], "resblock_dilation_sizes": [[1, 3, 5]]}
SIZES: dict[str, dict[str, Any]] = {
    "as published, a tenth as wide": {
        "resblock": 1,
        "upsample_rates": [8, 8, 2, 2],
        "upsample_kernel_sizes": [16, 16, 4, 4],
        **RESIDUALS,
    },
    "of 44,100 Hz": {
        "resblock": 1,
        "upsample_rates": [8, 8, 4, 2],
        "upsample_kernel_sizes": [16, 16, 4, 4],
        **RESIDUALS,
    },
    "the smallest published": {
        "resblock": 2,
        "upsample_rates": [8, 8, 4],
        "upsample_kernel_sizes": [16, 16, 8],
        **FEW_RESIDUALS,
    },
    "of odd rates": {
        "resblock": 2,
        "upsample_rates": [5, 3],
        "upsample_kernel_sizes": [11, 3],
        **FEW_RESIDUALS,
    },
    "of one residual block": {
        "resblock": 1,
        "upsample_rates": [4, 4],
        "upsample_kernel_sizes": [8, 8],
        **ONE_RESIDUAL,
    },
}


def generator_of(channels: int = 48, **sizes: Any) -> Any:
    """Returns a generator with random weights whose sound is neither silent nor clipped."""
    torch.manual_seed(3)
    made = Generator(upsample_initial_channel=channels, **sizes).eval()
    made.remove_weight_norm()
    made.requires_grad_(requires_grad=False)
    for layer in made.modules():
        if isinstance(layer, torch.nn.Conv1d | torch.nn.ConvTranspose1d):
            inputs = layer.weight[0].numel() if isinstance(layer, torch.nn.Conv1d) else channels
            layer.weight.normal_(0, inputs**-0.5)
            layer.bias.normal_(0, 0.1)
    return made


@pytest.fixture(params=SIZES.values(), ids=list(SIZES))
def generator(request: pytest.FixtureRequest) -> Any:
    """One of the sizes."""
    return generator_of(**request.param)


def of_nemo(generator: Any, mel: torch.Tensor) -> Samples:
    with torch.inference_mode():
        return np.asarray(generator(x=mel[None].to(generator.conv_pre.weight.dtype))[0, 0].float())


def of_ours(packed: PackedGenerator, mel: torch.Tensor) -> Samples:
    with torch.inference_mode():
        return np.asarray(packed.sound(mel))


def test_sound_is_that_of_nemo_at_every_length(generator: Any) -> None:
    packed = packed_generator(generator)
    assert packed is not None
    for frames in (1, 2, 7, 31, 32, 33, 64, 100):
        mel = torch.randn(80, frames)
        ours, theirs = of_ours(packed, mel), of_nemo(generator, mel)
        assert ours.shape == theirs.shape
        assert 0.01 < np.abs(theirs).max() < 1
        assert np.abs(ours - theirs).max() < NOISE


def test_a_sound_does_not_depend_on_what_was_made_before(generator: Any) -> None:
    packed = PackedGenerator(generator)
    mel = torch.randn(80, 40)
    before = of_ours(packed, mel)
    of_ours(packed, torch.full((80, 64), 9.0))
    assert np.array_equal(of_ours(packed, mel), before)


def test_in_bfloat16_it_is_as_exact_as_nemo_in_bfloat16() -> None:
    sizes = SIZES["as published, a tenth as wide"]
    mel = torch.randn(80, 40)
    exact = of_nemo(generator_of(**sizes), mel)
    rounded = generator_of(**sizes).to(torch.bfloat16)
    packed = packed_generator(rounded)
    if packed is None:
        pytest.skip("this processor does not convolve in bfloat16")
    theirs_db = signal_to_noise_db(of_nemo(rounded, mel), exact)
    assert signal_to_noise_db(of_ours(packed, mel), exact) > theirs_db - 2


def test_a_generator_that_was_changed_runs_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    louder = generator_of(**SIZES["of one residual block"])
    forward = louder.forward
    louder.forward = lambda x: forward(x=x) * 2
    dilated = generator_of(**SIZES["of one residual block"])
    dilated.conv_pre.dilation = (2,)
    lengthened = generator_of(**{**SIZES["of one residual block"], "upsample_kernel_sizes": [9, 8]})
    other_slope = generator_of(**SIZES["of one residual block"])
    other_slope.resblocks[0][0].lrelu_slope = 0.2

    with caplog.at_level(logging.WARNING):
        found = [packed_generator(one) for one in (louder, dilated, lengthened, other_slope)]

    assert found == [None] * 4
    reasons = [record.__dict__["reason"] for record in caplog.records]
    assert reasons[0].startswith("it would sound different")
    assert reasons[1] == "its input is not padded at both ends"
    assert reasons[2] == "it does not upsample by its stride"
    assert reasons[3] == "its layers have different slopes"


def test_a_format_without_packed_layers_is_left_alone() -> None:
    assert packed_generator(generator_of(**SIZES["of odd rates"]).to(torch.float16)) is None
