"""What the NeMo recogniser decides without NeMo: what is silence, and which batches warm it up."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nemo_voice_stt.backends.transducer_ctc.backend import (
    NemoRecogniser,
    RecogniserOptions,
    loudest_dbfs,
    warm_up_shapes,
)
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


def test_a_cpu_runs_one_piece_of_each_length() -> None:
    options = RecogniserOptions(longest_s=30, bucket_edges=(5,))
    assert warm_up_shapes(options, is_batched=False) == [(1, 30), (1, 5)]


def test_a_piece_longer_than_a_batch_may_hold_runs_alone() -> None:
    options = RecogniserOptions(max_batch_audio_s=10, longest_s=30, bucket_edges=())
    assert warm_up_shapes(options, is_batched=True) == [(1, 30)]


class _Steps:
    """Stages of a GPU that say what they are asked to run."""

    def __init__(self) -> None:
        self.device = SimpleNamespace(type="cuda")
        self.sample_rate_hz, self.frame_s = RATE_HZ, 0.08
        self.decoder = SimpleNamespace(graph_mode=lambda: "full_graph")
        self.vocabulary, self.prompts = SimpleNamespace(is_aggregate=False, text_of=str), None
        self.steps: list[str] = []

    def size_encoder(self, batch: int, length: int) -> None:
        self.steps.append(f"encoder {batch} x {length / RATE_HZ:g} s")

    def size_decoder(self, batch: int, length: int) -> None:
        self.steps.append(f"decoder {batch} x {length / RATE_HZ:g} s")

    def decode(self, clips: list[object], _lengths: list[int]) -> list[tuple[()]]:
        self.steps.append(f"batch of {len(clips)}")
        return [() for _ in clips]


def test_the_largest_encoder_batch_has_its_memory_before_the_decoders_graph() -> None:
    steps: Any = _Steps()
    options = RecogniserOptions(max_batch_items=8, max_batch_audio_s=240, longest_s=30)
    recogniser = NemoRecogniser(steps, SimpleNamespace(), options)  # type: ignore[arg-type] # not read
    recogniser.warm_up(lambda _: None)
    assert steps.steps[:3] == ["encoder 8 x 30.3 s", "decoder 8 x 30.3 s", "batch of 8"]
