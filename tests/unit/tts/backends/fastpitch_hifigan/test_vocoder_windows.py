"""The vocoder's windows: exact, of few sizes, the first one early."""

from itertools import pairwise

import pytest

from nemo_voice_tts.backends.fastpitch_hifigan.vocoder_windows import (
    Stretch,
    UpsamplingStage,
    context_frames,
    even_width,
    stretches,
)


@pytest.mark.parametrize("context", [4, 14, 16, 20])
@pytest.mark.parametrize("first_width", [None, 64])
def test_kept_parts_cover_every_frame_once_with_full_context(
    context: int, first_width: int | None
) -> None:
    for frame_count in (*range(1, 400, 7), 64, 128, 256, 1000, 1721):
        runs = stretches(
            frame_count, widths=(64, 128, 256), context=context, first_width=first_width
        )
        check_runs(runs, frame_count, context)


def check_runs(runs: list[Stretch], frame_count: int, context: int) -> None:
    assert runs[0].keep_start == 0
    assert runs[-1].keep_end == frame_count
    assert all(one.keep_end == other.keep_start for one, other in pairwise(runs))
    for run in runs:
        end = run.start + run.frame_count
        assert 0 <= run.start <= run.keep_start < run.keep_end <= end <= frame_count
        assert run.start == 0 or run.keep_start - run.start >= context
        assert end == frame_count or end - run.keep_end >= context


@pytest.mark.parametrize("frame_count", [64, 100, 128, 300, 2000])
def test_every_run_has_one_of_the_widths(frame_count: int) -> None:
    runs = stretches(frame_count, widths=(64, 128, 256), context=14, first_width=64)

    assert {run.frame_count for run in runs} <= {64, 128, 256}


def test_first_run_is_short_and_later_ones_are_long() -> None:
    runs = stretches(600, widths=(64, 256), context=14, first_width=64)

    assert [run.frame_count for run in runs] == [64, 256, 256, 256]
    assert runs[0] == Stretch(start=0, frame_count=64, keep_start=0, keep_end=50)


@pytest.mark.parametrize("widths", [(), (64, 128)])
def test_spectrogram_shorter_than_every_width_is_one_run(widths: tuple[int, ...]) -> None:
    assert stretches(63, widths=widths, context=14) == [Stretch(0, 63, 0, 63)]


def test_window_with_little_beside_its_context_is_not_used() -> None:
    assert stretches(100, widths=(64,), context=30) == [Stretch(0, 100, 0, 100)]


@pytest.mark.parametrize("context", [4, 14, 20])
def test_even_runs_are_few_and_none_is_longer_than_allowed(context: int) -> None:
    for frame_count in (*range(1, 400, 13), 512, 513, 520, 900, 1500, 3000):
        width = even_width(frame_count, longest=512, context=context)
        runs = stretches(frame_count, widths=(width,), context=context)
        check_runs(runs, frame_count, context)
        needed = frame_count + 2 * context * (len(runs) - 1)
        assert width <= 512
        assert len(runs) == 1 or needed > 512 * (len(runs) - 1)
        assert needed <= width * len(runs) < needed + len(runs)


def test_a_limit_too_short_for_the_context_is_no_limit() -> None:
    assert even_width(2000, longest=59, context=20) == 2000


def test_empty_spectrogram_needs_no_run() -> None:
    assert stretches(0, widths=(64,), context=14) == []


def _brute_force_context(
    pre_reach: int, stages: list[UpsamplingStage], post_reach: int, frames: int = 81
) -> int:
    """The frames that have a part in the middle frame's sound, followed one by one."""
    samples = 1
    for stage in stages:
        samples *= stage.stride
    middle = frames // 2
    needed = set(range(middle * samples - post_reach, (middle + 1) * samples + post_reach))
    for stage in reversed(stages):
        widened = {
            n + shift
            for n in needed
            for shift in range(-stage.residual_reach, stage.residual_reach + 1)
        }
        needed = {
            (output + stage.padding - tap) // stage.stride
            for output in widened
            for tap in range(stage.kernel)
            if (output + stage.padding - tap) % stage.stride == 0
        }
    return max(max(needed) - middle, middle - min(needed)) + pre_reach


@pytest.mark.parametrize(
    "stages",
    [
        [
            UpsamplingStage(16, 8, 4, 60),
            UpsamplingStage(16, 8, 4, 60),
            UpsamplingStage(4, 2, 1, 60),
        ],
        [UpsamplingStage(8, 4, 2, 36)] * 3,
        [UpsamplingStage(8, 4, 2, 0), UpsamplingStage(4, 4, 0, 3)],
        [UpsamplingStage(7, 2, 2, 1)],
    ],
)
def test_context_is_what_following_each_sample_back_finds(stages: list[UpsamplingStage]) -> None:
    assert context_frames(3, stages, 3) == _brute_force_context(3, stages, 3)
