"""The recogniser on NeMo: equal to NeMo's own transcription, whatever the batch and the past."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from nemo.collections.asr.models import EncDecRNNTBPEModel

from nemo_voice_serving.errors import BackendFailed
from nemo_voice_serving.model_store.errors import ModelUnsupported
from nemo_voice_serving.nemo.loading import state_digest
from nemo_voice_stt.backends.options import RecogniserOptions
from nemo_voice_stt.backends.transducer_ctc.backend import (
    NemoRecogniser,
    load_recogniser,
)
from nemo_voice_stt.transcription.port import Recognition
from support.audio.sounds import noise, tone
from support.models.demo_models import Samples, plainly_restored
from support.models.hearing import hear

RATE_HZ = 16_000


@pytest.fixture(scope="module")
def plain() -> Any:
    """The demo recogniser as NeMo itself restores it."""
    return plainly_restored(EncDecRNNTBPEModel, "fastconformer-tdt").eval()


@pytest.mark.filterwarnings("ignore:'pin_memory' argument is set as true:UserWarning")
def test_plain_nemo_transcribes_a_file_with_the_checkpoint(
    plain: Any, recogniser: NemoRecogniser, speech: list[Samples], tmp_path: Path
) -> None:
    path = tmp_path / "speech.wav"
    soundfile.write(path, speech[0], RATE_HZ, subtype="FLOAT")
    (heard,) = plain.transcribe([str(path)], batch_size=1, num_workers=0, verbose=False)
    assert heard.text == hear(recogniser, [speech[0]])[0].text


def test_speech_is_recognised_as_nemo_transcribes_it(
    recogniser: NemoRecogniser, plain: Any, speech: list[Samples]
) -> None:
    ours = hear(recogniser, speech)
    # One by one: in a batch, NeMo's durations depend on the other rows.
    theirs = plain.transcribe(speech, batch_size=1, timestamps=True, verbose=False)
    assert [recognition.text for recognition in ours] == [one.text for one in theirs]
    assert all(recognition.text for recognition in ours)
    for recognition, one in zip(ours, theirs, strict=True):
        words = one.timestamp["word"]
        assert [word.text for word in recognition.words] == [word["word"] for word in words]
        starts_s = [word.start_s for word in recognition.words]
        assert starts_s == pytest.approx([word["start"] for word in words], abs=1e-3)
        following = [word["start"] for word in words[1:]]
        for our_word, their_word, next_s in zip(recognition.words, words, following, strict=False):
            lasts_frames = max(1, their_word["end_offset"] - their_word["start_offset"])
            end_s = min(their_word["start"] + 0.08 * lasts_frames, next_s)
            assert our_word.end_s == pytest.approx(end_s, abs=1e-3)


def test_a_batch_is_recognised_like_its_members_alone(
    recogniser: NemoRecogniser, speech: list[Samples]
) -> None:
    together = hear(recogniser, speech)
    alone = [hear(recogniser, [clip])[0] for clip in speech]
    assert [texts_and_times(one) for one in together] == [texts_and_times(one) for one in alone]
    for one, other in zip(together, alone, strict=True):
        confidences = [word.confidence for word in other.words]
        assert [word.confidence for word in one.words] == pytest.approx(confidences, abs=2e-3)


def texts_and_times(recognition: Recognition) -> tuple[str, list[tuple[str, float, float]]]:
    words = [(word.text, word.start_s, word.end_s) for word in recognition.words]
    return recognition.text, words


def test_more_pieces_than_a_batch_holds_are_run_in_several(
    recogniser: NemoRecogniser, speech: list[Samples]
) -> None:
    expected = [one.text for one in hear(recogniser, speech)]
    many = hear(recogniser, speech * 5)
    assert [one.text for one in many] == expected * 5


def test_word_times_ascend_within_the_audio(
    recogniser: NemoRecogniser, speech: list[Samples]
) -> None:
    for clip, recognition in zip(speech, hear(recogniser, speech), strict=True):
        times_s = [time for word in recognition.words for time in (word.start_s, word.end_s)]
        assert all(earlier <= later for earlier, later in pairwise([0.0, *times_s]))
        assert times_s[-1] <= len(clip) / RATE_HZ
        assert all(0 <= (word.confidence or 0) <= 1 for word in recognition.words)


def test_trailing_silence_moves_no_time(
    demo_directory: Callable[[str], Path], recogniser: NemoRecogniser, speech: list[Samples]
) -> None:
    lengthening = load_recogniser(
        demo_directory("fastconformer-tdt"), "demo", "test", RecogniserOptions(device="cpu")
    )
    description = lengthening.description
    silence = np.zeros(round(0.3 * RATE_HZ), np.float32)
    by_hand = hear(recogniser, [np.concatenate([clip, silence]) for clip in speech])
    by_option = hear(lengthening, speech)
    assert [one.text for one in by_option] == [one.text for one in by_hand]
    for clip, one, other in zip(speech, by_option, by_hand, strict=True):
        assert [word.start_s for word in one.words] == [word.start_s for word in other.words]
        assert one.words[-1].end_s <= len(clip) / RATE_HZ
    assert description.architecture == "EncDecRNNTBPEModel"
    assert (description.kind, description.languages) == ("transducer", ("en",))
    assert description.precision == "float32"
    assert description.device.startswith("cpu")


@pytest.mark.parametrize(
    "piece",
    [
        pytest.param(np.zeros(0, np.float32), id="nothing"),
        pytest.param(np.zeros(10, np.float32), id="10-samples"),
        pytest.param(np.zeros(3 * RATE_HZ, np.float32), id="digital-silence"),
        pytest.param(noise(3.0, RATE_HZ, level_dbfs=-70), id="faint-noise"),
        pytest.param(np.full(RATE_HZ, np.nan, np.float32), id="not-a-number"),
    ],
)
def test_silence_is_recognised_as_no_words(
    recogniser: NemoRecogniser, speech: list[Samples], piece: Samples
) -> None:
    silent, spoken = hear(recogniser, [piece, speech[0]])
    assert silent == Recognition("", ())
    assert spoken.text == hear(recogniser, [speech[0]])[0].text


def test_a_clip_of_ten_loud_samples_is_no_error(recogniser: NemoRecogniser) -> None:
    (recognition,) = hear(recogniser, [tone(10 / RATE_HZ, RATE_HZ)])
    assert all(word.end_s <= 10 / RATE_HZ for word in recognition.words)


def test_quiet_speech_is_not_taken_for_silence(
    recogniser: NemoRecogniser, speech: list[Samples]
) -> None:
    word_in_a_pause = np.concatenate([np.zeros(5 * RATE_HZ, np.float32), speech[2] * 0.02])
    assert hear(recogniser, [word_in_a_pause])[0].words


def test_a_thousand_requests_change_nothing_in_the_model(
    recogniser: NemoRecogniser, speech: list[Samples]
) -> None:
    model = recogniser._stages.model
    before = state_digest(model)
    clips = [clip[start : start + 8000] for clip in speech for start in (0, 4000, 8000, 12000)]
    heard = 0
    while heard < 1000:
        heard += len(hear(recogniser, clips))
    assert not any(module.training for module in model.modules())
    assert state_digest(model) == before


def test_the_warm_up_reports_each_shape_it_runs(
    demo_directory: Callable[[str], Path],
) -> None:
    options = RecogniserOptions(
        device="cpu", max_batch_items=3, longest_s=4.0, bucket_edges=(2.0, 9.0)
    )
    small = load_recogniser(demo_directory("fastconformer-tdt"), "demo", "test", options)
    steps: list[str] = []
    small.warm_up(steps.append)
    assert steps == ["1 x 4 s", "1 x 2 s"]


def test_a_failing_batch_raises_the_ports_error(recogniser: NemoRecogniser) -> None:
    two_dimensional = np.ones((100, 2), np.float32)
    with pytest.raises(BackendFailed, match="failed on this batch"):
        hear(recogniser, [two_dimensional])


def test_a_model_of_another_class_is_refused_by_its_name(
    demo_directory: Callable[[str], Path],
) -> None:
    options = RecogniserOptions(device="cpu")
    with pytest.raises(ModelUnsupported, match=r"a HiFi-GAN vocoder .* for text to speech"):
        load_recogniser(demo_directory("hifigan"), "demo", "test", options)
