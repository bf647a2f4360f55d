"""What a profile makes of sampled stacks and of the service's metrics."""

import pytest

from benchmarks.parts.profile import activity_table, stage_table, words_line
from benchmarks.profile.sampling import Profile
from benchmarks.profile.stacks import REST, activities, activity_of, stacks_of
from benchmarks.profile.waits import figures_of, request_ms, stages

MODEL = "/r/nemo_voice_stt/backends/transducer_ctc/backend.py:5"
ENCODER = "/s/nemo/collections/asr/modules/conformer_encoder.py:7"
RAW = f"""\
process 7;run (/s/uvicorn/a.py:9);recognise ({MODEL});call ({ENCODER});linear (/s/torch/l.py:1) 12
process 7;select (/usr/lib/python3.11/selectors.py:468) 3
process 7;app (/s/starlette/routing.py:1);<listcomp> (/s/elsewhere.py:2) 2
nothing that is a stack
"""
METRICS = """\
# TYPE nemo_voice_batch_seconds histogram
nemo_voice_batch_seconds_sum{{stage="recognise"}} {run}
nemo_voice_batch_seconds_count{{stage="recognise"}} {batches}
# TYPE nemo_voice_batch_items histogram
nemo_voice_batch_items_sum{{stage="recognise"}} {items}
nemo_voice_batch_items_count{{stage="recognise"}} {batches}
# TYPE nemo_voice_queue_wait_seconds histogram
nemo_voice_queue_wait_seconds_sum{{stage="recognise"}} {wait}
nemo_voice_queue_wait_seconds_count{{stage="recognise"}} {items}
# TYPE nemo_voice_request_seconds histogram
nemo_voice_request_seconds_sum{{route="/transcribe"}} {request}
nemo_voice_request_seconds_count{{route="/transcribe"}} {items}
"""


def test_a_sample_belongs_to_the_innermost_module_that_is_known() -> None:
    assert activities(RAW) == {"encoder": 12, "event loop": 3, "HTTP edge": 2}
    assert [stack.count for stack in stacks_of(RAW)] == [12, 3, 2]


@pytest.mark.parametrize(
    ("file", "activity"),
    [
        ("/s/nemo/collections/asr/modules/audio_preprocessing.py", "features"),
        ("/s/nemo/collections/asr/modules/rnnt.py", "decoder"),
        ("/r/nemo_voice_stt/backends/transducer_ctc/greedy_search.py", "decoder"),
        ("/r/nemo_voice_stt/backends/transducer_ctc/word_times.py", "words, times, confidence"),
        ("/r/nemo_voice_tts/backends/fastpitch_hifigan/hifigan.py", "HiFi-GAN"),
        ("/s/nemo/collections/tts/modules/transformer.py", "FastPitch"),
        ("/r/nemo_voice_serving/audio/decoding.py", "audio, decoded or encoded"),
        ("/r/nemo_voice_serving/batching/batcher.py", "batching"),
        ("/somewhere/else.py", REST),
    ],
)
def test_a_file_tells_what_was_done(file: str, activity: str) -> None:
    assert activity_of((file,)) == activity


def test_stages_are_what_was_added_between_two_looks() -> None:
    before = figures_of(METRICS.format(run=10, batches=5, items=9, wait=1.0, request=20))
    after = figures_of(METRICS.format(run=12, batches=9, items=29, wait=1.5, request=24))
    (stage,) = stages(before, after, requests=20)
    assert (stage.name, stage.batches, stage.items_per_batch) == ("recognise", 4, 5.0)
    assert (stage.batch_ms, stage.wait_ms, stage.run_ms_per_request) == (500.0, 25.0, 100.0)
    assert request_ms(before, after, "/transcribe") == 200.0
    assert request_ms(before, after, "/elsewhere") == 0.0
    assert stages(after, after, requests=20) == []


def test_the_table_has_what_ran_and_nothing_that_did_not() -> None:
    after = figures_of(METRICS.format(run=2, batches=4, items=20, wait=0.5, request=4))
    profile = Profile(1, 20, 64.0, 60.0, tuple(stages({}, after, 20)), {"encoder": 30.0, REST: 1.0})
    lines = activity_table([profile]).splitlines()[2:]
    assert lines == [
        "| latency, as the clients measure it | 64.0 |",
        "| of it in the service | 60.0 |",
        "| running: encoder | 30.0 |",
        "| running: the rest | 1.00 |",
        "| running, all | 31.0 |",
    ]
    assert stage_table([profile]).splitlines()[2] == (
        "| 1 | recognise | 4 | 5.00 | 500 | 25.0 | 100 |"
    )


def test_word_times_are_told_by_the_median_round() -> None:
    assert "1.020 times as long" in words_line([1.01, 1.02, 1.5])
