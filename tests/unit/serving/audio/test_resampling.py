"""Sample rates are converted without seams, whatever the blocks."""

import numpy as np
import pytest

from nemo_voice_serving.audio.resampling import Resampler, resample, resample_blocks
from nemo_voice_serving.audio.samples import MonoBlock
from support.audio.sounds import frequency_of, tone

RATE_HZ = 16_000


def test_resampling_is_seamless_over_blocks_of_any_size() -> None:
    samples = tone(1, 44_100)
    blocks = [
        MonoBlock(44_100, block) for block in np.split(samples, [10, 11, 4_000, 4_000, 30_000])
    ]
    joined = np.concatenate(list(resample_blocks(blocks, RATE_HZ)))
    np.testing.assert_array_equal(joined, resample(samples, 44_100, RATE_HZ))
    assert len(joined) == RATE_HZ


def test_resampling_follows_a_change_of_rate() -> None:
    rates = [8_000, RATE_HZ, 48_000]
    blocks = [MonoBlock(rate_hz, tone(1, rate_hz)) for rate_hz in rates]
    joined = np.concatenate(list(resample_blocks(blocks, RATE_HZ)))
    assert len(joined) == 3 * RATE_HZ
    assert frequency_of(joined, RATE_HZ) == pytest.approx(440, abs=1)


def test_resampling_nothing_gives_nothing() -> None:
    nothing = np.empty(0, np.float32)
    assert len(resample(nothing, 8_000, RATE_HZ)) == 0
    assert len(resample(nothing, RATE_HZ, RATE_HZ)) == 0


def test_equal_rates_pass_samples_through() -> None:
    samples = tone(0.1, RATE_HZ)
    resampler = Resampler(RATE_HZ, RATE_HZ)
    assert resampler.push(samples) is samples
    assert len(resampler.finish()) == 0
