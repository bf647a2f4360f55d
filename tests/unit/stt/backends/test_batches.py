"""What is silence, and which batches warm a recogniser of any family up."""

from collections.abc import Sequence

import numpy as np
import pytest

from nemo_voice_stt.backends.batches import loudest_dbfs, recognise_audible, warm_up_shapes
from nemo_voice_stt.backends.options import RecogniserOptions
from nemo_voice_stt.transcription.port import Clip, Recognition
from support.audio.sounds import noise, tone

RATE_HZ = 16_000


def test_the_loudest_moment_decides_and_not_the_mean() -> None:
    click_in_silence = np.zeros(60 * RATE_HZ, np.float32)
    click_in_silence[RATE_HZ : RATE_HZ + 800] = tone(0.05, RATE_HZ)
    assert loudest_dbfs(click_in_silence, RATE_HZ) == pytest.approx(-13.5, abs=0.5)


def test_the_level_of_noise_is_its_root_mean_square() -> None:
    level_dbfs = loudest_dbfs(noise(2.0, RATE_HZ, level_dbfs=-40), RATE_HZ)
    assert level_dbfs == pytest.approx(-40, abs=1)


@pytest.mark.parametrize("piece", [np.zeros(0, np.float32), np.zeros(7, np.float32)])
def test_nothing_has_no_level(piece: np.ndarray) -> None:
    assert loudest_dbfs(piece, RATE_HZ) == -np.inf


def test_what_is_no_number_is_no_sound() -> None:
    assert not loudest_dbfs(np.full(100, np.nan, np.float32), RATE_HZ) > -60


def test_a_gpu_runs_the_largest_batch_that_traffic_may_bring_first() -> None:
    options = RecogniserOptions(
        max_batch_items=16, max_batch_audio_s=240, longest_s=30, bucket_edges=(1.5, 20, 60)
    )
    shapes = warm_up_shapes(options, is_batched=True)
    assert shapes == [(8, 30), (12, 20), (1, 30), (16, 1.5), (1, 20), (1, 1.5)]


def test_a_cpu_runs_the_longest_piece_and_the_shortest() -> None:
    options = RecogniserOptions(longest_s=30, bucket_edges=(1.5, 5, 20))
    assert warm_up_shapes(options, is_batched=False) == [(1, 30), (1, 1.5)]


def test_a_cpu_runs_no_piece_that_is_longer_than_any_may_be() -> None:
    options = RecogniserOptions(longest_s=4, bucket_edges=(5, 20))
    assert warm_up_shapes(options, is_batched=False) == [(1, 4)]


def test_a_piece_longer_than_a_batch_may_hold_runs_alone() -> None:
    options = RecogniserOptions(max_batch_audio_s=10, longest_s=30, bucket_edges=())
    assert warm_up_shapes(options, is_batched=True) == [(1, 30)]


def test_silent_clips_are_left_out_and_the_others_keep_their_places() -> None:
    batches: list[int] = []

    def recognise(clips: Sequence[Clip]) -> list[Recognition]:
        batches.append(len(clips))
        return [Recognition(f"{len(clip.samples)} samples", ()) for clip in clips]

    silent = Clip(np.zeros(800, np.float32))
    sounding = [Clip(tone(seconds, RATE_HZ)) for seconds in (0.1, 0.2, 0.3)]
    batch = [sounding[0], silent, sounding[1], silent, sounding[2]]
    texts = [one.text for one in recognise_audible(batch, RATE_HZ, 2, recognise)]
    assert texts == ["1600 samples", "", "3200 samples", "", "4800 samples"]
    assert batches == [2, 1]


@pytest.mark.parametrize(("samples", "padded"), [(100, 16_000), (16_000, 20_800)])
def test_a_piece_gets_silence_after_it_and_is_a_second_at_least(samples: int, padded: int) -> None:
    assert RecogniserOptions().padded_length(samples, RATE_HZ) == padded
