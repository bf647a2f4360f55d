"""A text on its way to sound: in order, ahead but not too far, given up when left."""

from collections.abc import Sequence

import numpy as np
import pytest
from typing_extensions import override

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.batching.admission import Admission
from nemo_voice_serving.batching.batcher import Batcher
from nemo_voice_serving.batching.device_thread import DeviceThread
from nemo_voice_serving.batching.scheduler import Limits
from nemo_voice_serving.errors import BackendFailed
from nemo_voice_tts.errors import UnspeakableText
from nemo_voice_tts.synthesis.port import Phrase, Spectrogram, Window
from nemo_voice_tts.synthesis.synthesis import Pacing, Synthesis
from support.models.fakes import FakeNormaliser, FakeVoice
from support.models.observers import RecordingObserver


def synthesis_of(
    voice: FakeVoice, ahead: int = 2
) -> tuple[Synthesis, Sequence[Batcher[object, object]]]:
    observer, device = RecordingObserver(), DeviceThread()
    spectrograms = Batcher[Phrase, Spectrogram](
        "spectrogram", voice.spectrograms, limits=Limits(), device=device, observer=observer
    )
    vocoder = Batcher[Window, Samples](
        "vocoder", voice.waveforms, limits=Limits(max_items=1), device=device, observer=observer
    )
    for batcher in (spectrograms, vocoder):
        batcher.start()
    made = Synthesis(
        voice,
        normalise=FakeNormaliser().normalise,
        spectrograms=spectrograms,
        vocoder=vocoder,
        admission=Admission(10_000, unit="characters", assumed_rate=100, observer=observer),
        pacing=Pacing(phrase_chars=60, first_phrase_chars=20, phrases_ahead=ahead, timeout_s=30),
    )
    return made, [spectrograms, vocoder]  # type: ignore[list-item] # closed alike, whatever they batch


async def close(batchers: Sequence[Batcher[object, object]]) -> None:
    for batcher in batchers:
        await batcher.close()


async def test_the_first_piece_is_made_before_the_speech_is_handed_over() -> None:
    voice = FakeVoice()
    synthesis, batchers = synthesis_of(voice)
    speech = await synthesis.begin("One. Two is longer. Three is the end.")
    assert voice.phrases
    pieces = [piece async for piece in speech.pieces()]
    assert len(pieces) == 6
    assert np.concatenate(pieces).dtype == np.float32
    assert synthesis._admission.work == 0
    await close(batchers)


async def test_nothing_of_a_later_phrase_stands_before_the_first_sound() -> None:
    class Watched(FakeVoice):
        phrases_at_first_sound: int | None = None

        @override
        def waveforms(self, batch: Sequence[Window], /) -> Sequence[Samples]:
            if self.phrases_at_first_sound is None:
                self.phrases_at_first_sound = len(self.phrases)
            return super().waveforms(batch)

    voice = Watched()
    synthesis, batchers = synthesis_of(voice, ahead=3)
    speech = await synthesis.begin("One is first. Two is longer. Three is the end.")
    assert voice.phrases_at_first_sound == 1
    assert len([piece async for piece in speech.pieces()]) == 6
    await close(batchers)


async def test_work_runs_only_so_far_ahead_of_its_listener() -> None:
    voice = FakeVoice()
    synthesis, batchers = synthesis_of(voice, ahead=2)
    speech = await synthesis.begin(" ".join(f"Sentence number {number}." for number in range(40)))
    assert len(voice.phrases) <= 4
    await speech.aclose()
    await speech.aclose()
    assert synthesis._admission.work == 0
    await close(batchers)


async def test_an_error_before_any_sound_is_raised_at_once_and_frees_the_room() -> None:
    synthesis, batchers = synthesis_of(FakeVoice(error=RuntimeError("boom")))
    with pytest.raises(BackendFailed):
        await synthesis.begin("Hello there.")
    assert synthesis._admission.work == 0
    await close(batchers)


async def test_a_phrase_without_sound_is_skipped_and_a_text_without_sound_refused() -> None:
    class Mute(FakeVoice):
        @override
        def tokens(self, text: str) -> tuple[int, ...]:
            if "hush" in text.lower():
                raise UnspeakableText("nothing to say")
            return super().tokens(text)

    voice = Mute()
    synthesis, batchers = synthesis_of(voice)
    speech = await synthesis.begin("Hush hush hush. Now speak to me.")
    assert [piece async for piece in speech.pieces()]
    with pytest.raises(UnspeakableText):
        await synthesis.begin("Hush.")
    assert synthesis._admission.work == 0
    await close(batchers)
