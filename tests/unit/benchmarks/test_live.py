"""The benchmark of live sessions: its scripts, its figures and its page."""

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest

from benchmarks.inputs import Clip, read_clips, write_clip
from benchmarks.live.measuring import _of_recordings
from benchmarks.live.metrics import Metrics
from benchmarks.live.page import page
from benchmarks.live.results import Level, Pieces, Results, Start, Texts, from_json, to_json
from benchmarks.live.speaking import PAUSE_S, Spoken, Utterance, script_of
from benchmarks.results import Circumstances

KEPT = Level(
    sessions=8,
    failed=0,
    utterances=40,
    final_ms=(5.0, 120.0, 200.0),
    stopped_ms=(0.1, 100.0, 190.0),
    partial_s=(0.1, 0.25),
    behind_s=(0.025, 0.05),
    early=0.9,
    vain=12,
    late_s=0.01,
    cores=0.5,
)
LOST = dataclasses.replace(KEPT, sessions=16, final_ms=(90.0, 351.0, 400.0))
LATE = dataclasses.replace(KEPT, sessions=4, final_ms=(50.0, 100.0, 110.0))
FINDINGS = Results(
    Circumstances("a command", "a machine", "Python 3.11", 0.25, "2026-01-02 03:04 UTC", 301.0),
    levels=(KEPT, LOST),
    early=dataclasses.replace(KEPT, sessions=4),
    late=LATE,
    texts=Texts(100, 99, ("'a', 'b'",), 0.02, 0.021, 0.015),
    start=Start(5.0, 40.0, 900.0),
    memory=((200, 200 * 2**20), (1200, 201 * 2**20)),
    pieces=Pieces(24, 55.0, 50.0),
)


@pytest.fixture
def clips(tmp_path: Path) -> list[Clip]:
    """Recordings of one and of two seconds."""
    for name, seconds in (("0000", 1.0), ("0001", 2.0)):
        write_clip(tmp_path / f"{name}.wav", np.full(round(16_000 * seconds), 0.5, np.float32))
    return read_clips(tmp_path)


def test_a_script_says_recordings_round_and_round_with_silence_between(clips: list[Clip]) -> None:
    script = script_of(clips, 1, 8.0)
    assert [span.clip for span in script.spans] == [1, 0, 1]
    assert [span.begins_s for span in script.spans] == pytest.approx([1.2, 4.4, 6.6])
    assert script.seconds == pytest.approx(1 + 2 + 2 + 4 * PAUSE_S)
    for span in script.spans:
        spoken = script.pcm[round(span.begins_s * 32_000) : round(span.ends_s * 32_000)]
        assert set(spoken[1::2]) == {0x3F}


def test_audio_was_sent_with_the_piece_that_ends_with_it_or_after_it(clips: list[Clip]) -> None:
    spoken = Spoken(script_of(clips, 0, 1.0), sent_s=[0.05, 0.1, 0.15])
    assert [spoken.sent_at(ms) for ms in (0, 50, 51, 100, 9_999)] == [0.05, 0.05, 0.1, 0.1, 0.15]


def test_utterances_belong_to_the_recording_in_which_they_begin(clips: list[Clip]) -> None:
    spoken = Spoken(script_of(clips, 0, 5.0))
    for begins_ms, text in ((900, "one"), (3_200, "two"), (4_000, "three")):
        spoken.utterances[text] = Utterance(begins_ms, text=text)
    spoken.utterances["lost"] = Utterance(4_500)
    assert _of_recordings(spoken, clips) == [(0, "one"), (1, "two three")]


def test_metrics_are_those_of_the_stretch() -> None:
    def text(counts: tuple[int, int, int], used: int) -> str:
        buckets = zip(("0.1", "0.5", "+Inf"), counts, strict=True)
        lines = [f'nemo_voice_live_behind_seconds_bucket{{le="{end}"}} {n}' for end, n in buckets]
        return "\n".join(
            [
                "# TYPE nemo_voice_live_behind_seconds histogram",
                *lines,
                "# TYPE nemo_voice_live_early_finals counter",
                f'nemo_voice_live_early_finals_total{{used="yes"}} {used}',
                "# TYPE other gauge",
                "other 7",
                "",
            ]
        )

    added = Metrics.of(text((10, 100, 109), 9)).since(Metrics.of(text((0, 0, 9), 4)))
    assert added.at_most_s("behind_seconds", (5, 50, 100)) == (0.1, 0.5, 0.5)
    assert added.total("early_finals_total", "yes") == 5
    assert added.total("early_finals_total", "no") == 0
    assert math.isnan(added.at_most_s("partial_seconds", (50,))[0])


def test_a_level_is_kept_up_with_when_finals_and_listening_are_in_time() -> None:
    assert KEPT.is_kept_up_with
    assert not LOST.is_kept_up_with
    assert not dataclasses.replace(KEPT, behind_s=(0.1, 0.5)).is_kept_up_with
    assert not dataclasses.replace(KEPT, failed=1).is_kept_up_with
    assert not dataclasses.replace(KEPT, final_ms=None).is_kept_up_with


def test_the_page_shows_goals_figures_and_how_to_repeat_it() -> None:
    text = page(FINDINGS)
    assert "**8 sessions** at once" in text
    assert "| final transcripts that are the file's | ≥ 100 % | 99.0 % | **no** |" in text
    assert "begun in the silence against after it, median | ≤ 1x | 0.10x | yes |" in text
    assert "| memory after 1200 sessions more than after 200 | ≤ 1 % | 0.50 % | yes |" in text
    assert "| first audio in pieces against at once | ≤ 1.2x | 1.10x | yes |" in text
    assert "comes 55.0 ms after the last word of a clause" in text
    assert "| 16 | 40 | 90.0 | 351 | 400 |" in text
    assert "- 'a', 'b'" in text
    assert "make bench-live" in text
    assert "busy" not in text
    assert "*late*" not in text


def test_the_page_says_where_the_clients_were_late() -> None:
    late = dataclasses.replace(LOST, late_s=0.3)
    assert "| **no**, *late* |" in page(dataclasses.replace(FINDINGS, levels=(KEPT, late)))


def test_findings_are_kept_as_they_are() -> None:
    assert from_json(to_json(FINDINGS)) == FINDINGS
