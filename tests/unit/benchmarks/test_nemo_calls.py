"""What the peers share beside NeMo itself: clips in, sound out, speech by sentences."""

import io
import wave
from collections.abc import Sequence

import numpy as np
import pytest
from typing_extensions import override

from benchmarks.peers.nemo_calls import Voice, read_clip, wav_head


class Talker(Voice):
    """Says a sample for every letter, without a model."""

    def __init__(self) -> None:
        self.rate_hz = 22_050
        self.batches: list[list[str]] = []

    @override
    def speak(self, texts: Sequence[str]) -> list[bytes]:
        self.batches.append(list(texts))
        return [bytes(2 * len(text)) for text in texts]


def test_a_batch_streams_a_sentence_of_each_request_at_a_time() -> None:
    voice = Talker()
    steps = list(voice.streamed(["One. Two two? Three.", "Only one."]))
    assert voice.batches == [["One.", "Only one."], ["Two two?"], ["Three."]]
    head = wav_head(22_050)
    assert steps == [
        [head + bytes(8), head + bytes(18)],
        [bytes(16), b""],
        [bytes(12), b""],
    ]


def test_a_whole_response_is_a_file_of_its_length() -> None:
    (spoken,) = Talker().whole(["four"])
    with wave.open(io.BytesIO(spoken)) as file:
        assert (file.getnframes(), file.getframerate(), file.getsampwidth()) == (4, 22_050, 2)


def test_a_clip_is_read_as_the_model_wants_it() -> None:
    content = wav_head(16_000, 3) + np.array([0, 16_384, -32_768], "<i2").tobytes()
    samples = read_clip(content)
    assert samples.dtype == np.float32
    assert list(samples) == pytest.approx([0.0, 0.5, -1.0])
